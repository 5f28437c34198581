//! Keys, rates, signed addresses and what was read, over HTTP.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use reqwest::{Client, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use waymark_datasets::rows::UsageRow;
use waymark_datasets::table::read_rows;
use waymark_datasets::{Epoch, Heading, Position, Slot, Store, UtcMillis};
use waymark_tiles::access::keys::{self, Shown, Terms};
use waymark_tiles::access::{AccessSettings, Gate, Lent, Reads, guard};

const FRAME: &str = "0123456789abcdef0123456789abcdef";
const NOW_MS: i64 = 1_765_000_000_000;

fn slot() -> Slot {
    Slot::at(Position::from_degrees(48.0, 11.0).unwrap(), Heading::wrapping(0.0))
}

fn epoch() -> Epoch {
    "2025-W49".parse().unwrap()
}

/// A map of one image, behind a gate, on a free port.
struct Guarded {
    url: String,
    store: Store,
    inbox: Store,
    gate: Arc<Gate>,
    clock: Arc<AtomicI64>,
    http: Client,
}

impl Guarded {
    async fn start(settings: AccessSettings) -> Self {
        let (store, inbox) = (Store::in_memory(), Store::in_memory());
        let clock = Arc::new(AtomicI64::new(NOW_MS));
        let told = clock.clone();
        let lent = Lent {
            store: store.clone(),
            inbox: inbox.clone(),
            clock: Arc::new(move || told.load(Ordering::SeqCst).try_into().unwrap()),
            secret: [7; 32],
            address_header: None,
            node: "node".into(),
        };
        let gate = Arc::new(Gate::new(lent, settings));
        let map = Router::new().route("/v1/frames/{frame}/image", get(image)).with_state(());
        // Whoever listens says where a request is from.
        let address = |mut request: Request, next: Next| {
            request.extensions_mut().insert(IpAddr::from([192, 0, 2, 1]));
            next.run(request)
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = guard(map, gate.clone()).layer(from_fn(address));
        tokio::spawn(async move { axum_serve(listener, router).await });
        Self { url, store, inbox, gate, clock, http: Client::builder().no_proxy().build().unwrap() }
    }

    async fn get(&self, path: &str, key: Option<&str>) -> reqwest::Response {
        let request = self.http.get(format!("{}{path}", self.url));
        let request = key.into_iter().fold(request, |request, key| request.bearer_auth(key));
        request.send().await.unwrap()
    }

    async fn key(&self, terms: Terms) -> String {
        keys::create(&self.inbox, "reader-1", terms, self.now()).await.unwrap().0
    }

    fn now(&self) -> UtcMillis {
        self.clock.load(Ordering::SeqCst).try_into().unwrap()
    }

    fn wait_s(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }
}

async fn axum_serve(listener: TcpListener, router: Router) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let service = hyper_util::service::TowerToHyperService::new(router.clone());
        let http = hyper::server::conn::http1::Builder::new();
        tokio::spawn(http.serve_connection(hyper_util::rt::TokioIo::new(stream), service));
    }
}

