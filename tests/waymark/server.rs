//! `waymark serve` as a process of its own, on a free port.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use waymark_ingest::DeviceKey;
use waymark_ingest::access::access_token;

use crate::program::{NOW, command};

pub struct Served {
    child: Child,
    /// Where it listens.
    pub url: String,
    lines: mpsc::Receiver<String>,
}

impl Served {
    /// A server that takes clips and leaves their processing to others.
    pub fn start(store: &str) -> Self {
        Self::start_with(&["--store", store, "--ingest-only"])
    }

    pub fn start_with(arguments: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", arguments)
    }

    pub fn start_at(address: &str, arguments: &[&str]) -> Self {
        command(&[&["serve", "--listen", address], arguments].concat()).into()
    }

    /// Under the eyes of strace, which writes to `trace`; none where it cannot.
    pub fn start_traced(arguments: &[&str], trace: &Path) -> Option<Self> {
        const CALLS: &str = "trace=fsync,fdatasync,rename,renameat,renameat2,link,linkat,mkdir,mkdirat,rmdir,unlinkat,\
                             write,writev,sendto,sendmsg";
        let can = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).output();
        if !can.is_ok_and(|can| can.status.success()) {
            return None;
        }
        let inner = command(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat());
        let mut strace = Command::new("strace");
        strace.args(["-f", "-y", "-s", "40", "-e", CALLS, "-o"]).arg(trace);
        strace.arg(inner.get_program()).args(inner.get_args());
        inner.get_envs().filter_map(|(name, value)| Some((name, value?))).for_each(|(name, value)| {
            strace.env(name, value);
        });
        Some(strace.into())
    }

    /// Of the process, or of whoever watches it.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The processes that it has started.
    pub fn children(&self) -> Vec<u32> {
        let listed = Command::new("pgrep").args(["-P", &self.id().to_string()]).output().unwrap();
        String::from_utf8(listed.stdout).unwrap().lines().map(|line| line.parse().unwrap()).collect()
    }

    /// Asks the server that strace watches to end, and waits for both.
    pub fn stop_traced(mut self) {
        let server = self.children()[0].to_string();
        assert!(Command::new("kill").args(["-TERM", &server]).status().unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl From<Command> for Served {
    fn from(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut answer = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut answer).unwrap();
        let lines = follow(child.stderr.take().unwrap());
        let json: Value = serde_json::from_str(&answer).unwrap_or_else(|_| {
            let said: Vec<String> = lines.iter().collect();
            panic!("the server did not start: {answer:?} {said:?}")
        });
        Self { child, url: json["listening"].as_str().unwrap().to_owned(), lines }
    }
}

impl Served {
    /// Waits until it says something with `text` in it.
    pub fn wait_for(&self, text: &str) {
        self.line_with(text);
    }

    /// The next line that it says with `text` in it.
    pub fn line_with(&self, text: &str) -> String {
        let mut said = Vec::new();
        for line in &self.lines {
            if line.contains(text) {
                return line;
            }
            said.push(line);
        }
        panic!("the server ended without saying {text:?}: {said:?}");
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits: it must say that it is done.
    pub fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }

    pub fn tus(&self, http: &Client, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        http.request(method, format!("{}{path}", self.url)).header("tus-resumable", "1.0.0")
    }

    pub async fn announce(&self, http: &Client, manifest: &[u8]) -> Value {
        let request = http.post(format!("{}/v1/clips", self.url)).header("content-type", "application/jose");
        json(request.body(manifest.to_vec()).send().await.unwrap()).await
    }

    pub async fn state(&self, http: &Client, key: &DeviceKey, clip: &str) -> Value {
        let token = access_token(key, &self.url, NOW.parse().unwrap()).unwrap();
        json(http.get(format!("{}/v1/clips/{clip}", self.url)).bearer_auth(token).send().await.unwrap()).await
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        if self.child.kill().is_ok() {
            self.child.wait().unwrap();
        }
    }
}

/// What a process says, line by line; it is read to its end, so that it never waits for us.
fn follow(stderr: ChildStderr) -> mpsc::Receiver<String> {
    let (tell, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            // Nobody may listen any more; the rest is read all the same.
            drop(tell.send(line));
        }
    });
    lines
}

pub fn http() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

pub async fn json(answer: Response) -> Value {
    let (status, bytes) = (answer.status(), answer.bytes().await.unwrap());
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{error}: {status} {bytes:?}"))
}
