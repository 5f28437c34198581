//! Images: those of a snapshot and no others.

use reqwest::StatusCode;
use waymark_datasets::Store;

use super::server::Server;
use super::world::{drives, jpeg, store};

#[tokio::test]
async fn an_image_is_had_by_frame_and_by_path_and_not_before_it_is_published() {
    let store = store().await;
    let server = Server::start(store.clone()).await;
    let frame = &drives()[1].frames()[5];
    for path in [format!("/v1/frames/{}/image", frame.frame_id), format!("/{}", frame.image_path)] {
        let answer = server.get(&path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()["content-type"], "image/jpeg");
        let etag = answer.headers()["etag"].clone();
        assert_eq!(answer.bytes().await.unwrap(), jpeg(frame.frame_id));
        let again =
            server.http.get(format!("{}{path}", server.url)).header("if-none-match", etag).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }
    let unpublished = frame.image_path.replace(&frame.frame_id.to_string(), &"0".repeat(32));
    store.put(&unpublished, "not yet".into()).await.unwrap();
    assert_eq!(server.get(&format!("/{unpublished}")).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_image_that_is_not_what_the_snapshot_says_is_not_sent() {
    let store: Store = store().await;
    let frame = &drives()[0].frames()[0];
    store.put(&frame.image_path, "something else".into()).await.unwrap();
    let server = Server::start(store).await;
    assert_eq!(server.get(&format!("/{}", frame.image_path)).await.status(), StatusCode::SERVICE_UNAVAILABLE);
}
