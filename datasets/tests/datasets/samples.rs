//! Rows of every table, made from a number: the same number, the same rows.

use waymark_datasets::rows::{
    ClipRow, CoverageRow, DetectionRow, FeatureRow, FeatureState, FrameRow, Motion, PayoutRow, Picture, StatementRow,
    TrackMeasures, TrustRow, UsageRow, Verdict, VerdictRow, Witness,
};
use waymark_datasets::{Cell, Doubt, Finding, FrameId, Reason, Role};

use crate::dice::Dice;

/// A row that can be made from dice.
pub trait Sample {
    fn sample(dice: &mut Dice) -> Self;
}

/// `count` rows made from `seed`.
pub fn rows<R: Sample>(seed: u64, count: usize) -> Vec<R> {
    let mut dice = Dice::new(seed);
    (0..count).map(|_| R::sample(&mut dice)).collect()
}

impl Sample for FrameRow {
    fn sample(dice: &mut Dice) -> Self {
        let position = dice.position();
        let (clip_id, frame_index, heading_deg) = (dice.clip(), dice.u32(), dice.heading());
        let frame_id = FrameId::derive(clip_id, frame_index);
        Self {
            frame_id,
            clip_id,
            frame_index,
            device_id: dice.device(),
            driver: dice.driver(),
            captured_at_ms: dice.time(),
            h3_cell: Cell::at(position),
            heading_octant: heading_deg.octant(),
            latitude_deg: position.latitude,
            longitude_deg: position.longitude,
            altitude_m: dice.maybe(|dice| dice.degrees(9000.0)),
            heading_deg,
            speed_mps: dice.degrees(70.0).abs(),
            accuracy_mm: dice.u32(),
            hfov_deg: dice.maybe(|dice| dice.degrees(180.0).abs()),
            width_px: dice.u32(),
            height_px: dice.u32(),
            quality_ppm: dice.ppm(),
            sharpness_ppm: dice.ppm(),
            exposure_ppm: dice.ppm(),
            redacted_ppm: dice.ppm(),
            witness: witness(dice),
            image_path: format!("imagery/{frame_id}.jpg"),
            image_sha256: dice.digest(),
            image_bytes: dice.upto(u64::MAX),
        }
    }
}

fn witness(dice: &mut Dice) -> Witness {
    Witness {
        hash: dice.upto(u64::MAX),
        inner_hash: dice.upto(u64::MAX),
        look: [0; 6].map(|_| dice.upto(u64::MAX)),
        sky_luma: dice.upto(255) as u32,
        motion: dice.maybe(|dice| Motion {
            standing_ppm: dice.ppm(),
            flow_ppm_per_s: dice.u32(),
            turn_ppm_per_s: dice.u32() as i32,
        }),
    }
}

impl Sample for ClipRow {
    fn sample(dice: &mut Dice) -> Self {
        Self {
            clip_id: dice.clip(),
            device_id: dice.device(),
            driver: dice.driver(),
            landed_at_ms: dice.time(),
            start_ms: dice.time(),
            end_ms: dice.time(),
            sequence: dice.upto(u64::MAX),
            footage_sha256: dice.digest(),
            track: TrackMeasures {
                fixes: dice.u32(),
                out_of_reach: dice.u32(),
                speed_max_mmps: dice.u32(),
                acceleration_mmps2: dice.u32(),
                gap_ppm: dice.ppm(),
                zigzag_ppm: dice.ppm(),
                weak_ppm: dice.ppm(),
                drawn_ppm: dice.ppm(),
                moving_s: dice.u32(),
            },
        }
    }
}

impl Sample for TrustRow {
    fn sample(dice: &mut Dice) -> Self {
        let finding = |dice: &mut Dice| Finding {
            doubt: Doubt::ALL[dice.upto(Doubt::ALL.len() as u64 - 1) as usize],
            weight_ppm: dice.ppm(),
            other: dice.maybe(Dice::clip),
            detail: dice.text(),
        };
        let picture = |dice: &mut Dice| Picture {
            offset_ms: i64::from(dice.u32()),
            hash: u64::from(dice.u32()) << 31,
            inner_hash: u64::from(dice.u32()),
        };
        Self {
            clip_id: dice.clip(),
            device_id: dice.device(),
            driver: dice.driver(),
            landed_at_ms: dice.time(),
            start_ms: dice.time(),
            end_ms: dice.time(),
            sequence: u64::from(dice.u32()),
            footage_sha256: dice.digest(),
            pictures: (0..dice.upto(3)).map(|_| picture(dice)).collect(),
            trust_ppm: dice.ppm(),
            counts: dice.upto(1) == 1,
            findings: (0..dice.upto(3)).map(|_| finding(dice)).collect(),
        }
    }
}

