//! The map over HTTP: a real server on a free port, real tables in a store, a real client.

mod areas;
mod bad;
mod images;
mod pages;
mod server;
mod stac;
mod swaps;
mod world;
