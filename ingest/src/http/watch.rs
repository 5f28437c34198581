//! Counts and logs every request.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::service::Service;

pub(super) async fn watch(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let _guard = InFlight::begin(service.clone());
    let response = next.run(request).await;
    let status = response.status().as_u16();
    service.counters.answered(status);
    tracing::info!(%method, path, status, "answered");
    response
}

/// A client that goes away ends its request without an answer: counted down all the same.
struct InFlight(Arc<Service>);

impl InFlight {
    fn begin(service: Arc<Service>) -> Self {
        service.counters.in_flight.add(1);
        Self(service)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.counters.in_flight.sub(1);
    }
}
