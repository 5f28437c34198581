//! Many small clips, and clients that do not give up: what they were told is counted, and held against the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use tokio::runtime::Runtime;
use waymark_datasets::Store;
use waymark_ingest::{DeviceKey, registry};

use crate::program::NOW;
use crate::server::http;
use crate::stills::{Plan, Sender, Still, make};
use crate::world::{DRIVER, PAYOUT, World};

/// Clips of one still each, by the device of the world.
pub fn stills(world: &World, count: u64, size_bytes: usize) -> Arc<Vec<Still>> {
    let key = DeviceKey::from_seed(&[7; 32]).unwrap();
    assert_eq!(key.device_id(), world.key.device_id());
    of_senders(&[Sender { key, driver: DRIVER.parse().unwrap() }], count, size_bytes)
}

/// The same by fifty devices: one may upload only so much a day.
pub fn stills_of_many(world: &World, count: u64, size_bytes: usize) -> Arc<Vec<Still>> {
    let sender = |number| Sender { key: DeviceKey::from_seed(&[number; 32]).unwrap(), driver: DRIVER.parse().unwrap() };
    let senders: Vec<Sender> = (100..150).map(sender).collect();
    Runtime::new().unwrap().block_on(async {
        let store = Store::create_at(&world.store()).unwrap();
        for Sender { key, driver } in &senders {
            registry::enrol(&store, driver, key.device_id(), PAYOUT.parse().unwrap()).await.unwrap();
        }
    });
    of_senders(&senders, count, size_bytes)
}

fn of_senders(senders: &[Sender], count: u64, size_bytes: usize) -> Arc<Vec<Still>> {
    let plan = Plan { size_bytes, now: NOW.parse().unwrap(), apart_s: 1 };
    make(&plan, u32::try_from(count).unwrap(), senders).unwrap()
}

/// Uploads all of `stills` on `clients` tasks to the server at `url`, each again and again until it is acknowledged;
/// says how many were, and how often one had to begin again. Ends early once `until` has passed.
pub async fn upload_all(url: &str, stills: &Arc<Vec<Still>>, clients: usize, until: Option<Instant>) -> (usize, usize) {
    let (next, again) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let client = |_| {
        let (url, stills, next, again) = (url.to_owned(), stills.clone(), next.clone(), again.clone());
        tokio::spawn(async move {
            let (http, mut done) = (http(), 0);
            while until.is_none_or(|until| Instant::now() < until) {
                let Some(still) = stills.get(next.fetch_add(1, Ordering::SeqCst)) else { break };
                while !upload(&http, &url, still).await {
                    again.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                done += 1;
            }
            done
        })
    };
    let clients: Vec<_> = (0..clients).map(client).collect();
    let mut done = 0;
    for client in clients {
        done += client.await.unwrap();
    }
    (done, again.load(Ordering::SeqCst))
}

/// One try to bring a still to its end; whether the server has said that it has all of it.
pub async fn upload(http: &Client, url: &str, still: &Still) -> bool {
    let manifest = still.manifest.clone().unwrap();
    let posted = http.post(format!("{url}/v1/clips")).header("content-type", "application/jose").body(manifest).send();
    let Ok(posted) = posted.await else { return false };
    if !posted.status().is_success() {
        assert!(is_later(posted.status()), "{posted:?}");
        return false;
    }
    let Ok(bytes) = posted.bytes().await else { return false };
    let said: Value = serde_json::from_slice(&bytes).unwrap();
    if said["state"] != "awaiting_media" {
        return ["landed", "processed"].contains(&said["state"].as_str().unwrap());
    }
    let file = &said["media"][0];
    let offset = file["offset"].as_u64().unwrap();
    let whole = [&still.head[..], &still.tail[..]].concat();
    let request = http.request(Method::PATCH, format!("{url}{}", file["upload_url"].as_str().unwrap()));
    let request = request.header("tus-resumable", "1.0.0").header("upload-offset", offset);
    let request = request.header("content-type", "application/offset+octet-stream");
    match request.body(whole[offset as usize..].to_vec()).send().await {
        Ok(answer) if answer.status() == StatusCode::NO_CONTENT => true,
        Ok(answer) => {
            let status = answer.status();
            assert!(is_later(status) || status == StatusCode::CONFLICT, "{answer:?}");
            false
        }
        Err(_) => false,
    }
}

/// Whether it is to be tried again.
fn is_later(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}
