//! Signing what appears in the folder.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use tokio::sync::Notify;
use waymark_datasets::Digest;
use waymark_ingest::privacy::{Hidden, Privacy, Trim, sign_privately};
use waymark_ingest::{SignError, SignRequest, look_over};
use waymark_vision::{cut, probe};

use super::found::{Found, find};
use super::state::{State, Taken};
use super::trip::{Stretch, ends, trips};
use super::{Event, LOOK_EVERY, Plan, Tell};

/// Signs footage once it is whole, and its trip over.
pub struct Signer {
    plan: Plan,
    state: Arc<State>,
    tell: Tell,
    /// By where it lies: as it is, since when, and what it shows.
    known: BTreeMap<String, Known>,
}

struct Known {
    print: Digest,
    since: Instant,
    seen: Option<Seen>,
    /// Noted in the state folder.
    is_taken: bool,
    /// What was told of it last.
    failure: Option<String>,
}

/// What a look at some footage gave.
#[derive(Clone)]
enum Seen {
    Footage(Stretch),
    /// It cannot be signed.
    Refused(String),
}

impl Signer {
    /// Signs into the queue of `state`.
    pub fn new(plan: Plan, state: Arc<State>, tell: Tell) -> Self {
        Self { plan, state, tell, known: BTreeMap::new() }
    }

    /// Whether it ends when what is there is signed.
    pub fn is_once(&self) -> bool {
        self.plan.once
    }

    /// Signs everything that is there, and says whether all of it could be read.
    pub async fn sign_all(&mut self) -> anyhow::Result<bool> {
        loop {
            let (is_settled, went_well) = self.look().await?;
            if is_settled {
                return Ok(went_well);
            }
            tokio::time::sleep(LOOK_EVERY.min(self.plan.settle)).await;
        }
    }

