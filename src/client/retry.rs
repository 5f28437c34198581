//! Trying again: bounded, each time later, never all at once.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use reqwest::header::RETRY_AFTER;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use waymark_datasets::{Reason, Rejection};

/// What a request came to that may be repeated.
pub enum Tried<T> {
    /// An answer of success.
    Done(T),
    /// The server will not, and says why: the same again would be refused again.
    Refused(Rejection),
}

/// RFC 9457, as far as it is read.
#[derive(Deserialize)]
struct Problem {
    detail: Option<String>,
    reason: Option<Reason>,
}

/// Sends what `request` makes until it is answered for good.
pub async fn tried(tries_max: u32, request: impl Fn() -> RequestBuilder) -> anyhow::Result<Tried<Response>> {
    let mut backoff = Backoff::new(tries_max);
    loop {
        let answer = request().send().await;
        let pause = pause_asked_for(&answer);
        let failed = match answer {
            Ok(answer) if answer.status().is_success() => return Ok(Tried::Done(answer)),
            Ok(answer) if is_final(answer.status()) => return refused(answer).await,
            Ok(answer) => anyhow::anyhow!("the server answers {}", answer.status()),
            Err(error) => error.into(),
        };
        backoff.wait(pause).await.with_context(|| format!("{failed:#}"))?;
    }
}

/// What the server asks us to wait for.
pub fn pause_asked_for(answer: &reqwest::Result<Response>) -> Option<Duration> {
    let seconds = answer.as_ref().ok()?.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(PAUSE_ASKED_MAX))
}

/// Whether the same again would be answered the same.
fn is_final(status: StatusCode) -> bool {
    let may_change = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&status);
    status.is_client_error() && !may_change
}

async fn refused(answer: Response) -> anyhow::Result<Tried<Response>> {
    let status = answer.status();
    let problem: Option<Problem> = serde_json::from_slice(&super::read(answer, 1 << 16).await?).ok();
    match problem {
        Some(Problem { reason: Some(reason), detail }) => {
            Ok(Tried::Refused(Rejection::new(reason, detail.unwrap_or_default())))
        }
        Some(Problem { detail: Some(detail), .. }) => bail!("the server answers {status}: {detail}"),
        _ => bail!("the server answers {status}"),
    }
}

/// Waits that double, with jitter, until too many were needed.
pub struct Backoff {
    tries_left: u32,
    pause: Duration,
}

const PAUSE_MIN: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// A server may ask for more, but not for ever.
const PAUSE_ASKED_MAX: Duration = Duration::from_secs(600);

impl Backoff {
    pub fn new(tries_max: u32) -> Self {
        Self { tries_left: tries_max.saturating_sub(1), pause: PAUSE_MIN }
    }

    /// Waits before the next try: as long as the server `asked` for, if it did. An error when no try is left.
    pub async fn wait(&mut self, asked: Option<Duration>) -> anyhow::Result<()> {
        if self.tries_left == 0 {
            bail!("no try is left");
        }
        self.tries_left -= 1;
        let pause = asked.unwrap_or(self.pause).max(self.pause);
        // Between half of it and all: those whose link came back at the same moment come back one by one.
        let jitter = f64::from(nanoseconds() % 1_000_000) / 1e6;
        let jittered =
            if asked.is_some() { pause.mul_f64(1.0 + jitter / 4.0) } else { pause.mul_f64(0.5 + jitter / 2.0) };
        tokio::time::sleep(jittered).await;
        self.pause = (self.pause * 2).min(PAUSE_MAX);
        Ok(())
    }
}

/// The last digits of the clock: random enough to spread clients.
fn nanoseconds() -> u32 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos())
}
