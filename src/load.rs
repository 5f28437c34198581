//! A server under load: uploads as many clients make them, and what they came to.

mod http;
mod report;
mod slow;
pub mod stills;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use http::{Answer, Connection};
pub use report::Report;
use report::{Came, Outcome};
use stills::Still;

/// Who waits longer for an answer counts as failed.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(70);
/// Uploads at the same time when they begin at a given rate: then the generator, too, is at its end.
const AT_ONCE_MAX: usize = 4_000;

/// How uploads come.
#[derive(Debug, Clone, Copy)]
pub enum Arrivals {
    /// On so many connections, one after the other on each.
    Connections(u32),
    /// So many a second, each on its own.
    PerSecond(f64),
}

/// Where to, and how.
#[derive(Debug, Clone)]
pub struct Load {
    /// Host and port.
    pub address: String,
    /// Where uploads are created.
    pub path: String,
    /// Manifests first.
    pub is_waymark: bool,
    /// How they come.
    pub arrivals: Arrivals,
    /// Connections that all but stand still meanwhile.
    pub slow: u32,
}

/// Uploads every still once; says what became of them.
pub async fn run(load: Load, stills: Arc<Vec<Still>>) -> anyhow::Result<Report> {
    let slow = slow::start(&load).await?;
    let load = Arc::new(load);
    let begun = Instant::now();
    let outcomes = match load.arrivals {
        Arrivals::Connections(count) => on_connections(&load, &stills, count).await?,
        Arrivals::PerSecond(rate) => at_rate(&load, &stills, rate).await?,
    };
    let took = begun.elapsed();
    let bytes = stills.first().map_or(0, Still::size_bytes);
    Ok(Report::of(&outcomes, took, bytes).with_slow(slow.end()))
}

async fn on_connections(load: &Arc<Load>, stills: &Arc<Vec<Still>>, count: u32) -> anyhow::Result<Vec<Outcome>> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..count {
        let (load, stills, next) = (load.clone(), stills.clone(), next.clone());
        clients.spawn(async move {
            let (mut connection, mut outcomes) = (None, Vec::new());
            while let Some(still) = stills.get(next.fetch_add(1, Ordering::Relaxed)) {
                outcomes.push(upload(&load, still, &mut connection).await);
            }
            outcomes
        });
    }
    let mut outcomes = Vec::new();
    while let Some(client) = clients.join_next().await {
        outcomes.extend(client.context("a client")?);
    }
    Ok(outcomes)
}

async fn at_rate(load: &Arc<Load>, stills: &Arc<Vec<Still>>, rate: f64) -> anyhow::Result<Vec<Outcome>> {
    let places = Arc::new(Semaphore::new(AT_ONCE_MAX));
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for index in 0..stills.len() {
        let due = begun + Duration::from_secs_f64(index as f64 / rate);
        tokio::time::sleep_until(due.into()).await;
        let place = places.clone().acquire_owned().await?;
        let (load, stills) = (load.clone(), stills.clone());
        clients.spawn(async move {
            let outcome = match stills.get(index) {
                Some(still) => upload(&load, still, &mut None).await,
                None => Outcome::failed("there is no such still"),
            };
            drop(place);
            outcome
        });
    }
    let mut outcomes = Vec::new();
    while let Some(client) = clients.join_next().await {
        outcomes.push(client.context("a client")?);
    }
    Ok(outcomes)
}

/// Uploads one still, on `connection` if it is open. After a failure it is not any more, nor when the server sent the
/// client away: it may have hung up on a body that it did not want.
async fn upload(load: &Load, still: &Still, connection: &mut Option<Connection>) -> Outcome {
    let begun = Instant::now();
    let came = match timeout(ANSWER_TIME_MAX, bring(load, still, connection)).await {
        Ok(Ok(came)) => came,
        Ok(Err(error)) => Came::Failed(format!("{error:#}")),
        Err(_) => Came::Failed(format!("no answer in {} s", ANSWER_TIME_MAX.as_secs())),
    };
    if !matches!(came, Came::Done) {
        *connection = None;
    }
    Outcome { came, took: begun.elapsed() }
}

async fn bring(load: &Load, still: &Still, slot: &mut Option<Connection>) -> anyhow::Result<Came> {
    let mut connection = match slot.take() {
        Some(open) => open,
        None => Connection::open(&load.address).await.context("connecting")?,
    };
    let created = create(load, still, &mut connection).await.context("creating")?;
    let came = match created.status {
        200 | 201 => {
            let path = if load.is_waymark { first_url(&created)? } else { location(&created)? };
            let headers =
                "tus-resumable: 1.0.0\r\nupload-offset: 0\r\ncontent-type: application/offset+octet-stream\r\n";
            let patch = format!("PATCH {path}");
            let stored = connection.ask(&patch, headers, &[&still.head, &still.tail]).await.context("storing")?;
            Came::of(&stored, 204)
        }
        _ => Came::of(&created, 201),
    };
    *slot = Some(connection);
    Ok(came)
}

async fn create(load: &Load, still: &Still, connection: &mut Connection) -> anyhow::Result<Answer> {
    let line = format!("POST {}", load.path);
    match &still.manifest {
        Some(manifest) if load.is_waymark => {
            connection.ask(&line, "content-type: application/jose\r\n", &[manifest.as_bytes()]).await
        }
        _ => {
            let headers = format!("tus-resumable: 1.0.0\r\nupload-length: {}\r\n", still.size_bytes());
            connection.ask(&line, &headers, &[]).await
        }
    }
}

fn first_url(created: &Answer) -> anyhow::Result<String> {
    let json: serde_json::Value = serde_json::from_slice(&created.body)?;
    let url = json["media"][0]["upload_url"].as_str().context("no upload_url in the answer")?;
    Ok(path_of(url))
}

fn location(created: &Answer) -> anyhow::Result<String> {
    created.header("location").map(path_of).context("no Location in the answer")
}

/// Some servers answer with a whole URL.
fn path_of(url: &str) -> String {
    let beyond = url.split_once("://").map(|(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    beyond.unwrap_or(url).to_owned()
}
