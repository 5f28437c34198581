//! Whoever registers an address must not make the server ask machines that only it can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::{Context, ensure};
use url::{Host, Url};

/// The addresses of a URL's host, all of which are public unless private ones are allowed. The caller connects to
/// these and no others: a name may lead elsewhere a moment later.
pub async fn addresses(url: &Url, allow_private: bool) -> anyhow::Result<Vec<SocketAddr>> {
    let port = url.port_or_known_default().context("the address has no port")?;
    let found: Vec<SocketAddr> = match url.host().context("the address has no host")? {
        Host::Ipv4(address) => vec![(address, port).into()],
        Host::Ipv6(address) => vec![(address, port).into()],
        Host::Domain(name) => {
            tokio::net::lookup_host((name, port)).await.with_context(|| format!("host {name}"))?.collect()
        }
    };
    ensure!(!found.is_empty(), "the host has no address");
    let private = found.iter().find(|address| !is_public(address.ip()));
    if let (Some(private), false) = (private, allow_private) {
        anyhow::bail!("{} is no public address (see webhooks.allow_private)", private.ip());
    }
    Ok(found)
}

/// Whether an address is one of the open internet: of none of the special ranges of the IANA registries (RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_protocol = (a, b, c) == (192, 0, 0) || (a, b, c) == (192, 88, 99);
    let is_benchmark = a == 198 && (18..20).contains(&b);
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast();
    !(is_special || is_shared || is_protocol || is_benchmark || a == 0 || a >= 240)
}

/// Global unicast is 2000::/3; within it some carry an IPv4 address, which counts.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let [a, b, c, ..] = address.segments();
    let is_documentation = (a, b) == (0x2001, 0x0db8) || a == 0x3fff && b < 0x1000;
    let is_protocol = a == 0x2001 && b < 0x0200;
    // 6to4: the IPv4 address follows the prefix.
    let is_tunnel = a == 0x2002 && !is_public_v4(Ipv4Addr::from((u32::from(b) << 16) | u32::from(c)));
    (a & 0xe000) == 0x2000 && !is_documentation && !is_protocol && !is_tunnel
}
