//! Nonces: a server knows its own again without keeping a list.

use std::fs;
use std::path::Path;

use waymark_ingest::http::ServeSettings;

use crate::server::{Server, assert_problem, json};
use crate::world::World;

fn strict() -> ServeSettings {
    ServeSettings { disk_free_min_bytes: 0, nonce_required: true, nonce_valid_s: 3_600, ..ServeSettings::default() }
}

async fn fetch(server: &Server) -> String {
    let answer = server.http.get(format!("{}/v1/nonce", server.url)).send().await.unwrap();
    json(answer).await["nonce"].as_str().unwrap().to_owned()
}

fn with_nonce(world: &World, bundle: &Path, nonce: &str) -> Vec<u8> {
    world.resign(bundle, |json| json["nonce"] = nonce.into());
    fs::read(bundle.join("manifest.jws")).unwrap()
}

#[tokio::test]
async fn a_clip_with_a_fresh_nonce_is_taken_and_one_without_is_not() {
    let world = World::new().await;
    let server = Server::start_with(&world, strict()).await;
    let clip = world.signed_film();
    let bare = server.post(fs::read(clip.bundle.join("manifest.jws")).unwrap()).await;
    assert_problem(&bare, 422);
    assert_eq!(json(bare).await["reason"], "nonce_missing");
    let nonce = fetch(&server).await;
    assert_eq!(server.post(with_nonce(&world, &clip.bundle, &nonce)).await.status(), 201);
    let reasons: Vec<String> = world.verdicts().await.iter().map(|row| row.verdict.to_string()).collect();
    assert_eq!(reasons, ["nonce_missing"]);
}

#[tokio::test]
async fn a_nonce_that_is_old_bent_or_of_another_server_is_stale() {
    let world = World::new().await;
    let server = Server::start_with(&world, strict()).await;
    let clip = world.signed_film();
    let old = fetch(&server).await;
    server.pass_hours(2);
    let elsewhere = World::new().await;
    let foreign = fetch(&Server::start(&elsewhere).await).await;
    let fresh = fetch(&server).await;
    let (time, rest) = fresh.split_once('.').unwrap();
    let later = format!("{}.{rest}", time.parse::<i64>().unwrap() + 1);
    let bent = format!("{time}.{}", rest.replacen(&rest[..1], if rest.starts_with('A') { "B" } else { "A" }, 1));
    for nonce in [old, foreign, later, bent, "x".into(), "..".into(), "9".repeat(200)] {
        let refused = server.post(with_nonce(&world, &clip.bundle, &nonce)).await;
        assert_problem(&refused, 422);
        assert_eq!(json(refused).await["reason"], "nonce_stale", "{nonce}");
    }
}

#[tokio::test]
async fn an_upload_that_is_open_goes_on_after_its_nonce_is_past() {
    let world = World::new().await;
    let server = Server::start_with(&world, strict()).await;
    let clip = world.signed_film();
    with_nonce(&world, &clip.bundle, &fetch(&server).await);
    let files = server.files(&clip).await;
    server.pass_hours(5);
    for file in files {
        server.patch(&file.url, 0, &file.bytes).send().await.unwrap();
    }
    assert_eq!(server.announce(&clip).await["state"], "landed");
}
