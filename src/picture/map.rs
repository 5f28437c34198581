//! A map: coverage, drives, what was found, and, where the truth is known, streets and what really stands there.

mod ground;
mod legend;
mod mark;
mod things;
mod view;

use anyhow::Context;
use tiny_skia::Pixmap;
use waymark_datasets::rows::{CoverageRow, FeatureRow, FrameRow};

use crate::compare::Comparison;
use legend::Legend;
use view::View;

const INK: [u8; 3] = [0x20, 0x2c, 0x3c];
const PAPER: [u8; 3] = [0xee, 0xeb, 0xe3];

/// What is on a map.
pub struct MapContent<'a> {
    /// Published frames, for the drives.
    pub frames: &'a [FrameRow],
    /// Slots of any epochs.
    pub coverage: &'a [CoverageRow],
    /// As of the latest epoch.
    pub features: &'a [FeatureRow],
    /// Where the truth is known.
    pub truth: Option<&'a Comparison>,
}

/// Draws a map, 1400 px wide, with its legend; a PNG.
///
/// # Errors
/// When there is no coverage.
pub fn map(content: &MapContent<'_>) -> anyhow::Result<Vec<u8>> {
    let legend = Legend::of(content);
    let view = View::around(content, legend.height_px()).context("there is no coverage to draw")?;
    let (width, height) = view.size_px;
    let mut picture = Pixmap::new(width as u32, height as u32).context("a map of no size")?;
    picture.fill(super::pen::colour(PAPER));
    ground::draw(&mut picture, &view, content);
    things::draw(&mut picture, &view, content);
    legend.draw(&mut picture, &view);
    Ok(picture.encode_png()?)
}
