//! What the program tells of itself: its log on standard error, and traces to a collector where one is named.

use std::fmt::{self, Debug};
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter as Exporter};
use tokio::runtime::Handle;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::cli::LogFormat;

/// Only our own: what the exporter does would be traced for ever.
const TRACED: &str = "off,waymark=info,waymark_ingest=info,waymark_vision=info,waymark_tiles=info,waymark_rewards=info";
/// Of one request to the collector, and of the last one, when the program ends.
const EXPORT_TIME_MAX: Duration = Duration::from_secs(5);
const ENDPOINT_VARIABLE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// What has to be ended with the program.
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Begins to log what `WAYMARK_LOG`, or else `level`, lets through, and to trace to `otlp_endpoint`, or to
    /// the one that the environment names as OpenTelemetry has it.
    ///
    /// # Errors
    /// When there is an endpoint that nothing can be sent to.
    pub fn start((format, level): (LogFormat, &str), otlp_endpoint: Option<&str>) -> anyhow::Result<Self> {
        let filter = EnvFilter::try_from_env("WAYMARK_LOG").unwrap_or_else(|_| EnvFilter::new(level));
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        let lines = match format {
            LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
            LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed(),
        };
        let endpoint = otlp_endpoint.map(str::to_owned).or_else(|| std::env::var(ENDPOINT_VARIABLE).ok());
        let traces = endpoint.filter(|endpoint| !endpoint.is_empty()).map(|to| traces(&to)).transpose()?;
        let spans = traces.as_ref().map(|traces| {
            let layer = tracing_opentelemetry::layer().with_tracer(traces.tracer("waymark"));
            layer.with_filter(EnvFilter::new(TRACED))
        });
        tracing_subscriber::registry().with(lines.with_filter(filter)).with(spans).init();
        Ok(Self { traces })
    }

    /// Sends what was not sent yet.
    pub async fn end(self) {
        let Some(traces) = self.traces else { return };
        let ended = tokio::task::spawn_blocking(move || traces.shutdown_with_timeout(EXPORT_TIME_MAX)).await;
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last traces could not be sent"),
            Err(error) => tracing::warn!(%error, "the last traces could not be sent"),
        }
    }
}

/// `endpoint` is that of the collector, without the path of traces.
fn traces(endpoint: &str) -> anyhow::Result<SdkTracerProvider> {
    let context = || format!("OTLP endpoint {endpoint}");
    ensure!(
        endpoint.starts_with("http://"),
        "OTLP endpoint {endpoint}: expected http://; a collector on this machine sends on over TLS"
    );
    let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let exporter = SpanExporter::builder().with_http().with_endpoint(url).with_timeout(EXPORT_TIME_MAX);
    let exporter = exporter.with_protocol(Protocol::HttpBinary).build().with_context(context)?;
    let exporter = OnRuntime { exporter: Arc::new(exporter), runtime: Handle::current() };
    let named = std::env::var_os("OTEL_SERVICE_NAME").is_some();
    let resource = Resource::builder();
    let resource = if named { resource } else { resource.with_service_name("waymark") };
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build())
}

/// The SDK exports on a thread of its own, where the HTTP client has no runtime: this hands it ours.
struct OnRuntime {
    exporter: Arc<SpanExporter>,
    runtime: Handle,
}

impl Debug for OnRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnRuntime").finish_non_exhaustive()
    }
}

impl Exporter for OnRuntime {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let exporter = self.exporter.clone();
        let exported = self.runtime.spawn(async move { exporter.export(batch).await }).await;
        exported.unwrap_or_else(|error| Err(OTelSdkError::InternalFailure(error.to_string())))
    }
}
