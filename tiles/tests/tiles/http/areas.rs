//! Areas of every kind find what a plain loop over all rows finds.

use std::collections::BTreeSet;

use waymark_datasets::rows::{FeatureRow, FeatureState};
use waymark_datasets::{Position, Store, snapshot};

use super::server::{Server, ids};
use super::world::{feature, put_features, week};

/// A place in a square of a few kilometres, from a number.
fn place(number: u64) -> (f64, f64) {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let part = |shift: u32| f64::from((mixed >> shift) as u16) / f64::from(u16::MAX);
    (47.30 + part(8) * 0.06, 8.50 + part(32) * 0.08)
}

async fn scattered() -> (Server, Vec<FeatureRow>) {
    let rows: Vec<FeatureRow> =
        (0..900).map(|n| feature(&format!("f{n:04}"), "stop-sign", place(n), FeatureState::Present)).collect();
    let store = Store::in_memory();
    put_features(&store, week(), &rows).await;
    snapshot::publish(&store).await.unwrap();
    (Server::start(store).await, rows)
}

#[tokio::test]
async fn every_kind_of_area_finds_what_a_plain_loop_finds() {
    let (server, rows) = scattered().await;
    let all = |is_in: &dyn Fn(f64, f64) -> bool| -> BTreeSet<String> {
        let within = rows.iter().filter(|row| is_in(row.position().longitude_deg(), row.position().latitude_deg()));
        within.map(|row| row.feature_id.clone()).collect()
    };
    let centre = Position::from_degrees(47.33, 8.54).unwrap();
    let near = |x: f64, y: f64, metres: f64| centre.distance_m(Position::from_degrees(y, x).unwrap()) <= metres;
    let cell = rows[0].h3_cell.index().parent(h3o::Resolution::Eight).unwrap();
    let in_cell: BTreeSet<String> = rows
        .iter()
        .filter(|row| row.h3_cell.index().parent(h3o::Resolution::Eight) == Some(cell))
        .map(|row| row.feature_id.clone())
        .collect();
    let degree_m = 111_195.08;
    // A line along a parallel: the distance is that of latitudes between its ends.
    let beside = |x: f64, y: f64| {
        let over_m = if x < 8.52 { 8.52 - x } else { (x - 8.56).max(0.0) } * degree_m * y.to_radians().cos();
        over_m.hypot((y - 47.33) * degree_m) <= 400.0
    };
    let cases: [(&str, BTreeSet<String>); 7] = [
        ("", all(&|_, _| true)),
        ("bbox=8.52,47.31,8.55,47.34", all(&|x, y| (8.52..=8.55).contains(&x) && (47.31..=47.34).contains(&y))),
        (
            "polygon=POLYGON((8.50 47.30, 8.58 47.30, 8.50 47.36, 8.50 47.30))",
            all(&|x, y| (x - 8.50) / 0.08 + (y - 47.30) / 0.06 <= 1.0),
        ),
        (
            r#"polygon={"type":"Polygon","coordinates":[[[8.52,47.31],[8.56,47.31],[8.56,47.35],[8.52,47.35],[8.52,47.31]],
                [[8.53,47.32],[8.55,47.32],[8.55,47.34],[8.53,47.34],[8.53,47.32]]]}"#,
            all(&|x, y| {
                let is_in = |low: f64, high: f64, value: f64| (low..=high).contains(&value);
                is_in(8.52, 8.56, x) && is_in(47.31, 47.35, y) && !(is_in(8.53, 8.55, x) && is_in(47.32, 47.34, y))
            }),
        ),
        ("point=8.54,47.33&radius_m=1200", all(&|x, y| near(x, y, 1_200.0))),
        ("line=LINESTRING(8.52 47.33, 8.56 47.33)&buffer_m=400", all(&beside)),
        (&format!("cell={cell}"), in_cell),
    ];
    for (query, wanted) in cases {
        let found = server.json(&format!("/v1/features?{query}&limit=10000").replace("?&", "?")).await;
        let found: BTreeSet<String> = ids(&found).into_iter().collect();
        assert!(!wanted.is_empty() && found == wanted, "{query}: {} found, {} wanted", found.len(), wanted.len());
    }
}

#[tokio::test]
async fn a_box_crosses_the_antimeridian_when_its_west_is_more_than_its_east() {
    let store = super::world::store().await;
    let server = Server::start(store).await;
    assert_eq!(ids(&server.json("/v1/features?bbox=179.9,-17,-179.9,-16").await), ["stop-3"]);
    let frames = server.json("/stac/search?bbox=179.9,-17,-179.9,-16&limit=1000").await;
    assert_eq!(ids(&frames).len(), 30);
    let point = server.json("/v1/features?point=179.9999,-16.8001&radius_m=200").await;
    assert_eq!(ids(&point), ["stop-3"]);
}
