//! How often a fault is tried: a little with every run of the tests, as often as promised with `make faults`.

/// `short`, or `full` where all of them are wanted.
pub fn times(short: u64, full: u64) -> u64 {
    if std::env::var_os("WAYMARK_FAULTS").is_some_and(|wanted| wanted == "full") { full } else { short }
}
