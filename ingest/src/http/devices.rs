//! `/v1/devices`: a device enrols itself with an invitation, and hands over to a new key.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use waymark_datasets::{DeviceId, DriverId, UtcMillis};

use super::announce::check_media_type;
use super::answer::json_response;
use super::body;
use super::problem::Problem;
use super::problems::{
    Conflict, Forbidden, Gone, Malformed, NotFound, Slow, TooLarge, TooMany, Unavailable, WrongType,
};
use super::service::Service;
use crate::error::Fault;
use crate::invitation::{self, ENROLMENT_MAX_BYTES, redeem};
use crate::rotation::{self, STATEMENT_MAX_BYTES};

/// A device that the server knows.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Device {
    /// The thumbprint of its key.
    #[schema(value_type = String)]
    device: DeviceId,
    /// Whose it is.
    #[schema(value_type = String)]
    driver: DriverId,
}

/// A device that handed over.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Rotated {
    /// The old key.
    #[schema(value_type = String)]
    from: DeviceId,
    /// The new one.
    #[schema(value_type = String)]
    to: DeviceId,
    /// Whose both are.
    #[schema(value_type = String)]
    driver: DriverId,
    /// Until when what the old key signed is taken, in milliseconds since 1970.
    #[schema(value_type = i64)]
    grace_until_ms: UtcMillis,
}

/// Enrols the device that signed: with the driver's invitation inside, it proves that it holds its key.
///
/// The same device may come again with the same invitation; another one may not.
#[utoipa::path(post, path = "/v1/devices", tag = "devices",
    request_body(content = String, content_type = "application/jose", description = "The enrolment, a compact JWS"),
    responses(
        (status = 201, description = "The device is enrolled", body = Device),
        Malformed, Forbidden, Slow, Conflict, Gone, TooLarge, WrongType, TooMany, Unavailable,
    ))]
pub(super) async fn enrol(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    check_media_type(&headers)?;
    let enrolment = body::read(body, ENROLMENT_MAX_BYTES).await?;
    let (now, denied) = (service.now(), service.denylist().await?);
    let redeemed = redeem(&service.buckets.store, &enrolment, (&service.key, &denied), now).await;
    let invitation::Enrolled { device_id, driver } = redeemed.map_err(|fault| counted(&service, fault))?;
    tracing::info!(device = %device_id, %driver, "device enrolled");
    Ok(json_response(StatusCode::CREATED, &Device { device: device_id, driver }))
}

/// Hands over from one key to another: both sign, and the new device takes the old one's place.
#[utoipa::path(post, path = "/v1/devices/{device}/rotation", tag = "devices",
    params(("device" = String, Path, description = "The old device")),
    request_body(content = String, content_type = "application/jose", description = "The statement, a compact JWS"),
    responses(
        (status = 200, description = "The new key is enrolled", body = Rotated),
        Malformed, Forbidden, NotFound, Slow, Conflict, TooLarge, WrongType, TooMany, Unavailable,
    ))]
pub(super) async fn rotate(
    State(service): State<Arc<Service>>,
    Path(device): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    check_media_type(&headers)?;
    let statement = body::read(body, STATEMENT_MAX_BYTES).await?;
    let (now, denied) = (service.now(), service.denylist().await?);
    let said = rotation::open(&statement).map_err(|rejection| counted(&service, rejection.into()))?;
    if said.from.as_str() != device {
        return Err(Problem::new(StatusCode::NOT_FOUND, "the statement is about another device than the address"));
    }
    let rotated = rotation::rotate(&service.buckets.store, said, &denied, now).await;
    let rotation = rotated.map_err(|fault| counted(&service, fault))?;
    let grace_until_ms = rotation.rotated_at_ms.plus_ms(i64::from(service.admission.rotation_grace_hours) * 3_600_000);
    let (from, to, driver) = (rotation.from, rotation.to, rotation.driver);
    Ok(json_response(StatusCode::OK, &Rotated { from, to, driver, grace_until_ms }))
}

fn counted(service: &Service, fault: Fault) -> Problem {
    if let Fault::Refused(rejection) = &fault {
        service.counters.refused(rejection.reason);
        tracing::info!(%rejection, "device refused");
    }
    fault.into()
}
