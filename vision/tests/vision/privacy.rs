//! What must never be seen: every face and plate that any public model is sure of is hidden.

use waymark_vision::{PixelBox, RedactSettings, Settings, redact_image, redaction_areas};

use crate::assets::{assets, read, reference, street_detector};

/// The share of `target` that the areas cover together, counted on a grid of 64 by 64 points.
fn covered(target: &PixelBox, areas: &[PixelBox]) -> f32 {
    let step = |i: u16, from: f32, length: f32| from + (f32::from(i) + 0.5) * length / 64.0;
    let inside = |x: f32, y: f32| {
        areas.iter().any(|a| (a.x_min_px..=a.x_max_px).contains(&x) && (a.y_min_px..=a.y_max_px).contains(&y))
    };
    let points = (0..64 * 64_u16).map(|i| (i % 64, i / 64));
    let hit = points.filter(|&(i, j)| {
        inside(step(i, target.x_min_px, target.width_px()), step(j, target.y_min_px, target.height_px()))
    });
    hit.count() as f32 / 4096.0
}

#[test]
fn every_face_and_plate_of_the_reference_is_hidden() {
    let (Some(reference), Some(mut detector)) = (reference(), street_detector()) else { return };
    let private = |class: &str| class == "face" || class.starts_with("plate");
    let sure: Vec<_> = reference.iter().filter(|r| private(&r.class) && r.score >= 0.6).collect();
    let (mut worst, mut missed) = (1.0_f32, Vec::new());
    for image in sure.chunk_by(|a, b| a.image == b.image) {
        let bytes = read(&format!("images/{}", image[0].image)).unwrap();
        let (redacted, detections) = redact_image(&bytes, &mut detector, &Settings::default()).unwrap();
        let areas = redaction_areas(&detections, RedactSettings::default());
        for one in image {
            let share = covered(&PixelBox::from_edges(one.edges), &areas);
            worst = worst.min(share);
            if share < 0.95 {
                missed.push(format!("{} {} {:?} {}: {share:.2}", one.image, one.model, one.edges, one.score));
            }
        }
        println!("{}: {} areas, {} hidden", image[0].image, areas.len(), redacted.redacted());
    }
    println!("{} boxes, worst covered {worst:.3}", sure.len());
    assert!(missed.is_empty(), "not hidden:\n{}", missed.join("\n"));
}

/// Plates that people marked: image and left, upper, right, lower edge.
fn labelled() -> Option<Vec<(String, [f32; 4])>> {
    let mut plates = vec![
        ("cars_eu_plates.jpg".to_owned(), [375.0, 336.0, 472.0, 380.0]),
        ("cars_eu_plates.jpg".to_owned(), [1165.0, 472.0, 1287.0, 525.0]),
        ("hyperlpr_test_img.jpg".to_owned(), [1753.0, 744.0, 1863.0, 851.0]),
    ];
    for entry in std::fs::read_dir(assets()?.join("images/alpr_sample")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            let text = std::fs::read_to_string(path).unwrap();
            let columns: Vec<&str> = text.split_whitespace().collect();
            let [x, y, w, h] = [1, 2, 3, 4].map(|i| columns[i].parse::<f32>().unwrap());
            plates.push((format!("alpr_sample/{}", columns[0]), [x, y, x + w, y + h]));
        }
    }
    Some(plates)
}

#[test]
fn every_plate_that_people_marked_is_hidden() {
    let (Some(labelled), Some(mut detector)) = (labelled(), street_detector()) else { return };
    let mut shares = Vec::new();
    for (image, edges) in &labelled {
        let bytes = read(&format!("images/{image}")).unwrap();
        let (_, detections) = redact_image(&bytes, &mut detector, &Settings::default()).unwrap();
        let areas = redaction_areas(&detections, RedactSettings::default());
        shares.push((covered(&PixelBox::from_edges(*edges), &areas), image));
    }
    shares.sort_by(|a, b| a.0.total_cmp(&b.0));
    println!("{} marked plates, least covered: {:?}", shares.len(), &shares[..3]);
    assert!(shares.iter().all(|(share, _)| *share >= 0.95), "{shares:?}");
}
