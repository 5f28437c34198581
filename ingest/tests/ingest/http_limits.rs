//! What one device and one address may ask for.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use bytes::Bytes;
use reqwest::Response;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use waymark_datasets::{MediaFacts, Reason, Rejection};
use waymark_ingest::http::{LimitSettings, ServeSettings};
use waymark_ingest::{DeviceKey, Manifest, SignedClip, jws, registry};

use crate::chains::{manifest, sign};
use crate::footage::probe;
use crate::server::{Server, assert_problem, json, number};
use crate::world::{PAYOUT, World};

fn limited(limits: LimitSettings) -> ServeSettings {
    ServeSettings { disk_free_min_bytes: 0, limits, ..ServeSettings::default() }
}

async fn assert_held_back(server: &Server, clip: &SignedClip, reason: &str) -> u64 {
    let answer = server.post(manifest(&clip.bundle)).await;
    assert_problem(&answer, 429);
    let seconds = number(&answer, "retry-after");
    assert_eq!(json(answer).await["reason"], reason);
    seconds
}

#[tokio::test]
async fn a_device_may_announce_so_many_clips_a_day() {
    let world = World::new().await;
    let limits = LimitSettings { clips_per_day_max: 2, ..LimitSettings::default() };
    let server = Server::start_with(&world, limited(limits)).await;
    let clips: Vec<SignedClip> = (0..3).map(|i| sign(&world, i, &format!("out{i}"))).collect();
    server.upload(&clips[0]).await;
    server.announce(&clips[1]).await;
    let seconds = assert_held_back(&server, &clips[2], "quota_exceeded").await;
    assert!((1..=86_400).contains(&seconds));
    server.announce(&clips[0]).await;
    server.announce(&clips[1]).await;
    server.pass_hours(24);
    server.upload(&clips[2]).await;
    assert_eq!(world.verdicts().await, [], "no clip is to blame");
}

#[tokio::test]
async fn every_node_counts_the_same() {
    let world = World::new().await;
    let limits = LimitSettings { clips_per_day_max: 1, ..LimitSettings::default() };
    let (one, two) =
        (Server::start_with(&world, limited(limits.clone())).await, Server::start_with(&world, limited(limits)).await);
    one.announce(&sign(&world, 0, "a")).await;
    assert_held_back(&two, &sign(&world, 1, "b"), "quota_exceeded").await;
}

#[tokio::test]
async fn a_device_may_announce_so_many_bytes_a_day() {
    let world = World::new().await;
    let clips: Vec<SignedClip> = (0..2).map(|i| sign(&world, i, &format!("out{i}"))).collect();
    let size = |clip: &SignedClip| clip.media.iter().map(|entry| entry.size_bytes).sum::<u64>();
    let limits = LimitSettings { bytes_per_day_max: size(&clips[0]) + size(&clips[1]) - 1, ..LimitSettings::default() };
    let server = Server::start_with(&world, limited(limits)).await;
    server.announce(&clips[0]).await;
    assert_held_back(&server, &clips[1], "quota_exceeded").await;
}

#[tokio::test]
async fn a_device_may_have_so_many_uploads_open() {
    let world = World::new().await;
    let limits = LimitSettings { open_uploads_max: 2, ..LimitSettings::default() };
    let server = Server::start_with(&world, limited(limits)).await;
    let clips: Vec<SignedClip> = (0..4).map(|i| sign(&world, i, &format!("out{i}"))).collect();
    server.announce(&clips[0]).await;
    let second = server.files(&clips[1]).await;
    assert_held_back(&server, &clips[2], "quota_exceeded").await;
    server.upload(&clips[0]).await;
    server.announce(&clips[2]).await;
    assert_held_back(&server, &clips[3], "quota_exceeded").await;
    server.tus("DELETE", &second[0].url).send().await.unwrap();
    server.announce(&clips[3]).await;
    // What a crash left behind does not stand in the way.
    let leftover = format!("quota/open/{}/{}", world.key.device_id(), "0".repeat(32));
    world.inbox.put(&leftover, "".into()).await.unwrap();
    server.upload(&clips[2]).await;
    server.announce(&clips[1]).await;
    assert!(world.inbox.get(&leftover).await.unwrap().is_none());
}

