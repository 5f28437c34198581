//! A report as a person reads it.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use waymark_datasets::{ClassName, Ppm};

use super::Report;
use super::columns::{columns, grouped};
use crate::compare::{ClassScore, FRAMES_MIN, HEIGHT_MIN_PX, REACH_M, Score, TURN_MAX_DEG};
use crate::stage::summary::{FeatureCount, PaidEpoch, Summary};

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (summary, truth) = (&self.summary, self.truth.as_ref());
        write!(f, "{}{}{}", clips(summary), frames(summary), redaction(summary))?;
        write!(f, "{}{}", coverage(summary), map(&summary.features, truth))?;
        truth.iter().try_for_each(|score| f.write_str(&against(score)))?;
        summary.epochs.iter().try_for_each(|paid| f.write_str(&pay(paid)))?;
        match summary.snapshot {
            Some(id) => write!(f, "Snapshot\n  {id}"),
            None => write!(f, "Snapshot\n  none yet: run `waymark build`"),
        }
    }
}

/// A line: so many of what.
fn line(count: impl Display, what: impl Display) -> String {
    format!("{:>11}  {what}\n", count.to_string())
}

/// A line for all that was refused, and one for each reason.
fn refused<K: Display>(reasons: &BTreeMap<K, u64>) -> String {
    let each = reasons.iter().map(|(reason, count)| line(grouped(count), format!("  {reason}")));
    line(grouped(reasons.values().sum::<u64>()), "refused") + &each.collect::<String>()
}

fn clips(summary: &Summary) -> String {
    let accepted = line(grouped(summary.clips_accepted), "accepted");
    format!("Clips\n{accepted}{}", refused(&summary.clips_refused))
}

fn frames(summary: &Summary) -> String {
    let lines = [
        (summary.frames_in, format!("in {} clips", grouped(summary.clips_processed))),
        (summary.frames_sampled, "published".into()),
        (summary.frames_not_needed, "not needed: too near to one that is published".into()),
        (summary.frames_standing, "taken while standing".into()),
        (summary.frames_outside, "outside of the track".into()),
    ];
    let lines: String = lines.into_iter().map(|(count, what)| line(grouped(count), what)).collect();
    format!("Frames\n{lines}{}", refused(&summary.frames_refused))
}

fn redaction(summary: &Summary) -> String {
    let each: String = summary.redacted.iter().map(|(class, count)| line(grouped(count), class)).collect();
    format!("Redaction\n{each}{}", line(summary.redacted_ppm.unwrap_or(Ppm::ZERO), "of the published area"))
}

fn coverage(summary: &Summary) -> String {
    let slots = line(grouped(summary.slots), "slots: places, each in one of eight directions");
    let cells = line(grouped(summary.cells), "cells, about 18 m across");
    let regions = if summary.regions == 1 { "region" } else { "regions" };
    format!("Coverage\n{slots}{cells}{}", line(grouped(summary.regions), regions))
}

/// What is on the map, beside what should be.
fn map(features: &BTreeMap<ClassName, FeatureCount>, truth: Option<&Score>) -> String {
    let missed = truth.iter().flat_map(|score| score.classes.keys());
    let mut classes: Vec<&ClassName> = features.keys().chain(missed).collect();
    classes.sort();
    classes.dedup();
    if classes.is_empty() {
        return "Map\n  nothing yet\n".into();
    }
    let mut head = vec!["Map", "present", "new", "gone"];
    head.extend(truth.iter().flat_map(|_| ["well seen", "found", "real"]));
    let numbers = |count: FeatureCount, score: Option<ClassScore>| {
        let score = score.map(|score| [score.well_seen, score.found, score.real]);
        [count.present, count.new, count.gone].into_iter().chain(score.into_iter().flatten())
    };
    let row = |name: &str, count, score| {
        [format!("  {name}")].into_iter().chain(numbers(count, score).map(grouped)).collect::<Vec<_>>()
    };
    let of_class = |class: &ClassName| {
        let score = truth.map(|score| score.classes.get(class).copied().unwrap_or_default());
        row(class.as_str(), features.get(class).copied().unwrap_or_default(), score)
    };
    let mut rows: Vec<Vec<String>> = classes.into_iter().map(of_class).collect();
    rows.push(row("all", FeatureCount::sum(features.values()), truth.map(Score::all)));
    columns(&head, &rows)
}

fn against(score: &Score) -> String {
    let all = score.all();
    let of = |part: u64, whole: u64| format!("{} of {}", grouped(part), grouped(whole));
    let metres = |mm: Option<u32>| mm.map_or("-".into(), |mm| format!("{:.1} m", f64::from(mm) / 1e3));
    let seen = format!("of what was well seen is found: {}", of(all.found, all.well_seen));
    let real = format!("of what is present or new is real: {}", of(all.real, all.features));
    let error = format!("is the median error of position; 95% lie within {}", metres(score.error_95th_mm));
    let fronts = format!("face within {TURN_MAX_DEG}° of the way that the map says");
    let gone = format!("removed are gone; {} gone are removed", of(score.gone_real, score.gone));
    let new = format!("added are new; {} new are added", of(score.new_real, score.new));
    let lines = [
        line(Ppm::of(all.found, all.well_seen), seen),
        line(Ppm::of(all.real, all.features), real),
        line(metres(score.error_median_mm), error),
        line(of(score.fronts_right, score.fronts), fronts),
        line(of(score.removed_found, score.removed), gone),
        line(of(score.added_found, score.added), new),
    ];
    let well = format!("well seen: {HEIGHT_MIN_PX} px high and half visible in {FRAMES_MIN} published frames or more");
    format!(
        "Against the truth\n  ({well};\n  found and real: a thing of the class within {REACH_M} m)\n{}",
        lines.concat()
    )
}

fn pay(paid: &PaidEpoch) -> String {
    let title = format!("Pay of {}", paid.epoch);
    let head = [title.as_str(), "passes", "points", "amount"];
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (driver, pay) in &paid.drivers {
        let points = format!("{}.{:03}", grouped(pay.points_ppm / 1_000_000), pay.points_ppm % 1_000_000 / 1_000);
        rows.push(vec![format!("  {driver}"), grouped(pay.passes), points, grouped(pay.amount)]);
    }
    let sum = |name: &str, amount| vec![format!("  {name}"), String::new(), String::new(), grouped(amount)];
    rows.extend([sum("left over", paid.remainder), sum("pool", paid.pool)]);
    columns(&head, &rows)
}
