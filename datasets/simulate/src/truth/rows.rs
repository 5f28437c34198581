//! The rows of the truth.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, TimeUnit};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use waymark_datasets::{ClassName, Heading, Latitude, Longitude, Ppm, UtcMillis};

use crate::plan::TownEpoch;

/// A row of one table of the truth.
pub trait TruthRow: Serialize + DeserializeOwned {
    /// The name of its file under `truth/`, without `.parquet`.
    const TABLE: &'static str;

    /// Its columns.
    fn fields() -> Vec<FieldRef>;
}

/// `objects`: a thing that belongs on a map; of both epochs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObjectRow {
    /// From 1, the same in both epochs.
    pub object_id: u32,
    /// What it is, such as `stop-sign` or `speed-limit-50`.
    pub class: ClassName,
    /// What is written on it; empty for most.
    pub text: String,
    /// Of the middle of what is boxed: the panel, the housing, the head of a lamp with its arm.
    pub latitude_deg: Latitude,
    /// See `latitude_deg`.
    pub longitude_deg: Longitude,
    /// The direction that its face points to: towards those who should see it; of a lamp, where its arm points.
    pub azimuth_deg: Heading,
    /// Of the middle of what is boxed, above the road.
    pub height_m: f64,
    /// Whether it stands in epoch 1.
    pub in_epoch_1: bool,
    /// Whether it stands in epoch 2.
    pub in_epoch_2: bool,
}

/// `streets`: a point of the centre line of a street. The points of one street, in order, are the whole street, from
/// junction to junction; streets that meet share that point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreetRow {
    /// From 1, the same in both epochs.
    pub street_id: u32,
    /// Its place along the street, from 0.
    pub point: u32,
    /// Degrees north.
    pub latitude_deg: Latitude,
    /// Degrees east.
    pub longitude_deg: Longitude,
    /// Of the carriageway, from kerb to kerb, with its parking lanes.
    pub width_m: f64,
}

/// `poses`: where the camera really was when it filmed a frame, whatever the track says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PoseRow {
    /// Number of the drive, from 1.
    pub drive: u32,
    /// Number of the frame, from 0.
    pub frame: u32,
    /// When it was really filmed.
    pub time_ms: UtcMillis,
    /// Degrees north.
    pub latitude_deg: Latitude,
    /// Degrees east.
    pub longitude_deg: Longitude,
    /// Where the camera looks.
    pub heading_deg: Heading,
    /// Of the camera; 0 where it stands.
    pub speed_mps: f64,
}

/// `boxes`: what a frame shows. A box is around what shows of a thing, not around what is behind something, as in COCO
/// (Lin et al. 2014, arXiv:1405.0312). An edge lies where the last light of a thing fell while the shutter was open: a
/// face that is smeared is as wide as its smear, all of which is to be hidden.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoxRow {
    /// Number of the drive, from 1.
    pub drive: u32,
    /// Number of the frame, from 0.
    pub frame: u32,
    /// Its row in `objects`; none for what moves.
    pub object_id: Option<u32>,
    /// `face`, `plate`, `person`, `vehicle`, or the class of the object.
    pub class: ClassName,
    /// Left edge of what shows.
    pub x_min_px: f32,
    /// Upper edge.
    pub y_min_px: f32,
    /// Right edge.
    pub x_max_px: f32,
    /// Lower edge.
    pub y_max_px: f32,
    /// Share of its pixels that are in the frame and not behind something.
    pub visible_ppm: Ppm,
    /// Height of the box.
    pub height_px: f32,
}

/// `attacks`: one row for each drive, honest or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttackRow {
    /// Number of the drive, from 1.
    pub drive: u32,
    /// `honest`, or the name of the attack. A `tamper` drive is honest until a byte is changed after signing.
    pub kind: String,
    /// The drive that it was made from, for `replay`, `copy` and `two-places`.
    pub source_drive: Option<u32>,
    /// Number of the device that is to sign it: that of its own drive, or of the source where one device cheats.
    pub device: u32,
    /// When the track begins: what is claimed, not what is true.
    pub claimed_start_ms: UtcMillis,
    /// When the footage was really filmed.
    pub filmed_start_ms: UtcMillis,
    /// Which of its two states the town was in.
    pub town_epoch: TownEpoch,
}

impl TruthRow for ObjectRow {
    const TABLE: &'static str = "objects";

    fn fields() -> Vec<FieldRef> {
        vec![
            field("object_id", DataType::UInt32),
            field("class", DataType::Utf8),
            field("text", DataType::Utf8),
            field("latitude_deg", DataType::Float64),
            field("longitude_deg", DataType::Float64),
            field("azimuth_deg", DataType::Float64),
            field("height_m", DataType::Float64),
            field("in_epoch_1", DataType::Boolean),
            field("in_epoch_2", DataType::Boolean),
        ]
    }
}

impl TruthRow for StreetRow {
    const TABLE: &'static str = "streets";

    fn fields() -> Vec<FieldRef> {
        vec![
            field("street_id", DataType::UInt32),
            field("point", DataType::UInt32),
            field("latitude_deg", DataType::Float64),
            field("longitude_deg", DataType::Float64),
            field("width_m", DataType::Float64),
        ]
    }
}

impl TruthRow for PoseRow {
    const TABLE: &'static str = "poses";

    fn fields() -> Vec<FieldRef> {
        vec![
            field("drive", DataType::UInt32),
            field("frame", DataType::UInt32),
            time("time_ms"),
            field("latitude_deg", DataType::Float64),
            field("longitude_deg", DataType::Float64),
            field("heading_deg", DataType::Float64),
            field("speed_mps", DataType::Float64),
        ]
    }
}

impl TruthRow for BoxRow {
    const TABLE: &'static str = "boxes";

    fn fields() -> Vec<FieldRef> {
        vec![
            field("drive", DataType::UInt32),
            field("frame", DataType::UInt32),
            optional("object_id", DataType::UInt32),
            field("class", DataType::Utf8),
            field("x_min_px", DataType::Float32),
            field("y_min_px", DataType::Float32),
            field("x_max_px", DataType::Float32),
            field("y_max_px", DataType::Float32),
            field("visible_ppm", DataType::UInt32),
            field("height_px", DataType::Float32),
        ]
    }
}

impl TruthRow for AttackRow {
    const TABLE: &'static str = "attacks";

    fn fields() -> Vec<FieldRef> {
        vec![
            field("drive", DataType::UInt32),
            field("kind", DataType::Utf8),
            optional("source_drive", DataType::UInt32),
            field("device", DataType::UInt32),
            time("claimed_start_ms"),
            time("filmed_start_ms"),
            field("town_epoch", DataType::Utf8),
        ]
    }
}

fn field(name: &str, data_type: DataType) -> FieldRef {
    Arc::new(Field::new(name, data_type, false))
}

fn optional(name: &str, data_type: DataType) -> FieldRef {
    Arc::new(Field::new(name, data_type, true))
}

fn time(name: &str) -> FieldRef {
    field(name, DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())))
}