/// A handler that knows nothing of keys: it refuses what it does not know, and says which slot it told of.
async fn image(State(()): State<()>, request: Request) -> Response {
    if request.uri().query().is_some_and(|query| query != "snapshot=latest") {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let mut response = "an image".into_response();
    response.extensions_mut().insert(Reads(Arc::from([(epoch(), slot())])));
    response
}

fn image_path() -> String {
    format!("/v1/frames/{FRAME}/image")
}

#[tokio::test]
async fn the_map_is_open_and_a_wrong_key_is_told_so() {
    let map = Guarded::start(AccessSettings::default()).await;
    assert_eq!(map.get(&image_path(), None).await.status(), StatusCode::OK);
    for wrong in ["wm_", "wm_0123456789abcdef_00", &format!("wm_{}_{}", "0".repeat(16), "0".repeat(64))] {
        let answer = map.get(&image_path(), Some(wrong)).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{wrong}");
        let problem: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(problem["reason"], "key_unknown");
    }
    // A token of somebody else's is none of our business.
    assert_eq!(map.get(&image_path(), Some("a.b.c")).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn what_is_read_with_a_key_is_counted_by_slot_and_written_once() {
    let map = Guarded::start(AccessSettings::default()).await;
    let key = map.key(Terms::default()).await;
    for _ in 0..3 {
        assert_eq!(map.get(&image_path(), Some(&key)).await.status(), StatusCode::OK);
    }
    assert_eq!(map.get(&image_path(), None).await.status(), StatusCode::OK);
    assert_eq!(map.gate.flush().await.unwrap(), 1);
    assert_eq!(map.gate.flush().await.unwrap(), 0);
    let files = map.store.list("usage").await.unwrap();
    let region = slot().cell.region();
    assert_eq!(files[0].path, format!("usage/epoch=2025-W49/region={region}/node-{NOW_MS}.parquet"));
    let rows: Vec<UsageRow> = read_rows(&map.store, &files[0].path).await.unwrap().unwrap();
    let Slot { cell, octant } = slot();
    assert_eq!(rows, [UsageRow { h3_cell: cell, heading_octant: octant, consumer: "reader-1".into(), reads: 3 }]);
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_once_it_is_looked_up_again() {
    let settings = AccessSettings { frames_public: false, ..AccessSettings::default() };
    let map = Guarded::start(settings).await;
    let key = map.key(Terms::default()).await;
    assert_eq!(map.get(&image_path(), Some(&key)).await.status(), StatusCode::OK);
    assert_eq!(map.get(&image_path(), None).await.status(), StatusCode::UNAUTHORIZED);
    keys::revoke(&map.inbox, &Shown::parse(&key).unwrap().id, map.now()).await.unwrap().unwrap();
    map.wait_s(30);
    assert_eq!(map.get(&image_path(), Some(&key)).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_key_is_kept_as_a_hash_alone() {
    let map = Guarded::start(AccessSettings::default()).await;
    let key = map.key(Terms::default()).await;
    let secret = key.rsplit('_').next().unwrap();
    for object in map.inbox.list("").await.unwrap() {
        let kept = String::from_utf8(map.inbox.get(&object.path).await.unwrap().unwrap().to_vec()).unwrap();
        assert!(!kept.contains(secret), "{}", object.path);
    }
    let found = keys::find(&map.inbox, &Shown::parse(&key).unwrap().id).await.unwrap().unwrap();
    assert!(Shown::parse(&key).unwrap().opens(&found, map.now()));
}

#[tokio::test]
async fn a_signed_address_opens_one_image_until_it_expires() {
    let settings = AccessSettings { frames_public: false, ..AccessSettings::default() };
    let map = Guarded::start(settings).await;
    let key = map.key(Terms::default()).await;
    let address = format!("/v1/frames/{FRAME}/url?ttl_s=60");
    assert_eq!(map.get(&address, None).await.status(), StatusCode::UNAUTHORIZED);
    let signed: Value = serde_json::from_slice(&map.get(&address, Some(&key)).await.bytes().await.unwrap()).unwrap();
    let signed = signed["url"].as_str().unwrap();
    assert_eq!(map.get(signed, None).await.status(), StatusCode::OK);
    assert_eq!(map.get(&format!("{signed}&snapshot=latest"), None).await.status(), StatusCode::OK);
    let other = signed.replace(FRAME, &"1".repeat(32));
    assert_eq!(map.get(&other, None).await.status(), StatusCode::UNAUTHORIZED);
    let longer = signed.replace("expires=1", "expires=9");
    assert_eq!(map.get(&longer, None).await.status(), StatusCode::UNAUTHORIZED);
    for wrong in ["ttl_s=0", "ttl_s=x", "ttl_s=604801", "until=1"] {
        let answer = map.get(&format!("/v1/frames/{FRAME}/url?{wrong}"), Some(&key)).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
    map.wait_s(60);
    assert_eq!(map.get(signed, None).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let settings = AccessSettings { public_requests_per_s: 1, public_requests_burst: 2, ..AccessSettings::default() };
    let map = Guarded::start(settings).await;
    let daily = map.key(Terms { requests_per_s: None, requests_per_day: Some(3) }).await;
    let slow = map.key(Terms { requests_per_s: Some(1), requests_per_day: None }).await;
    // Looking up a key that is not known counts for the address: here both, which leaves it nothing.
    for (key, passes) in [(Some(&daily), 3), (Some(&slow), 2), (None, 0)] {
        let mut answers = Vec::new();
        for _ in 0..=passes {
            answers.push(map.get(&image_path(), key.map(String::as_str)).await);
        }
        let last = answers.pop().unwrap();
        assert!(answers.iter().all(|answer| answer.status() == StatusCode::OK), "{key:?} {answers:?}");
        assert_eq!(last.status(), StatusCode::TOO_MANY_REQUESTS, "{key:?}");
        assert!(last.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
    }
}
