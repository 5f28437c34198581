//! What is known of one clip when it is judged.

use waymark_datasets::rows::{ClipRow, FrameRow, Picture, TrustRow, Witness};
use waymark_datasets::{Cell, ClipId, Epoch, Heading, Position, Ppm, UtcMillis};

/// A clip and its frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// What its manifest and its track say.
    pub clip: ClipRow,
    /// Its frames, in order of time.
    pub shots: Vec<Shot>,
}

/// What matters of a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shot {
    /// When it was captured.
    pub at: UtcMillis,
    /// Where.
    pub position: Position,
    /// The cell of that place.
    pub cell: Cell,
    /// Looking which way.
    pub heading: Heading,
    /// How fast, in metres per second.
    pub speed_mps: f64,
    /// Horizontal field of view in degrees, where the manifest states it.
    pub hfov_deg: Option<f64>,
    /// What its pixels say.
    pub witness: Witness,
}

impl Evidence {
    /// Of a clip and the rows of its frames, in any order.
    #[must_use]
    pub fn new(clip: ClipRow, mut shots: Vec<Shot>) -> Self {
        shots.sort_by_key(|shot| (shot.at, shot.witness.hash, shot.cell));
        Self { clip, shots }
    }

    /// The row of a clip of which nothing is thought yet: what later ones are held against.
    #[must_use]
    pub fn row(&self) -> TrustRow {
        let picture = |shot: &Shot| Picture {
            offset_ms: self.offset_ms(shot),
            hash: shot.witness.hash,
            inner_hash: shot.witness.inner_hash,
        };
        TrustRow {
            clip_id: self.clip.clip_id,
            device_id: self.clip.device_id.clone(),
            driver: self.clip.driver.clone(),
            landed_at_ms: self.clip.landed_at_ms,
            start_ms: self.clip.start_ms,
            end_ms: self.clip.end_ms,
            sequence: self.clip.sequence,
            footage_sha256: self.clip.footage_sha256,
            pictures: self.shots.iter().map(picture).collect(),
            trust_ppm: Ppm::ONE,
            counts: true,
            findings: Vec::new(),
        }
    }

    pub(super) fn seniority(&self) -> Seniority {
        (self.clip.landed_at_ms, self.clip.start_ms, self.clip.clip_id)
    }

    /// Clips are held against those of epochs near to their own.
    pub(super) fn epoch(&self) -> Epoch {
        Epoch::of(self.clip.start_ms)
    }

    /// The frame nearest to a moment.
    pub(super) fn nearest(&self, at: UtcMillis) -> Option<&Shot> {
        let after = self.shots.partition_point(|shot| shot.at < at);
        let around = &self.shots[after.saturating_sub(1)..(after + 1).min(self.shots.len())];
        around.iter().min_by_key(|shot| shot.at.ms_since(at).abs())
    }

    /// Milliseconds from the start of the clip to a frame.
    pub(super) fn offset_ms(&self, shot: &Shot) -> i64 {
        shot.at.ms_since(self.clip.start_ms)
    }
}

/// Of two clips that say the same, the lesser is believed: it landed first.
pub type Seniority = (UtcMillis, UtcMillis, ClipId);

/// Where a clip stands among all.
#[must_use]
pub fn seniority(row: &TrustRow) -> Seniority {
    (row.landed_at_ms, row.start_ms, row.clip_id)
}

impl From<&FrameRow> for Shot {
    fn from(row: &FrameRow) -> Self {
        Self {
            at: row.captured_at_ms,
            position: row.position(),
            cell: row.h3_cell,
            heading: row.heading_deg,
            speed_mps: row.speed_mps,
            hfov_deg: row.hfov_deg,
            witness: row.witness,
        }
    }
}

/// Bits in which two hashes differ.
pub(super) fn bits_apart(a: u64, b: u64) -> u32 {
    (a ^ b).count_ones()
}

/// Bits in which two pictures look otherwise, of 384.
pub(super) fn looks_apart(a: &Shot, b: &Shot) -> u32 {
    a.witness.look.iter().zip(b.witness.look).map(|(a, b)| bits_apart(*a, b)).sum()
}

/// The hash of the picture in a mirror: every wave of an odd number of half turns across changes its sign.
pub(super) fn mirrored(hash: u64) -> u64 {
    hash ^ 0xaaaa_aaaa_aaaa_aaaa
}
