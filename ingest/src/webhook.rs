//! How a server signs what it tells others: Standard Webhooks, the asymmetric kind.
//!
//! Source: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>: the signature
//! `v1a` is Ed25519 over `id.timestamp.body`, and a public key is written with the prefix `whpk_`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::receipt::ServerKey;

/// The header `webhook-signature` of a message: its id, the seconds since 1970, and its body.
#[must_use]
pub fn sign(key: &ServerKey, (id, timestamp_s): (&str, i64), body: &[u8]) -> String {
    let mut message = format!("{id}.{timestamp_s}.").into_bytes();
    message.extend_from_slice(body);
    format!("v1a,{}", STANDARD.encode(key.sign_bytes(&message)))
}

/// The key to check signatures with, as libraries of Standard Webhooks take it.
#[must_use]
pub fn public_key(key: &ServerKey) -> String {
    format!("whpk_{}", STANDARD.encode(key.public_bytes()))
}
