//! Clients that hold connections and send next to nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use super::Load;
use super::http::Connection;

const PAUSE: Duration = Duration::from_secs(10);

/// The connections, for as long as this is kept.
pub struct Slow {
    clients: JoinSet<()>,
    cut: Arc<AtomicU64>,
}

impl Slow {
    /// How many there were, and how many of them the server had cut by now.
    pub fn end(self) -> (u64, u64) {
        (self.clients.len() as u64, self.cut.load(Ordering::Relaxed))
    }
}

/// Opens all of them, and lets each send a byte now and then.
pub async fn start(load: &Load) -> anyhow::Result<Slow> {
    let (mut clients, cut) = (JoinSet::new(), Arc::new(AtomicU64::new(0)));
    for index in 0..load.slow {
        let mut connection = Connection::open(&load.address).await?;
        let head = if index % 2 == 0 {
            format!("POST {} HTTP/1.1\r\nhost: bench\r\nx-slow: ", load.path)
        } else {
            let type_line = "content-type: application/jose\r\ncontent-length: 100000\r\n";
            format!("POST {} HTTP/1.1\r\nhost: bench\r\n{type_line}\r\n", load.path)
        };
        let cut = cut.clone();
        clients.spawn(async move {
            let mut next = head.as_str();
            loop {
                let sent = connection.send(next.as_bytes()).await.is_ok();
                // What is answered to half a request is a refusal.
                if !sent || tokio::time::timeout(PAUSE, connection.heard()).await.is_ok() {
                    cut.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                next = "x";
            }
        });
    }
    Ok(Slow { clients, cut })
}
