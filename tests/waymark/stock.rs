//! Stock clients of resumable uploads, as their packages come: each uploads a clip over a bad link, is interrupted,
//! goes on, and the clip lands once.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::Ordering;

use serde_json::Value;
use tokio::runtime::Runtime;

use crate::cutter::Cutter;
use crate::program::{Answer, outside};
use crate::serve::Simulated;
use crate::server::{Served, http};

/// At most so many bytes go over a connection before it is cut, so often.
const BAD_LINK: (u64, u64) = (60_000, 6);

/// The clip's manifest is posted, and its files go where `POST /v1/uploads` says.
fn uploads_and_resumes(seed: u64, run: impl Fn(&[String]) -> Option<Answer>) {
    let clip = Simulated::new();
    let server = Served::start(&clip.world.store());
    let posted: Value = Runtime::new().unwrap().block_on(server.announce(&http(), &clip.manifest()));
    let url = server.url.clone();
    let link = Cutter::start(move || url.clone(), BAD_LINK, seed);
    let files = clip.files.iter().map(|(name, _)| clip.bundle.join(name).to_str().unwrap().to_owned());
    let creation = format!("{}/v1/uploads", link.url);
    let arguments = [creation, posted["clip"].as_str().unwrap().to_owned()].into_iter().chain(files);
    let Some(answer) = run(&arguments.collect::<Vec<_>>()) else { return };
    assert_eq!(answer.done(), clip.files.len());
    assert!(link.cuts.load(Ordering::SeqCst) > 0, "the link was too good");
    clip.assert_landed_once();
    server.stop();
}

#[test]
fn tuspy_uploads_a_clip_and_resumes() {
    uploads_and_resumes(11, |arguments| Some(outside("tus_upload.py", arguments)));
}

#[test]
fn tus_js_client_uploads_a_clip_and_resumes() {
    uploads_and_resumes(12, |arguments| {
        let modules = modules()?;
        Some(node("tus_upload.cjs", &[&[modules.to_str().unwrap().to_owned()], arguments].concat()))
    });
}

#[test]
fn uppy_in_a_browser_uploads_a_clip_from_another_origin_and_resumes() {
    let (Some(modules), Some(chromium)) = (modules(), chromium()) else { return };
    let clip = Simulated::new();
    let server = Served::start(&clip.world.store());
    let url = server.url.clone();
    let link = Cutter::start(move || url.clone(), BAD_LINK, 13);
    let manifest = clip.bundle.join("manifest.jws");
    let paths = [&modules, &chromium].map(|path| path.to_str().unwrap().to_owned());
    let files = clip.files.iter().map(|(name, _)| clip.bundle.join(name).to_str().unwrap().to_owned());
    let to = [link.url.clone(), manifest.to_str().unwrap().to_owned()];
    let arguments: Vec<String> = paths.into_iter().chain(to).chain(files).collect();
    let said = node("uppy_upload.cjs", &arguments).done();
    println!("{said}");
    assert_eq!(said["files"], clip.files.len(), "{said}");
    assert!(said["resumed_at"].as_u64() > Some(0), "the second page began anew: {said}");
    assert!(link.cuts.load(Ordering::SeqCst) > 0, "the link was too good");
    clip.assert_landed_once();
    server.stop();
}

fn node(script: &str, arguments: &[String]) -> Answer {
    let script = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/outside")).join(script);
    let mut node = Command::new("node");
    node.arg(script).args(arguments).env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
    node.output().unwrap().into()
}

/// The packages of JavaScript, which need Node.js.
fn modules() -> Option<PathBuf> {
    let modules = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.tools/tus-client/node_modules"));
    if modules.join("@uppy").is_dir() {
        return Some(modules.into());
    }
    skip("the JavaScript clients are not there (make setup, with Node.js 20)")
}

/// The browser, under any of its names.
fn chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    found.into_iter().find(|file| file.is_file()).or_else(|| skip("there is no chromium (apt-get install chromium)"))
}

/// Written past the harness, which would swallow it: a skip is loud.
fn skip(why: &str) -> Option<PathBuf> {
    std::io::stderr().write_all(format!("skipped: {why}\n").as_bytes()).unwrap();
    None
}
