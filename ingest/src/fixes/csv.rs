//! A track as CSV with a header.
//!
//! Columns, in any order and case: `time` (RFC 3339) or `time_ms` (since 1970), `latitude_deg` or `lat`,
//! `longitude_deg`, `lon` or `lng`, and if they are known `altitude_m`, `accuracy_m`, `heading_deg`. Others are
//! ignored.

use ::csv::{ReaderBuilder, StringRecord, Trim};
use waymark_datasets::{Fix, Heading, Position, Rejection, UtcMillis};

use super::{accuracy, push_within, unreadable};

/// Reads every row. A row without latitude and longitude is a moment without a fix, and is left out.
///
/// # Errors
/// [`waymark_datasets::Reason::TrackUnreadable`] names the line that makes no sense, or more than `fixes_max` fixes.
pub fn read(bytes: &[u8], fixes_max: usize) -> Result<Vec<Fix>, Rejection> {
    let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(bytes);
    let columns = Columns::of(reader.headers().map_err(|error| unreadable(format!("has no header: {error}")))?)?;
    let mut fixes = Vec::new();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| unreadable(format!("is no CSV: {error}")))? {
        let line = record.position().map_or(0, ::csv::Position::line);
        let fix = columns.fix(&record).map_err(|what| unreadable(format!("line {line}: {what}")))?;
        if let Some(fix) = fix {
            push_within(&mut fixes, fix, fixes_max)?;
        }
    }
    Ok(fixes)
}

/// A file of these fixes that [`read`] gives back as they were.
#[must_use]
pub fn write(fixes: &[Fix]) -> String {
    let mut text = String::from("time_ms,latitude_deg,longitude_deg,altitude_m,accuracy_m,heading_deg\n");
    for fix in fixes {
        let cell = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
        let cells = [
            fix.at.millis().to_string(),
            fix.position.latitude_deg().to_string(),
            fix.position.longitude_deg().to_string(),
            cell(fix.altitude_m),
            cell(fix.accuracy_mm.map(|mm| f64::from(mm) / 1_000.0)),
            cell(fix.heading.map(Heading::degrees)),
        ];
        text.extend([cells.join(","), "\n".into()]);
    }
    text
}

struct Columns {
    time: Time,
    latitude: usize,
    longitude: usize,
    altitude_m: Option<usize>,
    accuracy_m: Option<usize>,
    heading_deg: Option<usize>,
}

enum Time {
    Text(usize),
    Millis(usize),
}

impl Columns {
    fn of(header: &StringRecord) -> Result<Self, Rejection> {
        let column = |names: &[&str]| {
            // A byte order mark at the start belongs to the file, not to the first name.
            let same =
                |cell: &str| names.iter().any(|name| cell.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name));
            header.iter().position(same)
        };
        let needed = |names: &[&str]| column(names).ok_or_else(|| unreadable(format!("has no column {:?}", names[0])));
        let time = match column(&["time_ms"]) {
            Some(millis) => Time::Millis(millis),
            None => Time::Text(needed(&["time"])?),
        };
        Ok(Self {
            time,
            latitude: needed(&["latitude_deg", "lat", "latitude"])?,
            longitude: needed(&["longitude_deg", "lon", "lng", "longitude"])?,
            altitude_m: column(&["altitude_m"]),
            accuracy_m: column(&["accuracy_m"]),
            heading_deg: column(&["heading_deg"]),
        })
    }

    fn fix(&self, row: &StringRecord) -> Result<Option<Fix>, String> {
        let cell = |column: usize| row.get(column).unwrap_or_default();
        if cell(self.latitude).is_empty() && cell(self.longitude).is_empty() {
            return Ok(None);
        }
        let optional = |column: Option<usize>| match column.map(cell) {
            None | Some("") => Ok(None),
            Some(text) => number(text).map(Some),
        };
        let position = Position::from_degrees(number(cell(self.latitude))?, number(cell(self.longitude))?);
        Ok(Some(Fix {
            at: self.at(row)?,
            position: position.map_err(|error| error.to_string())?,
            altitude_m: optional(self.altitude_m)?,
            accuracy_mm: optional(self.accuracy_m)?.and_then(accuracy::of_radius_m),
            heading: optional(self.heading_deg)?.map(Heading::wrapping),
        }))
    }

    fn at(&self, row: &StringRecord) -> Result<UtcMillis, String> {
        let (Time::Text(column) | Time::Millis(column)) = self.time;
        let text = row.get(column).unwrap_or_default();
        let at = match self.time {
            Time::Text(_) => text.parse::<UtcMillis>(),
            Time::Millis(_) => text.parse::<i64>().map_err(|error| format!("time_ms: {error}"))?.try_into(),
        };
        at.map_err(|error| error.to_string())
    }
}

fn number(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| format!("{:?} is no number", text.chars().take(40).collect::<String>()))
}
