//! A bucket that fails, loses its answers, and has many writers at once: nothing is lost, nothing is there twice.

use std::process::Command;
use std::sync::atomic::Ordering;

use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use waymark_datasets::{Created, Store};

use crate::files::named;
use crate::flaky::Flaky;
use crate::fleet::{stills, upload_all};
use crate::program::{command, outside};
use crate::s3::{BUCKET, Server, with_bucket};
use crate::scale::times;
use crate::server::Served;
use crate::world::{DRIVER, PAYOUT, World};

#[test]
fn clips_land_once_through_a_bucket_that_fails() {
    let percents: &[u64] = if times(0, 1) == 0 { &[30] } else { &[1, 10, 50] };
    for &percent in percents {
        let moto = Server::start();
        assert_eq!(outside("bucket.py", &["make", &moto.endpoint, BUCKET]).done(), 1);
        let (world, store) = (World::unenrolled(), format!("s3://{BUCKET}/maps"));
        let device = format!("--device={}", world.key.device_id());
        moto.run(&["device", "enrol", "--store", &store, "--driver", DRIVER, &device, "--payout", PAYOUT]).done();
        let flaky = Flaky::start(&moto.endpoint, percent, 20_261_121 + percent);
        let mut serve = command(&["serve", "--listen", "127.0.0.1:0", "--store", &store, "--ingest-only"]);
        with_bucket(&mut serve, &flaky.endpoint);
        let server = Served::from(serve);
        let stills = stills(&world, times(4, 200), 20_000);
        let (done, again) = Runtime::new().unwrap().block_on(upload_all(&server.url, &stills, 6, None));
        server.stop();
        let (faults, lost) = (flaky.faults.load(Ordering::SeqCst), flaky.lost_replies.load(Ordering::SeqCst));
        println!("{percent} %: {done} clips through {faults} faults, {lost} of them lost replies; {again} tries more");
        assert_eq!(done, stills.len());
        assert!(percent < 10 || (faults > 0 && lost > 0), "nothing failed");
        outside("bucket.py", &["fetch", &moto.endpoint, BUCKET, "maps", &world.text("fetched")]).done();
        let fetched = world.path("fetched");
        let count = |prefix: &str, suffix: &str| named(&fetched, prefix, suffix).len();
        assert_eq!(count("inbox/clips/", "landed.json"), stills.len());
        assert_eq!(count("verdicts/", ".parquet"), 0, "nothing was refused");
        let pieces = named(&fetched, "inbox/uploads/", "").into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(pieces, Vec::<String>::new(), "what is left of uploads");
    }
}

#[test]
fn of_64_writers_of_a_key_in_a_bucket_exactly_one_is_first() {
    let moto = Server::start();
    assert_eq!(outside("bucket.py", &["make", &moto.endpoint, BUCKET]).done(), 1);
    // The bucket's address and keys come from the environment, and that of a test is not to be changed.
    let mut race = Command::new(std::env::current_exe().unwrap());
    race.args(["--exact", "s3_faults::the_race", "--nocapture"]).env("WAYMARK_RACE", format!("s3://{BUCKET}/race"));
    with_bucket(&mut race, &Flaky::start(&moto.endpoint, 0, 1).endpoint);
    let ran = race.output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && said.contains("keys raced for"), "{said} {}", String::from_utf8_lossy(&ran.stderr));
}

/// Run by the test above, in a process of its own; by itself it does nothing.
#[test]
fn the_race() {
    let Ok(url) = std::env::var("WAYMARK_RACE") else { return };
    let keys = times(3, 1_000);
    Runtime::new().unwrap().block_on(async {
        let store = Store::open(&url).unwrap();
        for key in 0..keys {
            let path = format!("key-{key}");
            let mut writers = JoinSet::new();
            for writer in 0..64_u32 {
                let (store, path) = (store.clone(), path.clone());
                writers.spawn(async move { (writer, store.create(&path, writer.to_string().into()).await.unwrap()) });
            }
            let wrote = writers.join_all().await;
            let first: Vec<u32> =
                wrote.iter().filter(|(_, created)| *created == Created::New).map(|(w, _)| *w).collect();
            assert_eq!(first.len(), 1, "{path}: {first:?}");
            assert_eq!(store.get(&path).await.unwrap().unwrap(), first[0].to_string());
        }
    });
    println!("{keys} keys raced for");
}
