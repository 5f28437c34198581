//! A server's signature on a tombstone: whose word it is that something was erased.

use serde::{Deserialize, Serialize};
use waymark_datasets::{DeviceId, Digest, Reason, Rejection};

use crate::jws::{self, Kind};
use crate::receipt::{Jwks, ServerKey};

/// What is signed: the name of a tombstone, which is the hash of all that it says.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    version: u32,
    tombstone: Digest,
}

const VERSION: u32 = 1;
const SIGNATURE_MAX_BYTES: u64 = 4_096;

/// Signs the tombstone `id`: a compact JWS, the same every time.
#[must_use]
pub fn sign(key: &ServerKey, id: Digest) -> String {
    let payload = format!(r#"{{"version":{VERSION},"tombstone":"{id}"}}"#);
    key.sign_as(Kind::Erasure, payload.as_bytes())
}

/// The key that signed the tombstone `id`; one of the `trusted` ones, if any are given.
///
/// # Errors
/// [`Reason::ManifestMalformed`] or [`Reason::SignatureInvalid`], with what is wrong with the signature.
pub fn verify(compact: &[u8], id: Digest, trusted: Option<&Jwks>) -> Result<DeviceId, Rejection> {
    let signed = jws::verify_as(Kind::Erasure, compact.trim_ascii(), SIGNATURE_MAX_BYTES)?;
    let refused =
        |what: String| Rejection::new(Reason::SignatureInvalid, format!("the signature of the erasure {what}"));
    let says: Signed =
        serde_json::from_slice(&signed.payload).map_err(|error| refused(format!("does not read: {error}")))?;
    if (says.version, says.tombstone) != (VERSION, id) {
        return Err(refused(format!("is of tombstone {}, not of {id}", says.tombstone)));
    }
    if !trusted.is_none_or(|keys| keys.has(&signed.device_id)) {
        return Err(refused(format!("is by key {}, which is not among the given ones", signed.device_id)));
    }
    Ok(signed.device_id)
}
