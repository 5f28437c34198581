//! Where each table lies in the bucket: `TABLE/epoch=…/region=…/NAME.parquet`.

use std::fmt;

use crate::{ClipId, Epoch, Region};

/// Every published table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// One row per published frame.
    Frames,
    /// One row per thing seen in a frame.
    Detections,
    /// One row per decision on a clip or a frame.
    Verdicts,
    /// One row per clip that was processed.
    Clips,
    /// One row per clip, with how far it is believed.
    Trust,
    /// One row per slot.
    Coverage,
    /// One row per thing on the map.
    Features,
    /// One row per slot that a map consumer read.
    Usage,
    /// One row per slot pass of an epoch, with what it was paid and why.
    Statements,
    /// One row per driver of an epoch.
    Payouts,
}

impl Table {
    /// Every table there is.
    pub const ALL: [Self; 10] = [
        Self::Frames,
        Self::Detections,
        Self::Verdicts,
        Self::Clips,
        Self::Trust,
        Self::Coverage,
        Self::Features,
        Self::Usage,
        Self::Statements,
        Self::Payouts,
    ];

    /// Its name, which is also the first part of every key.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Frames => "frames",
            Self::Detections => "detections",
            Self::Verdicts => "verdicts",
            Self::Clips => "clips",
            Self::Trust => "trust",
            Self::Coverage => "coverage",
            Self::Features => "features",
            Self::Usage => "usage",
            Self::Statements => "statements",
            Self::Payouts => "payouts",
        }
    }

    /// Tables of an epoch as a whole have no region in their keys.
    fn has_regions(self) -> bool {
        !matches!(self, Self::Statements | Self::Payouts)
    }

    /// The key of file `name` (without extension) in `partition`.
    #[must_use]
    pub fn key(self, partition: Partition, name: &str) -> String {
        format!("{}/{name}.parquet", self.folder(partition))
    }

    /// The folder of `partition`, hive style.
    #[must_use]
    pub fn folder(self, partition: Partition) -> String {
        let epoch = hive_value(partition.epoch);
        if self.has_regions() {
            format!("{}/epoch={epoch}/region={}", self.name(), hive_value(partition.region))
        } else {
            format!("{}/epoch={epoch}", self.name())
        }
    }
}

/// Where rows lie: capture epoch and region; none where it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition {
    /// By capture time.
    pub epoch: Option<Epoch>,
    /// By position.
    pub region: Option<Region>,
}

impl Partition {
    /// The partition of an epoch and a region.
    #[must_use]
    pub fn of(epoch: Epoch, region: Region) -> Self {
        Self { epoch: Some(epoch), region: Some(region) }
    }

    /// Reads the partition out of a key that [`Table::key`] made.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        let mut partition = Self { epoch: None, region: None };
        let mut found = false;
        for part in key.split('/') {
            match part.split_once('=') {
                Some((_, NULL)) => found = true,
                Some(("epoch", value)) => (partition.epoch, found) = (Some(value.parse().ok()?), true),
                Some(("region", value)) => partition.region = Some(value.parse().ok()?),
                _ => {}
            }
        }
        found.then_some(partition)
    }
}

/// Where the record of a clip that was processed lies: written last, so a clip that has one is done for good.
#[must_use]
pub fn processed_key(clip: ClipId) -> String {
    format!("processed/{clip}.json")
}

/// Where the record lies that closes an epoch: once it is there, nothing changes what the epoch paid.
#[must_use]
pub fn epoch_key(epoch: Epoch) -> String {
    format!("epochs/{epoch}.json")
}

/// The one file of statements of an epoch.
#[must_use]
pub fn statements_key(epoch: Epoch) -> String {
    Table::Statements.key(Partition { epoch: Some(epoch), region: None }, "statements")
}

/// Hive's name for "no value"; DuckDB, Polars and Spark read it as null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

fn hive_value(value: Option<impl fmt::Display>) -> String {
    value.map_or_else(|| NULL.into(), |value| value.to_string())
}
