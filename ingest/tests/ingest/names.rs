//! Names that strangers choose: those that could lead somewhere are refused, the others lead nowhere, as nothing is
//! stored under them. And files that are two things at once: whatever they are, nobody is served them.

use std::path::Path;

use reqwest::StatusCode;
use waymark_datasets::{Digest, Store};

use crate::footage::{START_MS, jpeg, shot};
use crate::server::{Server, json};
use crate::world::{World, contents};

/// Names that are or contain a way to another place, to another line or to another meaning.
const UNSAFE: &[&str] = &[
    "../x.jpg",
    "..",
    ".",
    "/etc/passwd",
    "a/b.jpg",
    "a\\b.jpg",
    "C:\\x.jpg",
    "..\\..\\x.jpg",
    ".hidden.jpg",
    "..%00.jpg.jpg",
    "..．x.jpg",
    "",
    "a\0b.jpg",
    "a\r\nset-cookie: x.jpg",
    "a\nb.jpg",
    "\u{85}.jpg",
    "manifest.jws",
    "MANIFEST.JWS",
];

/// Names that are odd, and harmless where nothing is named by them.
const ODD: &[&str] = &[
    "%2e%2e%2f%2e%2e%2fx.jpg",
    "CON.jpg",
    "nul",
    "aux.jpg ",
    " x.jpg",
    "\u{202e}gpj.exe",
    "\u{200b}x.jpg",
    "ｘ.jpg",
    "а.jpg",
    "～.jpg",
    "$(id).jpg",
    "`id`.jpg",
    "-rf.jpg",
    "<script>.jpg",
    "x.jpg;type=text",
    "x\u{301}.jpg",
    "😀.jpg",
    "{clip}.jpg",
];

/// A clip of one picture that is called `name`, and the picture; the device signed so many before, the last of them
/// `previous`.
fn manifest(world: &World, (number, previous): (usize, Option<&[u8]>), name: &str) -> (Vec<u8>, Vec<u8>) {
    let mut picture = jpeg(&shot(0));
    // Otherwise all of them were one clip.
    let end = picture.len() - 2;
    picture.splice(end..end, number.to_be_bytes().map(|byte| byte & 0x7f));
    let at = START_MS + 120;
    let bundle = world.forge(&format!("names-{number}"), &[("a.jpg", picture.clone())], (at, at));
    world.resign(&bundle, |json| {
        json["media"][0]["name"] = name.into();
        json["sequence"] = number.into();
        json["previous"] = previous.map(|jws| Digest::of(jws).to_string()).into();
    });
    (std::fs::read(bundle.join("manifest.jws")).unwrap(), picture)
}

/// Every file below.
fn names_below(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.path().is_dir() {
            true => names.extend(names_below(&entry.path())),
            false => names.push(entry.path().to_str().unwrap().to_owned()),
        }
    }
    names
}

#[tokio::test]
async fn no_name_leads_anywhere() {
    let mut world = World::new().await;
    world.inbox = Store::create_private_at(world.path("server/inbox").to_str().unwrap()).unwrap();
    let server = Server::start(&world).await;
    let long: Vec<String> = vec!["x".repeat(256), "x".repeat(4_096), "é".repeat(128)];
    for (number, name) in UNSAFE.iter().copied().chain(long.iter().map(String::as_str)).enumerate() {
        let (manifest, _) = manifest(&world, (number, None), name);
        let refused = server.post(manifest).await;
        assert!(refused.status().is_client_error(), "{name:?}: {refused:?}");
        assert_eq!(json(refused).await["reason"], "media_name_unsafe", "{name:?}");
    }
    let longest = "y".repeat(251) + ".jpg";
    let mut previous: Option<Vec<u8>> = None;
    for (number, name) in ODD.iter().copied().chain([longest.as_str()]).enumerate() {
        let (manifest, picture) = manifest(&world, (number, previous.as_deref()), name);
        previous = Some(manifest.clone());
        let taken = server.post(manifest).await;
        assert_eq!(taken.status(), StatusCode::CREATED, "{name:?}");
        let taken = json(taken).await;
        assert_eq!(taken["media"][0]["name"], name, "it is told as it was signed");
        let url = taken["media"][0]["upload_url"].as_str().unwrap();
        assert!(url.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'/'), "{url}");
        let sent = server.patch(&format!("{}{url}", server.url), 0, &picture).send().await.unwrap();
        assert_eq!(sent.status(), StatusCode::NO_CONTENT, "{name:?}");
    }
    assert_eq!(server.landed.try_iter().count(), ODD.len() + 1);
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-=".contains(c);
    for path in names_below(&world.path("server")) {
        let below = path.strip_prefix(world.path("server").to_str().unwrap()).unwrap();
        assert!(below.starts_with("/inbox/") && below.chars().all(plain), "{below}");
    }
}

