//! ONNX Runtime, loaded while we run: building needs neither it nor a download.

use std::path::Path;
use std::sync::Mutex;

use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;

use crate::Error;

/// A process holds one ONNX Runtime, and the library refuses a second environment.
static LOADED: Mutex<Option<Runtime>> = Mutex::new(None);

/// The loaded library.
#[derive(Clone)]
pub struct Runtime {
    environment: Environment,
    version: String,
}

impl Runtime {
    /// Loads `library`; without one, that of the system's usual name beside the executable or where the system
    /// looks. The first one that loads stays for the life of the process: later calls return it.
    ///
    /// # Errors
    /// [`Error::Runtime`] when the library is not found, is none, or is too old.
    pub fn load(library: Option<&Path>) -> Result<Self, Error> {
        let mut loaded = LOADED.lock().map_err(|_| runtime(&"loading it failed before"))?;
        if let Some(runtime) = &*loaded {
            return Ok(runtime.clone());
        }
        let usual = format!("{}onnxruntime{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        let library = library.unwrap_or(Path::new(&usual));
        // A relative path is looked for beside the executable first, then where the system looks.
        let builder = ort::init_from(library).map_err(|error| runtime(&error))?;
        let environment =
            builder.with_name("waymark").with_telemetry(false).build().map_err(|error| runtime(&error))?;
        let new = Self { environment, version: version(library, ort::info()) };
        *loaded = Some(new.clone());
        Ok(new)
    }

    /// Version and commit of the library, such as `1.31.1 6af1a93`; the version is left out when its file name, after
    /// following links, does not carry it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// A session on `threads` threads. On one, sums are added in one order, whatever else the machine does.
    pub(crate) fn session(&self, model: &[u8], threads: usize) -> Result<Session, String> {
        let fault = |error: ort::Error<ort::session::builder::SessionBuilder>| error.to_string();
        let builder = Session::builder(&self.environment).map_err(|error| error.to_string())?;
        let builder = builder.with_optimization_level(GraphOptimizationLevel::All).map_err(fault)?;
        let builder = builder.with_intra_threads(threads).map_err(fault)?.with_inter_threads(1).map_err(fault)?;
        let mut builder = builder.with_log_level(ort::logging::LogLevel::Error).map_err(fault)?;
        builder.commit_from_memory(model).map_err(|error| error.to_string())
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Runtime({})", self.version)
    }
}

fn runtime(detail: &dyn std::fmt::Display) -> Error {
    Error::Runtime { detail: detail.to_string() }
}

/// The library says its commit, and its full file name says its version.
fn version(library: &Path, build: &str) -> String {
    let file = library.canonicalize().unwrap_or_default();
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let number = name.trim_end_matches(".dylib").trim_start_matches(|c: char| !c.is_ascii_digit());
    let commit = build.split("git-commit-id=").nth(1).and_then(|rest| rest.split([',', ' ']).next()).unwrap_or(build);
    if number.is_empty() { commit.to_owned() } else { format!("{number} {commit}") }
}
