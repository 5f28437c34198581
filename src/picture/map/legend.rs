//! What the signs on the map mean, how long a metre is, and where north is.

use std::collections::{BTreeMap, BTreeSet};

use tiny_skia::{Color, Pixmap};
use waymark_datasets::rows::FeatureState;
use waymark_datasets::{ClassName, Ppm};

use super::ground::{drivers, shade};
use super::mark::{Look, Style, error_line};
use super::view::View;
use super::{INK, MapContent, PAPER};
use crate::picture::pen::{self, Place, colour, faint};
use crate::picture::text::{self, Font};

/// Width of the legend, at the right of the picture.
pub const PANEL_PX: f32 = 340.0;
const PAD_PX: f32 = 24.0;
const LINE_PX: f32 = 34.0;
/// From the left of the panel to the middle of a sign, and to the words.
const SIGN_PX: f32 = 42.0;
const WORDS_PX: f32 = 72.0;
/// Classes and drivers beyond so many are not listed.
const CLASSES_MAX: usize = 14;
const DRIVERS_MAX: usize = 6;

/// What the signs mean, from top to bottom.
pub struct Legend(Vec<(Sign, String)>);

enum Sign {
    /// A heading.
    None,
    Mark(Style, Look),
    /// A found mark with the ring of what is new.
    New(Style),
    /// From a found mark to a true one.
    Error(Style),
    Drive(Color),
    Shades,
    Tick,
}

impl Legend {
    /// Of all that is on the map.
    pub fn of(content: &MapContent<'_>) -> Self {
        let mut lines = marks(content);
        lines.extend(drives(content));
        let slots: BTreeSet<_> = content.coverage.iter().map(|row| (row.h3_cell, row.heading_octant)).collect();
        let cells: BTreeSet<_> = slots.iter().map(|(cell, _)| *cell).collect();
        lines.push((Sign::None, format!("Coverage: {} slots, {} cells", slots.len(), cells.len())));
        lines.push((Sign::Shades, "best quality, 0 to 100%".into()));
        lines.push((Sign::Tick, "direction of view".into()));
        Self(lines)
    }

    /// How much room it needs.
    pub fn height_px(&self) -> f32 {
        self.0.len() as f32 * LINE_PX + 2.0 * PAD_PX
    }

    /// Draws the panel, and scale and north onto the map.
    pub fn draw(&self, picture: &mut Pixmap, view: &View) {
        draw_scale(picture, view);
        let left = view.size_px.0 - PANEL_PX;
        let panel = pen::plate((left, 0.0), (PANEL_PX, view.size_px.1));
        pen::fill(picture, panel.as_ref(), Color::WHITE);
        pen::stroke(picture, pen::line([(left, 0.0), (left, view.size_px.1)]).as_ref(), (faint(colour(INK), 0.3), 1.0));
        for (i, (sign, words)) in self.0.iter().enumerate() {
            let y = PAD_PX + (i as f32 + 0.5) * LINE_PX;
            sign.draw(picture, (left + SIGN_PX, y));
            let (font, x) = if matches!(sign, Sign::None) { (Font::Large, PAD_PX) } else { (Font::Small, WORDS_PX) };
            let words = text::cut(words, font, PANEL_PX - x - 8.0);
            text::write(picture, (left + x, y - font.size_px().1 / 2.0), &words, (font, colour(INK)));
        }
    }
}

impl Sign {
    fn draw(&self, picture: &mut Pixmap, (x, y): Place) {
        match self {
            Self::None => {}
            Self::Mark(style, look) => style.draw(picture, (x, y), *look),
            Self::New(style) => {
                style.draw(picture, (x, y), Look::Found);
                style.draw(picture, (x, y), Look::New);
            }
            Self::Error(style) => {
                let (found, real) = ((x - 9.0, y), (x + 11.0, y));
                style.draw(picture, real, Look::True);
                error_line(picture, (found, real));
                style.draw(picture, found, Look::Found);
            }
            Self::Drive(colour) => {
                pen::stroke(picture, pen::line([(x - 16.0, y), (x + 16.0, y)]).as_ref(), (*colour, 3.0));
            }
            Self::Shades => (0_u8..8).for_each(|i| {
                let left = x - 20.0 + 5.0 * f32::from(i);
                let quality = Ppm::from_ratio(f64::from(i) / 7.0);
                pen::fill(picture, pen::plate((left, y - 8.0), (5.0, 16.0)).as_ref(), shade(quality));
            }),
            Self::Tick => {
                let tick = pen::line([(x, y + 6.0), (x + 8.0, y - 6.0)]);
                pen::stroke(picture, tick.as_ref(), (colour(INK), 2.0));
            }
        }
    }
}