#[tokio::test]
async fn paths_that_lead_out_of_the_store_are_no_clips() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let digest = "0".repeat(64);
    let mut tried = 0;
    for part in UNSAFE.iter().chain(ODD) {
        let encoded: String = part.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for path in [
            format!("/v1/clips/{encoded}"),
            format!("/v1/clips/{encoded}/receipt"),
            format!("/v1/clips/{encoded}/media/{digest}"),
            format!("/v1/clips/{}/media/{encoded}", "0".repeat(32)),
            format!("/v1/clips/%2e%2e%2f{encoded}"),
        ] {
            for method in ["HEAD", "GET", "PATCH", "DELETE"] {
                let request = server.tus(method, &format!("{}{path}", server.url)).header("upload-offset", 0);
                let answer = request.header("content-type", "application/offset+octet-stream").body("x").send();
                let answer = answer.await.unwrap();
                assert!(answer.status().is_client_error(), "{method} {path}: {answer:?}");
                assert!(!answer.headers().contains_key("set-cookie"), "{method} {path}: {answer:?}");
                tried += 1;
            }
        }
    }
    assert!(tried >= 500, "{tried} cases");
    assert!(contents(&world.inbox).await.iter().all(|(path, _)| path == "keys/server.pem"), "nothing was written");
}

#[tokio::test]
async fn a_picture_that_is_a_page_as_well_is_stored_as_bytes_and_served_to_nobody() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let page = b"<html><script>alert(1)</script>";
    let mut picture = jpeg(&shot(0));
    let comment = [&[0xff, 0xfe][..], &(page.len() as u16 + 2).to_be_bytes(), page].concat();
    picture.splice(2..2, comment);
    let at = START_MS + 120;
    let bundle = world.forge("polyglot", &[("page.jpg", picture.clone())], (at, at));
    // It may call itself what it likes.
    world.resign(&bundle, |json| json["media"][0]["type"] = "text/html".into());
    let posted = json(server.post(std::fs::read(bundle.join("manifest.jws")).unwrap()).await).await;
    let url = format!("{}{}", server.url, posted["media"][0]["upload_url"].as_str().unwrap());
    let as_page = server.tus("PATCH", &url).header("upload-offset", 0).header("content-type", "text/html");
    assert_eq!(as_page.body(picture.clone()).send().await.unwrap().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(server.patch(&url, 0, &picture).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(server.landed.try_iter().count(), 1);
    let paths = contents(&world.inbox).await.into_iter().map(|(path, _)| path);
    for path in paths.chain([url.strip_prefix(&server.url).unwrap().trim_start_matches('/').to_owned()]) {
        let got =
            server.http.get(format!("{}/{path}", server.url)).header("tus-resumable", "1.0.0").send().await.unwrap();
        assert!(got.status().is_client_error(), "{path}: {got:?}");
        let body = got.bytes().await.unwrap();
        assert!(!body.windows(8).any(|window| window == b"<script>"), "{path}");
    }
}
