//! Configuration: each crate's settings, nested; a file may leave out anything.

use std::path::Path;

use anyhow::Context;
use serde::Deserialize;
use waymark_datasets::Amount;
use waymark_ingest::AdmitSettings;
use waymark_ingest::http::ServeSettings;
use waymark_ingest::plausible::TrustSettings;
use waymark_rewards::FormulaSettings;
use waymark_tiles::access::AccessSettings;
use waymark_tiles::http::MapSettings;
use waymark_vision::Settings as VisionSettings;

/// Everything that can be set. `waymark.example.toml` has all of it with its defaults.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What admission takes.
    pub ingest: AdmitSettings,
    /// How much the endpoint holds and for how long.
    pub serve: ServeSettings,
    /// How the map is answered.
    pub map: MapSettings,
    /// Where traces go.
    pub telemetry: TelemetrySettings,
    /// How much may be read.
    pub access: AccessSettings,
    /// How others are told of changes.
    pub webhooks: WebhookSettings,
    /// How far clips are believed.
    pub trust: TrustSettings,
    /// How much the process takes that `serve` starts for clips.
    pub worker: WorkerSettings,
    /// How frames are sampled, redacted and encoded.
    pub vision: VisionSettings,
    /// What an epoch pays.
    pub rewards: RewardSettings,
    /// What is below the map of the page.
    pub page: PageSettings,
}

/// Which base map lies below ours; none unless set: then the page asks nobody but its own server.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PageSettings {
    /// The address of a MapLibre style.
    pub basemap_style_url: Option<String>,
    /// Addresses that this style fetches tiles, letters and images from, besides its own.
    pub basemap_origins: Vec<String>,
}

/// Where traces go.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetrySettings {
    /// An OpenTelemetry collector that takes OTLP over HTTP, such as `http://127.0.0.1:4318`; none, and nothing is
    /// traced.
    pub otlp_endpoint: Option<String>,
}

/// How others are told of changes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookSettings {
    /// Whether addresses may be of private networks; not if strangers can have addresses registered.
    pub allow_private: bool,
    /// An address must answer within this time.
    pub timeout_s: u64,
    /// The longest pause before an address that failed is asked again.
    pub pause_max_s: u64,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self { allow_private: false, timeout_s: 10, pause_max_s: 3_600 }
    }
}

/// What the process that works on clips may take, before it is ended and another one is started.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerSettings {
    /// Time for one clip.
    pub clip_time_max_s: u32,
    /// Memory that it holds, with models and the clip itself.
    pub memory_max_bytes: u64,
}

impl Default for WorkerSettings {
    /// Half an hour, which is a minute of video on a very slow machine; 4 GiB.
    fn default() -> Self {
        Self { clip_time_max_s: 1_800, memory_max_bytes: 4 << 30 }
    }
}

/// What an epoch pays and when it can be closed.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RewardSettings {
    /// What an epoch pays in all, in smallest units.
    pub pool: Amount,
    /// How long after its end an epoch stays open for late uploads.
    pub grace_hours: u32,
    /// What a pass is worth.
    pub formula: FormulaSettings,
}

impl Default for RewardSettings {
    /// A thousand tokens of six decimals; two days.
    fn default() -> Self {
        let pool = Amount::try_from(1_000_000_000).unwrap_or(Amount::ZERO);
        Self { pool, grace_hours: 48, formula: FormulaSettings::default() }
    }
}

impl Config {
    /// Reads `file`; without one, the defaults.
    pub fn read(file: Option<&Path>) -> anyhow::Result<Self> {
        let Some(file) = file else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(file).with_context(|| format!("configuration {}", file.display()))?;
        toml::from_str(&text).with_context(|| format!("configuration {}", file.display()))
    }
}
