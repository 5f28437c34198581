//! Being asked to end.

use tokio::signal::unix::{SignalKind, signal};

/// Resolves when the process is asked to end: by `kill`, by systemd, or at the keyboard. From the call on these no
/// longer end it by themselves.
///
/// # Errors
/// When the system does not let us listen.
pub fn asked_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
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
