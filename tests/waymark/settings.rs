//! The example configuration is what it says that it is: every setting, with its default.

#[allow(dead_code, reason = "the program uses all of it")]
#[path = "../../src/config.rs"]
mod config;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use config::Config;

fn example() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/waymark.example.toml"))
}

#[test]
fn the_example_configuration_has_the_defaults() {
    assert_eq!(Config::read(Some(example())).unwrap(), Config::read(None).unwrap());
}

#[test]
fn the_example_configuration_has_every_setting() {
    // Fields come one to a line when a struct is printed at length.
    let printed = format!("{:#?}", Config::default());
    let name = |line: &str| Some(line.trim().split_once(": ")?.0.to_owned());
    let settings: BTreeSet<String> = printed.lines().filter_map(name).collect();
    assert!(settings.contains("manifest_max_bytes") && settings.len() > 20, "{settings:?}");
    let text = fs::read_to_string(example()).unwrap();
    for setting in settings {
        let is_there = |line: &str| {
            let line = line.trim_start_matches("# ");
            // A section, or a setting; one without a default is commented out.
            line.starts_with(&format!("{setting} =")) || (line.starts_with('[') && line.contains(&setting))
        };
        assert!(text.lines().any(is_there), "{setting} is not in the example");
    }
}

#[test]
fn a_setting_that_does_not_exist_is_refused_by_name() {
    let folder = crate::scratch::folder();
    let file = folder.path().join("waymark.toml");
    fs::write(&file, "[vision.sample]\nspacing_ft = 26.0\n").unwrap();
    let told = format!("{:#}", Config::read(Some(&file)).unwrap_err());
    assert!(told.contains("spacing_ft") && told.contains("spacing_m"), "{told}");
}
