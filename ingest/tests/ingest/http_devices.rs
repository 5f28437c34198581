//! Devices enrol themselves, and hand over to new keys.

use std::fs;

use reqwest::Response;
use waymark_ingest::http::ServeSettings;
use waymark_ingest::receipt::ServerKey;
use waymark_ingest::{DeviceKey, denylist, invitation, registry, rotation};

use crate::chains::{manifest, sign};
use crate::server::{Server, assert_problem, json};
use crate::world::{PAYOUT, World, contents};

const HOUR_MS: i64 = 3_600_000;

/// A world with a driver and no device yet, its server, and the server's key.
async fn invited() -> (World, Server, ServerKey) {
    let world = World::unenrolled();
    registry::add_driver(&world.store, &world.driver, PAYOUT.parse().unwrap()).await.unwrap();
    let server = Server::start_with(&world, at_once()).await;
    let key = ServerKey::load(&world.inbox).await.unwrap().unwrap();
    (world, server, key)
}

/// The denylist is read for every request.
pub fn at_once() -> ServeSettings {
    ServeSettings { disk_free_min_bytes: 0, denylist_max_age_s: 0, ..ServeSettings::default() }
}

async fn invite(world: &World, key: &ServerKey, hours: i64) -> String {
    invitation::invite(&world.store, key, &world.driver, world.now.plus_ms(hours * HOUR_MS)).await.unwrap()
}

async fn post(server: &Server, path: &str, jws: String) -> Response {
    let request = server.http.post(format!("{}{path}", server.url)).header("content-type", "application/jose");
    request.body(jws).send().await.unwrap()
}

async fn enrol(server: &Server, key: &DeviceKey, invitation: &str) -> Response {
    post(server, "/v1/devices", invitation::enrolment(key, invitation).unwrap()).await
}

pub async fn assert_refused(answer: Response, status: u16, reason: &str) {
    assert_problem(&answer, status);
    assert_eq!(json(answer).await["reason"], reason);
}

pub fn key(seed: u8) -> DeviceKey {
    DeviceKey::from_seed(&[seed; 32]).unwrap()
}

#[tokio::test]
async fn an_invitation_enrols_one_device_which_then_uploads() {
    let (world, server, server_key) = invited().await;
    let token = invite(&world, &server_key, 1).await;
    for _ in 0..2 {
        let answer = enrol(&server, &world.key, &token).await;
        assert_eq!(answer.status(), 201, "the same device may come again");
        let answer = json(answer).await;
        assert_eq!((&answer["device"], &answer["driver"]), (&world.key.device_id().as_str().into(), &"ana".into()));
    }
    server.upload(&world.signed_film()).await;
    assert_refused(enrol(&server, &key(8), &token).await, 409, "invitation_used").await;
    server.pass_hours(2);
    assert_eq!(enrol(&server, &world.key, &token).await.status(), 201, "it is enrolled, whatever the time");
}

