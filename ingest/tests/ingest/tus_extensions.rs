//! Every MUST of the extensions of tus: creation, creation-with-upload, checksum, expiration, termination.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::{RequestBuilder, StatusCode};
use sha1::Digest as _;
use waymark_datasets::Digest;
use waymark_ingest::SignedClip;

use crate::server::{File, Server, assert_problem, number};
use crate::world::{World, contents};

fn metadata(signed: &SignedClip, file: &str) -> String {
    let clip = BASE64.encode(signed.clip_id.to_string());
    format!("clip {clip},filename {},filetype {}", BASE64.encode(file), BASE64.encode("text/csv"))
}

fn creation(server: &Server, signed: &SignedClip, file: &File) -> RequestBuilder {
    let request = server.tus("POST", &format!("{}/v1/uploads", server.url));
    request.header("upload-length", file.bytes.len()).header("upload-metadata", metadata(signed, &file.name))
}

#[tokio::test]
async fn creating_answers_with_the_address_and_head_with_what_was_said() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    let files = server.files(&signed).await;
    for file in &files {
        let created = creation(&server, &signed, file).send().await.unwrap();
        assert_eq!(created.status(), StatusCode::CREATED);
        let location = created.headers()["location"].to_str().unwrap();
        assert_eq!(format!("{}{location}", server.url), file.url);
        assert!(created.headers().contains_key("upload-expires"));
        let head = server.tus("HEAD", &file.url).send().await.unwrap();
        assert_eq!(head.headers()["upload-metadata"], metadata(&signed, &file.name));
        assert_eq!(server.offset(&file.url).await, 0);
    }
    server.upload(&signed).await;
    assert_eq!(server.landed.try_iter().collect::<Vec<_>>(), [signed.clip_id]);
}

#[tokio::test]
async fn creating_needs_a_length_that_is_one_and_is_the_signed_one() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    let file = &server.files(&signed).await[1];
    let create = || {
        let request = server.tus("POST", &format!("{}/v1/uploads", server.url));
        request.header("upload-metadata", metadata(&signed, &file.name))
    };
    assert_problem(&create().send().await.unwrap(), 400);
    assert_problem(&create().header("upload-defer-length", 1).send().await.unwrap(), 400);
    for wrong in ["-1", "", "x", "9223372036854775808", "99999999999999999999999"] {
        assert_problem(&create().header("upload-length", wrong).send().await.unwrap(), 400);
    }
    assert_problem(&create().header("upload-length", (512 << 20) + 1).send().await.unwrap(), 413);
    assert_problem(&create().header("upload-length", file.bytes.len() + 1).send().await.unwrap(), 422);
}

#[tokio::test]
async fn metadata_are_pairs_with_each_key_once() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    let file = &server.files(&signed).await[1];
    let good = metadata(&signed, &file.name);
    let unknown = |name: &str| metadata(&signed, name);
    let clip = BASE64.encode("0".repeat(32));
    for (text, status) in [
        ("".into(), 400),
        (",".into(), 400),
        (format!("{good},clip eA=="), 400),
        (format!("{good}, "), 400),
        (good.replace(',', " ,"), 201),
        (format!("{good},is_confidential"), 201),
        (good.replace("clip ", "klip "), 400),
        (good.replace("filename ", "name "), 201),
        (good.replace("clip ", "clip !"), 400),
        (format!("{good},{}", "x".repeat(5_000)), 400),
        (unknown("other.mp4"), 422),
        (unknown("../../film.csv"), 422),
        (format!("clip {clip},filename eA=="), 404),
        (format!("clip {},filename eA==", BASE64.encode("../x")), 404),
    ] {
        let request = server.tus("POST", &format!("{}/v1/uploads", server.url));
        let request = request.header("upload-length", file.bytes.len()).header("upload-metadata", &text);
        assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{text:?}");
    }
}

#[tokio::test]
async fn creating_may_bring_the_first_bytes() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    let files = server.files(&signed).await;
    let with = |file: &File, bytes: &[u8]| {
        let request = creation(&server, &signed, file).header("content-type", "application/offset+octet-stream");
        request.body(bytes.to_vec())
    };
    let part = with(&files[1], &files[1].bytes[..60]).send().await.unwrap();
    assert_eq!((part.status().as_u16(), number(&part, "upload-offset")), (201, 60));
    // Once something is there, the bytes that come along are not taken: the answer says where to go on.
    let again = with(&files[1], &files[1].bytes).send().await.unwrap();
    assert_eq!((again.status().as_u16(), number(&again, "upload-offset")), (201, 60));
    let rest = server.patch(&files[1].url, 60, &files[1].bytes[60..]).send().await.unwrap();
    assert_eq!(rest.status(), StatusCode::NO_CONTENT);
    let other = creation(&server, &signed, &files[0]).header("content-type", "text/plain").body("x");
    assert_eq!(other.send().await.unwrap().status(), StatusCode::CREATED);
    assert_eq!(server.offset(&files[0].url).await, 0);
    assert_problem(&with(&files[0], &[b'x'; 4_000]).send().await.unwrap(), 413);
    let whole = with(&files[0], &files[0].bytes).send().await.unwrap();
    assert_eq!((whole.status().as_u16(), number(&whole, "upload-offset")), (201, files[0].bytes.len() as u64));
    assert_eq!(server.landed.try_iter().count(), 1);
    let landed = with(&files[0], b"").send().await.unwrap();
    assert_eq!((landed.status().as_u16(), number(&landed, "upload-offset")), (201, files[0].bytes.len() as u64));
}

