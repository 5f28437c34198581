//! The headers of tus: parsed once, strictly.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use waymark_datasets::UtcMillis;

use super::{UPLOAD_CHECKSUM, UPLOAD_METADATA};
use crate::http::problem::Problem;

/// A number of bytes, in plain digits.
pub(super) fn bytes(headers: &HeaderMap, name: &HeaderName) -> Result<u64, Problem> {
    let wrong = || bad(format!("{name} must be a whole number of bytes, not negative"));
    let mut values = headers.get_all(name).iter();
    let text = values.next().and_then(|value| value.to_str().ok()).ok_or_else(wrong)?;
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && values.next().is_none();
    // What fits no signed number of 64 bits is no size of a file anywhere.
    let number = text.parse().ok().filter(|number| *number <= i64::MAX as u64);
    number.filter(|_| is_plain).ok_or_else(wrong)
}

/// A digest of a request's body.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::http) enum Checksum {
    /// The one that every server of tus must know.
    Sha1([u8; 20]),
    /// The one that means something.
    Sha256([u8; 32]),
}

/// A body that is being held against its checksum.
pub(in crate::http) enum Checksumming {
    Sha1([u8; 20], Sha1),
    Sha256([u8; 32], Sha256),
}

impl Checksumming {
    pub(in crate::http) fn new(wanted: Checksum) -> Self {
        match wanted {
            Checksum::Sha1(wanted) => Self::Sha1(wanted, Sha1::new()),
            Checksum::Sha256(wanted) => Self::Sha256(wanted, Sha256::new()),
        }
    }

    pub(in crate::http) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(_, hash) => hash.update(bytes),
            Self::Sha256(_, hash) => hash.update(bytes),
        }
    }

    pub(in crate::http) fn matches(self) -> bool {
        match self {
            Self::Sha1(wanted, hash) => <[u8; 20]>::from(hash.finalize()) == wanted,
            Self::Sha256(wanted, hash) => <[u8; 32]>::from(hash.finalize()) == wanted,
        }
    }
}

/// `Upload-Checksum: ALGORITHM BASE64`, if there is one.
pub(super) fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, Problem> {
    let Some(value) = headers.get(UPLOAD_CHECKSUM) else { return Ok(None) };
    let wrong = || bad("Upload-Checksum must be sha1 or sha256, a space, and the digest in base64");
    let (algorithm, digest) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(wrong)?;
    let digest = STANDARD.decode(digest).map_err(|_| wrong())?;
    let parsed = match algorithm {
        "sha1" => digest.try_into().map(Checksum::Sha1),
        "sha256" => digest.try_into().map(Checksum::Sha256),
        _ => Err(digest),
    };
    parsed.map(Some).map_err(|_| wrong())
}

/// Which file of which clip `Upload-Metadata` names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) clip: String,
    pub(super) file: String,
}

const METADATA_MAX_BYTES: usize = 4_096;

/// Reads `clip` and `filename` (or `name`) out of `Upload-Metadata`; other keys are the client's own.
pub(super) fn named(headers: &HeaderMap) -> Result<Named, Problem> {
    let pairs = metadata(headers).ok_or_else(|| bad("Upload-Metadata must be KEY BASE64 pairs, each key once"))?;
    let value = |wanted: &str| pairs.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.clone());
    let missing = || bad("Upload-Metadata must name the clip (clip) and the file of its manifest (filename)");
    let clip = value("clip").ok_or_else(missing)?;
    let file = value("filename").or_else(|| value("name")).ok_or_else(missing)?;
    Ok(Named { clip, file })
}

fn metadata(headers: &HeaderMap) -> Option<Vec<(String, String)>> {
    let text = headers.get(UPLOAD_METADATA)?.to_str().ok().filter(|text| text.len() <= METADATA_MAX_BYTES)?;
    let mut pairs: Vec<(String, String)> = Vec::new();
    for pair in text.split(',').map(str::trim) {
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        if key.is_empty() || pairs.iter().any(|(known, _)| known == key) {
            return None;
        }
        let value = STANDARD.decode(value.trim()).ok()?;
        // A value may be any bytes; those that we read are text.
        pairs.push((key.into(), String::from_utf8_lossy(&value).into_owned()));
    }
    Some(pairs)
}

/// A moment as HTTP writes it, in whole seconds.
pub(super) fn http_date(at: UtcMillis) -> Option<HeaderValue> {
    HeaderValue::from_str(&at.to_chrono().format("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}

fn bad(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, detail)
}
