//! What was asked, by name: from an address or from a JSON body, with the same meaning. Nothing is overlooked: a name
//! that is not known is refused, so that a misspelt filter does not answer with everything.

use std::str::FromStr;

use axum::body::Body;
use axum::http::StatusCode;
use geo::Geometry;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Map as Object, Value};
use url::form_urlencoded;
use waymark_datasets::{Digest, Position};

use super::problem::Problem;
use crate::query::limits::{PAGE_ROWS, PAGE_ROWS_MAX};
use crate::query::{Refusal, geometry_of, wkt};

/// A polygon of as many corners as are allowed takes some tens of kilobytes.
const BODY_BYTES_MAX: usize = 256 << 10;

/// Values by name.
#[derive(Debug, Default)]
pub(super) struct Params(Object<String, Value>);

impl Params {
    /// Reads the part of an address behind `?`.
    pub(super) fn of_query(query: Option<&str>, known: &[&str]) -> Result<Self, Refusal> {
        let mut given = Object::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if given.insert(name.to_string(), Value::String(value.into_owned())).is_some() {
                return Err(Refusal::new("parameter_repeated", format_args!("{name} is given twice")));
            }
        }
        Self(given).only(known)
    }

    /// Reads a JSON object.
    pub(super) async fn of_body(body: Body, known: &[&str]) -> Result<Self, Problem> {
        let bytes = Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(|error| {
            let is_large = error.is::<LengthLimitError>();
            let status = if is_large { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
            Problem::new(status, "body_invalid", format!("a body of at most {BODY_BYTES_MAX} bytes is read"))
        })?;
        match serde_json::from_slice(&bytes.to_bytes()) {
            Ok(Value::Object(given)) => Ok(Self(given).only(known)?),
            _ => Err(Refusal::new("body_malformed", "the body is no JSON object").into()),
        }
    }

    fn only(self, known: &[&str]) -> Result<Self, Refusal> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => {
                let detail = format_args!("{name:?} is not known here; there are {}", known.join(", "));
                Err(Refusal::new("parameter_unknown", detail))
            }
            None => Ok(self),
        }
    }

    /// All as it was given.
    pub(super) fn given(&self) -> &Object<String, Value> {
        &self.0
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        let text = |value: &'_ Value| value.as_str().is_some();
        match self.value(name) {
            None => Ok(None),
            Some(value) if text(value) => Ok(value.as_str()),
            Some(_) => Err(Refusal::parameter(name, "a text")),
        }
    }

    /// A word of our own.
    pub(super) fn word<T: FromStr<Err: std::fmt::Display>>(&self, name: &'static str) -> Result<Option<T>, Refusal> {
        let parse = |text: &str| {
            text.parse().map_err(|error| Refusal::new("parameter_malformed", format_args!("{name}: {error}")))
        };
        self.text(name)?.map(parse).transpose()
    }

    pub(super) fn snapshot(&self) -> Result<Option<Digest>, Refusal> {
        self.word("snapshot")
    }

    /// `a,b` or `["a", "b"]`.
    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.split(',').map(|part| part.trim().to_owned()).collect())),
            Some(Value::Array(parts)) => {
                let texts: Option<Vec<String>> = parts.iter().map(|part| part.as_str().map(str::to_owned)).collect();
                texts.map(Some).ok_or_else(|| Refusal::parameter(name, "a list of texts"))
            }
            Some(_) => Err(Refusal::parameter(name, "a list of texts")),
        }
    }

    /// `1,2.5` or `[1, 2.5]`.
    pub(super) fn numbers(&self, name: &str) -> Result<Option<Vec<f64>>, Refusal> {
        let numbers = match self.value(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text.split(',').map(|part| part.trim().parse().ok()).collect(),
            Some(Value::Array(parts)) => parts.iter().map(Value::as_f64).collect(),
            Some(number) => number.as_f64().map(|number| vec![number]),
        };
        let numbers: Option<Vec<f64>> = numbers;
        let finite = numbers.filter(|numbers| numbers.iter().all(|number| number.is_finite()));
        finite.map(Some).ok_or_else(|| Refusal::parameter(name, "numbers with commas between them"))
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, Refusal> {
        match self.numbers(name)?.as_deref() {
            None => Ok(None),
            Some([number]) => Ok(Some(*number)),
            Some(_) => Err(Refusal::parameter(name, "one number")),
        }
    }

    /// `longitude,latitude`.
    pub(super) fn position(&self, name: &str) -> Result<Option<Position>, Refusal> {
        let Some(numbers) = self.numbers(name)? else { return Ok(None) };
        let position = match numbers[..] {
            [longitude, latitude] => Position::from_degrees(latitude, longitude).ok(),
            _ => None,
        };
        position.map(Some).ok_or_else(|| Refusal::parameter(name, "longitude,latitude in degrees"))
    }

    /// West, south, east, north; of a box with heights, those are left out.
    pub(super) fn bbox(&self) -> Result<Option<[f64; 4]>, Refusal> {
        match self.numbers("bbox")?.as_deref() {
            None => Ok(None),
            Some([west, south, east, north] | [west, south, _, east, north, _]) => {
                Ok(Some([*west, *south, *east, *north]))
            }
            Some(_) => Err(Refusal::parameter("bbox", "west,south,east,north in degrees")),
        }
    }

    /// Well-known text, or GeoJSON as text or object.
    pub(super) fn geometry(&self, name: &str) -> Result<Option<Geometry>, Refusal> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.trim_start().starts_with('{') => {
                let json = serde_json::from_str(text).map_err(|_| Refusal::parameter(name, "GeoJSON"))?;
                geometry_of(&json).map(Some)
            }
            Some(Value::String(text)) => wkt(text).map(Some),
            Some(json) => geometry_of(json).map(Some),
        }
    }

    /// How many rows a page has.
    pub(super) fn limit(&self) -> Result<usize, Refusal> {
        let Some(given) = self.value("limit") else { return Ok(PAGE_ROWS) };
        let limit = match given {
            Value::String(text) => text.parse().ok(),
            number => number.as_u64(),
        };
        let limit =
            limit.and_then(|limit| usize::try_from(limit).ok()).filter(|limit| (1..=PAGE_ROWS_MAX).contains(limit));
        limit.ok_or_else(|| {
            Refusal::new("limit_invalid", format_args!("limit: a whole number from 1 to {PAGE_ROWS_MAX}"))
        })
    }
}
