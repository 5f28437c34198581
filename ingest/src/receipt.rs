//! What a server acknowledges: that a clip landed, signed by its key, so that nobody has to take its word for it.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waymark_datasets::{ClipId, Created, DeviceId, Digest, DriverId, Reason, Rejection, Store, UtcMillis};

use crate::error::Error;
use crate::jws::{self, Kind};
use crate::key::DeviceKey;
use crate::manifest::MediaName;
use crate::{LandedClip, PublicJwk};

/// The Ed25519 key of a server: for receipts, nonces, invitations and the denylist.
#[derive(Debug)]
pub struct ServerKey(DeviceKey);

const KEY_PATH: &str = "keys/server.pem";

impl ServerKey {
    /// The key in the inbox; none if no server ever asked for one.
    ///
    /// # Errors
    /// [`Error::Key`] if something else lies there, or [`Error::Store`].
    pub async fn load(inbox: &Store) -> Result<Option<Self>, Error> {
        inbox.get(KEY_PATH).await?.map(|pem| Self::parse(&pem)).transpose()
    }

    /// The key in the inbox; the first one to ask makes it. All nodes of one inbox have the same.
    ///
    /// # Errors
    /// [`Error::Key`] if something else lies there, [`Error::Random`] or [`Error::Store`].
    pub async fn load_or_create(inbox: &Store) -> Result<Self, Error> {
        if let Some(key) = Self::load(inbox).await? {
            return Ok(key);
        }
        let key = DeviceKey::generate()?;
        let pem = Bytes::copy_from_slice(key.to_pkcs8_pem()?.as_bytes());
        if inbox.create(KEY_PATH, pem).await? == Created::New {
            return Ok(Self(key));
        }
        let gone = || Error::Damaged { path: KEY_PATH.into(), reason: "it is not there".into() };
        Self::parse(&inbox.get(KEY_PATH).await?.ok_or_else(gone)?)
    }

    fn parse(pem: &[u8]) -> Result<Self, Error> {
        let pem = str::from_utf8(pem).map_err(|error| Error::Key(error.to_string()))?;
        DeviceKey::from_pkcs8_pem(pem).map(Self)
    }

    /// The key's own id, like a device's.
    #[must_use]
    pub fn id(&self) -> &DeviceId {
        self.0.device_id()
    }

    pub(crate) fn sign_as(&self, kind: Kind, payload: &[u8]) -> String {
        self.0.sign_as(kind, payload)
    }

    pub(crate) fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign_bytes(message)
    }

    pub(crate) fn public_bytes(&self) -> [u8; 32] {
        self.0.public_bytes()
    }

    /// A secret for one purpose that whoever has the key can compute, and nobody else. The same every time.
    #[must_use]
    pub fn secret_for(&self, purpose: &str) -> [u8; 32] {
        *Digest::of(&self.sign_bytes(format!("waymark secret 1\0{purpose}").as_bytes())).as_bytes()
    }

    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.has_signed(message, signature)
    }

    /// The public key, as `/.well-known/jwks.json` gives it.
    #[must_use]
    pub fn jwks(&self) -> Jwks {
        let jwk = self.0.public_jwk();
        let (kid, alg, usage) = (self.0.device_id().to_string(), "EdDSA".into(), "sig".into());
        Jwks { keys: vec![NamedKey { kid, alg: Some(alg), usage: Some(usage), jwk }] }
    }
}

/// A JWK Set (RFC 7517) of Ed25519 keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Jwks {
    /// Each with `kid`, `kty`, `crv` and `x`.
    #[schema(value_type = Vec<Object>)]
    keys: Vec<NamedKey>,
}

impl Jwks {
    /// Whether the key with this thumbprint is among them.
    pub(crate) fn has(&self, thumbprint: &DeviceId) -> bool {
        self.keys.iter().any(|key| key.jwk.thumbprint() == thumbprint.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct NamedKey {
    kid: String,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    #[serde(flatten)]
    jwk: PublicJwk,
}

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// 1.
    pub version: u32,
    /// The clip that landed.
    pub clip_id: ClipId,
    /// Who signed it.
    pub device_id: DeviceId,
    /// Who is paid for it.
    pub driver: DriverId,
    /// The SHA-256 of its manifest, as a compact JWS.
    pub manifest_sha256: Digest,
    /// Its files, in the order of the manifest.
    pub media: Vec<ReceiptMedia>,
    /// When it landed: by then every byte that was uploaded was on durable storage.
    pub durable_at_ms: UtcMillis,
}

/// One file of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptMedia {
    /// Its name in the bundle.
    pub name: MediaName,
    /// Its size.
    pub size_bytes: u64,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
}

/// A receipt that was signed by the key that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedReceipt {
    /// The thumbprint of the server's key.
    pub server: DeviceId,
    /// What it says.
    pub receipt: Receipt,
}

const VERSION: u32 = 1;
/// Names and digests of the most files that a clip may have, and room to spare.
const RECEIPT_MAX_BYTES: u64 = 2 << 20;

/// Checks the signature of a receipt and, if `trusted` keys are given, that one of them made it.
///
/// # Errors
/// [`Reason::ManifestMalformed`] or [`Reason::SignatureInvalid`], with what is wrong with the receipt.
pub fn verify(compact: &[u8], trusted: Option<&Jwks>) -> Result<SignedReceipt, Rejection> {
    let signed = jws::verify_as(Kind::Receipt, compact.trim_ascii(), RECEIPT_MAX_BYTES)?;
    if !trusted.is_none_or(|keys| keys.has(&signed.device_id)) {
        let detail = format!("the receipt is signed by key {}, which is not among the given ones", signed.device_id);
        return Err(Rejection::new(Reason::SignatureInvalid, detail));
    }
    let malformed = |what: String| Rejection::new(Reason::ManifestMalformed, format!("the receipt {what}"));
    let receipt: Receipt =
        serde_json::from_slice(&signed.payload).map_err(|error| malformed(format!("does not read: {error}")))?;
    if receipt.version != VERSION {
        return Err(malformed(format!("has version {}, of which {VERSION} is known", receipt.version)));
    }
    Ok(SignedReceipt { server: signed.device_id, receipt })
}

/// The receipt of a clip that landed; the same every time.
pub(crate) fn issue(clip: LandedClip, key: &ServerKey) -> Result<Bytes, Error> {
    let clip_id = clip.clip_id;
    let media = clip.media.into_iter();
    let receipt = Receipt {
        version: VERSION,
        clip_id,
        device_id: clip.device_id,
        driver: clip.driver,
        manifest_sha256: clip.manifest_sha256,
        media: media.map(|m| ReceiptMedia { name: m.name, size_bytes: m.size_bytes, sha256: m.digest }).collect(),
        durable_at_ms: clip.landed_at,
    };
    let json = serde_json::to_vec(&receipt);
    let json = json.map_err(|error| Error::Damaged { path: clip_id.to_string(), reason: error.to_string() })?;
    Ok(Bytes::from(key.sign_as(Kind::Receipt, &json)))
}