#[tokio::test]
async fn entries_of_past_days_are_swept() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    server.upload(&world.signed_film()).await;
    assert_eq!(world.inbox.list("quota").await.unwrap().len(), 1);
    server.pass_hours(72);
    server.service.sweep().await.unwrap();
    assert!(world.inbox.list("quota").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_device_that_floods_is_held_back_and_others_are_not() {
    let world = World::new().await;
    let limits = LimitSettings { device_requests_per_s: 1, device_requests_burst: 20, ..LimitSettings::default() };
    let server = Server::start_with(&world, limited(limits)).await;
    let clip = world.signed_film();
    let files = server.files(&clip).await;
    let mut answers = Vec::new();
    for _ in 0..60 {
        answers.push(server.tus("HEAD", &files[0].url).send().await.unwrap());
    }
    let held_back = answers.iter().filter(|answer| answer.status() == 429).collect::<Vec<_>>();
    assert!((30..60).contains(&held_back.len()), "{}", held_back.len());
    assert!(held_back.iter().all(|answer| number(answer, "retry-after") >= 1));
    assert_held_back(&server, &clip, "rate_limited").await;
    let other = DeviceKey::from_seed(&[9; 32]).unwrap();
    registry::enrol(&world.store, &world.driver, other.device_id(), PAYOUT.parse().unwrap()).await.unwrap();
    assert_eq!(server.get_as(&other, &format!("/v1/clips/{}", clip.clip_id)).await.status(), 200);
}

/// Decides nothing until it is told to, or nobody is left to tell.
fn held_up(wait: mpsc::Receiver<()>) -> impl Fn(&str, &Bytes) -> Result<MediaFacts, Rejection> + Send + Sync {
    let wait = Mutex::new(wait);
    move |name, bytes| {
        wait.lock().unwrap().recv().unwrap_or_default();
        probe(name, bytes)
    }
}

/// Uploads all of `clip`: its last request has a turn until the clip is decided on.
async fn begin_deciding(world: &World, server: &Server, clip: &SignedClip) -> JoinHandle<reqwest::Result<Response>> {
    let files = server.files(clip).await;
    let (last, others) = files.split_last().unwrap();
    for file in others {
        server.patch(&file.url, 0, &file.bytes).send().await.unwrap();
    }
    let deciding = tokio::spawn(server.patch(&last.url, 0, &last.bytes).send());
    // The opening, and a piece of each file.
    while world.inbox.list("uploads").await.unwrap().len() < 1 + files.len() {
        tokio::task::yield_now().await;
    }
    deciding
}

#[tokio::test]
async fn a_device_that_keeps_its_turns_waits_for_itself_and_others_do_not() {
    let world = World::new().await;
    let (decide, wait) = mpsc::channel();
    let settings = ServeSettings { device_storing_max: Some(1), ..limited(LimitSettings::default()) };
    let server = Server::start_probing(&world, settings, held_up(wait)).await;
    let (first, second) = (sign(&world, 0, "first"), sign(&world, 1, "second"));
    let deciding = begin_deciding(&world, &server, &first).await;
    let sent_away = server.post(manifest(&second.bundle)).await;
    assert_problem(&sent_away, 503);
    assert!(number(&sent_away, "retry-after") >= 1);
    let stranger = DeviceKey::from_seed(&[9; 32]).unwrap();
    assert_problem(&server.post(stranger.sign(b"no manifest")).await, 400);
    drop(decide);
    assert_eq!(deciding.await.unwrap().unwrap().status(), 204);
    server.upload(&second).await;
}

/// The same clip, as another device would have recorded it.
fn signed_by(key: &DeviceKey, jws: &[u8]) -> String {
    let mut signed = Manifest::parse(&jws::verify(jws, 1 << 20).unwrap().payload).unwrap();
    signed.clip_id = signed.derived_clip_id(key.device_id());
    key.sign(&signed.to_json().unwrap())
}

#[tokio::test]
async fn a_device_stores_as_fast_as_it_can_alone_and_no_more_than_twice_as_often_as_others() {
    let world = World::new().await;
    let settings = ServeSettings { device_storing_per_s: 1, ..limited(LimitSettings::default()) };
    let server = Server::start_with(&world, settings).await;
    let flood = manifest(&sign(&world, 0, "flood").bundle);
    let alone = async {
        for _ in 0..100 {
            assert!(server.post(flood.clone()).await.status().is_success());
        }
    };
    timeout(Duration::from_secs(60), alone).await.expect("a hundred of one a second take longer");

    let other = DeviceKey::from_seed(&[9; 32]).unwrap();
    registry::enrol(&world.store, &world.driver, other.device_id(), PAYOUT.parse().unwrap()).await.unwrap();
    let its = signed_by(&other, &flood);
    let (flooded, stored) = (AtomicU32::new(0), AtomicU32::new(0));
    let flooding = async {
        loop {
            let status = server.post(flood.clone()).await.status();
            flooded.fetch_add(u32::from(status.is_success()), Ordering::Relaxed);
        }
    };
    let storing = async {
        for number in 0..80 {
            // What both did before the first two seconds were over is not counted: until then nobody knows of the other.
            if number == 40 {
                flooded.store(0, Ordering::Relaxed);
                stored.store(0, Ordering::Relaxed);
            }
            assert!(server.post(its.clone()).await.status().is_success());
            stored.fetch_add(1, Ordering::Relaxed);
            sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        () = storing => {}
        () = flooding => {}
    }
    let (flooded, stored) = (flooded.into_inner(), stored.into_inner());
    assert!((1..5 * stored).contains(&flooded), "{flooded} of the one that floods, {stored} of the other");
}

#[tokio::test]
async fn a_line_that_does_not_move_is_not_joined() {
    let world = World::new().await;
    let (decide, wait) = mpsc::channel();
    let settings = ServeSettings { storing_max: Some(1), ..limited(LimitSettings::default()) };
    let server = Server::start_probing(&world, settings, held_up(wait)).await;
    let clip = world.signed_film();
    let flood = manifest(&clip.bundle);
    let deciding = begin_deciding(&world, &server, &clip).await;
    let announce = |seed: u8| {
        let key = DeviceKey::from_seed(&[seed; 32]).unwrap();
        let request = server.http.post(format!("{}/v1/clips", server.url)).header("content-type", "application/jose");
        request.body(signed_by(&key, &flood)).send()
    };
    let first = tokio::spawn(announce(8));
    sleep(Duration::from_millis(200)).await;
    assert_problem(&announce(9).await.unwrap(), 503);
    assert!(!first.is_finished(), "who came first waits for half a second");
    assert_problem(&first.await.unwrap().unwrap(), 503);
    drop(decide);
    assert_eq!(deciding.await.unwrap().unwrap().status(), 204);
}

#[tokio::test]
async fn an_address_that_floods_is_held_back_and_media_and_health_are_not() {
    let world = World::new().await;
    let limits = LimitSettings { address_requests_per_s: 1, address_requests_burst: 10, ..LimitSettings::default() };
    let server = Server::start_with(&world, limited(limits)).await;
    let files = server.files(&world.signed_film()).await;
    let mut held_back = 0;
    for _ in 0..40 {
        let answer = server.post("no manifest").await;
        held_back += u32::from(answer.status() == 429);
    }
    assert!((20..40).contains(&held_back), "{held_back}");
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(server.http.get(format!("{}{path}", server.url)).send().await.unwrap().status(), 200);
    }
    assert_eq!(server.offset(&files[0].url).await, 0);
}

#[tokio::test]
async fn behind_a_proxy_the_last_address_that_it_names_is_held_back() {
    let world = World::new().await;
    let header = Some("x-forwarded-for".into());
    let few = LimitSettings { address_requests_per_s: 1, address_requests_burst: 5, ..LimitSettings::default() };
    let server = Server::start_with(&world, limited(LimitSettings { address_header: header, ..few })).await;
    let ask = |from: String| {
        let request = server.http.get(format!("{}/v1/nonce", server.url)).header("x-forwarded-for", from);
        async move { request.send().await.unwrap().status().as_u16() }
    };
    let mut statuses = Vec::new();
    for i in 0..20 {
        statuses.push(ask(format!("203.0.113.{i}, 198.51.100.7")).await);
    }
    assert!(statuses.contains(&429), "what the client claims before does not count: {statuses:?}");
    assert_eq!(ask("198.51.100.8".into()).await, 200);
}

#[tokio::test]
async fn of_what_strangers_send_only_so_much_is_written_down() {
    let world = World::unenrolled();
    let limits = LimitSettings { strangers_filed_per_hour: 3, ..LimitSettings::default() };
    let server = Server::start_with(&world, limited(limits)).await;
    let clip = world.signed_film();
    let payload = jws::verify(&manifest(&clip.bundle), 1 << 20).unwrap().payload;
    for seed in 0..10 {
        let stranger = DeviceKey::from_seed(&[seed; 32]).unwrap();
        assert_problem(&server.post(stranger.sign(&payload)).await, 403);
    }
    let verdicts = world.verdicts().await;
    assert_eq!(verdicts.len(), 3, "{verdicts:?}");
    assert!(verdicts.iter().all(|row| row.verdict.to_string() == Reason::DeviceUnknown.code()));
    assert!(verdicts.iter().all(|row| row.driver.is_none() && row.clip_id.is_none()), "the clip id is not theirs");
    assert_eq!(server.metric("waymark_refusals_total{reason=\"device_unknown\"}").await, "10");
}
