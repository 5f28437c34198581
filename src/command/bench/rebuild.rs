//! `waymark bench rebuild`: what one more clip costs, whatever the size of the map.

use std::time::Instant;

use serde_json::{Value, json};
use waymark_datasets::rows::{FrameRow, Witness};
use waymark_datasets::table::write_rows;
use waymark_datasets::{
    ClipId, DeviceId, Digest, DriverId, FrameId, Heading, Position, Ppm, Slot, Store, UtcMillis, snapshot,
};

use crate::Done;
use crate::command::Ask;
use crate::stage::cover::cover;
use crate::stage::{rows, tiles};

/// Frames of one clip; they stand ten metres apart.
const CLIP_FRAMES: u32 = 200;
/// Regions are about so far apart, so that each has neighbours.
const REGION_DEG: f64 = 0.16;
/// So many in a row.
const REGIONS_PER_ROW: u32 = 10;

pub(super) async fn run(ask: &Ask, sizes: &[u32], frames: u32) -> anyhow::Result<Done> {
    let mut measured: Vec<Value> = Vec::new();
    for &regions in sizes {
        let line = measure(regions, frames).await?;
        let text = format!(
            "{regions} regions of {frames} frames: all tiles {:.3} s; after one more clip: coverage {:.3} s, snapshot \
             {:.3} s, tiles {:.3} s ({} parts of {})",
            line["all_s"].as_f64().unwrap_or_default(),
            line["coverage_s"].as_f64().unwrap_or_default(),
            line["snapshot_s"].as_f64().unwrap_or_default(),
            line["tiles_s"].as_f64().unwrap_or_default(),
            line["parts"],
            line["parts_in_all"],
        );
        if !ask.json {
            ask.say(&line, &text)?;
        }
        measured.push(line);
    }
    if ask.json {
        ask.say(&measured, "")?;
    }
    Ok(Done::Yes)
}

async fn measure(regions: u32, frames: u32) -> anyhow::Result<Value> {
    let store = Store::in_memory();
    for region in 0..regions {
        for clip in 0..frames.div_ceil(CLIP_FRAMES) {
            write_clip(&store, region, clip).await?;
        }
    }
    cover(&store).await?;
    let first = snapshot::publish(&store).await?;
    let start = Instant::now();
    tiles::draw(&store, first).await?;
    let all_s = start.elapsed().as_secs_f64();
    write_clip(&store, regions / 2, frames).await?;
    let start = Instant::now();
    cover(&store).await?;
    let coverage_s = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let second = snapshot::publish(&store).await?;
    let snapshot_s = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let drawn = tiles::draw(&store, second).await?;
    let tiles_s = start.elapsed().as_secs_f64();
    Ok(json!({
        "regions": regions, "frames": frames * regions, "all_s": all_s, "coverage_s": coverage_s,
        "snapshot_s": snapshot_s, "tiles_s": tiles_s, "parts": drawn.parts, "parts_in_all": drawn.parts_in_all,
    }))
}

async fn write_clip(store: &Store, region: u32, clip: u32) -> anyhow::Result<()> {
    let device: DeviceId = "B".repeat(43).parse()?;
    let driver: DriverId = "bench".parse()?;
    let clip_id = ClipId::derive(&device, &[Digest::of(format!("{region} {clip}").as_bytes())]);
    let (row, column) = (region / REGIONS_PER_ROW, region % REGIONS_PER_ROW);
    let (south, west) = (37.0 + f64::from(row) * REGION_DEG, -122.0 + f64::from(column) * REGION_DEG);
    let corner = Position::from_degrees(south + f64::from(clip % 97) * 2e-4, west)?;
    let east = Heading::wrapping(90.0);
    let mut frames: Vec<FrameRow> = Vec::new();
    for index in 0..CLIP_FRAMES {
        let position = corner.destination(east, f64::from(index) * 10.0);
        let at = UtcMillis::try_from(1_765_000_000_000 + i64::from(clip) * 60_000 + i64::from(index) * 250)?;
        frames.push(frame((clip_id, index), (position, at), (&device, &driver)));
    }
    // A clip that crosses a border has a file on each side.
    let mut partitions = std::collections::BTreeMap::<_, Vec<FrameRow>>::new();
    for frame in frames {
        partitions.entry(rows::partition(&frame)).or_default().push(frame);
    }
    for (at, frames) in partitions {
        write_rows(store, at, &clip_id.to_string(), &frames).await?;
    }
    Ok(())
}

fn frame(
    (clip_id, index): (ClipId, u32),
    (position, at): (Position, UtcMillis),
    (device, driver): (&DeviceId, &DriverId),
) -> FrameRow {
    let frame_id = FrameId::derive(clip_id, index);
    let heading = Heading::wrapping(90.0);
    let slot = Slot::at(position, heading);
    FrameRow {
        frame_id,
        clip_id,
        frame_index: index,
        device_id: device.clone(),
        driver: driver.clone(),
        captured_at_ms: at,
        h3_cell: slot.cell,
        heading_octant: slot.octant,
        latitude_deg: position.latitude,
        longitude_deg: position.longitude,
        altitude_m: None,
        heading_deg: heading,
        speed_mps: 10.0,
        accuracy_mm: 3_000,
        hfov_deg: None,
        width_px: 1_280,
        height_px: 720,
        quality_ppm: Ppm::from_ratio(f64::from(index % 89) / 89.0),
        sharpness_ppm: Ppm::ONE,
        exposure_ppm: Ppm::ONE,
        redacted_ppm: Ppm::ZERO,
        image_path: format!("{}/{frame_id}.jpg", snapshot::IMAGERY),
        image_sha256: Digest::of(b""),
        image_bytes: 1,
        witness: Witness::default(),
    }
}