impl Sample for DetectionRow {
    fn sample(dice: &mut Dice) -> Self {
        let classes = ["stop-sign", "face", "regulatory/speed-limit.50", "0"];
        let class = |dice: &mut Dice| classes[dice.upto(3) as usize].parse().unwrap();
        Self {
            frame_id: dice.frame(),
            detection_index: dice.u32(),
            clip_id: dice.clip(),
            h3_cell: dice.cell(),
            class: class(dice),
            role: [Role::Private, Role::Map, Role::Context][dice.upto(2) as usize],
            score_ppm: dice.ppm(),
            x_min_px: dice.degrees(4000.0) as f32,
            y_min_px: f32::MIN_POSITIVE,
            x_max_px: f32::MAX,
            y_max_px: dice.degrees(4000.0) as f32,
            refined_class: dice.maybe(class),
            refined_score_ppm: dice.maybe(Dice::ppm),
            model: dice.text(),
        }
    }
}

impl Sample for VerdictRow {
    fn sample(dice: &mut Dice) -> Self {
        let reason = Reason::ALL[dice.upto(Reason::ALL.len() as u64 - 1) as usize];
        Self {
            clip_id: dice.maybe(Dice::clip),
            frame_id: dice.maybe(Dice::frame),
            frame_index: dice.maybe(Dice::u32),
            device_id: dice.maybe(Dice::device),
            driver: dice.maybe(Dice::driver),
            captured_at_ms: dice.maybe(Dice::time),
            verdict: dice.maybe(|_| Verdict::Accepted).unwrap_or(Verdict::Refused(reason)),
            detail: dice.text(),
            manifest_sha256: dice.digest(),
        }
    }
}

impl Sample for CoverageRow {
    fn sample(dice: &mut Dice) -> Self {
        Self {
            h3_cell: dice.cell(),
            heading_octant: dice.octant(),
            passes: dice.u32(),
            devices: dice.u32(),
            first_seen_ms: dice.time(),
            last_seen_ms: dice.time(),
            frame_id: dice.frame(),
            frame_captured_at_ms: dice.time(),
            frame_quality_ppm: dice.ppm(),
            frame_accuracy_mm: dice.u32(),
            frame_image_path: dice.text(),
        }
    }
}

impl Sample for FeatureRow {
    fn sample(dice: &mut Dice) -> Self {
        let position = dice.position();
        Self {
            feature_id: dice.digest().to_string(),
            class: "stop-sign".parse().unwrap(),
            h3_cell: Cell::at(position),
            latitude_deg: position.latitude,
            longitude_deg: position.longitude,
            accuracy_mm: dice.u32(),
            azimuth_deg: dice.maybe(Dice::heading),
            confidence_ppm: dice.ppm(),
            state: [FeatureState::Present, FeatureState::New, FeatureState::Gone][dice.upto(2) as usize],
            first_seen_ms: dice.time(),
            last_seen_ms: dice.time(),
            detections: dice.u32(),
            frames: dice.u32(),
            passes: dice.u32(),
            seen_from_min_mm: dice.u32(),
            clear_from_mm: dice.u32(),
            seen_from_octants: dice.upto(255) as u32,
            evidence: (0..dice.upto(3)).map(|_| dice.frame()).collect(),
        }
    }
}

impl Sample for UsageRow {
    fn sample(dice: &mut Dice) -> Self {
        let reads = dice.upto(u64::MAX);
        Self { h3_cell: dice.cell(), heading_octant: dice.octant(), consumer: dice.text(), reads }
    }
}

impl Sample for StatementRow {
    fn sample(dice: &mut Dice) -> Self {
        Self {
            h3_cell: dice.cell(),
            heading_octant: dice.octant(),
            clip_id: dice.clip(),
            driver: dice.driver(),
            device_id: dice.device(),
            frame_id: dice.frame(),
            captured_at_ms: dice.time(),
            pass_rank: dice.u32(),
            freshness_ppm: dice.ppm(),
            rank_ppm: dice.ppm(),
            quality_ppm: dice.ppm(),
            trust_ppm: dice.ppm(),
            points_ppm: dice.ppm(),
            amount: dice.amount(),
        }
    }
}

impl Sample for PayoutRow {
    fn sample(dice: &mut Dice) -> Self {
        Self {
            driver: format!("driver-{}", dice.roll()).parse().unwrap(),
            payout_address: dice.address(),
            passes: dice.u32(),
            points_ppm: dice.upto(u64::MAX),
            amount: dice.amount(),
        }
    }
}
