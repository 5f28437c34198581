//! A value that a device signs to show that it signed lately. The server keeps no list: it knows its own signature.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use waymark_datasets::{Reason, Rejection, UtcMillis};

use crate::error::Error;
use crate::receipt::ServerKey;

/// No signing input of a JWS has a colon, so no signature of the one kind passes for the other.
const PURPOSE: &str = "waymark-nonce:";

/// A new nonce, good until `expires_at`: the time, 16 random bytes and the server's signature, with dots between.
pub(crate) fn issue(key: &ServerKey, expires_at: UtcMillis) -> Result<String, Error> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(Error::Random)?;
    let said = format!("{}.{}", expires_at.millis(), URL_SAFE_NO_PAD.encode(random));
    let signature = key.sign_bytes(format!("{PURPOSE}{said}").as_bytes());
    Ok(format!("{said}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// Refuses a manifest that carries no nonce of this server, or one past its time.
pub(crate) fn check(key: &ServerKey, nonce: Option<&str>, now: UtcMillis) -> Result<(), Rejection> {
    let Some(nonce) = nonce else {
        let detail = "this server wants a nonce in each manifest: fetch one from /v1/nonce and sign the clip with it";
        return Err(Rejection::new(Reason::NonceMissing, detail));
    };
    let stale = |what: &str| {
        let detail = format!("the nonce {what}: sign the clip with a new one");
        Rejection::new(Reason::NonceStale, detail)
    };
    let expires_at = expiry(key, nonce).ok_or_else(|| stale("is none of this server's"))?;
    if expires_at <= now { Err(stale("is past its time")) } else { Ok(()) }
}

fn expiry(key: &ServerKey, nonce: &str) -> Option<UtcMillis> {
    let (said, signature) = nonce.rsplit_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?.try_into().ok()?;
    let is_ours = key.has_signed(format!("{PURPOSE}{said}").as_bytes(), &signature);
    let expires_at_ms: i64 = said.split_once('.')?.0.parse().ok()?;
    expires_at_ms.try_into().ok().filter(|_| is_ours)
}
