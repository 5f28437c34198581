//! Laws of scoring, on made-up frames.

use std::collections::BTreeMap;

use proptest::prelude::*;
use waymark_datasets::{ClassName, Ppm, Role};
use waymark_vision::{
    Detection, PixelBox, RedactSettings, Score, Share, Sighting, TruthBox, redaction_areas, score_frame,
};

const SIZE_PX: (u32, u32) = (640, 480);

fn class(name: &str) -> ClassName {
    name.parse().unwrap()
}

fn known() -> BTreeMap<ClassName, Role> {
    [("face", Role::Private), ("plate", Role::Private), ("stop-sign", Role::Map)]
        .map(|(name, role)| (class(name), role))
        .into()
}

fn truth(name: &str, edges: [f32; 4]) -> TruthBox {
    TruthBox { class: class(name), bbox: PixelBox::from_edges(edges), visible: Ppm::ONE, crowd: false }
}

fn detection(truth: &TruthBox, score: f64) -> Detection {
    Detection {
        class: truth.class.clone(),
        role: known().get(&truth.class).copied().unwrap_or(Role::Context),
        score: Ppm::from_ratio(score),
        bbox: truth.bbox,
        cover: truth.bbox,
        model: "made".into(),
        refined: None,
    }
}

fn score(truths: &[TruthBox], detections: &[Detection]) -> Score {
    let seen = Sighting { index: 0, width_px: SIZE_PX.0, height_px: SIZE_PX.1, detections: detections.to_vec() };
    score_frame(&seen, truths, &known(), RedactSettings::default())
}

fn of(score: &Score, name: &str) -> (Share, u64) {
    let class = &score.classes[&class(name)];
    (class.found.share(..), class.false_positives.all())
}

fn share(part: u64, whole: u64) -> Share {
    Share { part, whole }
}

#[test]
fn boxes_are_counted_by_height() {
    let heights = [7.5_f32, 8.0, 15.9, 16.0, 23.0, 24.0, 31.0, 32.0, 300.0];
    let truths: Vec<_> = (0..)
        .zip(heights)
        .map(|(i, h)| truth("face", [i as f32 * 60.0, 10.0, i as f32 * 60.0 + 50.0, 10.0 + h]))
        .collect();
    let found: Vec<_> = truths.iter().skip(1).step_by(2).map(|truth| detection(truth, 0.9)).collect();
    let score = score(&truths, &found);
    let face = score.classes[&class("face")].found;
    let shares = [face.share(8..16), face.share(16..32), face.share(32..), face.share(24..), face.share(16..)];
    assert_eq!(shares, [share(1, 2), share(2, 4), share(1, 2), share(2, 4), share(3, 6)]);
    // Lower than 8 pixels it is not asked for, but it is private all the same.
    assert_eq!((score.hidden.share(..), score.hidden_of_all), (share(4, 8), share(4, 9)));
}

#[test]
fn a_box_is_found_once_and_by_the_best_score() {
    let face = truth("face", [100.0, 100.0, 140.0, 140.0]);
    let beside = TruthBox { bbox: PixelBox::from_edges([105.0, 100.0, 145.0, 140.0]), ..face.clone() };
    let found = [detection(&face, 0.5), detection(&beside, 0.9)];
    assert_eq!(of(&score(std::slice::from_ref(&face), &found), "face"), (share(1, 1), 1));
    // Each takes the box that it overlaps most of those that are free.
    assert_eq!(of(&score(&[beside, face], &found), "face"), (share(2, 2), 0));
}

