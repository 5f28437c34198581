//! `waymark verify erasure`: nothing published holds what was erased.

use anyhow::Context;
use serde_json::json;
use waymark_datasets::erasure::{self, Erased};
use waymark_datasets::{Digest, Store};
use waymark_ingest::erasure as signature;

use super::{Checked, read_jwks};
use crate::cli::Place;
use crate::stage::erase::check::check;

/// Checks names and signatures of tombstones, and then every object of the bucket. Without an inbox at hand, as
/// outsiders are, that it was emptied is not seen, and said so.
pub(super) async fn verify(place: &Place, wanted: Option<Digest>, jwks: Option<&str>) -> anyhow::Result<Checked> {
    let store = Store::open(&place.store)?;
    let keys = match jwks {
        Some(place) => Some(read_jwks(place).await.with_context(|| format!("keys {place}"))?),
        None => None,
    };
    let ids = match wanted {
        Some(id) => vec![id],
        None => erasure::list(&store).await?,
    };
    let mut erased = Erased::default();
    for id in &ids {
        erased.add(&erasure::read(&store, *id).await?);
        let key = erasure::signature_key(*id);
        let compact = store.get(&key).await?.with_context(|| format!("{key}: is missing (see `waymark erase`)"))?;
        signature::verify(&compact, *id, keys.as_ref()).with_context(|| key)?;
    }
    let inbox = place.inbox.clone().unwrap_or_else(|| format!("{}/inbox", place.store.trim_end_matches('/')));
    let inbox = Store::open(&inbox).ok();
    let checked = check(&store, inbox.as_ref(), &erased).await?;
    let (objects, statements, inbox_objects) = (checked.objects, checked.statements, checked.inbox_objects);
    let of_inbox = match inbox_objects {
        Some(objects) => format!("nor do {objects} of the inbox"),
        None => "and the inbox is not at hand".into(),
    };
    let text = format!(
        "{} tombstones, {} frames and {} whole clips: none of {objects} published objects holds anything of them, \
         {of_inbox}; {statements} lines of statements name such frames, and keep what was paid for them",
        ids.len(),
        erased.frames.len(),
        erased.clips.len(),
    );
    let value = json!({
        "tombstones": ids, "frames": erased.frames.len(), "clips": erased.clips.len(), "objects": objects,
        "inbox_objects": inbox_objects, "statements": statements, "is_known": keys.is_some(),
    });
    Ok((text, value))
}
