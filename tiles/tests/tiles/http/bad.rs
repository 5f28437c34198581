//! Questions that are wrong, or would cost too much, are refused with a reason.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::server::Server;
use super::world::store;

const ID: &str = "00000000000000000000000000000000";

/// Addresses, and the status and reason that they are refused with.
fn bad() -> Vec<(String, u16, &'static str)> {
    let digest = "0".repeat(64);
    let wide = "polygon=POLYGON((-180 -90, 180 -90, 180 90, -180 90, -180 -90))";
    let bow = "polygon=POLYGON((8 47, 9 48, 9 47, 8 48, 8 47))";
    let corners: Vec<String> = (0..1_200).map(|n| format!("{} {}", 8.0 + f64::from(n) * 1e-4, 47.0)).collect();
    let detailed = format!("polygon=POLYGON(({}))", corners.join(","));
    let cases: [(&str, u16, &'static str); 30] = [
        ("bbox=8,48,9,47", 400, "bbox_inverted"),
        ("bbox=9,47,8,48", 400, "bbox_inverted"),
        ("bbox=8,47,9", 400, "parameter_malformed"),
        ("bbox=8,47,9,NaN", 400, "parameter_malformed"),
        ("bbox=8,47,9,91", 400, "position_invalid"),
        (wide, 422, "area_too_large"),
        (bow, 422, "geometry_invalid"),
        (&detailed, 422, "geometry_too_detailed"),
        ("polygon=POLYGON((8 47", 400, "geometry_malformed"),
        ("polygon=POINT(8 47)", 400, "parameter_malformed"),
        ("polygon={}", 400, "geometry_malformed"),
        ("line=LINESTRING(8 47, 9 48)", 400, "area_incomplete"),
        ("line=LINESTRING(8 47, 9 48)&buffer_m=1e9", 400, "buffer_invalid"),
        ("line=LINESTRING(-170 0, 170 0)&buffer_m=10", 422, "line_too_long"),
        ("point=8,47&radius_m=1e9", 400, "radius_invalid"),
        ("point=8,47&radius_m=-1", 400, "radius_invalid"),
        ("point=8,97&radius_m=1", 400, "parameter_malformed"),
        ("radius_m=1", 400, "area_incomplete"),
        ("cell=8f2830828052d25", 400, "cell_too_fine"),
        ("cell=nonsense", 400, "parameter_malformed"),
        ("bbox=8,47,9,48&cell=851f9073fffffff", 400, "area_ambiguous"),
        ("limit=1000000000", 400, "limit_invalid"),
        ("limit=1e9", 400, "limit_invalid"),
        ("limit=0", 400, "limit_invalid"),
        ("limit=-1", 400, "limit_invalid"),
        ("limit=1&limit=2", 400, "parameter_repeated"),
        ("colour=red", 400, "parameter_unknown"),
        ("token=nonsense", 400, "token_malformed"),
        ("epoch=2026-W99", 400, "parameter_malformed"),
        ("snapshot=latest", 400, "parameter_malformed"),
    ];
    let mut all: Vec<(String, u16, &'static str)> = Vec::new();
    for path in ["/v1/features", "/v1/coverage"] {
        all.extend(cases.iter().map(|(query, status, reason)| (format!("{path}?{query}"), *status, *reason)));
    }
    all.extend(elsewhere(&digest));
    all
}

fn elsewhere(digest: &str) -> Vec<(String, u16, &'static str)> {
    let polygon = r#"{"type":"Polygon","coordinates":[[[-180,-90],[180,-90],[180,90],[-180,90],[-180,-90]]]}"#;
    let cases: [(String, u16, &'static str); 24] = [
        (format!("/v1/features?snapshot={digest}"), 404, "snapshot_unknown"),
        (format!("/tiles/0/0/0.mvt?snapshot={digest}"), 404, "snapshot_unknown"),
        ("/v1/features?state=lost".into(), 400, "parameter_malformed"),
        ("/v1/features?class=".into(), 400, "parameter_malformed"),
        ("/v1/features?seen_since=yesterday".into(), 400, "parameter_malformed"),
        (format!("/stac/search?intersects={polygon}"), 422, "area_too_large"),
        ("/stac/search?intersects=x&bbox=1,1,2,2".into(), 400, "area_ambiguous"),
        ("/stac/search?datetime=2026-11-21".into(), 400, "datetime_malformed"),
        ("/stac/search?datetime=../..".into(), 400, "datetime_malformed"),
        ("/stac/search?datetime=2026-11-21T00:00:00Z/2026-11-20T00:00:00Z".into(), 400, "datetime_inverted"),
        ("/stac/search?limit=10001".into(), 400, "limit_invalid"),
        ("/stac/search?filter=a".into(), 400, "parameter_unknown"),
        ("/stac/search?place_position=8".into(), 400, "parameter_malformed"),
        ("/stac/search?place_position=8,47&place_distance=9-3".into(), 400, "parameter_malformed"),
        ("/stac/search?place_distance=3-9".into(), 400, "area_incomplete"),
        ("/stac/search?place_position=8,47&place_fov_tolerance=1".into(), 400, "parameter_malformed"),
        ("/stac/collections/others".into(), 404, "collection_unknown"),
        (format!("/stac/collections/frames/items/{ID}"), 404, "frame_unknown"),
        ("/stac/collections/frames/items/nonsense".into(), 404, "frame_unknown"),
        (format!("/v1/frames/{ID}/image"), 404, "image_unknown"),
        (format!("/imagery/epoch=2026-W47/region=851f9073fffffff/{ID}.jpg"), 404, "image_unknown"),
        ("/imagery/../frames/x.parquet".into(), 404, ""),
        ("/tiles/0/0/1.mvt".into(), 400, "tile_malformed"),
        ("/style.json?theme=pink".into(), 400, "parameter_malformed"),
    ];
    cases.into()
}

#[tokio::test]
async fn a_bad_question_is_refused_with_a_reason() {
    let server = Server::start(store().await).await;
    for (path, status, reason) in bad() {
        let answer = server.get(&path).await;
        let shown: String = path.chars().take(90).collect();
        assert_eq!(answer.status().as_u16(), status, "{shown}");
        if !reason.is_empty() {
            assert_eq!(answer.headers()["content-type"], "application/problem+json", "{shown}");
            let problem: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
            assert_eq!(problem["reason"], reason, "{shown}");
            assert_eq!(problem["type"], format!("urn:waymark:reason:{reason}"), "{shown}");
            assert_eq!(problem["status"], status, "{shown}");
        }
    }
}

#[tokio::test]
async fn a_bad_body_is_refused_and_the_wrong_method_too() {
    let server = Server::start(store().await).await;
    let post = async |body: Value| server.post("/v1/features", &body).await.status();
    assert_eq!(post(json!([])).await, StatusCode::BAD_REQUEST);
    assert_eq!(post(json!({ "colour": "red" })).await, StatusCode::BAD_REQUEST);
    assert_eq!(post(json!({ "limit": 1_000_000_000 })).await, StatusCode::BAD_REQUEST);
    assert_eq!(post(json!({ "bbox": "x".repeat(300_000) })).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(post(json!({ "bbox": [8, 47, 9, 48], "limit": 3 })).await, StatusCode::OK);
    let delete = server.http.delete(format!("{}/v1/features", server.url)).send().await.unwrap();
    assert_eq!(delete.status(), StatusCode::METHOD_NOT_ALLOWED);
    let delete = server.http.delete(format!("{}/tiles/0/0/0.mvt", server.url)).send().await.unwrap();
    assert_eq!(delete.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_page_of_any_origin_may_ask() {
    let server = Server::start(store().await).await;
    for path in ["/v1/features", "/stac/search", "/map.pmtiles", "/tiles/0/0/0.mvt"] {
        let url = format!("{}{path}", server.url);
        let preflight = server.http.request(reqwest::Method::OPTIONS, &url).header("origin", "https://example.org");
        let preflight = preflight.header("access-control-request-method", "GET").send().await.unwrap();
        assert_eq!(preflight.status(), StatusCode::NO_CONTENT, "{path}");
        let answer = server.http.get(&url).header("origin", "https://example.org").send().await.unwrap();
        assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{path}");
    }
}
