//! Addresses of images that hold for a while, for whoever they are passed on to.

use waymark_datasets::{FrameId, UtcMillis};

use super::hmac::{hmac, is_same};

/// What a signed address carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedFrame {
    /// The frame whose image it opens.
    pub frame: FrameId,
    /// Until when, in seconds since 1970.
    pub expires_s: i64,
    signature: waymark_datasets::Digest,
}

/// The part of an address behind the question mark that opens the image of `frame` until `expires_s`.
#[must_use]
pub fn frame_query(secret: &[u8; 32], frame: FrameId, expires_s: i64) -> String {
    format!("expires={expires_s}&signature={}", hmac(secret, message(frame, expires_s).as_bytes()))
}

fn message(frame: FrameId, expires_s: i64) -> String {
    format!("waymark frame url 1\0{frame}\0{expires_s}")
}

impl SignedFrame {
    /// Reads what an address of `frame` carries; none if it is not signed.
    #[must_use]
    pub fn parse(frame: FrameId, query: &str) -> Option<Self> {
        let value = |wanted: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs.find_map(|(name, value)| (name == wanted).then_some(value))
        };
        let (expires_s, signature) = (value("expires")?.parse().ok()?, value("signature")?.parse().ok()?);
        Some(Self { frame, expires_s, signature })
    }

    /// Whether whoever has `secret` signed it, and it holds at `now`.
    #[must_use]
    pub fn is_good(&self, secret: &[u8; 32], now: UtcMillis) -> bool {
        let signature = hmac(secret, message(self.frame, self.expires_s).as_bytes());
        is_same(&signature, &self.signature) && now.millis() / 1_000 < self.expires_s
    }
}
