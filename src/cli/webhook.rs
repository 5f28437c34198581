//! The command line of `waymark webhook`.

use clap::{Args, Subcommand};
use url::Url;

use super::Place;

/// Who is told of changes.
#[derive(Debug, Subcommand)]
pub enum Webhook {
    /// Tell an address what changes on the map; prints the key to check the signatures with.
    Add {
        /// Where.
        #[command(flatten)]
        place: Place,
        /// The address.
        #[arg(long, value_name = "URL")]
        url: Url,
        /// Tell what came after this entry of the feed, 0 for all; only what is new unless given.
        #[arg(long, value_name = "SEQUENCE")]
        since: Option<u64>,
    },
    /// Say who is told, and how far each has followed.
    List {
        /// Where.
        #[command(flatten)]
        place: Place,
    },
    /// Tell an address nothing any more.
    Remove(Hook),
    /// Tell an address again what came after an entry of the feed.
    Replay {
        /// Which.
        #[command(flatten)]
        hook: Hook,
        /// The entry; 0 for all.
        #[arg(long, value_name = "SEQUENCE")]
        since: u64,
    },
}

/// A registered address.
#[derive(Debug, Args)]
pub struct Hook {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// Its id, as `webhook add` printed it.
    #[arg(long)]
    pub id: String,
}
