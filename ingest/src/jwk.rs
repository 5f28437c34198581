//! A public key as a JWK (RFC 8037) and its thumbprint (RFC 7638).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use waymark_datasets::Digest;

/// An Ed25519 public key as JOSE writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicJwk {
    crv: Curve,
    kty: KeyType,
    x: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Curve {
    Ed25519,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum KeyType {
    #[serde(rename = "OKP")]
    OctetKeyPair,
}

impl PublicJwk {
    /// The JWK of the 32 bytes of a public key.
    #[must_use]
    pub fn of(public_key: &[u8; 32]) -> Self {
        Self { crv: Curve::Ed25519, kty: KeyType::OctetKeyPair, x: URL_SAFE_NO_PAD.encode(public_key) }
    }

    /// The 32 bytes; none if `x` is not strict base64url of that many.
    #[must_use]
    pub fn bytes(&self) -> Option<[u8; 32]> {
        URL_SAFE_NO_PAD.decode(&self.x).ok()?.try_into().ok()
    }

    /// The SHA-256 thumbprint of RFC 7638, in base64url without padding.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(Digest::of(self.canonical().as_bytes()).as_bytes())
    }

    /// The required members in lexical order, without white space: what RFC 7638 hashes.
    pub(crate) fn canonical(&self) -> String {
        format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.x)
    }
}
