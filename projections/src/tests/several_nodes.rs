//! Several nodes that share one database.

use std::sync::Arc;
use std::time::Duration;

use holdfast_journal::test_support::MemoryJournal;
use holdfast_journal::{Journal, PostgresJournal};

use super::events::{created, received, sku};
use super::{Fixture, MERCHANT, Postgres, TIMEOUT, TestNode, append, append_command};
use crate::runtime::checkpoint::{Checkpoint, advance};
use crate::runtime::lease::Lease;
use crate::store::Scope;
use crate::{Availability, AvailabilityFilter, OrderFilter, Orders, ViewError, ViewStore};

/// How long a node must not catch up while another one holds the lease.
const BLOCKED_FOR: Duration = Duration::from_millis(300);

const SCOPE: Scope<'static> = Scope { merchant: MERCHANT, generation: 1 };

/// Rejects a move of a checkpoint by a node without the lease. Every session has its node's name as a setting.
const LEASE_CHECK: &str = "
    CREATE FUNCTION lease_check() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM projection_lease AS held
            WHERE held.merchant = NEW.merchant AND held.projection = NEW.projection
              AND held.generation = NEW.generation
              AND held.node = current_setting('holdfast.node') AND held.expires_at > clock_timestamp()
        ) THEN
            RAISE EXCEPTION 'node % moves a checkpoint without the lease', current_setting('holdfast.node');
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER lease_check BEFORE INSERT OR UPDATE ON checkpoint FOR EACH ROW EXECUTE FUNCTION lease_check()";

/// Opens the shared store for a node.
async fn open_store(fixture: &Postgres, name: &str) -> ViewStore {
    ViewStore::connect(&format!("{}%20-c%20holdfast.node%3D{name}", fixture.0.url())).await.unwrap()
}

async fn journal_of(orders: u128) -> Arc<dyn Journal> {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    for number in 1..=orders {
        append(&*journal, vec![created(number, "A"), received(number as u64, "A")]).await;
    }
    journal
}

