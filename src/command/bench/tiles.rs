//! `waymark bench tiles`: from GeoJSON to an archive, with the code that cuts the map's own tiles.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, ensure};
use serde::Deserialize;
use serde_json::json;
use waymark_tiles::archive::{Contents, TileCoord, whole};
use waymark_tiles::vector::{Frame, Item, Plan, Rule, Shape, Sheet, Spot, Values, build, in_parallel};

use crate::Done;
use crate::command::Ask;
use crate::stage::threads;

/// One feature of GeoJSON, with what the features of the benchmark have.
#[derive(Deserialize)]
struct Feature {
    geometry: Geometry,
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Geometry {
    Point([f64; 2]),
    Polygon(Vec<Vec<[f64; 2]>>),
}

#[derive(Deserialize)]
struct Properties {
    id: u64,
    driver: String,
    captured_at_ms: u64,
    heading: u64,
}

const KEYS: [&str; 4] = ["id", "driver", "captured_at_ms", "heading"];

pub(super) fn run(ask: &Ask, (input, out): (&Path, &Path), zooms: (u8, u8)) -> anyhow::Result<Done> {
    ensure!(zooms.0 <= zooms.1, "--min-zoom is above --max-zoom");
    let start = Instant::now();
    let sheets = read(input)?;
    let read_s = start.elapsed().as_secs_f64();
    let block = TileCoord::new(0, 0, 0)?;
    let built = build(&sheets, &Plan { block, zooms, threads: threads().get() });
    let frame = sheets.iter().fold(Frame::EMPTY, |frame, sheet| frame.with(sheet.frame()));
    let metadata = json!({ "vector_layers": [{ "id": sheets[0].name, "fields": {} }] }).to_string();
    let (file, _) = whole(&Contents { zooms, bounds: frame.bounds(), metadata }, &built.tiles);
    fs::write(out, &file).with_context(|| format!("file {}", out.display()))?;
    let (features, total_s) = (sheets.iter().map(Sheet::len).sum::<usize>(), start.elapsed().as_secs_f64());
    let rate = features as f64 / total_s;
    let (tiles, kept, thinned) = (built.tiles.len(), built.features, built.thinned);
    let value = json!({
        "features": features, "tiles": tiles, "features_in_tiles": kept, "thinned_tiles": thinned,
        "bytes": file.len(), "read_s": read_s, "total_s": total_s, "features_per_second": rate,
    });
    let text = format!("{features} features into {tiles} tiles: {total_s:.2} s, {rate:.0} features/s");
    ask.say(&value, &text)?;
    Ok(Done::Yes)
}

/// Points on one sheet, polygons on another; lines are parsed side by side.
fn read(input: &Path) -> anyhow::Result<Vec<Sheet>> {
    let place = || format!("file {}", input.display());
    let text = fs::read_to_string(input).with_context(place)?;
    let lines: Vec<&str> = text.lines().collect();
    let chunks: Vec<&[&str]> = lines.chunks(4_096).collect();
    let parse = |(): &mut (), at: usize| -> Result<Vec<Feature>, serde_json::Error> {
        chunks[at].iter().map(|line| serde_json::from_str(line)).collect()
    };
    let mut points = Sheet::new("points", &KEYS, Rule::Points { all_from: 0, spacing: 0 });
    let mut areas = Sheet::new("areas", &KEYS, Rule::Areas { details: &[0], coarsest: 0 });
    for features in in_parallel((chunks.len(), threads().get()), || (), parse) {
        for feature in features.with_context(place)? {
            add((&mut points, &mut areas), &feature);
        }
    }
    Ok(vec![points, areas].into_iter().filter(|sheet| !sheet.is_empty()).collect())
}

fn add((points, areas): (&mut Sheet, &mut Sheet), feature: &Feature) {
    let mut values = Values::default();
    values.number(0, feature.properties.id);
    values.text(1, &feature.properties.driver);
    values.number(2, feature.properties.captured_at_ms);
    values.number(3, feature.properties.heading);
    let spot = |at: &[f64; 2]| Spot::of_degrees(at[1], at[0]);
    match &feature.geometry {
        Geometry::Point(at) => points.add(&Item::new(Shape::Point, feature.properties.id), &[spot(at)], &values),
        Geometry::Polygon(rings) => {
            // GeoJSON closes a ring with its first corner.
            let ring: Vec<Spot> = rings
                .first()
                .and_then(|ring| ring.split_last())
                .map_or_else(Vec::new, |(_, ring)| ring.iter().map(spot).collect());
            areas.add(&Item::new(Shape::Area, feature.properties.id), &ring, &values);
        }
    }
}
