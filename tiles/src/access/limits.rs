//! How fast one may ask: a key by its terms, an address without one by the public rate. Counted in memory and on the
//! machine's own clock: limits are of a node.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};

use super::keys::{KeyRecord, Terms};
use super::settings::AccessSettings;

/// Too many requests: in how many seconds one more may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany {
    pub(super) retry_after_s: u64,
}

/// What was asked lately, by whom.
pub(super) struct Limits {
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    keys: Mutex<HashMap<String, Arc<OfKey>>>,
    usual_per_s: u32,
}

/// The limits of one key, made of the terms that it had.
struct OfKey {
    terms: Terms,
    per_s: DefaultDirectRateLimiter,
    per_day: Option<DefaultDirectRateLimiter>,
}

/// Keys whose requests are counted at once; beyond, all counts begin anew.
const KEYS_MAX: usize = 100_000;
/// A burst of a key is what it may ask in so many seconds.
const BURST_S: u32 = 2;
const DAY: Duration = Duration::from_secs(24 * 3_600);

impl Limits {
    pub(super) fn new(settings: &AccessSettings) -> Self {
        let quota = Quota::per_second(at_least_one(settings.public_requests_per_s))
            .allow_burst(at_least_one(settings.public_requests_burst));
        Self { addresses: RateLimiter::keyed(quota), keys: Mutex::default(), usual_per_s: settings.key_requests_per_s }
    }

    /// One request without a key. Nobody knows where it came from if there is no address: then it passes.
    pub(super) fn check_address(&self, address: Option<IpAddr>) -> Result<(), TooMany> {
        let Some(address) = address else { return Ok(()) };
        self.addresses.check_key(&network(address)).map_err(|until| too_many(&until))
    }

    /// One request with a key.
    pub(super) fn check_key(&self, record: &KeyRecord) -> Result<(), TooMany> {
        let limits = self.of_key(record);
        limits.per_s.check().map_err(|until| too_many(&until))?;
        limits.per_day.as_ref().map_or(Ok(()), |per_day| per_day.check().map_err(|until| too_many(&until)))
    }

    fn of_key(&self, record: &KeyRecord) -> Arc<OfKey> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = keys.get(&record.id).filter(|known| known.terms == record.terms) {
            return known.clone();
        }
        if keys.len() >= KEYS_MAX {
            keys.clear();
        }
        let made = Arc::new(OfKey::new(record.terms, self.usual_per_s));
        keys.insert(record.id.clone(), made.clone());
        made
    }

    /// Forgets who has not asked for a while, so that memory does not grow with time.
    pub(super) fn forget_idle(&self) {
        self.addresses.retain_recent();
    }
}

impl OfKey {
    fn new(terms: Terms, usual_per_s: u32) -> Self {
        let per_s = terms.requests_per_s.unwrap_or(usual_per_s);
        let burst = at_least_one(per_s.saturating_mul(BURST_S));
        let per_day = terms.requests_per_day.and_then(|requests| {
            let requests = at_least_one(requests);
            Some(Quota::with_period(DAY / requests.get())?.allow_burst(requests))
        });
        Self {
            terms,
            per_s: RateLimiter::direct(Quota::per_second(at_least_one(per_s)).allow_burst(burst)),
            per_day: per_day.map(RateLimiter::direct),
        }
    }
}

fn too_many(until: &NotUntil<<DefaultClock as Clock>::Instant>) -> TooMany {
    TooMany { retry_after_s: until.wait_time_from(DefaultClock::default().now()).as_secs() + 1 }
}

/// A host has a network of its own in IPv6.
fn network(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let [a, b, c, d, ..] = v6.segments();
    v6.to_ipv4_mapped().map_or_else(|| Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into(), IpAddr::V4)
}

fn at_least_one(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN)
}
