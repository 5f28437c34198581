//! `detections`: one row per thing seen in a frame.

use arrow::datatypes::{DataType, FieldRef};
use serde::{Deserialize, Serialize};

use super::field;
use crate::table::{Row, Table};
use crate::{Cell, ClassName, ClipId, FrameId, Ppm, Role};

/// Class, score and box in pixels of one published frame; x to the right, y down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DetectionRow {
    /// The frame that it was seen in.
    pub frame_id: FrameId,
    /// Its place among the frame's detections.
    pub detection_index: u32,
    /// The clip of that frame.
    pub clip_id: ClipId,
    /// The cell of that frame.
    pub h3_cell: Cell,
    /// What it is.
    pub class: ClassName,
    /// What it is to us.
    pub role: Role,
    /// The detector's confidence.
    pub score_ppm: Ppm,
    /// Left edge.
    pub x_min_px: f32,
    /// Upper edge.
    pub y_min_px: f32,
    /// Right edge.
    pub x_max_px: f32,
    /// Lower edge.
    pub y_max_px: f32,
    /// What a classifier called the crop, where one looked.
    pub refined_class: Option<ClassName>,
    /// How sure the classifier was.
    pub refined_score_ppm: Option<Ppm>,
    /// File name of the detecting model in its pack.
    pub model: String,
}

impl Row for DetectionRow {
    type Key = (Cell, FrameId, u32);
    const TABLE: Table = Table::Detections;

    fn fields() -> Vec<FieldRef> {
        vec![
            field::text("frame_id"),
            field::new("detection_index", DataType::UInt32),
            field::text("clip_id"),
            field::new("h3_cell", DataType::UInt64),
            field::text("class"),
            field::text("role"),
            field::new("score_ppm", DataType::UInt32),
            field::new("x_min_px", DataType::Float32),
            field::new("y_min_px", DataType::Float32),
            field::new("x_max_px", DataType::Float32),
            field::new("y_max_px", DataType::Float32),
            field::optional(&field::text("refined_class")),
            field::optional(&field::new("refined_score_ppm", DataType::UInt32)),
            field::text("model"),
        ]
    }

    fn key(&self) -> Self::Key {
        (self.h3_cell, self.frame_id, self.detection_index)
    }
}
