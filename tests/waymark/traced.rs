//! What a server asked of the kernel, as strace wrote it down: whether everything was on the disk before it was promised.

use std::collections::{BTreeMap, BTreeSet};

/// The answers of success in a trace, and each of them that came too early: before the bytes of an object were synced,
/// or the folder that it is in, or the one that such a folder is in.
pub fn violations(trace: &str) -> (usize, Vec<String>) {
    let mut disk = Disk::default();
    let (mut answers, mut violations) = (0, Vec::new());
    for call in calls(trace) {
        if call.is_answer() {
            answers += 1;
            let pending: Vec<&str> = disk.pending().collect();
            if !pending.is_empty() {
                violations.push(format!("answer {answers}: {pending:?}"));
            }
        } else {
            disk.note(&call);
        }
    }
    (answers, violations)
}

/// What is not known to survive a power cut.
#[derive(Default)]
struct Disk {
    /// What each descriptor was last synced or written as: a file without a name gets one by its descriptor.
    open: BTreeMap<String, String>,
    /// Files that were synced since they were last written to.
    synced: BTreeSet<String>,
    /// Names that were given: the folder must be synced.
    unsynced_folders: BTreeMap<String, String>,
    /// Objects whose bytes were not synced when they got their names.
    unsynced_bytes: BTreeSet<String>,
}

impl Disk {
    fn note(&mut self, call: &Call) {
        // What is counted against a device promises nobody anything: a power cut may take it back.
        if call.paths.last().is_some_and(|path| path.contains("/inbox/quota")) {
            return;
        }
        match (call.name.as_str(), &call.paths[..]) {
            ("fsync" | "fdatasync", [path]) => {
                self.open.insert(call.descriptor(), path.clone());
                self.synced.insert(path.clone());
                self.unsynced_folders.remove(path);
            }
            ("write" | "pwrite64" | "writev", [path]) => {
                self.open.insert(call.descriptor(), path.clone());
                self.synced.remove(path);
            }
            // The staging folder itself promises nothing.
            ("rename" | "renameat" | "renameat2" | "link" | "linkat", [from, to]) if !to.contains("/.staging/") => {
                let from = from.strip_prefix("/proc/self/fd/").map_or(from, |open| self.open.get(open).unwrap_or(from));
                // A second name for what has one on the disk needs no syncing of bytes.
                let is_new = ["/.staging/", "/proc/self/fd/"].iter().any(|place| from.contains(place));
                if is_new && !self.synced.contains(from) {
                    self.unsynced_bytes.insert(to.clone());
                }
                self.unsynced_folders.insert(folder(to), to.clone());
            }
            ("mkdir" | "mkdirat", [path]) if !path.contains("/.staging") => {
                self.unsynced_folders.insert(folder(path), path.clone());
            }
            // What is in a folder that is gone need not be synced.
            ("rmdir" | "unlinkat", [path]) => {
                self.unsynced_folders.remove(path);
            }
            _ => {}
        }
    }

    fn pending(&self) -> impl Iterator<Item = &str> {
        self.unsynced_bytes.iter().chain(self.unsynced_folders.values()).map(String::as_str)
    }
}

fn folder(path: &str) -> String {
    path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned()
}

/// A call that succeeded.
struct Call {
    name: String,
    paths: Vec<String>,
    text: String,
}

impl Call {
    /// The number of the descriptor that it is about.
    fn descriptor(&self) -> String {
        let number = |text: &str| text.split_once('(')?.1.split_once('<').map(|(number, _)| number.to_owned());
        number(&self.text).unwrap_or_default()
    }

    fn is_answer(&self) -> bool {
        let promises =
            |text: &str| ["201 ", "204 "].iter().any(|status| text.contains(&format!("\"HTTP/1.1 {status}")));
        ["sendto", "write", "writev", "sendmsg"].contains(&self.name.as_str()) && promises(&self.text)
    }
}

/// Calls in the order in which they ended; but a message counts from when it began to be sent.
fn calls(trace: &str) -> Vec<Call> {
    let mut begun: BTreeMap<&str, String> = BTreeMap::new();
    let mut calls = Vec::new();
    for line in trace.lines() {
        let Some((id, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(head) = rest.strip_suffix(" <unfinished ...>") {
            if head.starts_with("sendto") || head.starts_with("write") {
                calls.extend(call(&format!("{head}) = 1")));
            } else {
                begun.insert(id, head.to_owned());
            }
        } else if rest.starts_with("<... ") {
            let tail = rest.split_once("resumed>").map_or("", |(_, tail)| tail);
            calls.extend(begun.remove(id).and_then(|head| call(&format!("{head}{tail}"))));
        } else {
            calls.extend(call(rest));
        }
    }
    calls
}

fn call(text: &str) -> Option<Call> {
    let (name, rest) = text.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    if result.starts_with('-') {
        return None;
    }
    let paths = if name.contains("sync") || name.contains("write") {
        // A descriptor and what it is open on: 7</folder/file>.
        vec![arguments.split_once('<')?.1.split_once('>')?.0.to_owned()]
    } else {
        arguments.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    };
    Some(Call { name: name.into(), paths, text: text.into() })
}

#[test]
fn an_answer_before_its_syncs_is_found() {
    let whole = "1 write(5</s/.staging/a>, \"x\", 1) = 1\n\
        1 fsync(5</s/.staging/a>) = 0\n\
        1 mkdir(\"/s/x\", 0777) = 0\n\
        2 renameat2(AT_FDCWD</>, \"/s/.staging/a\", AT_FDCWD</>, \"/s/x/a\", RENAME_NOREPLACE <unfinished ...>\n\
        1 fsync(9</s/other>) = 0\n\
        2 <... renameat2 resumed>) = 0\n\
        1 fsync(6</s/x>) = 0\n\
        1 fsync(6</s>) = 0\n\
        3 sendto(9<socket:[1]>, \"HTTP/1.1 201 Created\"..., 20, MSG_NOSIGNAL, NULL, 0) = 20\n";
    assert_eq!(violations(whole), (1, vec![]));
    // The same of a file that has no name before.
    let unnamed = whole
        .replace("</s/.staging/a>", "</s/.staging/#7 (deleted)>")
        .replace("\"/s/.staging/a\"", "\"/proc/self/fd/5\"");
    assert_eq!(violations(&unnamed), (1, vec![]));
    for (trace, file) in [(whole, "a"), (&unnamed, "#7 (deleted)")] {
        for needed in [&format!("fsync(5</s/.staging/{file}>)"), "fsync(6</s/x>)", "fsync(6</s>)"] {
            let without: String =
                trace.lines().filter(|line| !line.contains(needed)).map(|l| format!("{l}\n")).collect();
            assert_eq!(violations(&without).1.len(), 1, "{needed}");
        }
    }
}
