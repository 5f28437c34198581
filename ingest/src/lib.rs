//! From a driver's footage to a clip that landed: keys, signing, admission, verdicts.
//!
//! The driver's side is [`DeviceKey`], [`privacy`] and [`sign`]; the server's side is [`registry`], [`admit()`], [`landed`], and
//! [`http`] for clips that come over the network.
//! Both extract the fixes from the signed media with the same code ([`fixes`]), so that a driver learns early
//! what a server would refuse. Pixels are another crate's business: what a video or a still holds is asked
//! of a [`Probe`].

pub mod access;
pub mod admit;
mod bundle;
pub mod chain;
pub mod denylist;
pub mod erasure;
mod error;
mod examine;
pub mod fixes;
pub mod forget;
pub mod http;
pub mod invitation;
mod judge;
mod jwk;
pub mod jws;
mod key;
mod land;
pub mod landed;
mod links;
pub mod manifest;
mod media_set;
mod nonce;
pub mod plausible;
pub mod privacy;
mod quota;
pub mod receipt;
pub mod registry;
pub mod rotation;
mod settings;
mod shard;
pub mod sign;
mod sources;
mod upload;
mod verdict;
pub mod webhook;

pub use admit::{Admission, AdmitContext, admit};
pub use error::{Error, SignError};
pub use examine::Probe;
pub use jwk::PublicJwk;
pub use key::{DeviceKey, Zeroizing};
pub use landed::{LandedClip, LandedMedia};
pub use manifest::{Camera, Captured, Manifest, MediaEntry, MediaName};
pub use settings::AdmitSettings;
pub use sign::{SignRequest, SignedClip, look_over, sign_clip};
