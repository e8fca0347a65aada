//! Consistent snapshots of the read models.

use std::sync::Arc;

use holdfast_journal::Journal;
use holdfast_journal::test_support::MemoryJournal;

use super::events::{created, delivered, paused, received};
use super::{Fixture, MERCHANT, TestNode, for_every_store};
use crate::store::{Statement, ViewConnection};
use crate::{OrderRow, ReadSnapshot, ViewError, ViewStore};

for_every_store! {
    a_snapshot_does_not_see_later_changes,
    changed_orders_are_read_in_the_order_of_their_changes,
    a_snapshot_waits_until_all_read_models_have_the_same_position,
    a_snapshot_is_opened_unaligned_if_nothing_moves,
}

async fn populated_node(fixture: &impl Fixture, orders: u128) -> TestNode {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let node = TestNode::open(fixture, &journal).await;
    for number in 1..=orders {
        node.append(vec![created(number, "A"), received(1, &format!("S{number}"))]).await;
    }
    node.wait_caught_up().await.unwrap();
    node
}

fn names(orders: &[OrderRow]) -> Vec<String> {
    orders.iter().map(|row| row.view().unwrap().channel_ref.unwrap().to_string()).collect()
}

/// All orders of a snapshot, two at a time.
async fn all(snapshot: &mut ReadSnapshot) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), 0);
    loop {
        let page = snapshot.orders(after, 2).await.unwrap();
        let Some(last) = page.last() else { return found };
        after = last.first_position;
        found.extend(names(&page));
    }
}

/// All SKUs of a snapshot, two at a time.
async fn stock(snapshot: &mut ReadSnapshot) -> Vec<(String, u64)> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = snapshot.stock(after.as_ref(), 2).await.unwrap();
        let Some(last) = page.last() else { return found };
        after = Some(last.sku.clone());
        found.extend(page.iter().map(|view| (view.sku.to_string(), view.available.number())));
    }
}

async fn a_snapshot_does_not_see_later_changes(fixture: &impl Fixture) {
    let node = populated_node(fixture, 5).await;
    let read_only = fixture.open_existing().await.unwrap();
    let mut snapshot = ReadSnapshot::open(&read_only, MERCHANT, 0).await.unwrap();
    let head = node.journal.head(MERCHANT).await.unwrap();
    for reached in [
        snapshot.orders_position().unwrap(),
        snapshot.stock_position().unwrap(),
        snapshot.metrics_position().unwrap(),
    ] {
        assert_eq!((reached.position, &reached.hash[..]), (10, &head.event_hash.0[..]));
        assert_eq!((reached.generation, reached.parked), (1, 0));
    }
    node.append(vec![created(6, "A"), received(1, "S6"), received(2, "S1"), paused(1, "DC-1")]).await;
    node.wait_caught_up().await.unwrap();

    let names: Vec<String> = (1..=5).map(|number| format!("R{number}")).collect();
    assert_eq!(all(&mut snapshot).await, names, "in the order of their creation");
    let expected_stock: Vec<(String, u64)> = (1..=5).map(|number| (format!("S{number}"), 5)).collect();
    assert_eq!((stock(&mut snapshot).await, snapshot.sku_count().await.unwrap()), (expected_stock, 5));

    let mut now = ReadSnapshot::open(&read_only, MERCHANT, 0).await.unwrap();
    assert_eq!((all(&mut now).await.len(), now.sku_count().await.unwrap()), (6, 6));
    assert!(stock(&mut now).await.iter().all(|(_, available)| *available == 0), "the location is paused");
    let mut unknown = ReadSnapshot::open(&read_only, "unknown", 0).await.unwrap();
    assert_eq!((unknown.orders_position().unwrap().position, all(&mut unknown).await), (0, vec![]));
    drop((snapshot, now, unknown));
    read_only.close().await;
    node.close().await;
}

