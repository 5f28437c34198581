//! Devices that are trusted no more: on every node, and whatever becomes of the list.

use waymark_datasets::DeviceId;
use waymark_ingest::receipt::ServerKey;
use waymark_ingest::{DeviceKey, denylist, registry};

use crate::chains::manifest;
use crate::http_devices::{assert_refused, at_once, key};
use crate::server::{Server, assert_problem};
use crate::world::World;

async fn deny(world: &World, device: &DeviceId) {
    let key = ServerKey::load(&world.inbox).await.unwrap().unwrap();
    denylist::deny(&world.store, &key, device, world.now).await.unwrap();
}

#[tokio::test]
async fn a_revocation_holds_on_every_node_from_the_next_request_on() {
    let world = World::new().await;
    let nodes = [Server::start(&world).await, Server::start(&world).await];
    let clip = world.signed_film();
    for node in &nodes {
        assert!(node.announce(&clip).await["state"].is_string());
    }
    registry::revoke(&world.store, world.key.device_id(), world.now).await.unwrap();
    for node in &nodes {
        assert_refused(node.post(manifest(&clip.bundle)).await, 403, "device_revoked").await;
        assert_problem(&node.get_as(&world.key, &format!("/v1/clips/{}", clip.clip_id)).await, 401);
    }
}

#[tokio::test]
async fn a_device_on_the_denylist_lands_nothing_whatever_the_registry_says() {
    let world = World::new().await;
    let server = Server::start_with(&world, at_once()).await;
    let clip = world.signed_film();
    let files = server.files(&clip).await;
    deny(&world, world.key.device_id()).await;
    assert_refused(server.post(manifest(&clip.bundle)).await, 403, "device_revoked").await;
    for file in &files {
        server.patch(&file.url, 0, &file.bytes).send().await.unwrap();
    }
    assert_eq!(server.landed.try_iter().count(), 0);
    assert!(registry::device(&world.store, world.key.device_id()).await.unwrap().unwrap().revoked_at_ms.is_none());
}

#[tokio::test]
async fn a_denylist_that_cannot_be_believed_closes_the_server_for_new_clips() {
    let other = ServerKey::load_or_create(&World::new().await.inbox).await.unwrap();
    for damage in 0..5 {
        let world = World::new().await;
        let server = Server::start_with(&world, at_once()).await;
        deny(&world, key(9).device_id()).await;
        let newest = "registry/denylist/0000000001.jws";
        let signed = world.store.get(newest).await.unwrap().unwrap();
        let ready = || server.http.get(format!("{}/readyz", server.url)).send();
        assert_eq!(ready().await.unwrap().status(), 200);
        match damage {
            0 => world.store.put(newest, "garbage".into()).await.unwrap(),
            1 => world.store.put(newest, signed.slice(..signed.len() - 4)).await.unwrap(),
            // An older version under the newer name, or in place of it.
            2 => {
                let older = world.store.get("registry/denylist/0000000000.jws").await.unwrap().unwrap();
                world.store.put(newest, older).await.unwrap();
            }
            3 => world.store.remove(newest).await.unwrap(),
            _ => {
                let elsewhere = World::new().await;
                denylist::begin(&elsewhere.store, &other, world.now).await.unwrap();
                denylist::deny(&elsewhere.store, &other, key(3).device_id(), world.now).await.unwrap();
                let foreign = elsewhere.store.get(newest).await.unwrap().unwrap();
                world.store.put(newest, foreign).await.unwrap();
            }
        }
        let clip = world.signed_film();
        let closed = server.post(manifest(&clip.bundle)).await;
        assert!(closed.headers().contains_key("retry-after"), "damage {damage}: {closed:?}");
        assert_problem(&closed, 503);
        assert_problem(&ready().await.unwrap(), 503);
        let again = Server::start_with(&world, at_once()).await;
        if damage < 3 {
            assert_problem(&again.post(manifest(&clip.bundle)).await, 503);
        }
        world.store.put(newest, signed).await.unwrap();
        assert_eq!(ready().await.unwrap().status(), 200, "damage {damage}");
        assert_eq!(server.post(manifest(&clip.bundle)).await.status(), 201);
    }
}

#[tokio::test]
async fn many_who_write_the_denylist_at_once_lose_nothing() {
    let world = World::new().await;
    let server_key = ServerKey::load_or_create(&world.inbox).await.unwrap();
    let keys: Vec<DeviceKey> = (30..38).map(key).collect();
    let denied = keys.iter().map(|key| denylist::deny(&world.store, &server_key, key.device_id(), world.now));
    futures::future::join_all(denied).await.into_iter().for_each(|list| assert!(list.is_ok()));
    let list = denylist::current(&world.store, &server_key).await.unwrap().unwrap();
    assert!(keys.iter().all(|key| list.has(key.device_id())) && list.devices.len() == 8);
    assert_eq!(list.number, 7, "each version has one more");
}

#[tokio::test]
async fn bulk_admission_believes_the_denylist_too() {
    let world = World::new().await;
    assert_eq!(denylist::in_force(&world.store, &world.inbox).await.unwrap(), denylist::Denylist::default());
    let server_key = ServerKey::load_or_create(&world.inbox).await.unwrap();
    denylist::deny(&world.store, &server_key, world.key.device_id(), world.now).await.unwrap();
    assert!(denylist::in_force(&world.store, &world.inbox).await.unwrap().has(world.key.device_id()));
    world.inbox.remove("keys/server.pem").await.unwrap();
    assert!(denylist::in_force(&world.store, &world.inbox).await.is_err(), "nobody can tell whose it is");
}
