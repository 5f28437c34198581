//! A device's chain as the server sees it, and epochs that are closed.

use waymark_datasets::{Digest, Epoch, Reason, epoch_key};
use waymark_ingest::{Admission, SignedClip, forget, landed, sign_clip};

use crate::chains::{manifest, sign};
use crate::footage::probe;
use crate::server::{Server, assert_problem, json};
use crate::world::{World, contents};

/// Signs `clip` again as if the device had forgotten or bent its chain.
fn bent(world: &World, clip: &SignedClip, sequence: u64, previous: Option<Digest>) -> Vec<u8> {
    world.resign(&clip.bundle, |json| {
        json["sequence"] = sequence.into();
        json["previous"] = serde_json::to_value(previous).unwrap();
    });
    manifest(&clip.bundle)
}

#[tokio::test]
async fn clips_of_a_chain_land_in_any_order() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let world = World::new().await;
        let server = Server::start(&world).await;
        let clips: Vec<SignedClip> = (0..3).map(|i| sign(&world, i, &format!("out{i}"))).collect();
        for i in order {
            server.upload(&clips[i]).await;
        }
        assert_eq!(server.landed.try_iter().count(), 3);
    }
}

#[tokio::test]
async fn a_fork_of_the_chain_is_refused_over_http_and_in_bulk() {
    let other = Digest::of(b"another manifest");
    // Its number is taken; another follows the same manifest; it follows another; the next one follows another.
    for (fork, is_erased) in (0..4).flat_map(|fork| [(fork, false), (fork, true)]) {
        let world = World::new().await;
        let server = Server::start(&world).await;
        let clips: Vec<SignedClip> = (0..4).map(|i| sign(&world, i, &format!("out{i}"))).collect();
        let digests: Vec<Digest> = clips.iter().map(|clip| Digest::of(&manifest(&clip.bundle))).collect();
        for i in [0, 1, 3] {
            server.upload(&clips[i]).await;
        }
        if is_erased {
            let landed = landed::list(&world.inbox).await.unwrap().into_iter().collect();
            forget::clips(&world.inbox, &landed).await.unwrap();
            let left = contents(&world.inbox).await;
            let says_whose = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains("\"driver\"");
            assert!(!left.iter().any(|(_, bytes)| says_whose(bytes)), "{left:?}");
        }
        let forked = match fork {
            0 => bent(&world, &clips[2], 1, Some(other)),
            1 => bent(&world, &clips[2], 7, Some(digests[0])),
            2 => bent(&world, &clips[2], 2, Some(other)),
            // The one after it follows what was signed first, in other bytes.
            _ => bent(&world, &clips[2], 2, Some(digests[1])),
        };
        let refused = server.post(forked).await;
        assert_problem(&refused, 409);
        let problem = json(refused).await;
        assert_eq!(problem["reason"], "chain_forked", "fork {fork}");
        let said = ["has its number", "follows the same one", "follows not the one before", "next one"][fork];
        assert!(problem["detail"].as_str().unwrap().contains(said), "fork {fork}: {problem}");
        world.assert_refused(&clips[2].bundle, Reason::ChainForked).await;
    }
}

#[tokio::test]
async fn of_two_manifests_at_one_place_that_are_uploaded_side_by_side_one_lands() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let clips = [sign(&world, 1, "one"), {
        let mut request = world.request(&[], "two");
        request.inputs = vec![world.write("2/film.mp4", &crate::footage::film(5_002, None))];
        world.write("2/film.csv", &crate::footage::csv(&crate::footage::drive(20)));
        sign_clip(&request, &probe).unwrap()
    }];
    let files = [server.files(&clips[0]).await, server.files(&clips[1]).await];
    for files in &files {
        server.patch(&files[0].url, 0, &files[0].bytes).send().await.unwrap();
    }
    let last = |i: usize| server.patch(&files[i][1].url, 0, &files[i][1].bytes).send();
    let (one, two) = tokio::join!(last(0), last(1));
    assert!(one.unwrap().status().is_success() && two.unwrap().status().is_success());
    let states = [server.state(&world, &clips[0]).await, server.state(&world, &clips[1]).await];
    let mut said: Vec<_> = states.iter().map(|state| state["state"].as_str().unwrap()).collect();
    said.sort_unstable();
    assert_eq!(said, ["landed", "refused"], "{states:?}");
    assert!(states.iter().any(|state| state["reason"] == "chain_forked"));
}

#[tokio::test]
async fn a_clip_of_a_closed_epoch_is_refused_over_http_and_in_bulk() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let clip = world.signed_film();
    world.store.put(&epoch_key(Epoch::of(clip.end)), "{}".into()).await.unwrap();
    let refused = server.post(manifest(&clip.bundle)).await;
    assert_problem(&refused, 422);
    assert_eq!(json(refused).await["reason"], "epoch_closed");
    world.assert_refused(&clip.bundle, Reason::EpochClosed).await;
}

#[tokio::test]
async fn a_clip_that_landed_before_its_epoch_closed_stays_landed() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let clip = world.signed_film();
    server.upload(&clip).await;
    world.store.put(&epoch_key(Epoch::of(clip.end)), "{}".into()).await.unwrap();
    assert_eq!(server.announce(&clip).await["state"], "landed");
    assert!(matches!(world.admit(&clip.bundle).await, Admission::AlreadyLanded(_)));
}
