//! What `waymark simulate` wrote down as true, and which of it the published frames show.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use waymark_datasets::{ClipId, Heading, Position};
use waymark_ingest::manifest::{MANIFEST_NAME, Manifest};
use waymark_ingest::{AdmitSettings, jws};
use waymark_simulate::TownEpoch;
use waymark_simulate::truth::{self, AttackRow, BoxRow, ObjectRow, PoseRow, StreetRow};

/// A box this high shows its thing well, if
pub const HEIGHT_MIN_PX: f32 = 24.0;
/// so much of it is visible.
const VISIBLE_MIN_PPM: u32 = 500_000;

/// The truth of one call of `waymark simulate`.
#[derive(Debug)]
pub struct Survey {
    pub(super) epoch: TownEpoch,
    /// Of both epochs, in order of id.
    pub(super) objects: Vec<ObjectRow>,
    pub(super) streets: Vec<StreetRow>,
    /// The number of the drive behind each clip.
    pub(super) drives: BTreeMap<ClipId, u32>,
    /// By drive and frame.
    pub(super) poses: BTreeMap<(u32, u32), Pose>,
    /// The things that frames show well, by drive and frame.
    pub(super) shown: BTreeMap<(u32, u32), Vec<u32>>,
}

/// Where the camera was and looked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pose {
    pub(super) at: Position,
    pub(super) heading: Heading,
}

impl Survey {
    /// Reads `dir/truth`, and from `dir/bundles` which clip each drive became.
    ///
    /// # Errors
    /// When the folder is not what `waymark simulate` wrote.
    pub fn read(dir: &Path) -> anyhow::Result<Self> {
        Self::read_all(dir).with_context(|| format!("truth in {} (--truth takes an --out of simulate)", dir.display()))
    }

    fn read_all(dir: &Path) -> anyhow::Result<Self> {
        let folder = dir.join("truth");
        let mut objects: Vec<ObjectRow> = truth::read(&folder)?;
        objects.sort_by_key(|object| object.object_id);
        let boxes: Vec<BoxRow> = truth::read(&folder)?;
        let pose = |row: PoseRow| {
            let at = Position { latitude: row.latitude_deg, longitude: row.longitude_deg };
            ((row.drive, row.frame), Pose { at, heading: row.heading_deg })
        };
        Ok(Self {
            epoch: epoch(&truth::read::<AttackRow>(&folder)?)?,
            streets: truth::read(&folder)?,
            drives: drives(&dir.join("bundles"))?,
            poses: truth::read::<PoseRow>(&folder)?.into_iter().map(pose).collect(),
            shown: shown(&boxes),
            objects,
        })
    }
}

/// The epoch that all drives were filmed in.
fn epoch(drives: &[AttackRow]) -> anyhow::Result<TownEpoch> {
    let (Some(first), true) = (drives.first(), drives.windows(2).all(|two| two[0].town_epoch == two[1].town_epoch))
    else {
        anyhow::bail!("it is of both epochs of the town, or of no drive");
    };
    Ok(first.town_epoch)
}

fn shown(boxes: &[BoxRow]) -> BTreeMap<(u32, u32), Vec<u32>> {
    let is_well = |row: &&BoxRow| row.height_px >= HEIGHT_MIN_PX && u32::from(row.visible_ppm) >= VISIBLE_MIN_PPM;
    let mut shown: BTreeMap<(u32, u32), Vec<u32>> = BTreeMap::new();
    for row in boxes.iter().filter(is_well) {
        shown.entry((row.drive, row.frame)).or_default().extend(row.object_id);
    }
    shown
}

/// The number of the drive behind each clip.
fn drives(bundles: &Path) -> anyhow::Result<BTreeMap<ClipId, u32>> {
    let place = || bundles.display().to_string();
    let mut drives = BTreeMap::new();
    for entry in std::fs::read_dir(bundles).with_context(place)? {
        let folder = entry.with_context(place)?;
        let Some(number) = folder.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let file = folder.path().join(MANIFEST_NAME);
        let jws = std::fs::read(&file).with_context(|| file.display().to_string())?;
        let verified = jws::verify(&jws, AdmitSettings::default().manifest_max_bytes)?;
        drives.insert(Manifest::parse(&verified.payload)?.clip_id, number);
    }
    Ok(drives)
}
