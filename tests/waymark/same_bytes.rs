//! The same input gives the same bytes: twice, on any number of threads, and after being killed at any moment.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::assets::{assets, short_drive};
use crate::files::{assert_same, contents, copy};
use crate::finished::EPOCH;
use crate::program::{command, waymark};
use crate::scratch::scratch;
use crate::world::{World, build, build_arguments, ingest, models, pay};

#[test]
fn every_step_done_twice_changes_nothing() {
    let Some(bundle) = short_bundle() else { return };
    let (world, again) = (World::new(), World::new());
    world.sign(&short_drive(&assets().unwrap()), "bundle").done();
    assert_same(&world.path("bundle"), bundle, "signed twice");
    let (store, twice) = (world.store(), again.store());
    again.enrol(&twice).done();
    assert_same(&world.path("store"), &again.path("store"), "enrolled twice");
    ingest(bundle, &store).done();
    ingest(bundle, &twice).done();
    assert_eq!(ingest(bundle, &twice).done()["state"], "already_landed");
    assert_same(&world.path("store"), &again.path("store"), "ingested twice");
    let built = build(&store, "2").done();
    build(&twice, "2").done();
    assert_eq!(build(&twice, "2").done()["snapshot"], built["snapshot"]);
    assert_same(&world.path("store"), &again.path("store"), "built twice");
    pay(&store, EPOCH).done();
    let paid = pay(&twice, EPOCH).done();
    assert_eq!(pay(&twice, EPOCH).done(), paid);
    assert_same(&world.path("store"), &again.path("store"), "paid twice");
    let before = contents(&again.path("store"));
    waymark(&["verify", "snapshot", "--store", &twice]).done();
    waymark(&["report", "--store", &twice, "--pictures", &again.text("pictures")]).done();
    waymark(&["pay", "--store", &twice, "--epoch", "2025-W50", "--simulate"]).done();
    assert_eq!(contents(&again.path("store")), before, "looking changes nothing");
}

#[test]
fn one_thread_and_three_build_the_same_bytes() {
    let Some(bundle) = short_bundle() else { return };
    let worlds = ["1", "3"].map(|threads| {
        let world = World::new();
        ingest(bundle, &world.store()).done();
        build(&world.store(), threads).done();
        world
    });
    assert_same(&worlds[0].path("store"), &worlds[1].path("store"), "1 and 3 threads");
}

#[test]
fn a_run_that_was_killed_at_any_moment_is_made_good_by_the_next() {
    let Some(bundle) = short_bundle() else { return };
    let seed = seed();
    println!("seed {seed} (set WAYMARK_TEST_SEED to it to see the same moments again)");
    let world = World::new();
    let store = world.store();
    let steps: [Vec<String>; 3] = [
        owned(&["ingest", bundle.to_str().unwrap(), "--store", &store]),
        owned(&build_arguments(&store, models(), "2")),
        owned(&["pay", "--store", &store, "--epoch", EPOCH]),
    ];
    let mut moments = Moments(seed);
    for (step, kills) in steps.iter().zip([4, 4, 4]) {
        let (before, after) = (world.path(&format!("before-{}", step[0])), world.path(&format!("after-{}", step[0])));
        copy(&world.path("store"), &before, &[]);
        let start = Instant::now();
        waymark(&texts(step)).done();
        let whole = start.elapsed();
        copy(&world.path("store"), &after, &[]);
        for _ in 0..kills {
            put_back(&before, &world.path("store"));
            let moment = moments.next_within(whole);
            let was_killed = kill_at(&texts(step), moment);
            println!("{} of {whole:?} killed at {moment:?}: {was_killed}", step[0]);
            waymark(&texts(step)).done();
            assert_same(&after, &world.path("store"), &format!("{} killed at {moment:?}, seed {seed}", step[0]));
        }
    }
}

/// The bundle of the short drive, signed once; none where assets are not present.
pub fn short_bundle() -> Option<&'static Path> {
    static BUNDLE: OnceLock<PathBuf> = OnceLock::new();
    let drive = short_drive(&assets()?);
    Some(BUNDLE.get_or_init(|| {
        let (world, bundle) = (World::unenrolled(), scratch().join("short-bundle"));
        world.sign(&drive, "bundle").done();
        fs::rename(world.path("bundle"), &bundle).unwrap();
        bundle
    }))
}

/// Starts the program and kills it at `moment`, if it is still there.
fn kill_at(arguments: &[&str], moment: Duration) -> bool {
    let mut child = command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(moment);
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

fn put_back(from: &Path, to: &Path) {
    fs::remove_dir_all(to).unwrap();
    copy(from, to, &[]);
}

fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|&argument| argument.to_owned()).collect()
}

fn texts(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

/// Another one every run, so that runs add up; the one that was printed when a failure is looked into.
fn seed() -> u64 {
    let given =
        std::env::var("WAYMARK_TEST_SEED").ok().map(|text| text.parse().expect("WAYMARK_TEST_SEED is a number"));
    given.unwrap_or_else(|| std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64)
}

/// Random moments: SplitMix64 (Steele, Lea and Flood 2014).
struct Moments(u64);

impl Moments {
    fn next_within(&mut self, whole: Duration) -> Duration {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let share = ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        whole.mul_f64(share).max(Duration::from_millis(2))
    }
}
