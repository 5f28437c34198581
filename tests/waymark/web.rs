//! The map page, in a browser as people use it, and what it asks of closed weeks and of drivers.

use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::Client;
use reqwest::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use waymark_rewards::Proof;

use crate::demo::demoed;
use crate::files::copy;
use crate::program::Answer;
use crate::server::{Served, http, json as body};
use crate::world::World;

/// A server of the town of a short demo.
fn town(world: &World) -> Served {
    copy(&demoed().0.path("demo-out/store"), &world.path("store"), &[]);
    Served::start(&world.store())
}

#[test]
fn people_find_their_way_through_every_view_of_the_page() {
    let (world, nothing) = (World::unenrolled(), World::unenrolled());
    let Some((modules, chromium)) = browser() else { return };
    let (town, empty) = (town(&world), Served::start(&nothing.store()));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/outside/page.mjs");
    let mut node = Command::new("node");
    node.arg(script).args([modules.as_os_str(), chromium.as_os_str()]).args([&town.url, &empty.url]);
    // Pictures to look at, where somebody wants them.
    node.args(std::env::var_os("WAYMARK_PICTURES"));
    let told = Answer::from(node.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1").output().unwrap()).done();
    assert_eq!(told["said"], json!([]), "the console says nothing");
    assert_eq!(told["outside"], json!([]), "nobody else is asked");
    assert_eq!(told["faults"], json!([]), "axe-core finds nothing serious");
    let seen = &told["seen"];
    assert!(seen["colours"].as_u64().unwrap() > 200, "the map is drawn: {seen}");
    assert_eq!((&seen["frame_title"], &seen["went_on_and_back"]), (&json!("Frame"), &json!(true)));
    assert!(!seen["thing_title"].as_str().unwrap().is_empty() && !seen["clicked"].as_str().unwrap().is_empty());
    assert_eq!(seen["proof"], "The proof holds: this sum is in the root.");
    assert!(seen["false_proof"].as_str().unwrap().contains("does not hold"), "{seen}");
    assert!(seen["clips"].as_u64().unwrap() > 0, "{seen}");
    assert_eq!(seen["overflows"], json!([]), "on a phone nothing is wider than the screen");
}

/// The npm packages and Chromium; none where either is missing, or the program was built without the page.
fn browser() -> Option<(PathBuf, PathBuf)> {
    let modules = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/web/node_modules")).to_path_buf();
    let built = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/web/dist/favicon.svg"));
    let chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].map(PathBuf::from);
    let chromium = chromium.into_iter().find(|file| file.exists());
    for (is_there, what) in [
        (chromium.is_some(), "Chromium is not there (apt-get install chromium)"),
        (
            modules.join("playwright-core").is_dir() && built.exists(),
            "the page is not built (make setup, with Node.js)",
        ),
    ] {
        if !is_there {
            println!("skipped: the page in a browser: {what}");
            return None;
        }
    }
    chromium.map(|chromium| (modules, chromium))
}

