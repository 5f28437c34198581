//! Every MUST of the core of tus 1.0.0.

use reqwest::StatusCode;

use crate::server::{Server, assert_problem, number};
use crate::world::{World, contents};

#[tokio::test]
async fn head_says_how_much_is_there_from_nothing_to_all() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let file = &server.files(&world.signed_film()).await[1];
    let size = file.bytes.len() as u64;
    for (from, to) in [(0, 0), (0, 7), (7, 100), (100, size)] {
        let patched = server.patch(&file.url, from, &file.bytes[from as usize..to as usize]).send().await.unwrap();
        assert_eq!((patched.status(), number(&patched, "upload-offset")), (StatusCode::NO_CONTENT, to));
        let head = server.tus("HEAD", &file.url).send().await.unwrap();
        assert!(head.status().is_success(), "{head:?}");
        assert_eq!((number(&head, "upload-offset"), number(&head, "upload-length")), (to, size));
        assert_eq!(head.headers()["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn what_is_no_upload_is_not_found_and_has_no_offset() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    let file = &server.files(&signed).await[0];
    let other_clip = file.url.replace(&signed.clip_id.to_string(), &"0".repeat(32));
    let other_file = file.url.replace(&file.digest.to_string(), &"0".repeat(64));
    for url in [other_clip, other_file, format!("{}/v1/clips/x/media/y", server.url)] {
        for method in ["HEAD", "PATCH", "DELETE"] {
            let request = server.tus(method, &url).header("upload-offset", 0);
            let answer = request.header("content-type", "application/offset+octet-stream").send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {url}");
            assert!(!answer.headers().contains_key("upload-offset"), "{method} {url}");
        }
    }
}

#[tokio::test]
async fn another_version_is_refused_with_ours_and_nothing_is_done() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let file = &server.files(&world.signed_film()).await[0];
    let uploads = format!("{}/v1/uploads", server.url);
    for version in [None, Some("0.2.2"), Some("1.0.1"), Some("")] {
        for (method, url) in [("HEAD", &file.url), ("PATCH", &file.url), ("DELETE", &file.url), ("POST", &uploads)] {
            let mut request = server.http.request(method.parse().unwrap(), url).header("upload-offset", 0);
            request = request.header("content-type", "application/offset+octet-stream").body("x");
            if let Some(version) = version {
                request = request.header("tus-resumable", version);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::PRECONDITION_FAILED, "{method} {version:?}");
            assert_eq!(answer.headers()["tus-version"], "1.0.0");
        }
    }
    assert_eq!(server.offset(&file.url).await, 0);
}

#[tokio::test]
async fn options_say_what_is_spoken_whatever_version_asks() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let file = &server.files(&world.signed_film()).await[0];
    for url in [&file.url, &format!("{}/v1/uploads", server.url)] {
        for version in ["1.0.0", "7", ""] {
            let request = server.http.request("OPTIONS".parse().unwrap(), url).header("tus-resumable", version);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::NO_CONTENT);
            assert_eq!(answer.headers()["tus-version"], "1.0.0");
            let extensions = "creation,creation-with-upload,checksum,expiration,termination";
            assert_eq!(answer.headers()["tus-extension"], extensions);
            assert_eq!(answer.headers()["tus-checksum-algorithm"], "sha1,sha256");
            assert_eq!(number(&answer, "tus-max-size"), 512 << 20);
        }
    }
}

#[tokio::test]
async fn every_other_answer_names_the_version() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let file = &server.files(&world.signed_film()).await[0];
    let answers = [
        server.tus("HEAD", &file.url).send().await.unwrap(),
        server.patch(&file.url, 0, b"F").send().await.unwrap(),
        server.patch(&file.url, 0, b"F").send().await.unwrap(),
        server.tus("GET", &file.url).send().await.unwrap(),
        server.tus("POST", &format!("{}/v1/uploads", server.url)).send().await.unwrap(),
        server.tus("DELETE", &file.url).send().await.unwrap(),
        server.tus("HEAD", &file.url).send().await.unwrap(),
    ];
    assert_eq!(answers.each_ref().map(|answer| answer.status().as_u16()), [200, 204, 409, 405, 400, 204, 404]);
    for answer in answers {
        assert_eq!(answer.headers()["tus-resumable"], "1.0.0", "{answer:?}");
    }
}

