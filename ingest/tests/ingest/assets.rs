//! Real footage, where it is at hand.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use waymark_datasets::{MediaFacts, MediaKind, Position, Reason, Rejection, TelemetryPacket};
use waymark_ingest::fixes::{exif, gpmf, gpx};
use waymark_ingest::{Admission, SignError, sign_clip};

use crate::world::World;

fn assets() -> Option<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/assets"));
    if folder.is_dir() {
        return Some(folder.to_path_buf());
    }
    // Written past the harness, which would swallow it: a skip is loud.
    std::io::stderr().write_all(b"skipped: assets not present\n").unwrap();
    None
}

fn reference(assets: &Path, name: &str) -> Vec<csv::StringRecord> {
    csv::Reader::from_path(assets.join("reference").join(name)).unwrap().records().map(Result::unwrap).collect()
}

/// Raw telemetry as packets: one per second, each beginning with the first device's `DEVC`.
fn packets(raw: &[u8], devices: usize) -> Vec<TelemetryPacket> {
    let mut elements = Vec::new();
    let mut rest = raw;
    while !rest.is_empty() {
        assert_eq!(&rest[..4], b"DEVC");
        let bytes = usize::from(rest[5]) * usize::from(u16::from_be_bytes([rest[6], rest[7]]));
        let (element, after) = rest.split_at(8 + bytes.next_multiple_of(4));
        elements.push(element);
        rest = after;
    }
    let seconds = elements.chunks(devices).zip(0..);
    seconds
        .map(|(elements, i)| TelemetryPacket { at_ms: i * 1_001, duration_ms: 1_001, bytes: elements.concat().into() })
        .collect()
}

#[test]
fn the_exif_of_every_real_dashcam_frame_reads_as_exiftool_reads_it() {
    let Some(assets) = assets() else { return };
    let rows = reference(&assets, "bee_sf.exif.csv");
    assert_eq!(rows.len(), 70);
    for row in rows {
        let path = assets.join("images").join(&row[0]);
        let fix = exif::read(&fs::read(&path).unwrap()).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&fs::read(path.with_extension("json")).unwrap()).unwrap();
        let wanted = Position::from_degrees(row[2].parse().unwrap(), row[3].parse().unwrap()).unwrap();
        let stated = Position::from_degrees(json["lat"].as_f64().unwrap(), json["lon"].as_f64().unwrap()).unwrap();
        assert!(fix.position.distance_m(wanted) < 0.001 && fix.position.distance_m(stated) < 0.001, "{row:?}");
        assert_eq!(fix.at.millis(), json["time"].as_i64().unwrap());
        assert!((fix.altitude_m.unwrap() - row[4].parse::<f64>().unwrap()).abs() < 1e-6, "{row:?}");
        let dop = row[6].parse::<f64>().unwrap();
        assert!((f64::from(fix.accuracy_mm.unwrap()) - dop * 5_000.0).abs() <= 0.51, "{row:?}");
    }
}

#[tokio::test]
async fn a_folder_of_real_dashcam_frames_is_signed_and_lands() {
    let Some(assets) = assets() else { return };
    let mut world = World::new().await;
    let frames = assets.join("images/bee_sf");
    let signed = world.sign(&[&frames], "bundle").unwrap();
    assert_eq!((signed.media.len(), signed.fixes), (70, 70), "and not the JSON beside each");
    assert_eq!(signed.start.to_string(), "2025-12-15T21:53:41.771Z");
    world.now = signed.end;
    assert_eq!(world.admit(&signed.bundle).await, Admission::Landed(signed.clip_id));
}

#[test]
fn other_real_photos_give_a_fix_or_say_what_is_missing() {
    let Some(assets) = assets() else { return };
    let read = |name: &str| exif::read(&fs::read(assets.join("images").join(name)).unwrap());
    let sony = read("DSC00001.JPG").unwrap();
    let portland = Position::from_degrees(45.516_903, -122.572_765).unwrap();
    assert!(sony.position.distance_m(portland) < 1.0, "{sony:?}");
    let phone = read("mapillary_2018_samsung_gps.jpg").unwrap_err();
    assert!(phone.detail.contains("no time in UTC"), "{phone}");
    assert_eq!(read("deface_city.jpg").unwrap_err().reason, Reason::PositionMissing);
}

