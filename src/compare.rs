//! The map against the truth of a simulated town: what was found, what is real, and how far off it is.

mod pairs;
mod score;
mod survey;
mod views;

use std::collections::BTreeMap;

use anyhow::ensure;
use waymark_datasets::rows::{FeatureRow, FeatureState, FrameRow};
use waymark_datasets::{ClassName, Position};
use waymark_simulate::TownEpoch;
use waymark_simulate::truth::{ObjectRow, StreetRow};

use pairs::{Thing, pairs};
pub use score::{ClassScore, Score, TURN_MAX_DEG};
pub use survey::{HEIGHT_MIN_PX, Survey};
use views::Views;

/// A feature is the real thing if one of its class stands this near.
pub const REACH_M: f64 = 8.0;
/// So many published frames make a thing well seen, each of which shows it well.
pub const FRAMES_MIN: usize = 3;

/// A true thing, and what the map makes of it.
#[derive(Debug)]
pub struct TrueThing {
    /// What it is.
    pub class: ClassName,
    /// Where it is.
    pub at: Position,
    /// Whether it stands in the last epoch that was filmed.
    pub stands: bool,
    /// Whether enough published frames show it well.
    pub well_seen: bool,
    /// Where the map has it, by the feature that is taken for it.
    pub found_at: Option<Position>,
}

/// The map beside the truth.
#[derive(Debug)]
pub struct Comparison {
    /// How well they agree.
    pub score: Score,
    /// Everything that stands or stood there.
    pub things: Vec<TrueThing>,
    /// The streets.
    pub streets: Vec<StreetRow>,
}

/// Compares the latest `features` with the truth of the drives behind `frames`.
///
/// # Errors
/// When there is no survey, or the surveys are of different towns.
pub fn compare(surveys: &[Survey], frames: &[FrameRow], features: &[FeatureRow]) -> anyhow::Result<Comparison> {
    let same = surveys.windows(2).all(|two| two[0].objects == two[1].objects);
    let (Some(town), true) = (surveys.first(), same) else {
        anyhow::bail!("the truth is of more than one town, or of none");
    };
    let views = Views::of(surveys, frames);
    ensure!(!views.is_empty(), "the truth is not of the drives behind the published frames: none of them is in it");
    let last = surveys.iter().map(|survey| survey.epoch).max().unwrap_or(TownEpoch::One);
    let census: Vec<Known> = town.objects.iter().map(|object| Known::of(object, (&views, last))).collect();
    let (live, gone): (Vec<&FeatureRow>, Vec<&FeatureRow>) =
        features.iter().partition(|feature| feature.state != FeatureState::Gone);
    let live = Matched::of(&live, census.iter().filter(|known| known.stands).collect());
    let gone = Matched::of(&gone, census.iter().filter(|known| !known.stands && known.stood).collect());
    let score = score::score(&census, (&live, &gone));
    let things = census.iter().map(|known| known.thing(&[&live, &gone])).collect();
    Ok(Comparison { score, things, streets: town.streets.clone() })
}

/// A true thing, and what the published frames could tell of it.
#[derive(Debug)]
struct Known<'a> {
    object: &'a ObjectRow,
    at: Position,
    /// In the last epoch.
    stands: bool,
    /// In an epoch before the last.
    stood: bool,
    well_seen: bool,
    /// That it came or went between the epochs can be told: it was well seen while it stood, and as many frames looked
    /// there from the same places when it did not.
    is_change_seen: bool,
}

impl<'a> Known<'a> {
    fn of(object: &'a ObjectRow, (views, last): (&Views, TownEpoch)) -> Self {
        let stands_in = |epoch: TownEpoch| match epoch {
            TownEpoch::One => object.in_epoch_1,
            TownEpoch::Two => object.in_epoch_2,
        };
        let (when, otherwise) = match object.in_epoch_1 {
            true => (TownEpoch::One, TownEpoch::Two),
            false => (TownEpoch::Two, TownEpoch::One),
        };
        let seen = |epoch| views.showing(object.object_id, epoch);
        let again = views.again(seen(when), otherwise);
        let changes = object.in_epoch_1 != object.in_epoch_2 && last == TownEpoch::Two;
        Self {
            object,
            at: Position { latitude: object.latitude_deg, longitude: object.longitude_deg },
            stands: stands_in(last),
            stood: last == TownEpoch::Two && object.in_epoch_1,
            well_seen: seen(TownEpoch::One).len() + seen(TownEpoch::Two).len() >= FRAMES_MIN,
            is_change_seen: changes && seen(when).len() >= FRAMES_MIN && again >= FRAMES_MIN,
        }
    }

    fn thing(&self, matched: &[&Matched<'_>]) -> TrueThing {
        let id = self.object.object_id;
        TrueThing {
            class: self.object.class.clone(),
            at: self.at,
            stands: self.stands,
            well_seen: self.well_seen,
            found_at: matched
                .iter()
                .find_map(|matched| matched.by_object.get(&id))
                .map(|found| position(found.feature)),
        }
    }
}

/// Features, and the true things that they are taken for.
#[derive(Debug)]
struct Matched<'a> {
    features: Vec<&'a FeatureRow>,
    by_object: BTreeMap<u32, Found<'a>>,
}

#[derive(Debug)]
struct Found<'a> {
    feature: &'a FeatureRow,
    error_m: f64,
}

impl<'a> Matched<'a> {
    fn of(features: &[&'a FeatureRow], known: Vec<&Known<'_>>) -> Self {
        let found: Vec<Thing<'_>> = features.iter().map(|f| Thing { class: &f.class, at: position(f) }).collect();
        let real: Vec<Thing<'_>> = known.iter().map(|k| Thing { class: &k.object.class, at: k.at }).collect();
        let pairs = pairs(&found, &real, REACH_M).into_iter();
        let by_object = pairs.map(|pair| {
            let found = Found { feature: features[pair.found], error_m: pair.distance_m };
            (known[pair.real].object.object_id, found)
        });
        Self { by_object: by_object.collect(), features: features.to_vec() }
    }
}

fn position(feature: &FeatureRow) -> Position {
    Position { latitude: feature.latitude_deg, longitude: feature.longitude_deg }
}
