//! How a device shows who it is when it reads: a short-lived JWS by its key, for one server.

use serde::{Deserialize, Serialize};
use waymark_datasets::{DeviceId, Reason, Rejection, UtcMillis};

use crate::jws::{self, Kind};
use crate::key::DeviceKey;

/// The longest that a token may be valid from now on.
pub const ACCESS_MAX_S: i64 = 300;
/// How far the clock of a device may be ahead or behind.
const SKEW_MAX_S: i64 = 30;
const TOKEN_MAX_BYTES: u64 = 4_096;

/// The registered claims of RFC 7519; others are ignored.
#[derive(Serialize, Deserialize)]
struct Claims {
    sub: DeviceId,
    aud: String,
    exp: i64,
}

/// A token by which the device of `key` reads from the server at `audience`, its address without a path, for five
/// minutes from `now`.
///
/// # Errors
/// None is known: every member has a form in JSON.
pub fn access_token(key: &DeviceKey, audience: &str, now: UtcMillis) -> Result<String, serde_json::Error> {
    let exp = now.millis() / 1_000 + ACCESS_MAX_S;
    let claims = Claims { sub: key.device_id().clone(), aud: audience.into(), exp };
    Ok(key.sign_as(Kind::Access, &serde_json::to_vec(&claims)?))
}

/// The device that shows `token` to the server at `audience` at `now`.
pub(crate) fn check(token: &str, audience: &str, now: UtcMillis) -> Result<DeviceId, Rejection> {
    let refused = |what: &str| Rejection::new(Reason::SignatureInvalid, format!("the access token {what}"));
    let signed = jws::verify_as(Kind::Access, token.as_bytes(), TOKEN_MAX_BYTES)?;
    let claims: Claims = serde_json::from_slice(&signed.payload).map_err(|_| refused("lacks sub, aud or exp"))?;
    if claims.sub != signed.device_id {
        return Err(refused("is signed by another device than its sub"));
    }
    if claims.aud != audience {
        return Err(refused(&format!("is for another server than {audience}")));
    }
    let left_s = claims.exp.saturating_sub(now.millis() / 1_000);
    if left_s <= -SKEW_MAX_S {
        return Err(refused("has expired"));
    }
    if left_s > ACCESS_MAX_S + SKEW_MAX_S {
        return Err(refused(&format!("is valid for longer than {ACCESS_MAX_S} seconds")));
    }
    Ok(signed.device_id)
}
