//! From what is known of all clips to how far each is believed.

use waymark_datasets::rows::TrustRow;
use waymark_datasets::{ClipId, Doubt, Finding, Ppm};

use super::again::Seen;
use super::agreement::Town;
use super::{Evidence, TrustSettings, device, light, picture, track};

/// Judges every clip, by itself and beside all others; one row for each, in the order of `clips`.
///
/// The same for any order of `clips`. Of two that contradict each other, the one that landed first is believed, so that
/// nobody can take away trust from what is published by copying it.
#[must_use]
pub fn judge(clips: &[Evidence], settings: &TrustSettings) -> Vec<TrustRow> {
    let mut order: Vec<usize> = (0..clips.len()).collect();
    order.sort_by_cached_key(|&i| clips[i].seniority());
    let mut findings: Vec<Vec<Finding>> = vec![Vec::new(); clips.len()];
    let (mut seen, mut devices) = (Seen::new(settings), device::Log::default());
    for &i in &order {
        let clip = &clips[i];
        let found = &mut findings[i];
        found.extend(track::doubts(&clip.clip.track, settings));
        found.extend(picture::doubts(clip, settings));
        found.extend(light::doubt(clip, settings));
        found.extend(seen.doubt(clip));
        found.extend(devices.doubts(clip, settings));
        seen.add(clip);
        devices.add(clip);
    }
    // Who is not believed by now is no witness against others.
    let believed = |i: &usize| trust(&findings[*i]) >= settings.counts_min_ppm;
    let town = Town::of(order.iter().filter(|i| believed(i)).map(|&i| &clips[i]));
    let disagreements: Vec<_> = clips.iter().map(|clip| town.doubts(clip, settings)).collect();
    findings.iter_mut().zip(disagreements).for_each(|(found, more)| found.extend(more));
    clips.iter().zip(findings).map(|(clip, found)| row(clip, found, settings)).collect()
}

/// What all findings together leave.
fn trust(findings: &[Finding]) -> Ppm {
    findings.iter().fold(Ppm::ONE, |trust, finding| trust.times(finding.weight_ppm.complement()))
}

fn row(of: &Evidence, mut findings: Vec<Finding>, settings: &TrustSettings) -> TrustRow {
    findings.sort_by_key(|finding| (finding.weight_ppm.complement(), finding.doubt, finding.other));
    let trust_ppm = trust(&findings);
    TrustRow {
        clip_id: of.clip.clip_id,
        device_id: of.clip.device_id.clone(),
        driver: of.clip.driver.clone(),
        start_ms: of.clip.start_ms,
        trust_ppm,
        counts: trust_ppm >= settings.counts_min_ppm,
        findings,
    }
}

/// A doubt that takes so much of the trust.
pub(super) fn finding(doubt: Doubt, weight_ppm: u32, detail: String) -> Finding {
    Finding { doubt, weight_ppm: weight_ppm.try_into().unwrap_or(Ppm::ONE), other: None, detail }
}

/// The same, for which another clip is the reason.
pub(super) fn because_of(other: ClipId, finding: Finding) -> Finding {
    Finding { other: Some(other), ..finding }
}
