//! Links as tusd's own tests break them: they end, are reset, or just stand still. What arrived is kept, and nobody is
//! kept waiting. And uploads that are never finished: nothing is left of them.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use waymark_datasets::Store;
use waymark_ingest::http::{LimitSettings, ServeSettings};

use crate::scale::times;
use crate::server::{File, Server};
use crate::world::World;

/// Announces all of `file` and sends its first `count` bytes; the connection stays open while it is kept.
fn begin(server: &Server, file: &File, count: usize) -> TcpStream {
    let address = server.url.strip_prefix("http://").unwrap();
    let path = file.url.strip_prefix(&server.url).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nhost: {address}\r\ntus-resumable: 1.0.0\r\nupload-offset: 0\r\n\
         content-type: application/offset+octet-stream\r\ncontent-length: {}\r\n\r\n",
        file.bytes.len()
    );
    stream.write_all(&[head.as_bytes(), &file.bytes[..count]].concat()).unwrap();
    stream
}

/// Before one asks again: whoever asks without a pause is soon told to wait.
const PAUSE: Duration = Duration::from_millis(20);

async fn until_offset(server: &Server, file: &File, wanted: u64) {
    while server.offset(&file.url).await != wanted {
        tokio::time::sleep(PAUSE).await;
    }
}

async fn until_in_flight(server: &Server, count: &str) {
    while server.metric("waymark_http_requests_in_flight").await != count {
        tokio::time::sleep(PAUSE).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_reset_leaves_what_it_brought() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let files = server.files(&world.signed_film()).await;
    let stream = begin(&server, &files[1], 123);
    // The other request is the one that asks.
    until_in_flight(&server, "2").await;
    // The server's half is gone at once, without a goodbye: that is a reset.
    let stream = tokio::net::TcpStream::from_std({
        stream.set_nonblocking(true).unwrap();
        stream
    });
    stream.unwrap().set_zero_linger().unwrap();
    // A reset may overtake what was sent before it; what came counts, and the client goes on from there.
    loop {
        let kept = server.offset(&files[1].url).await;
        assert!(kept == 0 || kept == 123, "{kept}");
        let rest = server.patch(&files[1].url, kept, &files[1].bytes[kept as usize..]).send().await.unwrap();
        if rest.status() == StatusCode::NO_CONTENT {
            break;
        }
        assert_eq!(rest.status(), StatusCode::CONFLICT, "what came was stored in this moment");
    }
    server.patch(&files[0].url, 0, &files[0].bytes).send().await.unwrap();
    assert_eq!(server.landed.try_iter().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_stands_still_keeps_nobody_waiting() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let files = server.files(&world.signed_film()).await;
    let stalled = begin(&server, &files[1], 200);
    until_in_flight(&server, "2").await;
    let asked = Instant::now();
    assert_eq!(server.offset(&files[1].url).await, 0, "nothing of it is durable yet");
    // The client has come back on another link, while the old one still seems to be there: there is no lock to wait for.
    let again = server.patch(&files[1].url, 0, &files[1].bytes).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NO_CONTENT);
    assert!(asked.elapsed() < Duration::from_secs(10), "a stalled request was waited for");
    drop(stalled);
    until_in_flight(&server, "1").await;
    assert_eq!(server.offset(&files[1].url).await, files[1].bytes.len() as u64, "and the old one changed nothing");
    server.patch(&files[0].url, 0, &files[0].bytes).send().await.unwrap();
    assert_eq!(server.landed.try_iter().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_over_a_slow_link_is_kept_before_the_link_is_given_up() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let files = server.files(&world.signed_film()).await;
    let stalled = begin(&server, &files[1], 200);
    // Stored at the next tick, while the request goes on.
    until_offset(&server, &files[1], 200).await;
    drop(stalled);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_uploads_that_were_given_up_nothing_is_left_on_the_disk() {
    let mut world = World::new().await;
    let folder = world.path("inbox");
    world.inbox = Store::create_private_at(folder.to_str().unwrap()).unwrap();
    let limits = LimitSettings { open_uploads_max: usize::MAX, ..LimitSettings::default() };
    let settings = ServeSettings { limits, disk_free_min_bytes: 0, ..ServeSettings::default() };
    let server = Server::start_with(&world, settings).await;
    let before = bytes_in(&folder);
    for clip in 0..times(20, 1_000) {
        let path = world.write(&format!("{clip}.csv"), format!("# {clip}\n{}", "0,0,0\n".repeat(1_000)).as_bytes());
        let bundle = world.forge(
            &format!("bundle-{clip}"),
            &[("a.mp4", format!("FILM {clip}").into_bytes()), ("a.csv", fs::read(path).unwrap())],
            (world.now.millis() - 1_000, world.now.millis()),
        );
        let posted = server.post(fs::read(bundle.join("manifest.jws")).unwrap()).await;
        assert_eq!(posted.status(), StatusCode::CREATED);
        let posted = crate::server::json(posted).await;
        let url = format!("{}{}", server.url, posted["media"][1]["upload_url"].as_str().unwrap());
        let bytes = fs::read(bundle.join("a.csv")).unwrap();
        let half = server.patch(&url, 0, &bytes[..bytes.len() / 2]).send().await.unwrap();
        assert_eq!(half.status(), StatusCode::NO_CONTENT);
    }
    assert!(bytes_in(&folder) > before);
    server.pass_hours(7 * 24 - 1);
    server.service.sweep().await.unwrap();
    assert!(bytes_in(&folder) > before, "not before their time");
    server.pass_hours(1);
    server.service.sweep().await.unwrap();
    assert_eq!(bytes_in(&folder), before, "not a byte more than before");
    assert!(!folder.join("uploads").exists(), "and no folder");
}

/// Bytes of all files below.
fn bytes_in(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let size = |path: &Path| if path.is_dir() { bytes_in(path) } else { path.metadata().unwrap().len() };
    entries.map(|entry| size(&entry.path())).sum()
}
