//! Who reads how much of the map: API keys, rates, what was read, and addresses that hold for a while.
//!
//! All of it lies around the paths of the map, not in them. A handler that knows which slots it told says so with
//! [`Reads`] in the extensions of its answer. Where a request came from is a [`std::net::IpAddr`] in its extensions.

mod gate;
mod hmac;
pub mod keys;
mod limits;
mod meter;
mod settings;
mod signed;

pub use gate::{Gate, Lent, guard};
pub use meter::{Metered, Reads};
pub use settings::AccessSettings;
pub use signed::{SignedFrame, frame_query};
