//! What the family `yolox` reads from a network whose output is known: grids of any strides, scores by class.

use waymark_datasets::Reason;
use waymark_vision::{Detection, Detector, Error, Pack, RawImage, Sighting, Source, Still, survey};

use crate::assets::runtime;
use crate::made::{Thing, pack_toml, yolox};

const SIDE_PX: u32 = 64;
const CLASSES: &str = "class = [{ index = 0, name = \"face\", role = \"private\" }, \
     { index = 1, name = \"stop-sign\", role = \"map\" }]";

pub fn detector(strides: &[u32], model: &str, things: &[Thing<'_>]) -> Detector {
    let onnx = yolox(SIDE_PX, strides, things);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pack.toml"), pack_toml(&onnx, SIDE_PX, model)).unwrap();
    std::fs::write(folder.path().join("made.onnx"), onnx).unwrap();
    Detector::new(&runtime(), &Pack::load(folder.path()).unwrap()).unwrap()
}

fn detect(detector: &mut Detector) -> Vec<Detection> {
    let rgb = vec![0; (3 * SIDE_PX * SIDE_PX) as usize];
    detector.detect(&RawImage::from_rgb(SIDE_PX, SIDE_PX, rgb).unwrap()).unwrap()
}

#[test]
fn every_grid_of_a_pack_with_strides_of_its_own_is_read() {
    let strides = [4, 8, 16, 32];
    let edges = [[2.0, 3.0, 9.0, 12.0], [40.0, 1.0, 50.0, 9.5], [0.0, 40.0, 20.0, 60.0], [30.0, 20.0, 62.0, 62.0]];
    let scores = [[0.9, 0.0], [0.1, 0.8], [0.7, 0.2], [0.0, 0.6]];
    let thing = |((stride, edges), scores)| Thing { stride, edges, scores };
    let things: Vec<_> = strides.into_iter().zip(edges).zip(&scores).map(|(at, scores)| thing((at, scores))).collect();
    let model = format!("strides = [4, 8, 16, 32]\nscore_min = 0.3\n{CLASSES}");
    let found = detect(&mut detector(&strides, &model, &things));
    assert_eq!(found.len(), 4);
    for ((found, edges), class) in found.iter().zip(edges).zip(["face", "stop-sign", "face", "stop-sign"]) {
        assert_eq!(found.class.as_str(), class);
        let b = found.bbox;
        let apart = [b.x_min_px, b.y_min_px, b.x_max_px, b.y_max_px].into_iter().zip(edges);
        assert!(apart.into_iter().all(|(a, b)| (a - b).abs() < 1e-3), "{found:?} is not {edges:?}");
    }
}

#[test]
fn a_class_may_ask_for_a_higher_score_than_its_model() {
    let things = [
        Thing { stride: 8, edges: [2.0, 2.0, 12.0, 12.0], scores: &[0.4, 0.0] },
        Thing { stride: 8, edges: [30.0, 2.0, 42.0, 12.0], scores: &[0.0, 0.4] },
        Thing { stride: 8, edges: [2.0, 40.0, 12.0, 52.0], scores: &[0.0, 0.6] },
    ];
    let classes = CLASSES.replace("role = \"map\"", "role = \"map\", score_min = 0.5");
    let found = detect(&mut detector(&[8, 16, 32], &format!("score_min = 0.3\n{classes}"), &things));
    let found: Vec<_> = found.iter().map(|found| (found.class.as_str(), u32::from(found.score) / 10_000)).collect();
    assert_eq!(found, [("stop-sign", 60), ("face", 40)]);
}

fn stills(count: usize) -> Source {
    let mut png = Vec::new();
    let picture = image::RgbImage::new(SIDE_PX, SIDE_PX);
    picture.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
    let still = |n| Still { name: format!("{n}.png"), bytes: png.clone().into(), at: waymark_datasets::UtcMillis::MIN };
    Source::Stills((0..count).map(still).collect())
}

fn sightings(source: &Source, indices: &[u32], detectors: usize) -> Result<Vec<Sighting>, Error> {
    let thing = || Thing { stride: 8, edges: [2.0, 2.0, 12.0, 12.0], scores: &[0.9] };
    let model = "score_min = 0.3\nclass = [{ index = 0, name = \"face\", role = \"private\" }]";
    let mut detectors: Vec<_> = (0..detectors).map(|_| detector(&[8, 16, 32], model, &[thing()])).collect();
    let mut found = Vec::new();
    survey(source, indices, &mut detectors, &mut |seen| {
        found.push(seen);
        Ok::<(), std::convert::Infallible>(())
    })?;
    Ok(found)
}

#[test]
fn a_survey_gives_each_wanted_frame_once_and_in_order() {
    let source = stills(9);
    let alone = sightings(&source, &[7, 0, 3, 3], 1).unwrap();
    assert_eq!(alone.iter().map(|seen| seen.index).collect::<Vec<_>>(), [0, 3, 7]);
    assert!(alone.iter().all(|seen| seen.detections.len() == 1 && seen.width_px == SIDE_PX));
    assert_eq!(sightings(&source, &[0, 3, 7], 3).unwrap(), alone);
}

#[test]
fn a_survey_of_a_frame_that_is_not_there_fails() {
    let Err(Error::Rejected(missing)) = sightings(&stills(2), &[0, 2], 1) else { panic!("frame 2 was found") };
    assert!(missing.reason == Reason::FrameUndecodable && missing.detail.contains("frame 2"), "{missing:?}");
    assert!(matches!(sightings(&stills(2), &[0], 0), Err(Error::NoDetector)));
}
