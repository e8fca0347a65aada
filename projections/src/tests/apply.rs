//! What is folded, found and noticed, on every store alike.

use std::sync::Arc;

use cqrs_es::Aggregate;
use holdfast_domain::order::{Order, OrderEvent};
use holdfast_domain::stream::DomainEvent;
use holdfast_domain::values::Timestamp;
use holdfast_journal::{Batch, CommandRecord, Journal, MemoryJournal, NewEvent};
use serde_json::{Value, json};

use super::events::{created, paused, received, sku};
use super::{Fixture, House, MERCHANT, append, for_every_store};
use crate::runtime::checkpoint::{Checkpoint, advance, read_all};
use crate::store::Scope;
use crate::{Availability, AvailabilityFilter, OrderFilter, Orders, ViewError, ViewStore};

for_every_store! {
    read_models_follow_the_journal_and_are_the_same_when_folded_anew,
    a_runner_goes_on_where_it_was_and_folds_nothing_twice,
    every_filter_finds_what_it_says,
    nothing_is_promised_from_a_paused_location,
    an_event_of_an_unknown_type_halts_a_projection_and_it_says_where,
    read_models_of_another_journal_are_noticed,
    a_checkpoint_moves_only_from_where_it_was,
}

fn empty() -> Arc<dyn Journal> {
    Arc::new(MemoryJournal::new())
}

