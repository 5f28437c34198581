//! `waymark erase`: take footage out of everything, for good.

use serde_json::json;
use waymark_datasets::Digest;
use waymark_datasets::erasure::{OlderSnapshots, Requester};

use super::{Ask, Buckets};
use crate::Done;
use crate::cli::{By, Erase, Erased, Older};
use crate::stage::erase::check::Checked;
use crate::stage::erase::{Request, What, bury, carry_out, unfinished};
use crate::stage::turn::Turn;

pub(super) async fn run(ask: &Ask, what: Erase) -> anyhow::Result<Done> {
    let Buckets { store, inbox } = Buckets::open(&what.place)?;
    let request = request(ask, what);
    let turn = Turn::take(&store).await?;
    // What a run left that was killed comes first: the tables no longer tell all that it was to erase.
    let left = unfinished(&store).await?;
    for id in &left {
        say(ask, *id, carry_out((&store, &inbox), *id, &ask.config.trust).await?)?;
    }
    match bury(&store, &inbox, request).await? {
        Some(id) => say(ask, id, carry_out((&store, &inbox), id, &ask.config.trust).await?)?,
        None if left.is_empty() => ask.say(&json!({ "tombstone": null }), "there is nothing of it, or no longer")?,
        None => {}
    }
    turn.give_back().await?;
    Ok(Done::Yes)
}

fn request(ask: &Ask, what: Erase) -> Request {
    let Erased { driver, device, clip, frame } = what.what;
    let (what_to_erase, usual) = match (driver, device, clip) {
        (Some(driver), ..) => (What::Driver(driver), Requester::Driver),
        (_, Some(device), _) => (What::Device(device), Requester::Driver),
        (.., Some(clip)) => (What::Clip(clip), Requester::Person),
        _ => (What::Frames(frame.into_iter().collect()), Requester::Person),
    };
    let requested_by = match what.by {
        None => usual,
        Some(By::Driver) => Requester::Driver,
        Some(By::Person) => Requester::Person,
        Some(By::Authority) => Requester::Authority,
        Some(By::Operator) => Requester::Operator,
    };
    let older_snapshots = match what.older_snapshots {
        Older::Rewrite => OlderSnapshots::Rewrite,
        Older::Drop => OlderSnapshots::Drop,
    };
    Request { what: what_to_erase, reason: what.reason, requested_by, older_snapshots, now: ask.now }
}

fn say(ask: &Ask, id: Digest, checked: Checked) -> anyhow::Result<()> {
    let Checked { objects, statements, .. } = checked;
    let text = format!(
        "erased under tombstone {id}: none of {objects} published objects holds anything of it, nor does the inbox; \
         {statements} lines of statements name its frames, and keep what was paid for them"
    );
    ask.say(&json!({ "tombstone": id, "objects": objects, "statements": statements }), &text)
}
