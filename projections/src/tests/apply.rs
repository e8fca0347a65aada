//! Applying events to read models, and the lists that are read from them.

use std::sync::Arc;

use cqrs_es::Aggregate;
use holdfast_domain::order::{Order, OrderEvent};
use holdfast_domain::stream::DomainEvent;
use holdfast_domain::values::Timestamp;
use holdfast_journal::test_support::MemoryJournal;
use holdfast_journal::{Batch, CommandRecord, Journal, NewEvent};
use serde_json::{Value, json};

use super::events::{created, paused, received, sku};
use super::{Fixture, MERCHANT, TestNode, append, for_every_store};
use crate::runtime::checkpoint::{Checkpoint, advance, read_all};
use crate::store::Scope;
use crate::{Availability, AvailabilityFilter, OrderFilter, Orders, ViewError, ViewStore};

for_every_store! {
    read_models_follow_the_journal_and_a_rebuild_gives_the_same_rows,
    a_restarted_runner_continues_and_folds_no_event_twice,
    order_filters_return_matching_orders_only,
    a_paused_location_has_no_available_units,
    an_unknown_event_type_halts_the_projection_before_it,
    a_projection_halts_if_the_journal_was_replaced,
    a_checkpoint_advances_only_from_its_current_position,
}

fn empty_journal() -> Arc<dyn Journal> {
    Arc::new(MemoryJournal::new())
}

