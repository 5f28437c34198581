//! Refusals for what the manifest is, says, or is signed by: a test for every reason.

use std::fs;

use waymark_datasets::Reason;
use waymark_ingest::{Admission, DeviceKey, registry};

use crate::world::World;

#[tokio::test]
async fn a_bundle_without_a_readable_manifest() {
    let mut world = World::new().await;
    let row = world.assert_refused(&world.path("nowhere"), Reason::BundleUnreadable).await;
    assert_eq!((row.clip_id, row.device_id, row.driver, row.captured_at_ms), (None, None, None, None));
    let file = world.write("file", b"x");
    world.assert_refused(&file, Reason::BundleUnreadable).await;
    let bundle = world.write("empty/x.jpg", b"x");
    world.assert_refused(bundle.parent().unwrap(), Reason::BundleUnreadable).await;
    world.settings.manifest_max_bytes = 10;
    world.write("large/manifest.jws", &[b'x'; 11]);
    world.assert_refused(&world.path("large"), Reason::BundleUnreadable).await;
}

#[tokio::test]
async fn a_manifest_that_is_none() {
    let world = World::new().await;
    let signed = world.signed_stills();
    for text in ["", "x", "a.b.c", "e30.e30.e30"] {
        fs::write(signed.bundle.join("manifest.jws"), text).unwrap();
        world.assert_refused(&signed.bundle, Reason::ManifestMalformed).await;
    }
}

#[tokio::test]
async fn a_manifest_that_is_signed_and_says_nonsense() {
    let world = World::new().await;
    type Edit = fn(&mut serde_json::Value);
    let edits: [Edit; 11] = [
        |json| json["version"] = 2.into(),
        |json| json["extra"] = 1.into(),
        |json| json["camera"]["extra"] = 1.into(),
        |json| json["sequence"] = 1.into(),
        |json| json["clip_id"] = "x".into(),
        |json| json["driver"] = "Ana".into(),
        |json| json["captured"]["end_ms"] = 1.into(),
        |json| json["captured"]["start_ms"] = (-1).into(),
        |json| json["camera"]["hfov_deg"] = 0.into(),
        |json| json["media"][0]["type"] = "jpeg".into(),
        |json| json["media"][0]["kind"] = "hologram".into(),
    ];
    for (i, edit) in edits.into_iter().enumerate() {
        let bundle = world.sign(&[&world.stills()], &format!("{i}")).unwrap().bundle;
        world.resign(&bundle, edit);
        world.assert_refused(&bundle, Reason::ManifestMalformed).await;
    }
}

#[tokio::test]
async fn a_manifest_with_one_byte_changed() {
    let world = World::new().await;
    let signed = world.signed_stills();
    let path = signed.bundle.join("manifest.jws");
    let jws = fs::read_to_string(&path).unwrap();
    let (header, rest) = jws.split_once('.').unwrap();
    let swap = |text: &str, at: usize| {
        let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
        format!("{}{other}{}", &text[..at], &text[at + 1..])
    };
    fs::write(&path, format!("{header}.{}", swap(rest, 40))).unwrap();
    let row = world.assert_refused(&signed.bundle, Reason::SignatureInvalid).await;
    assert_eq!(row.device_id, None, "a claim that is not proven is not written down");
    fs::write(&path, swap(&jws, jws.len() - 40)).unwrap();
    world.assert_refused(&signed.bundle, Reason::SignatureInvalid).await;
}

#[tokio::test]
async fn a_device_that_is_unknown_or_revoked() {
    let world = World::unenrolled();
    let signed = world.signed_stills();
    let row = world.assert_refused(&signed.bundle, Reason::DeviceUnknown).await;
    assert_eq!((row.device_id.as_ref(), row.driver), (Some(world.key.device_id()), None));
    let payout = crate::world::PAYOUT.parse().unwrap();
    registry::enrol(&world.store, &world.driver, world.key.device_id(), payout).await.unwrap();
    registry::revoke(&world.store, world.key.device_id(), world.now).await.unwrap();
    world.assert_refused(&signed.bundle, Reason::DeviceRevoked).await;
}

#[tokio::test]
async fn a_driver_that_the_device_does_not_belong_to() {
    let world = World::new().await;
    let mut request = world.request(&[], "bundle");
    request.inputs = vec![world.stills()];
    request.driver = "ben".parse().unwrap();
    let signed = waymark_ingest::sign_clip(&request, &crate::footage::probe).unwrap();
    let row = world.assert_refused(&signed.bundle, Reason::DriverMismatch).await;
    assert_eq!(row.driver, Some(world.driver.clone()), "the one who is known, not the one who is claimed");
}

#[tokio::test]
async fn a_clip_id_that_does_not_follow_from_device_and_media() {
    let mut world = World::new().await;
    let signed = world.signed_stills();
    world.resign(&signed.bundle, |json| json["clip_id"] = "0".repeat(32).into());
    world.assert_refused(&signed.bundle, Reason::ClipIdMismatch).await;
    // Another enrolled device cannot sign what this one filmed and keep the clip's name.
    let signed = world.sign(&[&world.path("stills")], "stolen").unwrap();
    world.key = DeviceKey::from_seed(&[8; 32]).unwrap();
    let payout = crate::world::PAYOUT.parse().unwrap();
    registry::enrol(&world.store, &world.driver, world.key.device_id(), payout).await.unwrap();
    world.resign(&signed.bundle, |_| ());
    world.assert_refused(&signed.bundle, Reason::ClipIdMismatch).await;
}

#[tokio::test]
async fn a_second_manifest_for_a_clip_that_landed() {
    let world = World::new().await;
    let signed = world.signed_stills();
    assert!(matches!(world.admit(&signed.bundle).await, Admission::Landed(_)));
    world.resign(&signed.bundle, |json| json["camera"]["model"] = "Another".into());
    world.assert_refused(&signed.bundle, Reason::ClipIdTaken).await;
}
