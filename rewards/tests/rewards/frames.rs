//! Frames made from small numbers, so that slots, clips and drivers are shared.

use proptest::prelude::*;
use waymark_datasets::rows::{FrameRow, Witness};
use waymark_datasets::{ClipId, DeviceId, Digest, Epoch, FrameId, Heading, Position, Ppm, Slot, UtcMillis};

/// What a frame is made of.
#[derive(Debug, Clone, Copy)]
pub struct Seed {
    pub clip: u8,
    pub index: u32,
    pub place: u8,
    pub direction: u8,
    pub quality_ppm: u32,
    pub accuracy_mm: u32,
    pub second: u32,
}

pub const PLAIN: Seed =
    Seed { clip: 0, index: 0, place: 0, direction: 0, quality_ppm: 1_000_000, accuracy_mm: 1000, second: 0 };

pub fn epoch() -> Epoch {
    "2026-W47".parse().unwrap()
}

fn position(place: u8) -> Position {
    Position::from_degrees(47.0 + f64::from(place) * 1e-3, 8.0).unwrap()
}

pub fn slot(place: u8, direction: u8) -> Slot {
    Slot::at(position(place), Heading::wrapping(f64::from(direction) * 45.0))
}

/// Three devices of two drivers; a clip belongs to one of them.
pub fn device(clip: u8) -> DeviceId {
    format!("{}{}", clip % 3, "D".repeat(42)).parse().unwrap()
}

pub fn clip_id(clip: u8) -> ClipId {
    ClipId::derive(&device(clip), &[Digest::of(&[clip])])
}

pub fn frame(seed: Seed) -> FrameRow {
    let (clip_id, slot) = (clip_id(seed.clip), slot(seed.place, seed.direction));
    let frame_id = FrameId::derive(clip_id, seed.index);
    let place = position(seed.place);
    FrameRow {
        frame_id,
        clip_id,
        frame_index: seed.index,
        device_id: device(seed.clip),
        driver: ["ada", "bo"][usize::from(seed.clip % 3 == 2)].parse().unwrap(),
        captured_at_ms: captured_at(seed),
        h3_cell: slot.cell,
        heading_octant: slot.octant,
        latitude_deg: place.latitude,
        longitude_deg: place.longitude,
        altitude_m: None,
        heading_deg: slot.octant.centre(),
        speed_mps: 10.0,
        accuracy_mm: seed.accuracy_mm,
        hfov_deg: None,
        width_px: 1280,
        height_px: 720,
        quality_ppm: Ppm::try_from(seed.quality_ppm).unwrap(),
        sharpness_ppm: Ppm::ONE,
        exposure_ppm: Ppm::ONE,
        redacted_ppm: Ppm::ZERO,
        witness: Witness::default(),
        image_path: format!("imagery/{frame_id}.jpg"),
        image_sha256: Digest::of(b""),
        image_bytes: 1,
    }
}

pub fn captured_at(seed: Seed) -> UtcMillis {
    epoch().start().plus_ms(i64::from(seed.second) * 1000)
}

/// Up to `count` frames with ids of their own.
pub fn many(count: usize) -> impl Strategy<Value = Vec<FrameRow>> {
    let seed = (0..9u8, 0..3u8, 0..2u8, prop_oneof![Just(0), Just(1_000_000), 0..=1_000_000u32], 1..3u32, 0..4u32);
    prop::collection::vec(seed, 0..count).prop_map(|seeds| {
        let made =
            seeds.into_iter().zip(0..).map(|((clip, place, direction, quality_ppm, accuracy_mm, second), index)| {
                frame(Seed { clip, index, place, direction, quality_ppm, accuracy_mm, second })
            });
        made.collect()
    })
}
