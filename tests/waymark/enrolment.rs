//! Devices from the command line: invited, enrolled, handed over, revoked.

use std::fs;

use serde_json::Value;

use crate::program::{Answer, waymark};
use crate::server::Served;
use crate::world::{DRIVER, PAYOUT, World};

fn uploaded(world: &World, to: &str, key: &str) -> Answer {
    let bundle = world.text("b");
    waymark(&["device", "upload", &bundle, "--to", to, "--key", &world.text(key)])
}

fn reason(answer: &Answer) -> Value {
    answer.failed().json()["reason"].clone()
}

#[test]
fn a_device_is_invited_enrolled_handed_over_and_revoked() {
    let world = World::unenrolled();
    let (store, key) = (world.store(), world.text("device.key"));
    let server = Served::start(&store);
    world.forge("b", &[("a.mp4", b"x".to_vec()), ("a.csv", b"y".to_vec())], (0, 1));
    assert_eq!(reason(&uploaded(&world, &server.url, "device.key")), "device_unknown");
    let invite = ["device", "invite", "--store", &store, "--driver", DRIVER];
    assert!(waymark(&invite).failed().stderr.contains("--payout"), "the driver is not known yet");
    let invited = waymark(&[&invite[..], &["--payout", PAYOUT]].concat()).done();
    let token = invited["invitation"].as_str().unwrap();
    let enrol = ["device", "enroll", "--to", &server.url, "--invitation", token, "--key", &key];
    assert_eq!(waymark(&enrol).done()["driver"], DRIVER);
    assert_eq!(reason(&uploaded(&world, &server.url, "device.key")), "media_unreadable", "the device may upload now");
    let new = world.text("new.key");
    let rotated = waymark(&["device", "rotate", "--to", &server.url, "--key", &key, "--new", &new]).done();
    assert_eq!(rotated["from"], world.key.device_id().as_str());
    assert!(fs::exists(&new).unwrap());
    let other = waymark(&["device", "enroll", "--to", &server.url, "--invitation", token, "--key", &new]);
    assert_eq!(other.failed().json()["refused"], "invitation_used");
    let device = format!("--device={}", world.key.device_id());
    let revoked = waymark(&["device", "revoke", "--store", &store, &device]).done();
    assert_eq!((&revoked["was_enrolled"], &revoked["denylist"]), (&true.into(), &1.into()));
    assert_eq!(reason(&uploaded(&world, &server.url, "device.key")), "device_revoked", "from the next request on");
    let half = ["device", "enrol", "--store", &store];
    assert_eq!(waymark(&half).code, Some(2), "a store wants driver, device and payout address");
    assert_eq!(waymark(&["device", "enrol", "--to", &server.url, "--key", &key]).code, Some(2));
    server.stop();
}