#[test]
fn files_of_the_page_are_kept_as_long_as_they_last_and_run_nobody_elses_code() {
    let world = World::unenrolled();
    let server = Served::start(&world.store());
    Runtime::new().unwrap().block_on(async {
        let http = http();
        let page = http.get(format!("{}/", server.url)).send().await.unwrap();
        let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"), "{policy}");
        assert_eq!(page.headers()[CACHE_CONTROL], "no-cache");
        let tag = page.headers()[ETAG].clone();
        let text = page.text().await.unwrap();
        let again = http.get(format!("{}/", server.url)).header(IF_NONE_MATCH, tag).send().await.unwrap();
        assert_eq!(again.status(), 304);
        let Some(script) = text.split('"').find(|part| part.starts_with("/assets/") && part.ends_with(".js")) else {
            assert!(text.contains("make build"), "what is missing is said: {text}");
            return;
        };
        let ask = || http.get(format!("{}{script}", server.url));
        let plain = ask().send().await.unwrap();
        assert_eq!(plain.headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert!(plain.headers().get(CONTENT_ENCODING).is_none());
        let packed = ask().header(ACCEPT_ENCODING, "br, gzip;q=0.5").send().await.unwrap();
        assert_eq!(packed.headers()[CONTENT_ENCODING], "gzip");
        assert!(packed.bytes().await.unwrap().len() * 3 < plain.bytes().await.unwrap().len());
        let refused = ask().header(ACCEPT_ENCODING, "gzip;q=0").send().await.unwrap();
        assert!(refused.headers().get(CONTENT_ENCODING).is_none());
        for missing in ["/assets/nothing.js", "/assets/../index.html.gz", "/assets/%2e%2e/Cargo.toml"] {
            assert_eq!(http.get(format!("{}{missing}", server.url)).send().await.unwrap().status(), 404, "{missing}");
        }
    });
    server.stop();
}

#[test]
fn what_a_week_paid_is_told_with_a_proof_for_every_driver() {
    let world = World::unenrolled();
    let server = town(&world);
    Runtime::new().unwrap().block_on(async {
        let http = http();
        let ask = |path: String| get(&http, format!("{}{path}", server.url));
        let (_, listed) = ask("/v1/epochs".into()).await;
        let epochs = listed["epochs"].as_array().unwrap();
        let names: Vec<&str> = epochs.iter().map(|epoch| epoch["epoch"].as_str().unwrap()).collect();
        assert_eq!(names, ["2026-W04", "2026-W03"], "latest first");
        for epoch in epochs {
            let name = epoch["epoch"].as_str().unwrap();
            let (_, record) = ask(format!("/v1/epochs/{name}")).await;
            assert_eq!(record["payouts_root"], epoch["payouts_root"]);
            let (_, paid) = ask(format!("/v1/epochs/{name}/payouts")).await;
            assert!(!paid["payouts"].as_array().unwrap().is_empty() && paid["next_after"].is_null());
            for payout in paid["payouts"].as_array().unwrap() {
                let driver = payout["driver"].as_str().unwrap();
                let (_, proven) = ask(format!("/v1/epochs/{name}/payouts/{driver}")).await;
                assert_eq!(&proven["payout"], payout);
                let proof: Proof = serde_json::from_value(proven["proof"].clone()).unwrap();
                assert_eq!(proof.root().to_string(), record["payouts_root"].as_str().unwrap());
                assert_eq!(proof.amount.to_string(), payout["amount"].as_str().unwrap());
            }
        }
        for (path, status) in [
            ("/v1/epochs/2026-W03/payouts/nobody", 404),
            ("/v1/epochs/2031-W01", 404),
            ("/v1/epochs/2031-W01/payouts", 404),
            ("/v1/epochs/yesterday", 400),
            ("/v1/epochs/2026-W03/payouts?before=ada", 400),
            ("/v1/drivers/driver-001/clips?epoch=never", 400),
            ("/v1/drivers/%20/clips", 400),
        ] {
            let (found, problem) = ask(path.into()).await;
            assert_eq!((found, &problem["status"]), (status, &json!(status)), "{path}");
        }
    });
    server.stop();
}

#[test]
fn a_driver_sees_every_verdict_and_what_the_clips_earned() {
    let world = World::unenrolled();
    let server = town(&world);
    Runtime::new().unwrap().block_on(async {
        let http = http();
        let ask = |path: &str| get(&http, format!("{}{path}", server.url));
        let (_, found) = ask("/v1/drivers/driver-002/clips?epoch=2026-W03").await;
        assert_eq!((&found["is_complete"], &found["total"]), (&json!(true), &json!(1)), "{found}");
        let clip = &found["clips"][0];
        assert_eq!(clip["verdict"], "accepted");
        assert!(clip["frames_accepted"].as_u64().unwrap() > 0, "{clip}");
        let (_, paid) = ask("/v1/epochs/2026-W03/payouts/driver-002").await;
        assert_eq!(clip["amount"], paid["payout"]["amount"], "the only clip of the week earned it all");
        let (_, nothing) = ask("/v1/drivers/driver-002/clips?epoch=2026-W09").await;
        assert_eq!(nothing["clips"], json!([]));
        let (_, nobody) = ask("/v1/drivers/nobody/clips?epoch=2026-W03").await;
        assert_eq!(nobody["clips"], json!([]));
    });
    server.stop();
}

async fn get(http: &Client, url: String) -> (u16, Value) {
    let answer = http.get(url).send().await.unwrap();
    (answer.status().as_u16(), body(answer).await)
}
