//! The limits of the map's API: every one has a name and a default.

use serde::{Deserialize, Serialize};

/// How much is kept in memory, and how many questions are answered at the same time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MapSettings {
    /// Tiles that are ready to be sent.
    pub tiles_cache_max_bytes: usize,
    /// Tables that are decoded.
    pub tables_cache_max_bytes: usize,
    /// Questions that are answered at the same time; more wait.
    pub queries_max: usize,
    /// How often the latest snapshot is looked up.
    pub refresh_ms: u64,
    /// Under which frames may be used: an SPDX identifier, or `other`.
    pub license: String,
    /// Who publishes them.
    pub provider: String,
}

impl Default for MapSettings {
    fn default() -> Self {
        Self {
            tiles_cache_max_bytes: 256 << 20,
            tables_cache_max_bytes: 512 << 20,
            queries_max: 8,
            refresh_ms: 1_000,
            license: "other".into(),
            provider: "Waymark".into(),
        }
    }
}
