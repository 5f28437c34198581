//! What a device signs about a clip: JSON, version 1.

use std::fmt;

use serde::{Deserialize, Serialize};
use waymark_datasets::{ClipId, DeviceId, Digest, DriverId, MediaKind, Reason, Rejection, UtcMillis};

/// The only version there is.
pub const VERSION: u32 = 1;

/// The file of a bundle that holds the signed manifest.
pub const MANIFEST_NAME: &str = "manifest.jws";

/// Everything that a device states about one clip. Members are written in this order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`VERSION`].
    pub version: u32,
    /// Follows from the device and the media: see [`ClipId::derive`].
    pub clip_id: ClipId,
    /// How many clips the device signed before this one.
    pub sequence: u64,
    /// SHA-256 of the device's previous manifest, as a compact JWS; none for the first.
    pub previous: Option<Digest>,
    /// Who is paid.
    pub driver: DriverId,
    /// When it was filmed.
    pub captured: Captured,
    /// What a server asked the device to sign, if it did.
    pub nonce: Option<String>,
    /// What it was filmed with.
    pub camera: Camera,
    /// The files, in the order that the clip id hashes them in.
    pub media: Vec<MediaEntry>,
}

/// From the first moment to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Captured {
    /// Time 0 of the video, or the first still.
    #[serde(rename = "start_ms")]
    pub start: UtcMillis,
    /// The end of the video, or the last still.
    #[serde(rename = "end_ms")]
    pub end: UtcMillis,
}

/// The camera, as its owner states it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Camera {
    /// Maker and model.
    pub model: String,
    /// Horizontal field of view in degrees, if known.
    pub hfov_deg: Option<f64>,
}

/// One file of the clip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaEntry {
    /// Its name in the bundle.
    pub name: MediaName,
    /// What it is to us.
    pub kind: MediaKind,
    /// Its MIME type, for whoever reads the manifest; nothing is decided by it.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Its size.
    pub size_bytes: u64,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
}

const MODEL_BYTES_MAX: usize = 128;
const NONCE_BYTES_MAX: usize = 256;
const MEDIA_TYPE_BYTES_MAX: usize = 127;

impl Manifest {
    /// Reads the payload of a JWS and checks what can be checked without the media.
    ///
    /// # Errors
    /// [`Reason::ManifestMalformed`] or [`Reason::MediaNameUnsafe`].
    pub fn parse(json: &[u8]) -> Result<Self, Rejection> {
        let manifest: Self = serde_json::from_slice(json).map_err(|error| {
            let malformed =
                || Rejection::new(Reason::ManifestMalformed, format!("the manifest does not read: {error}"));
            unsafe_name(json).unwrap_or_else(malformed)
        })?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Checks what types alone do not hold.
    ///
    /// # Errors
    /// [`Reason::ManifestMalformed`].
    pub fn check(&self) -> Result<(), Rejection> {
        let refused = |what| Rejection::new(Reason::ManifestMalformed, format!("the manifest is wrong: {what}"));
        self.complaint().map_or(Ok(()), |what| Err(refused(what)))
    }

    /// The payload: one line of JSON, the same bytes for the same manifest.
    ///
    /// # Errors
    /// None is known: every member has a form in JSON, once [`Manifest::check`] has passed.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// The clip id that a clip of these media by `device` must have.
    #[must_use]
    pub fn derived_clip_id(&self, device: &DeviceId) -> ClipId {
        let digests: Vec<Digest> = self.media.iter().map(|entry| entry.sha256).collect();
        ClipId::derive(device, &digests)
    }

    fn complaint(&self) -> Option<&'static str> {
        let text_in =
            |text: &str, bytes_max| (1..=bytes_max).contains(&text.len()) && !text.chars().any(char::is_control);
        let nonce_ok = self.nonce.as_ref().is_none_or(|nonce| text_in(nonce, NONCE_BYTES_MAX));
        let hfov_ok = self.camera.hfov_deg.is_none_or(|degrees| degrees > 0.0 && degrees <= 360.0);
        let types_ok = self.media.iter().all(|entry| is_media_type(&entry.media_type));
        [
            (self.version != VERSION, "its version is not 1"),
            ((self.sequence == 0) != self.previous.is_none(), "exactly the first manifest has no previous one"),
            (self.captured.start > self.captured.end, "it was captured backwards"),
            (!nonce_ok, "its nonce is not 1 to 256 bytes of plain text"),
            (!text_in(&self.camera.model, MODEL_BYTES_MAX), "its camera model is not 1 to 128 bytes of plain text"),
            (!hfov_ok, "its field of view is not above 0 and up to 360 degrees"),
            (!types_ok, "a media type is no MIME type"),
        ]
        .into_iter()
        .find_map(|(wrong, what)| wrong.then_some(what))
    }
}

/// A manifest that does not read because of a file name is refused for that name.
fn unsafe_name(json: &[u8]) -> Option<Rejection> {
    #[derive(Deserialize)]
    struct Names {
        media: Vec<Named>,
    }
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let names: Names = serde_json::from_slice(json).ok()?;
    names.media.into_iter().find_map(|named| MediaName::try_from(named.name).err())
}

fn is_media_type(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    plain && text.len() <= MEDIA_TYPE_BYTES_MAX && text.split('/').filter(|part| !part.is_empty()).count() == 2
}

/// A plain file name: 1 to 255 bytes, no path, no control characters, not hidden, not the manifest's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MediaName(String);

impl MediaName {
    const BYTES_MAX: usize = 255;

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is the same on a file system that ignores case.
    pub(crate) fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// What follows the last dot, in lower case; empty if there is no dot.
    pub(crate) fn extension(&self) -> String {
        self.0.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase())
    }
}

impl TryFrom<String> for MediaName {
    type Error = Rejection;
    fn try_from(name: String) -> Result<Self, Rejection> {
        let plain = |c: char| !c.is_control() && !matches!(c, '/' | '\\');
        let sized = (1..=Self::BYTES_MAX).contains(&name.len());
        if sized && name.chars().all(plain) && !name.starts_with('.') && !name.eq_ignore_ascii_case(MANIFEST_NAME) {
            return Ok(Self(name));
        }
        let quoted: String = name.chars().take(80).collect();
        Err(Rejection::new(Reason::MediaNameUnsafe, format!("{quoted:?} is no plain file name")))
    }
}

impl From<MediaName> for String {
    fn from(name: MediaName) -> Self {
        name.0
    }
}

impl fmt::Display for MediaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
