//! Where tests work: one folder for the process, gone when the process is, however it ends.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// Footage lies in it for a while, and statics are not dropped: a shell waits for our end and removes it.
pub fn scratch() -> &'static Path {
    static SCRATCH: OnceLock<(TempDir, Child)> = OnceLock::new();
    let (folder, _) = SCRATCH.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        // Its standard input ends when we do, even if we are killed; what we started may go on to write for a while.
        let script = r#"trap "" INT TERM HUP; cat >/dev/null; while [ -e "$1" ]; do rm -rf -- "$1"; sleep 2; done"#;
        let mut janitor = Command::new("sh");
        janitor.args(["-c", script, "janitor"]).arg(folder.path());
        janitor.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        (folder, janitor.spawn().unwrap())
    });
    folder.path()
}

/// A folder within, gone when it is dropped.
pub fn folder() -> TempDir {
    TempDir::new_in(scratch()).unwrap()
}
