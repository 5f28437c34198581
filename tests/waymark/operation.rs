//! What whoever runs a server sees of it: metrics, logs, traces; and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;

use reqwest::StatusCode;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::program::{command, outside, waymark};
use crate::serve::Simulated;
use crate::server::{Served, http};
use crate::world::World;

#[test]
fn metrics_are_what_prometheus_reads_and_say_what_was_done() {
    let clip = Simulated::new();
    let server = Served::start(&clip.world.store());
    clip.upload(&server.url).done();
    let stranger = World::unenrolled();
    let bundle = stranger.forge("b", &[("a.mp4", b"x".to_vec())], (0, 1));
    let refused = Runtime::new().unwrap().block_on(async {
        let manifest = std::fs::read(bundle.join("manifest.jws")).unwrap();
        http().get(format!("{}/no/such/path", server.url)).send().await.unwrap();
        server.announce(&http(), &manifest).await
    });
    assert_eq!(refused["reason"], "device_unknown");
    let samples = outside("metrics.py", &[format!("{}/metrics", server.url)]).done();
    let bytes: usize = clip.files.iter().map(|(_, bytes)| bytes.len()).sum();
    for (name, value) in [
        ("waymark_clips_landed_total", 1.0),
        ("waymark_media_stored_bytes_total", bytes as f64),
        ("waymark_refusals_total{reason=device_unknown}", 1.0),
        ("waymark_http_answers_total{method=POST,route=/v1/clips,status=201}", 1.0),
        ("waymark_http_answers_total{method=GET,route=none,status=404}", 1.0),
        ("waymark_backlog_clips", 0.0),
        ("waymark_landing_seconds_count", 1.0),
        ("waymark_http_requests_in_flight", 1.0),
    ] {
        assert_eq!(samples[name].as_f64(), Some(value), "{name}: {samples}");
    }
    assert!(samples["waymark_http_answer_duration_seconds_count{route=/v1/clips}"].as_f64() > Some(1.0), "{samples}");
    server.stop();
}

#[test]
fn a_log_for_machines_is_one_json_object_a_line() {
    let clip = Simulated::new();
    let server = Served::start_with(&["--log", "json", "--store", &clip.world.store(), "--ingest-only"]);
    clip.upload(&server.url).done();
    let line = server.line_with("/receipt");
    let line: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    assert_eq!((&line["level"], &line["message"], &line["status"]), (&"INFO".into(), &"answered".into(), &200.into()));
    server.stop();
}

/// A collector of traces: takes every request, and hands on its path and body.
fn collector() -> (String, mpsc::Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let tell = tell.clone();
            std::thread::spawn(move || collect(&stream, &tell));
        }
    });
    (url, told)
}

fn collect(stream: &TcpStream, tell: &mpsc::Sender<(String, Vec<u8>)>) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let line = line.trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        // The test may have ended.
        drop(tell.send((path, body)));
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
        if (&mut &*stream).write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

#[test]
fn traces_go_to_the_collector_that_is_named_and_the_last_ones_before_the_end() {
    let (url, told) = collector();
    let clip = Simulated::new();
    let config = clip.world.write("waymark.toml", format!("[telemetry]\notlp_endpoint = \"{url}\"\n").as_bytes());
    let config = config.to_str().unwrap();
    let server = Served::start_with(&["--config", config, "--store", &clip.world.store(), "--ingest-only"]);
    clip.upload(&server.url).done();
    server.stop();
    let (mut paths, mut spans) = (Vec::new(), Vec::new());
    while let Ok((path, body)) = told.try_recv() {
        paths.push(path);
        spans.extend(body);
    }
    assert!(!paths.is_empty() && paths.iter().all(|path| path == "/v1/traces"), "{paths:?}");
    let has = |text: &str| spans.windows(text.len()).any(|window| window == text.as_bytes());
    for text in ["waymark", "POST /v1/clips", "PATCH /v1/clips/{clip}/media/{sha256}", "http.response.status_code"] {
        assert!(has(text), "no span has {text:?}");
    }
    assert!(has("GET /v1/clips/{clip}/receipt"), "the last request is there");
}

#[test]
fn a_collector_that_cannot_be_there_is_said_at_once() {
    let world = World::new();
    let mut program = command(&["serve", "--listen", "127.0.0.1:0", "--store", &world.store(), "--ingest-only"]);
    let answer = program.env("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector").output().unwrap();
    let said = String::from_utf8(answer.stderr).unwrap();
    assert!(answer.status.code() == Some(1) && said.contains("https://collector"), "{said}");
    assert_eq!(waymark(&["--log", "xml", "device", "zone", "list", "--zones", "z.toml"]).code, Some(2));
}

#[test]
fn a_full_house_takes_no_new_clip_says_when_to_come_back_and_ends_what_was_begun() {
    let (clip, other) = (Simulated::new(), World::unenrolled());
    let store = clip.world.store();
    let runtime = Runtime::new().unwrap();
    let first = Served::start(&store);
    let begun = runtime.block_on(first.announce(&http(), &clip.manifest()));
    assert_eq!(begun["state"], "awaiting_media");
    first.kill();
    for limit in ["backlog_max_clips = 0", "disk_free_min_bytes = 9_000_000_000_000_000_000"] {
        let config = clip.world.write("waymark.toml", format!("[serve]\n{limit}\n").as_bytes());
        let full = Served::start_with(&["--config", config.to_str().unwrap(), "--store", &store, "--ingest-only"]);
        other.enrol(&store).done();
        let bundle = other.forge("b", &[("a.mp4", b"x".to_vec()), ("a.csv", b"y".to_vec())], (0, 1));
        let manifest = std::fs::read(bundle.join("manifest.jws")).unwrap();
        let answer = runtime.block_on(async {
            let request = http().post(format!("{}/v1/clips", full.url)).header("content-type", "application/jose");
            request.body(manifest).send().await.unwrap()
        });
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{limit}");
        let pause: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!(pause > 0);
        assert_eq!(clip.upload(&full.url).done()["state"], "landed", "{limit}: what was begun");
        full.stop();
    }
    clip.assert_landed_once();
}
