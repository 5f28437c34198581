//! One builder at a time: what two write of one partition would not fit together.
//!
//! A folder is locked. In a bucket lie leases, `turns/{number}.json`: the one with the lowest number that holds has the
//! turn. Its owner renews it; of one that died it runs out.

use std::fs::File;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use waymark_datasets::{Created, Store, UtcMillis};

const PREFIX: &str = "turns";
/// A lease holds so long; clocks of nodes may differ by less.
const LEASE_MS: i64 = 60_000;
const RENEWED_EVERY: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The right to build, until it is given back.
pub struct Turn {
    _lock: Option<File>,
    lease: Option<Lease>,
}

struct Lease {
    store: Store,
    key: String,
    renewing: JoinHandle<()>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Until {
    until_ms: UtcMillis,
}

impl Turn {
    /// Waits for it.
    pub async fn take(store: &Store) -> anyhow::Result<Self> {
        match store.lock().await? {
            Some(lock) => Ok(Self { _lock: Some(lock), lease: None }),
            None => Ok(Self { _lock: None, lease: Some(Lease::take(store).await?) }),
        }
    }

    /// Gives it back: where it is a lease, others need not wait until it runs out.
    pub async fn give_back(self) -> anyhow::Result<()> {
        if let Some(lease) = &self.lease {
            lease.renewing.abort();
            lease.store.remove(&lease.key).await?;
        }
        Ok(())
    }
}

/// Who failed on the way leaves it to run out.
impl Drop for Lease {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

impl Lease {
    async fn take(store: &Store) -> anyhow::Result<Self> {
        loop {
            let (held, last) = look(store).await?;
            let key = key(last + 1);
            if held.is_none() && store.create(&key, until()?).await? == Created::New {
                // Of two that came at once, the one with the lower number stays.
                if look(store).await?.0 == Some(last + 1) {
                    let renewing = tokio::spawn(renew(store.clone(), key.clone()));
                    return Ok(Self { store: store.clone(), key, renewing });
                }
                store.remove(&key).await?;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// The lowest lease that holds, and the number of the last one. Leases that have run out are removed.
async fn look(store: &Store) -> anyhow::Result<(Option<u64>, u64)> {
    let (mut held, mut last) = (None, 0);
    for object in store.list(PREFIX).await? {
        let number =
            object.path.strip_prefix("turns/").and_then(|name| name.strip_suffix(".json")?.parse::<u64>().ok());
        let Some((number, json)) = number.zip(store.get(&object.path).await?) else { continue };
        last = last.max(number);
        let until: Until = serde_json::from_slice(&json)?;
        if until.until_ms > now()? {
            held = held.or(Some(number));
        } else {
            store.remove(&object.path).await?;
        }
    }
    Ok((held, last))
}

async fn renew(store: Store, key: String) {
    loop {
        tokio::time::sleep(RENEWED_EVERY).await;
        let renewed = match until() {
            Ok(until) => store.put(&key, until).await.map_err(anyhow::Error::from),
            Err(error) => Err(error),
        };
        if let Err(error) = renewed {
            tracing::warn!(%error, "the turn to build could not be renewed");
        }
    }
}

fn key(number: u64) -> String {
    format!("{PREFIX}/{number:020}.json")
}

fn until() -> anyhow::Result<bytes::Bytes> {
    Ok(serde_json::to_vec(&Until { until_ms: now()?.plus_ms(LEASE_MS) })?.into())
}

fn now() -> anyhow::Result<UtcMillis> {
    Ok(UtcMillis::try_from(SystemTime::now())?)
}
