//! What an address is told of an entry of the feed: enough to decide whether to fetch it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use waymark_tiles::changes::Entry;

/// The body for an entry: the same every time that it is told.
pub fn body(entry: &Entry, public_url: &str) -> Vec<u8> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for change in &entry.changes {
        let kind = json!(change.kind).as_str().unwrap_or_default().to_owned();
        *counts.entry(kind).or_default() += 1;
    }
    let message: Value = json!({
        "type": "map.changed",
        "data": {
            "sequence": entry.sequence,
            "from": entry.from,
            "to": entry.to,
            "erasures": entry.erasures,
            "regions": entry.regions.len(),
            "changes": counts,
            "url": format!("{public_url}/v1/changes?since={}.0", entry.sequence),
        },
    });
    message.to_string().into_bytes()
}

/// The id of the message of an entry to an address: by it a receiver knows what it was told before.
pub fn id(hook: &str, sequence: u64) -> String {
    format!("{hook}-{sequence}")
}
