//! What an archive says of its layers.

use serde_json::{Value, json};

use super::block::ZOOM_MAX;
use super::{coverage, frames, sequences, things};

/// The metadata of an archive of all layers, as TileJSON has it.
#[must_use]
pub fn metadata() -> String {
    let layers = [
        layer(
            coverage::NAME,
            0,
            &coverage::KEYS,
            "Ground that was seen: H3 cells, finer from zoom level to zoom level",
        ),
        layer(sequences::NAME, sequences::ZOOM_MIN, &sequences::KEYS, "The way that each clip went"),
        layer(frames::NAME, frames::ZOOM_MIN, &frames::KEYS, "Where each frame was taken and which way it looks"),
        layer(things::NAME, things::ZOOM_MIN, &things::KEYS, "Things on the map, such as signs and traffic lights"),
    ];
    json!({
        "name": "Waymark",
        "format": "pbf",
        "type": "overlay",
        "description": "Street-level coverage, frames and map features",
        "generator": "waymark",
        "vector_layers": layers,
    })
    .to_string()
}

fn layer(id: &str, minzoom: u8, keys: &[&str], description: &str) -> Value {
    let is_text = |key: &str| {
        let texts = ["h3_cell", "class", "state", "image_path"];
        texts.contains(&key) || key.ends_with("_id")
    };
    let kind = |key: &&str| ((*key).to_owned(), if is_text(key) { "String" } else { "Number" }.into());
    let fields: serde_json::Map<String, Value> = keys.iter().map(kind).collect();
    json!({ "id": id, "description": description, "minzoom": minzoom, "maxzoom": ZOOM_MAX, "fields": fields })
}
