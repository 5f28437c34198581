//! An epoch from frames to payouts.

use std::collections::BTreeMap;

use waymark_datasets::rows::{FrameRow, PayoutRow, StatementRow, TrustRow};
use waymark_datasets::{Amount, DriverId, Epoch, PayoutAddress, Slot, UtcMillis};

use crate::{FormulaSettings, Pass, Points, passes, points, split};

/// What an epoch pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// One line per slot pass.
    pub statements: Vec<StatementRow>,
    /// One line per driver.
    pub payouts: Vec<PayoutRow>,
    /// What rounding left in the pool.
    pub remainder: Amount,
}

/// A driver whose frames are published, but of whom the register knows no payout address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("driver {0} has no payout address: enrol a device of theirs again with --payout")]
pub struct UnknownDriver(pub DriverId);

/// What is paid, for when, and by which formula.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The epoch that is paid.
    pub epoch: Epoch,
    /// What is split.
    pub pool: Amount,
    /// What a pass is worth.
    pub formula: &'a FormulaSettings,
}

/// Pays the pool for the `frames` of the epoch, as far as their clips are believed.
///
/// `last_seen` says when slots were last seen before the epoch (those not seen lately may be left out),
/// `addresses` where each driver is paid.
///
/// # Errors
/// [`UnknownDriver`] if a driver has no address.
pub fn settle(
    terms: &Terms<'_>,
    (frames, trust): (&[FrameRow], &[TrustRow]),
    last_seen: &BTreeMap<Slot, UtcMillis>,
    addresses: &BTreeMap<DriverId, PayoutAddress>,
) -> Result<Settlement, UnknownDriver> {
    let passes = passes(frames, trust);
    let worth = |pass: &Pass| points(terms.formula, terms.epoch, pass, last_seen.get(&pass.slot).copied());
    let worths: Vec<Points> = passes.iter().map(worth).collect();
    let split = split(terms.pool, &worths.iter().map(|worth| worth.points).collect::<Vec<_>>());
    let lines = passes.iter().zip(&worths).zip(&split.shares);
    let statements: Vec<_> = lines.map(|((pass, worth), amount)| statement(pass, worth, *amount)).collect();
    let payouts = payouts(&statements, addresses)?;
    Ok(Settlement { statements, payouts, remainder: split.remainder })
}

fn statement(pass: &Pass, worth: &Points, amount: Amount) -> StatementRow {
    StatementRow {
        h3_cell: pass.slot.cell,
        heading_octant: pass.slot.octant,
        clip_id: pass.frame.clip_id,
        driver: pass.frame.driver.clone(),
        device_id: pass.frame.device_id.clone(),
        frame_id: pass.frame.frame_id,
        captured_at_ms: pass.frame.captured_at_ms,
        pass_rank: pass.rank,
        freshness_ppm: worth.freshness,
        rank_ppm: worth.rank,
        quality_ppm: worth.quality,
        trust_ppm: worth.trust,
        points_ppm: worth.points,
        amount,
    }
}

fn payouts(
    statements: &[StatementRow],
    addresses: &BTreeMap<DriverId, PayoutAddress>,
) -> Result<Vec<PayoutRow>, UnknownDriver> {
    let mut by_driver: BTreeMap<&DriverId, Vec<&StatementRow>> = BTreeMap::new();
    statements.iter().for_each(|line| by_driver.entry(&line.driver).or_default().push(line));
    let payout = |(driver, lines): (&DriverId, Vec<&StatementRow>)| {
        Ok(PayoutRow {
            driver: driver.clone(),
            payout_address: *addresses.get(driver).ok_or_else(|| UnknownDriver(driver.clone()))?,
            passes: u32::try_from(lines.len()).unwrap_or(u32::MAX),
            points_ppm: lines.iter().map(|line| u64::from(u32::from(line.points_ppm))).sum(),
            amount: lines.iter().map(|line| line.amount).sum(),
        })
    };
    by_driver.into_iter().map(payout).collect()
}
