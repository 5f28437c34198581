//! Groups of pictures that refer to the one before: what is sampled of them decodes, and nothing else is sampled.

use std::io::{ErrorKind, Write};
use std::process::Command;

use bytes::Bytes;
use waymark_datasets::Reason;
use waymark_vision::{Error, Job, SampleSettings, Settings, Source, process, survey};

use crate::chain::is_whole;
use crate::made::Thing;
use crate::video::track;
use crate::yolox::detector;

const SECONDS: usize = 6;
const FRAMES: usize = SECONDS * 30;

/// A test picture at 30 frames per second, in groups of 15 that are not closed; none where FFmpeg's program is missing.
fn film() -> Option<Bytes> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("open.mp4");
    let mut ffmpeg = Command::new("ffmpeg");
    let picture = format!("testsrc2=size=320x180:rate=30:duration={SECONDS}");
    ffmpeg.args(["-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", &picture, "-c:v", "libx264", "-x264-params"]);
    ffmpeg.arg("open-gop=1:keyint=15:min-keyint=15:scenecut=0:bframes=3:b-adapt=0").arg(&file);
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

#[test]
fn no_sampled_frame_of_open_groups_is_lost() {
    let Some(bytes) = film() else { return };
    let start = track().first().at;
    let source = Source::Video { name: "open.mp4".into(), bytes, start };
    let thing = || Thing { stride: 8, edges: [2.0, 2.0, 12.0, 12.0], scores: &[0.9] };
    let model = "score_min = 0.3\nclass = [{ index = 0, name = \"face\", role = \"private\" }]";
    let mut detectors = [detector(&[8, 16, 32], model, &[thing()]), detector(&[8, 16, 32], model, &[thing()])];
    // In every group but the first, frames are shown before their keyframe and need the group before.
    let all: Vec<u32> = (0..FRAMES as u32).collect();
    let mut ignore = |_| Ok::<(), std::convert::Infallible>(());
    let Err(Error::Rejected(open)) = survey(&source, &all, &mut detectors, &mut ignore) else { panic!("it is closed") };
    assert!(open.reason == Reason::FrameUndecodable && open.detail.contains("another group"), "{open:?}");
    // At 10 m/s every third frame would do for a mark each metre, and every frame is within half a metre of one.
    let sample = SampleSettings { spacing_m: 1.0, fast_spacing_m: 1.0, ..SampleSettings::default() };
    let settings = Settings { sample, ..Settings::default() };
    let tally = process(&Job { source: &source, track: &track(), settings: &settings }, &mut detectors, &mut |_| {
        Ok::<(), std::convert::Infallible>(())
    });
    let tally = tally.unwrap();
    println!("open groups: {tally:?}");
    assert!(tally.refused == 0 && is_whole(&tally) && tally.frames_in == FRAMES as u64, "{tally:?}");
    assert!(tally.sampled as usize > SECONDS * 10 * 9 / 10, "{tally:?}");
}