/// A line for each class, and one for each thing that a mark may say.
fn marks(content: &MapContent<'_>) -> Vec<(Sign, String)> {
    let mut classes: BTreeMap<&ClassName, usize> = BTreeMap::new();
    let things = content.truth.map_or(&[][..], |truth| &truth.things);
    classes.extend(things.iter().filter(|thing| thing.well_seen).map(|thing| (&thing.class, 0)));
    for feature in content.features {
        *classes.entry(&feature.class).or_default() += usize::from(feature.state != FeatureState::Gone);
    }
    let Some(example) = classes.keys().next().map(|class| Style::of(class)) else { return Vec::new() };
    let mut lines = vec![(Sign::None, format!("On the map: {} things", classes.values().sum::<usize>()))];
    let more = classes.len().saturating_sub(CLASSES_MAX);
    let line =
        |(class, count): (&ClassName, usize)| (Sign::Mark(Style::of(class), Look::Found), format!("{class}  {count}"));
    lines.extend(classes.into_iter().take(CLASSES_MAX).map(line));
    if more > 0 {
        lines.push((Sign::None, format!("and {more} classes more")));
    }
    let some = |state| content.features.iter().any(|feature| feature.state == state);
    if some(FeatureState::New) {
        lines.push((Sign::New(example.clone()), "new in the last epoch".into()));
    }
    if some(FeatureState::Gone) {
        lines.push((Sign::Mark(example.clone(), Look::Gone), "gone in the last epoch".into()));
    }
    if content.truth.is_some() {
        lines.push((Sign::Error(example.clone()), "found, and where it really is".into()));
        lines.push((Sign::Mark(example.clone(), Look::Wrong), "found, but not really there".into()));
        lines.push((Sign::Mark(example.clone(), Look::True), "there and well seen, not found".into()));
        lines.push((Sign::Mark(example, Look::Unseen), "there, but not well seen".into()));
    }
    lines
}

fn drives(content: &MapContent<'_>) -> Vec<(Sign, String)> {
    let drivers = drivers(content.frames);
    let many = if drivers.len() == 1 { "" } else { "s" };
    let title = (Sign::None, format!("Drives of {} driver{many}", drivers.len()));
    let line = |(driver, colour): (&waymark_datasets::DriverId, Color)| (Sign::Drive(colour), driver.to_string());
    std::iter::once(title).chain(drivers.into_iter().take(DRIVERS_MAX).map(line)).collect()
}

/// A bar of a round length, and an arrow to the north.
fn draw_scale(picture: &mut Pixmap, view: &View) {
    let lengths_m = [10.0_f32, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0, 20_000.0];
    let fits = |length_m: &&f32| **length_m * view.px_per_m() >= 90.0;
    let length_m = lengths_m.iter().find(fits).copied().unwrap_or(100_000.0);
    let length_px = length_m * view.px_per_m();
    let (x, y) = (24.0, view.size_px.1 - 28.0);
    let plate = pen::plate((x - 12.0, y - 34.0), (length_px.max(120.0) + 64.0, 50.0));
    pen::fill(picture, plate.as_ref(), faint(colour(PAPER), 0.85));
    let bar = pen::line([(x, y - 6.0), (x, y), (x + length_px, y), (x + length_px, y - 6.0)]);
    pen::stroke(picture, bar.as_ref(), (colour(INK), 2.5));
    text::write(picture, (x + 6.0, y - 28.0), &format!("{length_m} m"), (Font::Large, colour(INK)));
    let north = x + length_px.max(120.0) + 26.0;
    let arrow = pen::area([(north, y - 30.0), (north + 9.0, y + 6.0), (north, y - 1.0), (north - 9.0, y + 6.0)]);
    pen::fill(picture, arrow.as_ref(), colour(INK));
    text::write(picture, (north + 12.0, y - 22.0), "N", (Font::Large, colour(INK)));
}
