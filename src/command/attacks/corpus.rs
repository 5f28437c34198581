//! Drives of one kind: filmed, signed, admitted and processed, in a store of their own.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, anyhow};
use waymark_datasets::rows::TrustRow;
use waymark_datasets::{ClipId, Ppm, UtcMillis};
use waymark_ingest::plausible::Evidence;
use waymark_ingest::{Admission, AdmitContext, admit, denylist, landed, registry};
use waymark_simulate::{Attack, Plan, simulate};
use waymark_vision::probe;

use super::Found;
use crate::cli::{Attacks, Place};
use crate::command::simulate::{Garage, driver, sign};
use crate::command::{Ask, Buckets};
use crate::progress;
use crate::stage::bench::Bench;
use crate::stage::process::{Process, process, record};
use crate::stage::threads;
use crate::stage::trust::everything;

/// When the honest drives land, after the first of them began; the others come later.
const LANDED_AFTER_MS: i64 = 3 * 24 * 3_600_000;
const CHEATS_AFTER_MS: i64 = 24 * 3_600_000;

/// Drives to make.
pub(super) struct Corpus {
    plan: Plan,
    numbers: Vec<u32>,
    folder: PathBuf,
    devices: PathBuf,
    threads: usize,
    landed_at: UtcMillis,
}

/// What became of them.
pub(super) struct Gathered {
    /// Clips that landed.
    pub(super) landed: Vec<Evidence>,
    /// Of each drive.
    decided: Vec<Decided>,
}

enum Decided {
    Landed(ClipId),
    Refused(String),
}

impl Corpus {
    /// Honest drives have the numbers 1 to N; the first cheat has the next one, so that no cheat shares footage with an
    /// honest drive but where it means to.
    pub(super) fn of(what: &Attacks, attack: Option<Attack>) -> anyhow::Result<Self> {
        let honest = Plan::new(what.seed, 2 * what.honest, what.seconds, what.start)?.with_size(what.size);
        let (plan, name) = match attack {
            Some(attack) => (honest.with_attack(attack)?, attack.name()),
            None => (honest, "honest"),
        };
        let first = if attack.is_some() { what.honest + 1 } else { 1 };
        let count = if attack.is_some() { what.drives } else { what.honest };
        let later_ms = if attack.is_some() { CHEATS_AFTER_MS } else { 0 };
        Ok(Self {
            plan,
            numbers: (first..first + count).collect(),
            folder: what.out.join(name),
            devices: what.out.join("devices"),
            threads: what.threads.unwrap_or_else(threads).get(),
            landed_at: what.start.plus_ms(LANDED_AFTER_MS + later_ms),
        })
    }

    /// Films, signs, admits and processes what is not there yet.
    pub(super) async fn gather(&self, ask: &Ask, bench: &mut Bench) -> anyhow::Result<Gathered> {
        tokio::task::block_in_place(|| self.film(ask))?;
        let store = self.folder.join("store").display().to_string();
        let buckets = Buckets::open(&Place { store, inbox: None })?;
        self.enrol(&buckets).await?;
        let decided = self.admit(ask, &buckets).await?;
        let bar = progress::bar("process", decided.len());
        let frames = progress::counter("process");
        let settings = Process { vision: &ask.config.vision, trust: &ask.config.trust };
        let count = || {
            frames.inc(1);
            true
        };
        for clip_id in landed::list(&buckets.inbox).await? {
            if record(&buckets.store, clip_id).await?.is_none() {
                let clip = landed::open(&buckets.inbox, clip_id).await?.context("a clip vanished")?;
                process(&buckets.store, &clip, (bench, &settings), &count).await?;
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        frames.finish_and_clear();
        Ok(Gathered { landed: everything(&buckets.store).await?, decided })
    }

    fn bundle(&self, number: u32) -> PathBuf {
        self.folder.join(format!("bundles/{number:03}"))
    }

    /// A thread for each core; every drive is signed by a device that signs no other of this kind.
    fn film(&self, ask: &Ask) -> anyhow::Result<()> {
        let bar = progress::bar("film", self.numbers.len());
        let next = AtomicUsize::new(0);
        let work = || -> anyhow::Result<()> {
            while let Some(&number) = self.numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
                if !self.bundle(number).join("manifest.jws").exists() {
                    self.film_one(ask, number).with_context(|| format!("drive {number:03}"))?;
                }
                bar.inc(1);
            }
            Ok(())
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..self.threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| anyhow!("a thread ended early"))?)
        })?;
        bar.finish_and_clear();
        Ok(())
    }

    fn film_one(&self, ask: &Ask, number: u32) -> anyhow::Result<()> {
        let garage = Garage::new(self.plan.seed(), self.devices.clone());
        let scratch = self.folder.join(format!("film/{number:03}"));
        let report = simulate(&self.plan.clone().with_only(number), &scratch, NonZeroUsize::MIN, &mut |_| {})?;
        for drive in &report.drives {
            sign(ask, (&self.plan, &garage), (drive, self.bundle(number)))?;
        }
        fs::remove_dir_all(&scratch).with_context(|| scratch.display().to_string())
    }

    async fn enrol(&self, buckets: &Buckets) -> anyhow::Result<()> {
        let garage = Garage::new(self.plan.seed(), self.devices.clone());
        // Some cheat with the device of an honest drive.
        for device in 1..=self.numbers.last().copied().unwrap_or(0) {
            let (key, nobody) = (garage.key(device)?, "0x000000000000000000000000000000000000dEaD".parse()?);
            registry::enrol(&buckets.store, &driver(device)?, key.device_id(), nobody).await?;
        }
        Ok(())
    }

    async fn admit(&self, ask: &Ask, buckets: &Buckets) -> anyhow::Result<Vec<Decided>> {
        let (store, inbox, settings) = (&buckets.store, &buckets.inbox, &ask.config.ingest);
        let denied = denylist::in_force(store, inbox).await?;
        let context = AdmitContext { store, inbox, settings, denied: &denied, now: self.landed_at, probe: &probe };
        let mut decided = Vec::new();
        for &number in &self.numbers {
            decided.push(match admit(&self.bundle(number), &context).await? {
                Admission::Landed(clip) | Admission::AlreadyLanded(clip) => Decided::Landed(clip),
                Admission::Refused(rejection) => Decided::Refused(rejection.reason.to_string()),
            });
        }
        Ok(decided)
    }
}

impl Gathered {
    /// What was found out of each drive.
    pub(super) fn found(&self, trust: &[TrustRow]) -> Vec<Found> {
        let rows: BTreeMap<ClipId, &TrustRow> = trust.iter().map(|row| (row.clip_id, row)).collect();
        let found = |decided: &Decided| match decided {
            Decided::Refused(reason) => Found { trust: Ppm::ZERO, counts: false, by: Some(reason.clone()) },
            Decided::Landed(clip) => {
                rows.get(clip).map_or(Found { trust: Ppm::ONE, counts: true, by: None }, |row| Found {
                    trust: row.trust_ppm,
                    counts: row.counts,
                    by: row.findings.first().map(|finding| finding.doubt.to_string()),
                })
            }
        };
        self.decided.iter().map(found).collect()
    }
}
