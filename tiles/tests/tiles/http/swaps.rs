//! Readers while snapshots follow each other: each answer is from one of them, whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::Value;
use waymark_datasets::rows::{FeatureRow, FeatureState};
use waymark_datasets::{Store, snapshot};
use waymark_tiles::http::MapSettings;

use super::server::{Server, next};
use super::world::{feature, put_features, week};

/// Things in several regions, all of one generation.
fn generation(number: usize) -> Vec<FeatureRow> {
    let class = format!("generation-{number}");
    let place = |n: usize| (47.0 + (n % 5) as f64 * 0.3, 8.0 + (n / 5) as f64 * 0.2);
    (0..20).map(|n| feature(&format!("f{n:02}"), &class, place(n), FeatureState::Present)).collect()
}

/// The generation that all of an answer is of.
fn generation_of(answer: &Value) -> String {
    let features = answer["features"].as_array().unwrap();
    let class = |feature: &Value| feature["properties"]["class"].as_str().unwrap().to_owned();
    let first = class(&features[0]);
    assert!(features.iter().all(|feature| class(feature) == first), "generations are mixed: {answer}");
    first
}

/// 10,000 reads over 100 swaps take a minute; every run of the tests does a part.
fn counts() -> (usize, usize) {
    if std::env::var_os("WAYMARK_LONG").is_some() { (10_000, 100) } else { (1_000, 20) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_during_builds_sees_one_snapshot_whole() {
    let (reads, swaps) = counts();
    let store = Store::in_memory();
    put_features(&store, week(), &generation(0)).await;
    snapshot::publish(&store).await.unwrap();
    let settings = MapSettings { refresh_ms: 1, ..MapSettings::default() };
    let server = Arc::new(Server::start_with(store.clone(), settings).await);
    let following = tokio::spawn(server.map.clone().follow());
    let (done, is_over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let reader = |_: usize| tokio::spawn(read(server.clone(), done.clone(), is_over.clone()));
    let readers: Vec<_> = (0..4).map(reader).collect();
    for swap in 1..=swaps {
        put_features(&store, week(), &generation(swap)).await;
        snapshot::publish(&store).await.unwrap();
        // Half of the swaps are seen at once, the others when it is looked for them.
        if swap % 2 == 0 {
            server.map.refresh().await.unwrap();
        }
        while done.load(Ordering::SeqCst) < reads * swap / swaps {
            tokio::task::yield_now().await;
        }
    }
    is_over.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.await.unwrap();
    }
    server.map.refresh().await.unwrap();
    assert_eq!(generation_of(&server.json("/v1/features").await), format!("generation-{swaps}"));
    following.abort();
}

/// Reads whole answers, and answers in pages, whose token keeps to their snapshot.
async fn read(server: Arc<Server>, done: Arc<AtomicUsize>, is_over: Arc<AtomicBool>) {
    while !is_over.load(Ordering::SeqCst) {
        let whole = server.json("/v1/features").await;
        assert_eq!(whole["features"].as_array().unwrap().len(), 20);
        generation_of(&whole);
        let first = server.json("/v1/features?limit=9").await;
        let address = next(&first).unwrap();
        let second = server.json(address.strip_prefix(&server.url).unwrap()).await;
        assert_eq!(generation_of(&first), generation_of(&second));
        assert_eq!(first["snapshot"], second["snapshot"]);
        done.fetch_add(3, Ordering::SeqCst);
    }
}