async fn changed_orders_are_read_in_the_order_of_their_changes(fixture: &impl Fixture) {
    let node = populated_node(fixture, 4).await;
    let since = node.journal.read(MERCHANT, 7, 1).await.unwrap()[0].recorded_at;
    let mut second = delivered(2, "A").into_iter();
    for event in second.by_ref().skip(1).take(2) {
        node.append(vec![event]).await;
    }
    node.append(vec![created(5, "A")]).await;
    node.wait_caught_up().await.unwrap();
    let mut snapshot = ReadSnapshot::open(&node.store, MERCHANT, 0).await.unwrap();
    let all = snapshot.changed_orders((0, 0), 10).await.unwrap();
    assert_eq!(names(&all), ["R1", "R3", "R4", "R2", "R5"]);
    let some = snapshot.changed_orders((since, i64::MAX.cast_unsigned()), 1).await.unwrap();
    assert_eq!(names(&some), ["R2"]);
    let after = (some[0].changed_at, some[0].first_position);
    assert_eq!(names(&snapshot.changed_orders(after, 10).await.unwrap()), ["R5"]);
    drop(snapshot);
    node.close().await;
}

/// Sets the checkpoints of projections, as if they were behind.
async fn set_position(store: &ViewStore, projections: &[&'static str], position: u64) {
    let mut connection: ViewConnection = store.writer().await.unwrap();
    for projection in projections {
        let change = Statement::new("UPDATE checkpoint SET position = $1, folded = $1 WHERE projection = $2");
        connection.execute(change.bind(position).bind(*projection)).await.unwrap();
    }
}

const ORDERS: &[&str] = &["order_status"];
const ALL: &[&str] = &["order_status", "availability", "metrics"];

async fn a_snapshot_waits_until_all_read_models_have_the_same_position(fixture: &impl Fixture) {
    let node = populated_node(fixture, 2).await;
    node.projections.shutdown().await;
    for (behind, wanted) in [(&ALL[..1], 0), (&ALL[1..2], 0), (&ALL[2..], 0), (ALL, 4)] {
        set_position(&node.store, behind, 3).await;
        let snapshot = ReadSnapshot::current(&node.store, MERCHANT).await.unwrap();
        assert_eq!((snapshot.is_aligned(wanted), snapshot.is_aligned(3)), (false, behind == ALL));
        drop(snapshot);
        let (snapshot, ()) = tokio::join!(ReadSnapshot::open(&node.store, MERCHANT, wanted), async {
            tokio::task::yield_now().await;
            set_position(&node.store, behind, 4).await;
        });
        let snapshot = snapshot.unwrap();
        for reached in [snapshot.orders_position(), snapshot.stock_position(), snapshot.metrics_position()] {
            assert_eq!(reached.unwrap().position, 4);
        }
    }
    node.store.close().await;
}

async fn a_snapshot_is_opened_unaligned_if_nothing_moves(fixture: &impl Fixture) {
    let node = populated_node(fixture, 2).await;
    node.projections.shutdown().await;
    set_position(&node.store, ORDERS, 3).await;
    let snapshot = ReadSnapshot::open(&node.store, MERCHANT, 0).await.unwrap();
    assert_eq!(
        (snapshot.orders_position().unwrap().position, snapshot.stock_position().unwrap().position),
        (3, 4)
    );
    drop(snapshot);
    let mut connection = node.store.writer().await.unwrap();
    let older =
        Statement::new("UPDATE generation SET version = version - 1 WHERE projection = 'availability'");
    connection.execute(older).await.unwrap();
    drop(connection);
    let mut snapshot = ReadSnapshot::open(&node.store, MERCHANT, 0).await.unwrap();
    assert!(matches!(snapshot.stock_position(), Err(ViewError::Building("availability"))));
    assert!(matches!(snapshot.sku_count().await, Err(ViewError::Building("availability"))));
    assert_eq!(all(&mut snapshot).await.len(), 2, "the other read models can be read");
    drop(snapshot);
    node.store.close().await;
}
