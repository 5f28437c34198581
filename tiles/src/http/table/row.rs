//! How a row is asked for and written.

use std::collections::BTreeSet;

use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use serde_json::{Value, json};
use waymark_datasets::rows::{CoverageRow, FeatureRow, FeatureState};
use waymark_datasets::table::record_batch;
use waymark_datasets::{ClassName, UtcMillis};

use super::super::params::Params;
use super::super::problem::Problem;
use crate::query::{Layer, Page, Refusal, geometry_to};

/// A test of a row.
pub(super) type Wanted<R> = Box<dyn Fn(&R) -> bool + Send + Sync>;

/// A table that is answered with.
pub(super) trait Published: Layer {
    /// Where.
    const PATH: &'static str;
    /// Names of what only this table is asked by.
    const NAMES: &'static [&'static str];

    /// Which rows are asked for.
    fn wanted(params: &Params) -> Result<Wanted<Self>, Refusal>;

    /// The row as a GeoJSON feature, without its geometry.
    fn properties(&self, public_url: &str) -> (String, Value);

    /// The row as a GeoJSON feature.
    fn feature(&self, public_url: &str) -> Value {
        let (id, properties) = self.properties(public_url);
        let geometry = self.geometry().as_ref().map(geometry_to);
        json!({ "type": "Feature", "id": id, "geometry": geometry, "properties": properties })
    }
}

impl Published for FeatureRow {
    const PATH: &'static str = "/v1/features";
    const NAMES: &'static [&'static str] = &["class", "state", "seen_since"];

    /// What is gone is left out unless it is asked for.
    fn wanted(params: &Params) -> Result<Wanted<Self>, Refusal> {
        let classes = params.texts("class")?.map(|names| classes(&names)).transpose()?;
        let states = params.texts("state")?.map(|names| states(&names)).transpose()?;
        let states = states.unwrap_or_else(|| vec![FeatureState::Present, FeatureState::New]);
        let since: Option<UtcMillis> = params.word("seen_since")?;
        Ok(Box::new(move |row: &Self| {
            states.contains(&row.state)
                && classes.as_ref().is_none_or(|classes| classes.contains(&row.class))
                && since.is_none_or(|since| row.last_seen_ms >= since)
        }))
    }

    fn properties(&self, _: &str) -> (String, Value) {
        let properties = json!({
            "class": self.class,
            "state": self.state,
            "azimuth_deg": self.azimuth_deg,
            "accuracy_mm": self.accuracy_mm,
            "confidence_ppm": self.confidence_ppm,
            "first_seen": self.first_seen_ms.to_string(),
            "last_seen": self.last_seen_ms.to_string(),
            "detections": self.detections,
            "frames": self.frames,
            "passes": self.passes,
            "h3_cell": self.h3_cell.to_string(),
            "evidence": self.evidence,
        });
        (self.feature_id.clone(), properties)
    }
}

impl Published for CoverageRow {
    const PATH: &'static str = "/v1/coverage";
    const NAMES: &'static [&'static str] = &["seen_since"];

    fn wanted(params: &Params) -> Result<Wanted<Self>, Refusal> {
        let since: Option<UtcMillis> = params.word("seen_since")?;
        Ok(Box::new(move |row: &Self| since.is_none_or(|since| row.last_seen_ms >= since)))
    }

    fn properties(&self, public_url: &str) -> (String, Value) {
        let octant = u8::from(self.heading_octant);
        let properties = json!({
            "h3_cell": self.h3_cell.to_string(),
            "heading_octant": octant,
            "passes": self.passes,
            "devices": self.devices,
            "first_seen": self.first_seen_ms.to_string(),
            "last_seen": self.last_seen_ms.to_string(),
            "frame_id": self.frame_id,
            "frame_captured_at": self.frame_captured_at_ms.to_string(),
            "frame_quality_ppm": self.frame_quality_ppm,
            "frame_accuracy_mm": self.frame_accuracy_mm,
            "frame_image": format!("{public_url}/{}", self.frame_image_path),
        });
        (format!("{}-{octant}", self.h3_cell), properties)
    }
}

fn classes(names: &[String]) -> Result<BTreeSet<ClassName>, Refusal> {
    let class = |name: &String| name.parse().map_err(|_| Refusal::parameter("class", "names of classes"));
    names.iter().map(class).collect()
}

fn states(names: &[String]) -> Result<Vec<FeatureState>, Refusal> {
    let state = |name: &String| match name.as_str() {
        "present" => Ok(FeatureState::Present),
        "new" => Ok(FeatureState::New),
        "gone" => Ok(FeatureState::Gone),
        _ => Err(Refusal::parameter("state", "present, new or gone")),
    };
    names.iter().map(state).collect()
}

/// A page as an Arrow IPC stream with the columns of the table; geometries are those of GeoArrow.
pub(super) fn stream<R: Published>(page: &Page<R>) -> Result<Bytes, Problem> {
    let rows: Vec<R> = page.rows.iter().map(|row| R::clone(row)).collect();
    let batch = record_batch(&rows).map_err(|error| Problem::damaged(&error.to_string()))?;
    written(batch).map(Bytes::from).map_err(|error| Problem::damaged(&error.to_string()))
}

fn written(batch: RecordBatch) -> Result<Vec<u8>, ArrowError> {
    let fields = batch.schema().fields().iter().map(|field| named(field)).collect::<Vec<_>>();
    let batch = RecordBatch::try_new(Schema::new(fields).into(), batch.columns().to_vec())?;
    let mut bytes = Vec::new();
    let mut writer = StreamWriter::try_new(&mut bytes, &batch.schema())?;
    writer.write(&batch)?;
    writer.finish()?;
    drop(writer);
    Ok(bytes)
}

/// Says of the geometry column what it is: <https://geoarrow.org/extension-types.html>.
fn named(field: &Field) -> Field {
    if field.name() != "geometry" || *field.data_type() != DataType::Binary {
        return field.clone();
    }
    let extension = [
        ("ARROW:extension:name".to_owned(), "geoarrow.wkb".to_owned()),
        ("ARROW:extension:metadata".to_owned(), r#"{"crs":"OGC:CRS84","crs_type":"authority_code"}"#.to_owned()),
    ];
    field.clone().with_metadata(extension.into())
}
