//! The command line of `waymark models`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Detection;

/// Model packs.
#[derive(Debug, Subcommand)]
pub enum Models {
    /// Say which packs are there and whether their files are what they should be.
    List {
        /// Where model packs are.
        #[arg(long, default_value = "models", value_name = "DIR", env = "WAYMARK_MODELS")]
        models: PathBuf,
    },
    /// Fetch a pack's models from upstream, from a folder or out of this program, and check every one by SHA-256.
    Pull {
        /// The pack.
        #[arg(default_value = "street")]
        pack: String,
        /// A folder that has the files already.
        #[arg(long, value_name = "DIR")]
        from: Option<PathBuf>,
        /// Where model packs are.
        #[arg(long, default_value = "models", value_name = "DIR", env = "WAYMARK_MODELS")]
        models: PathBuf,
    },
    /// Measure a pack on footage whose truth is known: recall, precision, false positives, redaction.
    ///
    /// A detection is right when it overlaps a truth box of its class with an IoU of 0.5 or more (PASCAL VOC).
    /// Detections choose by falling score, and each box is found once; what finds none is a false positive.
    ///
    /// Boxes that are visible less than 50 %, lower than 8 px, or marked `iscrowd` are neither asked for nor counted
    /// against: a detection that finds nothing is left out if it overlaps such a box of its class (IoU of 0.5, or of
    /// 0.3 if the box is lower than 8 px) or lies more than half inside.
    ///
    /// False positives are counted by their own height, too, so that a recall from a height on can be read beside the
    /// false positives from that height on (as COCO does).
    ///
    /// Columns are heights of truth boxes; `truth` counts those that are asked for; shares are rounded down.
    ///
    /// A private box counts as redacted when each of its pixels is. Classes of the truth that the pack does not have
    /// are named and not scored; what a classifier of the pack says beyond the detector's class is not looked at.
    Check(Check),
}

/// What to measure on what.
#[derive(Debug, Args)]
pub struct Check {
    /// What `waymark simulate` wrote, or a folder of pictures with `annotations.json` in the format of COCO's object
    /// detection; names of categories in small letters, with a dash for each blank or underscore. Given more than
    /// once, all of them together.
    #[arg(long, required = true, value_name = "DIR")]
    pub truth: Vec<PathBuf>,
    /// Of a drive take every so many frames; of pictures all are taken.
    #[arg(long, default_value = "5", value_name = "N")]
    pub every: NonZeroU32,
    /// Which models.
    #[command(flatten)]
    pub models: Detection,
}
