//! What holds for the sources as a whole: who knows whom, and what nobody does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::scan::{body, code_of, dropped_results, lines_with, long_functions, machine_paths, panics, public_bytes};

const PROJECT: &str = env!("CARGO_MANIFEST_DIR");
const SIBLINGS: [&str; 4] = ["ingest", "vision", "tiles", "rewards"];

#[test]
fn siblings_share_only_the_floor_below() {
    for sibling in SIBLINGS {
        assert_eq!(local_dependencies(&read(&format!("{sibling}/Cargo.toml"))), ["waymark-datasets"], "{sibling}");
    }
    assert_eq!(local_dependencies(&read("datasets/Cargo.toml")), [""; 0]);
    let simulate = local_dependencies(&read("datasets/simulate/Cargo.toml"));
    assert!(simulate.iter().all(|name| name == "waymark-datasets"), "simulate knows {simulate:?}");
}

#[test]
fn there_is_one_version_of_what_must_fit_together() {
    let lock = read("Cargo.lock");
    for name in ["arrow-array", "parquet", "object_store", "polars", "waymark-datasets"] {
        assert_eq!(versions(&lock, name).len(), 1, "{name}: {:?}", versions(&lock, name));
    }
}

#[test]
fn no_result_is_dropped() {
    assert_clean("drops a result", |_, code| dropped_results(code));
}

#[test]
fn nothing_panics_outside_of_tests() {
    assert_clean("panics", |_, code| panics(code));
}

#[test]
fn raw_pixels_are_known_to_vision_alone() {
    assert_clean(
        "names RawImage",
        |name, code| {
            if name.starts_with("vision/") { Vec::new() } else { lines_with(code, "RawImage") }
        },
    );
}

#[test]
fn raw_pixels_have_no_way_out() {
    let code = code_of(&read("vision/src/image.rs"));
    let fields = &code[body(&code, code.find("struct RawImage").unwrap()).unwrap()];
    assert!(lines_with(fields, "pub").is_empty(), "a field of RawImage is public");
    assert!(!code.contains("RawImage(pub"), "what RawImage wraps is public");
    for (name, code) in sources().into_iter().filter(|(name, _)| name.starts_with("vision/")) {
        let mut leaks = public_bytes(&code);
        // The one way on: what is redacted may be read.
        leaks.retain(|signature| {
            name != "vision/src/image.rs" || !signature.starts_with("pub fn jpeg(&self) -> &Bytes")
        });
        assert!(leaks.is_empty(), "{name} gives bytes away: {leaks:?}");
    }
}

#[test]
fn the_roof_alone_reads_clock_and_environment() {
    for word in ["SystemTime::now", "Utc::now", "Local::now", "env::var", "env::var_os", "env::vars", "env::args"] {
        assert_clean(word, |name, code| if name.starts_with("src/") { Vec::new() } else { lines_with(code, word) });
    }
}

#[test]
fn files_and_functions_are_small() {
    assert_clean("is longer than 60 lines", |_, code| long_functions(code, 60));
    assert_clean("is line 401 of its file", |_, code| if code.lines().count() > 400 { vec![401] } else { Vec::new() });
}

#[test]
fn no_file_names_a_folder_of_the_machine_it_was_written_on() {
    for (name, path) in tracked() {
        // What is no text has no lines.
        let Ok(text) = String::from_utf8(fs::read(path).unwrap()) else { continue };
        assert_eq!(machine_paths(&text), [0; 0], "lines of {name}");
    }
}

