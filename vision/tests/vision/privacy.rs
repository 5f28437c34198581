//! What must never be seen: every face and plate that any public model is sure of is hidden.

use waymark_vision::{PixelBox, RedactSettings, Settings, redact_image, redaction_areas};

use crate::assets::{read, reference, street_detector};

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
