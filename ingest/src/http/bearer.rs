//! Who reads: `Authorization: Bearer`, a token by a device's key.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use waymark_datasets::DriverId;

use super::problem::Problem;
use super::service::Service;
use crate::{access, registry};

/// The driver whose device shows itself: enrolled and not revoked.
pub(super) async fn driver(service: &Service, headers: &HeaderMap) -> Result<DriverId, Problem> {
    let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = shown.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let token =
        token.ok_or_else(|| Problem::unauthorized("show an access token of the device: Authorization: Bearer"))?;
    let now = service.now();
    let device_id =
        access::check(token, &service.public_url, now).map_err(|rejection| Problem::unauthorized(rejection.detail))?;
    service.limits.check_device(&device_id)?;
    let denied = service.denylist().await?;
    let entry = registry::entry(&service.buckets.store, &device_id).await?;
    let entry = entry.ok_or_else(|| Problem::unauthorized(format!("device {device_id} is not enrolled")))?;
    entry.check(service.rules(now, &denied)).map_err(|rejection| Problem::unauthorized(rejection.detail))?;
    Ok(entry.record.driver)
}
