//! The map as stock clients use it: a real server over what was really built.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use reqwest::StatusCode;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::files::named;
use crate::program::{command, outside, waymark};
use crate::scratch::scratch;
use crate::server::{Served, http, json};
use crate::world::enrol_signer;

/// A store of one short drive through the simulated town, built once for all tests.
fn town() -> &'static str {
    static STORE: OnceLock<String> = OnceLock::new();
    STORE.get_or_init(|| {
        let folder = scratch().join("map");
        let (town, store) = (folder.join("town"), folder.join("store").to_str().unwrap().to_owned());
        let short = ["--drives", "1", "--seconds", "12", "--size", "640x360", "--seed", "11"];
        waymark(&[&["simulate", "--out", town.to_str().unwrap()], &short[..]].concat()).done();
        let bundle = fs::read_dir(town.join("bundles")).unwrap().next().unwrap().unwrap().path();
        enrol_signer(&bundle, &store, &command);
        waymark(&["ingest", bundle.to_str().unwrap(), "--store", &store]).done();
        waymark(&["build", "--store", &store, "--pack", "town", "--threads", "2"]).done();
        store
    })
}

fn serve() -> Served {
    Served::start(town())
}

#[test]
fn stock_clients_of_stac_geojson_and_arrow_read_the_map() {
    let server = serve();
    let frames = named(Path::new(town()), "imagery/", ".jpg").len();
    let read = outside("map_clients.py", std::slice::from_ref(&server.url)).done();
    assert_eq!(read["items"], frames, "{read}");
    assert_eq!(read["items_by_post"], frames, "{read}");
    assert!(read["slots"].as_u64().unwrap() > 0 && read["slots"] == read["slots_by_arrow"], "{read}");
    server.stop();
}

#[test]
fn tiles_are_had_packed_or_plain_and_the_archive_by_ranges() {
    let server = serve();
    Runtime::new().unwrap().block_on(async {
        let http = http();
        let tilejson: Value = json(http.get(format!("{}/tiles.json", server.url)).send().await.unwrap()).await;
        let center = tilejson["center"].as_array().unwrap();
        let (zoom, x, y) = tile_at(center[0].as_f64().unwrap(), center[1].as_f64().unwrap(), 14);
        let template = tilejson["tiles"][0].as_str().unwrap();
        let address = template.replace("{z}", &zoom.to_string()).replace("{x}", &x.to_string());
        let address = address.replace("{y}", &y.to_string());
        let plain = http.get(&address).send().await.unwrap();
        assert_eq!(plain.status(), StatusCode::OK, "{address}");
        assert_eq!(plain.headers()["content-type"], "application/vnd.mapbox-vector-tile");
        assert!(!plain.headers().contains_key("content-encoding"));
        assert!(plain.headers()["cache-control"].to_str().unwrap().contains("immutable"));
        let etag = plain.headers()["etag"].clone();
        let packed = http.get(&address).header("accept-encoding", "br, gzip;q=0.5").send().await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], "gzip");
        assert_eq!(packed.headers()["etag"], etag);
        assert!(packed.bytes().await.unwrap().len() < plain.bytes().await.unwrap().len());
        let refused = http.get(&address).header("accept-encoding", "gzip;q=0").send().await.unwrap();
        assert!(!refused.headers().contains_key("content-encoding"));
        let again = http.get(&address).header("if-none-match", etag).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let nothing = http.get(format!("{}/tiles/14/0/0.pbf", server.url)).send().await.unwrap();
        assert_eq!(nothing.status(), StatusCode::NO_CONTENT);
        ranges(&server.url).await;
    });
    server.stop();
}

/// Column and row of the tile that holds a place.
fn tile_at(longitude: f64, latitude: f64, zoom: u8) -> (u8, u32, u32) {
    let size = f64::from(1_u32 << zoom);
    let north = latitude.to_radians().tan().asinh();
    let at = |share: f64| (share * size) as u32;
    (zoom, at((longitude + 180.0) / 360.0), at((1.0 - north / std::f64::consts::PI) / 2.0))
}

async fn ranges(url: &str) {
    let (http, address) = (http(), format!("{url}/map.pmtiles"));
    let whole = http.get(&address).send().await.unwrap();
    let etag = whole.headers()["etag"].to_str().unwrap().to_owned();
    let whole = whole.bytes().await.unwrap();
    assert!(whole.starts_with(b"PMTiles\x03"));
    let length = whole.len();
    let get = async |range: &str, if_range: &str| {
        let request = http.get(&address).header("range", range);
        let request = if if_range.is_empty() { request } else { request.header("if-range", if_range) };
        let answer = request.send().await.unwrap();
        let content_range = answer.headers().get("content-range").map(|range| range.to_str().unwrap().to_owned());
        (answer.status().as_u16(), content_range, answer.bytes().await.unwrap())
    };
    let part = |from: usize, to: usize| (206, Some(format!("bytes {from}-{}/{length}", to - 1)), whole.slice(from..to));
    assert_eq!(get("bytes=0-126", "").await, part(0, 127));
    assert_eq!(get("bytes=100-", &etag).await, part(100, length));
    assert_eq!(get("bytes=-10", "").await, part(length - 10, length));
    assert_eq!(get(&format!("bytes=5-{}", length * 2), "").await, part(5, length));
    assert_eq!(get("bytes=0-126", "\"another\"").await, (200, None, whole.clone()));
    assert_eq!(get("bytes=0-1,5-6", "").await, (200, None, whole.clone()));
    let (status, content_range, _) = get(&format!("bytes={length}-"), "").await;
    assert_eq!((status, content_range), (416, Some(format!("bytes */{length}"))));
}

#[test]
fn gdal_reads_the_geojson() {
    let server = serve();
    let Ok(gdal) = Command::new("ogrinfo").arg("--version").output() else {
        println!("skipped: GDAL is not there (ogrinfo)");
        return;
    };
    assert!(gdal.status.success());
    let address = format!("{}/v1/coverage?limit=10000", server.url);
    let slots = Runtime::new().unwrap().block_on(async { json(http().get(&address).send().await.unwrap()).await });
    let file = scratch().join("coverage.geojson");
    fs::write(&file, slots.to_string()).unwrap();
    let read = Command::new("ogrinfo").args(["-so", "-al", file.to_str().unwrap()]).output().unwrap();
    let said = String::from_utf8(read.stdout).unwrap();
    let count = slots["features"].as_array().unwrap().len();
    assert!(said.contains(&format!("Feature Count: {count}")) && said.contains("Polygon"), "{said}");
    server.stop();
}
