//! Others are told of changes: signed, in order, again until they say that they know, and never at private addresses.

#[path = "../../src/webhook/guard.rs"]
mod guard;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::Value;
use waymark_datasets::rows::FrameRow;
use waymark_datasets::{Digest, Store};
use waymark_tiles::changes;

use crate::program::waymark;
use crate::server::Served;
use crate::world::World;

/// One request as it came.
struct Told {
    head: String,
    body: Vec<u8>,
}

impl Told {
    fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find(|line| line.to_ascii_lowercase().starts_with(name));
        line.unwrap().split_once(": ").unwrap().1
    }
}

/// A receiver that answers with each of `answers` in turn, and then with 200; says what it was told.
fn receiver(answers: Vec<&'static str>) -> (String, mpsc::Receiver<Told>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook?token=x", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut answers = answers.into_iter();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
            let request = loop {
                let read = stream.read(&mut piece).unwrap();
                bytes.extend_from_slice(&piece[..read]);
                let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
                let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
                let length = head.lines().find_map(|line| {
                    line.to_ascii_lowercase().strip_prefix("content-length: ").map(|length| length.parse().unwrap())
                });
                if bytes.len() - end - 4 >= length.unwrap_or(0_usize) {
                    break Told { head, body: bytes[end + 4..].to_vec() };
                }
            };
            let answer = answers.next().unwrap_or("200 OK");
            // None: the connection breaks off without an answer.
            if !answer.is_empty() {
                let head = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                stream.write_all(head.as_bytes()).unwrap();
            }
            if tell.send(request).is_err() {
                return;
            }
        }
    });
    (url, told)
}

/// Writes an entry into the feed of a store, as publishing does.
fn publish(world: &World) -> u64 {
    let store = Store::create_at(&world.store()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let rows: [FrameRow; 0] = [];
        let number = changes::last(&store).await.unwrap();
        let epoch = format!("2026-W{:02}", number + 1).parse().unwrap();
        let region = waymark_datasets::Region::at(waymark_datasets::Position::from_degrees(48.0, 11.0).unwrap());
        let at = waymark_datasets::Partition::of(epoch, region);
        waymark_datasets::table::write_rows(&store, at, "none", &rows).await.unwrap();
        let snapshot = waymark_datasets::snapshot::publish(&store).await.unwrap();
        changes::append(&store, snapshot).await.unwrap()
    })
}

fn allowing(world: &World) -> String {
    let file = world.write("waymark.toml", b"[webhooks]\nallow_private = true\npause_max_s = 1\n");
    file.to_str().unwrap().to_owned()
}

#[track_caller]
fn assert_signed(told: &Told, public_key: &str) {
    let key = STANDARD.decode(public_key.strip_prefix("whpk_").unwrap()).unwrap();
    let key = VerifyingKey::from_bytes(&key.try_into().unwrap()).unwrap();
    let signature = STANDARD.decode(told.header("webhook-signature").strip_prefix("v1a,").unwrap()).unwrap();
    let (id, time) = (told.header("webhook-id"), told.header("webhook-timestamp"));
    let message = [format!("{id}.{time}.").as_bytes(), &told.body].concat();
    key.verify_strict(&message, &Signature::from_slice(&signature).unwrap()).unwrap();
}

#[test]
fn an_address_is_told_every_change_in_order_until_it_says_so_and_again_on_request() {
    let world = World::new();
    let (store, config) = (world.store(), allowing(&world));
    let (url, told) = receiver(vec!["500 Internal Server Error", "", "302 Found"]);
    let added = waymark(&["webhook", "add", "--store", &store, "--url", &url]).done();
    let (id, key) = (added["id"].as_str().unwrap(), added["public_key"].as_str().unwrap());
    assert_eq!((publish(&world), publish(&world)), (1, 2));
    let server = Served::start_with(&["--store", &store, "--ingest-only", "--config", &config]);
    let mut sequences = Vec::new();
    while sequences.last() != Some(&2) {
        let told = told.recv().unwrap();
        assert_signed(&told, key);
        let body: Value = serde_json::from_slice(&told.body).unwrap();
        assert_eq!(body["type"], "map.changed");
        assert_eq!(body["data"]["to"].as_str().unwrap().parse::<Digest>().unwrap().to_string(), body["data"]["to"]);
        let sequence = body["data"]["sequence"].as_u64().unwrap();
        assert_eq!(told.header("webhook-id"), format!("{id}-{sequence}"));
        sequences.push(sequence);
    }
    assert_eq!(sequences, [1, 1, 1, 1, 2], "an error, a broken connection and a redirect are no acknowledgement");
    server.wait_for("webhook acknowledged");
    server.wait_for("webhook acknowledged");
    waymark(&["webhook", "replay", "--store", &store, "--id", id, "--since", "1"]).done();
    let again: Value = serde_json::from_slice(&told.recv().unwrap().body).unwrap();
    assert_eq!(again["data"]["sequence"], 2);
    server.stop();
    let listed = waymark(&["webhook", "list", "--store", &store]).done();
    assert_eq!(listed["webhooks"][0]["url"], url.as_str());
    waymark(&["webhook", "remove", "--store", &store, "--id", id]).done();
    assert_eq!(waymark(&["webhook", "list", "--store", &store]).done()["webhooks"], serde_json::json!([]));
    let unknown = waymark(&["webhook", "remove", "--store", &store, "--id", id]);
    assert!(unknown.failed().stderr.contains("there is none of this id"), "{unknown:?}");
}

#[test]
fn only_addresses_of_the_open_internet_are_public() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let is_public = |host: &str| {
        let url = format!("https://{host}/").parse().unwrap();
        runtime.block_on(guard::addresses(&url, false)).is_ok()
    };
    for host in ["1.1.1.1", "93.184.215.14", "[2606:4700:4700::1111]", "[2002:101:101::1]"] {
        assert!(is_public(host), "{host}");
    }
    let v4 = "0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 2130706433 0x7f.1 169.254.169.254 172.16.0.1 192.0.0.8 192.0.2.1 \
              192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255";
    let v6 = "[::] [::1] [::ffff:127.0.0.1] [::ffff:a00:1] [fe80::1] [fc00::1] [fd12::1] [ff02::1] [64:ff9b::7f00:1] \
              [2001:db8::1] [2001::1] [2002:7f00:1::1] [2002:a00:1::1] [3fff::1]";
    for host in v4.split_whitespace().chain(v6.split_whitespace()) {
        assert!(!is_public(host), "{host}");
    }
    assert!(!is_public("localhost"));
}

#[test]
fn a_private_address_is_not_asked() {
    let world = World::new();
    let store = world.store();
    let (url, told) = receiver(Vec::new());
    waymark(&["webhook", "add", "--store", &store, "--url", &url, "--since", "0"]).done();
    publish(&world);
    let server = Served::start(&store);
    server.wait_for("is no public address");
    server.stop();
    assert!(told.try_recv().is_err(), "somebody asked");
    for wrong in ["ftp://example.com/", "file:///etc/passwd", "https://user:secret@example.com/"] {
        assert_eq!(waymark(&["webhook", "add", "--store", &store, "--url", wrong]).code, Some(1), "{wrong}");
    }
}
