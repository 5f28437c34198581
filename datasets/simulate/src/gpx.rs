//! Readings as GPX 1.1 (<https://www.topografix.com/GPX/1/1/>), with speed and course as Garmin's `TrackPointExtension`
//! version 2 has them.

use std::fmt::{self, Write};

use waymark_datasets::UtcMillis;

use crate::gnss::{ALTITUDE_M, Reading};

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="waymark simulate" xmlns="http://www.topografix.com/GPX/1/1" xmlns:tpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v2">
<trk>
"#;
const TAIL: &str = "</trk>\n</gpx>\n";

/// One track, of which the first reading is at `start`. Lost readings are left out; a segment ends with them.
pub(crate) fn document(readings: &[Reading], start: UtcMillis) -> Result<String, fmt::Error> {
    let mut text = String::with_capacity(HEAD.len() + TAIL.len() + readings.len() * 340);
    text.push_str(HEAD);
    for segment in readings.split(|reading| !reading.fixed).filter(|segment| !segment.is_empty()) {
        text.push_str("<trkseg>\n");
        segment.iter().try_for_each(|reading| point(&mut text, reading, start))?;
        text.push_str("</trkseg>\n");
    }
    text.push_str(TAIL);
    Ok(text)
}

/// 1e-8 degrees are 1 mm. The elements are in the order of the schema.
fn point(text: &mut String, reading: &Reading, start: UtcMillis) -> fmt::Result {
    let (latitude, longitude) = reading.at.degrees();
    let (at, satellites, hdop) = (start.plus_ms(reading.at_ms), reading.satellites, reading.hdop);
    let (speed_mps, course_deg) = (reading.speed_mps, reading.course_deg);
    writeln!(text, r#"<trkpt lat="{latitude:.8}" lon="{longitude:.8}"><ele>{ALTITUDE_M:.1}</ele><time>{at}</time>"#)?;
    writeln!(text, "<fix>3d</fix><sat>{satellites}</sat><hdop>{hdop:.1}</hdop>")?;
    write!(text, "<extensions><tpx:TrackPointExtension><tpx:speed>{speed_mps:.2}</tpx:speed>")?;
    writeln!(text, "<tpx:course>{course_deg:.1}</tpx:course></tpx:TrackPointExtension></extensions></trkpt>")
}