#[test]
fn another_class_or_too_little_overlap_is_a_false_positive() {
    let face = truth("face", [100.0, 100.0, 120.0, 120.0]);
    let plate = TruthBox { class: class("plate"), ..face.clone() };
    // Two squares that share a little less than two thirds of each have an IoU a little below a half.
    let [near, far] = [7.0, 6.0]
        .map(|x| TruthBox { bbox: PixelBox::from_edges([100.0 + x, 100.0, 120.0 + x, 120.0]), ..face.clone() });
    let mut all = score(std::slice::from_ref(&face), &[detection(&plate, 0.9), detection(&near, 0.9)]);
    assert_eq!((of(&all, "face"), of(&all, "plate")), ((share(0, 1), 1), (share(0, 0), 1)));
    all.merge(&score(&[face], &[detection(&far, 0.9)]));
    assert_eq!((all.frames, of(&all, "face")), (2, (share(1, 2), 1)));
    assert_eq!(all.classes[&class("face")].precision(), share(1, 2));
}

#[test]
fn on_a_box_that_is_not_asked_for_a_detection_is_left_out() {
    let large = truth("face", [100.0, 100.0, 160.0, 160.0]);
    let covered = TruthBox { visible: Ppm::from_ratio(0.49), ..large.clone() };
    let crowd = TruthBox { crowd: true, ..large.clone() };
    let low = truth("face", [100.0, 100.0, 107.0, 107.0]);
    let part = truth("face", [110.0, 110.0, 120.0, 120.0]);
    let lies_on =
        |truths: &[TruthBox], edges| of(&score(truths, &[detection(&truth("face", edges), 0.9)]), "face").1 == 0;
    for ignored in [&covered, &crowd] {
        assert!(lies_on(std::slice::from_ref(ignored), [105.0, 100.0, 165.0, 160.0]));
        assert!(lies_on(std::slice::from_ref(ignored), [110.0, 110.0, 120.0, 120.0]), "it lies inside");
        assert!(!lies_on(std::slice::from_ref(ignored), [130.0, 130.0, 200.0, 200.0]));
    }
    // About a thing of seven pixels a detector may be off by three.
    assert!(lies_on(std::slice::from_ref(&low), [103.0, 100.0, 110.0, 107.0]));
    assert!(!lies_on(std::slice::from_ref(&low), [105.0, 100.0, 112.0, 107.0]));
    // Inside a face that is asked for, a second face is wrong.
    assert_eq!(of(&score(&[large], &[detection(&part, 0.9)]), "face"), (share(0, 1), 1));
}

#[test]
fn classes_that_the_pack_does_not_have_are_counted_apart() {
    let score = score(&[truth("tram", [0.0, 0.0, 50.0, 50.0]), truth("plate", [0.0, 0.0, 50.0, 50.0])], &[]);
    assert_eq!(score.unknown, BTreeMap::from([(class("tram"), 1)]));
    assert_eq!(score.classes.keys().cloned().collect::<Vec<_>>(), known().into_keys().collect::<Vec<_>>());
    assert_eq!(score.hidden_of_all, share(0, 1));
}

/// Boxes with whole edges, so that no two of them are nearly the same.
fn edges() -> impl Strategy<Value = [f32; 4]> {
    (0..600_u16, 0..440_u16, 1..90_u16, 1..70_u16).prop_map(|(x, y, w, h)| [x, y, x + w, y + h].map(f32::from))
}

fn truths() -> impl Strategy<Value = Vec<TruthBox>> {
    let one =
        (0..3_usize, edges(), 0..=1_000_000_u32, prop::bool::weighted(0.1)).prop_map(|(i, edges, visible, crowd)| {
            let visible = Ppm::try_from(visible).unwrap();
            TruthBox { visible, crowd, ..truth(["face", "plate", "stop-sign"][i], edges) }
        });
    prop::collection::vec(one, 0..12)
}

fn detections() -> impl Strategy<Value = Vec<Detection>> {
    let one = (0..3_usize, edges(), 0.0..1.0_f64)
        .prop_map(|(i, edges, score)| detection(&truth(["face", "plate", "stop-sign"][i], edges), score));
    prop::collection::vec(one, 0..12)
}

