//! Faults of the manifest and of time: every tampered byte, every replay, every swap, every clock.

use std::fs;
use std::sync::atomic::Ordering;

use waymark_datasets::{Reason, UtcMillis};
use waymark_ingest::{Admission, DeviceKey, landed, registry};

use crate::footage::START_MS;
use crate::server::{Server, assert_problem, json};
use crate::world::{PAYOUT, World, contents};

#[tokio::test]
async fn a_manifest_with_any_byte_flipped_opens_nothing() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_stills();
    let manifest = fs::read(signed.bundle.join("manifest.jws")).unwrap();
    for at in 0..manifest.len() {
        let mut tampered = manifest.clone();
        tampered[at] ^= 1 << (at % 8);
        let refused = server.post(tampered).await.status().as_u16();
        assert!([400, 403, 429].contains(&refused), "byte {at}: {refused}");
        fs::write(signed.bundle.join("manifest.jws"), &manifest).unwrap();
    }
    assert!(world.inbox.list("uploads").await.unwrap().is_empty());
}

#[tokio::test]
async fn media_with_any_byte_changed_are_refused_and_the_true_ones_land_afterwards() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    let mut random = 20_261_121_u64;
    for _ in 0..40 {
        for file in server.files(&signed).await {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let mut bytes = file.bytes.clone();
            let at = (random >> 33) as usize % bytes.len();
            bytes[at] ^= 1 << ((random >> 20) % 8);
            server.patch(&file.url, 0, &bytes).send().await.unwrap();
        }
        let state = server.state(&world, &signed).await;
        assert_eq!((&state["state"], &state["reason"]), (&"refused".into(), &"media_mismatch".into()));
        assert!(world.inbox.list("clips").await.unwrap().is_empty());
    }
    server.upload(&signed).await;
    assert_eq!(server.announce(&signed).await["state"], "landed");
}

#[tokio::test]
async fn a_manifest_that_is_replayed_lands_once_in_a_row_at_once_and_after_a_restart() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    server.upload(&signed).await;
    let before = (contents(&world.store).await, contents(&world.inbox).await);
    let manifest = fs::read(signed.bundle.join("manifest.jws")).unwrap();
    for _ in 0..300 {
        assert_eq!(server.post(manifest.clone()).await.status(), 200);
    }
    let at_once = futures::future::join_all((0..100).map(|_| server.post(manifest.clone()))).await;
    assert!(at_once.iter().all(|answer| answer.status() == 200));
    assert_eq!(server.landed.try_iter().count(), 1);
    server.stop().await;
    let server = Server::start(&world).await;
    for _ in 0..100 {
        assert_eq!(server.post(manifest.clone()).await.status(), 200);
    }
    server.service.sweep().await.unwrap();
    assert_eq!(server.landed.try_iter().count(), 0);
    assert_eq!((contents(&world.store).await, contents(&world.inbox).await), before);
    assert!(matches!(world.admit(&signed.bundle).await, Admission::AlreadyLanded(_)), "nor in bulk");
}

#[tokio::test]
async fn a_signature_is_good_for_its_own_files_driver_and_device_alone() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let ben = DeviceKey::from_seed(&[9; 32]).unwrap();
    registry::enrol(&world.store, &"ben".parse().unwrap(), ben.device_id(), PAYOUT.parse().unwrap()).await.unwrap();
    let (film, stills) = (world.signed_film(), world.sign(&[&world.stills()], "stills-bundle").unwrap());
    let read = |bundle: &std::path::Path| fs::read_to_string(bundle.join("manifest.jws")).unwrap();
    let parts = |jws: &str| jws.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (one, other) = (parts(&read(&film.bundle)), parts(&read(&stills.bundle)));
    let swapped = format!("{}.{}.{}", one[0], one[1], other[2]);
    assert_problem(&server.post(swapped).await, 403);
    let moved = format!("{}.{}.{}", one[0], other[1], one[2]);
    assert_problem(&server.post(moved).await, 403);
    // Ben's device signs Ana's words: driver and clip id are not his.
    let payload = waymark_ingest::jws::verify(read(&film.bundle).as_bytes(), 1 << 20).unwrap().payload;
    let stolen = server.post(ben.sign(&payload)).await;
    assert_problem(&stolen, 403);
    assert_eq!(json(stolen).await["reason"], "driver_mismatch");
    let mut claims: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    claims["driver"] = "ben".into();
    let stolen = server.post(ben.sign(&serde_json::to_vec(&claims).unwrap())).await;
    assert_eq!(json(stolen).await["reason"], "clip_id_mismatch");
    // A valid manifest with other files of the same size.
    for file in server.files(&film).await {
        let others = vec![b'x'; file.bytes.len()];
        server.patch(&file.url, 0, &others).send().await.unwrap();
    }
    assert_eq!(server.state(&world, &film).await["reason"], "media_mismatch");
}

