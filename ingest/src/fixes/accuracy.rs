//! From what a receiver says of its precision to a radius.

/// The error of one pseudorange that dilution multiplies (user equivalent range error, one sigma) of a consumer
/// receiver, in metres. GPS SPS Performance Standard, 5th edition, appendix B gives 4 to 8 m.
const RANGE_ERROR_M: f64 = 5.0;

/// 100 km: beyond it there is no accuracy to speak of.
const RADIUS_M_MAX: f64 = 100_000.0;

/// The radius in millimetres that a dilution of precision stands for; none if it is no positive number.
pub(super) fn of_dop(dop: f64) -> Option<u32> {
    of_radius_m(dop * RANGE_ERROR_M)
}

/// A radius in metres as millimetres; none if it is no positive number.
pub(super) fn of_radius_m(radius_m: f64) -> Option<u32> {
    // Within the limit, the cast is exact.
    (radius_m > 0.0).then(|| (radius_m.min(RADIUS_M_MAX) * 1_000.0).round() as u32)
}
