//! `waymark bench rebuild`: what one more clip costs, whatever the size of the map.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Value, json};
use waymark_datasets::rows::{ClipRow, FrameRow, TrackMeasures, Witness};
use waymark_datasets::table::write_rows;
use waymark_datasets::{
    ClipId, DeviceId, Digest, DriverId, Epoch, FrameId, Heading, Partition, Position, Ppm, Region, Slot, Store,
    UtcMillis, snapshot,
};
use waymark_ingest::plausible::TrustSettings;

use crate::Done;
use crate::command::Ask;
use crate::stage::cover::cover;
use crate::stage::features::map_features;
use crate::stage::rows;
use crate::stage::tiles::{self, Drawn};
use crate::stage::trust::trust;

/// Frames of one clip; they stand ten metres apart.
const CLIP_FRAMES: u32 = 200;
/// Regions are about so far apart, so that each has neighbours.
const REGION_DEG: f64 = 0.16;
/// So many in a row.
const REGIONS_PER_ROW: u32 = 10;

/// What happens to a map between a clip that was processed and the tiles that show it, in order.
const STAGES: [&str; 5] = ["trust", "coverage", "features", "snapshot", "tiles"];

pub(super) async fn run(ask: &Ask, sizes: &[u32], frames: u32) -> anyhow::Result<Done> {
    let mut measured: Vec<Value> = Vec::new();
    for &regions in sizes {
        let line = measure(regions, frames).await?;
        let seconds = |name: &str| line[name].as_f64().unwrap_or_default();
        let stages: Vec<String> = STAGES.iter().map(|name| format!("{name} {:.3} s", seconds(name))).collect();
        let text = format!(
            "{regions} regions of {frames} frames, built in {:.3} s; after one more clip: {:.3} s ({}), {} of {} parts \
             of the map",
            seconds("first"),
            STAGES.iter().map(|name| seconds(name)).sum::<f64>(),
            stages.join(", "),
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
    for clip in 0..frames.div_ceil(CLIP_FRAMES) {
        for region in 0..regions {
            write_clip(&store, region, clip).await?;
        }
    }
    let start = Instant::now();
    build(&store).await?;
    let first_s = start.elapsed().as_secs_f64();
    write_clip(&store, regions / 2, frames).await?;
    let (seconds, drawn) = build(&store).await?;
    let mut line = json!({
        "regions": regions, "frames": frames * regions, "first": first_s, "parts": drawn.parts,
        "parts_in_all": drawn.parts_in_all,
    });
    for (name, seconds) in STAGES.iter().zip(seconds) {
        line[*name] = seconds.into();
    }
    Ok(line)
}

/// How long each of [`STAGES`] took.
async fn build(store: &Store) -> anyhow::Result<([f64; 5], Drawn)> {
    let mut seconds = [0.0; 5];
    let mut start = Instant::now();
    let mut lap = |stage: usize| {
        seconds[stage] = start.elapsed().as_secs_f64();
        start = Instant::now();
    };
    trust(store, &TrustSettings::default()).await?;
    lap(0);
    cover(store).await?;
    lap(1);
    map_features(store).await?;
    lap(2);
    let id = snapshot::publish(store).await?;
    lap(3);
    let drawn = tiles::draw(store, id).await?;
    lap(4);
    Ok((seconds, drawn))
}

/// Drives along streets of their own, each by a device of its own; what is written later landed later.
async fn write_clip(store: &Store, region: u32, clip: u32) -> anyhow::Result<()> {
    let device: DeviceId = format!("{region:05}{clip:05}{}", "B".repeat(33)).parse()?;
    let driver: DriverId = "bench".parse()?;
    let clip_id = ClipId::derive(&device, &[Digest::of(format!("{region} {clip}").as_bytes())]);
    let (row, column) = (region / REGIONS_PER_ROW, region % REGIONS_PER_ROW);
    let (south, west) = (37.0 + f64::from(row) * REGION_DEG, -122.0 + f64::from(column) * REGION_DEG);
    let corner = Position::from_degrees(south + f64::from(clip % 97) * 2e-4, west)?;
    let east = Heading::wrapping(90.0);
    let start = UtcMillis::try_from(1_765_000_000_000 + i64::from(clip) * 60_000)?;
    let mut partitions = BTreeMap::<_, Vec<FrameRow>>::new();
    for index in 0..CLIP_FRAMES {
        let place = (corner.destination(east, f64::from(index) * 10.0), start.plus_ms(i64::from(index) * 250));
        let row = frame((clip_id, index), place, (&device, &driver));
        // A clip that crosses a border has a file on each side.
        partitions.entry(rows::partition(&row)).or_default().push(row);
    }
    for (at, frames) in partitions {
        write_rows(store, at, &clip_id.to_string(), &frames).await?;
    }
    let row = ClipRow {
        clip_id,
        device_id: device,
        driver,
        landed_at_ms: start.plus_ms(3_600_000 + i64::from(region)),
        start_ms: start,
        end_ms: start.plus_ms(i64::from(CLIP_FRAMES) * 250),
        sequence: 0,
        footage_sha256: Digest::of(clip_id.to_string().as_bytes()),
        track: TrackMeasures { fixes: CLIP_FRAMES, ..TrackMeasures::default() },
    };
    let at = Partition::of(Epoch::of(start), Region::at(corner));
    Ok(write_rows(store, at, &clip_id.to_string(), &[row]).await?)
}

fn frame(
    (clip_id, index): (ClipId, u32),
    (position, at): (Position, UtcMillis),
    (device, driver): (&DeviceId, &DriverId),
) -> FrameRow {
    let frame_id = FrameId::derive(clip_id, index);
    // No two pictures look alike.
    let picture = Digest::of(frame_id.to_string().as_bytes());
    let word = |at: usize| u64::from_str_radix(&picture.to_string()[at..at + 16], 16).unwrap_or_default();
    let look = [0, 8, 16, 24, 32, 40].map(word);
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
        image_path: snapshot::image_key((Epoch::of(at), slot.cell.region()), frame_id),
        image_sha256: Digest::of(b""),
        image_bytes: 1,
        witness: Witness { hash: word(0) & !1, inner_hash: word(16) & !1, look, sky_luma: 80, motion: None },
    }
}
