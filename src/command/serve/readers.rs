//! Those who read the map: who they are, how much they read, and who is told of changes.

use std::net::SocketAddr;
use std::sync::Arc;

use waymark_datasets::Digest;
use waymark_ingest::receipt::ServerKey;
use waymark_tiles::access::{Gate, Lent};

use crate::command::{Ask, Buckets};
use crate::webhook::courier::Courier;

/// The gate before the map. Nodes of one inbox sign addresses with the same secret.
pub(super) async fn gate(ask: &Ask, buckets: &Buckets, address: SocketAddr) -> anyhow::Result<Arc<Gate>> {
    let key = ServerKey::load_or_create(&buckets.inbox).await?;
    // No two nodes are the same process at the same moment on the same address.
    let node = format!("{address} {} {}", std::process::id(), (ask.clock())().millis());
    let lent = Lent {
        store: buckets.store.clone(),
        inbox: buckets.inbox.clone(),
        clock: ask.clock(),
        address_header: ask.config.serve.limits.address_header.clone(),
        secret: key.secret_for("addresses of frames"),
        node: Digest::of(node.as_bytes()).to_string().chars().take(12).collect(),
    };
    Ok(Arc::new(Gate::new(lent, ask.config.access.clone())))
}

/// Whoever tells others of changes.
pub(super) async fn courier(ask: &Ask, buckets: &Buckets, public_url: &str) -> anyhow::Result<Courier> {
    Ok(Courier {
        store: buckets.store.clone(),
        inbox: buckets.inbox.clone(),
        key: ServerKey::load_or_create(&buckets.inbox).await?,
        public_url: public_url.into(),
        settings: ask.config.webhooks.clone(),
        clock: ask.clock(),
    })
}
