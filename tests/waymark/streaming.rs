//! From the last byte of a clip to the map: what lands is processed at once, what was left is taken up.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::Value;
use tokio::runtime::Runtime;

use crate::files::named;
use crate::program::waymark;
use crate::serve::Simulated;
use crate::server::{Served, http};
use crate::world::{PAYOUT, World};

/// A server that processes with the pack of the simulated town, on two cores.
fn town_server(store: &str) -> Served {
    Served::start_with(&["--store", store, "--pack", "town", "--threads", "2"])
}

#[test]
fn a_clip_that_was_left_by_a_dead_server_is_taken_up_by_the_next_one() {
    let clip = Simulated::new();
    let first = Served::start(&clip.world.store());
    let sent = clip.upload(&first.url).done();
    first.kill();
    let second = town_server(&clip.world.store());
    second.wait_for("snapshot published");
    let state = Runtime::new().unwrap().block_on(second.state(&http(), &clip.key, sent["clip"].as_str().unwrap()));
    assert_eq!(state["state"], "processed", "{state}");
    assert_eq!(clip.upload(&second.url).done()["state"], "landed", "once more, and nothing happens");
    second.stop();
    assert_eq!(named(&clip.world.path("store/inbox"), "clips/", "landed.json").len(), 1);
    waymark(&["verify", "snapshot", "--store", &clip.world.store()]).done();
}

#[test]
fn a_server_that_may_not_wait_leaves_the_clip_at_hand_to_the_next_one() {
    let clip = Simulated::new();
    let store = clip.world.store();
    let config = clip.world.write("waymark.toml", b"[serve]\ndrain_max_s = 1\n");
    let hasty = Served::start_with(&["--config", config.to_str().unwrap(), "--store", &store, "--pack", "town"]);
    let sent = clip.upload(&hasty.url).done();
    // Whatever it had done of it by then.
    hasty.stop();
    let next = town_server(&store);
    let state = || Runtime::new().unwrap().block_on(next.state(&http(), &clip.key, sent["clip"].as_str().unwrap()));
    while state()["state"] != "processed" {
        std::thread::yield_now();
    }
    next.stop();
    waymark(&["build", "--store", &store, "--pack", "town"]).done();
    waymark(&["verify", "snapshot", "--store", &store]).done();
}

#[test]
fn a_clip_of_a_minute_is_in_the_published_snapshot_soon_after_its_last_byte() {
    let world = World::unenrolled();
    let (town, store) = (world.text("town"), world.store());
    waymark(&["simulate", "--out", &town, "--drives", "1", "--seconds", "60", "--seed", "3"]).done();
    let bundle = world.text("town/bundles/001");
    let key: PathBuf = named(&world.path("town"), "devices/", ".key").remove(0).1;
    let id = waymark_ingest::DeviceKey::from_pkcs8_pem(&std::fs::read_to_string(&key).unwrap()).unwrap();
    let device = format!("--device={}", id.device_id());
    waymark(&["device", "enrol", "--store", &store, "--driver", "driver-001", &device, "--payout", PAYOUT]).done();
    let server = town_server(&store);
    let begun = Instant::now();
    let sent = waymark(&["device", "upload", &bundle, "--to", &server.url, "--key", key.to_str().unwrap()]).done();
    let uploaded = begun.elapsed();
    let line = server.line_with("snapshot published");
    let published = begun.elapsed();
    let state: Value = Runtime::new().unwrap().block_on(server.state(&http(), &id, sent["clip"].as_str().unwrap()));
    let frames = state["frames"].as_array().unwrap().len();
    println!("{frames} frames published {:?} after the upload, which took {uploaded:?}", published - uploaded);
    println!("{line}");
    assert!(frames > 0 && state["state"] == "processed", "{state}");
    server.stop();
    let verified = waymark(&["verify", "snapshot", "--store", &store]).done();
    println!("{verified}");
}
