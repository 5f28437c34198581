//! The command line of `waymark serve`.

use std::net::SocketAddr;

use clap::Args;
use url::Url;

use super::{Detection, Place};

/// Where to listen, and for what.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where clips are filed.
    #[command(flatten)]
    pub place: Place,
    /// The address to listen on; port 0 takes a free one. The address is printed.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    pub listen: SocketAddr,
    /// The address by which devices know this server, without a path; http:// and the one listened on unless given.
    /// Tokens of devices must be made for it (aud), so that no other server can use them here: behind a proxy it is
    /// the proxy's address, as drivers type it.
    #[arg(long, value_name = "URL")]
    pub public_url: Option<Url>,
    /// Take clips only: what landed is processed by another node, or by `waymark build`.
    #[arg(long)]
    pub ingest_only: bool,
    /// With which models.
    #[command(flatten)]
    pub models: Detection,
}
