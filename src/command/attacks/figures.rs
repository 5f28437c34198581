//! How much was found out, as numbers, a table and curves.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;
use waymark_simulate::Attack;

use super::Found;
use crate::cli::Attacks;
use crate::picture::Curve;

/// One kind of cheating beside honest drives.
pub(super) struct Kind {
    pub(super) attack: Attack,
    pub(super) cheats: Vec<Found>,
    pub(super) honest: Vec<Found>,
}

/// All kinds.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    seed: u64,
    seconds: u32,
    size: String,
    honest: u32,
    /// Honest drives among themselves that do not count, and what was held against each honest drive.
    honest_alone: Line,
    kinds: Vec<Line>,
}

/// One line of the table.
#[derive(Debug, Serialize)]
struct Line {
    kind: String,
    drives: usize,
    detected: usize,
    /// How many each check found out.
    by: BTreeMap<String, usize>,
    false_alarms: usize,
    /// For each level of doubt at which one would stop believing: share of honest drives, share of cheats.
    #[serde(skip)]
    curve: Vec<(f32, f32)>,
}

impl Figures {
    pub(super) fn new(what: &Attacks, honest: &[Found]) -> Self {
        let mut honest_alone = line("honest".into(), (&[], honest));
        honest.iter().filter_map(|found| found.by.clone()).for_each(|by| *honest_alone.by.entry(by).or_default() += 1);
        Self {
            seed: what.seed,
            seconds: what.seconds,
            size: what.size.to_string(),
            honest: what.honest,
            honest_alone,
            kinds: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, kind: Kind) {
        self.kinds.push(line(kind.attack.to_string(), (&kind.cheats, &kind.honest)));
    }

    /// A curve for each kind.
    pub(super) fn curves(&self) -> Vec<Curve> {
        let curve = |line: &Line| {
            let rate = percent(line.detected, line.drives);
            Curve { name: format!("{} {rate}", line.kind), points: line.curve.clone() }
        };
        self.kinds.iter().map(curve).collect()
    }

    /// For a person.
    pub(super) fn table(&self) -> String {
        let mut text = format!(
            "{} honest drives of {} s in frames of {}, seed {}\n\n{:<14} {:>6} {:>9} {:>7} {:>13}  by\n",
            self.honest, self.seconds, self.size, self.seed, "kind", "drives", "detected", "rate", "false alarms"
        );
        for line in self.kinds.iter().chain([&self.honest_alone]) {
            let by: Vec<String> = line.by.iter().map(|(check, count)| format!("{check} {count}")).collect();
            let rate = percent(line.detected, line.drives);
            let alarms = format!("{}/{}", line.false_alarms, self.honest);
            let row = (&line.kind, line.drives, line.detected, by.join(", "));
            // Writing to a string cannot fail.
            if writeln!(text, "{:<14} {:>6} {:>9} {rate:>7} {alarms:>13}  {}", row.0, row.1, row.2, row.3).is_err() {
                return text;
            }
        }
        text
    }
}

fn percent(part: usize, whole: usize) -> String {
    if whole == 0 { "-".into() } else { format!("{:.1} %", part as f64 * 100.0 / whole as f64) }
}

fn line(kind: String, (cheats, honest): (&[Found], &[Found])) -> Line {
    let detected: Vec<&Found> = cheats.iter().filter(|found| !found.counts).collect();
    let mut by = BTreeMap::new();
    detected.iter().filter_map(|found| found.by.clone()).for_each(|check| *by.entry(check).or_default() += 1);
    Line {
        kind,
        drives: cheats.len(),
        detected: detected.len(),
        by,
        false_alarms: honest.iter().filter(|found| !found.counts).count(),
        curve: curve(cheats, honest),
    }
}

/// From nobody is doubted to everybody is.
fn curve(cheats: &[Found], honest: &[Found]) -> Vec<(f32, f32)> {
    let mut levels: Vec<_> = cheats.iter().chain(honest).map(|found| found.trust).collect();
    levels.sort_unstable();
    levels.dedup();
    let share =
        |of: &[Found], level| of.iter().filter(|found| found.trust <= level).count() as f32 / of.len().max(1) as f32;
    let point = |level| (share(honest, level), share(cheats, level));
    std::iter::once((0.0, 0.0)).chain(levels.into_iter().map(point)).chain([(1.0, 1.0)]).collect()
}
