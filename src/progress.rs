//! How far long work has come, on standard error; hidden where nobody looks.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `total` steps, named by what is being done.
pub fn bar(what: &'static str, total: usize) -> ProgressBar {
    let bar = ProgressBar::new(total as u64);
    let style = ProgressStyle::with_template("{msg:>10} [{bar:30}] {pos}/{len} {per_sec} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
    bar.set_message(what);
    bar
}

/// A bar over bytes; how many there are is said later.
pub fn bytes(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{msg:>10} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
    bar.set_message(what);
    bar
}

/// A count of which the end is not known.
pub fn counter(what: &'static str) -> ProgressBar {
    let counter = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{msg:>10} {pos} frames {per_sec}");
    counter.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    counter.set_message(what);
    counter
}
