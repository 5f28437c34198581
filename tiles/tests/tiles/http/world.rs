//! A small map: frames, slots and things in a few regions and epochs, published as a snapshot.

use std::collections::BTreeSet;

use bytes::Bytes;
use waymark_datasets::rows::{FeatureRow, FeatureState, FrameRow, Witness};
use waymark_datasets::table::{encode, write_rows};
use waymark_datasets::{
    Cell, ClipId, Digest, Epoch, FrameId, Heading, Partition, Position, Ppm, Region, Slot, Store, UtcMillis, snapshot,
};
use waymark_tiles::coverage;

/// 2026-11-16, a Monday.
pub const MONDAY_MS: i64 = 1_794_787_200_000;
pub const WEEK_MS: i64 = 7 * 24 * 3_600_000;

/// A drive: where it begins, where it goes, and when.
pub struct Drive {
    pub name: u8,
    pub from: (f64, f64),
    pub heading_deg: f64,
    pub frames: u32,
    pub start_ms: i64,
}

impl Drive {
    /// Frames eight metres and a second apart.
    pub fn frames(&self) -> Vec<FrameRow> {
        let start = Position::from_degrees(self.from.0, self.from.1).unwrap();
        let heading = Heading::wrapping(self.heading_deg);
        (0..self.frames).map(|index| self.frame(index, start.destination(heading, f64::from(index) * 8.0))).collect()
    }

    fn frame(&self, index: u32, position: Position) -> FrameRow {
        let clip_id = ClipId::derive(&"A".repeat(43).parse().unwrap(), &[Digest::of(&[self.name])]);
        // Of a video not every frame is taken.
        let frame_index = index * 7 + 3;
        let frame_id = FrameId::derive(clip_id, frame_index);
        let heading = Heading::wrapping(self.heading_deg);
        let slot = Slot::at(position, heading);
        let captured_at_ms = UtcMillis::try_from(self.start_ms + i64::from(index) * 1_000).unwrap();
        let at = format!("epoch={}/region={}", Epoch::of(captured_at_ms), slot.cell.region());
        let image = jpeg(frame_id);
        FrameRow {
            frame_id,
            clip_id,
            frame_index,
            device_id: "A".repeat(43).parse().unwrap(),
            driver: "ada".parse().unwrap(),
            captured_at_ms,
            h3_cell: slot.cell,
            heading_octant: slot.octant,
            latitude_deg: position.latitude,
            longitude_deg: position.longitude,
            altitude_m: None,
            heading_deg: heading,
            speed_mps: 8.0,
            accuracy_mm: 3_000,
            hfov_deg: Some(70.0),
            width_px: 1280,
            height_px: 720,
            quality_ppm: Ppm::ONE,
            sharpness_ppm: Ppm::ONE,
            exposure_ppm: Ppm::ONE,
            redacted_ppm: Ppm::ZERO,
            image_path: format!("imagery/{at}/{frame_id}.jpg"),
            image_sha256: Digest::of(&image),
            image_bytes: image.len() as u64,
            witness: Witness::default(),
        }
    }
}

/// What stands for an image.
pub fn jpeg(frame: FrameId) -> Bytes {
    format!("the redacted image of {frame}").into()
}

pub fn feature(name: &str, class: &str, (latitude, longitude): (f64, f64), state: FeatureState) -> FeatureRow {
    let position = Position::from_degrees(latitude, longitude).unwrap();
    FeatureRow {
        feature_id: name.into(),
        class: class.parse().unwrap(),
        h3_cell: Cell::at(position),
        latitude_deg: position.latitude,
        longitude_deg: position.longitude,
        accuracy_mm: 1_500,
        azimuth_deg: Some(Heading::wrapping(180.0)),
        confidence_ppm: Ppm::ONE,
        state,
        first_seen_ms: UtcMillis::try_from(MONDAY_MS).unwrap(),
        last_seen_ms: UtcMillis::try_from(MONDAY_MS + 60_000).unwrap(),
        detections: 4,
        frames: 3,
        passes: 1,
        seen_from_min_mm: 5_000,
        clear_from_mm: 30_000,
        seen_from_octants: 1,
        evidence: Vec::new(),
    }
}

/// Writes a drive's frames, their images and their coverage, partition by partition.
pub async fn add_drive(store: &Store, drive: &Drive) {
    let frames = drive.frames();
    let mut partitions: Vec<Partition> = frames.iter().map(partition).collect();
    partitions.sort();
    partitions.dedup();
    for at in partitions {
        let rows: Vec<FrameRow> = frames.iter().filter(|row| partition(row) == at).cloned().collect();
        for row in &rows {
            store.put(&row.image_path, jpeg(row.frame_id)).await.unwrap();
        }
        write_rows(store, at, &rows[0].clip_id.to_string(), &rows).await.unwrap();
        let mut files = Vec::new();
        for object in store.list(&waymark_datasets::Table::Frames.folder(at)).await.unwrap() {
            files.push(store.get(&object.path).await.unwrap().unwrap().into());
        }
        let covered = coverage(&files, &BTreeSet::new(), 1).unwrap();
        write_rows(store, at, "coverage", &covered).await.unwrap();
    }
}

pub fn partition(row: &FrameRow) -> Partition {
    Partition::of(Epoch::of(row.captured_at_ms), row.h3_cell.region())
}

/// Replaces the things of each region that `features` lie in.
pub async fn put_features(store: &Store, epoch: Epoch, features: &[FeatureRow]) {
    let mut regions: Vec<Region> = features.iter().map(|row| row.h3_cell.region()).collect();
    regions.sort();
    regions.dedup();
    for region in regions {
        let rows: Vec<FeatureRow> = features.iter().filter(|row| row.h3_cell.region() == region).cloned().collect();
        assert!(!encode(&rows).unwrap().is_empty());
        write_rows(store, Partition::of(epoch, region), "features", &rows).await.unwrap();
    }
}

pub fn week() -> Epoch {
    Epoch::of(UtcMillis::try_from(MONDAY_MS).unwrap())
}

pub fn drives() -> [Drive; 3] {
    [
        Drive { name: 1, from: (47.37, 8.54), heading_deg: 90.0, frames: 60, start_ms: MONDAY_MS },
        // A week later, the other way.
        Drive { name: 2, from: (47.37, 8.545), heading_deg: 270.0, frames: 40, start_ms: MONDAY_MS + WEEK_MS },
        // Far away, across the antimeridian.
        Drive { name: 3, from: (-16.8, 179.9995), heading_deg: 90.0, frames: 30, start_ms: MONDAY_MS },
    ]
}

pub fn things() -> [FeatureRow; 4] {
    [
        feature("stop-1", "stop-sign", (47.3701, 8.541), FeatureState::Present),
        feature("light-1", "traffic-light", (47.3702, 8.543), FeatureState::New),
        feature("stop-2", "stop-sign", (47.3703, 8.544), FeatureState::Gone),
        feature("stop-3", "stop-sign", (-16.8001, -179.9995), FeatureState::Present),
    ]
}

/// A store with all of this, published.
pub async fn store() -> Store {
    let store = Store::in_memory();
    for drive in &drives() {
        add_drive(&store, drive).await;
    }
    put_features(&store, week(), &things()).await;
    snapshot::publish(&store).await.unwrap();
    store
}
