//! What is counted for whoever runs the server, in the text format of Prometheus.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use waymark_datasets::Reason;

/// Counts since the server started.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Clips that landed.
    pub(super) landed: Count,
    /// Bytes of media that were stored.
    pub(super) stored_bytes: Count,
    /// Pieces of media that were stored.
    pub(super) stored_parts: Count,
    /// Requests that are being answered.
    pub(super) in_flight: Count,
    /// Answers by their status.
    answers: Mutex<BTreeMap<u16, u64>>,
    /// Refusals by their reason.
    refusals: Mutex<BTreeMap<Reason, u64>>,
}

/// One number that many threads change.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(super) fn sub(&self, less: u64) {
        self.0.fetch_sub(less, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(super) fn answered(&self, status: u16) {
        count(&self.answers, status);
    }

    pub(super) fn refused(&self, reason: Reason) {
        count(&self.refusals, reason);
    }

    /// As text; `gauges` are what others know: name, help, value.
    pub(super) fn render(&self, gauges: &[(&str, &str, u64)]) -> String {
        let mut text = String::new();
        for (name, help, value) in [
            ("waymark_clips_landed_total", "Clips that landed.", self.landed.get()),
            ("waymark_media_stored_bytes_total", "Bytes of media that were stored.", self.stored_bytes.get()),
            ("waymark_media_stored_parts_total", "Pieces of media that were stored.", self.stored_parts.get()),
        ] {
            metric(&mut text, (name, help, "counter"), &[(String::new(), value)]);
        }
        let answers = labelled(&self.answers, "status");
        metric(&mut text, ("waymark_http_answers_total", "Answers by status.", "counter"), &answers);
        let refusals = labelled(&self.refusals, "reason");
        metric(&mut text, ("waymark_refusals_total", "Manifests and clips refused, by reason.", "counter"), &refusals);
        let in_flight = ("waymark_http_requests_in_flight", "Requests being answered.", self.in_flight.get());
        for (name, help, value) in gauges.iter().copied().chain([in_flight]) {
            metric(&mut text, (name, help, "gauge"), &[(String::new(), value)]);
        }
        text
    }
}

/// A thread that died while it counted leaves a number that is as good as any.
fn count<K: Ord>(counts: &Mutex<BTreeMap<K, u64>>, key: K) {
    *counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).entry(key).or_default() += 1;
}

fn labelled<K: std::fmt::Display>(counts: &Mutex<BTreeMap<K, u64>>, label: &str) -> Vec<(String, u64)> {
    let counts = counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    counts.iter().map(|(key, count)| (format!("{{{label}=\"{key}\"}}"), *count)).collect()
}

fn metric(text: &mut String, (name, help, kind): (&str, &str, &str), values: &[(String, u64)]) {
    let lines = values.iter().map(|(labels, value)| format!("{name}{labels} {value}\n"));
    text.extend([format!("# HELP {name} {help}\n# TYPE {name} {kind}\n")].into_iter().chain(lines));
}
