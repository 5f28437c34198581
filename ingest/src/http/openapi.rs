//! What the OpenAPI document says beside the paths: what this is, how devices show who they are.

use utoipa::OpenApi as _;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi};
use utoipa::{IntoResponses, Modify};

use super::problems::{Failed, NotAllowed, ProblemDetails};

/// The frame that the paths go into.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Waymark",
        description = "A crowdsourced street-level map: drivers upload signed clips, and what becomes of them is \
            published.\n\n\
            A clip is announced with its signed manifest, its files come by tus 1.0.0 (https://tus.io), and its state \
            and receipt are read with a short-lived token by the device's key. Refusals are problem details (RFC 9457) \
            with a reason code.",
    ),
    tags(
        (name = "clips", description = "Announce clips and ask what became of them"),
        (name = "media", description = "Upload files by tus 1.0.0: core, creation, creation-with-upload, checksum, \
            expiration, termination"),
        (name = "devices", description = "Enrol devices and renew their keys"),
        (name = "server", description = "For whoever runs the server, or checks what it signed"),
    ),
    components(schemas(ProblemDetails)),
    modifiers(&Devices),
)]
struct Frame;

struct Devices;

impl Modify for Devices {
    fn modify(&self, api: &mut OpenApi) {
        let description = "A JWS by the device's key (typ waymark-access+jws) with sub (the device), aud (the public \
                           address of this server, without a path) and exp (at most five minutes ahead)";
        let scheme =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWS").description(Some(description));
        let components = api.components.get_or_insert_with(Components::new);
        components.add_security_scheme("device", SecurityScheme::Http(scheme.build()));
    }
}

/// The document without paths.
pub(super) fn frame() -> OpenApi {
    Frame::openapi()
}

/// Adds what any path may answer: a method that it has no use for, and a fault of ours.
pub(super) fn complete(mut api: OpenApi) -> OpenApi {
    let anywhere: Vec<_> = [NotAllowed::responses(), Failed::responses()].into_iter().flatten().collect();
    for item in api.paths.paths.values_mut() {
        let operations =
            [&mut item.get, &mut item.head, &mut item.post, &mut item.patch, &mut item.delete, &mut item.options];
        for operation in operations.into_iter().flatten() {
            operation.responses.responses.extend(anywhere.iter().cloned());
        }
    }
    api
}
