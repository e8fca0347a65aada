//! Programs of two versions on one store: the format version of the store limits what they write.

use serde_json::{Value, json};

use crate::support::server::{TestServer, order};
use crate::support::store::{TestStore, on_every_store};

on_every_store!(events_of_a_newer_format_are_written_only_after_an_upgrade,);

/// The output of `holdfast upgrade`.
fn upgrade(store: &TestStore, more: &[&str]) -> Value {
    let output = store.run(&[&["upgrade", "--json"], more].concat());
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn events_of_a_newer_format_are_written_only_after_an_upgrade(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "A", 5).await;
    server.stop().await;
    // A store as earlier programs created it.
    if store.sql("UPDATE journal_head SET format = 0").is_none() {
        return;
    }
    let server = TestServer::start(&store).await;
    let refused = server.post("/v1/orders", "first", &order("A", 1)).await;
    refused.assert_refused(503, "not_executed");
    let problem: Value = serde_json::from_str(&refused.text).unwrap();
    assert_eq!(problem["reason"], "format_too_old");
    let merchants = json!([{ "merchant": "default", "from": 0, "to": 1 }]);
    let planned = upgrade(&store, &["--dry-run"]);
    assert_eq!((&planned["dryRun"], &planned["merchants"]), (&json!(true), &merchants));
    let refused = server.post("/v1/orders", "first", &order("A", 1)).await;
    assert_eq!(refused.status.as_u16(), 503, "the dry run changed nothing");

    // Only one program can open an embedded store.
    let is_embedded = store.url().starts_with("sqlite:");
    if is_embedded {
        server.stop().await;
    }
    assert_eq!(upgrade(&store, &[])["merchants"], merchants);
    let server = if is_embedded { TestServer::start(&store).await } else { server };
    let taken = server.post("/v1/orders", "first", &order("A", 1)).await;
    assert_eq!((taken.status.as_u16(), taken.replayed), (201, false), "{taken:?}");
    assert_eq!(repeated_upgrade(&store, is_embedded), json!([{ "merchant": "default", "from": 1, "to": 1 }]));
}

/// The merchants of another upgrade, which changes nothing.
fn repeated_upgrade(store: &TestStore, is_embedded: bool) -> Value {
    let more: &[&str] = if is_embedded { &["--dry-run"] } else { &[] };
    upgrade(store, more)["merchants"].clone()
}
