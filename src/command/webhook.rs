//! `waymark webhook`: who is told of changes on the map.

use serde_json::{Value, json};
use waymark_ingest::receipt::ServerKey;
use waymark_ingest::webhook::public_key;

use super::{Ask, Buckets};
use crate::Done;
use crate::cli::{Hook, Webhook};
use crate::webhook::registry;

pub(super) async fn run(ask: &Ask, what: Webhook) -> anyhow::Result<Done> {
    match what {
        Webhook::Add { place, url, since } => {
            let Buckets { store, inbox } = Buckets::open(&place)?;
            let hook = registry::add((&store, &inbox), &url, since, ask.now).await?;
            let key = public_key(&ServerKey::load_or_create(&inbox).await?);
            let text = format!("webhook {} tells {}; check its signatures with {key}", hook.id, hook.url);
            ask.say(&json!({ "id": hook.id, "url": hook.url, "public_key": key }), &text)?;
        }
        Webhook::List { place } => list(ask, &Buckets::open(&place)?).await?,
        Webhook::Remove(Hook { place, id }) => {
            registry::remove(&Buckets::open(&place)?.inbox, &id).await?;
            ask.say(&json!({ "id": id }), &format!("webhook {id} is removed"))?;
        }
        Webhook::Replay { hook: Hook { place, id }, since } => {
            registry::replay(&Buckets::open(&place)?.inbox, &id, since).await?;
            ask.say(
                &json!({ "id": id, "acknowledged": since }),
                &format!("webhook {id} is told again from {since} on"),
            )?;
        }
    }
    Ok(Done::Yes)
}

async fn list(ask: &Ask, buckets: &Buckets) -> anyhow::Result<()> {
    let (mut lines, mut values) = (Vec::new(), Vec::<Value>::new());
    for hook in registry::list(&buckets.inbox).await? {
        let acknowledged = registry::acknowledged(&buckets.inbox, &hook.id).await?;
        lines.push(format!("{} {} has acknowledged {acknowledged}", hook.id, hook.url));
        let added_at = hook.added_at_ms;
        values.push(json!({
            "id": hook.id, "url": hook.url, "added_at_ms": added_at, "acknowledged": acknowledged,
        }));
    }
    let text = if lines.is_empty() { "nobody is told".into() } else { lines.join("\n") };
    ask.say(&json!({ "webhooks": values }), &text)
}
