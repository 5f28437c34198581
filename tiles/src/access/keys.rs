//! API keys: `wm_ID_SECRET`. What is kept is the hash of the secret, whose 256 random bits no one can guess, so that a
//! plain hash is enough. Records lie in the inbox, one object each.

use serde::{Deserialize, Serialize};
use waymark_datasets::{Created, Digest, Store, StoreError, UtcMillis};

use super::hmac::is_same;

/// One key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRecord {
    /// Of this format: 1.
    pub version: u32,
    /// The part of the key that is no secret.
    pub id: String,
    /// Who reads with it, as `usage` tells.
    pub name: String,
    /// SHA-256 of the secret part.
    pub secret_sha256: Digest,
    /// When it was made.
    pub created_at_ms: UtcMillis,
    /// From when on it opens nothing.
    pub revoked_at_ms: Option<UtcMillis>,
    /// How much may be read with it.
    pub terms: Terms,
}

/// How much may be read with a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Requests a second, in the long run; the usual if none.
    pub requests_per_s: Option<u32>,
    /// Requests a day, on each node; no limit if none.
    pub requests_per_day: Option<u32>,
}

/// Why a key cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The bucket failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The name is none.
    #[error("name {0:?}: expected 1 to 64 of a-z 0-9 . _ -")]
    Name(String),
    /// The system gave no random bytes.
    #[error("no random bytes from the system: {0}")]
    Random(getrandom::Error),
    /// The record is damaged.
    #[error("object {key}: {reason}")]
    Malformed {
        /// The object.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
}

const VERSION: u32 = 1;
const PREFIX: &str = "access/keys";
const NAME_CHARS_MAX: usize = 64;
const ID_DIGITS: usize = 16;

/// A key as it is shown: what it is looked up by, and the hash of its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Which.
    pub id: String,
    secret_sha256: Digest,
}

impl Shown {
    /// Reads a key; none if it is none of ours by its looks.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        let (id, secret) = token.strip_prefix("wm_")?.split_once('_')?;
        let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let is_key = id.len() == ID_DIGITS && secret.len() == 64 && is_hex(id) && is_hex(secret);
        is_key.then(|| Self { id: id.into(), secret_sha256: Digest::of(secret.as_bytes()) })
    }

    /// Whether it is the key of a record, and opens something at `now`.
    #[must_use]
    pub fn opens(&self, record: &KeyRecord, now: UtcMillis) -> bool {
        let is_revoked = record.revoked_at_ms.is_some_and(|at| at <= now);
        is_same(&self.secret_sha256, &record.secret_sha256) && !is_revoked
    }
}

/// Makes a key; its text is given once and kept nowhere.
///
/// # Errors
/// [`KeyError::Name`], [`KeyError::Random`] or [`KeyError::Store`].
pub async fn create(inbox: &Store, name: &str, terms: Terms, now: UtcMillis) -> Result<(String, KeyRecord), KeyError> {
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.bytes().all(plain) {
        return Err(KeyError::Name(name.into()));
    }
    loop {
        let (id, secret) = (random()?.chars().take(ID_DIGITS).collect::<String>(), random()?);
        let record = KeyRecord {
            version: VERSION,
            id: id.clone(),
            name: name.into(),
            secret_sha256: Digest::of(secret.as_bytes()),
            created_at_ms: now,
            revoked_at_ms: None,
            terms,
        };
        let key = key(&id);
        if inbox.create(&key, json(&key, &record)?).await? == Created::New {
            return Ok((format!("wm_{id}_{secret}"), record));
        }
    }
}

/// 64 random hexadecimal digits.
fn random() -> Result<String, KeyError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(KeyError::Random)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The record of a key; none if there is none.
///
/// # Errors
/// [`KeyError::Malformed`] or [`KeyError::Store`].
pub async fn find(inbox: &Store, id: &str) -> Result<Option<KeyRecord>, KeyError> {
    read(inbox, &key(id)).await
}

/// Every key, by id.
///
/// # Errors
/// [`KeyError::Malformed`] or [`KeyError::Store`].
pub async fn list(inbox: &Store) -> Result<Vec<KeyRecord>, KeyError> {
    let mut records = Vec::new();
    for object in inbox.list(PREFIX).await? {
        records.extend(read(inbox, &object.path).await?);
    }
    Ok(records)
}

/// Lets a key open nothing from `at` on; none if there is no such key. An earlier revocation stands.
///
/// # Errors
/// [`KeyError::Malformed`] or [`KeyError::Store`].
pub async fn revoke(inbox: &Store, id: &str, at: UtcMillis) -> Result<Option<KeyRecord>, KeyError> {
    let Some(mut record) = find(inbox, id).await? else { return Ok(None) };
    record.revoked_at_ms = Some(record.revoked_at_ms.map_or(at, |before| before.min(at)));
    let key = key(id);
    inbox.put(&key, json(&key, &record)?).await?;
    Ok(Some(record))
}

fn key(id: &str) -> String {
    format!("{PREFIX}/{id}.json")
}

async fn read(inbox: &Store, key: &str) -> Result<Option<KeyRecord>, KeyError> {
    let Some(bytes) = inbox.get(key).await? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| malformed(key, &error))
}

fn json(key: &str, record: &KeyRecord) -> Result<bytes::Bytes, KeyError> {
    serde_json::to_vec(record).map(bytes::Bytes::from).map_err(|error| malformed(key, &error))
}

fn malformed(key: &str, error: &serde_json::Error) -> KeyError {
    KeyError::Malformed { key: key.into(), reason: error.to_string() }
}
