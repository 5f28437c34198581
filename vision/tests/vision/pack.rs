//! Packs: what is refused, and that no model is used that is not the one named.

use std::path::Path;

use waymark_datasets::Role;
use waymark_vision::{KNOWN_PACKS, Pack, PackError, PackManifest, STREET};

fn refusal(text: &str) -> String {
    PackManifest::parse(text).unwrap_err().to_string()
}

#[test]
fn the_street_pack_is_valid_and_pinned() {
    let street = PackManifest::parse(STREET).unwrap();
    assert_eq!(street.name, "street");
    for model in &street.models {
        let commit = model.url.split('/').nth(5).unwrap();
        let pinned = commit.len() == 40 && commit.bytes().all(|c| c.is_ascii_hexdigit());
        assert!(pinned && model.url.ends_with(&model.file), "{}", model.url);
        assert!(!model.licence.is_empty());
    }
    let private = street.models.iter().flat_map(|model| &model.classes).filter(|class| class.role == Role::Private);
    let names: std::collections::BTreeSet<_> = private.map(|class| class.name.as_str()).collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["face", "plate"]);
}

#[test]
fn a_known_pack_has_its_own_name_and_all_of_its_models_or_none() {
    for known in &KNOWN_PACKS {
        let manifest = PackManifest::parse(known.manifest).unwrap();
        assert_eq!(manifest.name, known.name);
        if known.files.is_empty() {
            assert!(matches!(Pack::known(known), Err(PackError::Read { .. })));
            assert!(manifest.models.iter().all(|model| !model.url.is_empty()), "{} comes from nowhere", known.name);
        } else {
            assert_eq!(Pack::known(known).unwrap().manifest(), &manifest);
            assert_eq!(known.files.len(), manifest.models.len());
        }
        assert!(known.files.iter().all(|(_, bytes)| bytes.len() < 4_000_000), "{} is large", known.name);
    }
}

#[test]
fn what_two_models_call_private_is_private() {
    let street = PackManifest::parse(STREET).unwrap();
    let role =
        |text: &str, class: &str| PackManifest::parse(text).unwrap().roles().get(&class.parse().unwrap()).copied();
    assert_eq!(role(STREET, "plate"), Some(Role::Private));
    // Only a classifier knows this one.
    assert_eq!(role(STREET, "no-entry"), None);
    assert_eq!(street.roles().len(), 14);
    let mixed = STREET.replace("index = 2, name = \"car\"", "index = 2, name = \"plate\"");
    assert_eq!(role(&mixed, "plate"), Some(Role::Private));
}

#[test]
fn a_bad_value_is_refused_and_named() {
    let cases = [
        ("score_min = 0.3", "score_min = 3.0", "score_min must be 0 to 1"),
        ("file = \"yolox_nano.onnx\"", "file = \"../yolox_nano.onnx\"", "plain file name"),
        ("url = \"https", "url = \"http", "https://"),
        ("overlap = 0.15", "overlap = 1.5", "tiles.overlap"),
        ("margin = 0.1", "margin = -0.1", "crops.margin"),
        ("count_max = 6", "count_max = 600", "crops.count_max"),
        ("scale = 255.0", "scale = 0.0", "input.scale"),
        ("name = \"gtsrb\"", "name = \"y5fu\"", "same name"),
        ("family = \"yunet\"", "family = \"magic\"", "magic"),
        ("index = 1, name = \"bicycle\"", "index = 0, name = \"bicycle\"", "same index"),
        ("licence = \"MIT\"", "license = \"MIT\"", "license"),
        ("classes = [\"stop-sign\"]", "classes = [\"Stop Sign\"]", "Stop Sign"),
        ("size = { width_px = 416, height_px = 416 }", "size = { width_px = 0, height_px = 416 }", "input.size"),
        ("index = 0, name = \"person\"", "score_min = 0.2, index = 0, name = \"person\"", "score_min of a class"),
        ("family = \"yunet\"", "strides = [8]\nfamily = \"yunet\"", "only the family yolox"),
        ("family = \"yolox\"", "strides = []\nfamily = \"yolox\"", "1 to 5 powers of two"),
        ("family = \"yolox\"", "strides = [8, 8]\nfamily = \"yolox\"", "ascending"),
        ("family = \"yolox\"", "strides = [0, 8]\nfamily = \"yolox\"", "powers of two"),
        ("family = \"yolox\"", "strides = [8, 24]\nfamily = \"yolox\"", "powers of two"),
        ("family = \"yolox\"", "strides = [8, 64]\nfamily = \"yolox\"", "divide both sides"),
        ("size = { width_px = 416, height_px = 416 }", "size = { longest_px = 416, multiple_px = 16 }", "multiple_px"),
        ("name = \"yield\", role = \"map\"", "name = \"yield\", role = \"private\"", "private"),
    ];
    for (from, to, said) in cases {
        assert!(STREET.contains(from), "{from}");
        let refused = refusal(&STREET.replacen(from, to, 1));
        assert!(refused.contains(said), "{to}: {refused}");
    }
}

#[test]
fn a_model_with_another_hash_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let text = "name = \"p\"\n[[model]]\nname = \"m\"\nfile = \"m.onnx\"\n\
        sha256 = \"0000000000000000000000000000000000000000000000000000000000000000\"\nsize_bytes = 5\n\
        licence = \"MIT\"\nfamily = \"yunet\"\nscore_min = 0.3\n\
        class = [{ index = 0, name = \"face\", role = \"private\" }]\n[model.input]\ntensor = \"input\"\n\
        size = { width_px = 640, height_px = 640 }\ncolour = \"bgr\"\nfit = \"letterbox-top-left\"\n";
    std::fs::write(folder.path().join("pack.toml"), text).unwrap();
    let load = |path: &Path| Pack::load(path).unwrap_err();
    assert!(matches!(load(folder.path()), PackError::Read { .. }));
    std::fs::write(folder.path().join("m.onnx"), "hello").unwrap();
    assert!(matches!(load(folder.path()), PackError::Mismatch { .. }));
    std::fs::write(folder.path().join("m.onnx"), "longer than it says").unwrap();
    assert!(load(folder.path()).to_string().contains("longer than 5 bytes"));
}
