//! `waymark key`: API keys of those who read the map.

use anyhow::Context;
use serde_json::{Value, json};
use waymark_tiles::access::keys::{self, Terms};

use super::{Ask, Buckets};
use crate::Done;
use crate::cli::{Key, NewKey};

pub(super) async fn run(ask: &Ask, what: Key) -> anyhow::Result<Done> {
    match what {
        Key::New(what) => new(ask, &what).await?,
        Key::List { place } => list(ask, &Buckets::open(&place)?).await?,
        Key::Revoke { place, id } => {
            let found = keys::revoke(&Buckets::open(&place)?.inbox, &id, ask.now).await?;
            let record =
                found.with_context(|| format!("key {id}: there is none of this id (see `waymark key list`)"))?;
            let at = record.revoked_at_ms;
            ask.say(&json!({ "id": id, "revoked_at_ms": at }), &format!("key {id} of {} is revoked", record.name))?;
        }
    }
    Ok(Done::Yes)
}

async fn new(ask: &Ask, what: &NewKey) -> anyhow::Result<()> {
    let inbox = Buckets::open(&what.place)?.inbox;
    let terms = Terms { requests_per_s: what.rate, requests_per_day: what.quota };
    let (token, record) = keys::create(&inbox, &what.name, terms, ask.now).await?;
    let value = json!({ "key": token, "id": record.id, "name": record.name });
    ask.say(&value, &format!("{token}\nThis is the only time that the key is shown; send it as Authorization: Bearer."))
}

async fn list(ask: &Ask, buckets: &Buckets) -> anyhow::Result<()> {
    let (mut lines, mut values) = (Vec::new(), Vec::<Value>::new());
    for key in keys::list(&buckets.inbox).await? {
        let state = key.revoked_at_ms.map_or_else(String::new, |at| format!(", revoked at {at}"));
        lines.push(format!("{} {}, made at {}{state}", key.id, key.name, key.created_at_ms));
        values.push(json!({
            "id": key.id, "name": key.name, "created_at_ms": key.created_at_ms, "revoked_at_ms": key.revoked_at_ms,
            "requests_per_s": key.terms.requests_per_s, "requests_per_day": key.terms.requests_per_day,
        }));
    }
    let text = if lines.is_empty() { "there are no keys".into() } else { lines.join("\n") };
    ask.say(&json!({ "keys": values }), &text)
}
