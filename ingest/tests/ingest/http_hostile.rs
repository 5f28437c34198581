//! What strangers send: refused with a 4xx, never a 5xx, and the server goes on.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::server::{Server, assert_problem};
use crate::world::World;

/// Sends raw bytes and nothing after them; the status of the answer, none if the server hung up without one.
async fn status_of(server: &Server, request: Vec<u8>) -> Option<u16> {
    answer_to(server, request, true).await
}

/// Who asks properly waits for the answer: a server may take the end of what it reads for a client that went away.
async fn answer_to(server: &Server, request: Vec<u8>, ends: bool) -> Option<u16> {
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let work = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        // The server may hang up before it has read all.
        let sent = stream.write_all(&request);
        let mut answer = Vec::new();
        let ended = if ends { stream.shutdown(std::net::Shutdown::Write) } else { Ok(()) };
        let read = ended.and_then(|()| stream.read_to_end(&mut answer));
        drop((sent, read));
        String::from_utf8_lossy(&answer).split(' ').nth(1).and_then(|status| status.parse().ok())
    });
    work.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_or_too_much_of_it_is_a_4xx() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let with_headers = |count: usize, size: usize| {
        let headers: String = (0..count).map(|i| format!("x-{i}: {}\r\n", "y".repeat(size))).collect();
        format!("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n").into_bytes()
    };
    assert_eq!(answer_to(&server, with_headers(90, 10), false).await, Some(200));
    for hostile in [
        with_headers(1_000, 10),
        with_headers(1, 1 << 20),
        format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(1 << 20)).into_bytes(),
        b"GARBAGE\r\n\r\n".to_vec(),
        vec![0xff; 1_000],
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"POST /v1/clips HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n".to_vec(),
        b"POST /v1/clips HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999\r\n\r\n".to_vec(),
        b"POST /v1/clips HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx".to_vec(),
    ] {
        let status = status_of(&server, hostile.clone()).await;
        let head = String::from_utf8_lossy(&hostile[..hostile.len().min(60)]).into_owned();
        assert!(status.is_none_or(|status| (400..500).contains(&status)), "{head:?}: {status:?}");
    }
    assert_eq!(answer_to(&server, with_headers(0, 0), false).await, Some(200), "and it goes on");
}

#[tokio::test]
async fn bodies_that_are_no_manifest_are_refused() {
    let mut world = World::new().await;
    world.settings.manifest_max_bytes = 4_000;
    let server = Server::start(&world).await;
    for body in ["", "x", "a.b.c", "e30.e30.e30", "\u{0}\u{0}", "..", &".".repeat(3_000)] {
        assert_problem(&server.post(body.to_owned()).await, 400);
    }
    assert_problem(&server.post("x".repeat(4_001)).await, 413);
    for media_type in ["application/json", "multipart/form-data; boundary=x", "", "application/josee"] {
        let request = server.http.post(format!("{}/v1/clips", server.url)).header("content-type", media_type);
        assert_problem(&request.body("x").send().await.unwrap(), 415);
    }
    let plain =
        server.http.post(format!("{}/v1/clips", server.url)).header("content-type", "Text/Plain; charset=utf-8");
    assert_problem(&plain.body("x").send().await.unwrap(), 400);
}

#[tokio::test]
async fn paths_and_methods_that_are_none_are_4xx() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    for path in
        ["/", "/v1", "/v1/clips/", "/v2/clips", "/v1/clips/../../etc/passwd", "/%00", "/v1/clips/%ff", "/v1/uploads/x"]
    {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"] {
            let request = server.tus(method, &format!("{}{path}", server.url));
            let status = request.body("x").send().await.unwrap().status();
            assert!(status.is_client_error(), "{method} {path}: {status}");
        }
    }
    assert_problem(&server.http.get(format!("{}/v1/clips", server.url)).send().await.unwrap(), 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_other_lengths_than_they_say_are_kept_as_far_as_they_came() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let file = &server.files(&world.signed_film()).await[1];
    let path = file.url.strip_prefix(&server.url).unwrap();
    let patch = |length: &str, body: &[u8]| {
        let head = format!(
            "PATCH {path} HTTP/1.1\r\nhost: x\r\ntus-resumable: 1.0.0\r\nupload-offset: 0\r\n\
             content-type: application/offset+octet-stream\r\n{length}\r\n\r\n"
        );
        [head.as_bytes(), body].concat()
    };
    let status = status_of(&server, patch("content-length: 9999999", b"x")).await;
    assert_eq!(status, Some(413), "before a byte of it is read");
    let status = status_of(&server, patch("transfer-encoding: chunked", b"ZZZ\r\n")).await;
    assert!(status.is_none_or(|status| (400..500).contains(&status)), "{status:?}");
    assert_eq!(server.offset(&file.url).await, 0);
    let status = status_of(&server, patch("content-length: 300", &file.bytes[..120])).await;
    assert!(status.is_none_or(|status| (400..500).contains(&status)), "{status:?}");
    while server.offset(&file.url).await != 120 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_page_of_another_origin_may_upload_and_read_what_tus_answers() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let file = &server.files(&world.signed_film()).await[1];
    for url in [&file.url, &format!("{}/v1/uploads", server.url), &format!("{}/v1/clips", server.url)] {
        let asked = server.http.request("OPTIONS".parse().unwrap(), url).header("origin", "https://page.example");
        let allowed = asked.header("access-control-request-method", "PATCH").send().await.unwrap();
        assert_eq!(allowed.headers()["access-control-allow-origin"], "*");
        let headers = allowed.headers()["access-control-allow-headers"].to_str().unwrap();
        assert!(headers.contains("Upload-Offset") && headers.contains("Tus-Resumable"), "{headers}");
    }
    let head = server.tus("HEAD", &file.url).header("origin", "https://page.example").send().await.unwrap();
    assert!(head.headers()["access-control-expose-headers"].to_str().unwrap().contains("Upload-Offset"));
}
