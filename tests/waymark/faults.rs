//! A server that is killed under load, that runs out of disk, and that is watched by the kernel: what was acknowledged
//! is there, once.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use waymark_datasets::Digest;

use crate::files::named;
use crate::fleet::{stills, stills_of_many, upload, upload_all};
use crate::program::command;
use crate::scale::times;
use crate::server::{Served, http};
use crate::stills::Still;
use crate::traced::violations;
use crate::world::World;

/// Asserts that just these clips are there, each once and whole, none refused, and nothing else of any upload.
#[track_caller]
fn assert_landed(world: &World, stills: &[Still]) {
    let inbox = world.path("store/inbox");
    assert_eq!(named(&inbox, "clips/", "landed.json").len(), stills.len(), "clips that landed");
    let of = |still: &Still| Digest::of(&[&still.head[..], &still.tail[..]].concat()).to_string();
    let wanted: BTreeSet<String> = stills.iter().map(of).collect();
    let media: Vec<_> = named(&inbox, "clips/", "").into_iter().filter(|(name, _)| name.contains(".media-")).collect();
    let is_whole = |path: &Path, name: &str| name.ends_with(&Digest::of(&fs::read(path).unwrap()).to_string());
    assert!(media.iter().all(|(name, path)| is_whole(path, name)), "a file is not what it is named after");
    let found: Vec<&str> = media.iter().map(|(name, _)| name.rsplit('-').next().unwrap()).collect();
    assert_eq!(found.len(), wanted.len(), "files that landed");
    assert!(found.iter().all(|digest| wanted.contains(*digest)));
    assert_eq!(world.verdicts(), [], "nothing was refused");
    for place in ["uploads/", ".staging/"] {
        assert!(named(&inbox, place, "").is_empty(), "nothing is left of uploads and unfinished writes");
    }
}

#[test]
fn a_server_that_is_killed_again_and_again_under_load_loses_nothing_and_lands_nothing_twice() {
    let world = World::new();
    let stills = stills_of_many(&world, times(1_000, 30_000), 20_000);
    let (kills, alive) = (times(4, 30), Duration::from_millis(times(500, 2_000)));
    let runtime = Runtime::new().unwrap();
    let store = world.store();
    let first = Served::start(&store);
    let address = first.url.strip_prefix("http://").unwrap().to_owned();
    let url = first.url.clone();
    let loading = {
        let stills = stills.clone();
        let until = Instant::now() + (alive + Duration::from_millis(200)) * u32::try_from(kills).unwrap();
        runtime.spawn(async move { upload_all(&url, &stills, 8, Some(until)).await })
    };
    let mut server = first;
    for _ in 0..kills {
        // It is the load that is waited for here, not a condition: the moment of death should be any.
        std::thread::sleep(alive);
        server.kill();
        server = Served::start_at(&address, &["--store", &store, "--ingest-only"]);
    }
    let (done, again) = runtime.block_on(loading).unwrap();
    println!("{done} clips acknowledged over {kills} kills, {again} tries more than that");
    assert!(done > 0 && again > 0, "{done} done, {again} again: the kills hit nothing");
    // What a dead server left undecided is decided by the one that lives; asking for it does so at once.
    let begun = &stills[..done];
    runtime.block_on(async {
        for still in begun {
            assert!(upload(&http(), &server.url, still).await, "what was acknowledged has landed");
        }
    });
    server.stop();
    assert_landed(&world, begun);
}

#[test]
fn data_and_folders_are_synced_before_every_answer_that_promises_storage() {
    let world = World::new();
    let uploads = times(10, 1_000);
    let stills = stills(&world, uploads, 30_000);
    let trace = world.path("trace");
    let Some(server) = Served::start_traced(&["--store", &world.store(), "--ingest-only"], &trace) else {
        println!("SKIPPED: strace is not here, or may not trace: what is synced was not watched");
        return;
    };
    // One after the other, so that all that came before an answer belongs to it.
    let (done, _) = Runtime::new().unwrap().block_on(upload_all(&server.url, &stills, 1, None));
    server.stop_traced();
    assert_eq!(done as u64, uploads);
    let (answers, violations) = violations(&fs::read_to_string(&trace).unwrap());
    println!("{answers} answers that promise storage, {} violations", violations.len());
    assert!(answers as u64 >= 2 * uploads, "{answers} answers were seen of {}", 2 * uploads);
    assert_eq!(violations, Vec::<String>::new());
    assert_landed(&world, &stills);
}

