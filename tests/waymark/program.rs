//! Running the binary and reading what it answers.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The moment of every call: after all footage, so that every epoch in it is over.
pub const NOW: &str = "2026-06-01T00:00:00Z";

/// What a call came to.
#[derive(Debug)]
pub struct Answer {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("what is said is text");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Answer {
    /// The line of JSON that was printed; the call must have done its work.
    #[track_caller]
    pub fn done(&self) -> Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.json()
    }

    /// What was printed before the program said that it could not do its work.
    #[track_caller]
    pub fn failed(&self) -> &Self {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The program with `arguments`, answering in JSON; not started yet.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_waymark"));
    command.args(["--now", NOW, "--json"]).args(arguments);
    command.env_remove("WAYMARK_CONFIG").env_remove("WAYMARK_MODELS").env_remove("WAYMARK_LOG");
    command.env("ORT_DYLIB_PATH", onnxruntime());
    command
}

/// Runs the program to its end.
pub fn waymark(arguments: &[&str]) -> Answer {
    command(arguments).output().unwrap().into()
}

/// Runs the program to its end; also says how much memory it held at most, in bytes.
pub fn waymark_measured(arguments: &[&str]) -> (Answer, u64) {
    // The kernel counts for whoever waited: exact, and nothing has to be polled. Linux counts in KiB.
    const MEASURE: &str = "\
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == 'darwin' else 1024)
print(peak, file=sys.stderr)
sys.exit(code if code >= 0 else 255)";
    let inner = command(arguments);
    let mut outer = python();
    outer.args(["-c", MEASURE]).arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    let answer = Answer::from(outer.output().unwrap());
    let peak = answer.stderr.lines().last().and_then(|line| line.parse().ok());
    let peak = peak.unwrap_or_else(|| panic!("no peak was measured: {answer:?}"));
    (answer, peak)
}

/// The Python that has the outside readers.
pub fn python() -> Command {
    let mut command = Command::new(needed("WAYMARK_PYTHON"));
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
    command
}

/// Runs a script of `tests/outside`.
pub fn outside<S: AsRef<OsStr>>(script: &str, arguments: &[S]) -> Answer {
    let script = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/outside")).join(script);
    python().arg(script).args(arguments).output().unwrap().into()
}

/// ONNX Runtime is no asset: without it nothing here would be tested, so its absence fails.
fn onnxruntime() -> PathBuf {
    needed("ORT_DYLIB_PATH")
}

fn needed(variable: &str) -> PathBuf {
    let value = std::env::var_os(variable).unwrap_or_else(|| panic!("{variable} is not set: run `make test`"));
    let file = PathBuf::from(value);
    assert!(file.exists(), "{variable} names {}, which is not there: run `make setup`", file.display());
    file
}
