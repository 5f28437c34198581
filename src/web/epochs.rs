//! `/v1/epochs`: what closed epochs paid, and the proof of it.

use std::ops::Bound;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use serde_json::{Value, json};
use waymark_datasets::rows::PayoutRow;
use waymark_datasets::{DriverId, Epoch};

use super::answer::{CHECKED, Problem, SETTLED, json as send, parameter};
use super::ledger::{Closed, Ledger};
use crate::stage::settle::EpochRecord;

/// Payouts of one answer.
const PAYOUTS_MAX: usize = 500;

/// `GET /v1/epochs`.
pub(super) async fn list(State(ledger): State<Arc<Ledger>>) -> Result<Response, Problem> {
    let records = ledger.records().await?;
    let epochs: Vec<Value> = records.iter().map(|record| summary(record)).collect();
    send(&json!({ "epochs": epochs }), CHECKED)
}

/// `GET /v1/epochs/{epoch}`: the record, as it is in the bucket.
pub(super) async fn one(State(ledger): State<Arc<Ledger>>, Path(epoch): Path<String>) -> Result<Response, Problem> {
    let epoch = parse(&epoch)?;
    let record = ledger.record(epoch).await?.ok_or_else(|| open(epoch))?;
    send(&*record, SETTLED)
}

/// `GET /v1/epochs/{epoch}/payouts?after=DRIVER`: by driver, some at a time.
pub(super) async fn payouts(
    State(ledger): State<Arc<Ledger>>,
    Path(epoch): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    let closed = closed(&ledger, &epoch).await?;
    let after = parameter(&uri, "after")?.as_deref().map(driver).transpose()?;
    let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
    let rows: Vec<&PayoutRow> =
        closed.payouts.range::<DriverId, _>((from, Bound::Unbounded)).map(|(_, row)| row).take(PAYOUTS_MAX).collect();
    let next = rows.last().filter(|_| rows.len() == PAYOUTS_MAX).map(|row| &row.driver);
    let total = closed.payouts.len();
    send(&json!({ "epoch": closed.record.epoch, "total": total, "payouts": rows, "next_after": next }), SETTLED)
}

/// `GET /v1/epochs/{epoch}/payouts/{driver}`: what the driver was paid, and the proof of what their address was.
pub(super) async fn payout(
    State(ledger): State<Arc<Ledger>>,
    Path((epoch, name)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let closed = closed(&ledger, &epoch).await?;
    let name = driver(&name)?;
    let missing = || Problem::missing(format!("driver {name} was paid nothing in epoch {}", closed.record.epoch));
    let row = closed.payouts.get(&name).ok_or_else(missing)?;
    let proof = closed.commitment.proof(row.payout_address).ok_or_else(missing)?;
    let record = &closed.record;
    let answer = json!({
        "epoch": record.epoch,
        "payout": row,
        "leaf_encoding": ["address", "uint256"],
        "proof": proof,
        "payouts_root": record.payouts_root,
    });
    send(&answer, SETTLED)
}

fn summary(record: &EpochRecord) -> Value {
    json!({
        "epoch": record.epoch,
        "snapshot": record.snapshot,
        "pool": record.pool,
        "remainder": record.remainder,
        "drivers": record.addresses.len(),
        "payouts_root": record.payouts_root,
    })
}

async fn closed(ledger: &Ledger, epoch: &str) -> Result<Arc<Closed>, Problem> {
    let epoch = parse(epoch)?;
    ledger.closed(epoch).await?.ok_or_else(|| open(epoch))
}

pub(super) fn parse(epoch: &str) -> Result<Epoch, Problem> {
    epoch.parse().map_err(|error| Problem::malformed(format!("{error}")))
}

pub(super) fn driver(name: &str) -> Result<DriverId, Problem> {
    name.parse().map_err(|error| Problem::malformed(format!("{error}")))
}

fn open(epoch: Epoch) -> Problem {
    Problem::missing(format!("epoch {epoch} is not closed"))
}
