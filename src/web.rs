//! The map page, which is in the program, and what it asks of closed epochs and drivers' clips.
//!
//! | path | |
//! |---|---|
//! | `GET /`, `/assets/…`, `/favicon.svg` | the page |
//! | `GET /page.json` | what of the settings the page must know |
//! | `GET /v1/epochs` | closed epochs, latest first |
//! | `GET /v1/epochs/{epoch}` | what an epoch was closed with |
//! | `GET /v1/epochs/{epoch}/payouts` | who was paid what, by driver |
//! | `GET /v1/epochs/{epoch}/payouts/{driver}` | one driver's, with the proof |
//! | `GET /v1/drivers/{driver}/clips` | verdicts on a driver's clips, and what they earned |
//!
//! All of it is read from published objects.

mod answer;
mod clips;
mod drivers;
mod earned;
mod epochs;
mod ledger;
mod page;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use waymark_datasets::Store;

use clips::Clips;
use ledger::Ledger;
use page::Page;

use crate::config::PageSettings;

/// Every path of the page and of what it asks; to be merged with other routers.
pub fn router(store: Store, settings: &PageSettings) -> anyhow::Result<Router> {
    let page = Router::new()
        .route("/", get(page::file))
        .route("/assets/{*file}", get(page::file))
        .route("/favicon.svg", get(page::file))
        .route("/page.json", get(page::settings))
        .with_state(Arc::new(Page::new(settings)?));
    let money = Router::new()
        .route("/v1/epochs", get(epochs::list))
        .route("/v1/epochs/{epoch}", get(epochs::one))
        .route("/v1/epochs/{epoch}/payouts", get(epochs::payouts))
        .route("/v1/epochs/{epoch}/payouts/{driver}", get(epochs::payout))
        .with_state(Arc::new(Ledger::new(store.clone())));
    let drivers =
        Router::new().route("/v1/drivers/{driver}/clips", get(drivers::clips)).with_state(Arc::new(Clips::new(store)));
    Ok(page.merge(money).merge(drivers))
}
