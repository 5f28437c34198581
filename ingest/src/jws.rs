//! The envelope of what is signed: a compact JWS (RFC 7515) with EdDSA (RFC 8037), and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, VerifyingKey};
use serde::Deserialize;
use waymark_datasets::{DeviceId, Reason, Rejection};

use crate::jwk::PublicJwk;

/// The `typ` of a manifest.
pub const TYPE: &str = Kind::Manifest.typ();

/// What a JWS says: the `typ` of its header keeps one from being taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What a device states about a clip.
    Manifest,
    /// What a server erased.
    Erasure,
    /// What a device shows to read about its clips.
    Access,
    /// What a server acknowledges.
    Receipt,
    /// What a server gives a driver, to enrol a device with.
    Invitation,
    /// What a device shows to be enrolled.
    Enrolment,
    /// What two keys state of which one takes over from the other.
    Rotation,
    /// Of which devices a server takes nothing.
    Denylist,
}

impl Kind {
    /// The `typ` in its header.
    #[must_use]
    pub const fn typ(self) -> &'static str {
        match self {
            Self::Manifest => "waymark-manifest+jws",
            Self::Erasure => "waymark-erasure+jws",
            Self::Access => "waymark-access+jws",
            Self::Receipt => "waymark-receipt+jws",
            Self::Invitation => "waymark-invitation+jws",
            Self::Enrolment => "waymark-enrolment+jws",
            Self::Rotation => "waymark-rotation+jws",
            Self::Denylist => "waymark-denylist+jws",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Erasure => "signature of an erasure",
            Self::Access => "access token",
            Self::Receipt => "receipt",
            Self::Invitation => "invitation",
            Self::Enrolment => "enrolment",
            Self::Rotation => "rotation",
            Self::Denylist => "denylist",
        }
    }
}

/// What a device signed, and which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The thumbprint of the key that made the signature.
    pub device_id: DeviceId,
    /// The signed bytes.
    pub payload: Vec<u8>,
}

/// Checks a manifest; see [`verify_as`].
///
/// # Errors
/// [`Reason::ManifestMalformed`] or [`Reason::SignatureInvalid`].
pub fn verify(compact: &[u8], max_bytes: u64) -> Result<Verified, Rejection> {
    verify_as(Kind::Manifest, compact, max_bytes)
}

/// Checks shape, algorithm, key id and signature, in this order.
///
/// The key is the one in the header: this proves only that the holder of that key signed the payload. Whether
/// the key is known is the registry's business. Small-order keys and signatures that are not canonical fail.
///
/// # Errors
/// [`Reason::ManifestMalformed`] or [`Reason::SignatureInvalid`].
pub fn verify_as(kind: Kind, compact: &[u8], max_bytes: u64) -> Result<Verified, Rejection> {
    open(kind, compact, max_bytes).map_err(|wrong| match wrong {
        Wrong::Malformed(what) => Rejection::new(Reason::ManifestMalformed, format!("the {} {what}", kind.noun())),
        Wrong::Unsigned(what) => {
            let detail = format!("the {} is not signed by its key: {what}", kind.noun());
            Rejection::new(Reason::SignatureInvalid, detail)
        }
    })
}

/// What is signed: header and payload in base64url.
pub(crate) fn signing_input(kind: Kind, (jwk, id): (&PublicJwk, &DeviceId), payload: &[u8]) -> String {
    let typ = kind.typ();
    let header = format!(r#"{{"alg":"EdDSA","jwk":{},"kid":"{id}","typ":"{typ}"}}"#, jwk.canonical());
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
}

/// The compact form.
pub(crate) fn with_signature(input: String, signature: &[u8; 64]) -> String {
    input + "." + &URL_SAFE_NO_PAD.encode(signature)
}

enum Wrong {
    Malformed(String),
    Unsigned(&'static str),
}

fn open(kind: Kind, compact: &[u8], max_bytes: u64) -> Result<Verified, Wrong> {
    if compact.len() as u64 > max_bytes {
        return Err(malformed(format!("is {} bytes, of which {max_bytes} are read", compact.len())));
    }
    let text = str::from_utf8(compact).map_err(|_| malformed("is not text"))?;
    let (input, signature) = text.rsplit_once('.').ok_or_else(|| malformed("has not three parts"))?;
    let (header, payload) = input.split_once('.').ok_or_else(|| malformed("has not three parts"))?;
    let (jwk, device_id) = check_header(kind, &decode(header, "header")?)?;
    let payload = decode(payload, "payload")?;
    let signature = decode(signature, "signature")?;
    let signature = Signature::from_slice(&signature).map_err(|_| Wrong::Unsigned("the signature is not 64 bytes"))?;
    let key = jwk.bytes().and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
    let key = key.ok_or(Wrong::Unsigned("the key is no point of the curve"))?;
    let verified = key.verify_strict(input.as_bytes(), &signature);
    verified.map_err(|_| Wrong::Unsigned("the signature does not match"))?;
    Ok(Verified { device_id, payload })
}

/// Other members are allowed and ignored, as RFC 7515 wants; `crit` would forbid to ignore them.
#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
    jwk: PublicJwk,
    crit: Option<serde::de::IgnoredAny>,
}

fn check_header(kind: Kind, json: &[u8]) -> Result<(PublicJwk, DeviceId), Wrong> {
    let header: Header =
        serde_json::from_slice(json).map_err(|error| malformed(format!("has a bad header: {error}")))?;
    if header.alg != "EdDSA" {
        return Err(Wrong::Unsigned("its algorithm is not EdDSA"));
    }
    if header.crit.is_some() {
        return Err(malformed("has a critical header member, and none is known"));
    }
    if header.typ != kind.typ() {
        return Err(malformed(format!("has not the type {}", kind.typ())));
    }
    let device_id: DeviceId = header.kid.parse().map_err(|error| malformed(format!("has a bad key id: {error}")))?;
    if header.jwk.thumbprint() != device_id.as_str() {
        return Err(Wrong::Unsigned("the key id is not the thumbprint of the key"));
    }
    Ok((header.jwk, device_id))
}

fn decode(part: &str, name: &str) -> Result<Vec<u8>, Wrong> {
    let strict = URL_SAFE_NO_PAD.decode(part);
    strict.map_err(|error| malformed(format!("has a {name} that is not base64url without padding: {error}")))
}

fn malformed(what: impl Into<String>) -> Wrong {
    Wrong::Malformed(what.into())
}
