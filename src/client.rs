//! The driver's side of the endpoint: bundles go to a server and come to land there, whatever the network does.

pub mod retry;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use indicatif::ProgressBar;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Method, Response};
use serde::Deserialize;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use url::Url;
use waymark_datasets::{ClipId, Digest, Reason, Rejection, UtcMillis};
use waymark_ingest::access::access_token;
use waymark_ingest::receipt::{self, Jwks};
use waymark_ingest::{DeviceKey, MediaName};

pub use retry::Backoff;
use retry::{Tried, tried};

/// What one request brings: lost with it at worst, where a server keeps nothing of a request that was cut off.
const PATCH_BYTES: u64 = 4 << 20;
/// Of one request. 4 MiB in this time is 14 KB/s; a slower link still advances, as servers keep what arrived.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(300);
const CONNECT_TIME_MAX: Duration = Duration::from_secs(15);
const MANIFEST_MAX_BYTES: u64 = 1 << 20;

/// A server, and who speaks to it.
pub struct Remote<'a> {
    http: Client,
    to: Url,
    key: &'a DeviceKey,
    clock: Arc<dyn Fn() -> UtcMillis + Send + Sync>,
    tries_max: u32,
}

/// What became of a bundle.
pub enum Sent {
    /// It landed, and here is the proof.
    Landed { clip_id: ClipId, receipt: PathBuf },
    /// It was refused.
    Refused(Rejection),
}

/// What a server says of a clip.
#[derive(Debug, Deserialize)]
struct ClipState {
    clip: ClipId,
    state: String,
    #[serde(default)]
    media: Vec<FileState>,
    reason: Option<Reason>,
    detail: Option<String>,
}

#[derive(Debug, Deserialize)]
struct FileState {
    name: MediaName,
    size_bytes: u64,
    offset: u64,
    upload_url: String,
}

impl<'a> Remote<'a> {
    /// Speaks to the server at `to`, trying each step `tries_max` times.
    pub fn new(
        to: &Url,
        key: &'a DeviceKey,
        clock: Arc<dyn Fn() -> UtcMillis + Send + Sync>,
        tries_max: u32,
    ) -> anyhow::Result<Self> {
        let http = Client::builder().timeout(REQUEST_TIME_MAX).connect_timeout(CONNECT_TIME_MAX).build()?;
        Ok(Self { http, to: to.clone(), key, clock, tries_max: tries_max.max(1) })
    }

    /// Uploads one bundle and waits until it is decided on; whatever was uploaded before is not sent again.
    pub async fn send(&self, bundle: &Path, bar: &ProgressBar) -> anyhow::Result<Sent> {
        let manifest = bundle.join("manifest.jws");
        let manifest = tokio::fs::read(&manifest).await.with_context(|| manifest.display().to_string())?;
        let mut clip = match self.announce(&manifest).await? {
            Tried::Done(clip) => clip,
            Tried::Refused(rejection) => return Ok(Sent::Refused(rejection)),
        };
        bar.set_length(clip.media.iter().map(|file| file.size_bytes).sum());
        bar.set_position(clip.media.iter().map(|file| file.offset).sum());
        for file in &clip.media {
            self.send_file(bundle, file, bar).await.with_context(|| format!("file {}", file.name))?;
        }
        let mut backoff = Backoff::new(self.tries_max);
        while !["landed", "processed", "refused"].contains(&clip.state.as_str()) {
            clip = match self.announce(&manifest).await? {
                Tried::Done(clip) => clip,
                Tried::Refused(rejection) => return Ok(Sent::Refused(rejection)),
            };
            if clip.state == "awaiting_media" {
                anyhow::bail!("the server lost a part of clip {}: upload it again", clip.clip);
            }
            if clip.state == "received" {
                backoff.wait(None).await.context("the server has not decided on the clip yet: ask again later")?;
            }
        }
        if clip.state == "refused" {
            let reason = clip.reason.context("the server gives no reason for its refusal")?;
            return Ok(Sent::Refused(Rejection::new(reason, clip.detail.unwrap_or_default())));
        }
        let receipt = self.fetch_receipt(clip.clip, &manifest, bundle).await.context("the receipt")?;
        Ok(Sent::Landed { clip_id: clip.clip, receipt })
    }

    /// Posts the manifest: the same answer however often.
    async fn announce(&self, manifest: &[u8]) -> anyhow::Result<Tried<ClipState>> {
        let url = self.to.join("/v1/clips")?;
        let request = || {
            let request = self.http.post(url.clone()).header(CONTENT_TYPE, "application/jose");
            request.body(manifest.to_vec())
        };
        match tried(self.tries_max, request).await? {
            Tried::Done(answer) => Ok(Tried::Done(read_json(answer).await?)),
            Tried::Refused(rejection) => Ok(Tried::Refused(rejection)),
        }
    }

