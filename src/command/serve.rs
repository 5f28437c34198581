//! `waymark serve`: the endpoint, and the processing of what lands.

mod readers;

use std::ffi::OsString;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use clap::ValueEnum;
use serde_json::json;
use tokio::task::JoinHandle;
use url::Url;
use waymark_ingest::http::{Buckets as HttpBuckets, Hooks, Service, api, listen, router, serve};
use waymark_tiles::access::guard;
use waymark_tiles::changes::{Changes, changes_router};
use waymark_tiles::http::{self as map_http, Map};

use super::{Ask, Buckets};
use crate::Done;
use crate::cli::Serve;
use crate::docs;
use crate::probe::probe;
use crate::stage::hand::{Hand, Limits};
use crate::stage::stream::{Line, Worker};
use crate::stop::asked_to_stop;
use crate::web;

/// How often what was left is looked for: uploads past their time, and complete ones that a dead node left.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Clips that another node landed and did not process are looked for at every so many sweeps: it lists all clips.
const SWEEPS_PER_LISTING: u64 = 10;

pub(super) async fn run(ask: &Ask, what: &Serve) -> anyhow::Result<Done> {
    let buckets = Buckets::open(&what.place)?;
    let line = Arc::new(Line::default());
    // Before anything is promised: without models nothing could be processed.
    let hand = if what.ingest_only { None } else { Some(hand(ask, what).await?) };
    let listener = listen(what.listen).with_context(|| format!("address {}", what.listen))?;
    let address = format!("http://{}", listener.local_addr()?);
    let public_url = what.public_url.as_ref().map_or_else(|| address.clone(), origin);
    let service = service(ask, &buckets, (&public_url, line.clone()), hand.is_some()).await?;
    let takes_all = hand.is_some();
    let working = hand.map(|hand| {
        let (trust, counters) = (ask.config.trust.clone(), service.counters());
        let worker = Worker { store: buckets.store.clone(), trust, hand, line: line.clone(), counters };
        tokio::spawn(worker.work())
    });
    let pages = web::router(buckets.store.clone(), &ask.config.page)?;
    let map = Arc::new(Map::open(buckets.store.clone(), ask.config.map.clone(), &public_url).await?);
    let following = tokio::spawn(map.clone().follow());
    let gate = readers::gate(ask, &buckets, listener.local_addr()?).await?;
    let metering = tokio::spawn(gate.clone().work());
    let telling = tokio::spawn(readers::courier(ask, &buckets, &public_url).await?.work());
    let feed = changes_router(Changes::new(buckets.store.clone()));
    let sweeping = tokio::spawn(sweep(service.clone(), takes_all.then(|| (buckets, line.clone()))));
    let (stop, closing) = (asked_to_stop()?, line.clone());
    ask.say(&json!({ "listening": address, "public_url": public_url }), &format!("listening on {address}"))?;
    let stopped_at = async move {
        stop.await;
        closing.close();
        Instant::now()
    };
    let (tell, told) = tokio::sync::oneshot::channel();
    let stop = async {
        if tell.send(stopped_at.await).is_err() {
            tracing::debug!("nobody waits to drain");
        }
    };
    let map = guard(map_http::router(map).merge(feed), gate.clone());
    let routes = router(service.clone()).merge(docs::routes(&api())?).merge(map).merge(pages);
    let served = serve(listener, routes, service, stop).await;
    [sweeping, following, telling, metering].iter().for_each(JoinHandle::abort);
    gate.flush().await.context("what was read")?;
    if let Some(working) = working {
        let since = told.await.unwrap_or_else(|_| Instant::now());
        let left = Duration::from_secs(ask.config.serve.drain_max_s.into()).saturating_sub(since.elapsed());
        drain(working, &line, left).await?;
    }
    served.context("connections were cut")?;
    Ok(Done::Yes)
}

/// The clip at hand has so long to end; then it is given up, and begun again by the next process.
async fn drain(mut working: JoinHandle<()>, line: &Line, left: Duration) -> anyhow::Result<()> {
    if let Ok(worked) = tokio::time::timeout(left, &mut working).await {
        return worked.context("the worker");
    }
    line.cut_short();
    working.await.context("the worker")
}

/// The process that clips are processed in, called as we were.
async fn hand(ask: &Ask, what: &Serve) -> anyhow::Result<Hand> {
    let (place, models) = (&what.place, &what.models);
    let mut arguments: Vec<OsString> = vec!["work-on-clips".into()];
    let mut add =
        |name: &str, value: Option<OsString>| arguments.extend(value.into_iter().flat_map(|it| [name.into(), it]));
    add("--config", ask.config_file.as_ref().map(Into::into));
    add("--log", ask.log.to_possible_value().map(|format| format.get_name().into()));
    add("--now", ask.is_now_given.then(|| ask.now.to_string().into()));
    add("--store", Some(place.store.as_str().into()));
    add("--inbox", place.inbox.as_ref().map(Into::into));
    add("--pack", Some(models.pack.as_str().into()));
    add("--models", Some(models.models.as_os_str().into()));
    add("--onnxruntime", models.onnxruntime.as_ref().map(Into::into));
    add("--threads", models.threads.map(|threads| threads.to_string().into()));
    let worker = &ask.config.worker;
    let time_max = Duration::from_secs(worker.clip_time_max_s.into());
    Hand::start(arguments, Limits { time_max, memory_max_bytes: worker.memory_max_bytes }).await
}

/// A URL without its path: what tokens are made for.
fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

async fn service(
    ask: &Ask,
    buckets: &Buckets,
    (public_url, line): (&str, Arc<Line>),
    processes: bool,
) -> anyhow::Result<Arc<Service>> {
    let (counted, video_max_bytes) = (line.clone(), ask.config.ingest.video_max_bytes);
    let hooks = Hooks {
        clock: ask.clock(),
        probe: Arc::new(move |name: &str, bytes: &Bytes| probe(name, bytes, video_max_bytes)),
        landed: Arc::new(move |clip_id| {
            if processes {
                line.add(clip_id);
            }
        }),
        backlog: Arc::new(move || counted.len()),
    };
    let rules = (ask.config.ingest.clone(), ask.config.serve.clone());
    let buckets = HttpBuckets { store: buckets.store.clone(), inbox: buckets.inbox.clone() };
    Ok(Arc::new(Service::new(buckets, rules, public_url, hooks).await?))
}

/// Takes up what was left, on start and from then on. What fails is tried again with the next sweep.
async fn sweep(service: Arc<Service>, taking: Option<(Buckets, Arc<Line>)>) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    let mut sweeps: u64 = 0;
    loop {
        ticks.tick().await;
        if let Err(error) = service.sweep().await {
            tracing::error!(%error, "uploads could not be looked through");
        }
        if let Some((buckets, line)) = taking.as_ref().filter(|_| sweeps.is_multiple_of(SWEEPS_PER_LISTING))
            && let Err(error) = line.add_unprocessed(&buckets.store, &buckets.inbox).await
        {
            tracing::error!(%error, "clips could not be listed");
        }
        sweeps += 1;
    }
}
