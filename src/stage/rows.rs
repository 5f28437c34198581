//! Published rows of what `vision` delivers.

use waymark_datasets::rows::{ClipRow, DetectionRow, FrameRow, Verdict, VerdictRow};
use waymark_datasets::{Digest, Epoch, FrameId, MediaKind, Partition, Region, Rejection, Slot, UtcMillis, snapshot};
use waymark_ingest::LandedClip;
use waymark_ingest::plausible::{TrustSettings, measure_track};
use waymark_vision::{Detection, Frame};

/// Where a frame's rows lie.
pub fn partition(row: &FrameRow) -> Partition {
    Partition::of(Epoch::of(row.captured_at_ms), row.h3_cell.region())
}

/// The row of a frame, and the key of its image.
pub fn frame_row(clip: &LandedClip, frame: &Frame) -> FrameRow {
    let frame_id = FrameId::derive(clip.clip_id, frame.index);
    let slot = Slot::at(frame.pose.position, frame.pose.heading);
    let (at, jpeg) = ((Epoch::of(frame.at), slot.cell.region()), frame.image.jpeg());
    FrameRow {
        frame_id,
        clip_id: clip.clip_id,
        frame_index: frame.index,
        device_id: clip.device_id.clone(),
        driver: clip.driver.clone(),
        captured_at_ms: frame.at,
        h3_cell: slot.cell,
        heading_octant: slot.octant,
        latitude_deg: frame.pose.position.latitude,
        longitude_deg: frame.pose.position.longitude,
        altitude_m: frame.pose.altitude_m,
        heading_deg: frame.pose.heading,
        speed_mps: frame.pose.speed_mps,
        accuracy_mm: frame.pose.accuracy_mm,
        hfov_deg: clip.camera.hfov_deg,
        width_px: frame.width_px,
        height_px: frame.height_px,
        quality_ppm: frame.quality,
        sharpness_ppm: frame.sharpness,
        exposure_ppm: frame.exposure,
        redacted_ppm: frame.redacted,
        witness: frame.witness,
        image_path: snapshot::image_key(at, frame_id),
        image_sha256: Digest::of(jpeg),
        image_bytes: jpeg.len() as u64,
    }
}

/// The row of the `index`th thing seen in `frame`.
pub fn detection_row(frame: &FrameRow, seen: &Detection, index: u32) -> DetectionRow {
    let (refined_class, refined_score_ppm) = seen.refined.clone().unzip();
    DetectionRow {
        frame_id: frame.frame_id,
        detection_index: index,
        clip_id: frame.clip_id,
        h3_cell: frame.h3_cell,
        class: seen.class.clone(),
        role: seen.role,
        score_ppm: seen.score,
        x_min_px: seen.bbox.x_min_px,
        y_min_px: seen.bbox.y_min_px,
        x_max_px: seen.bbox.x_max_px,
        y_max_px: seen.bbox.y_max_px,
        refined_class,
        refined_score_ppm,
        model: seen.model.clone(),
    }
}

/// Where the rows of a clip as a whole lie: with its first fix.
pub fn landing(clip: &LandedClip) -> Partition {
    let first = clip.track.first();
    Partition::of(Epoch::of(first.at), Region::at(first.position))
}

/// The row of a clip.
pub fn clip_row(clip: &LandedClip, settings: &TrustSettings) -> ClipRow {
    let footage: Vec<Digest> =
        clip.media.iter().filter(|media| media.kind != MediaKind::Track).map(|media| media.digest).collect();
    let footage_sha256 = match footage.as_slice() {
        [one] => *one,
        many => Digest::of(many.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n").as_bytes()),
    };
    ClipRow {
        clip_id: clip.clip_id,
        device_id: clip.device_id.clone(),
        driver: clip.driver.clone(),
        landed_at_ms: clip.landed_at,
        start_ms: clip.start,
        end_ms: clip.end,
        sequence: clip.sequence,
        footage_sha256,
        track: measure_track(&clip.track, (clip.start, clip.end), settings),
    }
}

/// A clip that landed is accepted as a whole, whatever becomes of its frames.
pub fn acceptance(clip: &LandedClip) -> (Partition, VerdictRow) {
    let at_first = (0, Some(clip.track.first().at));
    let on_frame = verdict(clip, at_first, Verdict::Accepted, "");
    (landing(clip), VerdictRow { frame_id: None, frame_index: None, ..on_frame })
}

/// A refused frame has no pose: it is filed with the first fix of its clip.
pub fn refusal(clip: &LandedClip, frame: (u32, Option<UtcMillis>), rejection: &Rejection) -> (Partition, VerdictRow) {
    (landing(clip), verdict(clip, frame, Verdict::Refused(rejection.reason), &rejection.detail))
}

/// The row of a decision on a frame: its index and time.
pub fn verdict(clip: &LandedClip, frame: (u32, Option<UtcMillis>), verdict: Verdict, detail: &str) -> VerdictRow {
    VerdictRow {
        clip_id: Some(clip.clip_id),
        frame_id: Some(FrameId::derive(clip.clip_id, frame.0)),
        frame_index: Some(frame.0),
        device_id: Some(clip.device_id.clone()),
        driver: Some(clip.driver.clone()),
        captured_at_ms: frame.1,
        verdict,
        detail: detail.into(),
        manifest_sha256: clip.manifest_sha256,
    }
}
