//! Stills to upload: JPEGs of any size with position and time, and manifests for them, made before the clock runs.

use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use waymark_datasets::{Digest, DriverId, MediaKind, UtcMillis};
use waymark_ingest::{Camera, Captured, DeviceKey, Manifest, MediaEntry, manifest};

/// What the stills have in common.
pub struct Plan {
    /// Bytes of each; a little more than the header at least.
    pub size_bytes: usize,
    /// All were taken before.
    pub now: UtcMillis,
    /// Seconds from one to the next.
    pub apart_s: u32,
}

/// Who sends stills.
pub struct Sender {
    /// The device.
    pub key: DeviceKey,
    /// Whose it is.
    pub driver: DriverId,
}

/// One still: a head of its own, and what all have in common.
pub struct Still {
    /// From its first byte to where the pixels begin.
    pub head: Bytes,
    /// The rest.
    pub tail: Bytes,
    /// Its manifest, signed; none for a server that knows none.
    pub manifest: Option<String>,
}

impl Still {
    /// Bytes of the file.
    pub fn size_bytes(&self) -> usize {
        self.head.len() + self.tail.len()
    }
}

/// Makes `count` stills of a drive that ended a moment ago, from each of `senders` by turns, each clip following the one
/// before in the device's chain; without a manifest if there are none.
pub fn make(plan: &Plan, count: u32, senders: &[Sender]) -> anyhow::Result<Arc<Vec<Still>>> {
    let head_bytes = head(plan, (0, 0))?.len();
    let tail_bytes = plan.size_bytes.checked_sub(head_bytes).filter(|bytes| *bytes >= 2);
    let tail = tail(tail_bytes.with_context(|| format!("a still has {} bytes at least", head_bytes + 2))?);
    let (mut stills, mut chains) = (Vec::new(), vec![Chain::default(); senders.len()]);
    for index in 0..count {
        let head = head(plan, (index, count))?;
        let turn = index as usize % senders.len().max(1);
        let manifest = match (senders.get(turn), chains.get_mut(turn)) {
            (Some(sender), Some(chain)) => {
                let at = taken_at(plan, (index, count));
                let jws = sign((&head, &tail), at, sender, *chain)?;
                *chain = Chain { length: chain.length + 1, last: Some(Digest::of(jws.as_bytes())) };
                Some(jws)
            }
            _ => None,
        };
        stills.push(Still { head, tail: tail.clone(), manifest });
    }
    Ok(Arc::new(stills))
}

fn taken_at(plan: &Plan, (index, count): (u32, u32)) -> UtcMillis {
    let back_s = i64::from(count - index) * i64::from(plan.apart_s) + 60;
    plan.now.plus_ms(-back_s * 1_000 - plan.now.millis() % 1_000)
}

/// What a device has signed so far.
#[derive(Debug, Clone, Copy, Default)]
struct Chain {
    length: u64,
    last: Option<Digest>,
}

fn sign(
    (head, tail): (&Bytes, &Bytes),
    at: UtcMillis,
    Sender { key, driver }: &Sender,
    chain: Chain,
) -> anyhow::Result<String> {
    let whole = [&head[..], &tail[..]].concat();
    let entry = MediaEntry {
        name: "still.jpg".to_owned().try_into()?,
        kind: MediaKind::Still,
        media_type: "image/jpeg".into(),
        size_bytes: whole.len() as u64,
        sha256: Digest::of(&whole),
    };
    let mut manifest = Manifest {
        version: manifest::VERSION,
        clip_id: waymark_datasets::ClipId::derive(key.device_id(), &[entry.sha256]),
        sequence: chain.length,
        previous: chain.last,
        driver: driver.clone(),
        captured: Captured { start: at, end: at },
        nonce: None,
        camera: Camera { model: "Bench".into(), hfov_deg: Some(90.0) },
        media: vec![entry],
    };
    manifest.clip_id = manifest.derived_clip_id(key.device_id());
    Ok(key.sign(&manifest.to_json()?))
}

