//! Bad links, rivals and dying servers: what was acknowledged stays, and a clip lands once.

use std::io::Write;
use std::net::TcpStream;

use proptest::prelude::*;
use reqwest::StatusCode;
use waymark_datasets::rows::Verdict;
use waymark_datasets::{Reason, Store};
use waymark_ingest::http::ServeSettings;
use waymark_ingest::landed;

use crate::chains::sign;
use crate::scale::times;
use crate::server::{File, Server, assert_problem};
use crate::world::{World, contents};

/// Announces all of `file` from `offset` on, sends the first `count` bytes, and hangs up.
fn send_part(server: &Server, file: &File, offset: usize, count: usize) {
    let address = server.url.strip_prefix("http://").unwrap();
    let path = file.url.strip_prefix(&server.url).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let length = file.bytes.len() - offset;
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nhost: {address}\r\ntus-resumable: 1.0.0\r\nupload-offset: {offset}\r\n\
         content-type: application/offset+octet-stream\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&file.bytes[offset..offset + count]).unwrap();
}

/// Asks until the offset is beyond `before`, or nobody is being answered any more.
async fn offset_after(server: &Server, file: &File, wanted: u64) {
    while server.offset(&file.url).await != wanted {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrived_before_the_line_went_dead_is_kept() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    let files = server.files(&signed).await;
    for (from, count) in [(0, 1), (1, 300), (301, 0), (301, 99)] {
        send_part(&server, &files[1], from, count);
        offset_after(&server, &files[1], (from + count) as u64).await;
    }
    let rest = server.patch(&files[1].url, 400, &files[1].bytes[400..]).send().await.unwrap();
    assert_eq!(rest.status(), StatusCode::NO_CONTENT);
    server.patch(&files[0].url, 0, &files[0].bytes).send().await.unwrap();
    assert_eq!(server.landed.try_iter().collect::<Vec<_>>(), [signed.clip_id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_clients_at_one_offset_one_is_first() {
    for _ in 0..times(1, 20) {
        race_for_every_offset().await;
    }
}

/// Fifty races in all.
async fn race_for_every_offset() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    let files = server.files(&signed).await;
    let file = &files[1];
    for at in 0..50 {
        let send = |length: usize| server.patch(&file.url, at * 4, &file.bytes[at as usize * 4..][..length]).send();
        // Both send the same four bytes, one of them in a longer piece: whoever is second must not count.
        let (one, two) = tokio::join!(send(4), send(4));
        let mut codes = [one.unwrap().status().as_u16(), two.unwrap().status().as_u16()];
        codes.sort_unstable();
        assert_eq!(codes, [204, 409], "at {at}");
        assert_eq!(server.offset(&file.url).await, at * 4 + 4);
    }
    server.patch(&file.url, 200, &file.bytes[200..]).send().await.unwrap();
    server.patch(&files[0].url, 0, &files[0].bytes).send().await.unwrap();
    assert_eq!(server.state(&world, &signed).await["state"], "landed");
}

#[tokio::test]
async fn another_node_goes_on_where_a_dead_one_stopped() {
    let world = World::new().await;
    let signed = world.signed_film();
    let size = {
        let first = Server::start(&world).await;
        let files = first.files(&signed).await;
        first.patch(&files[1].url, 0, &files[1].bytes[..40]).send().await.unwrap();
        files[1].bytes.len()
    };
    let second = Server::start(&world).await;
    let files = second.files(&signed).await;
    assert_eq!(second.offset(&files[1].url).await, 40);
    second.patch(&files[1].url, 40, &files[1].bytes[40..]).send().await.unwrap();
    second.patch(&files[0].url, 0, &files[0].bytes).send().await.unwrap();
    let third = Server::start(&world).await;
    let files = third.files(&signed).await;
    assert_eq!(third.offset(&files[1].url).await, size as u64, "also once it landed");
    assert_eq!(third.state(&world, &signed).await["state"], "landed");
}

/// The inbox of an upload whose last byte is stored, and the node died then.
async fn complete_but_undecided(world: &World) -> Vec<(String, bytes::Bytes)> {
    let server = Server::start(world).await;
    let files = server.files(&world.signed_film()).await;
    server.patch(&files[0].url, 0, &files[0].bytes).send().await.unwrap();
    let last = files[1].bytes.len() as u64 - 1;
    server.patch(&files[1].url, 0, &files[1].bytes[..last as usize]).send().await.unwrap();
    let mut objects = contents(&world.inbox).await;
    let first = objects.iter().find(|(path, _)| path.contains(&files[1].digest.to_string())).unwrap().0.clone();
    let file = first.rsplit_once('.').unwrap().0.to_owned();
    objects.push((format!("{file}.{last:020}"), bytes::Bytes::copy_from_slice(&files[1].bytes[last as usize..])));
    objects
}

#[tokio::test]
async fn a_complete_upload_that_nobody_decided_on_is_taken_up_on_start_or_asked_for() {
    let mut world = World::new().await;
    let objects = complete_but_undecided(&world).await;
    let signed = world.sign(&[&world.path("film.mp4")], "bundle").unwrap();
    for by_asking in [false, true] {
        world.inbox = Store::in_memory();
        for (path, bytes) in &objects {
            world.inbox.put(path, bytes.clone()).await.unwrap();
        }
        let server = Server::start(&world).await;
        assert_eq!(server.state(&world, &signed).await["state"], "received");
        if by_asking {
            assert_eq!(server.announce(&signed).await["state"], "landed");
        } else {
            assert_eq!(server.service.sweep().await.unwrap(), 1);
        }
        assert_eq!(server.landed.try_iter().collect::<Vec<_>>(), [signed.clip_id]);
        assert_eq!(server.service.sweep().await.unwrap(), 0, "once");
    }
}

#[tokio::test]
async fn whatever_a_crash_left_of_landing_the_next_sweep_ends_in_the_same_bytes() {
    let mut world = World::new().await;
    let objects = complete_but_undecided(&world).await;
    let signed = world.sign(&[&world.path("film.mp4")], "bundle").unwrap();
    // What is there in the end, and what is added on the way to it.
    world.inbox = filled(&objects).await;
    Server::start(&world).await.service.sweep().await.unwrap();
    let done = contents(&world.inbox).await;
    let mut added: Vec<_> = done.iter().filter(|object| !objects.contains(object)).cloned().collect();
    let written = [".media-", "chains/", "landed.json"];
    let order = |path: &str| written.iter().position(|part| path.contains(part));
    added.sort_by_key(|(path, _)| order(path));
    assert_eq!(added.len(), 4, "two files, its place in the chain, and that it landed");
    for count in 0..=added.len() {
        world.inbox = filled(&[&objects[..], &added[..count]].concat()).await;
        let server = Server::start(&world).await;
        server.service.sweep().await.unwrap();
        assert_eq!(contents(&world.inbox).await, done, "after {count} objects");
        assert_eq!(server.landed.try_iter().collect::<Vec<_>>(), [signed.clip_id], "and the next stage is told");
    }
    assert_eq!(world.verdicts().await, [], "nothing was refused");
}

async fn filled(objects: &[(String, bytes::Bytes)]) -> Store {
    let store = Store::in_memory();
    for (path, bytes) in objects {
        store.put(path, bytes.clone()).await.unwrap();
    }
    store
}

#[tokio::test]
async fn bytes_that_are_not_the_signed_ones_are_a_verdict_and_may_come_again() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    let files = server.files(&signed).await;
    let mut damaged = files[1].bytes.clone();
    damaged[100] ^= 1;
    server.patch(&files[0].url, 0, &files[0].bytes).send().await.unwrap();
    let last = server.patch(&files[1].url, 0, &damaged).send().await.unwrap();
    assert_eq!(last.status(), StatusCode::NO_CONTENT, "the bytes came; what they are is another matter");
    let state = server.state(&world, &signed).await;
    assert_eq!((&state["state"], &state["reason"]), (&"refused".into(), &"media_mismatch".into()));
    assert_problem(&server.patch(&files[1].url, 0, b"x").send().await.unwrap(), 410);
    let verdicts = world.verdicts().await;
    assert_eq!(verdicts.iter().map(|row| row.verdict).collect::<Vec<_>>(), [Verdict::Refused(Reason::MediaMismatch)]);
    let left = contents(&world.inbox).await;
    let is_small = |path: &str| path.ends_with(".json") || path.ends_with(".pem") || path.starts_with("quota/");
    assert!(left.iter().all(|(path, _)| is_small(path)), "no bytes are kept");
    server.upload(&signed).await;
    assert_eq!(server.state(&world, &signed).await["state"], "landed");
    assert!(landed::open(&world.inbox, signed.clip_id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_full_house_takes_no_new_clip_but_loses_none() {
    let world = World::new().await;
    let settings = ServeSettings { backlog_max_clips: 3, disk_free_min_bytes: 0, ..ServeSettings::default() };
    let server = Server::start_with(&world, settings).await;
    let (signed, other) = (sign(&world, 0, "one"), sign(&world, 1, "other"));
    let files = server.files(&signed).await;
    server.backlog.store(3, std::sync::atomic::Ordering::SeqCst);
    let busy = server.post(std::fs::read(other.bundle.join("manifest.jws")).unwrap()).await;
    assert_problem(&busy, 503);
    assert!(busy.headers().contains_key("retry-after"));
    assert_problem(&server.http.get(format!("{}/readyz", server.url)).send().await.unwrap(), 503);
    for file in &files {
        let taken = server.patch(&file.url, 0, &file.bytes).send().await.unwrap();
        assert_eq!(taken.status(), StatusCode::NO_CONTENT, "what was begun is brought to its end");
    }
    server.backlog.store(2, std::sync::atomic::Ordering::SeqCst);
    server.upload(&other).await;
    assert_eq!(server.landed.try_iter().count(), 2);
}

#[tokio::test]
async fn a_disk_that_is_nearly_full_takes_no_new_clip() {
    let mut world = World::new().await;
    world.inbox = Store::create_private_at(world.path("inbox").to_str().unwrap()).unwrap();
    let settings = ServeSettings { disk_free_min_bytes: u64::MAX, ..ServeSettings::default() };
    let server = Server::start_with(&world, settings).await;
    let signed = world.signed_film();
    let full = server.post(std::fs::read(signed.bundle.join("manifest.jws")).unwrap()).await;
    assert_problem(&full, 503);
}

#[tokio::test]
async fn a_folder_is_as_good_as_memory_and_is_clean_in_the_end() {
    let mut world = World::new().await;
    world.inbox = Store::create_private_at(world.path("inbox").to_str().unwrap()).unwrap();
    let server = Server::start(&world).await;
    let signed = world.signed_stills();
    server.upload(&signed).await;
    assert_eq!(server.state(&world, &signed).await["state"], "landed");
    assert!(world.inbox.list("uploads").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_asked_to_end_keeps_what_came() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    let files = server.files(&signed).await;
    let (sender, body) = piecewise();
    let request = server.tus("PATCH", &files[1].url).header("upload-offset", 0);
    let request = request.header("content-type", "application/offset+octet-stream").body(body);
    let answering = tokio::spawn(request.send());
    sender.unbounded_send(Ok(files[1].bytes[..77].to_vec())).unwrap();
    while server.metric("waymark_http_requests_in_flight").await != "2" {
        tokio::task::yield_now().await;
    }
    // The request is there; its first bytes may be on their way.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    server.stop().await;
    let answer = answering.await.unwrap().unwrap();
    assert_problem(&answer, 503);
    let next = Server::start(&world).await;
    assert_eq!(next.offset(&next.files(&signed).await[1].url).await, 77);
    drop(sender);
}

type Pieces = futures::channel::mpsc::UnboundedSender<Result<Vec<u8>, std::io::Error>>;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_on_a_slow_link_keeps_nobody_else_waiting() {
    let world = World::new().await;
    let settings = ServeSettings { storing_max: Some(1), disk_free_min_bytes: 0, ..ServeSettings::default() };
    let server = Server::start_with(&world, settings).await;
    let (signed, other) = (sign(&world, 0, "one"), sign(&world, 1, "other"));
    let files = server.files(&signed).await;
    let (last, others) = files.split_last().unwrap();
    for file in others {
        server.patch(&file.url, 0, &file.bytes).send().await.unwrap();
    }
    let (sender, body) = piecewise();
    let request = server.tus("PATCH", &last.url).header("upload-offset", 0);
    let request = request.header("content-type", "application/offset+octet-stream").body(body);
    let answering = tokio::spawn(request.send());
    let (enough, bytes) = (std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false)), last.bytes.clone());
    let stop = enough.clone();
    // It never pauses for long, and never brings much.
    let sending = tokio::spawn(async move {
        for byte in bytes.chunks(1) {
            if !stop.load(std::sync::atomic::Ordering::SeqCst) {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            sender.unbounded_send(Ok(byte.to_vec())).unwrap();
        }
    });
    server.upload(&other).await;
    assert!(!answering.is_finished(), "it is still sending");
    enough.store(true, std::sync::atomic::Ordering::SeqCst);
    sending.await.unwrap();
    assert_eq!(answering.await.unwrap().unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(server.state(&world, &signed).await["state"], "landed");
}

/// A body that is sent piece by piece.
fn piecewise() -> (Pieces, reqwest::Body) {
    let (sender, pieces) = futures::channel::mpsc::unbounded();
    (sender, reqwest::Body::wrap_stream(pieces))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn however_a_file_is_cut_it_lands_as_it_was_signed(cuts in proptest::collection::vec(1_usize..400, 0..12)) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            let server = Server::start(&world).await;
            let signed = world.signed_film();
            let files = server.files(&signed).await;
            let mut offset = 0;
            for piece in cuts {
                let end = (offset + piece).min(files[1].bytes.len());
                server.patch(&files[1].url, offset as u64, &files[1].bytes[offset..end]).send().await.unwrap();
                offset = end;
            }
            server.patch(&files[1].url, offset as u64, &files[1].bytes[offset..]).send().await.unwrap();
            server.patch(&files[0].url, 0, &files[0].bytes).send().await.unwrap();
            let clip = landed::open(&world.inbox, signed.clip_id).await.unwrap().unwrap();
            assert_eq!(clip.read(&clip.media[1]).await.unwrap(), files[1].bytes);
        });
    }
}