/// All answers of a node.
async fn answers(node: &TestNode) -> String {
    let orders = Orders::new(&node.store).list(MERCHANT, 1, &OrderFilter::default(), None, 1_000).await;
    let stock =
        Availability::new(&node.store).get(MERCHANT, 1, &[sku("A")], &AvailabilityFilter::default()).await;
    format!("{:?} {:?}", orders.unwrap().items, stock.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_node_with_the_lease_moves_a_checkpoint() {
    let Some(fixture) = Postgres::empty().await else { return };
    let (one, other) = tokio::join!(open_store(&fixture, "one"), open_store(&fixture, "other"));
    fixture.0.sql(LEASE_CHECK);
    let journal = journal_of(10).await;
    let (one, other) = tokio::join!(
        TestNode::with_store(one, &journal, "one"),
        TestNode::with_store(other, &journal, "other")
    );
    for number in 11..=60 {
        append(&*journal, vec![created(number, "A"), received(number as u64, "A")]).await;
        if number % 10 == 0 {
            one.wait_caught_up().await.unwrap();
        }
    }
    one.wait_caught_up().await.unwrap();
    other.wait_caught_up().await.unwrap();
    let state = other.projections.progress().state(Orders::NAME, MERCHANT);
    assert_eq!((state.position, state.folded, state.parked), (120, 120, 0));
    let shared = answers(&one).await;
    assert_eq!(shared, answers(&other).await);
    one.close().await;
    other.close().await;

    let Some(fixture) = Postgres::empty().await else { return };
    let alone = TestNode::open(&fixture, &journal).await;
    alone.wait_caught_up().await.unwrap();
    assert_eq!(shared, answers(&alone).await, "one node gives the same answers");
    alone.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_node_takes_over_an_expired_lease() {
    let Some(fixture) = Postgres::empty().await else { return };
    let store = fixture.open().await.unwrap();
    for projection in [Orders::NAME, Availability::NAME] {
        Lease::take(&store, projection, SCOPE, "gone").await.unwrap().unwrap();
    }
    fixture.0.sql("UPDATE projection_lease SET expires_at = now() + interval '1 hour'");
    let node = TestNode::with_store(store, &journal_of(5).await, "this").await;
    let Err(ViewError::Behind { reached: 0, .. }) = node.wait_caught_up_for(BLOCKED_FOR).await else {
        panic!("the node applied events without the lease");
    };
    fixture.0.sql("UPDATE projection_lease SET expires_at = now()");
    node.wait_caught_up().await.unwrap();
    node.close().await;
    assert_eq!(fixture.0.sql("SELECT count(*) FROM projection_lease"), "0", "all leases are released");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_without_the_lease_sees_the_progress_of_the_other() {
    let Some(fixture) = Postgres::empty().await else { return };
    let (one, other) = (open_store(&fixture, "one").await, open_store(&fixture, "other").await);
    fixture.0.sql(LEASE_CHECK);
    for projection in [Orders::NAME, Availability::NAME] {
        Lease::take(&one, projection, SCOPE, "one").await.unwrap().unwrap();
    }
    fixture.0.sql("UPDATE projection_lease SET expires_at = now() + interval '1 hour'");
    let journal = journal_of(5).await;
    let other = TestNode::with_store(other, &journal, "other").await;
    assert!(matches!(other.wait_caught_up_for(BLOCKED_FOR).await, Err(ViewError::Behind { .. })));
    let one = TestNode::with_store(one, &journal, "one").await;
    one.wait_caught_up().await.unwrap();
    other.wait_caught_up().await.unwrap();
    assert_eq!(answers(&one).await, answers(&other).await);
    one.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_applies_events_that_their_writer_does_not_apply() {
    let Some(fixture) = Postgres::empty().await else { return };
    let writing: Arc<dyn Journal> = Arc::new(PostgresJournal::connect(fixture.0.url()).await.unwrap());
    let reading: Arc<dyn Journal> = Arc::new(PostgresJournal::connect(fixture.0.url()).await.unwrap());
    let node = TestNode::with_store(fixture.open().await.unwrap(), &reading, "this").await;
    for number in 1..=5 {
        append(&*writing, vec![created(number, "A"), received(number as u64, "A")]).await;
    }
    assert!(writing.is_cached(MERCHANT, 0) && !reading.is_cached(MERCHANT, 0));
    node.wait_caught_up().await.unwrap();
    assert_eq!(node.projections.progress().state(Orders::NAME, MERCHANT).folded, 10);
    node.close().await;
    writing.close().await;
    reading.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_lost_in_a_database_crash_are_applied_again_without_new_events() {
    let Some(fixture) = Postgres::empty().await else { return };
    let node = TestNode::with_store(fixture.open().await.unwrap(), &journal_of(3).await, "this").await;
    node.wait_caught_up().await.unwrap();
    let before = answers(&node).await;
    fixture.0.sql(
        "DELETE FROM checkpoint; DELETE FROM order_status; DELETE FROM order_term; DELETE FROM fulfillment_order;
         DELETE FROM availability; DELETE FROM command_link; DELETE FROM metric;
         DELETE FROM metric_order",
    );
    let applied = async {
        while fixture.0.sql("SELECT count(*) FROM checkpoint WHERE position = 6") != "5" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(TIMEOUT, applied).await.expect("the events are applied again");
    assert_eq!(answers(&node).await, before);
    node.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_lost_in_a_database_crash_are_applied_again_while_other_merchants_are_busy() {
    let Some(fixture) = Postgres::empty().await else { return };
    let journal = journal_of(3).await;
    let node = TestNode::with_store(fixture.open().await.unwrap(), &journal, "this").await;
    node.wait_caught_up().await.unwrap();
    let before = answers(&node).await;
    fixture.0.sql(
        "DELETE FROM checkpoint WHERE projection = 'order_status'; DELETE FROM order_status;
         DELETE FROM order_term; DELETE FROM fulfillment_order",
    );
    let applied = async {
        let mut version = 1;
        let query = "SELECT count(*) FROM checkpoint
                        WHERE projection = 'order_status' AND merchant = 'default' AND position = 6";
        while fixture.0.sql(query) != "1" {
            // Only another merchant gets events, without a pause.
            append_command(&*journal, ("another", 1), vec![received(version, "A")], None).await;
            version += 1;
        }
    };
    tokio::time::timeout(TIMEOUT, applied).await.expect("the events are applied again");
    assert_eq!(answers(&node).await, before);
    node.close().await;
}

#[tokio::test]
async fn a_lease_is_exclusive_until_it_expires_or_is_released() {
    let Some(fixture) = Postgres::empty().await else { return };
    let store = fixture.open().await.unwrap();
    let take = async |node: &'static str| Lease::take(&store, Orders::NAME, SCOPE, node).await.unwrap();
    take("one").await.unwrap();
    assert!(take("other").await.is_none());
    let mut lease = take("one").await.expect("the node's own lease");
    assert!(lease.renew().await.unwrap());
    let other_scope = Scope { merchant: "another", ..SCOPE };
    let another = Lease::take(&store, Orders::NAME, other_scope, "other").await.unwrap();
    assert!(another.is_some(), "every merchant has a lease of its own");

    fixture.0.sql("UPDATE projection_lease SET expires_at = now()");
    let other = take("other").await.expect("an expired lease");
    lease.release().await.unwrap();
    assert!(take("one").await.is_none(), "a node cannot release the lease of another");
    other.release().await.unwrap();
    assert!(take("one").await.is_some());
    store.close().await;
}

#[tokio::test]
async fn the_slower_of_two_nodes_fails_before_it_changes_rows() {
    let Some(fixture) = Postgres::empty().await else { return };
    let store = fixture.open().await.unwrap();
    let at = |position: u64| Checkpoint { position, folded: position, ..Checkpoint::default() };
    for (from, to) in [(0, 3), (3, 6)] {
        let mut faster = store.begin().await.unwrap();
        let mut slower = store.begin().await.unwrap();
        advance(&mut faster.scoped(SCOPE), Orders::NAME, &at(from), &at(to)).await.unwrap();
        let (from, to) = (at(from), at(to + 1));
        // The slower transaction waits for the end of the faster one.
        let mut slower = slower.scoped(SCOPE);
        let slow = advance(&mut slower, Orders::NAME, &from, &to);
        let (slow, fast) = tokio::join!(slow, faster.commit());
        fast.unwrap();
        assert!(matches!(slow, Err(ViewError::CheckpointMoved(_))));
    }
    store.close().await;
}
