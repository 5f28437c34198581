//! Small bodies, read whole within limits.

use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::problem::Problem;

/// A manifest is at most a few hundred kilobytes.
const BODY_TIME_MAX: Duration = Duration::from_secs(30);

/// The whole body, up to `max_bytes`.
pub(super) async fn read(body: Body, max_bytes: u64) -> Result<Bytes, Problem> {
    let limited = Limited::new(body, usize::try_from(max_bytes).unwrap_or(usize::MAX));
    let Ok(collected) = tokio::time::timeout(BODY_TIME_MAX, limited.collect()).await else {
        return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "the body took too long"));
    };
    collected.map(http_body_util::Collected::to_bytes).map_err(|error| {
        if error.is::<LengthLimitError>() {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is larger than {max_bytes} bytes"))
        } else {
            Problem::new(StatusCode::BAD_REQUEST, "the body ended early")
        }
    })
}
