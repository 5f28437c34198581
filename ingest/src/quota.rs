//! What a device may upload, counted from what the inbox holds, so that every node comes to the same answer.
//!
//! Layout of the inbox: `quota/days/{day}/{device}/{clip}.{bytes}` for what was opened on a day of UTC, and
//! `quota/open/{device}/{clip}` while an upload is open. Entries are empty: their names say all. They are written
//! beside the opening, after it was counted: requests of one device at the same moment may pass together, and what a
//! power cut took back of them is not counted.

use waymark_datasets::{ClipId, DeviceId, Store, UtcMillis};

use crate::error::Error;
use crate::http::LimitSettings;
use crate::upload;

/// A limit that was reached.
pub(crate) struct Exceeded {
    /// Which.
    pub(crate) detail: String,
    /// When it may be over.
    pub(crate) retry_after_s: u64,
}

/// Who wants to open what.
#[derive(Clone, Copy)]
pub(crate) struct Claim<'a> {
    pub(crate) device: &'a DeviceId,
    pub(crate) clip_id: ClipId,
    /// Of all its files.
    pub(crate) bytes: u64,
}

const DAY_MS: i64 = 24 * 3_600_000;
/// An open upload ends when it is decided on, which is soon if its media come.
const OPEN_RETRY_S: u64 = 60;

/// The limit that one more upload would pass, if any.
pub(crate) async fn exceeded(
    inbox: &Store,
    claim: Claim<'_>,
    now: UtcMillis,
    limits: &LimitSettings,
) -> Result<Option<Exceeded>, Error> {
    let used = used_today(inbox, claim, now).await?;
    let until_tomorrow_s = ((DAY_MS - now.millis() % DAY_MS) as u64).div_ceil(1_000);
    let over = |detail: String| Ok(Some(Exceeded { detail, retry_after_s: until_tomorrow_s }));
    if used.clips >= limits.clips_per_day_max {
        return over(format!("the device uploaded {} clips today, as many as it may", used.clips));
    }
    if used.bytes.saturating_add(claim.bytes) > limits.bytes_per_day_max {
        let bytes_max = limits.bytes_per_day_max;
        return over(format!("the device may upload {bytes_max} bytes a day, and announced {} today", used.bytes));
    }
    let open = open_uploads(inbox, claim, limits.open_uploads_max).await?;
    let detail = || format!("the device has {open} uploads open, as many as it may: complete or terminate them");
    Ok((open >= limits.open_uploads_max).then(|| Exceeded { detail: detail(), retry_after_s: OPEN_RETRY_S }))
}

/// Notes that an upload is opened at `now`. The same again changes nothing.
pub(crate) async fn note(inbox: &Store, claim: Claim<'_>, now: UtcMillis) -> Result<(), Error> {
    let Claim { device, clip_id, bytes } = claim;
    let (today, open) = (format!("{}/{clip_id}.{bytes}", day_folder(device, now)), open_key(device, clip_id));
    tokio::try_join!(inbox.jot(&today), inbox.jot(&open))?;
    Ok(())
}

/// Removes the entries of days that count no more, as far back as a server may have been away.
pub(crate) async fn sweep(inbox: &Store, now: UtcMillis) -> Result<(), Error> {
    const DAYS_BACK: i64 = 9;
    for days in 2..=DAYS_BACK {
        inbox.remove_below(&format!("quota/days/{}", day(now.plus_ms(-days * DAY_MS)))).await?;
    }
    Ok(())
}

#[derive(Default)]
struct Used {
    clips: usize,
    bytes: u64,
}

/// What the device opened today, without the clip in question: it may be opened again.
async fn used_today(inbox: &Store, claim: Claim<'_>, now: UtcMillis) -> Result<Used, Error> {
    let mut used = Used::default();
    for object in inbox.list(&day_folder(claim.device, now)).await? {
        let entry = object.path.rsplit('/').next().and_then(|name| name.split_once('.'));
        let entry = entry.and_then(|(clip, bytes)| Some((clip.parse::<ClipId>().ok()?, bytes.parse::<u64>().ok()?)));
        if let Some((_, bytes)) = entry.filter(|(clip, _)| *clip != claim.clip_id) {
            used = Used { clips: used.clips + 1, bytes: used.bytes.saturating_add(bytes) };
        }
    }
    Ok(used)
}

/// How many uploads are open. Entries that a crash left are looked at once they would stand in the way.
async fn open_uploads(inbox: &Store, claim: Claim<'_>, open_max: usize) -> Result<usize, Error> {
    let listed = inbox.list(&format!("quota/open/{}", claim.device)).await?;
    let clips = listed.iter().filter_map(|object| object.path.rsplit('/').next()?.parse().ok());
    let others: Vec<ClipId> = clips.filter(|clip| *clip != claim.clip_id).collect();
    if others.len() < open_max {
        return Ok(others.len());
    }
    let mut open = 0;
    for clip_id in others {
        if upload::is_open(inbox, clip_id).await? {
            open += 1;
        } else {
            inbox.remove(&open_key(claim.device, clip_id)).await?;
        }
    }
    Ok(open)
}

fn day_folder(device: &DeviceId, now: UtcMillis) -> String {
    format!("quota/days/{}/{device}", day(now))
}

/// What is there while an upload is open.
pub(crate) fn open_key(device: &DeviceId, clip_id: ClipId) -> String {
    format!("quota/open/{device}/{clip_id}")
}

fn day(now: UtcMillis) -> String {
    now.to_chrono().format("%Y-%m-%d").to_string()
}
