//! Slot passes: one per clip and slot, ranked by time, whatever the order of the frames.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use waymark_datasets::{ClipId, Slot};
use waymark_rewards::passes;

use crate::frames::{PLAIN, Seed, clip_id, frame, many, slot};

proptest! {
    #[test]
    fn neither_order_nor_repetition_of_frames_matters(frames in many(60), turn in 0..60usize, again in 0..60usize) {
        let once = passes(&frames, &[]);
        let mut turned = frames.clone();
        turned.rotate_left(turn % frames.len().max(1));
        turned.reverse();
        turned.extend_from_slice(&frames[..again.min(frames.len())]);
        prop_assert_eq!(passes(&turned, &[]), once);
    }

    #[test]
    fn a_clip_passes_each_slot_that_it_has_a_frame_in_once(frames in many(60)) {
        let expected: BTreeSet<(Slot, ClipId)> = frames.iter().map(|frame| (frame.slot(), frame.clip_id)).collect();
        let passes = passes(&frames, &[]);
        let found: BTreeSet<(Slot, ClipId)> = passes.iter().map(|pass| (pass.slot, pass.frame.clip_id)).collect();
        prop_assert_eq!((found.len(), &found), (passes.len(), &expected));
        prop_assert!(passes.is_sorted_by_key(|pass| (pass.slot, pass.rank)));
    }

    #[test]
    fn ranks_count_from_one_in_order_of_time(frames in many(60)) {
        let mut slots: BTreeMap<Slot, Vec<_>> = BTreeMap::new();
        for pass in passes(&frames, &[]) {
            prop_assert_eq!(pass.slot, pass.frame.slot());
            slots.entry(pass.slot).or_default().push((pass.rank, pass.frame.captured_at_ms, pass.frame.clip_id));
        }
        for ranked in slots.into_values() {
            prop_assert!(ranked.iter().map(|(rank, ..)| *rank).eq(1..=ranked.len() as u32));
            prop_assert!(ranked.windows(2).all(|pair| (pair[0].1, pair[0].2) < (pair[1].1, pair[1].2)));
        }
    }

    #[test]
    fn no_frame_of_a_pass_is_better_than_its_best(frames in many(60)) {
        for pass in passes(&frames, &[]) {
            let same = |f: &&_| { let f: &waymark_datasets::rows::FrameRow = f; f.slot() == pass.slot && f.clip_id == pass.frame.clip_id };
            let value = |f: &waymark_datasets::rows::FrameRow| (f.quality_ppm.complement(), f.accuracy_mm, f.captured_at_ms, f.frame_id);
            prop_assert!(frames.iter().filter(same).all(|frame| value(&pass.frame) <= value(frame)));
        }
    }
}

#[test]
fn the_best_frame_is_by_quality_then_accuracy_then_time_then_id() {
    let worse = Seed { quality_ppm: 500_000, accuracy_mm: 1000, second: 5, ..PLAIN };
    let rivals = [
        Seed { quality_ppm: 500_001, accuracy_mm: 9000, second: 9, index: 1, ..worse },
        Seed { accuracy_mm: 999, second: 9, index: 2, ..worse },
        Seed { second: 4, index: 3, ..worse },
    ];
    for better in rivals {
        let frames = [frame(worse), frame(better)];
        assert_eq!(passes(&frames, &[])[0].frame, frames[1], "{better:?}");
    }
    let twins = [frame(worse), frame(Seed { index: 1, ..worse })];
    let lowest = twins.iter().min_by_key(|frame| frame.frame_id).unwrap();
    assert_eq!(passes(&twins, &[])[0].frame, *lowest);
}

#[test]
fn driving_in_circles_pays_once_and_the_other_direction_is_another_slot() {
    let circles: Vec<_> = (0..100).map(|index| frame(Seed { index, second: index * 60, ..PLAIN })).collect();
    assert_eq!(passes(&circles, &[]).len(), 1);
    let both = [frame(PLAIN), frame(Seed { index: 1, direction: 4, ..PLAIN })];
    let found: BTreeSet<Slot> = passes(&both, &[]).iter().map(|pass| pass.slot).collect();
    assert_eq!(found, BTreeSet::from([slot(0, 0), slot(0, 4)]));
}

#[test]
fn clips_at_the_same_moment_are_ranked_by_their_id() {
    let frames = [0, 1, 2].map(|clip| frame(Seed { clip, ..PLAIN }));
    let mut ids = [0, 1, 2].map(clip_id);
    ids.sort();
    let ranked: Vec<_> = passes(&frames, &[]).into_iter().map(|pass| pass.frame.clip_id).collect();
    assert_eq!(ranked, ids);
}

#[test]
fn no_frames_are_no_passes() {
    assert!(passes(&[], &[]).is_empty());
}
