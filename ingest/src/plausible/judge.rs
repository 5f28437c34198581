//! From what is known of all clips to how far each is believed.

use std::borrow::Cow;

use waymark_datasets::rows::TrustRow;
use waymark_datasets::{ClipId, Doubt, Finding, Ppm};

use super::again::Seen;
use super::agreement::{self, Town};
use super::evidence::seniority;
use super::{Evidence, TrustSettings, device, light, picture, track};

/// What is known of a clip before it is judged, or judged again.
#[derive(Debug, Clone, Copy)]
pub enum Case<'a> {
    /// It was not judged before.
    New(&'a Evidence),
    /// It was judged when it came. What follows from the clips before it stands; what others say who were where it was
    /// is asked again.
    Again(&'a TrustRow, &'a Evidence),
    /// It was judged before, and others are held against it.
    Known(&'a TrustRow, Option<&'a Evidence>),
}

impl<'a> Case<'a> {
    fn evidence(self) -> Option<&'a Evidence> {
        match self {
            Self::New(evidence) | Self::Again(_, evidence) => Some(evidence),
            Self::Known(_, evidence) => evidence,
        }
    }

    fn row(self) -> Cow<'a, TrustRow> {
        match self {
            Self::New(evidence) => Cow::Owned(evidence.row()),
            Self::Again(row, _) | Self::Known(row, _) => Cow::Borrowed(row),
        }
    }
}

/// Judges every clip, by itself and beside all others; one row for each, in the order of `clips`.
///
/// The same for any order of `clips`. Of two that contradict each other, the one that landed first is believed, so that
/// nobody can take away trust from what is published by copying it.
#[must_use]
pub fn judge(clips: &[Evidence], settings: &TrustSettings) -> Vec<TrustRow> {
    judge_cases(&clips.iter().map(Case::New).collect::<Vec<_>>(), settings)
}

/// Judges the cases that are new, or asked again: a row for each of them, in their order.
///
/// The same rows as if all were new, provided that every new one landed after all others; that there is evidence of
/// every clip with a frame in the regions that one of those cases [`reaches`](super::reaches), and of every clip of
/// the same device within [`SAME_DRIVE_MS`](super::SAME_DRIVE_MS); and that every clip is asked again that reaches a
/// region of a new one.
#[must_use]
pub fn judge_cases(cases: &[Case<'_>], settings: &TrustSettings) -> Vec<TrustRow> {
    let rows: Vec<Cow<'_, TrustRow>> = cases.iter().map(|case| case.row()).collect();
    let mut order: Vec<usize> = (0..cases.len()).collect();
    order.sort_by_cached_key(|&i| seniority(&rows[i]));
    let mut findings: Vec<Vec<Finding>> = vec![Vec::new(); cases.len()];
    let new = cases.iter().filter_map(|case| if let Case::New(clip) = case { Some(*clip) } else { None });
    let (mut seen, mut devices) = (Seen::new(settings, new), device::Log::new(settings));
    for &i in &order {
        findings[i] = match cases[i] {
            Case::New(clip) => {
                let mut found = track::doubts(&clip.clip.track, settings);
                found.extend(picture::doubts(clip, settings));
                found.extend(light::doubt(clip, settings));
                found.extend(seen.doubt(clip));
                found.extend(devices.doubts(clip));
                found
            }
            Case::Again(row, _) | Case::Known(row, _) => {
                row.findings.iter().filter(|finding| !agreement::DOUBTS.contains(&finding.doubt)).cloned().collect()
            }
        };
        seen.add(&rows[i]);
        devices.add(&rows[i], cases[i].evidence());
    }
    // Who is not believed by now is no witness against others.
    let is_believed = |i: &usize| trust(&findings[*i]) >= settings.counts_min_ppm;
    let believed = order.iter().filter(|i| is_believed(i)).filter_map(|&i| cases[i].evidence());
    let town = Town::of(believed, settings);
    let mut judged = Vec::new();
    for ((case, row), mut found) in cases.iter().zip(rows).zip(findings) {
        if let Case::New(clip) | Case::Again(_, clip) = case {
            found.extend(town.doubts(clip));
            judged.push(weigh(row.into_owned(), found, settings));
        }
    }
    judged
}

/// What all findings together leave.
fn trust(findings: &[Finding]) -> Ppm {
    findings.iter().fold(Ppm::ONE, |trust, finding| trust.times(finding.weight_ppm.complement()))
}

fn weigh(of: TrustRow, mut findings: Vec<Finding>, settings: &TrustSettings) -> TrustRow {
    findings.sort_by_key(|finding| (finding.weight_ppm.complement(), finding.doubt, finding.other));
    let trust_ppm = trust(&findings);
    TrustRow { trust_ppm, counts: trust_ppm >= settings.counts_min_ppm, findings, ..of }
}

/// A doubt that takes so much of the trust.
pub(super) fn finding(doubt: Doubt, weight_ppm: u32, detail: String) -> Finding {
    Finding { doubt, weight_ppm: weight_ppm.try_into().unwrap_or(Ppm::ONE), other: None, detail }
}

/// The same, for which another clip is the reason.
pub(super) fn because_of(other: ClipId, finding: Finding) -> Finding {
    Finding { other: Some(other), ..finding }
}
