//! The server's side: from a bundle that a stranger sent to a clip that landed, or a reason why not.

use std::path::Path;

use waymark_datasets::{ClipId, Created, DeviceId, Digest, Reason, Rejection, Store, UtcMillis};

use crate::error::{Error, Fault};
use crate::examine::{Examined, Probe, assemble, look};
use crate::land::{self, Admitted, land};
use crate::manifest::Manifest;
use crate::settings::AdmitSettings;
use crate::verdict::Known;
use crate::{bundle, jws, landed, media_set, plausible, registry, verdict};

/// Where admission reads and writes, and by which rules.
#[derive(Clone, Copy)]
pub struct AdmitContext<'a> {
    /// Registry and verdicts.
    pub store: &'a Store,
    /// Raw media.
    pub inbox: &'a Store,
    /// The limits.
    pub settings: &'a AdmitSettings,
    /// The server's clock.
    pub now: UtcMillis,
    /// Reads the headers of stills and videos.
    pub probe: &'a Probe<'a>,
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

/// Decides on the bundle in folder `bundle` and files the verdict.
///
/// Checks go from cheap to dear, and nothing is decoded before the signature is: bundle, envelope, signature, device,
/// driver, clip id, set of media, files, headers, fixes, plausibility. Then media, findings and manifest are
/// created in the inbox, in this order, and the verdict in the store. Safe to repeat, to race and to kill at any point.
///
/// Files are read and hashed on the calling thread, one in memory at a time: call it where blocking is allowed.
///
/// # Errors
/// [`Error`] when the server failed; nothing is decided then, and the bundle should be tried again.
pub async fn admit(bundle: &Path, context: &AdmitContext<'_>) -> Result<Admission, Error> {
    let mut known = Known::nothing();
    match decide(bundle, context, &mut known).await {
        Ok((clip_id, created)) => {
            verdict::accept(context.store, &known, clip_id).await?;
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

async fn decide(bundle: &Path, context: &AdmitContext<'_>, known: &mut Known) -> Result<(ClipId, Created), Fault> {
    let jws = bundle::read_manifest(bundle, context.settings.manifest_max_bytes)?;
    known.manifest_sha256 = Digest::of(&jws);
    let signed = jws::verify(&jws, context.settings.manifest_max_bytes)?;
    known.device_id = Some(signed.device_id.clone());
    let manifest = Manifest::parse(&signed.payload)?;
    let before = landed::manifest(context.inbox, manifest.clip_id).await?;
    if before.as_ref() == Some(&jws) {
        recall(context.inbox, manifest.clip_id, known).await?;
        return Ok((manifest.clip_id, Created::Existed));
    }
    check_device(context, &signed.device_id, &manifest, known).await?;
    check_clip_id(&signed.device_id, &manifest)?;
    known.clip_id = Some(manifest.clip_id);
    if before.is_some() {
        return Err(land::taken().into());
    }
    media_set::check(&manifest.media, context.settings)?;
    let examined = examine(bundle, context, &manifest)?;
    check_plausible(context, &manifest, &examined, known)?;
    let clip = Admitted { bundle, jws: &jws, device_id: &signed.device_id, manifest: &manifest, examined: &examined };
    Ok((manifest.clip_id, land(context.inbox, &clip).await?))
}

/// What was known when the clip landed, so that its verdict, if a crash lost it, is filed where it belongs.
async fn recall(inbox: &Store, clip_id: ClipId, known: &mut Known) -> Result<(), Error> {
    if let Some(clip) = landed::open(inbox, clip_id).await? {
        known.driver = Some(clip.driver);
        known.clip_id = Some(clip_id);
        known.first = Some(*clip.track.first());
    }
    Ok(())
}

async fn check_device(
    context: &AdmitContext<'_>,
    device_id: &DeviceId,
    manifest: &Manifest,
    known: &mut Known,
) -> Result<(), Fault> {
    let refused = |reason, what: String| Fault::Refused(Rejection::new(reason, what));
    let Some(device) = registry::device(context.store, device_id).await? else {
        return Err(refused(Reason::DeviceUnknown, format!("device {device_id} is not enrolled")));
    };
    known.driver = Some(device.driver.clone());
    if device.is_revoked(context.now) {
        return Err(refused(Reason::DeviceRevoked, format!("device {device_id} was revoked")));
    }
    if device.driver != manifest.driver {
        let detail =
            format!("the manifest names driver {}, to whom device {device_id} does not belong", manifest.driver);
        return Err(refused(Reason::DriverMismatch, detail));
    }
    Ok(())
}

fn check_clip_id(device_id: &DeviceId, manifest: &Manifest) -> Result<(), Rejection> {
    let derived = manifest.derived_clip_id(device_id);
    if manifest.clip_id == derived {
        return Ok(());
    }
    let detail = format!("the manifest says clip {}, its media make clip {derived}", manifest.clip_id);
    Err(Rejection::new(Reason::ClipIdMismatch, detail))
}

fn examine(bundle: &Path, context: &AdmitContext<'_>, manifest: &Manifest) -> Result<Examined, Fault> {
    let mut seen = Vec::with_capacity(manifest.media.len());
    for entry in &manifest.media {
        let bytes = bundle::read_media(bundle, entry)?;
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