#[test]
fn real_gopro_telemetry_reads_as_its_reference_does() {
    let Some(assets) = assets() else { return };
    let raw = fs::read(assets.join("reference/gopro_hero7.gpmf.raw")).unwrap();
    let rows = reference(&assets, "gopro_hero7.gps5.csv");
    let telemetry = gpmf::read(&packets(&raw, 1), 10_000).unwrap();
    assert_eq!((telemetry.fixes.len(), rows.len()), (199, 199));
    for (fix, row) in telemetry.fixes.iter().zip(rows) {
        let value = |i: usize| row[i].parse::<f64>().unwrap();
        assert!((fix.position.latitude_deg() - value(4)).abs() < 1e-7, "{row:?}");
        assert!((fix.position.longitude_deg() - value(5)).abs() < 1e-7, "{row:?}");
        assert!((fix.altitude_m.unwrap() - value(6)).abs() < 1e-6, "{row:?}");
        assert_eq!(fix.accuracy_mm, Some((value(3) * 50.0).round() as u32));
    }
    let start = telemetry.video_start.unwrap();
    println!("video start {start}, last fix {}", telemetry.fixes[198].at);
    assert!(
        start.to_string().starts_with("2019-05-06T18:15:07.") || start.to_string().starts_with("2019-05-06T18:15:06.")
    );
    assert!(telemetry.fixes.is_sorted_by(|a, b| a.at < b.at));
}

/// Answers with the telemetry of a raw file, as the probe of the video it came from does.
fn probe_with(telemetry: Vec<TelemetryPacket>) -> impl Fn(&str, &Bytes) -> Result<MediaFacts, Rejection> {
    move |_, _| {
        Ok(MediaFacts {
            kind: MediaKind::Video,
            width_px: 848,
            height_px: 480,
            duration_ms: 11_700,
            frames: 351,
            created_at_ms: None,
            telemetry: telemetry.clone(),
        })
    }
}

#[test]
fn a_video_with_gps5_inside_is_signed_by_its_own_clock() {
    let Some(assets) = assets() else { return };
    let mut world = World::unenrolled();
    world.now = "2019-05-06T19:00:00Z".parse().unwrap();
    let raw = fs::read(assets.join("reference/gopro_hero7.gpmf.raw")).unwrap();
    let probe = probe_with(packets(&raw, 1));
    let signed = sign_clip(&world.request(&[&assets.join("videos/gopro_hero7.mp4")], "bundle"), &probe).unwrap();
    assert_eq!((signed.fixes, signed.end.ms_since(signed.start)), (199, 11_700));
    let mut shifted = world.request(&[&assets.join("videos/gopro_hero7.mp4")], "shifted");
    shifted.video_start = Some(signed.start.plus_ms(5_000));
    let SignError::Refused(refused) = sign_clip(&shifted, &probe).unwrap_err() else { panic!("not refused") };
    assert_eq!(refused.reason, Reason::IntervalMismatch);
}

#[test]
fn real_videos_without_gps5_are_refused_in_a_clear_sentence() {
    let Some(assets) = assets() else { return };
    let world = World::unenrolled();
    let raw = fs::read(assets.join("reference/gopro_karma.gpmf.raw")).unwrap();
    for (name, telemetry) in [("gopro_karma.mp4", packets(&raw, 1)), ("mapillary_sample-5s_h265.mp4", Vec::new())] {
        let video = assets.join("videos").join(name);
        let SignError::Refused(refused) =
            sign_clip(&world.request(&[&video], "x"), &probe_with(telemetry)).unwrap_err()
        else {
            panic!("not refused")
        };
        assert_eq!(refused.reason, Reason::PositionMissing);
        assert!(refused.detail.contains("none beside it"), "{refused}");
    }
}

#[test]
fn a_real_gpx_gives_all_its_points() {
    let Some(assets) = assets() else { return };
    let bytes = fs::read(assets.join("videos/sf_30km_h.gpx")).unwrap();
    let fixes = gpx::read(&bytes, 10_000).unwrap();
    assert_eq!(fixes.len(), str::from_utf8(&bytes).unwrap().matches("<trkpt").count());
    assert_eq!(fixes[0].at.to_string(), "2025-03-14T07:00:00.000Z");
    assert_eq!(fixes[0].altitude_m, Some(94.75));
}
