//! `waymark redact`: the privacy stage alone, on images.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, bail};
use bytes::Bytes;
use indicatif::ProgressBar;
use serde_json::json;
use waymark_datasets::Role;
use waymark_vision::{Detector, Settings, redact_image};

use super::Ask;
use crate::Done;
use crate::cli::Redact;
use crate::progress;
use crate::stage::bench::Bench;

pub(super) fn run(ask: &Ask, what: &Redact) -> anyhow::Result<Done> {
    let mut work = Vec::new();
    for input in &what.inputs {
        gather(input, &what.out, &mut work)?;
    }
    check_names(&work)?;
    std::fs::create_dir_all(&what.out).with_context(|| format!("folder {}", what.out.display()))?;
    let mut bench = Bench::load(&what.models)?;
    let bar = progress::bar("redact", work.len());
    let results = redact_all(&work, (&mut bench.detectors, &ask.config.vision), &bar);
    bar.finish_and_clear();
    let mut counts = Counts::default();
    for (job, result) in work.iter().zip(results) {
        match result {
            Ok(found) => {
                counts.images += 1;
                counts.redacted += found;
            }
            Err(error) => {
                counts.failed += 1;
                eprintln!("waymark: {}: {error:#}", job.input.display());
            }
        }
    }
    let Counts { images, redacted, failed } = counts;
    let text = format!("{images} images redacted, {redacted} faces and plates in them; {failed} failed");
    ask.say(&json!({ "images": images, "redacted": redacted, "failed": failed }), &text)?;
    Ok(if failed == 0 { Done::Yes } else { Done::No })
}

#[derive(Default)]
struct Counts {
    images: usize,
    redacted: usize,
    failed: usize,
}

/// One image and where it goes.
struct Work {
    input: PathBuf,
    output: PathBuf,
}

/// An image, or the images right in a folder, in order of name.
fn gather(input: &Path, out: &Path, work: &mut Vec<Work>) -> anyhow::Result<()> {
    let place = || input.display().to_string();
    let mut files = vec![input.to_path_buf()];
    if input.is_dir() {
        let entries: Result<Vec<_>, _> = std::fs::read_dir(input).with_context(place)?.collect();
        files = entries.with_context(place)?.into_iter().map(|entry| entry.path()).filter(|f| is_image(f)).collect();
        files.sort();
    } else if !is_image(input) {
        bail!("{}: only JPEG and PNG files are redacted", input.display());
    }
    for file in files {
        let name = file.file_stem().with_context(place)?.to_string_lossy().into_owned();
        work.push(Work { output: out.join(format!("{name}.jpg")), input: file });
    }
    Ok(())
}

fn is_image(file: &Path) -> bool {
    let extension = file.extension().map(|extension| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| extension == "jpg" || extension == "jpeg" || extension == "png")
}

/// Nothing is overwritten: not the input, not one output by another.
fn check_names(work: &[Work]) -> anyhow::Result<()> {
    let mut outputs: Vec<&PathBuf> = work.iter().map(|job| &job.output).collect();
    outputs.sort();
    if let Some(twice) = outputs.windows(2).find(|pair| pair[0] == pair[1]) {
        bail!("two inputs would both be written to {}", twice[0].display());
    }
    let same =
        |job: &&Work| job.output.canonicalize().is_ok_and(|out| job.input.canonicalize().is_ok_and(|i| i == out));
    match work.iter().find(same) {
        Some(job) => bail!("{} would be overwritten: choose another --out", job.input.display()),
        None => Ok(()),
    }
}

/// Each detector takes the next image until there are none; results are in order of work.
fn redact_all(
    work: &[Work],
    (detectors, settings): (&mut [Detector], &Settings),
    bar: &ProgressBar,
) -> Vec<anyhow::Result<usize>> {
    let next = Mutex::new(work.iter().enumerate());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for detector in detectors {
            scope.spawn(|| {
                while let Some((place, job)) = next.lock().ok().and_then(|mut next| next.next()) {
                    let result = redact_one(job, detector, settings);
                    bar.inc(1);
                    if let Ok(mut done) = done.lock() {
                        done.push((place, result));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

fn redact_one(job: &Work, detector: &mut Detector, settings: &Settings) -> anyhow::Result<usize> {
    let bytes = Bytes::from(std::fs::read(&job.input)?);
    let (image, detections) = redact_image(&bytes, detector, settings)?;
    std::fs::write(&job.output, image.jpeg()).with_context(|| job.output.display().to_string())?;
    Ok(detections.iter().filter(|detection| detection.role == Role::Private).count())
}
