//! Who waits for a turn. A line that forms in a moment and is gone in the next is what lines are for; one that is always
//! there only makes everybody late, and is kept short: nobody joins it who would wait for nothing but others. (After the
//! adaptive queue of B. Maurer, "Fail at Scale", ACM Queue 13(8), 2015.)

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A line with somebody in it for so long is one that is always there, until nobody was sent away for a while.
const STANDING: Duration = Duration::from_millis(100);
const SENT_AWAY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Line {
    usual_max: usize,
    standing_max: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: usize,
    began: Option<Instant>,
    sent_away: Option<Instant>,
}

/// A place in the line, until it is dropped: whoever waits may be gone before there is a turn.
#[derive(Debug)]
pub(super) struct Place<'a>(&'a Line);

impl Line {
    /// A line that is joined while it is shorter than `usual_max`, or than `standing_max` while it is always there.
    pub(super) fn new(usual_max: usize, standing_max: usize) -> Self {
        Self { usual_max, standing_max, state: Mutex::default() }
    }

    /// Whether somebody who may as well come again later should wait.
    pub(super) fn is_open(&self, now: Instant) -> bool {
        let mut state = self.state();
        let is_since = |moment: Option<Instant>, time| moment.is_some_and(|then| now.duration_since(then) >= time);
        let is_standing =
            is_since(state.began, STANDING) || state.sent_away.is_some() && !is_since(state.sent_away, SENT_AWAY);
        let is_open = state.waiting < if is_standing { self.standing_max } else { self.usual_max };
        if !is_open {
            state.sent_away = Some(now);
        }
        is_open
    }

    pub(super) fn join(&self, now: Instant) -> Place<'_> {
        let mut state = self.state();
        state.waiting += 1;
        state.began.get_or_insert(now);
        Place(self)
    }

    /// No step under the lock can stop half way.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.waiting -= 1;
        if state.waiting == 0 {
            state.began = None;
        }
    }
}