#[tokio::test]
async fn of_many_devices_that_come_with_one_invitation_at_once_one_is_enrolled() {
    let (world, server, server_key) = invited().await;
    let token = invite(&world, &server_key, 1).await;
    let keys: Vec<DeviceKey> = (1..9).map(key).collect();
    let answers = futures::future::join_all(keys.iter().map(|key| enrol(&server, key, &token))).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(world.store.list("registry/devices").await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_invitation_that_is_late_bent_foreign_or_not_held_enrols_nobody() {
    let (world, server, server_key) = invited().await;
    let late = invite(&world, &server_key, 1).await;
    server.pass_hours(1);
    assert_refused(enrol(&server, &world.key, &late).await, 410, "invitation_expired").await;
    let good = invite(&world, &server_key, 9).await;
    let (_other, _other_server, other_key) = invited().await;
    let foreign = invite(&world, &other_key, 9).await;
    let bent = good.replacen('.', ".e", 1);
    let by_device = world.key.sign_as(waymark_ingest::jws::Kind::Invitation, b"{}");
    for token in [foreign, bent, by_device, "x".into(), String::new(), "a.b.c".into()] {
        assert_refused(enrol(&server, &world.key, &token).await, 403, "invitation_invalid").await;
    }
    // The token alone, or signed as something else, proves no key.
    for body in [good.clone(), world.key.sign(good.as_bytes()), String::new(), "x".repeat(8_000)] {
        assert_problem(&post(&server, "/v1/devices", body).await, 400);
    }
    assert_problem(&post(&server, "/v1/devices", "x".repeat(9_000)).await, 413);
    assert!(world.store.list("registry/devices").await.unwrap().is_empty());
    assert!(world.store.list("registry/invitations").await.unwrap().is_empty(), "none was used up");
}

#[tokio::test]
async fn a_device_of_another_driver_or_a_revoked_one_cannot_be_invited() {
    let (world, server, server_key) = invited().await;
    let ben = "ben".parse().unwrap();
    registry::enrol(&world.store, &ben, world.key.device_id(), PAYOUT.parse().unwrap()).await.unwrap();
    let token = invite(&world, &server_key, 1).await;
    assert_refused(enrol(&server, &world.key, &token).await, 409, "device_taken").await;
    denylist::deny(&world.store, &server_key, key(8).device_id(), world.now).await.unwrap();
    assert_refused(enrol(&server, &key(8), &token).await, 403, "device_revoked").await;
    assert_eq!(enrol(&server, &key(9), &token).await.status(), 201, "and the invitation is still good");
}

#[tokio::test]
async fn a_driver_who_is_not_there_is_not_invited() {
    let (world, _server, server_key) = invited().await;
    let nobody = "nobody".parse().unwrap();
    let refused = invitation::invite(&world.store, &server_key, &nobody, world.now).await;
    assert!(matches!(refused, Err(waymark_ingest::Error::DriverUnknown(_))));
}

async fn rotate(server: &Server, old: &DeviceKey, new: &DeviceKey) -> Response {
    let path = format!("/v1/devices/{}/rotation", old.device_id());
    post(server, &path, rotation::statement(old, new, server.now()).unwrap()).await
}

#[tokio::test]
async fn a_key_hands_over_and_what_it_signed_is_taken_within_the_grace_alone() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let clips: Vec<_> = (0..3).map(|i| sign(&world, i, &format!("out{i}"))).collect();
    let in_flight = server.files(&clips[0]).await;
    let late = server.files(&clips[1]).await;
    let new = key(8);
    for _ in 0..2 {
        let answer = rotate(&server, &world.key, &new).await;
        assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
    }
    for file in &in_flight {
        server.patch(&file.url, 0, &file.bytes).send().await.unwrap();
    }
    assert_eq!(server.announce(&clips[0]).await["state"], "landed", "its upload was in flight");
    assert_eq!(server.get_as(&new, &format!("/v1/clips/{}", clips[0].clip_id)).await.status(), 200);
    server.pass_hours(48);
    assert_refused(server.post(manifest(&clips[2].bundle)).await, 409, "device_rotated").await;
    for file in &late {
        server.patch(&file.url, 0, &file.bytes).send().await.unwrap();
    }
    assert_eq!(server.landed.try_iter().count(), 1, "the grace was over when it was complete");
    assert_problem(&server.get_as(&world.key, &format!("/v1/clips/{}", clips[0].clip_id)).await, 401);
    let entry = rotation::of(&world.store, world.key.device_id()).await.unwrap().unwrap();
    assert_eq!((&entry.from, &entry.to), (world.key.device_id(), new.device_id()), "an audit entry is kept");
    let signed = waymark_ingest::jws::verify_as(waymark_ingest::jws::Kind::Rotation, entry.statement.as_bytes(), 9_000);
    assert_eq!(&signed.unwrap().device_id, world.key.device_id(), "with what the old key signed");
}

#[tokio::test]
async fn the_new_key_uploads_for_the_same_driver_in_a_chain_of_its_own() {
    let mut world = World::new().await;
    let server = Server::start(&world).await;
    server.upload(&sign(&world, 0, "a")).await;
    let old = std::mem::replace(&mut world.key, key(8));
    assert_eq!(rotate(&server, &old, &world.key).await.status(), 200);
    fs::remove_file(world.path("chain.json")).unwrap();
    server.upload(&sign(&world, 1, "b")).await;
    assert_eq!(server.landed.try_iter().count(), 2);
}

#[tokio::test]
async fn a_rotation_needs_both_keys_now_and_happens_once() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let (stranger, new) = (key(7), key(8));
    assert_eq!(stranger.device_id(), world.key.device_id());
    let path = format!("/v1/devices/{}/rotation", world.key.device_id());
    let before = contents(&world.store).await;
    let old = rotation::statement(&world.key, &new, server.now().plus_ms(-HOUR_MS)).unwrap();
    assert_refused(post(&server, &path, old).await, 403, "signature_invalid").await;
    // Signed by the new key alone, or without its consent.
    let consent = new.sign_as(waymark_ingest::jws::Kind::Rotation, b"{}");
    assert_problem(&post(&server, &path, consent).await, 400);
    let forged = serde_json::json!({"version": 1, "from": world.key.device_id(), "to": new.device_id(),
        "at_ms": server.now(), "consent": rotation::statement(&key(9), &new, server.now()).unwrap()});
    let forged = world.key.sign_as(waymark_ingest::jws::Kind::Rotation, &serde_json::to_vec(&forged).unwrap());
    assert_problem(&post(&server, &path, forged).await, 403);
    assert_refused(rotate(&server, &key(9), &new).await, 403, "device_unknown").await;
    assert_problem(&post(&server, &path, rotation::statement(&new, &world.key, server.now()).unwrap()).await, 404);
    assert_eq!(contents(&world.store).await, before);
    assert_eq!(rotate(&server, &world.key, &new).await.status(), 200);
    assert_refused(rotate(&server, &world.key, &key(10)).await, 409, "device_rotated").await;
    assert_refused(rotate(&server, &new, &world.key).await, 409, "device_rotated").await;
}

#[tokio::test]
async fn of_many_rotations_of_one_key_at_once_one_is_kept() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let keys: Vec<DeviceKey> = (20..28).map(key).collect();
    let answers = futures::future::join_all(keys.iter().map(|new| rotate(&server, &world.key, new))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status() == 200).count(), 1);
    assert_eq!(world.store.list("registry/devices").await.unwrap().len(), 2);
}
