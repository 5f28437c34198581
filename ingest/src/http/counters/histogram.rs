//! How long something took, as Prometheus counts it: how often it took no longer than each of some bounds.

use std::time::Duration;

/// From an answer out of memory to a long clip.
const BOUNDS_S: [f64; 15] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0];

#[derive(Debug, Clone, Default)]
pub(super) struct Histogram {
    /// Of each bound alone; the last is beyond all.
    counts: [u64; BOUNDS_S.len() + 1],
    sum_s: f64,
}

impl Histogram {
    pub(super) fn observe(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        self.counts[BOUNDS_S.partition_point(|&bound| bound < seconds)] += 1;
        self.sum_s += seconds;
    }

    /// Appends its lines; `labels` are those of the metric, without braces.
    pub(super) fn render(&self, text: &mut String, (name, labels): (&str, &str)) {
        let comma = if labels.is_empty() { "" } else { "," };
        let mut sum = 0;
        for (i, count) in self.counts.iter().enumerate() {
            sum += count;
            let bound = BOUNDS_S.get(i).map_or("+Inf".into(), ToString::to_string);
            text.push_str(&format!("{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {sum}\n"));
        }
        let braced = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        text.push_str(&format!("{name}_sum{braced} {}\n{name}_count{braced} {sum}\n", self.sum_s));
    }
}
