//! STAC: links that lead somewhere, and searches that a plain loop confirms.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use waymark_datasets::rows::FrameRow;
use waymark_datasets::{Heading, Position, Region, Store, snapshot};

use super::server::{Server, ids};
use super::world::{Drive, MONDAY_MS, WEEK_MS, add_drive, drives, store};

fn frames() -> Vec<FrameRow> {
    drives().iter().flat_map(|drive| drive.frames()).collect()
}

async fn found(server: &Server, query: &str) -> BTreeSet<String> {
    ids(&server.json(&format!("/stac/search?limit=1000&{query}")).await).into_iter().collect()
}

fn wanted(is_wanted: impl Fn(&FrameRow) -> bool) -> BTreeSet<String> {
    frames().iter().filter(|row| is_wanted(row)).map(|row| row.frame_id.to_string()).collect()
}

#[tokio::test]
async fn every_link_of_the_catalog_leads_somewhere() {
    let server = Server::start(store().await).await;
    let landing = server.json("/stac").await;
    let mut links: Vec<Value> = landing["links"].as_array().unwrap().clone();
    links.extend(server.json("/stac/collections/frames").await["links"].as_array().unwrap().clone());
    let item = &server.json("/stac/search?limit=1").await["features"][0];
    links.extend(item["links"].as_array().unwrap().clone());
    // The document of the whole server is the roof's.
    let is_ours = |link: &&Value| !link["rel"].as_str().unwrap().starts_with("service");
    for link in links.iter().filter(is_ours) {
        let href = link["href"].as_str().unwrap();
        let answer = server.http.get(href).send().await.unwrap();
        assert!(answer.status().is_success(), "{link}");
        assert_eq!(answer.headers()["content-type"], link["type"].as_str().unwrap(), "{link}");
    }
    let image = server.http.get(item["assets"]["image"]["href"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(image.headers()["content-type"], "image/jpeg");
}

#[tokio::test]
async fn searches_by_time_id_and_geometry_find_what_a_plain_loop_finds() {
    let server = Server::start(store().await).await;
    let at = |ms: i64| waymark_datasets::UtcMillis::try_from(ms).unwrap();
    let second = MONDAY_MS + WEEK_MS;
    let time = |row: &FrameRow| row.captured_at_ms.millis();
    assert_eq!(found(&server, "").await, wanted(|_| true));
    assert_eq!(found(&server, &format!("datetime={}/..", at(second))).await, wanted(|row| time(row) >= second));
    let until = MONDAY_MS + 5_000;
    assert_eq!(found(&server, &format!("datetime=../{}", at(until))).await, wanted(|row| time(row) <= until));
    assert_eq!(found(&server, &format!("datetime={}", at(until))).await, wanted(|row| time(row) == until));
    let some: Vec<String> = frames().iter().step_by(9).map(|row| row.frame_id.to_string()).collect();
    let by_id = found(&server, &format!("ids={},nonsense", some.join(","))).await;
    assert_eq!(by_id, some.into_iter().collect());
    let west = r#"intersects={"type":"Polygon","coordinates":[[[8,47],[8.542,47],[8.542,48],[8,48],[8,47]]]}"#;
    let is_west = |row: &FrameRow| (8.0..=8.542).contains(&f64::from(row.longitude_deg));
    assert_eq!(found(&server, west).await, wanted(is_west));
    assert!(found(&server, "collections=others").await.is_empty());
    assert_eq!(found(&server, "collections=frames,others").await, wanted(|_| true));
}

#[tokio::test]
async fn frames_that_look_at_a_place_are_near_it_and_turned_towards_it() {
    let server = Server::start(store().await).await;
    let rows = drives()[0].frames();
    // Ten metres ahead of a frame, a little to the side.
    let place = rows[20].position().destination(Heading::wrapping(95.0), 10.0);
    let query = format!("place_position={},{}&place_distance=2-30", place.longitude_deg(), place.latitude_deg());
    let looks = |row: &FrameRow, place: Position| {
        let turn = (row.position().bearing_to(place).degrees() - row.heading_deg.degrees() + 540.0) % 360.0 - 180.0;
        (2.0..=30.0).contains(&row.position().distance_m(place)) && turn.abs() <= 15.0
    };
    let seen = found(&server, &query).await;
    assert_eq!(seen, wanted(|row| looks(row, place)));
    assert!(seen.contains(&rows[20].frame_id.to_string()) && !seen.contains(&rows[23].frame_id.to_string()));
}

#[tokio::test]
async fn an_item_knows_its_camera_and_its_neighbours_along_the_drive() {
    let server = Server::start(store().await).await;
    let rows = drives()[0].frames();
    let item = server.json(&format!("/stac/collections/frames/items/{}", rows[7].frame_id)).await;
    assert_eq!(item["properties"]["view:azimuth"], json!(90.0));
    let camera = json!({ "sensor_array_dimensions": [1280, 720], "field_of_view": 70.0 });
    assert_eq!(item["properties"]["pers:interior_orientation"], camera);
    assert_eq!(item["geometry"]["coordinates"][1], json!(f64::from(rows[7].latitude_deg)));
    for (rel, row) in [("prev", &rows[6]), ("next", &rows[8])] {
        let link = item["links"].as_array().unwrap().iter().find(|link| link["rel"] == rel).unwrap();
        assert!(link["href"].as_str().unwrap().ends_with(&row.frame_id.to_string()), "{rel}");
    }
    for (row, rel) in [(&rows[0], "prev"), (&rows[59], "next")] {
        let item = server.json(&format!("/stac/collections/frames/items/{}", row.frame_id)).await;
        assert!(item["links"].as_array().unwrap().iter().all(|link| link["rel"] != rel), "the drive ends here");
    }
}

#[tokio::test]
async fn a_drive_goes_on_where_it_crosses_the_border_of_a_region() {
    // Eastward until the region is another one.
    let mut at = Position::from_degrees(47.37, 8.54).unwrap();
    let home = Region::at(at);
    while Region::at(at.destination(Heading::wrapping(90.0), 100.0)) == home {
        at = at.destination(Heading::wrapping(90.0), 100.0);
    }
    let from = (at.latitude_deg(), at.longitude_deg());
    let drive = Drive { name: 9, from, heading_deg: 90.0, frames: 30, start_ms: MONDAY_MS };
    let store = Store::in_memory();
    add_drive(&store, &drive).await;
    snapshot::publish(&store).await.unwrap();
    let server = Server::start(store).await;
    let rows = drive.frames();
    let regions: BTreeSet<_> = rows.iter().map(|row| row.h3_cell.region()).collect();
    let mut item = format!("/stac/collections/frames/items/{}", rows[0].frame_id);
    let mut seen = 1;
    loop {
        let json = server.json(&item).await;
        let Some(link) = json["links"].as_array().unwrap().iter().find(|link| link["rel"] == "next").cloned() else {
            break;
        };
        let href = link["href"].as_str().unwrap();
        assert!(href.ends_with(&rows[seen].frame_id.to_string()), "frame {seen}");
        item = href.strip_prefix(&server.url).unwrap().to_owned();
        seen += 1;
    }
    assert_eq!((seen, regions.len() > 1), (rows.len(), true));
}
