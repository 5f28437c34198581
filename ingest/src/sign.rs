//! The driver's side: from footage to a signed bundle.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use waymark_datasets::{ClipId, DeviceId, Digest, DriverId, Fix, Track, UtcMillis};

use crate::chain::Chain;
use crate::error::SignError;
use crate::examine::{Examined, Probe, Seen, assemble, look};
use crate::key::DeviceKey;
use crate::manifest::{Camera, Captured, MANIFEST_NAME, Manifest, MediaEntry, VERSION};
use crate::settings::AdmitSettings;
use crate::sources::{Origin, Source, gather};
use crate::{media_set, plausible};

/// What to sign, and as whom.
#[derive(Debug, Clone)]
pub struct SignRequest<'a> {
    /// The device.
    pub key: &'a DeviceKey,
    /// Who is paid.
    pub driver: DriverId,
    /// Files and folders: stills, or a video with its track beside it or inside.
    pub inputs: Vec<PathBuf>,
    /// What it was filmed with.
    pub camera: Camera,
    /// When the video began, if that is known better than from its tags or its track. Its own telemetry stands:
    /// a start more than 2 s from that is refused.
    pub video_start: Option<UtcMillis>,
    /// What the server asked the device to sign, if it did.
    pub nonce: Option<String>,
    /// The folder that becomes the bundle.
    pub out: PathBuf,
    /// The file in which the device remembers what it signed; without one, every clip is its first.
    pub chain: Option<PathBuf>,
    /// The rules of the server that it will be sent to.
    pub settings: &'a AdmitSettings,
    /// The driver's clock.
    pub now: UtcMillis,
}

/// A bundle, and what is in it.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedClip {
    /// The clip.
    pub clip_id: ClipId,
    /// Who signed it.
    pub device_id: DeviceId,
    /// How many clips were signed before it.
    pub sequence: u64,
    /// The SHA-256 of the manifest, as a compact JWS.
    pub manifest_sha256: Digest,
    /// Time 0 of the video, or the first still.
    pub start: UtcMillis,
    /// The end of the video, or the last still.
    pub end: UtcMillis,
    /// How many fixes there are.
    pub fixes: usize,
    /// The files, in the order of the manifest.
    pub media: Vec<MediaEntry>,
    /// The bundle's folder.
    pub bundle: PathBuf,
}

/// Signs footage into a bundle: a folder with `manifest.jws` and copies of the media.
///
/// Media and track go through the checks of admission first. The bundle appears whole or not at all, and the chain is
/// written after it. The same call on the same footage gives the same bytes again, whatever was signed in between.
///
/// # Errors
/// [`SignError::Refused`] with the reason that a server would give; otherwise what could not be read or written.
pub fn sign_clip(request: &SignRequest<'_>, probe: &Probe<'_>) -> Result<SignedClip, SignError> {
    sign_footage(request, &look_at(gather(&request.inputs)?, request, probe)?)
}

/// What some footage shows, without signing it: its interval, and its fixes.
///
/// # Errors
/// As for [`sign_clip`].
pub fn look_over(request: &SignRequest<'_>, probe: &Probe<'_>) -> Result<(Captured, Track), SignError> {
    let footage = look_at(gather(&request.inputs)?, request, probe)?;
    Ok((captured(&footage.examined, request.video_start), footage.examined.track))
}

pub(crate) fn sign_footage(request: &SignRequest<'_>, footage: &Footage) -> Result<SignedClip, SignError> {
    let mut chain = request.chain.as_deref().map_or_else(|| Ok(Chain::default()), Chain::load)?;
    let manifest = manifest(request, footage, &chain)?;
    plausible::moment(&footage.examined.track, request.now, request.settings)?;
    plausible::interval(manifest.captured, &footage.examined)?;
    plausible::motion(&footage.examined.track, request.settings)?;
    manifest.check()?;
    let jws = request.key.sign(&manifest.to_json()?);
    let manifest_sha256 = Digest::of(jws.as_bytes());
    if chain.place_of(manifest.clip_id).signed.is_some_and(|signed| signed != manifest_sha256) {
        return Err(SignError::SignedDifferently(manifest.clip_id));
    }
    write_bundle(&request.out, &jws, footage)?;
    if let Some(path) = request.chain.as_deref().filter(|_| chain.append(manifest.clip_id, manifest_sha256)) {
        chain.save(path)?;
    }
    Ok(SignedClip {
        clip_id: manifest.clip_id,
        device_id: request.key.device_id().clone(),
        sequence: manifest.sequence,
        manifest_sha256,
        start: manifest.captured.start,
        end: manifest.captured.end,
        fixes: footage.examined.track.fixes().len(),
        media: manifest.media,
        bundle: request.out.clone(),
    })
}

/// The files of one clip, and what they say.
pub(crate) struct Footage {
    pub(crate) media: Vec<(Origin, MediaEntry)>,
    pub(crate) examined: Examined,
    /// The fixes inside a video, whatever stands beside it.
    pub(crate) telemetry: Vec<Fix>,
}

