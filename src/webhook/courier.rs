//! Carries messages: one address at a time each, in order, and again until they are acknowledged.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use tokio::task::JoinSet;
use url::Url;
use waymark_datasets::{Store, UtcMillis};
use waymark_ingest::receipt::ServerKey;
use waymark_ingest::webhook::sign;
use waymark_tiles::changes;

use super::registry::{self, Hook};
use super::{guard, message};
use crate::config::WebhookSettings;

/// Whoever carries messages of a store.
pub struct Courier {
    /// The feed.
    pub store: Store,
    /// The addresses.
    pub inbox: Store,
    /// The key that signs.
    pub key: ServerKey,
    /// By which address this server is known.
    pub public_url: String,
    /// The limits.
    pub settings: WebhookSettings,
    /// The clock.
    pub clock: Arc<dyn Fn() -> UtcMillis + Send + Sync>,
}

/// How often it is looked whether there is something to tell.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After the first failure; each further one doubles it.
const PAUSE_MIN: Duration = Duration::from_millis(500);

/// An address that did not acknowledge.
struct Failing {
    times: u32,
    next: Instant,
}

impl Courier {
    /// Tells every address what it has not acknowledged, until it is dropped. An address that fails waits longer each
    /// time, and holds up no other.
    pub async fn work(self) {
        let courier = Arc::new(self);
        let mut failing: BTreeMap<String, Failing> = BTreeMap::new();
        let mut busy: JoinSet<(String, bool)> = JoinSet::new();
        let mut at_work: Vec<String> = Vec::new();
        let mut looks = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                Some(done) = busy.join_next() => {
                    // One that broke off is forgotten with the others, and begun again.
                    let (id, is_done) = done.unwrap_or_default();
                    at_work.retain(|other| *other != id && !id.is_empty());
                    courier.note(&mut failing, id, is_done);
                }
                _tick = looks.tick() => {
                    for hook in courier.hooks().await {
                        let is_waiting = failing.get(&hook.id).is_some_and(|failing| Instant::now() < failing.next);
                        if !is_waiting && !at_work.contains(&hook.id) {
                            at_work.push(hook.id.clone());
                            let courier = courier.clone();
                            busy.spawn(async move { courier.tell_all(hook).await });
                        }
                    }
                }
            }
        }
    }

    async fn hooks(&self) -> Vec<Hook> {
        registry::list(&self.inbox).await.unwrap_or_else(|error| {
            tracing::error!(error = format!("{error:#}"), "webhooks cannot be listed");
            Vec::new()
        })
    }

    fn note(&self, failing: &mut BTreeMap<String, Failing>, id: String, is_done: bool) {
        if is_done {
            failing.remove(&id);
            return;
        }
        let times = failing.get(&id).map_or(0, |before| before.times);
        let pause_max = Duration::from_secs(self.settings.pause_max_s);
        let pause = PAUSE_MIN.saturating_mul(1_u32.checked_shl(times).unwrap_or(u32::MAX)).min(pause_max);
        failing.insert(id, Failing { times: times.saturating_add(1), next: Instant::now() + pause });
    }

    /// Tells one address everything that it has not acknowledged; whether it took it all.
    async fn tell_all(&self, hook: Hook) -> (String, bool) {
        let told = self.tell_in_order(&hook).await;
        if let Err(error) = &told {
            tracing::warn!(hook = hook.id, error = format!("{error:#}"), "a webhook was not acknowledged");
        }
        (hook.id, told.is_ok())
    }

    async fn tell_in_order(&self, hook: &Hook) -> anyhow::Result<()> {
        let mut sequence = registry::acknowledged(&self.inbox, &hook.id).await?;
        while let Some(entry) = changes::read(&self.store, sequence + 1).await? {
            let body = message::body(&entry, &self.public_url);
            self.tell(hook, &message::id(&hook.id, entry.sequence), body).await?;
            sequence = entry.sequence;
            registry::acknowledge(&self.inbox, &hook.id, sequence).await?;
            tracing::info!(hook = hook.id, sequence, "webhook acknowledged");
        }
        Ok(())
    }

    async fn tell(&self, hook: &Hook, id: &str, body: Vec<u8>) -> anyhow::Result<()> {
        let timestamp_s = (self.clock)().millis() / 1_000;
        let request = self.client(hook).await?.post(&hook.url);
        let request = request
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp_s)
            .header("webhook-signature", sign(&self.key, (id, timestamp_s), &body));
        // An address may hold a secret, which is not for the log.
        let answer = request.body(body).send().await.map_err(reqwest::Error::without_url);
        let status = answer.context("the address cannot be reached")?.status();
        match status {
            status if status.is_success() => Ok(()),
            StatusCode::GONE => {
                registry::remove(&self.inbox, &hook.id).await?;
                bail!("the address says that it is gone, and is removed");
            }
            status => bail!("the address answers {status}"),
        }
    }

    /// Connects to the addresses that were looked at, through no proxy, and follows no redirect.
    async fn client(&self, hook: &Hook) -> anyhow::Result<Client> {
        let url: Url = hook.url.parse().context("the address")?;
        let addresses = guard::addresses(&url, self.settings.allow_private).await?;
        let host = url.host_str().unwrap_or_default();
        let builder = Client::builder().no_proxy().redirect(Policy::none()).resolve_to_addrs(host, &addresses);
        Ok(builder.timeout(Duration::from_secs(self.settings.timeout_s)).build()?)
    }
}
