//! `verdicts`: what was decided on a clip or a frame; what is refused is written down like what is accepted.

use std::fmt;
use std::str::FromStr;

use arrow::datatypes::{DataType, FieldRef};
use serde::{Deserialize, Serialize};

use super::field;
use crate::table::{Row, Table};
use crate::word::serde_as_text;
use crate::{ClipId, DeviceId, Digest, DriverId, FrameId, Invalid, Reason, UtcMillis};

/// Accepted, or one reason code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Nothing was wrong.
    Accepted,
    /// Something was.
    Refused(Reason),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("accepted"),
            Self::Refused(reason) => reason.fmt(f),
        }
    }
}

impl FromStr for Verdict {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text == "accepted" { Ok(Self::Accepted) } else { text.parse().map(Self::Refused) }
    }
}

serde_as_text!(Verdict);

/// One decision. Of a clip as a whole when it has no frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictRow {
    /// The clip; none if the manifest did not say.
    pub clip_id: Option<ClipId>,
    /// The frame, if the decision is on one.
    pub frame_id: Option<FrameId>,
    /// Its index in the clip.
    pub frame_index: Option<u32>,
    /// The device, if it proved who it is.
    pub device_id: Option<DeviceId>,
    /// Its driver, if known.
    pub driver: Option<DriverId>,
    /// When it was captured, if known.
    pub captured_at_ms: Option<UtcMillis>,
    /// The decision.
    pub verdict: Verdict,
    /// What was wrong and where, in one sentence; empty when accepted.
    pub detail: String,
    /// SHA-256 of the manifest as it came.
    pub manifest_sha256: Digest,
}

impl Row for VerdictRow {
    type Key = (Option<ClipId>, Option<u32>, Verdict, Digest);
    const TABLE: Table = Table::Verdicts;

    fn fields() -> Vec<FieldRef> {
        vec![
            field::optional(&field::text("clip_id")),
            field::optional(&field::text("frame_id")),
            field::optional(&field::new("frame_index", DataType::UInt32)),
            field::optional(&field::text("device_id")),
            field::optional(&field::text("driver")),
            field::optional(&field::time("captured_at_ms")),
            field::text("verdict"),
            field::text("detail"),
            field::text("manifest_sha256"),
        ]
    }

    fn key(&self) -> Self::Key {
        (self.clip_id, self.frame_index, self.verdict, self.manifest_sha256)
    }
}
