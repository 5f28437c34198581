//! The exact split of a pool.

use waymark_datasets::{Amount, Ppm};

/// A pool, split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// One share for each of the points, in their order.
    pub shares: Vec<Amount>,
    /// What rounding left over, or the whole pool if there were no points.
    pub remainder: Amount,
}

/// Splits `pool` in proportion to `points`, each share rounded down.
///
/// `sum(shares) + remainder == pool` to the last unit; the remainder is less than one unit per share
/// (unless nobody has points); equal points get equal shares; more points never get less.
#[must_use]
pub fn split(pool: Amount, points: &[Ppm]) -> Split {
    let total: u128 = points.iter().map(|points| u128::from(u32::from(*points))).sum();
    let share = |points: &Ppm| {
        // At most 10^30 × 10^6, within 128 bits; never more than the pool, so always an amount.
        let units = pool.units() * u128::from(u32::from(*points)) / total.max(1);
        Amount::try_from(units).unwrap_or(Amount::ZERO)
    };
    let shares: Vec<Amount> = points.iter().map(share).collect();
    let remainder = pool.minus(shares.iter().copied().sum());
    Split { shares, remainder }
}
