//! The OpenAPI document held against the server by a program that shares no code with it.

use waymark_ingest::access::access_token;

use crate::program::{NOW, python};
use crate::server::Served;
use crate::world::World;

/// What is looked at: faults of ours, and answers whose status, type, shape or headers the document does not have.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,\
                      response_headers_conformance,unsupported_method";

#[test]
fn schemathesis_finds_no_fault_and_no_answer_that_is_not_documented() {
    let world = World::new();
    let server = Served::start(&world.store());
    let token = access_token(&world.key, &server.url, NOW.parse().unwrap()).unwrap();
    let document = format!("{}/openapi.json", server.url);
    let bearer = format!("Authorization: Bearer {token}");
    let mut schemathesis = python();
    schemathesis.args(["-m", "schemathesis.cli", "run", &document, "--checks", CHECKS, "--header", &bearer]);
    // Examples that follow from the seed alone; nothing is kept between runs.
    schemathesis.args(["--max-examples", "20", "--seed", "20261121", "--generation-database", "none", "--no-color"]);
    // How bodies are written whose media types it does not know.
    let hooks = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/outside");
    schemathesis.env("PYTHONPATH", hooks).env("SCHEMATHESIS_HOOKS", "schemathesis_bodies");
    schemathesis.current_dir(world.folder.path());
    let run = schemathesis.output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
    server.stop();
}

#[test]
fn the_document_has_a_page_that_needs_nothing_from_elsewhere() {
    let world = World::new();
    let server = Served::start(&world.store());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let page = runtime.block_on(async {
        let answer = crate::server::http().get(format!("{}/docs", server.url)).send().await.unwrap();
        assert!(answer.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
        answer.text().await.unwrap()
    });
    assert!(page.contains("/openapi.json") && !page.contains("http://") && !page.contains("https://"));
}
