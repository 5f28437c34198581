//! Laws of mosaics and measures, on made-up pixels.

use proptest::prelude::*;
use waymark_datasets::Ppm;
use waymark_vision::{EncodeSettings, Measures, PixelBox, RawImage, measure};

const SIDE: usize = 96;

fn image(pixels: impl Fn(usize, usize) -> [u8; 3]) -> RawImage {
    let rgb = (0..SIDE * SIDE).flat_map(|i| pixels(i % SIDE, i / SIDE)).collect();
    RawImage::from_rgb(SIDE as u32, SIDE as u32, rgb).unwrap()
}

fn noise(seed: u64) -> impl Fn(usize, usize) -> [u8; 3] {
    move |x, y| {
        let mixed = (seed ^ ((x as u64) << 32) ^ y as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        [(mixed >> 40) as u8, (mixed >> 48) as u8, (mixed >> 56) as u8]
    }
}

#[test]
fn inside_a_mosaic_only_averages_of_cells_survive() {
    // An area of 72 pixels has 6 cells of 12: mirroring each cell keeps its average and moves every pixel.
    let area = PixelBox::from_edges([12.0, 12.0, 84.0, 84.0]);
    let inside = |v: usize| (12..84).contains(&v);
    let mirror = |v: usize| 12 + (v - 12) / 12 * 12 + (11 - (v - 12) % 12);
    let plain = noise(7);
    let moved = |x: usize, y: usize| if inside(x) && inside(y) { plain(mirror(x), mirror(y)) } else { plain(x, y) };
    let one = image(&plain).redact(&[area], EncodeSettings::default()).unwrap();
    let other = image(moved).redact(&[area], EncodeSettings::default()).unwrap();
    assert_eq!(one, other);
    assert_eq!(one.redacted(), Ppm::of(72 * 72, 96 * 96));
}

#[test]
fn a_mosaic_has_at_most_six_cells_along_a_side_and_cells_of_at_least_eight_pixels() {
    for side in [1_usize, 7, 8, 15, 16, 40, 49, 95] {
        let area = PixelBox::from_edges([0.0, 0.0, side as f32, side as f32]);
        let jpeg = image(noise(3)).redact(&[area], EncodeSettings { quality: 100 }).unwrap();
        let decoded = image::load_from_memory(jpeg.jpeg()).unwrap().into_luma8();
        let row: Vec<i32> = (0..side as u32).map(|x| decoded.get_pixel(x, side as u32 / 2).0[0].into()).collect();
        // JPEG at quality 100 moves values by little; between cells of noise steps are larger or the cells are alike.
        let steps = row.windows(2).filter(|pair| (pair[0] - pair[1]).abs() > 6).count();
        assert!(steps <= 5.min(side / 8), "{side} pixels: {steps} steps in {row:?}");
    }
}

#[test]
fn a_redacted_image_has_no_metadata() {
    let jpeg = image(noise(1)).redact(&[], EncodeSettings::default()).unwrap();
    let markers = jpeg.jpeg().windows(2).filter(|pair| pair[0] == 0xff && (0xe1..=0xef).contains(&pair[1]));
    assert_eq!(markers.count(), 0);
}

#[test]
fn blur_and_darkness_lower_the_measures() {
    let sharp = measure(&image(|x, y| if (x / 4 + y / 4) % 2 == 0 { [200; 3] } else { [60; 3] })).unwrap();
    let flat = measure(&image(|x, _| [(x + 50) as u8; 3])).unwrap();
    let dark = measure(&image(|_, _| [2; 3])).unwrap();
    assert!(sharp.sharpness > flat.sharpness);
    assert_eq!((sharp.exposure, dark.exposure), (Ppm::ONE, Ppm::ZERO));
    assert_eq!(dark.quality(Ppm::ZERO), Ppm::ZERO);
}

proptest! {
    #[test]
    fn any_area_redacts_without_a_panic(edges in prop::array::uniform4(prop::num::f32::ANY)) {
        let whole = image(noise(5)).redact(&[PixelBox::from_edges(edges)], EncodeSettings::default()).unwrap();
        prop_assert!(whole.redacted() <= Ppm::ONE);
    }

    #[test]
    fn quality_never_exceeds_its_factors(parts in prop::array::uniform3(0..=1_000_000_u32)) {
        let [sharpness, exposure, redacted] = parts.map(|part| Ppm::try_from(part).unwrap());
        let quality = Measures { sharpness, exposure }.quality(redacted);
        prop_assert!(quality <= sharpness && quality <= exposure && quality <= redacted.complement());
    }
}
