//! Telling others what changed on the map: each entry of the feed of changes, to every registered address, until it is
//! acknowledged.
//!
//! Messages follow Standard Webhooks and carry the signature `v1a` of the server's key. What an address acknowledged
//! last is an object, so any node goes on where another ended; two nodes may tell the same, under the same id.

pub mod courier;
mod guard;
mod message;
pub mod registry;