#[test]
fn every_scanner_finds_what_is_planted() {
    assert_eq!(dropped_results("let _ = f();\n_ = f().await;\nf().ok();\nlet a = f().ok();\n_a = 1;"), [1, 2, 3]);
    assert_eq!(dropped_results("match x { _ => 1 }; for _ in 0..2 {} if _a == b {} |_| c"), [0; 0]);
    assert_eq!(
        panics("a.unwrap();\nb.expect(c);\npanic!();\ntodo!();\na.unwrap_or(b);\nself.expected(c);"),
        [1, 2, 3, 4]
    );
    assert_eq!(panics(&code_of("// a.unwrap()\n\"panic!\"; r#\"todo!()\"#; 'x'; b\"\\\"panic!\";")), [0; 0]);
    assert_eq!(panics(&code_of("let quote = '\"'; a.unwrap(); let life: &'a str = b.unwrap();")), [1, 1]);
    assert_eq!(lines_with("RawImages\nuse vision::RawImage;\n", "RawImage"), [2]);
    assert_eq!(lines_with("SystemTime::now()", "SystemTime::now"), [1]);
    assert_eq!(long_functions("fn a() {\n1;\n2;\n}\nfn b(x: [u8; 2]) {\n\n}", 3), [1]);
    assert_eq!(public_bytes("pub fn a(&self) -> &[u8] {}\npub fn b(x: &[u8]) -> u8 {}").len(), 1);
    let here = |folder: &str| format!("one\n\"/{folder}/x\"");
    assert_eq!(["work", "root", "tmp", "home"].map(|folder| machine_paths(&here(folder))), [[2]; 4]);
    assert_eq!(machine_paths("https://a.b/work/x ~/work $HOME/work/ /working a/tmp/b"), [0; 0]);
    let manifest =
        "[dependencies]\nwaymark-tiles.workspace = true\nserde = \"1\"\n[dependencies.other]\npath = \"../o\"";
    assert_eq!(local_dependencies(manifest), ["other", "waymark-tiles"]);
    let lock = "[[package]]\nname = \"a\"\nversion = \"1\"\n[[package]]\nname = \"a\"\nversion = \"2\"";
    assert_eq!(versions(lock, "a").len(), 2);
}

/// Normal and build dependencies on crates of this workspace, sorted.
fn local_dependencies(manifest: &str) -> Vec<String> {
    let manifest: toml::Table = manifest.parse().unwrap();
    let tables = ["dependencies", "build-dependencies"].into_iter().filter_map(|name| manifest.get(name)?.as_table());
    let is_local = |name: &str, what: &toml::Value| name.starts_with("waymark") || what.get("path").is_some();
    let local = tables.flatten().filter(|(name, what)| is_local(name, what)).map(|(name, _)| name.clone());
    local.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The versions of a package in a lock file.
fn versions(lock: &str, name: &str) -> BTreeSet<String> {
    let lock: toml::Table = lock.parse().unwrap();
    let named = |package: &&toml::Value| package["name"].as_str() == Some(name);
    lock["package"].as_array().unwrap().iter().filter(named).map(|package| package["version"].to_string()).collect()
}

#[track_caller]
fn assert_clean(what: &str, scan: impl Fn(&str, &str) -> Vec<usize>) {
    let found: Vec<String> = sources()
        .iter()
        .flat_map(|(name, code)| scan(name, code).into_iter().map(move |line| format!("{name}:{line} {what}")))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The code of every Rust file outside of tests, by its path; targets of fuzzing are tests.
fn sources() -> Vec<(String, String)> {
    let is_source =
        |name: &str| name.ends_with(".rs") && !name.split('/').any(|part| ["tests", "fuzz_targets"].contains(&part));
    let found = tracked().into_iter().filter(|(name, _)| is_source(name));
    let found: Vec<_> = found.map(|(name, path)| (name, code_of(&fs::read_to_string(path).unwrap()))).collect();
    assert!(found.len() > 50, "the sources are not where they were");
    found
}

/// Every file that git does not ignore, by its path.
fn tracked() -> Vec<(String, PathBuf)> {
    let ignored = read(".gitignore");
    let ignored: Vec<&str> = ignored.lines().map(|line| line.trim_start_matches('/')).chain([".git"]).collect();
    let is_ignored = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        let fits =
            |line: &&str| [path, name].contains(line) || line.strip_prefix('*').is_some_and(|end| name.ends_with(end));
        ignored.iter().any(fits)
    };
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(PROJECT)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(PROJECT).unwrap().to_str().unwrap().to_owned();
            if is_ignored(&name) {
                continue;
            }
            if path.is_dir() { folders.push(path) } else { found.push((name, path)) }
        }
    }
    found.sort();
    found
}

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(PROJECT).join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}
