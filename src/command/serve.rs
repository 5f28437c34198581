//! `waymark serve`: the endpoint, and the processing of what lands.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;
use waymark_ingest::http::{Buckets as HttpBuckets, Hooks, Service, router, serve};
use waymark_vision::probe;

use super::{Ask, Buckets};
use crate::Done;
use crate::cli::Serve;
use crate::stage::bench::Bench;
use crate::stage::stream::{Line, Worker};

/// How often what was left is looked for: uploads past their time, and complete ones that a dead node left.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Clips that another node landed and did not process are looked for at every so many sweeps: it lists all clips.
const SWEEPS_PER_LISTING: u64 = 10;

pub(super) async fn run(ask: &Ask, what: &Serve) -> anyhow::Result<Done> {
    let buckets = Buckets::open(&what.place)?;
    let line = Arc::new(Line::default());
    // Before anything is promised: without models nothing could be processed.
    let worker = (!what.ingest_only).then(|| Bench::load(&what.models)).transpose()?.map(|bench| Worker {
        store: buckets.store.clone(),
        inbox: buckets.inbox.clone(),
        settings: ask.config.vision,
        trust: ask.config.trust.clone(),
        bench,
        line: line.clone(),
    });
    let listener = TcpListener::bind(what.listen).await.with_context(|| format!("address {}", what.listen))?;
    let address = format!("http://{}", listener.local_addr()?);
    let public_url = what.public_url.as_ref().map_or_else(|| address.clone(), origin);
    let service = service(ask, &buckets, (&public_url, line.clone()), worker.is_some()).await?;
    let takes_all = worker.is_some();
    let working = worker.map(|worker| tokio::spawn(worker.work()));
    let sweeping = tokio::spawn(sweep(service.clone(), takes_all.then(|| (buckets, line.clone()))));
    ask.say(&json!({ "listening": address, "public_url": public_url }), &format!("listening on {address}"))?;
    let served = serve(listener, router(service.clone()), service, asked_to_stop()?).await;
    sweeping.abort();
    line.close();
    if let Some(working) = working {
        // The clip at hand is finished; whoever cannot wait may kill us, and it is begun again.
        working.await.context("the worker")?;
    }
    served.context("connections were cut")?;
    Ok(Done::Yes)
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
    let counted = line.clone();
    let hooks = Hooks {
        clock: ask.clock(),
        probe,
        landed: Arc::new(move |clip_id| {
            if processes {
                line.add(clip_id)
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

/// Resolves when the process is asked to end.
fn asked_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            Some(()) = terminate.recv() => {}
            Some(()) = interrupt.recv() => {}
            else => std::future::pending().await,
        }
        tracing::info!("shutting down");
    })
}