    /// Signs what appears, and tells of `more` in the queue.
    pub async fn sign_for_ever(&mut self, more: &Notify) -> anyhow::Result<()> {
        loop {
            self.look().await?;
            more.notify_one();
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Looks at the folder once and signs what is ready; whether nothing in it is still changing, and all went well.
    async fn look(&mut self) -> anyhow::Result<(bool, bool)> {
        let found = find(&self.plan.folder).with_context(|| format!("folder {}", self.plan.folder.display()))?;
        let settled = self.settled(found);
        let is_settled = settled.len() == self.known.len();
        let mut whole = Vec::new();
        let mut went_well = true;
        for found in settled {
            match self.see(&found).await {
                Ok(Some(stretch)) => whole.push((found, stretch)),
                Ok(None) => {}
                Err(error) => {
                    went_well = false;
                    self.fail(&found, &error);
                }
            }
        }
        for (found, hidden) in self.ready(whole, is_settled) {
            if let Err(error) = self.sign(&found, hidden).await {
                went_well = false;
                self.fail(&found, &error);
            }
        }
        Ok((is_settled, went_well))
    }

    /// Tells of a failure, but not of the same one at every look.
    fn fail(&mut self, found: &Found, error: &anyhow::Error) {
        let why = format!("{error:#}");
        let known = self.known.get_mut(&found.source);
        if known.is_none_or(|known| known.failure.replace(why.clone()).as_ref() != Some(&why)) {
            (self.tell)(Event::Failed { what: found.source.clone(), why });
        }
    }

    /// Whether what becomes of some footage is settled.
    fn is_taken(&mut self, found: &Found) -> anyhow::Result<bool> {
        let Some(known) = self.known.get_mut(&found.source) else { return Ok(true) };
        known.is_taken = known.is_taken || self.state.taken(found)?.is_some();
        Ok(known.is_taken)
    }

    /// What has not changed for long enough; forgets what has gone.
    fn settled(&mut self, found: Vec<Found>) -> Vec<Found> {
        let now = Instant::now();
        let mut before = std::mem::take(&mut self.known);
        let mut settled = Vec::new();
        for found in found {
            let known = before.remove(&found.source).filter(|known| known.print == found.print);
            let known =
                known.unwrap_or(Known { print: found.print, since: now, seen: None, is_taken: false, failure: None });
            let is_settled = now.duration_since(known.since) >= self.plan.settle;
            self.known.insert(found.source.clone(), known);
            settled.extend(is_settled.then_some(found));
        }
        settled
    }

    /// What some footage shows, looked at once; none where that is of no use.
    async fn see(&mut self, found: &Found) -> anyhow::Result<Option<Stretch>> {
        let Some(known) = self.known.get_mut(&found.source) else { return Ok(None) };
        let seen = match known.seen.clone() {
            Some(seen) => seen,
            None => {
                let (plan, input) = (self.plan.clone(), found.clone());
                let seen = tokio::task::spawn_blocking(move || see(&plan, &input)).await??;
                known.seen.insert(seen).clone()
            }
        };
        match seen {
            Seen::Footage(stretch) => Ok(Some(stretch)),
            Seen::Refused(why) => {
                if !self.is_taken(found)? {
                    self.note(found, Vec::new(), Some(why))?;
                }
                Ok(None)
            }
        }
    }

    /// What can be signed now, in order of time, and what of it is kept back as the end of a trip. A trip is over when
    /// nothing came for long enough, or a later one has begun.
    fn ready(&self, whole: Vec<(Found, Stretch)>, is_settled: bool) -> Vec<(Found, Hidden)> {
        let (founds, stretches): (Vec<Found>, Vec<Stretch>) = whole.into_iter().unzip();
        let trips = trips(&stretches, self.plan.trip_gap);
        let mut ready = Vec::new();
        for (number, trip) in trips.iter().enumerate() {
            let is_last = number + 1 == trips.len();
            let is_quiet = || trip.iter().all(|&i| self.age(&founds[i]) >= self.plan.trip_gap);
            let is_over = if is_last || self.plan.once {
                is_settled && (self.plan.once || is_quiet())
            } else {
                // What is written now may belong to it, but not once nothing came for so long.
                is_settled || is_quiet()
            };
            if self.plan.trim_m > 0.0 && !is_over {
                continue;
            }
            let members: Vec<&Stretch> = trip.iter().map(|&i| &stretches[i]).collect();
            let hidden = ends(&members, self.plan.trim_m);
            ready.extend(trip.iter().map(|&i| (founds[i].clone(), hidden.clone())));
        }
        ready
    }

    fn age(&self, found: &Found) -> std::time::Duration {
        self.known.get(&found.source).map(|known| known.since.elapsed()).unwrap_or_default()
    }

    async fn sign(&mut self, found: &Found, hidden: Hidden) -> anyhow::Result<()> {
        if self.is_taken(found)? {
            return Ok(());
        }
        let Some(Known { seen: Some(Seen::Footage(stretch)), .. }) = self.known.get(&found.source) else {
            return Ok(());
        };
        let (plan, input, out) = (self.plan.clone(), found.clone(), self.state.bundle(found, stretch.start));
        let signed = tokio::task::spawn_blocking(move || {
            let privacy = Privacy { zones: &plan.zones, trim: Trim::Trip(&hidden) };
            sign_privately(&request(&plan, &input, out), &privacy, (&probe, &cut))
        });
        match signed.await? {
            Ok(clips) => {
                let name = |bundle: &std::path::Path| bundle.file_name().map(|name| name.to_string_lossy().into());
                self.note(found, clips.iter().filter_map(|clip| name(&clip.bundle)).collect(), None)
            }
            Err(error) => match for_good(error) {
                Ok(why) => self.note(found, Vec::new(), Some(why)),
                Err(error) => Err(error.into()),
            },
        }
    }

    fn note(&self, found: &Found, bundles: Vec<String>, not_signed: Option<String>) -> anyhow::Result<()> {
        let taken = Taken { source: found.source.clone(), print: found.print, bundles, not_signed };
        self.state.take(found, &taken)?;
        let Taken { source, bundles, not_signed, .. } = taken;
        (self.tell)(match not_signed {
            Some(why) => Event::NotSigned { source, why },
            None => Event::Signed { source, bundles },
        });
        Ok(())
    }
}

fn see(plan: &Plan, found: &Found) -> anyhow::Result<Seen> {
    match look_over(&request(plan, found, plan.folder.clone()), &probe) {
        Ok((captured, track)) => Ok(Seen::Footage(Stretch::new((captured.start, captured.end), track.fixes()))),
        Err(error) => Ok(Seen::Refused(for_good(error)?)),
    }
}

/// Why footage will never be signed as it is; an error that may be another one the next time stays one.
fn for_good(error: SignError) -> Result<String, SignError> {
    match error {
        SignError::Refused(_) | SignError::Withheld(_) | SignError::SignedDifferently(_) => Ok(error.to_string()),
        error => Err(error),
    }
}

fn request<'a>(plan: &'a Plan, found: &Found, out: std::path::PathBuf) -> SignRequest<'a> {
    SignRequest {
        key: &plan.key,
        driver: plan.driver.clone(),
        inputs: found.inputs.clone(),
        camera: plan.camera.clone(),
        video_start: None,
        nonce: None,
        out,
        chain: Some(plan.chain.clone()),
        settings: &plan.settings,
        now: (plan.clock)(),
    }
}
