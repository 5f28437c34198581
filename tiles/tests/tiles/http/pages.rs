//! Answers: pages, filters, epochs, names and formats.

use std::collections::BTreeSet;

use arrow::ipc::reader::StreamReader;
use reqwest::StatusCode;
use serde_json::json;
use waymark_datasets::rows::FeatureState;
use waymark_datasets::snapshot;

use super::server::{Server, ids, next};
use super::world::{WEEK_MS, feature, put_features, store, week};

#[tokio::test]
async fn pages_put_together_are_the_whole_answer() {
    let server = Server::start(store().await).await;
    for path in ["/v1/coverage", "/v1/features", "/stac/search", "/stac/collections/frames/items"] {
        let whole = ids(&server.json(&format!("{path}?limit=10000")).await);
        assert!(whole.len() > 2, "{path}");
        let mut pages: Vec<String> = Vec::new();
        let mut address = Some(format!("{}{path}?limit=7", server.url));
        while let Some(page) = address {
            let page = server.json(page.strip_prefix(&server.url).unwrap()).await;
            assert!(ids(&page).len() <= 7);
            pages.extend(ids(&page));
            address = next(&page);
        }
        assert_eq!(pages, whole, "{path}");
        assert_eq!(whole.iter().collect::<BTreeSet<_>>().len(), whole.len(), "{path}: nothing comes twice");
    }
}

#[tokio::test]
async fn pages_by_post_go_on_with_what_the_link_says() {
    let server = Server::start(store().await).await;
    for path in ["/v1/coverage", "/stac/search"] {
        let mut body = json!({ "limit": 50, "bbox": [8.0, 47.0, 9.0, 48.0] });
        let mut found = Vec::new();
        loop {
            let answer = server.post(path, &body).await;
            assert_eq!(answer.status(), StatusCode::OK);
            let page = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
            found.extend(ids(&page));
            let Some(link) = page["links"].as_array().unwrap().iter().find(|link| link["rel"] == "next") else { break };
            assert_eq!((&link["method"], &link["merge"]), (&json!("POST"), &json!(true)));
            body["token"] = link["body"]["token"].clone();
        }
        assert_eq!(found, ids(&server.json(&format!("{path}?bbox=8,47,9,48&limit=10000")).await), "{path}");
    }
}

#[tokio::test]
async fn features_are_asked_for_by_class_and_state_and_what_is_gone_is_left_out() {
    let server = Server::start(store().await).await;
    let asked = async |query: &str| server.json(&format!("/v1/features?bbox=8,47,9,48{query}")).await;
    assert_eq!(ids(&asked("").await), sorted(&["light-1", "stop-1"], &server).await);
    assert_eq!(ids(&asked("&class=stop-sign").await), ["stop-1"]);
    assert_eq!(ids(&asked("&state=gone").await), ["stop-2"]);
    assert_eq!(ids(&asked("&class=stop-sign,traffic-light&state=new,gone").await).len(), 2);
    assert!(ids(&asked("&seen_since=2027-01-01T00:00:00Z").await).is_empty());
}

/// In the order of cells, which is that of answers.
async fn sorted(names: &[&str], server: &Server) -> Vec<String> {
    let all = ids(&server.json("/v1/features?state=present,new,gone").await);
    all.into_iter().filter(|id| names.contains(&id.as_str())).collect()
}

#[tokio::test]
async fn an_epoch_gives_the_map_as_it_was_then_and_coverage_adds_up() {
    let store = store().await;
    let later = waymark_datasets::Epoch::of(week().start().plus_ms(WEEK_MS));
    let moved = feature("stop-9", "stop-sign", (47.3701, 8.541), FeatureState::Present);
    put_features(&store, later, &[moved]).await;
    snapshot::publish(&store).await.unwrap();
    let server = Server::start(store).await;
    let bbox = "bbox=8,47,9,48";
    assert_eq!(ids(&server.json(&format!("/v1/features?{bbox}")).await), ["stop-9"]);
    let before = server.json(&format!("/v1/features?{bbox}&epoch={}", week())).await;
    assert_eq!(ids(&before).len(), 2);
    let slots = |json: serde_json::Value| json["features"].as_array().unwrap().len();
    let now = slots(server.json(&format!("/v1/coverage?{bbox}")).await);
    let then = slots(server.json(&format!("/v1/coverage?{bbox}&epoch={}", week())).await);
    assert!(then > 0 && now > then, "{then} {now}");
}

#[tokio::test]
async fn an_arrow_stream_holds_the_rows_of_the_geojson() {
    let server = Server::start(store().await).await;
    for path in ["/v1/coverage", "/v1/features"] {
        let request = server.http.get(format!("{}{path}?limit=20", server.url));
        let answer = request.header("accept", "application/vnd.apache.arrow.stream").send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/vnd.apache.arrow.stream");
        let is_cut = answer.headers().contains_key("link");
        let bytes = answer.bytes().await.unwrap();
        let batches: Vec<_> = StreamReader::try_new(&bytes[..], None).unwrap().map(Result::unwrap).collect();
        let json = server.json(&format!("{path}?limit=20")).await;
        assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), ids(&json).len());
        assert_eq!(is_cut, next(&json).is_some());
        let schema = batches[0].schema();
        let geometry = schema.field_with_name("geometry").unwrap();
        assert_eq!(geometry.metadata()["ARROW:extension:name"], "geoarrow.wkb");
    }
}

#[tokio::test]
async fn an_older_snapshot_is_answered_by_name_for_good_and_a_newer_one_changes_nothing_of_it() {
    let store = store().await;
    let old = snapshot::latest(&store).await.unwrap().unwrap();
    let server = Server::start(store.clone()).await;
    let before = server.json("/v1/features").await;
    put_features(&store, week(), &[feature("new-1", "stop-sign", (47.3701, 8.541), FeatureState::New)]).await;
    let new = snapshot::publish(&store).await.unwrap();
    server.map.refresh().await.unwrap();
    let answer = server.get(&format!("/v1/features?snapshot={old}")).await;
    assert!(answer.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    let etag = answer.headers()["etag"].clone();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&answer.bytes().await.unwrap()).unwrap(), before);
    assert_eq!(server.json("/v1/features?bbox=8,47,9,48").await["snapshot"], json!(new));
    let again = server.http.get(format!("{}/v1/features?snapshot={old}", server.url)).header("if-none-match", etag);
    assert_eq!(again.send().await.unwrap().status(), StatusCode::NOT_MODIFIED);
    let list = server.json("/v1/snapshots").await;
    let listed: BTreeSet<&str> =
        list["snapshots"].as_array().unwrap().iter().map(|one| one["snapshot"].as_str().unwrap()).collect();
    assert_eq!(list["latest"], json!(new));
    assert_eq!(listed, [old, new].map(|id| id.to_string()).iter().map(String::as_str).collect());
}

#[tokio::test]
async fn before_anything_is_published_there_is_an_empty_map() {
    let server = Server::start(waymark_datasets::Store::in_memory()).await;
    for path in ["/v1/features", "/v1/coverage", "/stac/search"] {
        assert!(ids(&server.json(path).await).is_empty());
    }
    assert_eq!(server.json("/v1/snapshots").await["snapshots"], json!([]));
    for path in ["/tiles.json", "/style.json", "/map.pmtiles", "/tiles/0/0/0.mvt"] {
        assert_eq!(server.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}
