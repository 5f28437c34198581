//! The same chain against a bucket that speaks S3.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::files::{assert_same, files};
use crate::finished::EPOCH;
use crate::program::{Answer, command, outside, python};
use crate::same_bytes::short_bundle;
use crate::world::{DRIVER, PAYOUT, World, build, build_arguments, ingest, models, pay};

pub const BUCKET: &str = "waymark-test";

#[test]
fn a_bucket_that_speaks_s3_holds_what_a_folder_holds() {
    let Some(bundle) = short_bundle() else { return };
    let server = Server::start();
    assert_eq!(outside("bucket.py", &["make", &server.endpoint, BUCKET]).done(), 1);
    let (world, store) = (World::new(), format!("s3://{BUCKET}/maps/one"));
    let device = format!("--device={}", world.key.device_id());
    server.run(&["device", "enrol", "--store", &store, "--driver", DRIVER, &device, "--payout", PAYOUT]).done();
    let bundle_text = bundle.to_str().unwrap();
    for state in ["landed", "already_landed"] {
        assert_eq!(server.run(&["ingest", bundle_text, "--store", &store]).done()["state"], state);
    }
    for clips in [1, 0] {
        assert_eq!(server.run(&build_arguments(&store, models(), "2")).done()["clips"], clips);
    }
    let paid: [Value; 2] = [(); 2].map(|()| server.run(&["pay", "--store", &store, "--epoch", EPOCH]).done());
    assert_eq!(paid[0], paid[1]);
    server.run(&["verify", "snapshot", "--store", &store]).done();
    server.run(&["verify", "epoch", "--store", &store, "--epoch", EPOCH]).done();
    assert_eq!(server.run(&["report", "--store", &store]).done()["clips_processed"], 1);

    ingest(bundle, &world.store()).done();
    build(&world.store(), "2").done();
    pay(&world.store(), EPOCH).done();
    let fetched = outside("bucket.py", &["fetch", &server.endpoint, BUCKET, "maps/one", &world.text("fetched")]).done();
    assert_eq!(fetched, files(&world.path("store")).len());
    assert_same(&world.path("store"), &world.path("fetched"), "folder and bucket");
}

#[test]
fn a_bucket_that_is_not_there_is_named() {
    let server = Server::start();
    let failed = server.run(&["report", "--store", "s3://nowhere/maps"]);
    assert!(failed.failed().stderr.contains("nowhere"), "{failed:?}");
}

/// A server that holds buckets in memory.
pub struct Server {
    shell: Child,
    pub endpoint: String,
}

impl Server {
    pub fn start() -> Self {
        // The server ends when our end of its standard input does: also if we are killed.
        const SCRIPT: &str = r#""$1" -m moto.server -H 127.0.0.1 -p 0 & cat >/dev/null; kill $!"#;
        let mut shell = Command::new("sh");
        shell.args(["-c", SCRIPT, "server"]).arg(python().get_program());
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut shell = shell.spawn().unwrap();
        let mut lines = BufReader::new(shell.stderr.take().unwrap()).lines().map(Result::unwrap);
        let endpoint = lines.by_ref().find_map(|line| {
            let (_, address) = line.split_once("Running on ")?;
            Some(address.split_whitespace().next()?.to_owned())
        });
        let endpoint = endpoint.expect("moto.server says where it is: is it installed (`make setup`)?");
        // It reports every request, and would wait for somebody to read that.
        std::thread::spawn(move || lines.for_each(drop));
        Self { shell, endpoint }
    }

    /// Runs the program with this server for its S3.
    pub fn run(&self, arguments: &[&str]) -> Answer {
        let mut command = command(arguments);
        with_bucket(&mut command, &self.endpoint);
        command.output().unwrap().into()
    }
}

/// Makes the server at `endpoint` the S3 of a program.
pub fn with_bucket(command: &mut Command, endpoint: &str) {
    command.env("AWS_ENDPOINT", endpoint).env("AWS_ALLOW_HTTP", "true").env("AWS_REGION", "us-east-1");
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test").env_remove("AWS_SESSION_TOKEN");
    command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        self.shell.wait().expect("the shell ends after the server");
    }
}
