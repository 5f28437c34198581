//! A track as NMEA 0183: `RMC` gives date, position and course, `GGA` altitude and dilution.

use ::nmea::ParseResult;
use ::nmea::sentences::rmc::RmcStatusOfFix;
use ::nmea::sentences::{GgaData, RmcData};
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use waymark_datasets::{Fix, Heading, Position, Rejection};

use super::{accuracy, push_within, unreadable};

/// Reads every sentence; those with a wrong checksum, and of other kinds, are skipped. What stands before the `$`
/// of a line is ignored, as some dashcams put their own time there.
///
/// `RMC` and `GGA` of the same time of day are one reading. `GGA` has no date: it takes the date of the last
/// `RMC`, one day later when the time has passed midnight since.
///
/// # Errors
/// [`waymark_datasets::Reason::TrackUnreadable`] if no sentence reads, or with more than `fixes_max` fixes.
pub fn read(bytes: &[u8], fixes_max: usize) -> Result<Vec<Fix>, Rejection> {
    let mut readings = Readings { fixes: Vec::new(), fixes_max, current: None, date: None };
    let mut sentences = 0;
    for line in bytes.split(|&byte| byte == b'\n') {
        match sentence(line) {
            Some(ParseResult::RMC(rmc)) => {
                readings.reading_at(rmc.fix_time)?.rmc = Some(rmc);
                sentences += 1;
            }
            Some(ParseResult::GGA(gga)) => {
                let time = gga.fix_time;
                readings.reading_at(time)?.gga = Some(gga);
                sentences += 1;
            }
            _ => {}
        }
    }
    readings.finish_current()?;
    if sentences == 0 {
        return Err(unreadable("has no RMC or GGA sentence with a right checksum"));
    }
    Ok(readings.fixes)
}

fn sentence(line: &[u8]) -> Option<ParseResult> {
    let start = line.iter().position(|&byte| byte == b'$')?;
    let text = str::from_utf8(&line[start..]).ok()?;
    ::nmea::parse_str(text.trim_end()).ok()
}

struct Readings {
    fixes: Vec<Fix>,
    fixes_max: usize,
    current: Option<Reading>,
    /// The day of the last reading, and its time of day.
    date: Option<(NaiveDate, NaiveTime)>,
}

/// The sentences of one time of day.
#[derive(Default)]
struct Reading {
    time: Option<NaiveTime>,
    rmc: Option<RmcData>,
    gga: Option<GgaData>,
}

impl Readings {
    /// The reading that a sentence of `time` belongs to; a new time ends the one before.
    fn reading_at(&mut self, time: Option<NaiveTime>) -> Result<&mut Reading, Rejection> {
        if self.current.as_ref().is_some_and(|reading| reading.time != time) {
            self.finish_current()?;
        }
        Ok(self.current.get_or_insert_with(|| Reading { time, ..Reading::default() }))
    }

    fn finish_current(&mut self) -> Result<(), Rejection> {
        let Some((reading, time)) = self.current.take().and_then(|reading| reading.time.map(|time| (reading, time)))
        else {
            return Ok(());
        };
        let stated = reading.rmc.and_then(|rmc| rmc.fix_date);
        let Some(date) = stated.or_else(|| self.date.and_then(|(date, before)| after_midnight(date, before, time)))
        else {
            return Ok(());
        };
        self.date = Some((date, time));
        match reading.fix(date, time) {
            Some(fix) => push_within(&mut self.fixes, fix, self.fixes_max),
            None => Ok(()),
        }
    }
}

/// The day of `time`, given the last reading's: the next day if the clock went back by more than half a day.
fn after_midnight(date: NaiveDate, before: NaiveTime, time: NaiveTime) -> Option<NaiveDate> {
    if before - time > TimeDelta::hours(12) { date.succ_opt() } else { Some(date) }
}

/// The course over ground of a standing receiver is noise; this is about 1 m/s.
const COURSE_SPEED_KNOTS_MIN: f32 = 2.0;

impl Reading {
    /// None where the receiver says that it has no fix.
    fn fix(&self, date: NaiveDate, time: NaiveTime) -> Option<Fix> {
        let (latitude, longitude) = match (&self.rmc, &self.gga) {
            (Some(rmc), _) if rmc.status_of_fix == RmcStatusOfFix::Invalid => return None,
            (Some(rmc), _) => (rmc.lat?, rmc.lon?),
            (None, Some(gga)) if gga.fix_type?.is_valid() => (gga.latitude?, gga.longitude?),
            _ => return None,
        };
        let moving = self.rmc.filter(|rmc| rmc.speed_over_ground.is_some_and(|knots| knots >= COURSE_SPEED_KNOTS_MIN));
        let course = moving.and_then(|rmc| rmc.true_course).filter(|degrees| degrees.is_finite());
        let gga = self.gga.as_ref();
        Some(Fix {
            at: date.and_time(time).and_utc().timestamp_millis().try_into().ok()?,
            position: Position::from_degrees(latitude, longitude).ok()?,
            altitude_m: gga.and_then(|gga| gga.altitude).map(f64::from).filter(|height_m| height_m.is_finite()),
            accuracy_mm: gga.and_then(|gga| gga.hdop).and_then(|hdop| accuracy::of_dop(hdop.into())),
            heading: course.map(|degrees| Heading::wrapping(degrees.into())),
        })
    }
}