/// A command that first mounts what `script` says, for itself alone; it is called with `paths` and then `inner`. None,
/// loudly, where nothing can be mounted.
fn mounting(script: &str, paths: &[&Path], inner: &Command) -> Option<Command> {
    let can = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output();
    if !can.is_ok_and(|can| can.status.success()) {
        println!("SKIPPED: nothing can be mounted for a server alone: it was not tried with another disk");
        return None;
    }
    let mut outer = Command::new("unshare");
    outer.args(["-rm", "sh", "-c", script, "sh"]).args(paths).arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    Some(outer)
}

#[test]
fn where_a_file_without_a_name_can_get_none_clips_land_as_well() {
    let world = World::new();
    let serve = command(&["serve", "--listen", "127.0.0.1:0", "--ingest-only", "--store", &world.store()]);
    // It gets its name by way of /proc.
    let Some(outer) = mounting(r#"mount -t tmpfs tmpfs /proc && exec "$@""#, &[], &serve) else { return };
    let server = Served::from(outer);
    let stills = stills(&world, 4, 700_000);
    let (done, _) = Runtime::new().unwrap().block_on(upload_all(&server.url, &stills, 2, None));
    server.stop();
    assert_eq!(done, stills.len());
    assert_landed(&world, &stills);
}

#[test]
fn a_full_disk_is_said_to_be_and_the_upload_goes_on_once_there_is_room() {
    let world = World::new();
    let config = world.write("waymark.toml", b"[serve]\ndisk_free_min_bytes = 0\n");
    // The disk is the server's alone: nobody else sees it, and it is gone with the server.
    let script = r#"mount -t tmpfs -o size=8m tmpfs "$1" && cp -r "$2/." "$1" && head -c 6000000 /dev/zero >"$1/filler" &&
        shift 2 && exec "$@""#;
    let (disk, store) = (world.path("disk"), world.path("store"));
    fs::create_dir(&disk).unwrap();
    let config = config.to_str().unwrap();
    let mut serve = command(&["--config", config, "serve", "--listen", "127.0.0.1:0", "--ingest-only", "--store"]);
    serve.arg(&disk);
    let Some(outer) = mounting(script, &[&disk, &store], &serve) else { return };
    let server = Served::from(outer);
    let inside = Path::new("/proc").join(server.id().to_string()).join("root").join(disk.strip_prefix("/").unwrap());
    let still = &stills(&world, 1, 4_000_000)[0];
    Runtime::new().unwrap().block_on(async {
        let http = http();
        let posted = server.announce(&http, still.manifest.as_ref().unwrap().as_bytes()).await;
        let path = posted["media"][0]["upload_url"].as_str().unwrap();
        let whole = [&still.head[..], &still.tail[..]].concat();
        let patch = |offset: usize, end: usize| {
            let patch = server.tus(&http, "PATCH", path).header("upload-offset", offset);
            patch.header("content-type", "application/offset+octet-stream").body(whole[offset..end].to_vec())
        };
        assert_eq!(patch(0, 100_000).send().await.unwrap().status(), 204, "as long as there is room");
        for _ in 0..3 {
            let full = patch(100_000, whole.len()).send().await.unwrap();
            assert_eq!(full.status(), 507, "{full:?}");
            assert!(full.headers().contains_key("retry-after"));
            let head = server.tus(&http, "HEAD", path).send().await.unwrap();
            assert_eq!(head.headers()["upload-offset"], "100000", "reads go on, and say what is stored");
        }
        // One file without contents is the server's own: what is counted by name alone is names of it.
        let staged = named(&inside, "inbox/.staging/", "");
        assert!(staged.iter().all(|(name, _)| name.contains("/empty-")), "what did not fit takes no room: {staged:?}");
        assert!(staged.len() <= 1);
        assert!(named(&inside, "inbox/uploads/", "").iter().all(|(_, path)| path.metadata().unwrap().len() > 0));
        fs::remove_file(inside.join("filler")).unwrap();
        assert_eq!(patch(100_000, whole.len()).send().await.unwrap().status(), 204, "there is room again");
        let state = server.state(&http, &world.key, posted["clip"].as_str().unwrap()).await;
        assert_eq!(state["state"], "landed");
    });
    server.stop();
}
