//! `waymark pay`: close an epoch.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, bail};
use serde_json::json;
use waymark_datasets::rows::PayoutRow;
use waymark_datasets::{Amount, Created, DriverId, Epoch, PayoutAddress, Store, epoch_key, snapshot, statements_key};
use waymark_ingest::registry;
use waymark_rewards::Terms;

use super::Ask;
use crate::Done;
use crate::cli::Pay;
use crate::stage::publish::publish;
use crate::stage::settle::{self, Closing, EpochRecord};
use crate::stage::turn::Turn;

pub(super) async fn run(ask: &Ask, what: &Pay) -> anyhow::Result<Done> {
    let store = Store::open(&what.store)?;
    let pool = what.pool.unwrap_or(ask.config.rewards.pool);
    let terms = Terms { epoch: what.epoch, pool, formula: &ask.config.rewards.formula };
    if let Some(record) = settle::record(&store, what.epoch).await? {
        return closed_before(ask, (&store, &record), &terms).await;
    }
    if !what.simulate {
        check_over(ask, what.epoch)?;
    }
    let latest = snapshot::latest(&store).await?.ok_or(snapshot::SnapshotError::None)?;
    let addresses = addresses(&store, &settle::basis(&store, latest, &terms).await?).await?;
    let closing = settle::close(&store, latest, &terms, addresses).await?;
    if !what.simulate && write(&store, &closing).await? == Created::Existed {
        bail!("epoch {} was closed by somebody else at this moment: run the command again", what.epoch);
    }
    let said = if what.simulate { "would pay" } else { "closed:" };
    say(ask, said, (&closing.record, &closing.settlement.payouts))?;
    Ok(Done::Yes)
}

/// Late uploads are welcome until the grace is over; afterwards nothing changes what was paid.
fn check_over(ask: &Ask, epoch: Epoch) -> anyhow::Result<()> {
    let grace_hours = ask.config.rewards.grace_hours;
    let over = epoch.end().plus_ms(i64::from(grace_hours) * 3_600_000);
    if ask.now < over {
        bail!("epoch {epoch} is open until {over} ({grace_hours} hours of grace): use --simulate for a preview");
    }
    Ok(())
}

async fn addresses(store: &Store, basis: &settle::Basis) -> anyhow::Result<BTreeMap<DriverId, PayoutAddress>> {
    let mut addresses = BTreeMap::new();
    for frame in &basis.frames {
        if !addresses.contains_key(&frame.driver) {
            let found = registry::driver(store, &frame.driver).await?;
            let record = found.with_context(|| format!("driver {} is not in the registry", frame.driver))?;
            addresses.insert(frame.driver.clone(), record.payout);
        }
    }
    Ok(addresses)
}

/// The record goes last: an epoch without one is open, and its files are written anew.
async fn write(store: &Store, closing: &Closing) -> anyhow::Result<Created> {
    let epoch = closing.record.epoch;
    store.put(&statements_key(epoch), closing.statements.clone()).await?;
    store.put(&settle::payouts_key(epoch), closing.payouts.clone()).await?;
    let created = store.create(&epoch_key(epoch), serde_json::to_vec_pretty(&closing.record)?.into()).await?;
    publish_in_turn(store).await?;
    Ok(created)
}

async fn publish_in_turn(store: &Store) -> anyhow::Result<()> {
    let turn = Turn::take(store).await?;
    publish(store).await?;
    turn.give_back().await
}

/// Paying twice changes nothing; asking for other terms is an error.
async fn closed_before(ask: &Ask, (store, record): (&Store, &EpochRecord), terms: &Terms<'_>) -> anyhow::Result<Done> {
    if record.pool != terms.pool || record.formula != *terms.formula {
        bail!("epoch {} is closed with a pool of {} and cannot be paid on other terms", record.epoch, record.pool);
    }
    // A run that was killed after the record may have missed the snapshot.
    publish_in_turn(store).await?;
    let key = settle::payouts_key(record.epoch);
    let payouts = waymark_datasets::table::read_rows(store, &key).await?.context(key)?;
    say(ask, "was closed before:", (record, &payouts))?;
    Ok(Done::Yes)
}

fn say(ask: &Ask, said: &str, (record, payouts): (&EpochRecord, &[PayoutRow])) -> anyhow::Result<()> {
    let paid: Amount = payouts.iter().map(|payout| payout.amount).sum();
    let mut text = format!("epoch {} {said} {paid} of {}, {} left over", record.epoch, record.pool, record.remainder);
    for payout in payouts {
        let PayoutRow { driver, payout_address, passes, amount, .. } = payout;
        write!(text, "\n  {driver} {payout_address}: {amount} for {passes} slot passes")?;
    }
    ask.say(&json!({ "record": record, "payouts": payouts }), &text)
}
