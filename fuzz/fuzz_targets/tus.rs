//! Requests to the endpoint, a line each for method, path and headers, and the rest for the body: whatever comes, the
//! answer is no fault of the server's.
#![no_main]

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;
use waymark_datasets::{Reason, Rejection, Store};
use waymark_ingest::AdmitSettings;
use waymark_ingest::http::{Buckets, Hooks, ServeSettings, Service, router};

static SERVER: LazyLock<(Runtime, Router)> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let now = 1_795_255_200_000_i64.try_into().unwrap();
    let hooks = Hooks {
        clock: Arc::new(move || now),
        probe: Arc::new(|_: &str, _: &bytes::Bytes| Err(Rejection::new(Reason::MediaUnreadable, "fuzz"))),
        landed: Arc::new(|_| ()),
        backlog: Arc::new(|| 0),
    };
    let buckets = Buckets { store: Store::in_memory(), inbox: Store::in_memory() };
    let rules = (AdmitSettings::default(), ServeSettings::default());
    let service = runtime.block_on(Service::new(buckets, rules, "http://fuzz", hooks)).unwrap();
    (runtime, router(Arc::new(service)))
});

fn request(bytes: &[u8]) -> Option<Request<Body>> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let (method, path) = lines.next()?.split_once(' ')?;
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        request = request.header(name, value);
    }
    request.body(Body::from(body.to_owned())).ok()
}

fuzz_target!(|bytes: &[u8]| {
    let Some(request) = request(bytes) else { return };
    let (runtime, router) = &*SERVER;
    let answer = runtime.block_on(router.clone().oneshot(request)).unwrap();
    assert!(!answer.status().is_server_error(), "{answer:?}");
});
