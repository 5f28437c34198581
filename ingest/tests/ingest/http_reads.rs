//! Reading is for the driver of a clip, by a token of a device; receipts and keys.

use reqwest::StatusCode;
use waymark_datasets::UtcMillis;
use waymark_datasets::rows::{Verdict, VerdictRow};
use waymark_datasets::table::write_rows;
use waymark_datasets::{Digest, Epoch, FrameId, Partition, Region, processed_key};
use waymark_ingest::access::access_token;
use waymark_ingest::jws::Kind;
use waymark_ingest::receipt::{self, Jwks};
use waymark_ingest::{DeviceKey, registry};

use crate::footage::{START_MS, drive};
use crate::server::{Server, assert_problem, json};
use crate::world::{PAYOUT, World};

#[tokio::test]
async fn a_receipt_names_the_clip_and_is_checked_with_the_servers_keys() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    server.upload(&signed).await;
    let path = format!("/v1/clips/{}/receipt", signed.clip_id);
    let answer = server.get_as(&world.key, &path).await;
    assert_eq!(
        (answer.status(), &answer.headers()["content-type"]),
        (StatusCode::OK, &"application/jose".parse().unwrap())
    );
    let compact = answer.bytes().await.unwrap();
    let jwks = server.http.get(format!("{}/.well-known/jwks.json", server.url)).send().await.unwrap();
    let jwks: Jwks = serde_json::from_value(json(jwks).await).unwrap();
    let said = receipt::verify(&compact, Some(&jwks)).unwrap().receipt;
    assert_eq!((said.clip_id, said.manifest_sha256), (signed.clip_id, signed.manifest_sha256));
    assert_eq!((&said.device_id, said.durable_at_ms), (world.key.device_id(), world.now));
    let digests: Vec<Digest> = said.media.iter().map(|media| media.sha256).collect();
    assert_eq!(digests, signed.media.iter().map(|entry| entry.sha256).collect::<Vec<_>>());
    server.pass_hours(5);
    assert_eq!(server.get_as(&world.key, &path).await.bytes().await.unwrap(), compact, "it never changes");
    let other = Server::start(&World::new().await).await;
    let jwks = other.http.get(format!("{}/.well-known/jwks.json", other.url)).send().await.unwrap();
    let jwks: Jwks = serde_json::from_value(json(jwks).await).unwrap();
    assert!(receipt::verify(&compact, Some(&jwks)).is_err(), "another server's key");
    for at in (0..compact.len()).step_by(compact.len() / 50) {
        let mut damaged = compact.to_vec();
        damaged[at] ^= 1;
        assert!(receipt::verify(&damaged, None).is_err(), "byte {at}");
    }
}

async fn keys(server: &Server) -> serde_json::Value {
    json(server.http.get(format!("{}/.well-known/jwks.json", server.url)).send().await.unwrap()).await
}

#[tokio::test]
async fn the_servers_key_outlives_the_server_and_stays_in_the_inbox() {
    let world = World::new().await;
    let first = keys(&Server::start(&world).await).await;
    assert_eq!(first, keys(&Server::start(&world).await).await);
    assert!(first["keys"][0].get("d").is_none() && first["keys"][0]["kid"].as_str().unwrap().len() == 43, "{first}");
    assert!(world.store.list("keys").await.unwrap().is_empty());
}