#[tokio::test]
async fn a_checksum_that_matches_is_taken_and_one_that_does_not_leaves_nothing() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let file = &server.files(&world.signed_film()).await[1];
    let sha1 = |bytes: &[u8]| format!("sha1 {}", BASE64.encode(sha1::Sha1::digest(bytes)));
    let sha256 = |bytes: &[u8]| format!("sha256 {}", BASE64.encode(Digest::of(bytes).as_bytes()));
    let send = |from: usize, to: usize, checksum: String| {
        let request = server.patch(&file.url, from as u64, &file.bytes[from..to]);
        request.header("upload-checksum", checksum).send()
    };
    for wrong in [sha1(b"other"), sha256(b"other"), sha256(&file.bytes[1..100])] {
        let answer = send(0, 100, wrong).await.unwrap();
        assert_problem(&answer, 460);
        assert_eq!(server.offset(&file.url).await, 0);
    }
    for odd in ["md5 eA==", "sha1", "sha1 eA==", "sha256 !", "", "SHA1 eA=="] {
        assert_problem(&send(0, 100, odd.into()).await.unwrap(), 400);
    }
    assert_eq!(send(0, 100, sha1(&file.bytes[..100])).await.unwrap().status(), StatusCode::NO_CONTENT);
    let rest = file.bytes.len();
    assert_eq!(send(100, rest, sha256(&file.bytes[100..])).await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(server.offset(&file.url).await, rest as u64);
}

#[tokio::test]
async fn what_is_not_complete_in_time_is_given_up() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    let file = &server.files(&signed).await[1];
    let answer = server.patch(&file.url, 0, &file.bytes[..10]).send().await.unwrap();
    // 2026-11-21T11:00:00Z and seven days, as RFC 9110 writes it.
    assert_eq!(answer.headers()["upload-expires"], "Sat, 28 Nov 2026 11:00:00 GMT");
    server.pass_hours(7 * 24 - 1);
    server.service.sweep().await.unwrap();
    assert_eq!(server.offset(&file.url).await, 10);
    server.pass_hours(1);
    assert_problem(&server.patch(&file.url, 10, b"x").send().await.unwrap(), 410);
    server.service.sweep().await.unwrap();
    assert_problem(&server.patch(&file.url, 10, b"x").send().await.unwrap(), 404);
    let left: Vec<String> = contents(&world.inbox).await.into_iter().map(|(path, _)| path).collect();
    // That it was announced today counts all the same.
    let left: Vec<String> = left.into_iter().filter(|path| !path.starts_with("quota/days/")).collect();
    assert_eq!(left, ["keys/server.pem"]);
    server.upload(&signed).await;
    assert_eq!(server.landed.try_iter().count(), 1, "and may be begun again");
}

#[tokio::test]
async fn a_terminated_upload_is_gone_with_all_that_it_held() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    let files = server.files(&signed).await;
    for file in &files {
        creation(&server, &signed, file).send().await.unwrap();
        server.patch(&file.url, 0, &file.bytes[..10]).send().await.unwrap();
    }
    assert_eq!(server.tus("DELETE", &files[0].url).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    for file in &files {
        assert_eq!(server.tus("HEAD", &file.url).send().await.unwrap().status(), StatusCode::NOT_FOUND);
        assert_problem(&server.patch(&file.url, 10, b"x").send().await.unwrap(), 404);
        assert_problem(&server.tus("DELETE", &file.url).send().await.unwrap(), 404);
    }
    let left: Vec<String> = contents(&world.inbox).await.into_iter().map(|(path, _)| path).collect();
    // That it was announced today counts all the same.
    let left: Vec<String> = left.into_iter().filter(|path| !path.starts_with("quota/days/")).collect();
    assert_eq!(left, ["keys/server.pem"]);
    server.upload(&signed).await;
    assert_problem(&server.tus("DELETE", &files[0].url).send().await.unwrap(), 403);
    assert_eq!(server.state(&world, &signed).await["state"], "landed");
}
