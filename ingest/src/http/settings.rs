//! The limits of the endpoint: every one has a name and a default.

use serde::{Deserialize, Serialize};

/// How much the endpoint holds and for how long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServeSettings {
    /// An upload that is not complete after so long is given up.
    pub retention_hours: u32,
    /// Clips that landed and are not processed; no new one is taken above.
    pub backlog_max_clips: usize,
    /// No new clip is taken while the disk has less room.
    pub disk_free_min_bytes: u64,
    /// Bytes of all requests together that are in memory until they are stored.
    pub buffer_max_bytes: u32,
    /// Requests that store something at the same time, 200 at most; unless set, four for each processor where the inbox
    /// is a folder, and 96 where it is a bucket. Of more some wait for half a second, and all others are sent away.
    pub storing_max: Option<usize>,
    /// Of those, requests of one device; unless set, one where the inbox is a folder, and 8 where it is a bucket.
    pub device_storing_max: Option<usize>,
    /// While others store as well, one device does so no more often in a second than this, or than twice what they do
    /// on average, whichever is more.
    pub device_storing_per_s: u32,
    /// Clips that are decided on at the same time, each with its largest file in memory.
    pub decisions_max: usize,
    /// Bytes of these files together.
    pub decisions_max_bytes: u64,
    /// Connections at the same time; more wait to be accepted.
    pub connections_max: usize,
    /// Whether a clip is refused whose manifest carries no fresh nonce of this server.
    pub nonce_required: bool,
    /// How long a nonce is fresh: from when it was fetched until the clip is announced.
    pub nonce_valid_s: u32,
    /// How long a denylist that was read is believed before it is read again.
    pub denylist_max_age_s: u32,
    /// What one device, and one address, may ask for.
    pub limits: LimitSettings,
    /// Requests in flight, and the clip that is being processed, have so long to end when the server shuts down.
    pub drain_max_s: u32,
}

impl Default for ServeSettings {
    fn default() -> Self {
        Self {
            retention_hours: 7 * 24,
            backlog_max_clips: 256,
            disk_free_min_bytes: 1 << 30,
            buffer_max_bytes: 256 << 20,
            storing_max: None,
            device_storing_max: None,
            // Of files of 1 MB these are 160 Mbit/s: more than a mobile link has.
            device_storing_per_s: 20,
            decisions_max: 32,
            decisions_max_bytes: 1 << 30,
            connections_max: 16_384,
            nonce_required: false,
            nonce_valid_s: 24 * 3_600,
            denylist_max_age_s: 10,
            limits: LimitSettings::default(),
            drain_max_s: 30,
        }
    }
}

/// What one device, and one address, may ask for. Days are those of UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    /// Clips that a device may announce a day.
    pub clips_per_day_max: usize,
    /// Bytes of media that a device may announce a day.
    pub bytes_per_day_max: u64,
    /// Uploads of one device that are open at the same time.
    pub open_uploads_max: usize,
    /// Requests of one device, in the long run.
    pub device_requests_per_s: u32,
    /// Requests of one device at once.
    pub device_requests_burst: u32,
    /// Requests from one address about nothing that is being uploaded, in the long run.
    pub address_requests_per_s: u32,
    /// Such requests at once.
    pub address_requests_burst: u32,
    /// The header in which a proxy of ours names the client's address, last; the connection tells it unless set.
    pub address_header: Option<String>,
    /// Refusals of devices that are unknown or revoked which are written down; the others are only counted.
    pub strangers_filed_per_hour: u32,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            // A clip a minute, day and night, and some.
            clips_per_day_max: 2_000,
            bytes_per_day_max: 200 << 30,
            open_uploads_max: 64,
            // A clip of a minute is three requests and one more for each 4 MiB.
            device_requests_per_s: 100,
            device_requests_burst: 2_000,
            // Mobile networks put thousands of drivers behind one address.
            address_requests_per_s: 500,
            address_requests_burst: 20_000,
            address_header: None,
            strangers_filed_per_hour: 60,
        }
    }
}
