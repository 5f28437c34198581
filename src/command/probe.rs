//! `waymark probe-media`: the process that `serve` starts to read the headers of one video from standard input.

use std::io::Read;

use bytes::Bytes;

use crate::Done;
use crate::cli::ProbeMedia;
use crate::probe::Probed;

/// How much may come is limited by whoever starts us, and by the memory that we are given.
pub(super) fn run(what: &ProbeMedia) -> anyhow::Result<Done> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    let probed = Probed::from(waymark_vision::probe(&what.name, &Bytes::from(bytes)));
    println!("{}", serde_json::to_string(&probed)?);
    Ok(Done::Yes)
}
