//! A track as GPX 1.0 or 1.1 (<https://www.topografix.com/GPX/1/1/>).
//!
//! Read event by event with `quick-xml`, in time linear in the file. The `gpx` crate is not used: deep nesting takes the
//! reader below it time in its square, and it panics on years past 9999.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use waymark_datasets::{Fix, Position, Rejection, UtcMillis};

use super::{accuracy, push_within, unreadable};

/// Elements nest no deeper; GPX with extensions has about eight levels.
const DEPTH_MAX: usize = 64;

/// Reads every track point with a time, track after track. Routes and lone waypoints are plans, not readings.
///
/// # Errors
/// [`waymark_datasets::Reason::TrackUnreadable`] if it is no GPX, has no times, or more than `fixes_max` fixes.
pub fn read(bytes: &[u8], fixes_max: usize) -> Result<Vec<Fix>, Rejection> {
    // A name in some old encoding must not cost the track: only names are ever not ASCII.
    let text = String::from_utf8_lossy(bytes);
    let mut document = Reader::from_str(text.trim_start_matches('\u{feff}'));
    document.config_mut().expand_empty_elements = true;
    let no_gpx = |what: &dyn std::fmt::Display| unreadable(format!("is no GPX: {what}"));
    let mut gpx = Gpx { fixes_max, ..Gpx::default() };
    loop {
        match document.read_event().map_err(|error| no_gpx(&error))? {
            Event::Start(_) if gpx.depth == DEPTH_MAX => return Err(no_gpx(&"its elements nest too deeply")),
            Event::Start(tag) => gpx.open(&tag)?,
            Event::Text(text) => gpx.text(&String::from_utf8_lossy(&text)),
            Event::CData(text) => gpx.text(&String::from_utf8_lossy(&text)),
            Event::End(_) => gpx.close()?,
            // What a hostile document would define entities in.
            Event::DocType(_) => return Err(no_gpx(&"it has a document type")),
            Event::Eof if gpx.depth > 0 => return Err(no_gpx(&"it is cut off")),
            Event::Eof => return gpx.finish(),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::GeneralRef(_) | Event::Empty(_) => {}
        }
    }
}

/// What was read so far.
#[derive(Default)]
struct Gpx {
    fixes_max: usize,
    depth: usize,
    is_gpx: bool,
    points: usize,
    fixes: Vec<Fix>,
    /// The point that is open.
    point: Option<Point>,
}

/// A track point, as it is written.
#[derive(Default)]
struct Point {
    depth: usize,
    latitude: String,
    longitude: String,
    /// The element right inside the point that is open.
    within: Vec<u8>,
    time: String,
    height_m: String,
    hdop: String,
}

impl Gpx {
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), Rejection> {
        self.depth += 1;
        let name = tag.local_name();
        self.is_gpx |= self.depth == 1 && name.as_ref() == b"gpx";
        if let Some(point) = &mut self.point {
            point.within = if self.depth == point.depth + 1 { name.as_ref().to_vec() } else { Vec::new() };
        } else if self.is_gpx && name.as_ref() == b"trkpt" {
            self.points += 1;
            let attribute = |name| match tag.try_get_attribute(name) {
                Ok(found) => Ok(found.map(|found| String::from_utf8_lossy(&found.value).into_owned())),
                Err(error) => Err(unreadable(format!("is no GPX: {error}"))),
            };
            let (latitude, longitude) = (attribute("lat")?.unwrap_or_default(), attribute("lon")?.unwrap_or_default());
            self.point = Some(Point { depth: self.depth, latitude, longitude, ..Point::default() });
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        let Some(point) = &mut self.point else { return };
        match point.within.as_slice() {
            b"time" => point.time.push_str(text.trim()),
            b"ele" => point.height_m.push_str(text.trim()),
            b"hdop" => point.hdop.push_str(text.trim()),
            _ => {}
        }
    }

    fn close(&mut self) -> Result<(), Rejection> {
        if let Some(point) = &mut self.point {
            point.within.clear();
        }
        let done = self.point.take_if(|point| point.depth == self.depth);
        self.depth = self.depth.saturating_sub(1);
        match done.filter(|point| !point.time.is_empty()) {
            Some(point) => push_within(&mut self.fixes, point.fix()?, self.fixes_max),
            None => Ok(()),
        }
    }

    fn finish(self) -> Result<Vec<Fix>, Rejection> {
        match (self.is_gpx, self.points, self.fixes.len()) {
            (false, ..) => Err(unreadable("is no GPX: it has no gpx element")),
            (true, 1.., 0) => Err(unreadable("has track points, but none with a time")),
            _ => Ok(self.fixes),
        }
    }
}

impl Point {
    fn fix(&self) -> Result<Fix, Rejection> {
        let nonsense = |what: String| unreadable(format!("has a point that makes no sense: {what}"));
        let degrees =
            |name: &str, text: &str| text.trim().parse::<f64>().map_err(|_| nonsense(format!("it has no {name}")));
        let position = Position::from_degrees(degrees("lat", &self.latitude)?, degrees("lon", &self.longitude)?);
        let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
        Ok(Fix {
            at: utc(&self.time)
                .ok_or_else(|| nonsense(format!("its time is not from 1970 to 2199: {:.40}", self.time)))?,
            position: position.map_err(|error| nonsense(error.to_string()))?,
            altitude_m: number(&self.height_m),
            accuracy_mm: number(&self.hdop).and_then(accuracy::of_dop),
            heading: None,
        })
    }
}

/// A time without an offset is in UTC, as GPX says.
fn utc(text: &str) -> Option<UtcMillis> {
    text.parse().or_else(|_| format!("{text}Z").parse()).ok()
}
