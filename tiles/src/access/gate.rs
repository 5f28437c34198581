//! What every request for the map passes: who asks, how often, and whether this is open to them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use waymark_datasets::{FrameId, Store, TableError, UtcMillis};

use super::keys::{self, KeyRecord, Shown};
use super::limits::{Limits, TooMany};
use super::meter::{Meter, Metered, Reads};
use super::settings::AccessSettings;
use super::signed::{SignedFrame, frame_query};
use crate::http::problem::Problem;

/// What the roof lends.
#[derive(Clone)]
pub struct Lent {
    /// Where `usage` is written.
    pub store: Store,
    /// Where keys lie.
    pub inbox: Store,
    /// The clock.
    pub clock: Arc<dyn Fn() -> UtcMillis + Send + Sync>,
    /// Signs addresses of images; the same on all nodes.
    pub secret: [u8; 32],
    /// The header in which a proxy in front of this server tells the client's address, if there is one.
    pub address_header: Option<String>,
    /// The name of this node, which no other has.
    pub node: String,
}

/// Who may read, and what was read.
pub struct Gate {
    lent: Lent,
    settings: AccessSettings,
    limits: Limits,
    meter: Meter,
    known: Mutex<HashMap<String, Known>>,
}

/// Whom a key belongs to, if anyone, and when that was read.
type Known = (Option<Arc<Reader>>, UtcMillis);

/// Somebody with a key.
struct Reader {
    record: KeyRecord,
    name: Arc<str>,
}

/// Keys that are remembered, those that do not exist too.
const KNOWN_MAX: usize = 10_000;

/// Puts `map` behind a gate, and adds `/v1/frames/{frame}/url`.
pub fn guard(map: Router, gate: Arc<Gate>) -> Router {
    let signing = Router::new().route("/v1/frames/{frame}/url", get(signed_url)).with_state(gate.clone());
    map.merge(signing).layer(from_fn_with_state(gate, pass))
}

impl Gate {
    /// A gate with these limits.
    #[must_use]
    pub fn new(lent: Lent, settings: AccessSettings) -> Self {
        let (limits, meter) = (Limits::new(&settings), Meter::new(settings.usage_rows_max));
        Self { lent, settings, limits, meter, known: Mutex::default() }
    }

    /// Writes what was read every so often, until it is dropped.
    pub async fn work(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(Duration::from_secs(self.settings.usage_flush_s.max(1).into()));
        // The first tick comes at once, and says nothing.
        ticks.reset();
        loop {
            ticks.tick().await;
            self.limits.forget_idle();
            if let Err(error) = self.flush().await {
                tracing::error!(%error, "what was read cannot be written, and is counted on");
            }
        }
    }

    /// Writes what was read since the last time; says how many rows there were. To be called before the end.
    ///
    /// # Errors
    /// [`TableError`] if the store fails: nothing is lost then.
    pub async fn flush(&self) -> Result<usize, TableError> {
        let name = format!("{}-{}", self.lent.node, self.now().millis());
        self.meter.flush(&self.lent.store, &name).await
    }

    fn now(&self) -> UtcMillis {
        (self.lent.clock)()
    }

    /// Who shows a key, if anybody does.
    async fn reader(&self, shown: &Shown, peer: Option<IpAddr>) -> Result<Arc<Reader>, Refused> {
        let now = self.now();
        let known = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let is_fresh = |at: &UtcMillis| now.ms_since(*at) < i64::from(self.settings.keys_refresh_s) * 1_000;
            known.get(&shown.id).filter(|(_, at)| is_fresh(at)).map(|(reader, _)| reader.clone())
        };
        let reader = match known {
            Some(reader) => reader,
            None => self.look_up(&shown.id, peer, now).await?,
        };
        reader.filter(|reader| shown.opens(&reader.record, now)).ok_or(Refused::Key)
    }

    /// Each look-up costs a read of the store, so it counts like a request without a key.
    async fn look_up(&self, id: &str, peer: Option<IpAddr>, now: UtcMillis) -> Result<Option<Arc<Reader>>, Refused> {
        self.limits.check_address(peer).map_err(Refused::TooMany)?;
        let found = keys::find(&self.lent.inbox, id).await.map_err(|error| {
            tracing::error!(%error, "a key cannot be looked up");
            Refused::Busy
        })?;
        let reader = found.map(|record| Arc::new(Reader { name: record.name.as_str().into(), record }));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(id.into(), (reader.clone(), now));
        Ok(reader)
    }

    async fn admit(&self, request: &mut Request) -> Result<Option<Arc<Reader>>, Refused> {
        let named = self.lent.address_header.as_ref().and_then(|header| last_address(request.headers(), header));
        let peer = named.or(request.extensions().get::<IpAddr>().copied());
        let reader = match shown(request.headers())? {
            Some(shown) => {
                let reader = self.reader(&shown, peer).await?;
                self.limits.check_key(&reader.record).map_err(Refused::TooMany)?;
                Some(reader)
            }
            None => {
                self.limits.check_address(peer).map_err(Refused::TooMany)?;
                None
            }
        };
        if let Some(frame) = image_of(request.uri().path()) {
            let signed = frame.and_then(|frame| SignedFrame::parse(frame, request.uri().query()?));
            let is_signed = signed.is_some_and(|signed| signed.is_good(&self.lent.secret, self.now()));
            if !self.settings.frames_public && reader.is_none() && !is_signed {
                return Err(Refused::Closed);
            }
            forget_signature(request);
        }
        Ok(reader)
    }
}

