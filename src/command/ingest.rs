//! `waymark ingest`: admission without HTTP.

use serde_json::{Value, json};
use waymark_ingest::{Admission, AdmitContext, admit, denylist};
use waymark_vision::probe;

use super::{Ask, Buckets};
use crate::Done;
use crate::cli::Ingest;

pub(super) async fn run(ask: &Ask, what: &Ingest) -> anyhow::Result<Done> {
    let buckets = Buckets::open(&what.place)?;
    let denied = denylist::in_force(&buckets.store, &buckets.inbox).await?;
    let context = AdmitContext {
        store: &buckets.store,
        inbox: &buckets.inbox,
        settings: &ask.config.ingest,
        denied: &denied,
        now: ask.now,
        probe: &probe,
    };
    let mut done = Done::Yes;
    for bundle in &what.bundles {
        let admission = admit(bundle, &context).await?;
        let (state, mut answer): (String, Value) = match &admission {
            Admission::Landed(clip) => (format!("landed as clip {clip}"), json!({ "clip": clip, "state": "landed" })),
            Admission::AlreadyLanded(clip) => {
                (format!("had landed before as clip {clip}"), json!({ "clip": clip, "state": "already_landed" }))
            }
            Admission::Refused(rejection) => {
                done = Done::No;
                let answer = json!({ "state": "refused", "reason": rejection.reason, "detail": rejection.detail });
                (format!("refused: {rejection}"), answer)
            }
        };
        answer["bundle"] = json!(bundle);
        ask.say(&answer, &format!("{}: {state}", bundle.display()))?;
    }
    Ok(done)
}
