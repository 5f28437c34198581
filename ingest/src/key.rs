//! A device's key pair.

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
pub use ed25519_dalek::pkcs8::spki::der::zeroize::Zeroizing;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use ed25519_dalek::{Signature, Signer, SigningKey};
use waymark_datasets::DeviceId;

use crate::error::Error;
use crate::jwk::PublicJwk;
use crate::jws;

/// The Ed25519 key of a dashcam. Wiped from memory when dropped.
#[derive(Debug)]
pub struct DeviceKey {
    secret: SigningKey,
    device_id: DeviceId,
}

impl DeviceKey {
    /// A new key from the system's random bytes.
    ///
    /// # Errors
    /// [`Error::Random`] if the system has none.
    pub fn generate() -> Result<Self, Error> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(Error::Random)?;
        Self::from_seed(&seed)
    }

    /// The key of a 32-byte seed, the private key of RFC 8032: the same seed always gives the same device.
    ///
    /// # Errors
    /// [`Error::Key`], which no seed is known to cause.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, Error> {
        let secret = SigningKey::from_bytes(seed);
        let thumbprint = PublicJwk::of(secret.verifying_key().as_bytes()).thumbprint();
        let device_id = thumbprint.parse().map_err(|error| Error::Key(format!("{error}")))?;
        Ok(Self { secret, device_id })
    }

    /// Reads a PKCS#8 PEM, with or without the public key in it.
    ///
    /// # Errors
    /// [`Error::Key`] if it is something else.
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, Error> {
        let secret = SigningKey::from_pkcs8_pem(pem).map_err(|error| Error::Key(error.to_string()))?;
        Self::from_seed(secret.as_bytes())
    }

    /// Writes PKCS#8 PEM, version 1 (RFC 8410): OpenSSL before 3.0 reads no other.
    ///
    /// # Errors
    /// [`Error::Key`], which no key is known to cause.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, Error> {
        let pair = KeypairBytes { secret_key: self.secret.to_bytes(), public_key: None };
        pair.to_pkcs8_pem(LineEnding::LF).map_err(|error| Error::Key(error.to_string()))
    }

    /// The RFC 7638 thumbprint of the public key.
    #[must_use]
    pub fn device_id(&self) -> &DeviceId {
        &self.device_id
    }

    /// The public key.
    #[must_use]
    pub fn public_jwk(&self) -> PublicJwk {
        PublicJwk::of(self.secret.verifying_key().as_bytes())
    }

    /// Signs `payload` as a manifest: a compact JWS that carries the public key. Deterministic.
    #[must_use]
    pub fn sign(&self, payload: &[u8]) -> String {
        self.sign_as(jws::Kind::Manifest, payload)
    }

    /// Signs `payload` as what it is.
    #[must_use]
    pub fn sign_as(&self, kind: jws::Kind, payload: &[u8]) -> String {
        let input = jws::signing_input(kind, (&self.public_jwk(), &self.device_id), payload);
        let signature = self.sign_bytes(input.as_bytes());
        jws::with_signature(input, &signature)
    }

    pub(crate) fn public_bytes(&self) -> [u8; 32] {
        self.secret.verifying_key().to_bytes()
    }

    pub(crate) fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
        self.secret.sign(message).to_bytes()
    }

    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.secret.verifying_key().verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}