async fn pass(State(gate): State<Arc<Gate>>, mut request: Request, next: Next) -> Response {
    if request.method() == Method::OPTIONS {
        return next.run(request).await;
    }
    match gate.admit(&mut request).await {
        Err(refused) => refused.into_response(),
        Ok(reader) => {
            if reader.is_some() {
                request.extensions_mut().insert(Metered);
            }
            let response = next.run(request).await;
            if let (Some(reader), Some(reads)) = (reader, response.extensions().get::<Reads>()) {
                gate.meter.add(&reader.name, reads);
            }
            response
        }
    }
}

/// What the nearest proxy added: entries before it are the client's own words.
fn last_address(headers: &HeaderMap, name: &str) -> Option<IpAddr> {
    headers.get_all(name).iter().next_back()?.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

/// The key that a request shows. What is no key of ours in `Authorization` is none of our business.
fn shown(headers: &HeaderMap) -> Result<Option<Shown>, Refused> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let bearer = bearer.map(str::trim).filter(|token| token.starts_with("wm_"));
    match bearer.or_else(|| headers.get("x-api-key")?.to_str().ok()) {
        None => Ok(None),
        Some(token) => Shown::parse(token.trim()).map(Some).ok_or(Refused::Key),
    }
}

/// Whether a path is that of an image, and of which frame.
fn image_of(path: &str) -> Option<Option<FrameId>> {
    if let Some(rest) = path.strip_prefix("/v1/frames/") {
        return rest.strip_suffix("/image").map(|frame| frame.parse().ok());
    }
    let rest = path.strip_prefix("/imagery/")?;
    Some(rest.rsplit('/').next().and_then(|name| name.strip_suffix(".jpg")?.parse().ok()))
}

/// Handlers know nothing of signatures, and refuse parameters that they do not know.
fn forget_signature(request: &mut Request) {
    let Some(query) = request.uri().query() else { return };
    let is_ours = |pair: &&str| !pair.starts_with("expires=") && !pair.starts_with("signature=");
    let rest: Vec<&str> = query.split('&').filter(is_ours).collect();
    let path = request.uri().path();
    let uri = if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) };
    if let Ok(uri) = Uri::try_from(uri) {
        *request.uri_mut() = uri;
    }
}

/// A signed address of an image, for whoever shows a key: `ttl_s` says for how long.
async fn signed_url(
    State(gate): State<Arc<Gate>>,
    Path(frame): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if !matches!(shown(&headers), Ok(Some(_))) {
        return Refused::Closed.into_response();
    }
    let Ok(frame) = frame.parse::<FrameId>() else {
        let detail = "a frame is 32 hexadecimal digits";
        return Problem::new(StatusCode::BAD_REQUEST, "frame_malformed", detail).into_response();
    };
    let ttl_s = match uri.query().map(|query| query.strip_prefix("ttl_s=").map(str::parse::<u32>)) {
        None => Some(DEFAULT_TTL_S),
        Some(Some(Ok(ttl_s))) => Some(ttl_s),
        Some(_) => None,
    };
    let Some(ttl_s) = ttl_s.filter(|ttl_s| (1..=gate.settings.signed_max_s).contains(ttl_s)) else {
        let detail = format!("ttl_s: expected 1 to {} seconds", gate.settings.signed_max_s);
        return Problem::new(StatusCode::BAD_REQUEST, "parameter_malformed", detail).into_response();
    };
    let expires_s = gate.now().millis() / 1_000 + i64::from(ttl_s);
    let path = format!("/v1/frames/{frame}/image?{}", frame_query(&gate.lent.secret, frame, expires_s));
    let body = json!({ "url": path, "expires_s": expires_s }).to_string();
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body).into_response()
}

/// A signed address holds so long, unless asked otherwise.
const DEFAULT_TTL_S: u32 = 3_600;

/// Why a request does not pass.
enum Refused {
    /// The key is none, or was revoked.
    Key,
    /// Images are not open to everybody.
    Closed,
    TooMany(TooMany),
    /// The store failed.
    Busy,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, reason, detail) = match &self {
            Self::Key => (StatusCode::UNAUTHORIZED, "key_unknown", "there is no such key, or it was revoked"),
            Self::Closed => {
                (StatusCode::UNAUTHORIZED, "key_needed", "this needs a key, or a signed address that still holds")
            }
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "rate_limited", "you ask too often"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy", "the server's storage failed: try again"),
        };
        let mut response = Problem::new(status, reason, detail).into_response();
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        match self {
            Self::Key | Self::Closed => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"waymark\""));
            }
            Self::TooMany(TooMany { retry_after_s }) => {
                headers.insert(RETRY_AFTER, retry_after_s.into());
            }
            Self::Busy => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
            }
        }
        response
    }
}
