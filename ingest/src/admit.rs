//! The server's side: from a bundle that a stranger sent to a clip that landed, or a reason why not.

use std::path::Path;

use waymark_datasets::{ClipId, Created, Rejection, Store, UtcMillis};

use crate::bundle::{self, Bundle};
use crate::denylist::Denylist;
use crate::error::{Error, Fault};
use crate::examine::{Examined, Probe, assemble, look};
use crate::judge::{self, Standing, judge};
use crate::land::{Admitted, land};
use crate::manifest::Manifest;
use crate::registry::Rules;
use crate::settings::AdmitSettings;
use crate::upload::Upload;
use crate::upload::whole::Knowledge;
use crate::verdict::Known;
use crate::{media_set, plausible, verdict};

/// Where admission reads and writes, and by which rules.
#[derive(Clone, Copy)]
pub struct AdmitContext<'a> {
    /// Registry and verdicts.
    pub store: &'a Store,
    /// Raw media.
    pub inbox: &'a Store,
    /// The limits.
    pub settings: &'a AdmitSettings,
    /// Devices of which nothing is taken.
    pub denied: &'a Denylist,
    /// The server's clock.
    pub now: UtcMillis,
    /// Reads the headers of stills and videos.
    pub probe: &'a Probe<'a>,
}

impl<'a> AdmitContext<'a> {
    /// What decides whether a device may act.
    pub(crate) fn rules(&self) -> Rules<'a> {
        let rotation_grace_hours = self.settings.rotation_grace_hours;
        Rules { denied: self.denied, rotation_grace_hours, now: self.now }
    }
}

/// What became of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It is in the inbox, durably.
    Landed(ClipId),
    /// The same manifest had landed before: nothing changed.
    AlreadyLanded(ClipId),
    /// It is not, and this is why.
    Refused(Rejection),
}

/// Decides on the bundle in folder `bundle`, and files the verdict on one that is refused.
///
/// Checks go from cheap to dear, and nothing is decoded before the signature is: bundle, envelope, signature, device,
/// driver, clip id, chain, epoch, set of media, files, headers, fixes, plausibility. Then media and the place in the
/// device's chain are created in the inbox, and last the manifest with what was found: with that it is accepted.
/// Safe to repeat, to race and to kill at any point.
///
/// Files are read and hashed on the calling thread, one in memory at a time: call it where blocking is allowed.
///
/// # Errors
/// [`Error`] when the server failed; nothing is decided then, and the bundle should be tried again.
pub async fn admit(bundle: &Path, context: &AdmitContext<'_>) -> Result<Admission, Error> {
    admit_bundle(&Bundle::Folder(bundle), context).await
}

/// The same decision on a clip whose files were uploaded whole.
pub(crate) async fn admit_upload(
    (upload, files): (&Upload, Knowledge<'_>),
    context: &AdmitContext<'_>,
) -> Result<Admission, Error> {
    admit_bundle(&Bundle::Upload(context.inbox, upload, files), context).await
}

async fn admit_bundle(bundle: &Bundle<'_>, context: &AdmitContext<'_>) -> Result<Admission, Error> {
    let mut known = Known::nothing();
    match decide(bundle, context, &mut known).await {
        Ok((clip_id, created)) => {
            tracing::info!(%clip_id, ?created, "clip admitted");
            Ok(if created == Created::New { Admission::Landed(clip_id) } else { Admission::AlreadyLanded(clip_id) })
        }
        Err(Fault::Refused(rejection)) => {
            verdict::refuse(context.store, &known, &rejection).await?;
            tracing::info!(manifest_sha256 = %known.manifest_sha256, %rejection, "bundle refused");
            Ok(Admission::Refused(rejection))
        }
        Err(Fault::Failed(error)) => Err(error),
    }
}

async fn decide(
    bundle: &Bundle<'_>,
    context: &AdmitContext<'_>,
    known: &mut Known,
) -> Result<(ClipId, Created), Fault> {
    let offer = match bundle {
        Bundle::Folder(folder) => {
            let bytes_max = context.settings.manifest_max_bytes;
            judge::open(bundle::read_manifest(folder, bytes_max)?, bytes_max, known)?
        }
        Bundle::Upload(_, upload, _) => judge::opened(upload, known),
    };
    let offer = match judge(offer, context, known).await? {
        Standing::Landed(clip_id) => return Ok((clip_id, Created::Existed)),
        Standing::Offered(offer) => offer,
    };
    let manifest = &offer.manifest;
    let examined = examine(bundle, context, manifest).await?;
    check_plausible(context, manifest, &examined, known)?;
    let (device_id, now) = (&offer.device_id, context.now);
    let clip = Admitted { bundle, jws: &offer.jws, device_id, manifest, examined: &examined, now };
    Ok((manifest.clip_id, land(context.inbox, &clip).await?))
}

async fn examine(bundle: &Bundle<'_>, context: &AdmitContext<'_>, manifest: &Manifest) -> Result<Examined, Fault> {
    let mut seen = Vec::with_capacity(manifest.media.len());
    for entry in &manifest.media {
        let bytes = bundle.media(entry).await?;
        seen.push(look(entry, &bytes, context.settings, context.probe)?);
    }
    let examined = assemble(seen)?;
    media_set::check_order(&manifest.media, &examined.taken)?;
    Ok(examined)
}

fn check_plausible(
    context: &AdmitContext<'_>,
    manifest: &Manifest,
    examined: &Examined,
    known: &mut Known,
) -> Result<(), Rejection> {
    plausible::moment(&examined.track, context.now, context.settings)?;
    known.first = Some(*examined.track.first());
    plausible::interval(manifest.captured, examined)?;
    plausible::motion(&examined.track, context.settings)
}
