//! The command line of `waymark key`.

use clap::{Args, Subcommand};

use super::Place;

/// Keys of those who read the map.
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make an API key and print it, this once.
    New(NewKey),
    /// Say which keys there are.
    List {
        /// Where.
        #[command(flatten)]
        place: Place,
    },
    /// Let a key read no more; every node follows within `access.keys_refresh_s`.
    Revoke {
        /// Where.
        #[command(flatten)]
        place: Place,
        /// The key's id, the part between the underscores.
        #[arg(long)]
        id: String,
    },
}

/// A key to be made.
#[derive(Debug, Args)]
pub struct NewKey {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// Who reads with it: the public name in the table `usage`, 1 to 64 of a-z 0-9 . _ -.
    #[arg(long)]
    pub name: String,
    /// Requests a second, in the long run; `access.key_requests_per_s` unless given.
    #[arg(long, value_name = "N")]
    pub rate: Option<u32>,
    /// Requests a day, on each node; no limit unless given.
    #[arg(long, value_name = "N")]
    pub quota: Option<u32>,
}