#[tokio::test]
async fn another_media_type_is_refused_and_nothing_is_stored() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let file = &server.files(&world.signed_film()).await[0];
    for media_type in ["application/octet-stream", "application/offset+octet-streams", ""] {
        let request = server.tus("PATCH", &file.url).header("upload-offset", 0).header("content-type", media_type);
        assert_problem(&request.body(file.bytes.clone()).send().await.unwrap(), 415);
    }
    assert_eq!(server.offset(&file.url).await, 0);
}

#[tokio::test]
async fn an_offset_that_is_not_the_stores_is_a_conflict() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let file = &server.files(&world.signed_film()).await[1];
    server.patch(&file.url, 0, &file.bytes[..50]).send().await.unwrap();
    let before = contents(&world.inbox).await;
    for offset in [0, 49, 51, file.bytes.len() as u64, i64::MAX as u64] {
        assert_problem(&server.patch(&file.url, offset, &file.bytes[50..]).send().await.unwrap(), 409);
    }
    assert_eq!(contents(&world.inbox).await, before);
}

#[tokio::test]
async fn what_is_no_offset_is_refused_and_nothing_is_stored() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let file = &server.files(&world.signed_film()).await[0];
    let wrong = ["", "-1", "+0", "0x0", "1.0", " ", "9223372036854775808", "18446744073709551616", "NaN", "0, 0"];
    for offset in wrong {
        let request = server.tus("PATCH", &file.url).header("upload-offset", offset);
        let request = request.header("content-type", "application/offset+octet-stream").body(file.bytes.clone());
        assert_problem(&request.send().await.unwrap(), 400);
    }
    let request = server.tus("PATCH", &file.url).header("content-type", "application/offset+octet-stream");
    assert_problem(&request.body(file.bytes.clone()).send().await.unwrap(), 400);
    let twice = server.patch(&file.url, 0, &file.bytes).header("upload-offset", 0);
    assert_problem(&twice.send().await.unwrap(), 400);
    assert_eq!(server.offset(&file.url).await, 0);
}

#[tokio::test]
async fn more_than_was_signed_is_too_much() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let file = &server.files(&world.signed_film()).await[1];
    let longer = [&file.bytes[..], b"x"].concat();
    assert_problem(&server.patch(&file.url, 0, &longer).send().await.unwrap(), 413);
    assert_eq!(server.offset(&file.url).await, 0);
    // Without a length up front it shows only on the way.
    let stream = futures_of(&longer);
    let request = server.tus("PATCH", &file.url).header("upload-offset", 0);
    let request = request.header("content-type", "application/offset+octet-stream").body(stream);
    assert_problem(&request.send().await.unwrap(), 413);
    assert!(server.offset(&file.url).await <= file.bytes.len() as u64);
    server.stop().await;
}

fn futures_of(bytes: &[u8]) -> reqwest::Body {
    let pieces: Vec<Result<Vec<u8>, std::io::Error>> = bytes.chunks(100).map(|piece| Ok(piece.to_vec())).collect();
    reqwest::Body::wrap_stream(futures::stream::iter(pieces))
}

#[tokio::test]
async fn a_body_without_a_length_is_taken_as_it_comes() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let file = &server.files(&world.signed_film()).await[1];
    let request = server.tus("PATCH", &file.url).header("upload-offset", 0);
    let request = request.header("content-type", "application/offset+octet-stream").body(futures_of(&file.bytes));
    let answer = request.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), number(&answer, "upload-offset")), (204, file.bytes.len() as u64));
}

#[tokio::test]
async fn a_method_may_be_named_in_a_header() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let file = &server.files(&world.signed_film()).await[1];
    let named = |method: &str| server.tus("POST", &file.url).header("x-http-method-override", method);
    let request = named("PATCH").header("upload-offset", 0).header("content-type", "application/offset+octet-stream");
    assert_eq!(request.body(file.bytes[..9].to_vec()).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(number(&named("HEAD").send().await.unwrap(), "upload-offset"), 9);
    assert_eq!(named("DELETE").send().await.unwrap().status(), StatusCode::NO_CONTENT);
    // The real method is ignored.
    let other = server.tus("DELETE", &file.url).header("x-http-method-override", "HEAD");
    assert_eq!(other.send().await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_problem(&named("B\u{e4}D").send().await.unwrap(), 400);
}