#[tokio::test]
async fn nobody_reads_without_a_fresh_token_of_an_enrolled_device() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    server.announce(&signed).await;
    let url = format!("{}/v1/clips/{}", server.url, signed.clip_id);
    let at = |ms: i64| UtcMillis::try_from(world.now.millis() + ms).unwrap();
    let token = |audience: &str, ms: i64| access_token(&world.key, audience, at(ms)).unwrap();
    let claims = |json: &str| world.key.sign_as(Kind::Access, json.as_bytes());
    let stranger = DeviceKey::from_seed(&[9; 32]).unwrap();
    let exp = world.now.millis() / 1_000 + 60;
    let wrong = [
        String::new(),
        "x".repeat(10_000),
        token("http://elsewhere", 0),
        token(&server.url, -331_000),
        token(&server.url, 31_000),
        claims(r#"{"sub":"x"}"#),
        claims(&format!(r#"{{"sub":"{}","aud":"{}","exp":{exp}}}"#, stranger.device_id(), server.url)),
        claims(&format!(r#"{{"sub":"{}","aud":"{}","exp":9e99}}"#, world.key.device_id(), server.url)),
        world
            .key
            .sign(format!(r#"{{"sub":"{}","aud":"{}","exp":{exp}}}"#, world.key.device_id(), server.url).as_bytes()),
        access_token(&stranger, &server.url, world.now).unwrap(),
    ];
    for token in wrong {
        let answer = server.http.get(&url).bearer_auth(&token).send().await.unwrap();
        assert_problem(&answer, 401);
        assert!(answer.headers().contains_key("www-authenticate"), "{token}");
    }
    assert_problem(&server.http.get(&url).send().await.unwrap(), 401);
    assert_problem(&server.http.get(&url).basic_auth("a", Some("b")).send().await.unwrap(), 401);
    for skew_ms in [-320_000, -1_000, 0, 29_000] {
        let answer = server.http.get(&url).bearer_auth(token(&server.url, skew_ms)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{skew_ms}");
    }
    registry::revoke(&world.store, world.key.device_id(), world.now).await.unwrap();
    assert_problem(&server.get_as(&world.key, &format!("/v1/clips/{}", signed.clip_id)).await, 401);
}

#[tokio::test]
async fn a_clip_of_another_driver_is_not_there() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    let bob = DeviceKey::from_seed(&[9; 32]).unwrap();
    registry::enrol(&world.store, &"bob".parse().unwrap(), bob.device_id(), PAYOUT.parse().unwrap()).await.unwrap();
    let second = DeviceKey::from_seed(&[10; 32]).unwrap();
    registry::enrol(&world.store, &world.driver, second.device_id(), PAYOUT.parse().unwrap()).await.unwrap();
    for announce_only in [true, false] {
        if announce_only {
            server.announce(&signed).await;
        } else {
            server.upload(&signed).await;
        }
        for path in ["", "/receipt"] {
            let path = format!("/v1/clips/{}{path}", signed.clip_id);
            assert_problem(&server.get_as(&bob, &path).await, 404);
        }
        let path = format!("/v1/clips/{}", signed.clip_id);
        assert_eq!(server.get_as(&second, &path).await.status(), StatusCode::OK, "a driver has many devices");
    }
    for odd in ["x", "%2e%2e%2f", "..%2f..", &"0".repeat(32)] {
        assert_problem(&server.get_as(&world.key, &format!("/v1/clips/{odd}")).await, 404);
    }
}

#[tokio::test]
async fn a_clip_that_was_processed_has_the_verdict_on_each_frame() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    server.upload(&signed).await;
    let first = drive(1)[0];
    let row = |index: u32, verdict, detail: &str| VerdictRow {
        clip_id: Some(signed.clip_id),
        frame_id: Some(FrameId::derive(signed.clip_id, index)),
        frame_index: Some(index),
        device_id: None,
        driver: None,
        captured_at_ms: Some(START_MS.try_into().unwrap()),
        verdict,
        detail: detail.into(),
        manifest_sha256: signed.manifest_sha256,
    };
    let refused = Verdict::Refused(waymark_datasets::Reason::FrameUndecodable);
    let rows = [row(0, Verdict::Accepted, ""), row(7, refused, "no picture")];
    let at = Partition::of(Epoch::of(first.at), Region::at(first.position));
    write_rows(&world.store, at, &signed.clip_id.to_string(), &rows).await.unwrap();
    assert_eq!(server.state(&world, &signed).await["state"], "landed", "not before its record is there");
    world.store.put(&processed_key(signed.clip_id), "{}".into()).await.unwrap();
    let state = server.state(&world, &signed).await;
    assert_eq!(state["state"], "processed");
    let frames: Vec<_> = state["frames"].as_array().unwrap().iter().map(|f| (&f["index"], &f["verdict"])).collect();
    assert_eq!(frames, [(&0.into(), &"accepted".into()), (&7.into(), &"frame_undecodable".into())]);
}

#[tokio::test]
async fn whoever_runs_it_sees_whether_it_lives_and_what_it_did() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let get = |path: &str| server.http.get(format!("{}{path}", server.url)).send();
    assert_eq!(get("/healthz").await.unwrap().status(), StatusCode::OK);
    assert_eq!(get("/readyz").await.unwrap().status(), StatusCode::OK);
    server.upload(&world.signed_film()).await;
    assert_eq!(server.metric("waymark_clips_landed_total").await, "1");
    let patches = "{method=\"PATCH\",route=\"/v1/clips/{clip}/media/{sha256}\",status=\"204\"}";
    assert_eq!(server.metric(&format!("waymark_http_answers_total{patches}")).await, "2");
    assert_eq!(server.metric("waymark_backlog_clips").await, "0");
}
