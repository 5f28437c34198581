//! `/style.json`: how the map looks, for MapLibre. Needs nothing but our tiles: no base map, no fonts, no sprites.
//!
//! Source: <https://maplibre.org/maplibre-style-spec/>.

mod theme;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::{Value, json};

use super::answer::{JSON, Lasting, json};
use super::map::{Edition, Map};
use super::params::Params;
use super::problem::Problem;
use crate::archive::Bounds;
use crate::query::Refusal;
use theme::{DARK, LIGHT, Theme};

/// A MapLibre style of the map.
#[utoipa::path(
    get, path = "/style.json", tag = "tiles",
    params(
        ("theme" = Option<String>, Query, description = "light or dark; light if not given"),
        ("snapshot" = Option<String>, Query, description = "The snapshot; the latest if none"),
    ),
    responses(
        (status = 200, description = "A MapLibre style", content_type = "application/json", body = Object),
        (status = 304, description = "You have it"),
        (status = 400, description = "An unknown parameter", content_type = "application/problem+json"),
        (status = 404, description = "No such snapshot, or no tiles of it", content_type = "application/problem+json"),
        (status = 503, description = "The storage failed", content_type = "application/problem+json"),
    )
)]
pub(super) async fn style(State(map): State<Arc<Map>>, uri: Uri, asked: HeaderMap) -> Result<Response, Problem> {
    let params = Params::of_query(uri.query(), &["theme", "snapshot"])?;
    let theme = match params.text("theme")? {
        None | Some("light") => &LIGHT,
        Some("dark") => &DARK,
        Some(_) => return Err(Refusal::parameter("theme", "light or dark").into()),
    };
    let snapshot = params.snapshot()?;
    let edition = map.at(snapshot).await?;
    Ok(json(&asked, JSON, &of(&map.public_url, &edition, theme)?, Lasting::of(snapshot.is_some())))
}

const SOURCE: &str = "waymark";
const WEEK_MS: i64 = 7 * 24 * 3_600_000;
/// Coverage is as fresh as the first colour for this many weeks after it was seen, as the second, and so on.
const FRESH_WEEKS: [i64; 4] = [1, 4, 12, 52];

fn of(public_url: &str, edition: &Edition, theme: &Theme) -> Result<Value, Problem> {
    let (id, archive) = (edition.id()?, edition.archive()?);
    let Bounds { west_deg, south_deg, east_deg, north_deg } = archive.header().bounds;
    // Freshness is counted from the end of what is on the map, so that the same snapshot always looks the same.
    let newest_ms = edition.view.epochs().map_or(0, |(_, last)| last.end().millis());
    Ok(json!({
        "version": 8,
        "name": format!("Waymark {}", theme.name),
        "center": [(west_deg + east_deg) / 2.0, (south_deg + north_deg) / 2.0],
        "zoom": archive.header().center_zoom(),
        "sources": { SOURCE: { "type": "vector", "url": format!("{public_url}/tiles.json?snapshot={id}") } },
        "layers": layers(theme, newest_ms),
    }))
}

fn layers(theme: &Theme, newest_ms: i64) -> Value {
    json!([
        { "id": "background", "type": "background", "paint": { "background-color": theme.background } },
        layer("coverage", "fill", "coverage", json!({
            "fill-color": freshness(theme, newest_ms),
            "fill-opacity": ["interpolate", ["linear"], ["zoom"], 0, 0.85, 14, 0.7, 18, 0.45],
            "fill-antialias": true,
        })),
        layer("coverage-outline", "line", "coverage", json!({
            "line-color": theme.background,
            "line-width": ["interpolate", ["linear"], ["zoom"], 4, 0.2, 12, 0.6, 18, 1.2],
            "line-opacity": 0.6,
        })),
        layer("sequences", "line", "sequences", json!({
            "line-color": theme.line,
            "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.6, 14, 1.6, 19, 3.0],
            "line-opacity": ["interpolate", ["linear"], ["zoom"], 8, 0.3, 14, 0.7],
        })),
        layer("frames", "circle", "frames", json!({
            "circle-color": theme.frame,
            "circle-radius": ["interpolate", ["exponential", 1.5], ["zoom"], 13, 1.2, 16, 3.2, 20, 7],
            "circle-stroke-color": theme.background,
            "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 14, 0, 16, 1],
            "circle-opacity": ["interpolate", ["linear"], ["zoom"], 12, 0.4, 16, 0.95],
        })),
        layer("features", "circle", "features", json!({
            "circle-color": by_class(theme),
            "circle-radius": ["interpolate", ["exponential", 1.4], ["zoom"], 8, 1.5, 14, 4.5, 20, 11],
            "circle-opacity": ["match", ["get", "state"], "gone", 0.15, 0.95],
            "circle-stroke-color": ["match", ["get", "state"], "new", theme.new, "gone", theme.gone, theme.halo],
            "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 10, 0.5, 16, 2],
        })),
    ])
}

fn layer(id: &str, kind: &str, source_layer: &str, paint: Value) -> Value {
    json!({ "id": id, "type": kind, "source": SOURCE, "source-layer": source_layer, "paint": paint })
}

/// From stale to fresh by when a cell was last seen.
fn freshness(theme: &Theme, newest_ms: i64) -> Value {
    let mut step = vec![json!("step"), json!(["to-number", ["get", "last_seen_ms"], 0]), json!(theme.fresh[4])];
    for (weeks, colour) in FRESH_WEEKS.iter().zip(theme.fresh).rev() {
        step.extend([json!(newest_ms - weeks * WEEK_MS), json!(colour)]);
    }
    json!(step)
}

/// A colour for each kind of thing, by what the name of its class holds.
fn by_class(theme: &Theme) -> Value {
    let mut case = vec![json!("case")];
    for (word, colour) in theme.classes {
        case.extend([json!(["in", word, ["get", "class"]]), json!(colour)]);
    }
    case.push(json!(theme.other));
    json!(case)
}
