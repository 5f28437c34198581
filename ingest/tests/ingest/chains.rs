//! What a device remembers of what it signed.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use waymark_datasets::{ClipId, DeviceId, Digest};
use waymark_ingest::chain::Chain;
use waymark_ingest::{SignError, SignedClip, sign_clip};

use crate::footage::{csv, drive, film, probe};
use crate::world::World;

/// Signs film `number`, whose bytes are its own, into a bundle of its own.
pub fn sign(world: &World, number: u8, out: &str) -> SignedClip {
    let video = world.write(&format!("{number}/film.mp4"), &film(5_000 + u64::from(number), None));
    world.write(&format!("{number}/film.csv"), &csv(&drive(20)));
    let mut request = world.request(&[&video], out);
    request.chain = Some(world.path("chain.json"));
    sign_clip(&request, &probe).unwrap()
}

pub fn manifest(bundle: &Path) -> Vec<u8> {
    fs::read(bundle.join("manifest.jws")).unwrap()
}

#[test]
fn each_manifest_names_the_one_before() {
    let world = World::unenrolled();
    let clips: Vec<SignedClip> = (0..3).map(|i| sign(&world, i, &format!("out{i}"))).collect();
    for (i, clip) in clips.iter().enumerate() {
        let payload = waymark_ingest::jws::verify(&manifest(&clip.bundle), 1 << 20).unwrap().payload;
        let signed = waymark_ingest::Manifest::parse(&payload).unwrap();
        assert_eq!(signed.sequence, i as u64);
        assert_eq!(signed.previous, i.checked_sub(1).map(|before| clips[before].manifest_sha256));
    }
}

#[test]
fn the_same_footage_signed_again_gives_the_same_bytes() {
    let world = World::unenrolled();
    let first = sign(&world, 0, "a");
    sign(&world, 1, "b");
    let again = sign(&world, 0, "c");
    assert_eq!(manifest(&first.bundle), manifest(&again.bundle));
    assert_eq!(Chain::load(&world.path("chain.json")).unwrap().entries().len(), 2);
}

#[test]
fn the_same_footage_is_not_signed_with_other_words() {
    let world = World::unenrolled();
    sign(&world, 0, "a");
    let mut request = world.request(&[], "b");
    request.inputs = vec![world.path("0/film.mp4")];
    request.chain = Some(world.path("chain.json"));
    request.camera.model = "Another".into();
    assert!(matches!(sign_clip(&request, &probe), Err(SignError::SignedDifferently(_))));
}

#[test]
fn a_chain_that_is_damaged_is_not_built_upon() {
    let world = World::unenrolled();
    let path = world.write("chain.json", br#"[{"clip_id":"00000000000000000000000000000000","sequence":1}]"#);
    assert!(matches!(Chain::load(&path), Err(SignError::Chain { .. })));
    let digest = Digest::of(b"");
    let gap = format!(r#"[{{"clip_id":"{}","sequence":4,"manifest_sha256":"{digest}"}}]"#, "0".repeat(32));
    let path = world.write("chain.json", gap.as_bytes());
    assert!(matches!(Chain::load(&path), Err(SignError::Chain { .. })));
}

proptest! {
    #[test]
    fn places_never_move_whatever_is_signed_in_which_order(order in prop::collection::vec(0..12_u8, 1..60)) {
        let device: DeviceId = "A".repeat(43).parse().unwrap();
        let clip = |i: u8| ClipId::derive(&device, &[Digest::of(&[i])]);
        let mut chain = Chain::default();
        let mut places = std::collections::BTreeMap::new();
        for i in order {
            let place = chain.place_of(clip(i));
            let first = *places.entry(i).or_insert((place.sequence, place.previous));
            prop_assert_eq!(first, (place.sequence, place.previous));
            prop_assert_eq!(chain.append(clip(i), Digest::of(&[i, 1])), place.signed.is_none());
        }
        prop_assert_eq!(chain.entries().len(), places.len());
        let path = tempfile::TempDir::new().unwrap();
        let path = path.path().join("chain.json");
        chain.save(&path).unwrap();
        prop_assert_eq!(Chain::load(&path).unwrap(), chain);
    }
}