/// One detection for each box that is asked for.
fn perfect(truths: &[TruthBox]) -> Vec<Detection> {
    let asked = truths.iter().filter(|truth| truth.is_asked());
    asked.zip(1..).map(|(truth, i)| detection(truth, 1.0 / f64::from(i))).collect()
}

fn sums(score: &Score) -> (Share, u64) {
    score.classes.values().fold((Share::default(), 0), |(found, wrong), class| {
        (found.plus(class.found.share(..)), wrong + class.false_positives.all())
    })
}

proptest! {
    #[test]
    fn perfect_detections_find_and_hide_all_that_is_asked_for(truths in truths()) {
        let found = perfect(&truths);
        let score = score(&truths, &found);
        let all = found.len() as u64;
        prop_assert_eq!(sums(&score), (share(all, all), 0));
        let hidden = score.hidden.share(..);
        prop_assert_eq!(hidden.part, hidden.whole);
    }

    #[test]
    fn a_box_that_is_missed_lowers_recall_by_exactly_one(truths in truths(), missed in any::<prop::sample::Index>()) {
        let mut found = perfect(&truths);
        prop_assume!(!found.is_empty());
        let all = found.len() as u64;
        found.remove(missed.index(found.len()));
        prop_assert_eq!(sums(&score(&truths, &found)), (share(all - 1, all), 0));
    }

    #[test]
    fn the_order_of_boxes_detections_and_frames_does_not_matter(
        frames in prop::collection::vec((truths(), detections()), 1..4),
    ) {
        let (mut forwards, mut backwards) = (Score::default(), Score::default());
        for (truths, detections) in &frames {
            forwards.merge(&score(truths, detections));
        }
        for (truths, detections) in frames.iter().rev() {
            let (mut truths, mut detections) = (truths.clone(), detections.clone());
            truths.reverse();
            detections.reverse();
            backwards.merge(&score(&truths, &detections));
        }
        prop_assert_eq!(forwards, backwards);
    }

    #[test]
    fn boxes_that_are_not_asked_for_count_neither_way(truths in truths(), more in truths()) {
        let ignored: Vec<_> = more.into_iter().filter(|truth| !truth.is_asked()).collect();
        let found = perfect(&truths);
        let (without, with) = (score(&truths, &found), score(&[truths, ignored].concat(), &found));
        prop_assert_eq!((without.classes, without.hidden), (with.classes, with.hidden));
    }

    #[test]
    fn no_detection_is_counted_twice(truths in truths(), detections in detections()) {
        let (found, wrong) = sums(&score(&truths, &detections));
        prop_assert!(found.part + wrong <= detections.len() as u64);
        prop_assert_eq!(found.whole, truths.iter().filter(|truth| truth.is_asked()).count() as u64);
    }

    #[test]
    fn a_box_is_hidden_when_every_pixel_of_it_is(truths in truths(), detections in detections()) {
        let (width, height) = SIZE_PX;
        let pixels = |b: &PixelBox| {
            let (x, y) = (b.x_min_px.floor().max(0.0) as u32, b.y_min_px.floor().max(0.0) as u32);
            let (right, bottom) = (b.x_max_px.ceil().max(0.0) as u32, b.y_max_px.ceil().max(0.0) as u32);
            (y..bottom.min(height)).flat_map(move |y| (x..right.min(width)).map(move |x| (y * width + x) as usize))
        };
        let mut mosaic = vec![false; (width * height) as usize];
        for area in redaction_areas(&detections, RedactSettings::default()) {
            pixels(&area).for_each(|pixel| mosaic[pixel] = true);
        }
        let private: Vec<_> = truths.iter().filter(|t| known()[&t.class] == Role::Private && !t.crowd).collect();
        let hidden = private.iter().filter(|truth| pixels(&truth.bbox).all(|pixel| mosaic[pixel])).count();
        prop_assert_eq!(score(&truths, &detections).hidden_of_all, share(hidden as u64, private.len() as u64));
    }
}