#[tokio::test]
async fn a_capture_is_never_later_than_now_whatever_the_clock_says() {
    const SECOND: i64 = 1_000;
    const DAY: i64 = 86_400 * SECOND;
    let mut world = World::new().await;
    world.settings.age_max_days = Some(3_000);
    let signed = world.signed_film();
    let manifest = fs::read(signed.bundle.join("manifest.jws")).unwrap();
    // How far the server's clock is from the start of the clip, and what comes of it.
    let skews = [
        (-SECOND, None),
        (-299 * SECOND, None),
        (-301 * SECOND, Some("capture_in_future")),
        (-DAY, Some("capture_in_future")),
        (-3_653 * DAY, Some("capture_in_future")),
        (SECOND, None),
        (2_999 * DAY, None),
        (3_001 * DAY, Some("capture_too_old")),
        (3_653 * DAY, Some("capture_too_old")),
    ];
    for (skew_ms, reason) in skews {
        let server = Server::start(&world).await;
        server.clock_ms.store(START_MS + skew_ms, Ordering::SeqCst);
        let answer = server.post(manifest.clone()).await;
        match reason {
            None => assert!(answer.status().is_success(), "{skew_ms}: {answer:?}"),
            Some(reason) => assert_eq!(json(answer).await["reason"], reason, "{skew_ms}"),
        }
        world.inbox.remove_below("uploads").await.unwrap();
    }
    assert_eq!(landed::list(&world.inbox).await.unwrap(), []);
}

#[tokio::test]
async fn captures_at_the_ends_of_time_are_decided_on_without_a_fault() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    for start_ms in [0, 1, 2_147_483_647_000, 2_147_483_648_000, 4_294_967_295_000, UtcMillis::MAX.millis()] {
        world.resign(&signed.bundle, |json| {
            json["captured"] = serde_json::json!({"start_ms": start_ms, "end_ms": start_ms});
        });
        let answer = server.post(fs::read(signed.bundle.join("manifest.jws")).unwrap()).await;
        assert!(!answer.status().is_server_error(), "{start_ms}: {answer:?}");
        let is_future = start_ms > world.now.millis() + 300_000;
        let is_taken = answer.status().is_success();
        assert!(!(is_future && is_taken), "{start_ms}");
        world.inbox.remove_below("uploads").await.unwrap();
    }
    for text in ["-1", "7258118400000", "9223372036854775808", "1e400", "null", "\"1\"", "1.5"] {
        let payload = waymark_ingest::jws::verify(&fs::read(signed.bundle.join("manifest.jws")).unwrap(), 1 << 20);
        let json_text = String::from_utf8(payload.unwrap().payload).unwrap();
        let start = json_text.find("\"start_ms\":").unwrap() + "\"start_ms\":".len();
        let end = start + json_text[start..].find(',').unwrap();
        let bent = format!("{}{text}{}", &json_text[..start], &json_text[end..]);
        let refused = server.post(world.key.sign(bent.as_bytes())).await;
        assert_problem(&refused, 400);
        assert_eq!(json(refused).await["reason"], Reason::ManifestMalformed.code(), "{text}");
    }
}
