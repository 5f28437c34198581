//! `waymark device upload`: bundles to a server.

use serde_json::json;

use super::Ask;
use super::device::read_key;
use crate::Done;
use crate::cli::Upload;
use crate::client::{Remote, Sent};
use crate::progress;

pub(super) async fn run(ask: &Ask, what: &Upload) -> anyhow::Result<Done> {
    let key = read_key(&what.key)?;
    let remote = Remote::new(&what.to, &key, ask.clock(), what.tries)?;
    let mut done = Done::Yes;
    for bundle in &what.bundles {
        let bar = progress::bytes("upload");
        let sent = remote.send(bundle, &bar).await;
        bar.finish_and_clear();
        let (text, answer) = match sent {
            Ok(Sent::Landed { clip_id, receipt }) => {
                let text = format!("landed as clip {clip_id}, receipt in {}", receipt.display());
                (text, json!({ "bundle": bundle, "clip": clip_id, "state": "landed", "receipt": receipt }))
            }
            Ok(Sent::Refused(rejection)) => {
                done = Done::No;
                let (reason, detail) = (rejection.reason, &rejection.detail);
                let answer = json!({ "bundle": bundle, "state": "refused", "reason": reason, "detail": detail });
                (format!("refused: {rejection}"), answer)
            }
            Err(error) => {
                // The other bundles may fare better.
                done = Done::No;
                let error = format!("{error:#}");
                (format!("not uploaded: {error}"), json!({ "bundle": bundle, "state": "failed", "detail": error }))
            }
        };
        ask.say(&answer, &format!("{}: {text}", bundle.display()))?;
    }
    Ok(done)
}
