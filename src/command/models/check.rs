//! `waymark models check`: how good a pack is on footage whose truth is known.

use std::convert::Infallible;
use std::num::NonZeroU32;

use indicatif::ProgressBar;
use waymark_vision::{Score, Sighting, score_frame, survey};

use super::report;
use super::truth::{self, Footage};
use crate::Done;
use crate::cli::Check;
use crate::command::Ask;
use crate::progress;
use crate::stage::bench::Bench;

pub(super) fn run(ask: &Ask, what: &Check) -> anyhow::Result<Done> {
    let mut footage = Vec::new();
    for folder in &what.truth {
        footage.extend(truth::read(folder)?);
    }
    let mut bench = Bench::load(&what.models)?;
    let known = bench.pack.manifest().roles();
    let frames = footage.iter().map(|footage| footage.wanted(what.every).len()).sum();
    let bar = progress::bar("check", frames);
    let mut score = Score::default();
    for footage in &footage {
        for seen in look(footage, what.every, &mut bench, &bar)? {
            score.merge(&score_frame(&seen, footage.truth_of(&seen)?, &known, ask.config.vision.redact));
        }
    }
    bar.finish_and_clear();
    let name = bench.pack.name();
    let text = format!("pack {name} on {} frames\n\n{}", score.frames, report::text(&score, &known));
    ask.say(&report::json(name, &score, &known), &text)?;
    Ok(Done::Yes)
}

/// What the models find in the wanted frames of some footage.
fn look(footage: &Footage, every: NonZeroU32, bench: &mut Bench, bar: &ProgressBar) -> anyhow::Result<Vec<Sighting>> {
    let mut found = Vec::new();
    survey(&footage.source()?, &footage.wanted(every), &mut bench.detectors, &mut |seen| {
        found.push(seen);
        bar.inc(1);
        Ok::<(), Infallible>(())
    })?;
    Ok(found)
}
