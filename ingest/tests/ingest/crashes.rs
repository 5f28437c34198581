//! Admission that is killed between any two writes.

use waymark_datasets::Store;
use waymark_ingest::{Admission, landed, registry};

use crate::world::{PAYOUT, World, contents};

/// A store that holds the first `count` of `objects`.
async fn store_with(objects: &[(String, bytes::Bytes)], count: usize) -> Store {
    let store = Store::open("memory://").unwrap();
    for (path, bytes) in &objects[..count] {
        store.put(path, bytes.clone()).await.unwrap();
    }
    store
}

#[tokio::test]
async fn whatever_a_crash_left_behind_the_next_try_ends_in_the_same_bytes() {
    let mut world = World::new().await;
    let signed = world.signed_film();
    world.admit(&signed.bundle).await;
    let (store, mut inbox) = (contents(&world.store).await, contents(&world.inbox).await);
    // In the order of writing: media, the place in the chain, that it landed.
    let order = |path: &str| [".media-", "chains/", "landed.json"].iter().position(|p| path.contains(p));
    inbox.sort_by_key(|(path, _)| order(path));
    assert_eq!(inbox.len(), 4);
    for count in 0..=inbox.len() {
        world.inbox = store_with(&inbox, count).await;
        world.store = Store::open("memory://").unwrap();
        registry::enrol(&world.store, &world.driver, world.key.device_id(), PAYOUT.parse().unwrap()).await.unwrap();
        let whole = count == inbox.len();
        assert_eq!(landed::list(&world.inbox).await.unwrap().len(), usize::from(whole), "{count} objects");
        let admission = world.admit(&signed.bundle).await;
        let wanted = if whole { Admission::AlreadyLanded(signed.clip_id) } else { Admission::Landed(signed.clip_id) };
        assert_eq!(admission, wanted);
        let mut again = contents(&world.inbox).await;
        again.sort_by_key(|(path, _)| order(path));
        assert_eq!(again, inbox);
        assert_eq!(contents(&world.store).await, store, "and nothing is refused");
    }
}

#[tokio::test]
async fn an_inbox_that_lost_or_changed_bytes_says_so() {
    let world = World::new().await;
    let signed = world.signed_film();
    world.admit(&signed.bundle).await;
    let clip = landed::open(&world.inbox, signed.clip_id).await.unwrap().unwrap();
    let objects = contents(&world.inbox).await;
    let object = |name: &str| &objects.iter().find(|(path, _)| path.contains(name)).unwrap().0;
    world.inbox.put(object(&format!(".media-{}", clip.media[0].digest)), "other".into()).await.unwrap();
    assert!(clip.read(&clip.media[0]).await.is_err());
    world.inbox.put(object(".landed.json"), "{}".into()).await.unwrap();
    assert!(landed::open(&world.inbox, signed.clip_id).await.is_err());
}

#[tokio::test]
async fn a_clip_that_did_not_land_is_not_there() {
    let world = World::new().await;
    let signed = world.signed_film();
    assert!(landed::open(&world.inbox, signed.clip_id).await.unwrap().is_none());
    world.inbox.put("clips/README.md", "x".into()).await.unwrap();
    world.inbox.put("clips/zz/zzz.landed.json", "x".into()).await.unwrap();
    assert!(landed::list(&world.inbox).await.unwrap().is_empty());
}
