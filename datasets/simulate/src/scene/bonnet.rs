//! The bonnet of the car that carries the camera.

use crate::canvas::Canvas;
use crate::tone::Rgb;

const BODY: Rgb = Rgb(0.10, 0.11, 0.13);

/// Along the bottom of the frame: an arc that rises to 8 % of the height, with the sky on it.
pub(crate) fn paint(canvas: &mut Canvas) {
    let (width, height) = (canvas.view.width_px as f32, canvas.view.height_px as f32);
    let arc = |rise: f32| -> Vec<[f32; 2]> {
        let corner = |i: usize| {
            let across = i as f32 / 24.0;
            let bow = 1.0 - (across * 2.0 - 1.0).powi(4);
            [across * width, height * (1.0 - rise * (0.30 + 0.70 * bow))]
        };
        (0..=24).map(corner).chain([[width, height + 2.0], [0.0, height + 2.0]]).collect()
    };
    let light = canvas.light.clone();
    let day = 1.0 - light.night;
    canvas.overlay(&arc(0.080), BODY * (0.35 + 0.65 * day), 1.0);
    for step in 1..6 {
        let rise = 0.080 - 0.009 * step as f32;
        canvas.overlay(&arc(rise), light.zenith.mix(light.horizon, 0.3), 0.055);
    }
    let crease = |x: f32| {
        [[width * x, height], [width * (x + 0.004), height], [width * (0.5 + (x - 0.5) * 0.8), height * 0.925]]
    };
    for x in [0.22, 0.78] {
        canvas.overlay(&crease(x), BODY * 0.5, 0.8);
    }
}