async fn channel_refs(node: &TestNode, filter: &OrderFilter, limit: usize) -> Vec<String> {
    let orders = Orders::new(&node.store);
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = orders.list(MERCHANT, 1, filter, after.as_deref(), limit).await.unwrap();
        let refs = page.items.iter().map(|row| row.view().unwrap().channel_ref.unwrap().to_string());
        all.extend(refs);
        match page.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

async fn read_models_follow_the_journal_and_a_rebuild_gives_the_same_rows<F: Fixture>(fixture: &F) {
    let journal = empty_journal();
    let node = TestNode::open(fixture, &journal).await;
    for number in 1..=25 {
        node.append(vec![created(number, "A"), received(number as u64, "A")]).await;
    }
    node.wait_caught_up().await.unwrap();
    let first = channel_refs(&node, &OrderFilter::default(), 10).await;
    assert_eq!(first.len(), 25);
    assert_eq!((first[0].as_str(), first[24].as_str()), ("R25", "R1"), "newest first");
    let availability = Availability::new(&node.store)
        .get(MERCHANT, 1, &[sku("A"), sku("unknown")], &AvailabilityFilter::default())
        .await
        .unwrap();
    assert_eq!(availability.len(), 1);
    assert_eq!(availability[0].available.number(), 125);
    node.close().await;

    let fresh = F::empty().await.unwrap();
    let node = TestNode::open(&fresh, &journal).await;
    node.wait_caught_up().await.unwrap();
    assert_eq!(channel_refs(&node, &OrderFilter::default(), 7).await, first);
    assert_eq!(
        Availability::new(&node.store)
            .get(MERCHANT, 1, &[sku("A")], &AvailabilityFilter::default())
            .await
            .unwrap(),
        availability
    );
    node.close().await;
}

async fn a_restarted_runner_continues_and_folds_no_event_twice(fixture: &impl Fixture) {
    let journal = empty_journal();
    for round in 0..4 {
        let node = TestNode::open(fixture, &journal).await;
        node.append(vec![received(round + 1, "A")]).await;
        node.wait_caught_up().await.unwrap();
        let found = Availability::new(&node.store)
            .get(MERCHANT, 1, &[sku("A")], &AvailabilityFilter::default())
            .await
            .unwrap();
        assert_eq!(found[0].available.number(), 5 * (round + 1));
        let state = node.projections.progress().state(Availability::NAME, MERCHANT);
        assert_eq!((state.folded, state.position), (round + 1, round + 1));
        node.close().await;
    }
}

async fn order_filters_return_matching_orders_only(fixture: &impl Fixture) {
    let node = TestNode::open(fixture, &empty_journal()).await;
    for number in 1..=6 {
        node.append(vec![created(number, if number <= 2 { "A" } else { "B" })]).await;
    }
    node.wait_caught_up().await.unwrap();
    let filter = |fields: Value| {
        let text = |name: &str| fields[name].as_str().map(str::to_owned);
        OrderFilter {
            channel: text("channel").map(|name| name.parse().unwrap()),
            channel_ref: text("channelRef").map(|name| name.parse().unwrap()),
            sku: text("sku").map(|name| name.parse().unwrap()),
            changed_after: fields["changedAfter"].as_i64().map(Timestamp::from_microseconds),
            ..OrderFilter::default()
        }
    };
    assert_eq!(channel_refs(&node, &filter(json!({ "sku": "A" })), 10).await, ["R2", "R1"]);
    assert_eq!(channel_refs(&node, &filter(json!({ "channel": "web" })), 1).await, ["R6", "R4", "R2"]);
    assert_eq!(channel_refs(&node, &filter(json!({ "channel": "web", "sku": "A" })), 10).await, ["R2"]);
    assert_eq!(channel_refs(&node, &filter(json!({ "channelRef": "R3" })), 10).await, ["R3"]);
    assert_eq!(channel_refs(&node, &filter(json!({ "changedAfter": 1_003 })), 10).await, ["R6", "R5"]);
    node.close().await;
}

async fn a_paused_location_has_no_available_units(fixture: &impl Fixture) {
    let node = TestNode::open(fixture, &empty_journal()).await;
    node.append(vec![received(1, "A")]).await;
    node.append(vec![paused(1, "DC-1")]).await;
    node.wait_caught_up().await.unwrap();
    let found = Availability::new(&node.store)
        .get(MERCHANT, 1, &[sku("A")], &AvailabilityFilter::default())
        .await
        .unwrap();
    assert_eq!((found[0].available.number(), found[0].locations[0].available.number()), (0, 5));
    assert!(found[0].locations[0].paused);
    node.close().await;
}

async fn an_unknown_event_type_halts_the_projection_before_it(fixture: &impl Fixture) {
    let journal = empty_journal();
    let (stream, ..) = created(1, "A");
    let unknown = NewEvent {
        stream: 1,
        stream_name: stream.to_string().into(),
        version: 1,
        kind: "OrderTeleported",
        type_version: 1,
        payload: b"{}".to_vec(),
        sealed: None,
    };
    let command = CommandRecord { events: vec![unknown], ..CommandRecord::default() };
    let head = journal.head(MERCHANT).await.unwrap();
    let batch = Batch::seal(MERCHANT.into(), [1; 16], head, vec![command]);
    journal.append(&Arc::from([batch])).await.remove(0).unwrap();
    let node = TestNode::open(fixture, &journal).await;
    let Err(ViewError::Halted { reason, position: 0, .. }) = node.wait_caught_up().await else {
        panic!("the projection did not halt");
    };
    assert!(reason.contains("OrderTeleported"), "{reason}");
    node.close().await;
}

async fn a_projection_halts_if_the_journal_was_replaced(fixture: &impl Fixture) {
    let first = empty_journal();
    let node = TestNode::open(fixture, &first).await;
    node.append(vec![received(1, "A")]).await;
    node.wait_caught_up().await.unwrap();
    node.close().await;

    let second = empty_journal();
    append(&*second, vec![received(1, "B")]).await;
    append(&*second, vec![received(2, "B")]).await;
    let node = TestNode::open(fixture, &second).await;
    let Err(ViewError::Halted { reason, .. }) = node.wait_caught_up().await else {
        panic!("the projection did not halt")
    };
    assert!(reason.contains("built from another journal"), "{reason}");
    node.close().await;
}

#[test]
fn the_projection_folds_an_order_as_the_aggregate_applies_it() {
    use crate::runtime::projection::{Projection, RecordedEvent};
    let (stream, version, event) = created(1, "A");
    let mut order = Order::default();
    let DomainEvent::Order(order_event) = &event else { panic!("not an event of an order") };
    order.apply(OrderEvent::clone(order_event));
    let metadata = Arc::from([]);
    let recorded =
        RecordedEvent { position: 7, version, command_end: 9, recorded_at: 11, stream, event, metadata };
    let row = crate::read_models::orders::OrderStatusProjection::fold(None, recorded);
    assert_eq!((row.order, row.first_position, row.position), (order, 7, 9));
}

async fn a_checkpoint_advances_only_from_its_current_position(fixture: &impl Fixture) {
    let store = fixture.open().await.unwrap();
    let scope = Scope { merchant: MERCHANT, generation: 1 };
    let checkpoint = |position: u64| Checkpoint { position, folded: position, ..Checkpoint::default() };
    let advances = [(0, 3, true), (0, 4, false), (3, 4, true), (3, 5, false), (4, 6, true)];
    for (from, to, expected) in advances {
        let mut transaction = store.begin().await.unwrap();
        let result =
            advance(&mut transaction.scoped(scope), Orders::NAME, &checkpoint(from), &checkpoint(to)).await;
        match result {
            Ok(()) => transaction.commit().await.unwrap(),
            Err(ViewError::CheckpointMoved(name)) => assert_eq!(name, Orders::NAME),
            Err(other) => panic!("{other}"),
        }
        assert_eq!(store_is_at(&store, to).await, expected, "from {from} to {to}");
    }
    store.close().await;
}

async fn store_is_at(store: &ViewStore, position: u64) -> bool {
    let all = read_all(&mut store.reader().await.unwrap(), Orders::NAME, 1).await.unwrap();
    all[MERCHANT].position == position
}
