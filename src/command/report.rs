//! `waymark report`: say what is in a store, compare it with the truth where that is known, and draw it.

mod columns;
mod pictures;
mod text;

use serde::Serialize;
use waymark_datasets::Store;

use super::Ask;
use crate::Done;
use crate::compare::{Comparison, Score, Survey, compare};
use crate::stage::summary::{Published, Summary, summary};

/// What is in a store, and how true that is.
#[derive(Debug, Serialize)]
struct Report {
    #[serde(flatten)]
    summary: Summary,
    /// Where the truth is known.
    truth: Option<Score>,
}

pub(super) async fn run(ask: &Ask, what: &crate::cli::Report) -> anyhow::Result<Done> {
    let store = Store::open(&what.store)?;
    let published = Published::read(&store).await?;
    let surveys: Vec<Survey> = what.truth.iter().map(|dir| Survey::read(dir)).collect::<Result<_, _>>()?;
    let compared: Option<Comparison> = match surveys.as_slice() {
        [] => None,
        surveys => Some(compare(surveys, &published.frames, &published.features)?),
    };
    let report =
        Report { summary: summary(&store, &published).await?, truth: compared.as_ref().map(|it| it.score.clone()) };
    ask.say(&report, &report.to_string())?;
    if let Some(folder) = &what.pictures {
        pictures::draw(&store, (&published, compared.as_ref()), folder).await?;
    }
    Ok(Done::Yes)
}
