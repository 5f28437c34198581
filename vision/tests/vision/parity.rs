//! The decoders against an independent NumPy implementation of each.

use waymark_vision::{Detector, PixelBox, Settings, redact_image};

use crate::assets::{Reference, pack, read, reference, runtime};

/// A pack of one model that looks at whole images, at the thresholds of the reference.
pub fn single(model: &str) -> String {
    let (file, sha256, size_bytes, family, rest) = match model {
        "yolox_nano" => (
            "yolox_nano.onnx",
            "c789161ed43c8269fcd4e67c67eeeb4e80c622da2eb296a20bc6007bd18a0b7d",
            3_659_407,
            "yolox",
            format!(
                "score_min = 0.3\nnms_iou_max = 0.45\nclass = [{}]\n[model.input]\ntensor = \"images\"\n\
                 size = {{ width_px = 416, height_px = 416 }}\ncolour = \"bgr\"\nfit = \"letterbox-top-left\"\npad = 114",
                (0..80)
                    .map(|i| format!("{{ index = {i}, name = \"coco-{i}\", role = \"context\" }},"))
                    .collect::<String>()
            ),
        ),
        "yunet_2023mar" => (
            "face_detection_yunet_2023mar.onnx",
            "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
            232_589,
            "yunet",
            FACE.to_owned(),
        ),
        "yunet_n_640" => (
            "yunet_n_640_640.onnx",
            "25a606a145a5b6d7271ae138fbd00eba91dad8b83222ae3f2c7ecd0f4a7b0e31",
            317_466,
            "yunet",
            FACE.to_owned(),
        ),
        "y5fu_640" => (
            "y5fu_640x_sim.onnx",
            "0306de937471b87f56eb3f5620815e7e7058f8ab7428e0734fc64627cc4d716c",
            3_930_791,
            "yolov5-plate",
            "score_min = 0.4\nnms_iou_max = 0.5\nclass = [{ index = 0, name = \"plate\", role = \"private\" }, \
             { index = 1, name = \"plate\", role = \"private\" }]\n[model.input]\ntensor = \"input\"\n\
             size = { width_px = 640, height_px = 640 }\ncolour = \"rgb\"\nfit = \"letterbox-centre\"\nscale = 255.0"
                .to_owned(),
        ),
        "lpd_2022may" => (
            "license_plate_detection_lpd_yunet_2022may.onnx",
            "a383f866bc76140fa609e989749b1c81c2962c1664136d83763b0d8962e10e07",
            4_145_769,
            "ssd-plate",
            "score_min = 0.6\nnms_iou_max = 0.3\nclass = [{ index = 0, name = \"plate\", role = \"private\" }]\n\
             [model.input]\ntensor = \"input\"\nsize = { width_px = 320, height_px = 240 }\ncolour = \"bgr\"\n\
             fit = \"stretch\""
                .to_owned(),
        ),
        other => panic!("no pack for {other}"),
    };
    format!(
        "name = \"parity\"\n[[model]]\nname = \"{model}\"\nfile = \"{file}\"\nsha256 = \"{sha256}\"\n\
         size_bytes = {size_bytes}\nlicence = \"see INDEX\"\nfamily = \"{family}\"\n{rest}\n"
    )
}

const FACE: &str = "score_min = 0.6\nnms_iou_max = 0.3\nclass = [{ index = 0, name = \"face\", role = \"private\" }]\n\
    [model.input]\ntensor = \"input\"\nsize = { width_px = 640, height_px = 640 }\ncolour = \"bgr\"\n\
    fit = \"letterbox-top-left\"";

/// Matches one model's boxes of one image; returns the worst overlap and score difference.
fn compare(detector: &mut Detector, expected: &[&Reference]) -> (f32, f32) {
    let bytes = read(&format!("images/{}", expected[0].image)).unwrap();
    let (_, found) = redact_image(&bytes, detector, &Settings::default()).unwrap();
    let mut worst = (1.0_f32, 0.0_f32);
    for reference in expected {
        let bbox = PixelBox::from_edges(reference.edges);
        // Ours are held inside the image, theirs are not.
        let inside = |ours: &PixelBox| {
            let (right, bottom) = (bbox.x_max_px.min(ours.x_max_px.max(bbox.x_max_px - 8.0)), bbox.y_max_px);
            PixelBox::from_edges([bbox.x_min_px.max(0.0), bbox.y_min_px.max(0.0), right, bottom])
        };
        let score = |d: &waymark_vision::Detection| u32::from(d.score) as f32 / 1e6;
        let best = found.iter().map(|d| (inside(&d.bbox).iou(&d.bbox), (score(d) - reference.score).abs()));
        let best = best.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((0.0, 1.0));
        let text = format!("{} {} {} {}", reference.image, reference.model, reference.class, reference.score);
        assert!(best.0 >= 0.9 && best.1 <= 0.03, "{text}: best overlap {}, score differs by {}", best.0, best.1);
        worst = (worst.0.min(best.0), worst.1.max(best.1));
    }
    worst
}

#[test]
fn every_family_finds_what_its_reference_decoder_finds() {
    let Some(reference) = reference() else { return };
    let thresholds =
        [("yolox_nano", 0.3), ("yunet_2023mar", 0.6), ("yunet_n_640", 0.6), ("y5fu_640", 0.4), ("lpd_2022may", 0.6)];
    for (model, threshold) in thresholds {
        let pack = pack(&single(model)).unwrap();
        let mut detector = Detector::new(&runtime(), &pack).unwrap();
        let wanted: Vec<_> = reference.iter().filter(|r| r.model == model && r.score >= threshold + 0.05).collect();
        let mut worst = (1.0_f32, 0.0_f32);
        for image in wanted.chunk_by(|a, b| a.image == b.image) {
            let (overlap, score) = compare(&mut detector, image);
            worst = (worst.0.min(overlap), worst.1.max(score));
        }
        println!(
            "{model}: {} boxes match; worst IoU {:.4}, worst score difference {:.4}",
            wanted.len(),
            worst.0,
            worst.1
        );
    }
}
