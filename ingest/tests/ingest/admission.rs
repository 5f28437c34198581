//! The server's side, for clips that are as they should be.

use waymark_datasets::{Reason, Store};
use waymark_ingest::denylist::Denylist;
use waymark_ingest::{Admission, AdmitContext, admit, landed, registry};

use crate::footage::{START_MS, csv, drive, film, fix, probe};
use crate::world::{World, contents};

#[tokio::test]
async fn a_clip_of_stills_lands_with_what_its_media_say() {
    let world = World::new().await;
    let signed = world.signed_stills();
    assert_eq!(world.admit(&signed.bundle).await, Admission::Landed(signed.clip_id));
    assert_eq!(landed::list(&world.inbox).await.unwrap(), [signed.clip_id]);
    let clip = landed::open(&world.inbox, signed.clip_id).await.unwrap().unwrap();
    assert_eq!((&clip.device_id, &clip.driver), (world.key.device_id(), &world.driver));
    assert_eq!((clip.start, clip.end, clip.manifest_sha256), (signed.start, signed.end, signed.manifest_sha256));
    assert_eq!((clip.camera.model.as_str(), clip.camera.hfov_deg), ("Test Cam 1", Some(90.0)));
    assert_eq!((clip.media.len(), clip.track.fixes().len()), (10, 10));
    for (i, (media, entry)) in clip.media.iter().zip(&signed.media).enumerate() {
        assert_eq!(media.at.unwrap().millis(), START_MS + 120 + 1_000 * i as i64);
        let bytes = clip.read(media).await.unwrap();
        assert_eq!(bytes, std::fs::read(signed.bundle.join(entry.name.as_str())).unwrap());
    }
}

#[tokio::test]
async fn a_clip_of_a_video_lands_with_the_track_beside_it() {
    let world = World::new().await;
    let signed = world.signed_film();
    assert_eq!(world.admit(&signed.bundle).await, Admission::Landed(signed.clip_id));
    let clip = landed::open(&world.inbox, signed.clip_id).await.unwrap().unwrap();
    assert_eq!(clip.track.fixes(), drive(20));
    assert_eq!(clip.media.iter().filter_map(|media| media.at).count(), 0);
}

#[tokio::test]
async fn a_folder_holds_the_same_objects_as_memory() {
    let mut world = World::new().await;
    let signed = world.signed_film();
    world.admit(&signed.bundle).await;
    let in_memory = contents(&world.inbox).await;
    world.inbox = Store::create_at(world.path("inbox").to_str().unwrap()).unwrap();
    assert_eq!(world.admit(&signed.bundle).await, Admission::Landed(signed.clip_id));
    assert_eq!(contents(&world.inbox).await, in_memory);
    assert_eq!(world.admit(&signed.bundle).await, Admission::AlreadyLanded(signed.clip_id));
}

#[tokio::test]
async fn replays_change_nothing_even_under_another_name_or_after_a_revocation() {
    let world = World::new().await;
    let signed = world.signed_stills();
    world.admit(&signed.bundle).await;
    let before = (contents(&world.store).await, contents(&world.inbox).await);
    std::fs::rename(&signed.bundle, world.path("renamed")).unwrap();
    for _ in 0..3 {
        assert_eq!(world.admit(&world.path("renamed")).await, Admission::AlreadyLanded(signed.clip_id));
    }
    assert_eq!((contents(&world.store).await, contents(&world.inbox).await), before);
    registry::revoke(&world.store, world.key.device_id(), world.now).await.unwrap();
    assert_eq!(world.admit(&world.path("renamed")).await, Admission::AlreadyLanded(signed.clip_id));
}

#[tokio::test]
async fn refused_replays_change_nothing_either() {
    let world = World::unenrolled();
    let signed = world.signed_stills();
    world.assert_refused(&signed.bundle, Reason::DeviceUnknown).await;
    let before = contents(&world.store).await;
    world.assert_refused(&signed.bundle, Reason::DeviceUnknown).await;
    assert_eq!(contents(&world.store).await, before);
    assert!(contents(&world.inbox).await.is_empty());
}

