//! Cutting videos: what is kept are frames of the stretch, to the last bit, and nothing else.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use waymark_datasets::Reason;
use waymark_vision::{cut, probe};

const SECONDS: u64 = 6;
const RATE: u64 = 30;

/// A test picture in groups of 20 frames, with a tone and a title; none where there is no FFmpeg.
fn film(folder: &Path, name: &str, open_gop: u8) -> Option<Bytes> {
    let file = folder.join(name);
    let picture = format!("testsrc2=size=320x180:rate={RATE}:duration={SECONDS}");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-y", "-loglevel", "error", "-f", "lavfi", "-i", &picture]);
    ffmpeg.args(["-f", "lavfi", "-i", &format!("sine=duration={SECONDS}"), "-c:v", "libx264", "-x264-params"]);
    ffmpeg.arg(format!("open-gop={open_gop}:keyint=20:min-keyint=20:scenecut=0:bframes=3:b-adapt=0"));
    ffmpeg.args(["-metadata", "title=Hometown"]).arg(&file);
    match ffmpeg.status() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // Written past the harness, which would swallow it: a skip is loud.
            std::io::stderr().write_all(b"skipped: there is no ffmpeg\n").unwrap();
            None
        }
        status => {
            assert!(status.unwrap().success());
            Some(std::fs::read(file).unwrap().into())
        }
    }
}

/// MD5 of every decoded frame, by its time in milliseconds, as FFmpeg's own program has it.
fn frames(folder: &Path, name: &str, bytes: &Bytes) -> BTreeMap<u64, String> {
    let file = folder.join(format!("decoded-{name}"));
    std::fs::write(&file, bytes).unwrap();
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-loglevel", "error", "-i"]).arg(&file);
    let output = ffmpeg.args(["-map", "0:v", "-vsync", "0", "-f", "framemd5", "-"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let base: u64 = text.lines().find_map(|line| line.strip_prefix("#tb 0: 1/")).unwrap().parse().unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let frame = |line: &str| {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        (cells[2].parse::<u64>().unwrap() * 1_000 / base, cells[5].to_owned())
    };
    lines.map(frame).collect()
}

#[test]
fn a_piece_has_the_frames_of_its_stretch_as_they_were_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    for (name, open_gop) in [("closed.mp4", 0), ("open.mp4", 1), ("film.mov", 0), ("film.mkv", 1), ("film.ts", 0)] {
        let Some(bytes) = film(folder.path(), name, open_gop) else { return };
        let whole: Vec<(u64, String)> = frames(folder.path(), name, &bytes).into_iter().collect();
        assert_eq!(whole.len() as u64, SECONDS * RATE);
        let first_ms = whole[0].0;
        for keep in [0..=900, 100..=2_950, 2_000..=2_000, 3_333..=5_000, 4_500..=99_000] {
            let pieces =
                cut(name, &bytes, std::slice::from_ref(&keep)).unwrap_or_else(|rejection| panic!("{rejection}"));
            let piece = pieces[0].as_ref().unwrap_or_else(|| panic!("{name}: nothing of {keep:?}"));
            let cut_out = frames(folder.path(), name, &piece.bytes);
            assert!(keep.contains(&piece.at_ms), "{name} {keep:?}: begins at {}", piece.at_ms);
            let wanted = whole.iter().filter(|(at_ms, _)| keep.contains(&((at_ms - first_ms) as i64)));
            let wanted: Vec<&String> = wanted.map(|(_, md5)| md5).collect();
            for (at_ms, md5) in &cut_out {
                assert!(wanted.contains(&md5), "{name} {keep:?}: the frame at {at_ms} is not of the stretch");
            }
            // At most a group is lost before, and three frames that wait for another after.
            assert!(cut_out.len() + 20 + 3 >= wanted.len(), "{name} {keep:?}: {} of {}", cut_out.len(), wanted.len());
            let again = cut(name, &bytes, &[keep]).unwrap();
            assert_eq!(&again[0], &pieces[0], "{name}: the same bytes twice");
        }
    }
}

#[test]
fn a_piece_has_no_sound_and_no_words() {
    let folder = tempfile::tempdir().unwrap();
    let Some(bytes) = film(folder.path(), "film.mp4", 0) else { return };
    let has = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(has(&bytes, b"Hometown") && has(&bytes, b"mp4a"), "the film has both");
    let pieces = cut("film.mp4", &bytes, &[0..=3_000, 3_001..=6_000]).unwrap();
    for piece in pieces.iter().flatten() {
        assert!(!has(&piece.bytes, b"Hometown") && !has(&piece.bytes, b"mp4a"));
        assert!(probe("film.mp4", &piece.bytes).unwrap().duration_ms <= 3_000);
    }
}

#[test]
fn a_stretch_without_a_keyframe_gives_nothing_and_other_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let Some(bytes) = film(folder.path(), "film.mp4", 0) else { return };
    assert_eq!(cut("film.mp4", &bytes, &[10..=600, 7_000..=9_000]).unwrap(), [None, None]);
    assert_eq!(cut("film.mp4", &bytes, &[]).unwrap(), []);
    for (name, bytes) in [("film.avi", bytes.clone()), ("film.mp4", Bytes::from_static(b"no film"))] {
        assert_eq!(cut(name, &bytes, &[0..=1_000]).unwrap_err().reason, Reason::MediaUnreadable);
    }
    let half = bytes.slice(..bytes.len() / 2);
    assert!(cut("film.mp4", &half, &[0..=1_000]).is_err());
}
