//! From an address to a file of a clip.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode};
use waymark_datasets::{ClipId, Digest};

use super::headers::http_date;
use crate::error::Error;
use crate::http::problem::Problem;
use crate::http::service::Service;
use crate::manifest::MediaEntry;
use crate::upload::{self, Upload, parts, refusal};
use crate::{landed, upload::parts::Held};

/// What stands at an address.
pub(super) enum Located {
    /// A file that is being uploaded, and how much of it is held.
    Open(Box<Place>),
    /// A file of so many bytes, of a clip that landed.
    Landed(u64),
}

/// A file that is being uploaded.
pub(super) struct Place {
    pub(super) upload: Upload,
    pub(super) entry: MediaEntry,
    pub(super) held: Held,
}

impl Place {
    pub(super) fn left_bytes(&self) -> u64 {
        self.entry.size_bytes.saturating_sub(self.held.bytes)
    }

    /// When it is given up unless it is complete.
    pub(super) fn expires(&self, service: &Service) -> Option<HeaderValue> {
        http_date(self.upload.expires_at(service.settings.retention_hours))
    }
}

/// Finds the file at an address; 404 if there never was one as far as we know, 410 if there is no more.
pub(super) async fn locate(service: &Arc<Service>, (clip, digest): (&str, &str)) -> Result<Located, Problem> {
    let (Ok(clip_id), Ok(digest)) = (clip.parse::<ClipId>(), digest.parse::<Digest>()) else { return Err(nothing()) };
    service.limits.check_clip(clip_id)?;
    service.work(async move |service: Arc<Service>| look_up(&service, (clip_id, digest)).await).await
}

async fn look_up(service: &Service, (clip_id, digest): (ClipId, Digest)) -> Result<Located, Problem> {
    let inbox = &service.buckets.inbox;
    if let Some(upload) = upload::find(inbox, clip_id).await? {
        service.limits.check_device(&upload.device_id)?;
        let place = open(service, upload, digest).await?.ok_or_else(nothing)?;
        let is_late = place.upload.expires_at(service.settings.retention_hours) <= service.now();
        if is_late && !parts::is_complete(inbox, &place.upload).await? {
            return Err(Problem::new(StatusCode::GONE, "the upload has expired: post the clip's manifest again"));
        }
        return Ok(Located::Open(Box::new(place)));
    }
    if let Some(clip) = landed::open(inbox, clip_id).await? {
        let media = clip.media.iter().find(|media| media.digest == digest).ok_or_else(nothing)?;
        return Ok(Located::Landed(media.size_bytes));
    }
    match refusal::find(inbox, clip_id).await? {
        Some(refusal) => Err(Problem::new(
            StatusCode::GONE,
            format!("the clip was refused ({}): {}", refusal.reason, refusal.detail),
        )),
        None => Err(nothing()),
    }
}

fn nothing() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no upload is at this address: post the clip's manifest first")
}

async fn open(service: &Service, upload: Upload, digest: Digest) -> Result<Option<Place>, Error> {
    let Some(entry) = upload.entry(digest).cloned() else { return Ok(None) };
    let held = parts::held(&service.buckets.inbox, &upload, digest).await?;
    Ok(Some(Place { upload, entry, held }))
}
