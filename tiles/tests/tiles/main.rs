//! The laws of dedupe, driven through real Parquet bytes, and of features.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod access;
mod archive;
mod changes;
mod decode;
mod features;
mod http;
mod vector;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use proptest::prelude::*;
use waymark_datasets::rows::{CoverageRow, FrameRow, Witness};
use waymark_datasets::table::encode;
use waymark_datasets::{ClipId, Contents, Digest, Epoch, FrameId, Heading, Position, Ppm, Slot, UtcMillis, snapshot};
use waymark_tiles::coverage;

/// What a random frame is made of: place and heading from a few, so that slots are shared.
type Seed = (u8, u32, u8, u8, u32, u32);

fn frame((clip, index, place, direction, quality, accuracy_mm): Seed) -> FrameRow {
    let clip_id = ClipId::derive(&"A".repeat(43).parse().unwrap(), &[Digest::of(&[clip])]);
    let position = Position::from_degrees(37.0 + f64::from(place) * 1e-3, -122.0).unwrap();
    let heading = Heading::wrapping(f64::from(direction) * 45.0);
    let slot = Slot::at(position, heading);
    let frame_id = FrameId::derive(clip_id, index);
    let device = format!("{}{}", clip % 3, "D".repeat(42));
    // Few times, so that often nothing but the id decides.
    let captured_at_ms = UtcMillis::try_from(1_765_000_000_000 + i64::from(index / 8)).unwrap();
    FrameRow {
        frame_id,
        clip_id,
        frame_index: index,
        device_id: device.parse().unwrap(),
        driver: "ada".parse().unwrap(),
        captured_at_ms,
        h3_cell: slot.cell,
        heading_octant: slot.octant,
        latitude_deg: position.latitude,
        longitude_deg: position.longitude,
        altitude_m: None,
        heading_deg: heading,
        speed_mps: 10.0,
        accuracy_mm,
        hfov_deg: None,
        width_px: 1280,
        height_px: 720,
        quality_ppm: Ppm::try_from(quality).unwrap(),
        sharpness_ppm: Ppm::ONE,
        exposure_ppm: Ppm::ONE,
        redacted_ppm: Ppm::ZERO,
        witness: Witness::default(),
        image_path: snapshot::image_key((Epoch::of(captured_at_ms), slot.cell.region()), frame_id),
        image_sha256: Digest::of(b""),
        image_bytes: 1,
    }
}

fn frames() -> impl Strategy<Value = Vec<FrameRow>> {
    let seed = (0..4u8, 0..40u32, 0..3u8, 0..2u8, 0..3u32, 1..3u32);
    prop::collection::vec(seed, 1..60).prop_map(|seeds| {
        let unique: BTreeMap<FrameId, FrameRow> = seeds.into_iter().map(frame).map(|f| (f.frame_id, f)).collect();
        unique.into_values().collect()
    })
}

fn covered(files: &[Vec<FrameRow>]) -> Vec<CoverageRow> {
    let files: Vec<Contents> = files.iter().map(|rows| encode(rows).unwrap().into()).collect();
    coverage(&files, &BTreeSet::new(), 3).unwrap()
}

/// The same by the plainest means: one pass over a map.
fn by_hand(frames: &[FrameRow]) -> Vec<CoverageRow> {
    let mut slots: BTreeMap<Slot, Vec<&FrameRow>> = BTreeMap::new();
    frames.iter().for_each(|frame| slots.entry(frame.slot()).or_default().push(frame));
    let row = |(slot, seen): (Slot, Vec<&FrameRow>)| {
        let order = |f: &&&FrameRow| (f.quality_ppm.complement(), f.accuracy_mm, f.captured_at_ms, f.frame_id);
        let best = seen.iter().min_by_key(order).unwrap();
        CoverageRow {
            h3_cell: slot.cell,
            heading_octant: slot.octant,
            passes: seen.iter().map(|f| f.clip_id).collect::<BTreeSet<_>>().len() as u32,
            devices: seen.iter().map(|f| &f.device_id).collect::<BTreeSet<_>>().len() as u32,
            first_seen_ms: seen.iter().map(|f| f.captured_at_ms).min().unwrap(),
            last_seen_ms: seen.iter().map(|f| f.captured_at_ms).max().unwrap(),
            frame_id: best.frame_id,
            frame_captured_at_ms: best.captured_at_ms,
            frame_quality_ppm: best.quality_ppm,
            frame_accuracy_mm: best.accuracy_mm,
            frame_image_path: best.image_path.clone(),
        }
    };
    slots.into_iter().map(row).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn coverage_is_what_a_plain_loop_computes(frames in frames()) {
        prop_assert_eq!(covered(std::slice::from_ref(&frames)), by_hand(&frames));
    }

    #[test]
    fn order_and_repetition_of_input_do_not_matter(frames in frames(), cut in 0..60usize, turn in 0..60usize) {
        let once = covered(std::slice::from_ref(&frames));
        let mut turned = frames.clone();
        turned.rotate_left(turn % frames.len());
        turned.reverse();
        let (left, right) = turned.split_at(cut % turned.len());
        let parts: Vec<_> = [right, left, right].iter().filter(|p| !p.is_empty()).map(|p| p.to_vec()).collect();
        prop_assert_eq!(encode(&covered(&parts)).unwrap(), encode(&once).unwrap());
    }
}

#[test]
fn a_file_that_is_no_table_is_an_error_and_no_files_are_no_coverage() {
    assert!(coverage(&[Bytes::from_static(b"PAR1 not really PAR1").into()], &BTreeSet::new(), 1).is_err());
    assert!(coverage(&[], &BTreeSet::new(), 2).unwrap().is_empty());
}
