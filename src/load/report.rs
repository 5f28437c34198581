//! What a load came to.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::http::Answer;

/// What became of one upload, and how long that took.
pub struct Outcome {
    pub came: Came,
    pub took: Duration,
}

/// What became of one upload.
pub enum Came {
    /// All of it was acknowledged.
    Done,
    /// The server asked to come again later.
    SentAway,
    /// Anything else.
    Failed(String),
}

impl Came {
    pub fn of(answer: &Answer, wanted: u16) -> Self {
        match answer.status {
            status if status == wanted => Self::Done,
            429 | 503 if answer.header("retry-after").is_some() => Self::SentAway,
            status => {
                let said: String = String::from_utf8_lossy(&answer.body).chars().take(160).collect();
                Self::Failed(format!("{status}: {said}"))
            }
        }
    }
}

impl Outcome {
    pub fn failed(why: &str) -> Self {
        Self { came: Came::Failed(why.into()), took: Duration::ZERO }
    }
}

/// Times are those of a whole upload, from before it connects to the last answer.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Acknowledged whole.
    pub done: u64,
    /// Answered with 429 or 503 and a time to come again.
    pub sent_away: u64,
    /// The rest, by what went wrong.
    pub failed: BTreeMap<String, u64>,
    pub seconds: f64,
    /// Of those that are done.
    pub per_second: f64,
    pub megabytes_per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    /// Of those that were sent away.
    pub sent_away_p99_ms: f64,
    /// Of the connections that all but stood still, so many were cut.
    pub slow_cut: u64,
    pub slow: u64,
}

impl Report {
    pub fn of(outcomes: &[Outcome], took: Duration, bytes: usize) -> Self {
        let mut report = Self { seconds: took.as_secs_f64(), ..Self::default() };
        let (mut done_ms, mut away_ms) = (Vec::new(), Vec::new());
        for outcome in outcomes {
            let took_ms = outcome.took.as_secs_f64() * 1e3;
            match &outcome.came {
                Came::Done => done_ms.push(took_ms),
                Came::SentAway => away_ms.push(took_ms),
                Came::Failed(why) => *report.failed.entry(why.clone()).or_default() += 1,
            }
        }
        done_ms.sort_by(f64::total_cmp);
        away_ms.sort_by(f64::total_cmp);
        (report.done, report.sent_away) = (done_ms.len() as u64, away_ms.len() as u64);
        report.per_second = done_ms.len() as f64 / report.seconds;
        report.megabytes_per_second = report.per_second * bytes as f64 / 1e6;
        (report.p50_ms, report.p99_ms, report.max_ms) = (at(&done_ms, 0.5), at(&done_ms, 0.99), at(&done_ms, 1.0));
        report.sent_away_p99_ms = at(&away_ms, 0.99);
        report
    }

    pub fn with_slow(self, (slow, slow_cut): (u64, u64)) -> Self {
        Self { slow, slow_cut, ..self }
    }
}

/// The smallest of the sorted values that `share` of all are not above; 0 of none.
fn at(sorted: &[f64], share: f64) -> f64 {
    let index = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(index.saturating_sub(1)).copied().unwrap_or_default()
}
