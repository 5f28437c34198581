//! The colours of the map. Freshness runs along one hue of rising lightness, so that it also reads without colour.

/// Colours by what they are for.
pub(super) struct Theme {
    pub(super) name: &'static str,
    pub(super) background: &'static str,
    /// Coverage from fresh to stale.
    pub(super) fresh: [&'static str; 5],
    pub(super) line: &'static str,
    pub(super) frame: &'static str,
    /// Kinds of things: the first word that the class contains.
    pub(super) classes: [(&'static str, &'static str); 4],
    pub(super) other: &'static str,
    pub(super) halo: &'static str,
    /// Around what is new, and what is gone.
    pub(super) new: &'static str,
    pub(super) gone: &'static str,
}

pub(super) const LIGHT: Theme = Theme {
    name: "light",
    background: "#f5f3ee",
    fresh: ["#0b6e69", "#2f9489", "#6cb7a8", "#aad3c6", "#d5ddd6"],
    line: "#3d4f5c",
    frame: "#1f5fa8",
    classes: [("light", "#e0a100"), ("stop", "#c8322b"), ("speed", "#d9480f"), ("sign", "#7b3fa0")],
    other: "#5a6570",
    halo: "#ffffff",
    new: "#2b8a3e",
    gone: "#868e96",
};

pub(super) const DARK: Theme = Theme {
    name: "dark",
    background: "#14191f",
    fresh: ["#5eead4", "#35b3a2", "#237f78", "#1d5755", "#26363b"],
    line: "#8fa3b0",
    frame: "#6aa9ff",
    classes: [("light", "#ffd43b"), ("stop", "#ff6b6b"), ("speed", "#ff922b"), ("sign", "#c792ea")],
    other: "#adb5bd",
    halo: "#14191f",
    new: "#69db7c",
    gone: "#868e96",
};
