//! Builders beside each other: one after the other has the turn, and nothing is lost.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::files::named;
use crate::program::{Answer, command, outside, waymark};
use crate::s3::{BUCKET, Server, with_bucket};
use crate::scratch::scratch;
use crate::world::{World, enrol_signer};

/// Three drives, filmed once for all tests.
fn bundles() -> &'static [PathBuf] {
    static BUNDLES: OnceLock<Vec<PathBuf>> = OnceLock::new();
    BUNDLES.get_or_init(|| {
        let town = scratch().join("builders");
        let small = ["--drives", "3", "--seconds", "4", "--size", "640x360", "--seed", "12"];
        waymark(&[&["simulate", "--out", town.to_str().unwrap()], &small[..]].concat()).done();
        let manifests = named(&town.join("bundles"), "", "manifest.jws").into_iter();
        manifests.map(|(_, manifest)| manifest.parent().unwrap().to_path_buf()).collect()
    })
}

/// A builder is started for each clip as soon as it has landed, whatever those before are at.
fn build_beside_each_other(store: &str, run: impl Fn(&[&str]) -> Command) {
    let build = ["build", "--store", store, "--pack", "town", "--threads", "1"];
    let mut builders = Vec::new();
    assert_eq!(bundles().len(), 3);
    for bundle in bundles() {
        enrol_signer(bundle, store, &run);
        Answer::from(run(&["ingest", bundle.to_str().unwrap(), "--store", store]).output().unwrap()).done();
        let mut builder = run(&build);
        builders.push(builder.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    }
    for builder in builders {
        Answer::from(builder.wait_with_output().unwrap()).done();
    }
    Answer::from(run(&["verify", "snapshot", "--store", store]).output().unwrap()).done();
    let left = Answer::from(run(&build).output().unwrap()).done();
    for what in ["clips", "partitions", "features", "tiles"] {
        assert_eq!(left[what], 0, "something was left to do: {left}");
    }
}

#[test]
fn builders_of_one_folder_take_turns() {
    build_beside_each_other(&World::unenrolled().store(), command);
}

#[test]
fn builders_of_one_bucket_take_turns_and_leave_no_lease() {
    let server = Server::start();
    assert_eq!(outside("bucket.py", &["make", &server.endpoint, BUCKET]).done(), 1);
    build_beside_each_other(&format!("s3://{BUCKET}/builders"), |arguments| {
        let mut command = command(arguments);
        with_bucket(&mut command, &server.endpoint);
        command
    });
    let world = World::unenrolled();
    outside("bucket.py", &["fetch", &server.endpoint, BUCKET, "builders", &world.text("fetched")]).done();
    assert!(named(&world.path("fetched"), "turns", "").is_empty());
}
