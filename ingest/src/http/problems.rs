//! The answers of refusal that a handler may give, for the OpenAPI document: each a name to list them by.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};
use waymark_datasets::Reason;

/// Problem details of RFC 9457.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct ProblemDetails {
    /// `urn:waymark:reason:` and the reason code; left out where there is none.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<String>,
    /// The status in words.
    pub(super) title: String,
    /// The status.
    pub(super) status: u16,
    /// What was wrong and where, in one sentence.
    pub(super) detail: String,
    /// The reason code of the verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = reason_codes)]
    pub(super) reason: Option<String>,
}

fn reason_codes() -> utoipa::openapi::Object {
    let codes = Reason::ALL.iter().map(|reason| reason.code());
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes)).build()
}

/// One status, what it means, and whether it says when to try again.
fn answer(status: u16, description: &str, says_when: bool) -> BTreeMap<String, RefOr<Response>> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemDetails"))).build();
    let response = ResponseBuilder::new().description(description).content("application/problem+json", content);
    let seconds = || ObjectBuilder::new().schema_type(Type::Integer).build();
    let retry_after = || HeaderBuilder::new().schema(Some(seconds())).description(Some("Seconds to wait")).build();
    let response = if says_when { response.header("Retry-After", retry_after()) } else { response };
    BTreeMap::from([(status.to_string(), RefOr::T(response.build()))])
}

macro_rules! problems {
    ($($name:ident = $status:literal, $says_when:literal, $description:literal;)+) => {
        $(
            #[doc = $description]
            pub(super) struct $name;

            impl IntoResponses for $name {
                fn responses() -> BTreeMap<String, RefOr<Response>> {
                    answer($status, $description, $says_when)
                }
            }
        )+
    };
}

problems! {
    Malformed = 400, false, "The request or what it carries does not read";
    Unauthorized = 401, false, "Show an access token of an enrolled device";
    Forbidden = 403, false, "The signature or the device does not allow it";
    NotFound = 404, false, "There is no such thing, or it is not yours";
    NotAllowed = 405, false, "The path exists, but not for this method";
    Slow = 408, false, "The body took too long";
    Conflict = 409, false, "Something else is there already";
    Gone = 410, false, "It was there and is no more";
    WrongVersion = 412, false, "Say Tus-Resumable: 1.0.0";
    TooLarge = 413, false, "More bytes than are taken";
    WrongType = 415, false, "The body is of another media type than is taken";
    Unprocessable = 422, false, "It reads, and was refused for a reason";
    TooMany = 429, true, "Too many requests, or the device has had its share: the same again, later";
    ChecksumMismatch = 460, false, "The checksum does not match: nothing was stored";
    Failed = 500, false, "The server failed: nothing was decided";
    Unavailable = 503, true, "The server or its storage has too much to do: the same again, later";
    Full = 507, true, "The server has no room left";
}
