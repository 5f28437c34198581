//! `waymark device invite|enrol|rotate|revoke`: who may upload.

use anyhow::{Context, bail};
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;
use waymark_datasets::{Rejection, Store};
use waymark_ingest::receipt::ServerKey;
use waymark_ingest::{Error, denylist, invitation, registry, rotation};

use super::device::{read_key, write_key};
use super::{Ask, Buckets};
use crate::Done;
use crate::cli::{Enrol, Invite, Revoke, Rotate};
use crate::client::retry::{Tried, tried};

/// How long an invitation is good unless said otherwise.
const INVITATION_MS: i64 = 7 * 24 * 3_600_000;
/// How often a request is tried that fails for no fault of ours.
const TRIES_MAX: u32 = 4;

pub(super) async fn invite(ask: &Ask, what: &Invite) -> anyhow::Result<Done> {
    let buckets = Buckets::open(&what.place)?;
    if let Some(payout) = what.payout {
        registry::add_driver(&buckets.store, &what.driver, payout).await?;
    }
    let key = ServerKey::load_or_create(&buckets.inbox).await?;
    let expires_at = what.expires.unwrap_or(ask.now.plus_ms(INVITATION_MS));
    let made = invitation::invite(&buckets.store, &key, &what.driver, expires_at).await;
    let hint = || format!("inviting a device of {} (--payout adds a driver)", what.driver);
    let token = made.with_context(hint)?;
    ask.say(&json!({ "invitation": token, "driver": what.driver, "expires_at_ms": expires_at }), &token)?;
    Ok(Done::Yes)
}

pub(super) async fn enrol(ask: &Ask, what: &Enrol) -> anyhow::Result<Done> {
    if let (Some(to), Some(invitation), Some(key)) = (&what.to, &what.invitation, &what.key) {
        let key = read_key(key)?;
        let answer = post(to, "/v1/devices", invitation::enrolment(&key, invitation)?).await?;
        return say_answer(ask, answer, |answer| {
            format!("enrolled device {} of driver {}", answer["device"], answer["driver"])
        });
    }
    let (Some(store), Some(driver), Some(device), Some(payout)) =
        (&what.store, &what.driver, &what.device, what.payout)
    else {
        bail!("name a store with driver, device and payout address, or a server with an invitation and a key");
    };
    registry::enrol(&Store::create_at(store)?, driver, device, payout).await?;
    let text = format!("enrolled device {device} of driver {driver}, paid to {payout}");
    ask.say(&json!({ "device": device, "driver": driver, "payout": payout }), &text)?;
    Ok(Done::Yes)
}

pub(super) async fn rotate(ask: &Ask, what: &Rotate) -> anyhow::Result<Done> {
    let old = read_key(&what.key)?;
    if !what.new.exists() {
        write_key(&what.new, &waymark_ingest::DeviceKey::generate()?)?;
    }
    let new = read_key(&what.new)?;
    let path = format!("/v1/devices/{}/rotation", old.device_id());
    let answer = post(&what.to, &path, rotation::statement(&old, &new, ask.now)?).await?;
    say_answer(ask, answer, |answer| format!("device {} took over from {}", answer["to"], answer["from"]))
}

/// The registry forgets no device; the denylist holds also where a record was lost, and for keys that never had one.
pub(super) async fn revoke(ask: &Ask, what: &Revoke) -> anyhow::Result<Done> {
    let (buckets, device) = (Buckets::open(&what.place)?, &what.device);
    let key = ServerKey::load_or_create(&buckets.inbox).await?;
    let revoked = registry::revoke(&buckets.store, device, ask.now).await;
    let was_enrolled = !matches!(revoked, Err(Error::DeviceUnknown(_)));
    if was_enrolled {
        revoked?;
    }
    let list = denylist::deny(&buckets.store, &key, device, ask.now).await?;
    let text = if was_enrolled { "revoked" } else { "not enrolled, and never to be:" };
    let value =
        json!({ "device": device, "revoked_at_ms": ask.now, "was_enrolled": was_enrolled, "denylist": list.number });
    ask.say(&value, &format!("{text} device {device}"))?;
    Ok(Done::Yes)
}

/// A nonce of the server at `from`, for a manifest.
pub(super) async fn fetch_nonce(from: &Url) -> anyhow::Result<String> {
    #[derive(serde::Deserialize)]
    struct Nonce {
        nonce: String,
    }
    let (http, url) = (Client::new(), from.join("/v1/nonce")?);
    match tried(TRIES_MAX, || http.get(url.clone())).await.with_context(|| format!("a nonce of {from}"))? {
        Tried::Done(answer) => Ok(read::<Nonce>(answer).await?.nonce),
        Tried::Refused(rejection) => Err(rejection.into()),
    }
}

async fn post(to: &Url, path: &str, signed: String) -> anyhow::Result<Result<Value, Rejection>> {
    let (http, url) = (Client::new(), to.join(path)?);
    let request = || http.post(url.clone()).header(CONTENT_TYPE, "application/jose").body(signed.clone());
    match tried(TRIES_MAX, request).await.with_context(|| format!("server {to}"))? {
        Tried::Done(answer) => Ok(Ok(read(answer).await?)),
        Tried::Refused(rejection) => Ok(Err(rejection)),
    }
}

async fn read<T: DeserializeOwned>(answer: reqwest::Response) -> anyhow::Result<T> {
    const ANSWER_MAX_BYTES: u64 = 1 << 16;
    let bytes = crate::client::read(answer, ANSWER_MAX_BYTES).await?;
    serde_json::from_slice(&bytes).context("the server's answer does not read: is it Waymark?")
}

fn say_answer(ask: &Ask, answer: Result<Value, Rejection>, text: impl Fn(&Value) -> String) -> anyhow::Result<Done> {
    match answer {
        Ok(answer) => {
            ask.say(&answer, &text(&answer))?;
            Ok(Done::Yes)
        }
        Err(rejection) => {
            let value = json!({ "refused": rejection.reason, "detail": rejection.detail });
            ask.say(&value, &format!("refused: {rejection}"))?;
            Ok(Done::No)
        }
    }
}
