//! The OpenAPI document says what the endpoint does.

use serde_json::Value;
use waymark_ingest::http::api;

use crate::server::Server;
use crate::world::World;

fn document() -> Value {
    serde_json::from_str(&api().to_json().unwrap()).unwrap()
}

/// Method, path and operation.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, item): (&String, &Value)| {
        let item = item.as_object().unwrap().clone();
        let path = path.clone();
        item.into_iter().map(move |(method, operation)| (method, path.clone(), operation)).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

#[test]
fn every_operation_says_what_it_is_and_which_problems_it_answers() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let operations = operations(&document);
    assert!(operations.len() >= 17, "{}", operations.len());
    for (method, path, operation) in &operations {
        let name = format!("{method} {path}");
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name} has no summary");
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{name}");
        let answers = operation["responses"].as_object().unwrap();
        assert!(answers.contains_key("500") && answers.contains_key("405"), "{name}");
        for (status, answer) in answers.iter().filter(|(status, _)| status.as_str() >= "400") {
            let schema = &answer["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(schema, "#/components/schemas/ProblemDetails", "{name} {status}");
        }
    }
    let reasons = document["components"]["schemas"]["ProblemDetails"]["properties"]["reason"]["enum"].as_array();
    assert_eq!(reasons.map(Vec::len), Some(waymark_datasets::Reason::ALL.len()));
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| walk(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let document = document();
    let mut references = Vec::new();
    walk(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn every_path_of_the_document_is_served_and_other_methods_are_not() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let document = document();
    let zeros = |count| "0".repeat(count);
    for (method, path, operation) in operations(&document) {
        let filled =
            path.replace("{clip}", &zeros(32)).replace("{sha256}", &zeros(64)).replace("{device}", &"A".repeat(43));
        let url = format!("{}{filled}", server.url);
        let answer = server.tus(&method.to_uppercase(), &url).send().await.unwrap();
        let status = answer.status().as_u16();
        let wants_another = method == "post" && path.contains("/media/");
        assert!(status != 405 || wants_another, "{method} {path}");
        let documented = operation["responses"].as_object().unwrap();
        assert!(documented.contains_key(&status.to_string()), "{method} {path} answers {status}: {documented:?}");
        let put = server.tus("PUT", &url).send().await.unwrap();
        assert_eq!(put.status(), 405, "{path}");
        assert!(put.headers().contains_key("allow"), "{path}: {put:?}");
    }
}
