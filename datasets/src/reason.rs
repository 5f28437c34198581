//! Why something was refused: a closed list, published with every verdict.

use std::fmt;
use std::str::FromStr;

use crate::Invalid;
use crate::word::serde_as_text;

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal,)+) => {
        /// A reason code. Codes are stable: consumers count them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $($(#[doc = $doc])+ $name,)+ }

        impl Reason {
            /// Every reason there is.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The code, as tables and answers carry it.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }
        }
    };
}

reasons! {
    /// The bundle has no readable `manifest.jws`, or is no folder.
    BundleUnreadable = "bundle_unreadable",
    /// The manifest is not a compact JWS of a manifest that we know.
    ManifestMalformed = "manifest_malformed",
    /// The signature does not match, or its algorithm is not EdDSA.
    SignatureInvalid = "signature_invalid",
    /// The device was never enrolled.
    DeviceUnknown = "device_unknown",
    /// The device was revoked.
    DeviceRevoked = "device_revoked",
    /// The device handed over to another key, and the time of grace is over; or it handed over to another one before.
    DeviceRotated = "device_rotated",
    /// The device belongs to another driver.
    DeviceTaken = "device_taken",
    /// An invitation that this server did not make.
    InvitationInvalid = "invitation_invalid",
    /// An invitation past its time.
    InvitationExpired = "invitation_expired",
    /// An invitation that another device came with.
    InvitationUsed = "invitation_used",
    /// The manifest names a driver that the device does not belong to.
    DriverMismatch = "driver_mismatch",
    /// The clip id is not the one that follows from device and media.
    ClipIdMismatch = "clip_id_mismatch",
    /// Another manifest landed under this clip id.
    ClipIdTaken = "clip_id_taken",
    /// The clip was erased by request, and stays so.
    ClipErased = "clip_erased",
    /// Another manifest of the device stands at this place of its chain.
    ChainForked = "chain_forked",
    /// The manifest carries no nonce, and this server wants one.
    NonceMissing = "nonce_missing",
    /// The nonce is none of this server's, or too old.
    NonceStale = "nonce_stale",
    /// The device has had its share of today, or has too many uploads open: nothing is wrong with the clip.
    QuotaExceeded = "quota_exceeded",
    /// Too many requests at once: nothing is wrong with the clip.
    RateLimited = "rate_limited",
    /// More files than a clip may have, none at all, or a mix that makes no clip.
    MediaSetInvalid = "media_set_invalid",
    /// A file name that is not a plain name.
    MediaNameUnsafe = "media_name_unsafe",
    /// A file that the manifest names is not there.
    MediaMissing = "media_missing",
    /// A file of no bytes.
    MediaEmpty = "media_empty",
    /// A file larger than the limit.
    MediaTooLarge = "media_too_large",
    /// A file of another size or SHA-256 than the manifest says.
    MediaMismatch = "media_mismatch",
    /// A file that no decoder reads.
    MediaUnreadable = "media_unreadable",
    /// A video with fewer frames than its index promises.
    MediaTruncated = "media_truncated",
    /// More pixels than the limit.
    ImageTooLarge = "image_too_large",
    /// No GNSS fix in the media or beside it.
    PositionMissing = "position_missing",
    /// A track that cannot be read.
    TrackUnreadable = "track_unreadable",
    /// Positions at 0,0, as a receiver without a fix reports.
    PositionNull = "position_null",
    /// Captured in the future.
    CaptureInFuture = "capture_in_future",
    /// Captured longer ago than this server takes.
    CaptureTooOld = "capture_too_old",
    /// Captured in an epoch that is closed: what it paid stands.
    EpochClosed = "epoch_closed",
    /// The signed capture interval and the fixes do not agree.
    IntervalMismatch = "interval_mismatch",
    /// A speed between fixes that no car reaches.
    SpeedImplausible = "speed_implausible",
    /// A frame that does not decode.
    FrameUndecodable = "frame_undecodable",
    /// Whoever processed the clip died of it, hung or ran out of memory, several times.
    ProcessingDied = "processing_died",
    /// A frame taken too long before or after any fix.
    FrameOutsideTrack = "frame_outside_track",
    /// A frame whose direction nothing tells.
    HeadingUnknown = "heading_unknown",
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Reason {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let known = Self::ALL.iter().find(|reason| reason.code() == text);
        known.copied().ok_or_else(|| Invalid::new("reason", text, "a known reason code"))
    }
}

serde_as_text!(Reason);

/// A refusal: the sender's fault, counted, and answered with what was wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Rejection {
    /// The code.
    pub reason: Reason,
    /// One sentence for a person: what was wrong and where.
    pub detail: String,
}

impl Rejection {
    /// Refuses for `reason`; `detail` says what was wrong and where, in one sentence.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}
