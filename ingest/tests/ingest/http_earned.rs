//! What a clip's frames earned, once their epoch is closed.

use waymark_datasets::rows::{StatementRow, Verdict, VerdictRow};
use waymark_datasets::table::{encode, write_rows};
use waymark_datasets::{
    Amount, Cell, Epoch, FrameId, Heading, Partition, Ppm, Region, epoch_key, processed_key, statements_key,
};

use crate::footage::{START_MS, drive};
use crate::server::Server;
use crate::world::World;

#[tokio::test]
async fn frames_earn_nothing_before_their_epoch_is_closed_and_what_the_statements_say_afterwards() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let signed = world.signed_film();
    server.upload(&signed).await;
    let first = drive(1)[0];
    let epoch = Epoch::of(first.at);
    let verdict = |index: u32| VerdictRow {
        clip_id: Some(signed.clip_id),
        frame_id: Some(FrameId::derive(signed.clip_id, index)),
        frame_index: Some(index),
        device_id: None,
        driver: None,
        captured_at_ms: Some(START_MS.try_into().unwrap()),
        verdict: Verdict::Accepted,
        detail: String::new(),
        manifest_sha256: signed.manifest_sha256,
    };
    let at = Partition::of(epoch, Region::at(first.position));
    let rows = [verdict(0), verdict(1), verdict(2)];
    write_rows(&world.store, at, &signed.clip_id.to_string(), &rows).await.unwrap();
    world.store.put(&processed_key(signed.clip_id), "{}".into()).await.unwrap();
    let amount = |units: u128| Amount::try_from(units).unwrap();
    let statement = |clip, index: u32, rank: u32, units| StatementRow {
        h3_cell: Cell::at(first.position),
        heading_octant: Heading::wrapping(0.0).octant(),
        clip_id: clip,
        driver: world.driver.clone(),
        device_id: world.key.device_id().clone(),
        frame_id: FrameId::derive(clip, index),
        captured_at_ms: START_MS.try_into().unwrap(),
        pass_rank: rank,
        freshness_ppm: Ppm::ONE,
        rank_ppm: Ppm::ONE,
        quality_ppm: Ppm::ONE,
        trust_ppm: Ppm::ONE,
        points_ppm: Ppm::ONE,
        amount: amount(units),
    };
    let other = "0".repeat(32).parse().unwrap();
    let statements =
        [statement(signed.clip_id, 0, 1, 700), statement(signed.clip_id, 2, 2, 35), statement(other, 0, 3, 9_999)];
    world.store.put(&statements_key(epoch), encode(&statements).unwrap()).await.unwrap();
    let open = server.state(&world, &signed).await;
    assert!(open["earned"].is_null() && open["frames"][0]["earned"].is_null(), "the epoch is open: {open}");
    world.store.put(&epoch_key(epoch), "{}".into()).await.unwrap();
    let paid = server.state(&world, &signed).await;
    let earned: Vec<_> = paid["frames"].as_array().unwrap().iter().map(|frame| frame["earned"].clone()).collect();
    assert_eq!(earned, ["700", "0", "35"], "{paid}");
    assert_eq!(paid["earned"], "735");
}
