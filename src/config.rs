//! Configuration: each crate's settings, nested; a file may leave out anything.

use std::path::Path;

use anyhow::Context;
use serde::Deserialize;
use waymark_datasets::Amount;
use waymark_ingest::AdmitSettings;
use waymark_ingest::http::ServeSettings;
use waymark_ingest::plausible::TrustSettings;
use waymark_rewards::FormulaSettings;
use waymark_vision::Settings as VisionSettings;

/// Everything that can be set. `waymark.example.toml` has all of it with its defaults.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What admission takes.
    pub ingest: AdmitSettings,
    /// How much the endpoint holds and for how long.
    pub serve: ServeSettings,
    /// How far clips are believed.
    pub trust: TrustSettings,
    /// How frames are sampled, redacted and encoded.
    pub vision: VisionSettings,
    /// What an epoch pays.
    pub rewards: RewardSettings,
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
