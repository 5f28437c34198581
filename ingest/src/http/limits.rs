//! How fast one client may ask: one device by its key, one clip by its name before anything is read for it, and one
//! address for everything else. Counted in memory and on the machine's own clock: limits are of a node.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use waymark_datasets::{ClipId, DeviceId, Reason, Rejection};

use super::problem::Problem;
use super::service::Service;
use super::settings::LimitSettings;

/// Where a request came from, as the connection tells.
#[derive(Debug, Clone, Copy)]
pub(super) struct PeerAddress(pub(super) IpAddr);

/// What was asked lately, by whom.
pub(super) struct Limits {
    devices: DefaultKeyedRateLimiter<DeviceId>,
    clips: DefaultKeyedRateLimiter<ClipId>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    strangers: DefaultDirectRateLimiter,
    address_header: Option<String>,
}

impl Limits {
    pub(super) fn new(settings: &LimitSettings) -> Self {
        let of_device = quota(settings.device_requests_per_s, settings.device_requests_burst);
        let of_address = quota(settings.address_requests_per_s, settings.address_requests_burst);
        let filed = at_least_one(settings.strangers_filed_per_hour);
        Self {
            devices: RateLimiter::keyed(of_device),
            clips: RateLimiter::keyed(of_device),
            addresses: RateLimiter::keyed(of_address),
            strangers: RateLimiter::direct(Quota::per_hour(filed)),
            address_header: settings.address_header.clone(),
        }
    }

    pub(super) fn check_device(&self, device: &DeviceId) -> Result<(), Problem> {
        check(&self.devices, device, "the device asks too often")
    }

    pub(super) fn check_clip(&self, clip_id: ClipId) -> Result<(), Problem> {
        check(&self.clips, &clip_id, "too many requests are about this clip")
    }

    /// Whether one more refusal of a stranger may be written down.
    pub(super) fn may_file_stranger(&self) -> bool {
        self.strangers.check().is_ok()
    }

    /// Forgets who has not asked for a while, so that memory does not grow with time.
    pub(super) fn forget_idle(&self) {
        self.devices.retain_recent();
        self.clips.retain_recent();
        self.addresses.retain_recent();
    }

    fn check_address(&self, request: &Request) -> Result<(), Problem> {
        let peer = request.extensions().get::<PeerAddress>().map(|peer| peer.0);
        let named = self.address_header.as_ref().and_then(|header| last_address(request.headers(), header));
        match named.or(peer) {
            Some(address) => check(&self.addresses, &network(address), "your address asks too often"),
            None => Ok(()),
        }
    }
}

/// Holds back an address that asks too often. Media are counted by clip and device, and whoever runs the server may
/// look after it at any time.
pub(super) async fn per_address(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_media = path.starts_with("/v1/clips/") && path.contains("/media/");
    let is_free = is_media || ["/healthz", "/readyz", "/metrics"].contains(&path);
    let checked = if is_free { Ok(()) } else { service.limits.check_address(&request) };
    match checked {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check<K: Hash + Eq + Clone>(limiter: &DefaultKeyedRateLimiter<K>, key: &K, what: &str) -> Result<(), Problem> {
    limiter.check_key(key).map_err(|until| {
        let wait = until.wait_time_from(DefaultClock::default().now());
        Problem::held_back(&Rejection::new(Reason::RateLimited, what), wait.as_secs() + 1)
    })
}

/// A host has a network of its own in IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(
            || {
                let [a, b, c, d, ..] = v6.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            },
            IpAddr::V4,
        ),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// What the nearest proxy added: entries before it are the client's own words.
fn last_address(headers: &HeaderMap, name: &str) -> Option<IpAddr> {
    headers.get_all(name).iter().next_back()?.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

fn quota(per_s: u32, burst: u32) -> Quota {
    Quota::per_second(at_least_one(per_s)).allow_burst(at_least_one(burst))
}

fn at_least_one(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN)
}