async fn listed(house: &House, filter: &OrderFilter, limit: usize) -> Vec<String> {
    let orders = Orders::new(&house.store);
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = orders.list(MERCHANT, 1, filter, after.as_deref(), limit).await.unwrap();
        let names = page.items.iter().map(|row| row.view().unwrap().channel_ref.unwrap().to_string());
        all.extend(names);
        match page.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

async fn read_models_follow_the_journal_and_are_the_same_when_folded_anew<F: Fixture>(fixture: &F) {
    let journal = empty();
    let house = House::open(fixture, &journal).await;
    for number in 1..=25 {
        house.append(vec![created(number, "A"), received(number as u64, "A")]).await;
    }
    house.caught_up().await.unwrap();
    let first = listed(&house, &OrderFilter::default(), 10).await;
    assert_eq!(first.len(), 25);
    assert_eq!((first[0].as_str(), first[24].as_str()), ("R25", "R1"), "the newest first");
    let availability = Availability::new(&house.store)
        .get(MERCHANT, 1, &[sku("A"), sku("never seen")], &AvailabilityFilter::default())
        .await
        .unwrap();
    assert_eq!(availability.len(), 1);
    assert_eq!(availability[0].available.number(), 125);
    house.close().await;

    let fresh = F::empty().await.unwrap();
    let house = House::open(&fresh, &journal).await;
    house.caught_up().await.unwrap();
    assert_eq!(listed(&house, &OrderFilter::default(), 7).await, first);
    assert_eq!(
        Availability::new(&house.store)
            .get(MERCHANT, 1, &[sku("A")], &AvailabilityFilter::default())
            .await
            .unwrap(),
        availability
    );
    house.close().await;
}

async fn a_runner_goes_on_where_it_was_and_folds_nothing_twice(fixture: &impl Fixture) {
    let journal = empty();
    for round in 0..4 {
        let house = House::open(fixture, &journal).await;
        house.append(vec![received(round + 1, "A")]).await;
        house.caught_up().await.unwrap();
        let found = Availability::new(&house.store)
            .get(MERCHANT, 1, &[sku("A")], &AvailabilityFilter::default())
            .await
            .unwrap();
        assert_eq!(found[0].available.number(), 5 * (round + 1));
        let state = house.projections.progress().state(Availability::NAME, MERCHANT);
        assert_eq!((state.folded, state.position), (round + 1, round + 1));
        house.close().await;
    }
}

async fn every_filter_finds_what_it_says(fixture: &impl Fixture) {
    let house = House::open(fixture, &empty()).await;
    for number in 1..=6 {
        house.append(vec![created(number, if number <= 2 { "A" } else { "B" })]).await;
    }
    house.caught_up().await.unwrap();
    let by = |fields: Value| {
        let text = |name: &str| fields[name].as_str().map(str::to_owned);
        OrderFilter {
            channel: text("channel").map(|name| name.parse().unwrap()),
            channel_ref: text("channelRef").map(|name| name.parse().unwrap()),
            sku: text("sku").map(|name| name.parse().unwrap()),
            changed_after: fields["changedAfter"].as_i64().map(Timestamp::from_microseconds),
            ..OrderFilter::default()
        }
    };
    assert_eq!(listed(&house, &by(json!({ "sku": "A" })), 10).await, ["R2", "R1"]);
    assert_eq!(listed(&house, &by(json!({ "channel": "web" })), 1).await, ["R6", "R4", "R2"]);
    assert_eq!(listed(&house, &by(json!({ "channel": "web", "sku": "A" })), 10).await, ["R2"]);
    assert_eq!(listed(&house, &by(json!({ "channelRef": "R3" })), 10).await, ["R3"]);
    assert_eq!(listed(&house, &by(json!({ "changedAfter": 1_003 })), 10).await, ["R6", "R5"]);
    house.close().await;
}

async fn nothing_is_promised_from_a_paused_location(fixture: &impl Fixture) {
    let house = House::open(fixture, &empty()).await;
    house.append(vec![received(1, "A")]).await;
    house.append(vec![paused(1, "DC-1")]).await;
    house.caught_up().await.unwrap();
    let found = Availability::new(&house.store)
        .get(MERCHANT, 1, &[sku("A")], &AvailabilityFilter::default())
        .await
        .unwrap();
    assert_eq!((found[0].available.number(), found[0].locations[0].available.number()), (0, 5));
    assert!(found[0].locations[0].paused);
    house.close().await;
}

async fn an_event_of_an_unknown_type_halts_a_projection_and_it_says_where(fixture: &impl Fixture) {
    let journal = empty();
    let order = created(1, "A");
    let unknown = NewEvent {
        stream: 1,
        stream_name: order.0.to_string().into(),
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
    let house = House::open(fixture, &journal).await;
    let Err(ViewError::Halted { reason, position: 0, .. }) = house.caught_up().await else {
        panic!("it did not halt");
    };
    assert!(reason.contains("OrderTeleported"), "{reason}");
    house.close().await;
}

async fn read_models_of_another_journal_are_noticed(fixture: &impl Fixture) {
    let first = empty();
    let house = House::open(fixture, &first).await;
    house.append(vec![received(1, "A")]).await;
    house.caught_up().await.unwrap();
    house.close().await;

    let second = empty();
    append(&*second, vec![received(1, "B")]).await;
    append(&*second, vec![received(2, "B")]).await;
    let house = House::open(fixture, &second).await;
    let Err(ViewError::Halted { reason, .. }) = house.caught_up().await else { panic!("it was not noticed") };
    assert!(reason.contains("not the one that was folded"), "{reason}");
    house.close().await;
}

#[test]
fn the_fold_of_an_order_is_the_orders_own() {
    use crate::runtime::projection::{Projection, RecordedEvent};
    let (stream, version, event) = created(1, "A");
    let mut order = Order::default();
    let DomainEvent::Order(happened) = &event else { panic!("not an order's") };
    order.apply(OrderEvent::clone(happened));
    let metadata = Arc::from([]);
    let recorded =
        RecordedEvent { position: 7, version, command_end: 9, recorded_at: 11, stream, event, metadata };
    let row = crate::read_models::orders::OrderStatusProjection::fold(None, recorded);
    assert_eq!((row.order, row.first_position, row.position), (order, 7, 9));
}

async fn a_checkpoint_moves_only_from_where_it_was(fixture: &impl Fixture) {
    let store = fixture.open().await.unwrap();
    let scope = Scope { merchant: MERCHANT, generation: 1 };
    let at = |position: u64| Checkpoint { position, folded: position, ..Checkpoint::default() };
    let moves = [(0, 3, true), (0, 4, false), (3, 4, true), (3, 5, false), (4, 6, true)];
    for (from, to, expected) in moves {
        let mut transaction = store.begin().await.unwrap();
        let moved = advance(&mut transaction, Orders::NAME, scope, &at(from), &at(to)).await;
        match moved {
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
