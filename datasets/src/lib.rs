//! The words of Waymark as types that cannot hold a wrong value, and every published table:
//! its schema, where it lies in the bucket, how it is read and written.
//!
//! Floor 0: knows nothing of HTTP, pixels, models or pay.

mod amount;
mod class;
mod durable;
mod epoch;
pub mod erasure;
mod finding;
pub mod geoparquet;
mod heading;
mod id;
mod invalid;
mod layout;
mod media;
mod outline;
mod position;
mod ppm;
mod reason;
pub mod rows;
mod slot;
pub mod snapshot;
mod store;
pub mod table;
mod texts;
mod time;
mod track;
mod word;

pub use amount::{Amount, PayoutAddress};
pub use class::{ClassName, Role};
pub use durable::on_one_thread;
pub use epoch::Epoch;
pub use finding::{Doubt, Finding};
pub use heading::{Heading, Octant};
pub use id::{ClipId, DeviceId, Digest, DriverId, FrameId};
pub use invalid::Invalid;
pub use layout::{Partition, Table, epoch_key, processed_key, statements_key};
pub use media::{MediaFacts, MediaKind, TelemetryPacket, VideoPiece};
pub use position::{Latitude, Longitude, Position};
pub use ppm::Ppm;
pub use reason::{Reason, Rejection};
pub use slot::{Cell, Region, Slot};
pub use store::{Contents, Created, Draft, Drafted, OBJECT_BYTES_MAX, ObjectInfo, Opened, Store, StoreError};
pub use table::TableError;
pub use texts::texts;
pub use time::UtcMillis;
pub use track::{Fix, Track};
