//! The manifest comes first: it is judged before a byte of media.

use std::fs;

use reqwest::StatusCode;
use waymark_datasets::rows::Verdict;
use waymark_datasets::{Reason, UtcMillis};
use waymark_ingest::{DeviceKey, registry};

use crate::footage::probe;
use crate::server::{Server, assert_problem, json};
use crate::world::{World, contents};

#[tokio::test]
async fn a_manifest_is_answered_with_where_its_files_go() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    let manifest = fs::read(signed.bundle.join("manifest.jws")).unwrap();
    let created = server.post(manifest.clone()).await;
    assert_eq!(created.status(), StatusCode::CREATED);
    assert_eq!(created.headers()["location"], format!("/v1/clips/{}", signed.clip_id));
    let first = json(created).await;
    assert_eq!((&first["clip"], &first["state"]), (&signed.clip_id.to_string().into(), &"awaiting_media".into()));
    let files: Vec<_> = first["media"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(files, ["film.mp4", "film.csv"]);
    for (file, entry) in first["media"].as_array().unwrap().iter().zip(&signed.media) {
        assert_eq!((&file["size_bytes"], &file["offset"]), (&entry.size_bytes.into(), &0.into()));
        let url = format!("{}{}", server.url, file["upload_url"].as_str().unwrap());
        assert_eq!(server.offset(&url).await, 0);
    }
    let again = server.post(manifest).await;
    assert_eq!(again.status(), StatusCode::OK);
    assert_eq!(json(again).await, first, "the same manifest has the same answer");
}

#[tokio::test]
async fn a_clip_that_landed_is_not_uploaded_again() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    server.upload(&signed).await;
    let before = (contents(&world.store).await, contents(&world.inbox).await);
    for _ in 0..3 {
        let answer = server.announce(&signed).await;
        assert_eq!(answer["state"], "landed");
        assert!(answer["media"].as_array().unwrap().iter().all(|file| file["offset"] == file["size_bytes"]));
    }
    assert_eq!((contents(&world.store).await, contents(&world.inbox).await), before);
}

#[tokio::test]
async fn another_manifest_of_the_same_clip_is_a_conflict_before_and_after_it_lands() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let film = world.film();
    let one = world.sign(&[&film], "one").unwrap();
    let mut request = world.request(&[&film], "two");
    request.camera.model = "Another".into();
    let two = waymark_ingest::sign_clip(&request, &probe).unwrap();
    assert_eq!(one.clip_id, two.clip_id);
    server.announce(&one).await;
    let manifest = fs::read(two.bundle.join("manifest.jws")).unwrap();
    for has_landed in [false, true] {
        if has_landed {
            server.upload(&one).await;
        }
        let conflict = server.post(manifest.clone()).await;
        assert_problem(&conflict, 409);
        assert_eq!(json(conflict).await["reason"], "clip_id_taken");
    }
}

#[tokio::test]
async fn of_many_that_post_one_manifest_at_once_one_opens_the_upload() {
    for _ in 0..10 {
        let world = World::new().await;
        let server = Server::start(&world).await;
        let signed = world.signed_film();
        let manifest = fs::read(signed.bundle.join("manifest.jws")).unwrap();
        let answers = futures::future::join_all((0..8).map(|_| server.post(manifest.clone()))).await;
        let created = answers.iter().filter(|answer| answer.status() == StatusCode::CREATED).count();
        assert!(created == 1 && answers.iter().all(|answer| answer.status().is_success()), "{answers:?}");
    }
}

#[tokio::test]
async fn strangers_are_refused_before_media_and_leave_a_verdict() {
    let world = World::unenrolled();
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    let unknown = server.post(fs::read(signed.bundle.join("manifest.jws")).unwrap()).await;
    assert_problem(&unknown, 403);
    assert_eq!(json(unknown).await["reason"], "device_unknown");
    let verdicts = world.verdicts().await;
    assert_eq!(verdicts.iter().map(|row| row.verdict).collect::<Vec<_>>(), [Verdict::Refused(Reason::DeviceUnknown)]);
    assert_eq!(verdicts[0].clip_id, Some(signed.clip_id), "which follows from the key that signed");
    assert!(world.inbox.list("uploads").await.unwrap().is_empty());
    assert_eq!(server.metric("waymark_refusals_total{reason=\"device_unknown\"}").await, "1");
}

#[tokio::test]
async fn a_revoked_device_is_refused_from_the_next_request_on() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    registry::revoke(&world.store, world.key.device_id(), world.now).await.unwrap();
    let revoked = server.post(fs::read(signed.bundle.join("manifest.jws")).unwrap()).await;
    assert_problem(&revoked, 403);
    assert_eq!(json(revoked).await["reason"], "device_revoked");
}