/// Runs `bundles` at the same time, on several threads, and returns what became of each.
async fn race(world: &World, bundles: &[std::path::PathBuf]) -> Vec<Admission> {
    let mut tasks = Vec::new();
    for bundle in bundles {
        let (store, inbox, settings) = (world.store.clone(), world.inbox.clone(), world.settings.clone());
        let (now, bundle) = (world.now, bundle.clone());
        tasks.push(tokio::spawn(async move {
            let denied = &Denylist::default();
            let context =
                AdmitContext { store: &store, inbox: &inbox, settings: &settings, denied, now, probe: &probe };
            admit(&bundle, &context).await.unwrap()
        }));
    }
    let mut admissions = Vec::new();
    for task in tasks {
        admissions.push(task.await.unwrap());
    }
    admissions
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_bring_the_same_bundle_one_lands_it() {
    for _ in 0..20 {
        let world = World::new().await;
        let signed = world.signed_film();
        let admissions = race(&world, &vec![signed.bundle.clone(); 8]).await;
        let landed = admissions.iter().filter(|&admission| *admission == Admission::Landed(signed.clip_id)).count();
        let again =
            admissions.iter().filter(|&admission| *admission == Admission::AlreadyLanded(signed.clip_id)).count();
        assert_eq!((landed, again), (1, 7));
        assert_eq!(world.verdicts().await, [], "nothing was refused");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_manifests_of_one_clip_one_lands_and_nothing_of_the_other_shows() {
    for _ in 0..20 {
        let world = World::new().await;
        let film = world.film();
        let one = world.sign(&[&film], "one").unwrap();
        let mut request = world.request(&[&film], "two");
        request.camera.model = "Another".into();
        let two = waymark_ingest::sign_clip(&request, &probe).unwrap();
        assert_eq!(one.clip_id, two.clip_id);
        let admissions = race(&world, &[one.bundle.clone(), two.bundle.clone()]).await;
        // Both are for the same clip and for the same place in the chain: whichever is noticed first.
        let taken = [Reason::ClipIdTaken, Reason::ChainForked];
        let refused = |admission: &Admission| matches!(admission, Admission::Refused(r) if taken.contains(&r.reason));
        assert_eq!(admissions.iter().filter(|admission| refused(admission)).count(), 1, "{admissions:?}");
        let won = if refused(&admissions[1]) { (&one, "Test Cam 1") } else { (&two, "Another") };
        let clip = landed::open(&world.inbox, one.clip_id).await.unwrap().unwrap();
        assert_eq!((clip.manifest_sha256, clip.camera.model.as_str()), (won.0.manifest_sha256, won.1));
    }
}

#[tokio::test]
async fn one_noisy_fix_refuses_nothing_wherever_it_is() {
    for at in [0, 7, 19] {
        let world = World::new().await;
        let mut fixes = drive(20);
        fixes[at] = fix(fixes[at].at.millis(), 46.8, 15.97);
        let bundle =
            world.forge("b", &[("a.mp4", film(20_000, None)), ("a.csv", csv(&fixes))], (START_MS, START_MS + 20_000));
        let admission = world.admit(&bundle).await;
        assert!(matches!(admission, Admission::Landed(_)), "fix {at}: {admission:?}");
    }
}

#[tokio::test]
async fn readings_at_null_island_before_the_first_fix_are_no_fixes() {
    let world = World::new().await;
    let mut fixes = drive(20);
    for fix_at_start in &mut fixes[..3] {
        *fix_at_start = fix(fix_at_start.at.millis(), 0.0, 0.0);
    }
    let bundle =
        world.forge("b", &[("a.mp4", film(20_000, None)), ("a.csv", csv(&fixes))], (START_MS, START_MS + 20_000));
    let Admission::Landed(clip_id) = world.admit(&bundle).await else { panic!("refused") };
    let clip = landed::open(&world.inbox, clip_id).await.unwrap().unwrap();
    assert_eq!(clip.track.fixes(), &drive(20)[3..]);
}
