//! The router of the map, served on a free port.

use std::sync::Arc;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use waymark_datasets::Store;
use waymark_tiles::http::{Map, MapSettings, router};

pub struct Server {
    pub url: String,
    pub http: Client,
    pub map: Arc<Map>,
    serving: JoinHandle<()>,
}

impl Server {
    pub async fn start(store: Store) -> Self {
        Self::start_with(store, MapSettings::default()).await
    }

    pub async fn start_with(store: Store, settings: MapSettings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let map = Arc::new(Map::open(store, settings, &url).await.unwrap());
        let routes = router(map.clone());
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service = TowerToHyperService::new(routes.clone());
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { url, http: Client::builder().no_proxy().build().unwrap(), map, serving }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.url)).send().await.unwrap()
    }

    /// The JSON at a path, which must be there.
    pub async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}: {}", answer.text().await.unwrap());
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Response {
        let request = self.http.post(format!("{}{path}", self.url)).header("content-type", "application/json");
        request.body(body.to_string()).send().await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The ids of features or items, in their order.
pub fn ids(collection: &Value) -> Vec<String> {
    let features = collection["features"].as_array().unwrap();
    features.iter().map(|feature| feature["id"].as_str().unwrap().to_owned()).collect()
}

/// The address of the next page.
pub fn next(collection: &Value) -> Option<String> {
    let links = collection["links"].as_array().unwrap();
    let next = links.iter().find(|link| link["rel"] == "next")?;
    Some(next["href"].as_str().unwrap().to_owned())
}
