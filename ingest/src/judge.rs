//! What can be said of a clip by its manifest alone, before a byte of media is read.

use bytes::Bytes;
use waymark_datasets::{ClipId, DeviceId, Digest, Epoch, Reason, Rejection, Store, epoch_key, erasure};

use crate::admit::AdmitContext;
use crate::error::{Error, Fault};
use crate::manifest::{Captured, Manifest};
use crate::upload::Upload;
use crate::verdict::Known;
use crate::{jws, land, landed, links, media_set, plausible, registry};

/// Where a manifest stands.
pub(crate) enum Standing {
    /// It has landed before.
    Landed(ClipId),
    /// Nothing speaks against it: its media may come.
    Offered(Box<Offer>),
}

/// A manifest that passed every check that needs no media.
#[derive(Clone)]
pub(crate) struct Offer {
    pub(crate) jws: Bytes,
    pub(crate) device_id: DeviceId,
    pub(crate) manifest: Manifest,
}

/// Checks envelope, signature and the manifest's form, without asking anybody; notes in `known` what is proven.
pub(crate) fn open(jws: Bytes, bytes_max: u64, known: &mut Known) -> Result<Offer, Rejection> {
    known.manifest_sha256 = Digest::of(&jws);
    let signed = jws::verify(&jws, bytes_max)?;
    known.device_id = Some(signed.device_id.clone());
    let manifest = Manifest::parse(&signed.payload)?;
    known.clip_id = check_clip_id(&signed.device_id, &manifest).is_ok().then_some(manifest.clip_id);
    Ok(Offer { jws, device_id: signed.device_id, manifest })
}

/// The manifest of an upload, which was checked when the upload was read.
pub(crate) fn opened(upload: &Upload, known: &mut Known) -> Offer {
    let Upload { jws, device_id, manifest, .. } = upload.clone();
    known.manifest_sha256 = Digest::of(&jws);
    known.device_id = Some(device_id.clone());
    known.clip_id = check_clip_id(&device_id, &manifest).is_ok().then_some(manifest.clip_id);
    Offer { jws, device_id, manifest }
}

/// Checks whether it landed before, device, driver, clip id, chain, epoch, set of media and time, in this order; notes
/// in `known` what is proven on the way.
pub(crate) async fn judge(offer: Offer, context: &AdmitContext<'_>, known: &mut Known) -> Result<Standing, Fault> {
    let Offer { jws, device_id, manifest } = &offer;
    let before = landed::manifest(context.inbox, manifest.clip_id).await?;
    if before.as_ref() == Some(jws) {
        return Ok(Standing::Landed(manifest.clip_id));
    }
    check_device(context, device_id, manifest, known).await?;
    check_clip_id(device_id, manifest)?;
    check_erased(context.store, manifest.clip_id, known).await?;
    if before.is_some() {
        return Err(land::taken().into());
    }
    let (chain, epoch) = tokio::join!(
        links::check(context.inbox, device_id, (manifest, known.manifest_sha256)),
        check_epoch(context.store, manifest.captured),
    );
    chain.and(epoch)?;
    media_set::check(&manifest.media, context.settings)?;
    plausible::claimed(manifest.captured, context.now, context.settings)?;
    Ok(Standing::Offered(Box::new(offer)))
}

async fn check_device(
    context: &AdmitContext<'_>,
    device_id: &DeviceId,
    manifest: &Manifest,
    known: &mut Known,
) -> Result<(), Fault> {
    let refused = |reason, what: String| Fault::Refused(Rejection::new(reason, what));
    let Some(device) = registry::entry(context.store, device_id).await? else {
        return Err(refused(Reason::DeviceUnknown, format!("device {device_id} is not enrolled")));
    };
    known.driver = Some(device.record.driver.clone());
    device.check(context.rules())?;
    if device.record.driver != manifest.driver {
        let detail =
            format!("the manifest names driver {}, to whom device {device_id} does not belong", manifest.driver);
        return Err(refused(Reason::DriverMismatch, detail));
    }
    Ok(())
}

/// What was erased does not come back. The verdict says so of the manifest alone, and names nobody.
async fn check_erased(store: &Store, clip_id: ClipId, known: &mut Known) -> Result<(), Fault> {
    let Some(tombstone) = erasure::of_clip(store, clip_id).await.map_err(Error::from)? else { return Ok(()) };
    *known = Known { manifest_sha256: known.manifest_sha256, ..Known::nothing() };
    let detail = format!("this clip was erased by request, under tombstone {tombstone}");
    Err(Rejection::new(Reason::ClipErased, detail).into())
}

/// What an epoch paid stands once it is closed. A clip that reaches into an open one is taken.
async fn check_epoch(store: &Store, captured: Captured) -> Result<(), Fault> {
    let epoch = Epoch::of(captured.end);
    if store.get(&epoch_key(epoch)).await?.is_none() {
        return Ok(());
    }
    let detail = format!("the clip is of epoch {epoch}, which is closed: it came too late");
    Err(Rejection::new(Reason::EpochClosed, detail).into())
}

fn check_clip_id(device_id: &DeviceId, manifest: &Manifest) -> Result<(), Rejection> {
    let derived = manifest.derived_clip_id(device_id);
    if manifest.clip_id == derived {
        return Ok(());
    }
    let detail = format!("the manifest says clip {}, its media make clip {derived}", manifest.clip_id);
    Err(Rejection::new(Reason::ClipIdMismatch, detail))
}
