//! How often a device stores while others store as well: so that one that floods takes what is left over, of the disk
//! and of the processors, and no more. Who is alone is never held up.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;
use waymark_datasets::DeviceId;

/// What was stored is counted over so long, and as much may a device that stored nothing do at once.
const WINDOW: Duration = Duration::from_secs(1);
/// So many times as often as the others do on average may any device store.
const OF_OTHERS_MAX: f64 = 2.0;

/// How often each device stored, in this window and in the one before.
#[derive(Debug)]
pub(super) struct Paces {
    always_per_s: f64,
    began: Instant,
    current: HashMap<DeviceId, Pace>,
    before: HashMap<DeviceId, Pace>,
    before_count: u32,
}

#[derive(Debug, Clone, Copy)]
struct Pace {
    count: u32,
    /// When the next is due of one that never stores too often.
    next: Instant,
}

impl Paces {
    /// From `now` on; a device may always store `always_per_s` times a second, whatever others do.
    pub(super) fn new(always_per_s: u32, now: Instant) -> Self {
        let always_per_s = f64::from(always_per_s.max(1));
        Self { always_per_s, began: now, current: HashMap::new(), before: HashMap::new(), before_count: 0 }
    }

    /// When `device`, which would store now, may do so; it is counted as if it did then.
    pub(super) fn reserve(&mut self, device: &DeviceId, now: Instant) -> Instant {
        self.turn_over(now);
        let known = self.current.get(device);
        let count = known.map_or(0, |pace| pace.count) + 1;
        let next = known.or_else(|| self.before.get(device)).map_or(now, |pace| now.max(pace.next));
        self.current.insert(device.clone(), Pace { count, next: next + self.gap(device) });
        now.max(next.checked_sub(WINDOW).unwrap_or(now))
    }

    /// The time from one to the next.
    fn gap(&self, device: &DeviceId) -> Duration {
        let own = self.before.get(device);
        let others = self.before.len() - usize::from(own.is_some());
        if others == 0 {
            return Duration::ZERO;
        }
        let of_others = f64::from(self.before_count - own.map_or(0, |pace| pace.count)) / others as f64;
        Duration::from_secs_f64(1.0 / self.always_per_s.max(OF_OTHERS_MAX * of_others / WINDOW.as_secs_f64()))
    }

    fn turn_over(&mut self, now: Instant) {
        let past = now.saturating_duration_since(self.began);
        if past < WINDOW {
            return;
        }
        self.before = std::mem::take(&mut self.current);
        if past > 2 * WINDOW {
            self.before.clear();
        }
        self.before_count = self.before.values().map(|pace| pace.count).sum();
        self.began = now;
    }
}
