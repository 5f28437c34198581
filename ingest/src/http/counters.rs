//! What is counted for whoever runs the server, in the text format of Prometheus.

mod histogram;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use waymark_datasets::Reason;

use histogram::Histogram;

/// Counts since the server started.
#[derive(Debug, Default)]
pub struct Counters {
    /// Clips that landed.
    pub(super) landed: Count,
    /// Bytes of media that were stored.
    pub(super) stored_bytes: Count,
    /// Pieces of media that were stored.
    pub(super) stored_parts: Count,
    /// Requests that are being answered.
    pub(super) in_flight: Count,
    /// Answers by method, route and status.
    answers: Mutex<BTreeMap<(&'static str, String, u16), u64>>,
    /// How long answers took, by route.
    durations: Mutex<BTreeMap<String, Histogram>>,
    /// Refusals by their reason.
    refusals: Mutex<BTreeMap<Reason, u64>>,
    /// From the last byte of a clip to the decision on it.
    landing: Mutex<Histogram>,
    /// From the first frame of a clip to its record.
    processing: Mutex<Histogram>,
    /// Coverage, features and snapshot.
    publishing: Mutex<Histogram>,
    /// Clips that could not be processed.
    failed: Count,
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
    /// A clip was processed in this time.
    pub fn processed(&self, took: Duration) {
        locked(&self.processing).observe(took);
    }

    /// A clip could not be processed.
    pub fn failed(&self) {
        self.failed.add(1);
    }

    /// A snapshot was published in this time.
    pub fn published(&self, took: Duration) {
        locked(&self.publishing).observe(took);
    }

    pub(super) fn answered(&self, (method, route, status): (&'static str, &str, u16), took: Duration) {
        *locked(&self.answers).entry((method, route.into(), status)).or_default() += 1;
        locked(&self.durations).entry(route.into()).or_default().observe(took);
    }

    pub(super) fn decided(&self, took: Duration) {
        locked(&self.landing).observe(took);
    }

    pub(super) fn refused(&self, reason: Reason) {
        *locked(&self.refusals).entry(reason).or_default() += 1;
    }

    /// As text; `gauges` are what others know: name, help, value.
    pub(super) fn render(&self, gauges: &[(&str, &str, u64)]) -> String {
        let mut text = String::new();
        for (name, help, count) in [
            ("waymark_clips_landed_total", "Clips that landed.", &self.landed),
            ("waymark_clips_failed_total", "Tries to process a clip that failed.", &self.failed),
            ("waymark_media_stored_bytes_total", "Bytes of media that were stored.", &self.stored_bytes),
            ("waymark_media_stored_parts_total", "Pieces of media that were stored.", &self.stored_parts),
        ] {
            metric(&mut text, (name, help, "counter"), [(String::new(), count.get())]);
        }
        let answers = locked(&self.answers);
        let answers = answers.iter().map(|((method, route, status), count)| {
            (format!("{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}"), *count)
        });
        let help = "Answers by method, route and status.";
        metric(&mut text, ("waymark_http_answers_total", help, "counter"), answers);
        let refusals = locked(&self.refusals);
        let refusals = refusals.iter().map(|(reason, count)| (format!("{{reason=\"{reason}\"}}"), *count));
        metric(&mut text, ("waymark_refusals_total", "Manifests and clips refused, by reason.", "counter"), refusals);
        let in_flight = ("waymark_http_requests_in_flight", "Requests being answered.", self.in_flight.get());
        for (name, help, value) in gauges.iter().copied().chain([in_flight]) {
            metric(&mut text, (name, help, "gauge"), [(String::new(), value)]);
        }
        self.render_times(&mut text);
        text
    }

    fn render_times(&self, text: &mut String) {
        for (name, help, histogram) in [
            ("waymark_landing_seconds", "From the last byte of a clip to the decision on it.", &self.landing),
            ("waymark_processing_seconds", "Processing of a clip.", &self.processing),
            ("waymark_publishing_seconds", "Coverage, features and snapshot.", &self.publishing),
        ] {
            text.push_str(&head(name, help, "histogram"));
            locked(histogram).render(text, (name, ""));
        }
        let name = "waymark_http_answer_duration_seconds";
        text.push_str(&head(name, "From the headers of a request to those of its answer, by route.", "histogram"));
        for (route, histogram) in locked(&self.durations).iter() {
            histogram.render(text, (name, &format!("route=\"{route}\"")));
        }
    }
}

/// A thread that died while it counted leaves a number that is as good as any.
fn locked<T>(counts: &Mutex<T>) -> MutexGuard<'_, T> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

fn head(name: &str, help: &str, kind: &str) -> String {
    format!("# HELP {name} {help}\n# TYPE {name} {kind}\n")
}

fn metric(
    text: &mut String,
    (name, help, kind): (&str, &str, &str),
    values: impl IntoIterator<Item = (String, impl Display)>,
) {
    text.push_str(&head(name, help, kind));
    text.extend(values.into_iter().map(|(labels, value)| format!("{name}{labels} {value}\n")));
}
