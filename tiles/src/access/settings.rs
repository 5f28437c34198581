//! The limits of those who read: every one has a name and a default.

use serde::{Deserialize, Serialize};

/// How much may be read, with a key and without.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccessSettings {
    /// Whether images of frames are open to everybody; else a key or a signed address is needed.
    pub frames_public: bool,
    /// Requests a second of an address without a key, in the long run, on each node.
    pub public_requests_per_s: u32,
    /// Requests of an address without a key that may come at once.
    pub public_requests_burst: u32,
    /// Requests a second of a key that has no rate of its own.
    pub key_requests_per_s: u32,
    /// A key is looked up again after so long; a revocation is effective then.
    pub keys_refresh_s: u32,
    /// A signed address holds so long, at most.
    pub signed_max_s: u32,
    /// What was read is written after so long.
    pub usage_flush_s: u32,
    /// Rows of it that are held until then; more is not counted, and said so in the log.
    pub usage_rows_max: usize,
}

impl Default for AccessSettings {
    fn default() -> Self {
        Self {
            frames_public: true,
            public_requests_per_s: 500,
            public_requests_burst: 2_000,
            key_requests_per_s: 2_000,
            keys_refresh_s: 30,
            signed_max_s: 7 * 24 * 3_600,
            usage_flush_s: 60,
            usage_rows_max: 200_000,
        }
    }
}