    /// Sends what is missing of one file, and goes on where the server's copy ends after each interruption.
    async fn send_file(&self, bundle: &Path, file: &FileState, bar: &ProgressBar) -> anyhow::Result<()> {
        let url = self.to.join(&file.upload_url)?;
        let path = bundle.join(file.name.as_str());
        let mut media = File::open(&path).await.with_context(|| path.display().to_string())?;
        let mut offset = file.offset;
        let mut backoff = Backoff::new(self.tries_max);
        while offset < file.size_bytes {
            media.seek(std::io::SeekFrom::Start(offset)).await?;
            let mut body = Vec::new();
            (&mut media).take(PATCH_BYTES.min(file.size_bytes - offset)).read_to_end(&mut body).await?;
            ensure!(!body.is_empty(), "it is shorter than it was when it was signed");
            let before = offset;
            let answer = self.patch(&url, offset, body).await;
            let pause = retry::pause_asked_for(&answer);
            let acknowledged = answer.ok().filter(|answer| answer.status().is_success()).as_ref().and_then(offset_of);
            offset = match acknowledged {
                Some(offset) => offset,
                None => {
                    backoff.wait(pause).await.context("too many tries failed: call again to go on from here")?;
                    self.offset_at(&url).await?
                }
            };
            if offset > before {
                backoff = Backoff::new(self.tries_max);
                bar.inc(offset - before);
            }
        }
        Ok(())
    }

    async fn patch(&self, url: &Url, offset: u64, body: Vec<u8>) -> reqwest::Result<Response> {
        let request = self.http.patch(url.clone()).header("Tus-Resumable", "1.0.0").header("Upload-Offset", offset);
        request.header(CONTENT_TYPE, "application/offset+octet-stream").body(body).send().await
    }

    async fn offset_at(&self, url: &Url) -> anyhow::Result<u64> {
        let request = || self.http.request(Method::HEAD, url.clone()).header("Tus-Resumable", "1.0.0");
        match tried(self.tries_max, request).await? {
            Tried::Done(answer) => offset_of(&answer).context("the server gives no offset"),
            Tried::Refused(rejection) => Err(rejection.into()),
        }
    }

    /// Fetches the receipt, checks that it is about this bundle, and writes it beside it.
    async fn fetch_receipt(&self, clip_id: ClipId, manifest: &[u8], bundle: &Path) -> anyhow::Result<PathBuf> {
        let jwks: Jwks = read_json(self.get("/.well-known/jwks.json").await?).await?;
        let answer = self.get(&format!("/v1/clips/{clip_id}/receipt")).await?;
        let compact = read(answer, 4 * MANIFEST_MAX_BYTES).await?;
        let said = receipt::verify(&compact, Some(&jwks))?.receipt;
        let is_ours = (said.clip_id, said.manifest_sha256) == (clip_id, Digest::of(manifest));
        ensure!(is_ours, "it is about another clip than this");
        let mut name = bundle.file_name().context("a bundle has a name")?.to_owned();
        name.push(".receipt.jws");
        let path = bundle.with_file_name(name);
        tokio::fs::write(&path, compact).await.with_context(|| path.display().to_string())?;
        Ok(path)
    }

    async fn get(&self, path: &str) -> anyhow::Result<Response> {
        let url = self.to.join(path)?;
        let token = access_token(self.key, &self.to.origin().ascii_serialization(), (self.clock)())?;
        let request = || self.http.get(url.clone()).header(AUTHORIZATION, format!("Bearer {token}"));
        match tried(self.tries_max, request).await? {
            Tried::Done(answer) => Ok(answer),
            Tried::Refused(rejection) => Err(rejection.into()),
        }
    }
}

fn offset_of(answer: &Response) -> Option<u64> {
    answer.headers().get("upload-offset")?.to_str().ok()?.parse().ok()
}

async fn read_json<T: serde::de::DeserializeOwned>(answer: Response) -> anyhow::Result<T> {
    let bytes = read(answer, 4 * MANIFEST_MAX_BYTES).await?;
    serde_json::from_slice(&bytes).context("the server's answer does not read: is it Waymark?")
}

/// The body, up to `max_bytes`: a server is a stranger, too.
pub async fn read(mut answer: Response, max_bytes: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        bytes.extend_from_slice(&chunk);
        ensure!(bytes.len() as u64 <= max_bytes, "the server's answer is larger than {max_bytes} bytes");
    }
    Ok(bytes)
}
