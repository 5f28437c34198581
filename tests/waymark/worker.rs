//! The process that works on strangers' clips, when it dies, hangs or has no memory: the server goes on, the clip is
//! tried again, and is refused with that reason in the end.

use std::process::Command;

use reqwest::StatusCode;
use tokio::runtime::Runtime;
use waymark_datasets::Reason;
use waymark_datasets::rows::Verdict;

use crate::scale::times;
use crate::serve::Simulated;
use crate::server::{Served, http};

const READY: &str = "a process for clips is ready";
const FAILED: &str = "a clip could not be processed";
const REFUSED: &str = "a clip is refused that nobody lives to process";

/// What it takes to write down a refusal, and a decoder and two models do not do with.
const MEMORY_TO_REFUSE_BYTES: u64 = 8 << 20;

fn start(clip: &Simulated, settings: &str) -> Served {
    let config = clip.world.write("waymark.toml", format!("[worker]\n{settings}\n").as_bytes());
    let (config, store) = (config.to_str().unwrap(), clip.world.store());
    Served::start_with(&["--config", config, "--store", &store, "--pack", "town", "--threads", "1"])
}

fn run(program: &str, arguments: &[&str]) {
    let ran = Command::new(program).args(arguments).output().unwrap();
    assert!(ran.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

fn assert_died(clip: &Simulated) {
    let verdicts = clip.world.verdicts();
    let died = verdicts.iter().filter(|row| row.verdict == Verdict::Refused(Reason::ProcessingDied));
    assert_eq!(died.count(), 1, "{verdicts:?}");
}

fn assert_healthy(server: &Served) {
    let asked = async { http().get(format!("{}/healthz", server.url)).send().await.unwrap().status() };
    assert_eq!(Runtime::new().unwrap().block_on(asked), StatusCode::OK);
}

#[test]
fn a_process_that_hangs_is_replaced_and_the_clip_is_tried_again() {
    for _ in 0..times(1, 50) {
        let clip = Simulated::new();
        let server = start(&clip, "clip_time_max_s = 20");
        server.wait_for(READY);
        // Stopped, it is alive and never answers.
        run("kill", &["-STOP", &server.children()[0].to_string()]);
        clip.upload(&server.url).done();
        assert_healthy(&server);
        server.wait_for(FAILED);
        server.wait_for("snapshot published");
        server.stop();
        let verdicts = clip.world.verdicts();
        assert!(verdicts.iter().all(|row| row.verdict == Verdict::Accepted), "{verdicts:?}");
        assert!(verdicts.iter().any(|row| row.frame_id.is_some()), "frames were published in the end");
        assert_eq!(verdicts.iter().filter(|row| row.frame_id.is_none()).count(), 1, "one is on the clip as a whole");
    }
}

/// Bytes that a process holds, as Linux tells.
fn held_bytes(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let kib = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    kib.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
}

#[test]
fn a_process_that_takes_too_much_memory_is_ended_and_its_clip_refused_with_that_reason() {
    let idle = Simulated::new();
    let server = start(&idle, "");
    server.wait_for(READY);
    let enough_for_nothing = held_bytes(server.children()[0]) + MEMORY_TO_REFUSE_BYTES;
    server.stop();
    for _ in 0..times(1, 50) {
        let clip = Simulated::new();
        let server = start(&clip, &format!("memory_max_bytes = {enough_for_nothing}"));
        server.wait_for(READY);
        clip.upload(&server.url).done();
        for _ in 0..2 {
            server.wait_for(FAILED);
            assert_healthy(&server);
        }
        server.wait_for(REFUSED);
        server.wait_for("snapshot published");
        server.stop();
        assert_died(&clip);
    }
}

#[test]
fn a_clip_that_nobody_lives_to_process_is_refused_with_that_reason() {
    for _ in 0..times(1, 50) {
        let clip = Simulated::new();
        let server = start(&clip, "");
        server.wait_for(READY);
        // Stopped first, so that it cannot be done before it is killed.
        let mut doomed = server.children()[0].to_string();
        run("kill", &["-STOP", &doomed]);
        let sent = clip.upload(&server.url).done();
        for death in 0..3 {
            run("kill", &["-KILL", &doomed]);
            if death < 2 {
                server.wait_for(FAILED);
                server.wait_for(READY);
                doomed = server.children()[0].to_string();
            }
        }
        server.wait_for(REFUSED);
        server.wait_for("snapshot published");
        let http = http();
        let state = server.state(&http, &clip.key, sent["clip"].as_str().unwrap());
        let state = Runtime::new().unwrap().block_on(state);
        assert_eq!((&state["state"], &state["frames"][0]["verdict"]), (&"processed".into(), &"processing_died".into()));
        server.stop();
        assert_died(&clip);
    }
}
