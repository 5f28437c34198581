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
    /// Clips that are decided on at the same time, each with its largest file in memory.
    pub decisions_max: usize,
    /// Connections at the same time; more wait to be accepted.
    pub connections_max: usize,
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
            decisions_max: 2,
            connections_max: 16_384,
            drain_max_s: 30,
        }
    }
}
