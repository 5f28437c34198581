//! `waymark attacks`: every kind of cheating beside honest drives, through admission, processing and trust.

mod corpus;
mod figures;

use anyhow::{Context, ensure};
use waymark_datasets::Ppm;
use waymark_ingest::plausible::judge;
use waymark_simulate::Attack;

use super::Ask;
use crate::Done;
use crate::cli::{Attacks, Detection};
use crate::picture::roc;
use crate::stage::bench::Bench;
use corpus::Corpus;
use figures::{Figures, Kind};

pub(super) async fn run(ask: &Ask, what: &Attacks) -> anyhow::Result<Done> {
    ensure!(what.drives <= what.honest, "--drives {} of each kind need as many --honest", what.drives);
    let mut bench = Bench::load(&Detection {
        pack: what.pack.clone(),
        models: what.models.clone(),
        onnxruntime: what.onnxruntime.clone(),
        threads: what.threads,
    })?;
    let honest = Corpus::of(what, None)?.gather(ask, &mut bench).await?;
    let alone = judge(&honest.landed, &ask.config.trust);
    let kinds = if what.attacks.is_empty() { Attack::ALL.to_vec() } else { what.attacks.clone() };
    let mut figures = Figures::new(what, &honest.found(&alone));
    for attack in kinds {
        let cheats = Corpus::of(what, Some(attack))?.gather(ask, &mut bench).await?;
        let together = [honest.landed.as_slice(), &cheats.landed].concat();
        let trust = judge(&together, &ask.config.trust);
        figures.add(Kind { attack, cheats: cheats.found(&trust), honest: honest.found(&trust) });
    }
    let file = what.out.join("roc.png");
    let picture = roc(&figures.curves()).context("no memory for a picture")?;
    picture.save_png(&file).with_context(|| file.display().to_string())?;
    let json = what.out.join("attacks.json");
    std::fs::write(&json, serde_json::to_vec_pretty(&figures)?).with_context(|| json.display().to_string())?;
    ask.say(&figures, &format!("{}\nROC: {}", figures.table(), file.display()))?;
    Ok(Done::Yes)
}

/// What became of one drive.
struct Found {
    /// None where it was refused.
    trust: Ppm,
    counts: bool,
    /// What found it out first: the reason of its refusal, or the heaviest doubt.
    by: Option<String>,
}
