//! A track as GPX 1.0 or 1.1 (<https://www.topografix.com/GPX/1/1/>).

use waymark_datasets::{Fix, Position, Rejection, UtcMillis};

use super::xml::{Token, Tokens, attribute};
use super::{accuracy, push_within, unreadable};

/// Reads every track point with a time, track after track. Routes and lone waypoints are plans, not readings.
///
/// # Errors
/// [`waymark_datasets::Reason::TrackUnreadable`] if it is no GPX, has no times, or more than `fixes_max` fixes.
pub fn read(bytes: &[u8], fixes_max: usize) -> Result<Vec<Fix>, Rejection> {
    // A name in some old encoding must not cost the track: only names are ever not ASCII.
    let text = String::from_utf8_lossy(bytes);
    let mut tokens = Tokens::of(text.trim_start_matches('\u{feff}'));
    let mut next = || {
        let token = tokens.next().map_err(|what| unreadable(format!("is no GPX: {what}")))?;
        Ok(token.map(|token| (token, tokens.depth())))
    };
    let (mut fixes, mut points, mut is_gpx) = (Vec::new(), 0, false);
    while let Some((token, depth)) = next()? {
        let Token::Open { name, attributes } = token else { continue };
        is_gpx |= depth == 1 && name == "gpx";
        if name != "trkpt" || !is_gpx {
            continue;
        }
        points += 1;
        if let Some(fix) = read_point(attributes, depth, &mut next)? {
            push_within(&mut fixes, fix, fixes_max)?;
        }
    }
    match (is_gpx, points, fixes.len()) {
        (false, ..) => Err(unreadable("is no GPX: it has no gpx element")),
        (true, 1.., 0) => Err(unreadable("has track points, but none with a time")),
        _ => Ok(fixes),
    }
}

/// What stands directly inside a track point.
#[derive(Default)]
struct Point<'a> {
    time: &'a str,
    height_m: &'a str,
    hdop: &'a str,
}

/// Reads up to the end of the point that was just opened at `depth`.
fn read_point<'a>(
    attributes: &str,
    depth: usize,
    next: &mut impl FnMut() -> Result<Option<(Token<'a>, usize)>, Rejection>,
) -> Result<Option<Fix>, Rejection> {
    let mut point = Point::default();
    let mut within = "";
    while let Some((token, now_at)) = next()? {
        match token {
            Token::Open { name, .. } => within = if now_at == depth + 1 { name } else { "" },
            Token::Text(text) if within == "time" => point.time = text.trim(),
            Token::Text(text) if within == "ele" => point.height_m = text.trim(),
            Token::Text(text) if within == "hdop" => point.hdop = text.trim(),
            Token::Close if now_at < depth => break,
            Token::Close => within = "",
            Token::Text(_) => {}
        }
    }
    if point.time.is_empty() { Ok(None) } else { point.fix(attributes).map(Some) }
}

impl Point<'_> {
    fn fix(&self, attributes: &str) -> Result<Fix, Rejection> {
        let nonsense = |what: String| unreadable(format!("has a point that makes no sense: {what}"));
        let degrees = |name: &str| {
            let degrees = attribute(attributes, name).and_then(|text| text.trim().parse::<f64>().ok());
            degrees.ok_or_else(|| nonsense(format!("it has no {name}")))
        };
        let position = Position::from_degrees(degrees("lat")?, degrees("lon")?);
        let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
        Ok(Fix {
            at: utc(self.time)
                .ok_or_else(|| nonsense(format!("its time is not from 1970 to 2199: {:.40}", self.time)))?,
            position: position.map_err(|error| nonsense(error.to_string()))?,
            altitude_m: number(self.height_m),
            accuracy_mm: number(self.hdop).and_then(accuracy::of_dop),
            heading: None,
        })
    }
}

/// A time without an offset is in UTC, as GPX says.
fn utc(text: &str) -> Option<UtcMillis> {
    text.parse().or_else(|_| format!("{text}Z").parse()).ok()
}