#[tokio::test]
async fn a_device_that_is_revoked_while_it_uploads_lands_nothing() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    let files = server.files(&signed).await;
    server.patch(&files[0].url, 0, &files[0].bytes).send().await.unwrap();
    registry::revoke(&world.store, world.key.device_id(), world.now).await.unwrap();
    server.patch(&files[1].url, 0, &files[1].bytes).send().await.unwrap();
    assert_eq!(server.landed.try_iter().count(), 0);
    let verdicts: Vec<Verdict> = world.verdicts().await.into_iter().map(|row| row.verdict).collect();
    assert_eq!(verdicts, [Verdict::Refused(Reason::DeviceRevoked)]);
}

#[tokio::test]
async fn what_an_enrolled_device_claims_wrongly_is_refused_and_filed() {
    type Edit = fn(&mut serde_json::Value);
    let mut world = World::new().await;
    let signed = world.signed_film();
    let edits: [(&str, u16, Edit); 5] = [
        ("driver_mismatch", 403, |json| json["driver"] = "bob".into()),
        ("clip_id_mismatch", 422, |json| json["clip_id"] = "0".repeat(32).into()),
        ("media_set_invalid", 422, |json| json["media"] = json["media"][1].take()),
        ("media_name_unsafe", 422, |json| json["media"][0]["name"] = "../x.mp4".into()),
        ("manifest_malformed", 400, |json| json["version"] = 2.into()),
    ];
    for (reason, status, edit) in edits {
        let server = Server::start(&world).await;
        let bundle = world.forge(reason, &[("a.mp4", b"x".to_vec()), ("a.csv", b"y".to_vec())], (0, 1));
        world.resign(&bundle, |json| {
            if reason == "media_set_invalid" {
                json["media"] = serde_json::json!([]);
            } else {
                edit(json);
            }
        });
        let refused = server.post(fs::read(bundle.join("manifest.jws")).unwrap()).await;
        let code = refused.status().as_u16();
        let problem = json(refused).await;
        if reason != "media_set_invalid" {
            assert_eq!((problem["reason"].as_str(), code), (Some(reason), status), "{problem}");
        }
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
    world.now = UtcMillis::try_from(signed.start.millis() - 400_000).unwrap();
    let server = Server::start(&world).await;
    let future = server.post(fs::read(signed.bundle.join("manifest.jws")).unwrap()).await;
    assert_problem(&future, 422);
    assert_eq!(json(future).await["reason"], "capture_in_future");
    assert!(world.verdicts().await.len() >= 3, "driver, clip id and time are filed");
}

#[tokio::test]
async fn a_signature_that_is_wrong_in_any_bit_is_refused() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    let manifest = fs::read(signed.bundle.join("manifest.jws")).unwrap();
    for at in (0..manifest.len()).step_by(manifest.len() / 40) {
        let mut damaged = manifest.clone();
        damaged[at] ^= 1;
        let status = server.post(damaged).await.status().as_u16();
        assert!([400, 403].contains(&status), "byte {at}: {status}");
    }
    let other = DeviceKey::from_seed(&[8; 32]).unwrap();
    let payload = waymark_ingest::jws::verify(&manifest, 1 << 20).unwrap().payload;
    assert_problem(&server.post(other.sign(&payload)).await, 403);
}

#[tokio::test]
async fn media_that_cannot_be_true_are_a_verdict_and_not_taken_twice() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let bundle = world.forge("b", &[("a.mp4", b"no film".to_vec()), ("a.csv", b"no track".to_vec())], (0, 1));
    let manifest = fs::read(bundle.join("manifest.jws")).unwrap();
    let opened = json(server.post(manifest.clone()).await).await;
    for file in opened["media"].as_array().unwrap() {
        let bytes = fs::read(bundle.join(file["name"].as_str().unwrap())).unwrap();
        let url = format!("{}{}", server.url, file["upload_url"].as_str().unwrap());
        assert_eq!(server.patch(&url, 0, &bytes).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    }
    let path = format!("/v1/clips/{}", opened["clip"].as_str().unwrap());
    let state = json(server.get_as(&world.key, &path).await).await;
    assert_eq!((&state["state"], &state["reason"]), (&"refused".into(), &"media_unreadable".into()));
    let again = server.post(manifest).await;
    assert_problem(&again, 422);
    assert_eq!(json(again).await["reason"], "media_unreadable");
}
