//! Verification of read models against the journal.

use std::sync::Arc;

use holdfast_domain::stream::StreamId;
use holdfast_journal::Journal;
use holdfast_journal::test_support::MemoryJournal;

use super::events::{cart, created, delivered, paused, received, sku};
use super::parked_streams::{JournalWithGap, append_undecodable};
use super::{Fixture, MERCHANT, TestNode, append, append_with, for_every_store};
use crate::store::Statement;
use crate::{Verification, VerificationReport, ViewError, ViewStore};

for_every_store! {
    correct_read_models_have_no_differences,
    changed_added_and_deleted_rows_are_found,
    parked_streams_are_parked_on_both_sides,
    read_models_are_compared_at_their_own_position,
    read_models_of_another_journal_are_reported,
    a_missing_event_of_the_journal_is_reported,
}

/// A node with more rows than a page has, and with texts that the databases sort differently.
async fn populated_node(fixture: &impl Fixture) -> TestNode {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let node = TestNode::open(fixture, &journal).await;
    append_with(&*journal, vec![paused(1, "DC-2")], Some(r#"{"correlationId":"case 7"}"#)).await;
    for (number, name) in (1..).zip(["A", "a", "B", "_", "a b", "Z", "%", "'"]) {
        node.append(vec![received(1, name)]).await;
        for event in delivered(number, name) {
            node.append(vec![event]).await;
        }
    }
    node.append((100..1_300).map(|number| created(number, "A")).collect()).await;
    node.append(vec![cart(1, "A", 7)]).await;
    node.wait_caught_up().await.unwrap();
    node
}

/// The reports of all read models, which must all be comparable.
async fn reports(verification: &Verification, merchant: &str) -> Vec<VerificationReport> {
    verification.verify(merchant, |_| {}).await.into_iter().map(|result| result.result.unwrap()).collect()
}

/// Verifies a node and if nothing differs, checks that the progress ends at the sum of all positions.
async fn verify(node: &TestNode) -> Vec<VerificationReport> {
    let directory = tempfile::tempdir().unwrap();
    let verification =
        Verification::in_directory(directory.path(), &node.journal, &node.store).await.unwrap();
    let mut progress = 0;
    let all = verification.verify(MERCHANT, |events| progress = progress.max(events)).await;
    let reports: Vec<VerificationReport> = all.into_iter().map(|result| result.result.unwrap()).collect();
    if reports.iter().all(|report| report.different == 0) {
        assert_eq!(progress, reports.iter().map(|report| report.position).sum::<u64>());
    }
    verification.close().await;
    reports
}

/// The differences of all read models.
async fn differences(node: &TestNode) -> Vec<String> {
    let reports = verify(node).await;
    let found: Vec<String> = reports.iter().flat_map(|report| report.differences.clone()).collect();
    assert_eq!(reports.iter().map(|report| report.different).sum::<u64>(), found.len() as u64);
    found
}

async fn sql(store: &ViewStore, statement: &'static str) {
    let changed = store.writer().await.unwrap().execute(Statement::new(statement)).await.unwrap();
    assert_eq!(changed, 1, "{statement}");
}

async fn correct_read_models_have_no_differences(fixture: &impl Fixture) {
    let node = populated_node(fixture).await;
    let reports = verify(&node).await;
    let head = node.journal.head(MERCHANT).await.unwrap().position;
    let [orders, stock, metrics, carts, causes] = &reports[..] else { panic!("{reports:?}") };
    assert_eq!((orders.position, orders.different, &orders.differences), (head, 0, &vec![]));
    assert_eq!((metrics.position, metrics.different, metrics.rows > 1_208), (head, 0, true));
    assert_eq!((carts.position, carts.different, carts.rows), (head, 0, 2), "a cart at one location");
    assert_eq!((causes.position, causes.different, causes.rows), (head, 0, 1));
    assert_eq!((stock.position, stock.different, stock.rows), (head, 0, 9), "eight SKUs and a location");
    // Each order has a row and two terms; a delivered one also has a location, a package and a fulfillment order.
    assert_eq!(orders.rows, 1_208 * 3 + 8 * 3);
    let read_only = fixture.open_existing().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let verification = Verification::in_directory(directory.path(), &node.journal, &read_only).await.unwrap();
    assert_eq!(self::reports(&verification, MERCHANT).await, reports, "also with a read-only store");
    assert!(self::reports(&verification, "unknown").await.iter().all(|report| report.rows == 0));
    verification.close().await;
    read_only.close().await;
    node.close().await;
}

async fn changed_added_and_deleted_rows_are_found(fixture: &impl Fixture) {
    let node = populated_node(fixture).await;
    let id = "00000000-0000-0000-0000-000000000064";
    for (change, undo, found) in [
        (
            "UPDATE order_status SET status = 'delivered' WHERE first_position = 74",
            "UPDATE order_status SET status = 'created' WHERE first_position = 74",
            format!("order_status {id} differs in status"),
        ),
        (
            "UPDATE order_status SET due_at = 5, customer_ref = 'x' WHERE first_position = 74",
            "UPDATE order_status SET due_at = NULL, customer_ref = NULL WHERE first_position = 74",
            format!("order_status {id} differs in customer_ref, due_at"),
        ),
        (
            "DELETE FROM order_term WHERE kind = 'sku' AND value = 'A' AND first_position = 74",
            "INSERT INTO order_term (merchant, generation, kind, value, first_position)
             VALUES ('default', 1, 'sku', 'A', 74)",
            "order_term sku A 74 is missing in the serving generation".to_owned(),
        ),
        (
            "INSERT INTO order_term (merchant, generation, kind, value, first_position)
             VALUES ('default', 1, 'sku', 'zzz', 74)",
            "DELETE FROM order_term WHERE value = 'zzz'",
            "order_term sku zzz 74 is only in the serving generation".to_owned(),
        ),
        (
            "UPDATE fulfillment_order SET actionable = NOT actionable WHERE location = 'DC-2' AND first_position = 3",
            "UPDATE fulfillment_order SET actionable = NOT actionable WHERE location = 'DC-2' AND first_position = 3",
            "fulfillment_order 00000000-0000-0000-0000-000000000001.f1 differs in actionable".to_owned(),
        ),
        (
            "UPDATE availability SET fillable = NOT fillable WHERE sku = 'a b'",
            "UPDATE availability SET fillable = NOT fillable WHERE sku = 'a b'",
            "availability a b differs in fillable".to_owned(),
        ),
        (
            "DELETE FROM paused_location",
            "INSERT INTO paused_location (merchant, generation, location) VALUES ('default', 1, 'DC-2')",
            "paused_location DC-2 is missing in the serving generation".to_owned(),
        ),
    ] {
        assert_eq!(differences(&node).await, Vec::<String>::new(), "before {change}");
        sql(&node.store, change).await;
        assert_eq!(differences(&node).await, [found], "{change}");
        sql(&node.store, undo).await;
    }
    node.close().await;
}

async fn parked_streams_are_parked_on_both_sides(fixture: &impl Fixture) {
    let node = populated_node(fixture).await;
    append_undecodable(&*node.journal, &StreamId::Stock(sku("A")), 2).await;
    node.append(vec![received(3, "A"), received(2, "B")]).await;
    node.wait_caught_up().await.unwrap();
    assert_eq!(differences(&node).await, Vec::<String>::new());
    sql(&node.store, "UPDATE availability SET stale = NOT stale WHERE sku = 'A'").await;
    assert_eq!(differences(&node).await, ["availability A differs in stale"]);
    node.close().await;
}

async fn read_models_are_compared_at_their_own_position(fixture: &impl Fixture) {
    let node = populated_node(fixture).await;
    let TestNode { journal, store, projections } = node;
    projections.shutdown().await;
    let reached = journal.head(MERCHANT).await.unwrap().position;
    append(&*journal, vec![received(2, "A"), created(2_000, "A")]).await;
    let node = TestNode { projections: crate::Projections::empty(), journal, store };
    let reports = verify(&node).await;
    assert!(reports.iter().all(|report| (report.position, report.different) == (reached, 0)), "{reports:?}");

    // A program of another version reads another generation.
    sql(&node.store, "UPDATE generation SET version = version - 1 WHERE projection = 'order_status'").await;
    let directory = tempfile::tempdir().unwrap();
    let verification =
        Verification::in_directory(directory.path(), &node.journal, &node.store).await.unwrap();
    let mut results = verification.verify(MERCHANT, |_| {}).await.into_iter();
    let orders = results.next().map(|orders| orders.result);
    assert!(matches!(orders, Some(Err(ViewError::Building("order_status")))), "{orders:?}");
    assert_eq!(results.filter(|other| other.result.is_ok()).count(), 4, "the other read models are compared");
    verification.close().await;
    node.close().await;
}

async fn read_models_of_another_journal_are_reported(fixture: &impl Fixture) {
    let node = populated_node(fixture).await;
    let TestNode { journal, mut store, projections } = node;
    projections.shutdown().await;
    let head = journal.head(MERCHANT).await.unwrap().position;
    let same_length = (1..=head).map(|number| received(1, &format!("S{number}"))).collect();
    for events in [vec![received(1, "A")], same_length] {
        let other: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
        append(&*other, events).await;
        let node = TestNode { journal: other, store, projections: crate::Projections::empty() };
        let found = differences(&node).await;
        assert_eq!(found, ["the read model was built from another journal"; 5]);
        store = node.store;
    }
    store.close().await;
}

async fn a_missing_event_of_the_journal_is_reported(fixture: &impl Fixture) {
    let node = populated_node(fixture).await;
    let TestNode { journal, store, projections } = node;
    projections.shutdown().await;
    let journal = Arc::new(JournalWithGap(journal)) as Arc<dyn Journal>;
    let node = TestNode { journal, store, projections: crate::Projections::empty() };
    let found = differences(&node).await;
    assert_eq!(found, ["the journal cannot be folded beyond position 4: an event is missing"; 5]);
    node.close().await;
}
