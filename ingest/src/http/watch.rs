//! Counts, times and logs every request; each is a span for whoever traces.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, field};

use super::service::Service;

pub(super) async fn watch(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    // The route, not the path: as many values as there are routes, whatever is asked for.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!(
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        http.request.method = %method,
        http.route = route,
        url.path = path,
        http.response.status_code = field::Empty,
    );
    let begun = Instant::now();
    let _guard = InFlight::begin(service.clone());
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    span.record("http.response.status_code", status);
    service.counters.answered((known(&method), &route, status), begun.elapsed());
    span.in_scope(|| tracing::info!(%method, path, status, "answered"));
    response
}

/// One of a few words: anybody can make up methods.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
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
