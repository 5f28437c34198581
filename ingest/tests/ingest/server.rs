//! A real server on a free port, over the buckets of a world, and a real client.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc;

use bytes::Bytes;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use waymark_datasets::{ClipId, Digest, MediaFacts, Rejection, UtcMillis};
use waymark_ingest::access::access_token;
use waymark_ingest::http::{Buckets, Hooks, ServeSettings, Service, router, serve};
use waymark_ingest::{DeviceKey, SignedClip};

use crate::footage::probe;
use crate::world::World;

pub struct Server {
    pub url: String,
    pub http: Client,
    pub service: Arc<Service>,
    /// Told of what landed.
    pub landed: mpsc::Receiver<ClipId>,
    pub clock_ms: Arc<AtomicI64>,
    pub backlog: Arc<AtomicI64>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl Server {
    pub async fn start(world: &World) -> Self {
        Self::start_with(world, ServeSettings { disk_free_min_bytes: 0, ..ServeSettings::default() }).await
    }

    pub async fn start_with(world: &World, settings: ServeSettings) -> Self {
        Self::start_probing(world, settings, probe).await
    }

    pub async fn start_probing<P>(world: &World, settings: ServeSettings, probe: P) -> Self
    where
        P: Fn(&str, &Bytes) -> Result<MediaFacts, Rejection> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (tell, landed) = mpsc::channel();
        let clock_ms = Arc::new(AtomicI64::new(world.now.millis()));
        let backlog = Arc::new(AtomicI64::new(0));
        let (clock, waiting) = (clock_ms.clone(), backlog.clone());
        let hooks = Hooks {
            clock: Arc::new(move || clock.load(Ordering::SeqCst).try_into().unwrap()),
            probe: Arc::new(probe),
            landed: Arc::new(move |clip_id| tell.send(clip_id).unwrap_or_default()),
            backlog: Arc::new(move || waiting.load(Ordering::SeqCst) as usize),
        };
        let buckets = Buckets { store: world.store.clone(), inbox: world.inbox.clone() };
        let service = Service::new(buckets, (world.settings.clone(), settings), &url, hooks).await.unwrap();
        let service = Arc::new(service);
        let (stop, stopped) = oneshot::channel::<()>();
        let (routes, state) = (router(service.clone()), service.clone());
        let serving = tokio::spawn(async move {
            let stopped = async { stopped.await.unwrap_or_default() };
            serve(listener, routes, state, stopped).await.unwrap();
        });
        let http = Client::builder().no_proxy().build().unwrap();
        Self { url, http, service, landed, clock_ms, backlog, stop: Some(stop), serving }
    }

    pub fn now(&self) -> UtcMillis {
        self.clock_ms.load(Ordering::SeqCst).try_into().unwrap()
    }

    pub fn pass_hours(&self, hours: i64) {
        self.clock_ms.fetch_add(hours * 3_600_000, Ordering::SeqCst);
    }

    /// Asks the server to end, and waits for it.
    pub async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.serving.await.unwrap();
    }

    pub async fn post(&self, manifest: impl Into<reqwest::Body>) -> Response {
        let request = self.http.post(format!("{}/v1/clips", self.url)).header("content-type", "application/jose");
        request.body(manifest).send().await.unwrap()
    }

    /// Posts the manifest of a bundle, which is accepted; the answer.
    pub async fn announce(&self, signed: &SignedClip) -> Value {
        let answer = self.post(std::fs::read(signed.bundle.join("manifest.jws")).unwrap()).await;
        assert!(answer.status().is_success(), "{answer:?}");
        json(answer).await
    }

    /// Announces a clip; the files to upload.
    pub async fn files(&self, signed: &SignedClip) -> Vec<File> {
        self.announce(signed).await;
        let file = |entry: &waymark_ingest::MediaEntry| File {
            url: format!("{}/v1/clips/{}/media/{}", self.url, signed.clip_id, entry.sha256),
            name: entry.name.to_string(),
            bytes: std::fs::read(signed.bundle.join(entry.name.as_str())).unwrap(),
            digest: entry.sha256,
        };
        signed.media.iter().map(file).collect()
    }

    pub fn tus(&self, method: &str, url: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.http.request(method, url).header("tus-resumable", "1.0.0")
    }

    pub fn patch(&self, url: &str, offset: u64, bytes: &[u8]) -> RequestBuilder {
        let request = self.tus("PATCH", url).header("upload-offset", offset);
        request.header("content-type", "application/offset+octet-stream").body(bytes.to_vec())
    }

    pub async fn offset(&self, url: &str) -> u64 {
        number(&self.tus("HEAD", url).send().await.unwrap(), "upload-offset")
    }

    /// Uploads a clip, one request for each file.
    pub async fn upload(&self, signed: &SignedClip) {
        for file in self.files(signed).await {
            let answer = self.patch(&file.url, 0, &file.bytes).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{answer:?}");
        }
    }

    /// Reads as `key`'s device.
    pub async fn get_as(&self, key: &DeviceKey, path: &str) -> Response {
        let token = access_token(key, &self.url, self.now()).unwrap();
        self.http.get(format!("{}{path}", self.url)).bearer_auth(token).send().await.unwrap()
    }

    pub async fn state(&self, world: &World, signed: &SignedClip) -> Value {
        json(self.get_as(&world.key, &format!("/v1/clips/{}", signed.clip_id)).await).await
    }

    pub async fn metric(&self, name: &str) -> String {
        let text = self.http.get(format!("{}/metrics", self.url)).send().await.unwrap().text().await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name}: {text}"));
        line.trim().to_owned()
    }
}

pub struct File {
    pub url: String,
    pub name: String,
    pub bytes: Vec<u8>,
    pub digest: Digest,
}

pub async fn json(answer: Response) -> Value {
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

/// Asserts an RFC 9457 answer and returns its reason and detail.
#[track_caller]
pub fn assert_problem(answer: &Response, status: u16) {
    assert_eq!(answer.status().as_u16(), status, "{answer:?}");
    assert_eq!(answer.headers()["content-type"], "application/problem+json", "{answer:?}");
}

#[track_caller]
pub fn number(answer: &Response, header: &str) -> u64 {
    let value = answer.headers().get(header).unwrap_or_else(|| panic!("no {header}: {answer:?}"));
    value.to_str().unwrap().parse().unwrap()
}
