//! The packs that the program knows by name.

/// The `pack.toml` of the pack for real footage; its models are pulled on request.
pub const STREET: &str = include_str!("../packs/street.toml");
/// The `pack.toml` of the pack for the simulated town; its model is in the program.
pub const TOWN: &str = include_str!("../packs/town/pack.toml");

/// All of them.
pub static KNOWN_PACKS: [KnownPack; 2] = [
    KnownPack { name: "street", manifest: STREET, files: &[] },
    KnownPack { name: "town", manifest: TOWN, files: &[("town.onnx", include_bytes!("../packs/town/town.onnx"))] },
];

/// A pack whose `pack.toml` is in the program, and perhaps its models as well.
#[derive(Debug, Clone, Copy)]
pub struct KnownPack {
    /// Its name.
    pub name: &'static str,
    /// The text of its `pack.toml`.
    pub manifest: &'static str,
    /// Those of its files that are in the program: name and content. All of its models, or none.
    pub files: &'static [(&'static str, &'static [u8])],
}

impl KnownPack {
    /// The pack of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        KNOWN_PACKS.iter().find(|known| known.name == name)
    }
}
