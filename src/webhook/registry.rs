//! Who is told: one object for each address, and one for what it acknowledged last. Both are in the inbox: an address
//! may hold a secret.

use anyhow::{Context, bail, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;
use waymark_datasets::{Digest, Store, UtcMillis};
use waymark_tiles::changes;

/// One registered address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// Follows from the address: the same one is registered once.
    pub id: String,
    /// Where messages go.
    pub url: String,
    /// Since when.
    pub added_at_ms: UtcMillis,
}

/// How far an address has followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledged {
    /// The last entry of the feed that it took.
    pub sequence: u64,
}

/// More addresses are not registered: each is asked on its own.
const HOOKS_MAX: usize = 100;
const PREFIX: &str = "webhooks/hooks";

fn hook_key(id: &str) -> String {
    format!("{PREFIX}/{id}.json")
}

fn acknowledged_key(id: &str) -> String {
    format!("webhooks/acknowledged/{id}.json")
}

/// Registers an address, which is told what comes after entry `since` of the feed, or after the last one.
pub async fn add(
    (store, inbox): (&Store, &Store),
    url: &Url,
    since: Option<u64>,
    now: UtcMillis,
) -> anyhow::Result<Hook> {
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    ensure!(is_web, "address {url}: expected http:// or https:// and a host");
    ensure!(url.username().is_empty() && url.password().is_none(), "an address must not hold a user or a password");
    ensure!(list(inbox).await?.len() < HOOKS_MAX, "there are {HOOKS_MAX} addresses already: remove one");
    let id = Digest::of(url.as_str().as_bytes()).to_string().chars().take(16).collect::<String>();
    let hook = Hook { id, url: url.to_string(), added_at_ms: now };
    let since = match since {
        Some(since) => since,
        None => changes::last(store).await?,
    };
    // First how far it has followed, or a server would tell it everything.
    inbox.create(&acknowledged_key(&hook.id), serde_json::to_vec(&Acknowledged { sequence: since })?.into()).await?;
    inbox.create(&hook_key(&hook.id), serde_json::to_vec(&hook)?.into()).await?;
    find(inbox, &hook.id).await?.context("the address was removed at this moment")
}

/// Every registered address, by id.
pub async fn list(inbox: &Store) -> anyhow::Result<Vec<Hook>> {
    let mut hooks = Vec::new();
    for object in inbox.list(PREFIX).await? {
        hooks.extend(read(inbox, &object.path).await?);
    }
    Ok(hooks)
}

/// Forgets an address.
pub async fn remove(inbox: &Store, id: &str) -> anyhow::Result<()> {
    require(inbox, id).await?;
    inbox.remove(&hook_key(id)).await?;
    Ok(inbox.remove(&acknowledged_key(id)).await?)
}

/// Tells an address again what came after entry `since`.
pub async fn replay(inbox: &Store, id: &str, since: u64) -> anyhow::Result<()> {
    require(inbox, id).await?;
    acknowledge(inbox, id, since).await
}

/// How far an address has followed.
pub async fn acknowledged(inbox: &Store, id: &str) -> anyhow::Result<u64> {
    let found: Option<Acknowledged> = read(inbox, &acknowledged_key(id)).await?;
    Ok(found.map_or(0, |acknowledged| acknowledged.sequence))
}

/// Notes how far an address has followed.
pub async fn acknowledge(inbox: &Store, id: &str, sequence: u64) -> anyhow::Result<()> {
    Ok(inbox.put(&acknowledged_key(id), serde_json::to_vec(&Acknowledged { sequence })?.into()).await?)
}

async fn find(inbox: &Store, id: &str) -> anyhow::Result<Option<Hook>> {
    read(inbox, &hook_key(id)).await
}

async fn require(inbox: &Store, id: &str) -> anyhow::Result<()> {
    if find(inbox, id).await?.is_none() {
        bail!("webhook {id}: there is none of this id (see `waymark webhook list`)");
    }
    Ok(())
}

async fn read<T: DeserializeOwned>(inbox: &Store, key: &str) -> anyhow::Result<Option<T>> {
    let Some(bytes) = inbox.get(key).await? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).with_context(|| format!("object {key}"))
}