/// The markers of a JPEG up to its pixels, with EXIF in front: ten metres a second northwards.
fn head(plan: &Plan, place: (u32, u32)) -> anyhow::Result<Bytes> {
    let at = taken_at(plan, place).to_chrono();
    let exif = exif(&at.format("%Y:%m:%d %H:%M:%S").to_string(), place.0 * plan.apart_s * 10);
    let mut jpeg = vec![0xff, 0xd8];
    segment(&mut jpeg, 0xe1, &[b"Exif\0\0", &exif[..]].concat())?;
    segment(&mut jpeg, 0xdb, &[&[0][..], &[16; 64]].concat())?;
    // 1920x1080, one component.
    segment(&mut jpeg, 0xc0, &[8, 4, 56, 7, 128, 1, 1, 0x11, 0])?;
    // One code of one bit for DC and AC each.
    for class in [0x00, 0x10] {
        segment(&mut jpeg, 0xc4, &[&[class, 1][..], &[0; 15], &[0]].concat())?;
    }
    segment(&mut jpeg, 0xda, &[1, 1, 0, 0, 63, 0])?;
    Ok(jpeg.into())
}

fn segment(jpeg: &mut Vec<u8>, marker: u8, payload: &[u8]) -> anyhow::Result<()> {
    jpeg.extend([0xff, marker]);
    jpeg.extend(u16::try_from(payload.len() + 2)?.to_be_bytes());
    jpeg.extend(payload);
    Ok(())
}

/// What stands for pixels: noise without a marker in it, and the end marker.
fn tail(bytes: usize) -> Bytes {
    let mut state = 1_u64;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8 & 0x7f
    });
    noise.take(bytes - 2).chain([0xff, 0xd9]).collect::<Vec<u8>>().into()
}

/// A TIFF, big-endian: time of capture in UTC, and `north_m` metres north of a place in the Atlantic.
fn exif(time: &str, north_m: u32) -> Vec<u8> {
    const HEADER: u32 = 8;
    const EXIF_AT: u32 = HEADER + 2 + 2 * 12 + 4;
    const GPS_AT: u32 = EXIF_AT + 2 + 2 * 12 + 4;
    const VALUES_AT: u32 = GPS_AT + 2 + 4 * 12 + 4;
    // A degree is 111,195 metres; in millionths of a minute.
    let north_minute_millionths = (u64::from(north_m) * 60_000_000 / 111_195) as u32 % 60_000_000;
    let mut tiff = b"MM\0\x2a\0\0\0\x08".to_vec();
    folder(&mut tiff, &[(0x8769, 4, 1, EXIF_AT.to_be_bytes()), (0x8825, 4, 1, GPS_AT.to_be_bytes())]);
    folder(&mut tiff, &[(0x9003, 2, 20, VALUES_AT.to_be_bytes()), (0x9011, 2, 7, (VALUES_AT + 20).to_be_bytes())]);
    folder(
        &mut tiff,
        &[
            (1, 2, 2, *b"N\0\0\0"),
            (2, 5, 3, (VALUES_AT + 28).to_be_bytes()),
            (3, 2, 2, *b"W\0\0\0"),
            (4, 5, 3, (VALUES_AT + 52).to_be_bytes()),
        ],
    );
    tiff.extend(format!("{time}\0").bytes());
    tiff.extend(b"+00:00\0\0");
    for number in [40, 1, north_minute_millionths, 1_000_000, 0, 1, 30, 1, 30_000_000, 1_000_000, 0, 1] {
        tiff.extend(number.to_be_bytes());
    }
    tiff
}

/// One folder of a TIFF: tag, type, count, value or where it is; nothing follows it.
fn folder(tiff: &mut Vec<u8>, entries: &[(u16, u16, u32, [u8; 4])]) {
    tiff.extend((entries.len() as u16).to_be_bytes());
    for (tag, kind, count, value) in entries {
        tiff.extend(tag.to_be_bytes());
        tiff.extend(kind.to_be_bytes());
        tiff.extend(count.to_be_bytes());
        tiff.extend(value);
    }
    tiff.extend([0; 4]);
}