/// Looks at every file as a server would.
pub(crate) fn look_at(
    sources: Vec<Source>,
    request: &SignRequest<'_>,
    probe: &Probe<'_>,
) -> Result<Footage, SignError> {
    // Before anything large is read.
    media_set::check_kinds(&sources.iter().map(|source| source.kind).collect::<Vec<_>>())?;
    let mut looked = Vec::with_capacity(sources.len());
    for source in sources {
        let bytes = read_source(&source, request.settings)?;
        let entry = MediaEntry {
            media_type: source.media_type().into(),
            name: source.name,
            kind: source.kind,
            size_bytes: bytes.len() as u64,
            sha256: Digest::of(&bytes),
        };
        let seen = look(&entry, &bytes, request.settings, probe)?;
        looked.push((source.origin, entry, seen));
    }
    // A stable sort: only stills have a time here.
    looked
        .sort_by_key(|(_, entry, seen)| if let Seen::Still(fix) = seen { Some((fix.at, entry.sha256)) } else { None });
    let (media, seen): (Vec<_>, Vec<_>) =
        looked.into_iter().map(|(origin, entry, seen)| ((origin, entry), seen)).unzip();
    let entries: Vec<MediaEntry> = media.iter().map(|(_, entry)| entry.clone()).collect();
    media_set::check(&entries, request.settings)?;
    let inside = |seen: &Seen| if let Seen::Video { telemetry, .. } = seen { telemetry.fixes.clone() } else { vec![] };
    let telemetry = seen.iter().flat_map(inside).filter(|fix| !fix.position.is_null_island()).collect();
    Ok(Footage { media, examined: assemble(seen)?, telemetry })
}

fn read_source(source: &Source, settings: &AdmitSettings) -> Result<Bytes, SignError> {
    let failed = |error| SignError::Io { path: source.origin.path(), source: error };
    let size = source.origin.size_bytes().map_err(failed)?;
    let limit = media_set::max_bytes(source.kind, settings);
    if size > limit {
        return Err(media_set::too_large(source.name.as_str(), size, limit).into());
    }
    source.origin.read().map_err(failed)
}

fn manifest(request: &SignRequest<'_>, footage: &Footage, chain: &Chain) -> Result<Manifest, SignError> {
    let media: Vec<MediaEntry> = footage.media.iter().map(|(_, entry)| entry.clone()).collect();
    let digests: Vec<Digest> = media.iter().map(|entry| entry.sha256).collect();
    let clip_id = ClipId::derive(request.key.device_id(), &digests);
    let place = chain.place_of(clip_id);
    Ok(Manifest {
        version: VERSION,
        clip_id,
        sequence: place.sequence,
        previous: place.previous,
        driver: request.driver.clone(),
        captured: captured(&footage.examined, request.video_start),
        nonce: request.nonce.clone(),
        camera: request.camera.clone(),
        media,
    })
}

/// A video begins when the driver says; else when its own receiver says; else when its tag says, if the track was
/// recording then; else with the track.
pub(crate) fn captured(examined: &Examined, stated: Option<UtcMillis>) -> Captured {
    let (first, last) = (examined.track.first().at, examined.track.last().at);
    let Some(video) = examined.video else { return Captured { start: first, end: last } };
    let tagged = video.created_at.filter(|at| (first..=last).contains(at));
    let start = stated.or(video.start).or(tagged).unwrap_or(first);
    let duration_ms = i64::try_from(video.duration_ms).unwrap_or(i64::MAX);
    Captured { start, end: start.plus_ms(duration_ms) }
}

/// Writes into a sibling and renames it, so that nobody sees half a bundle.
fn write_bundle(out: &Path, jws: &str, footage: &Footage) -> Result<(), SignError> {
    let failed = |source| SignError::Io { path: out.into(), source };
    if is_occupied(out).map_err(failed)? {
        let same = fs::read(out.join(MANIFEST_NAME)).is_ok_and(|bytes| bytes == jws.as_bytes());
        return if same { Ok(()) } else { Err(SignError::OutTaken(out.into())) };
    }
    let name = out.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let partial = out.with_file_name(format!(".{name}.partial"));
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(failed)?;
    }
    fs::create_dir_all(&partial).map_err(failed)?;
    for (origin, entry) in &footage.media {
        copy_signed(origin, entry, &partial).map_err(|source| SignError::Io { path: origin.path(), source })?;
    }
    write_synced(&partial.join(MANIFEST_NAME), jws.as_bytes()).map_err(failed)?;
    fs::rename(&partial, out).map_err(failed)
}

fn is_occupied(out: &Path) -> io::Result<bool> {
    match fs::read_dir(out) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(true),
        entries => Ok(entries?.next().is_some()),
    }
}

/// The file is read a second time, one at a time: it must still be what was signed.
fn copy_signed(from: &Origin, entry: &MediaEntry, to: &Path) -> io::Result<()> {
    write_synced(&to.join(entry.name.as_str()), &read_again(from, entry)?)
}

/// The bytes of a file, if they still are those that were looked at.
pub(crate) fn read_again(from: &Origin, entry: &MediaEntry) -> io::Result<Bytes> {
    let bytes = from.read()?;
    if Digest::of(&bytes) == entry.sha256 {
        Ok(bytes)
    } else {
        Err(io::Error::other("the file changed while it was signed"))
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
