//! What the pixels of a frame say about its clip: measured once, judged by whoever doubts.

use arrow::datatypes::{DataType, Fields};
use serde::{Deserialize, Serialize};

use super::field;
use crate::Ppm;

/// Numbers that a frame can be held against other frames, the sun and its own track by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// Perceptual hash of the redacted picture: the signs of its 63 lowest frequencies, 8 `v` + `u` for `u` half waves
    /// across and `v` down. Pictures alike differ in few bits; mirroring turns those of odd `u`.
    pub hash: u64,
    /// The same of its middle nine tenths: a picture that was cropped a little looks like it.
    pub inner_hash: u64,
    /// How the redacted picture looks in 16 by 8 cells of its upper two thirds: of each, by rows from the top left, whether
    /// it is lighter, bluer and redder than the 5 by 3 cells around it on average. Two words each, the first cell in the
    /// lowest bit. The same street looks alike from day to day and, but for its lights, by night.
    pub look: [u64; 6],
    /// Mean luma of the upper third, where the sky is, 0 to 255.
    pub sky_luma: u32,
    /// What moved in the picture until shortly after; none of a photo, or where the video has no such neighbour.
    pub motion: Option<Motion>,
}

/// What moved between a frame and a neighbour within a quarter of a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Motion {
    /// The share of blocks with some texture that stayed where they were.
    pub standing_ppm: Ppm,
    /// How far the median block moved, in millionths of the width of the picture each second.
    pub flow_ppm_per_s: u32,
    /// How far the median block moved to the right, in the same unit: a turn to the left is positive.
    pub turn_ppm_per_s: i32,
}

impl Witness {
    pub(super) fn data_type() -> DataType {
        let motion = [
            field::new("standing_ppm", DataType::UInt32),
            field::new("flow_ppm_per_s", DataType::UInt32),
            field::new("turn_ppm_per_s", DataType::Int32),
        ];
        let motion = field::new("motion", DataType::Struct(Fields::from_iter(motion)));
        DataType::Struct(Fields::from_iter([
            field::new("hash", DataType::UInt64),
            field::new("inner_hash", DataType::UInt64),
            field::list(&field::new("element", DataType::UInt64), "look"),
            field::new("sky_luma", DataType::UInt32),
            field::optional(&motion),
        ]))
    }
}
