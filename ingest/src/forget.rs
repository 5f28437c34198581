//! Taking clips out of the inbox: whole, or their raw footage alone.

use std::collections::BTreeSet;

use waymark_datasets::erasure::Erased;
use waymark_datasets::{ClipId, DeviceId, DriverId, Store};

use crate::error::Error;
use crate::upload::{self, refusal};
use crate::{landed, links};

/// The clips of which `is_meant` holds by device and driver: landed, on their way, or refused.
///
/// # Errors
/// [`Error::Store`], or [`Error::Damaged`] if an object is not what was written.
pub async fn find(inbox: &Store, is_meant: impl Fn(&DeviceId, &DriverId) -> bool) -> Result<BTreeSet<ClipId>, Error> {
    let mut found = BTreeSet::new();
    for clip_id in landed::list(inbox).await? {
        if let Some(clip) = landed::open(inbox, clip_id).await?
            && is_meant(&clip.device_id, &clip.driver)
        {
            found.insert(clip_id);
        }
    }
    let placed = links::placed(inbox).await?.into_iter();
    found.extend(placed.filter(|placed| is_meant(&placed.device_id, &placed.driver)).map(|placed| placed.clip_id));
    for clip_id in on_their_way(inbox).await? {
        let uploaded = upload::find(inbox, clip_id).await?.map(|upload| (upload.device_id, upload.manifest.driver));
        let refused = refusal::find(inbox, clip_id).await?.map(|refusal| (refusal.device_id, refusal.driver));
        if uploaded.into_iter().chain(refused).any(|(device, driver)| is_meant(&device, &driver)) {
            found.insert(clip_id);
        }
    }
    Ok(found)
}

async fn on_their_way(inbox: &Store) -> Result<BTreeSet<ClipId>, Error> {
    let objects = inbox.list(upload::PREFIX).await?;
    Ok(objects.iter().filter_map(|object| upload::parse(&object.path)).map(|(clip, _)| clip).collect())
}

/// Removes all of some clips: first what makes each landed. Of their places in chains, that they are taken stays. Safe
/// to repeat and to kill.
///
/// # Errors
/// [`Error::Store`], or [`Error::Damaged`] if an object is not what was written.
pub async fn clips(inbox: &Store, clips: &BTreeSet<ClipId>) -> Result<(), Error> {
    for clip_id in clips {
        landed::remove(inbox, *clip_id).await?;
        upload::remove(inbox, *clip_id).await?;
    }
    if clips.is_empty() { Ok(()) } else { links::strip(inbox, clips).await }
}

/// Removes the raw footage of a clip that was processed; that it landed stays, and so its receipt.
///
/// # Errors
/// [`Error::Store`].
pub async fn footage(inbox: &Store, clip_id: ClipId) -> Result<(), Error> {
    landed::remove_media(inbox, clip_id).await?;
    upload::remove(inbox, clip_id).await
}

/// How many objects the inbox holds, and the first that holds something erased, if there is one.
///
/// # Errors
/// [`Error::Store`], or [`Error::Damaged`] if an object is not what was written.
pub async fn remains(inbox: &Store, erased: &Erased) -> Result<(usize, Option<String>), Error> {
    let objects = inbox.list("").await?;
    let remains = |path: &str| {
        let uploaded = || upload::parse(path).map(|(clip, _)| (clip, true));
        let Some((clip, is_footage)) = landed::parse(path).or_else(uploaded) else { return false };
        erased.clips.contains(&clip) || is_footage && erased.footage.contains(&clip)
    };
    let first = objects.iter().find(|object| remains(&object.path)).map(|object| object.path.clone());
    let placed = links::placed(inbox).await?.into_iter().find(|placed| erased.clips.contains(&placed.clip_id));
    Ok((objects.len(), first.or(placed.map(|placed| placed.path))))
}
