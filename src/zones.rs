//! The file in which a device keeps its private zones: TOML, or GeoJSON that another program wrote.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};
use waymark_datasets::Position;
use waymark_ingest::privacy::Zone;

/// Where a device keeps its zones unless told otherwise: beside its key.
pub fn beside_key(key: &Path) -> PathBuf {
    key.with_extension("zones.toml")
}

/// The zones in `named`, which must be there; without one, those beside the key, if there are any.
///
/// What cannot be read is an error, never no zones.
pub fn read_for(key: &Path, named: Option<&Path>) -> anyhow::Result<Vec<Zone>> {
    match named {
        Some(file) => {
            ensure!(file.exists(), "zones {}: there is no such file", file.display());
            read(file)
        }
        None => read(&beside_key(key)),
    }
}

/// The zones in `file`; none if there is no file.
pub fn read(file: &Path) -> anyhow::Result<Vec<Zone>> {
    let context = || format!("zones {}", file.display());
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        text => text.with_context(context)?,
    };
    if is_geojson(file) {
        return zones_of_geojson(&text).with_context(context);
    }
    toml::from_str::<File>(&text).map(|file| file.zone).with_context(context)
}

/// Writes `zones` in place of `file`, for its owner alone to read; a crash leaves the old ones or the new ones.
pub fn write(file: &Path, zones: &[Zone]) -> anyhow::Result<()> {
    let context = || format!("zones {}", file.display());
    if is_geojson(file) {
        bail!("zones {}: GeoJSON is only read: change it with the program that wrote it", file.display());
    }
    let text = toml::to_string(&File { zone: zones.to_vec() }).with_context(context)?;
    let partial = file.with_extension("partial");
    fs::create_dir_all(file.parent().unwrap_or(Path::new("."))).with_context(context)?;
    let opened = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial);
    let mut opened = opened.with_context(context)?;
    opened.write_all(text.as_bytes()).and_then(|()| opened.sync_all()).with_context(context)?;
    fs::rename(&partial, file).with_context(context)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    zone: Vec<Zone>,
}

fn is_geojson(file: &Path) -> bool {
    let extension = file.extension().map(|extension| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| extension == "geojson" || extension == "json")
}

/// RFC 7946, as far as a zone needs it: points with `radius_m`, and perhaps a name, among their properties.
#[derive(Deserialize)]
struct Collection {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    geometry: Geometry,
    properties: Properties,
}

#[derive(Deserialize)]
struct Geometry {
    #[serde(rename = "type")]
    kind: String,
    coordinates: serde_json::Value,
}

#[derive(Deserialize)]
struct Properties {
    name: Option<String>,
    radius_m: f64,
}

fn zones_of_geojson(text: &str) -> anyhow::Result<Vec<Zone>> {
    let collection: Collection = serde_json::from_str(text)
        .context("expected a FeatureCollection of points, each with the property radius_m")?;
    let zone = |(feature, number): (Feature, usize)| {
        let kind = &feature.geometry.kind;
        ensure!(kind == "Point", "feature {number} is a {kind}: a zone is a Point with the property radius_m");
        // Longitude comes first, and a height may follow.
        let [longitude, latitude] = [0, 1].map(|i| feature.geometry.coordinates.get(i).and_then(|c| c.as_f64()));
        let (Some(longitude), Some(latitude)) = (longitude, latitude) else {
            bail!("feature {number} has no coordinates")
        };
        let name = feature.properties.name.unwrap_or_else(|| format!("zone {number}"));
        let centre = Position::from_degrees(latitude, longitude)?;
        Zone::new(&name, centre, feature.properties.radius_m).with_context(|| format!("feature {number}"))
    };
    collection.features.into_iter().zip(1..).map(zone).collect()
}
