//! What a check came to: a table to read, or the same as JSON.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use waymark_datasets::{ClassName, Role};
use waymark_vision::{ByHeight, ClassScore, FalsePositives, Score, Share};

/// Roles in the order of the table; what is neither private nor on a map gets no sum.
const ROLES: [Role; 3] = [Role::Private, Role::Map, Role::Context];
const SUMMED: [Role; 2] = [Role::Private, Role::Map];

const HEADER: [&str; 9] =
    ["class", "role", "truth", "recall 8-16 px", "16-32 px", "32+ px", "24+ px", "precision", "false/frame"];

/// One line for each class, sums, and how much was redacted.
pub fn text(score: &Score, known: &BTreeMap<ClassName, Role>) -> String {
    let mut rows = vec![HEADER.map(str::to_owned)];
    for role in ROLES {
        let of_role = score.classes.iter().filter(|(class, _)| known.get(*class) == Some(&role));
        rows.extend(of_role.map(|(class, counts)| row(class.as_str(), role, counts, score.frames)));
    }
    for role in SUMMED {
        rows.push(row(&format!("all {role}"), role, &sum(score, known, role), score.frames));
    }
    let mut lines = aligned(&rows);
    lines.push(String::new());
    let private = sum(score, known, Role::Private);
    let map = sum(score, known, Role::Map);
    lines.push(format!("private, 16 px and higher: {}", recall(&private, 16, score.frames)));
    lines.push(format!("map, 24 px and higher: {}", recall(&map, 24, score.frames)));
    lines.push(format!(
        "redacted to the last pixel: 8-16 px {}, 16-32 px {}, 32+ px {}; of any height and visibility {}",
        share(score.hidden.share(8..16)),
        share(score.hidden.share(16..32)),
        share(score.hidden.share(32..)),
        share(score.hidden_of_all)
    ));
    if !score.unknown.is_empty() {
        let names = score.unknown.iter().map(|(class, count)| format!("{class} ({count})")).collect::<Vec<_>>();
        lines.push(format!("not scored, for the pack does not have it: {}", names.join(", ")));
    }
    lines.join("\n")
}

/// The same in numbers; the share of nothing is null.
pub fn json(pack: &str, score: &Score, known: &BTreeMap<ClassName, Role>) -> Value {
    let class = |(class, counts): (&ClassName, &ClassScore)| {
        let mut value = counts_json(counts, score.frames);
        value["class"] = json!(class);
        value["role"] = json!(known.get(class));
        value
    };
    json!({
        "pack": pack,
        "frames": score.frames,
        "classes": score.classes.iter().map(class).collect::<Vec<_>>(),
        "private": counts_json(&sum(score, known, Role::Private), score.frames),
        "map": counts_json(&sum(score, known, Role::Map), score.frames),
        "redacted": heights_json(&score.hidden),
        "redacted_of_all": share_json(score.hidden_of_all),
        "not_scored": score.unknown,
    })
}

/// The counts of all classes of a role.
fn sum(score: &Score, known: &BTreeMap<ClassName, Role>, role: Role) -> ClassScore {
    let mut sum = ClassScore::default();
    let of_role = score.classes.iter().filter(|(class, _)| known.get(*class) == Some(&role));
    of_role.for_each(|(_, counts)| sum.merge(counts));
    sum
}

fn row(name: &str, role: Role, counts: &ClassScore, frames: u64) -> [String; 9] {
    [
        name.to_owned(),
        role.to_string(),
        counts.found.share(..).whole.to_string(),
        share(counts.found.share(8..16)),
        share(counts.found.share(16..32)),
        share(counts.found.share(32..)),
        share(counts.found.share(24..)),
        share(counts.precision()),
        per_frame(counts.false_positives.all(), frames),
    ]
}

/// What was found from a height on, and false positives from that height on and in all.
fn recall(counts: &ClassScore, from_px: u32, frames: u64) -> String {
    let (high, all) = (counts.false_positives.within(from_px..), counts.false_positives.all());
    format!(
        "recall {} at {} false positives a frame of that height ({high}), {} of any ({all})",
        share(counts.found.share(from_px..)),
        per_frame(high, frames),
        per_frame(all, frames)
    )
}

/// Names to the left, numbers to the right of columns that are as wide as they must be.
fn aligned(rows: &[[String; 9]]) -> Vec<String> {
    let widths: Vec<usize> =
        (0..HEADER.len()).map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0)).collect();
    let cell = |(column, text): (usize, &String)| {
        let width = widths[column];
        if column < 2 { format!("{text:<width$}") } else { format!("{text:>width$}") }
    };
    rows.iter().map(|row| row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ")).collect()
}

/// `0.987 (311/315)`, rounded down so that 1.000 means all.
fn share(Share { part, whole }: Share) -> String {
    match (part * 1_000).checked_div(whole) {
        Some(thousandths) => format!("{}.{:03} ({part}/{whole})", thousandths / 1_000, thousandths % 1_000),
        None => "-".to_owned(),
    }
}

fn per_frame(count: u64, frames: u64) -> String {
    format!("{:.3}", ratio(Share { part: count, whole: frames }).unwrap_or_default())
}

fn ratio(Share { part, whole }: Share) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn counts_json(counts: &ClassScore, frames: u64) -> Value {
    json!({
        "recall": heights_json(&counts.found),
        "precision": share_json(counts.precision()),
        "false_positives": false_json(&counts.false_positives),
        "false_positives_per_frame": ratio(Share { part: counts.false_positives.all(), whole: frames }),
    })
}

fn heights_json(heights: &ByHeight) -> Value {
    json!({
        "all": share_json(heights.share(..)),
        "8-16 px": share_json(heights.share(8..16)),
        "16-32 px": share_json(heights.share(16..32)),
        "16+ px": share_json(heights.share(16..)),
        "24+ px": share_json(heights.share(24..)),
        "32+ px": share_json(heights.share(32..)),
    })
}

fn false_json(counts: &FalsePositives) -> Value {
    json!({
        "all": counts.all(),
        "8-16 px": counts.within(8..16),
        "16-32 px": counts.within(16..32),
        "16+ px": counts.within(16..),
        "24+ px": counts.within(24..),
        "32+ px": counts.within(32..),
    })
}

fn share_json(share: Share) -> Value {
    json!({ "part": share.part, "whole": share.whole, "share": ratio(share) })
}
