//! Programs of two versions over one store: what may be written is said by the store.

use serde_json::{Value, json};

use crate::support::server::{TestServer, order};
use crate::support::store::{TestStore, on_every_store};

on_every_store!(what_a_journal_may_not_hold_yet_is_written_once_it_is_upgraded,);

/// What `upgrade` says.
fn upgrade(store: &TestStore, more: &[&str]) -> Value {
    let output = store.run(&[&["upgrade", "--json"], more].concat());
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn what_a_journal_may_not_hold_yet_is_written_once_it_is_upgraded(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "A", 5).await;
    server.stop().await;
    // As a store would be that programs before this one have made.
    if store.sql("UPDATE journal_head SET format = 0").is_none() {
        return;
    }
    let server = TestServer::start(&store).await;
    let refused = server.post("/v1/orders", "first", &order("A", 1)).await;
    assert_eq!((refused.status.as_u16(), &*refused.code()), (503, "not_executed"), "{refused:?}");
    let problem: Value = serde_json::from_str(&refused.text).unwrap();
    assert_eq!(problem["reason"], "format_too_old");
    let merchants = json!([{ "merchant": "default", "from": 0, "to": 1 }]);
    let told = upgrade(&store, &["--dry-run"]);
    assert_eq!((&told["dryRun"], &told["merchants"]), (&json!(true), &merchants));
    let refused = server.post("/v1/orders", "first", &order("A", 1)).await;
    assert_eq!(refused.status.as_u16(), 503, "nothing was raised");

    // An embedded store is one program's.
    let is_embedded = store.url().starts_with("sqlite:");
    if is_embedded {
        server.stop().await;
    }
    assert_eq!(upgrade(&store, &[])["merchants"], merchants);
    let server = if is_embedded { TestServer::start(&store).await } else { server };
    let taken = server.post("/v1/orders", "first", &order("A", 1)).await;
    assert_eq!((taken.status.as_u16(), taken.replayed), (201, false), "{taken:?}");
    assert_eq!(
        upgrade_of_nothing(&store, is_embedded),
        json!([{ "merchant": "default", "from": 1, "to": 1 }])
    );
}

/// What there is left to be raised.
fn upgrade_of_nothing(store: &TestStore, is_embedded: bool) -> Value {
    let more: &[&str] = if is_embedded { &["--dry-run"] } else { &[] };
    upgrade(store, more)["merchants"].clone()
}
