//! What pictures say of their clip: how they look, in spite of encoders and mirrors.

use proptest::prelude::*;
use waymark_datasets::rows::Witness;
use waymark_vision::{EncodeSettings, PixelBox, RawImage};

const SIZE: (usize, usize) = (320, 180);

fn look(pixels: impl Fn(usize, usize) -> [u8; 3]) -> Witness {
    let rgb = (0..SIZE.0 * SIZE.1).flat_map(|i| pixels(i % SIZE.0, i / SIZE.0)).collect();
    let image = RawImage::from_rgb(SIZE.0 as u32, SIZE.1 as u32, rgb).unwrap();
    image.redact(&[], EncodeSettings::default()).unwrap().witness()
}

/// A street of sorts: a bright sky, a dark road, and houses that follow from a number.
fn street(seed: u64) -> impl Fn(usize, usize) -> [u8; 3] {
    move |x, y| {
        let house = (x / 23) as u64;
        let mixed = (seed ^ house.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let (roof, wall) = (30 + (mixed >> 58) as usize, (mixed >> 40) as u8 / 2 + 40);
        let luma = if y < roof {
            200
        } else if y < 110 {
            wall
        } else {
            70
        };
        [luma, luma, luma]
    }
}

/// The same houses in colours, a little aside or in other light: of each colour so much of 64.
fn painted(seed: u64, aside: usize, light: [usize; 3]) -> impl Fn(usize, usize) -> [u8; 3] {
    let grey = street(seed);
    move |x, y| {
        let [luma, ..] = grey(x + aside, y);
        let paint = seed.rotate_left(7 * ((x + aside) / 23) as u32) as usize;
        let tint = |at: usize| if luma == 200 || luma == 70 { 8 } else { 5 + (paint >> (3 * at)) % 8 };
        [0, 1, 2].map(|at| (usize::from(luma) * tint(at) / 8 * light[at] / 64).min(255) as u8)
    }
}

fn looks_apart(a: &Witness, b: &Witness) -> u32 {
    a.look.iter().zip(b.look).map(|(a, b)| (a ^ b).count_ones()).sum()
}

#[test]
fn a_look_is_of_what_stands_out_in_the_upper_two_thirds() {
    // The cell at column 5 and row 2 of 16 by 8, in 20 by 15 pixels each.
    let is_in = |x: usize, y: usize| (100..120).contains(&x) && (30..45).contains(&y);
    let lamp = |colour: [u8; 3]| look(move |x, y| if is_in(x, y) { colour } else { [90; 3] }).look;
    let bit = 1 << (2 * 16 + 5);
    let only = |word: usize, of: [u64; 6]| (0..6).all(|i| (of[i] & bit != 0) == (i == word));
    assert_eq!(look(|_, _| [90; 3]).look, [0; 6]);
    assert!(only(0, lamp([200; 3])), "{:x?}", lamp([200; 3]));
    // As light as the wall behind, but blue, or red.
    assert!(only(2, lamp([70, 80, 190])), "{:x?}", lamp([70, 80, 190]));
    assert!(only(4, lamp([160, 50, 70])), "{:x?}", lamp([160, 50, 70]));
    assert_eq!(look(|_, y| if y > 125 { [255, 0, 0] } else { [90; 3] }).look, [0; 6]);
}

#[test]
fn the_sky_is_as_bright_as_the_upper_third() {
    let witness = look(|_, y| if y < 60 { [180; 3] } else { [20; 3] });
    assert!(witness.sky_luma.abs_diff(180) <= 1 && witness.motion.is_none(), "{witness:?}");
}

#[test]
fn what_is_redacted_is_not_looked_at() {
    let area = PixelBox::from_edges([0.0, 0.0, 320.0, 180.0]);
    let noise = |seed: usize| {
        let pixel = move |i: usize| (i * 7_919 + seed * 104_729) % 251;
        let rgb = (0..3 * SIZE.0 * SIZE.1).map(|i| pixel(i) as u8).collect();
        let image = RawImage::from_rgb(SIZE.0 as u32, SIZE.1 as u32, rgb).unwrap();
        image.redact(&[area], EncodeSettings::default()).unwrap()
    };
    assert_eq!(noise(1).witness().sky_luma, noise(2).witness().sky_luma);
}

proptest! {
    #[test]
    fn a_mirror_turns_the_bits_of_odd_waves_and_no_others(seed: u64) {
        let (there, mirrored) = (street(seed), street(seed));
        let (one, other) = (look(there), look(move |x, y| mirrored(SIZE.0 - 1 - x, y)));
        // Where a wave is all but absent, its sign is anything.
        prop_assert!((one.hash ^ other.hash ^ 0xaaaa_aaaa_aaaa_aaaa).count_ones() <= 4);
        prop_assert!(one.hash & 1 == 0 && one.inner_hash & 1 == 0);
    }

    #[test]
    fn noise_and_exposure_change_few_bits_and_another_street_many(seed: u64, gain in 80_usize..110, noise in 0_usize..12) {
        let (plain, changed) = (look(street(seed)), street(seed));
        let changed = look(move |x, y| {
            changed(x, y).map(|luma| (usize::from(luma) * gain / 100 + (x * 31 + y * 17) % (noise + 1)).min(255) as u8)
        });
        prop_assert!((plain.hash ^ changed.hash).count_ones() <= 7);
        // Two streets are alike now and then, but not one and many others.
        let others = (1..8).map(|n: u64| look(street(seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))));
        prop_assert!(others.filter(|other| (plain.hash ^ other.hash).count_ones() < 8).count() <= 1);
    }

    #[test]
    fn a_step_aside_in_other_light_looks_more_alike_than_another_street(
        seed: u64, aside in 0_usize..5, light in proptest::array::uniform3(40_usize..64),
    ) {
        let plain = look(painted(seed, 0, [64; 3]));
        let (same, other) = (look(painted(seed, aside, light)), look(painted(!seed.rotate_left(31), 0, [64; 3])));
        let (near, far) = (looks_apart(&plain, &same), looks_apart(&plain, &other));
        prop_assert!(near < far && near <= 120, "{near} {far}");
    }
}
