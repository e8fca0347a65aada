//! The runner and the read models, over a journal in memory.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cqrs_es::Aggregate;
use holdfast_domain::Decide;
use holdfast_domain::network::{LocationPaused, NetworkEvent};
use holdfast_domain::order::{CreationTerms, Order, OrderCommand, OrderEvent};
use holdfast_domain::policy::{OnShortage, ReserveAt};
use holdfast_domain::stock::{StockCommand, StockItem};
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{LocationId, OrderId, Sku, Text, Timestamp};
use holdfast_journal::{Batch, CommandRecord, Journal, MemoryJournal, NewEvent};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{Availability, OrderFilter, Orders, Projections, ViewError, ViewStore};

const PATIENCE: Duration = Duration::from_secs(60);
const MERCHANT: &str = "default";

struct House {
    journal: Arc<dyn Journal>,
    commits: watch::Sender<u64>,
    store: ViewStore,
    projections: Projections,
}

impl House {
    async fn open(directory: &Path, journal: &Arc<dyn Journal>) -> Self {
        let (commits, woken) = watch::channel(0);
        let store = ViewStore::open(directory).await.unwrap();
        let projections = Projections::start(journal, &store, &woken).await.unwrap();
        Self { journal: Arc::clone(journal), commits, store, projections }
    }

    /// Appends events of streams as one command.
    async fn append(&self, events: Vec<(StreamId, u64, DomainEvent)>) {
        append(&*self.journal, events).await;
        self.commits.send_modify(|count| *count += 1);
    }

    async fn caught_up(&self) -> Result<(), ViewError> {
        let position = self.journal.head(MERCHANT).await.unwrap().position;
        let progress = self.projections.progress();
        progress.wait_for(Orders::NAME, MERCHANT, position, PATIENCE).await?;
        progress.wait_for(Availability::NAME, MERCHANT, position, PATIENCE).await
    }

    async fn close(self) {
        self.projections.shutdown().await;
        self.store.close().await;
    }
}

async fn append(journal: &dyn Journal, events: Vec<(StreamId, u64, DomainEvent)>) {
    let head = journal.head(MERCHANT).await.unwrap();
    let known = journal.read(MERCHANT, 0, 1_000_000).await.unwrap();
    let record = |(index, (stream, version, event)): (usize, (StreamId, u64, DomainEvent))| {
        let begun =
            known.iter().find(|known| *known.stream_name == stream.to_string()).map(|known| known.stream);
        NewEvent {
            stream: begun.unwrap_or(head.position + 1 + index as u64),
            stream_name: stream.to_string().into(),
            version,
            kind: event.name(),
            type_version: event.version(),
            payload: event.payload().unwrap(),
            sealed: None,
        }
    };
    let events = events.into_iter().enumerate().map(record).collect();
    let command =
        CommandRecord { events, at: 1_000 + head.position.cast_signed(), ..CommandRecord::default() };
    let batch = Batch::seal(MERCHANT.into(), uuid::Uuid::now_v7().into_bytes(), head, vec![command]);
    journal.append(&[batch]).await.remove(0).unwrap();
}

fn sku(name: &str) -> Sku {
    Sku::new(name).unwrap()
}

/// The first event of an order of one line.
fn created(number: u128, wanted: &str) -> (StreamId, u64, DomainEvent) {
    let id = OrderId::new(uuid::Uuid::from_u128(number));
    let terms = CreationTerms {
        order_id: id,
        reserve_at: ReserveAt::Creation,
        on_shortage: OnShortage::Reject,
        allow_split: true,
        content: Text::new("x").unwrap(),
    };
    let request: Value = json!({
        "channel": if number.is_multiple_of(2) { "web" } else { "pos" },
        "channelRef": format!("R{number}"), "lines": [{ "sku": wanted, "quantity": 1 }]
    });
    let request = serde_json::from_value(request).unwrap();
    let command = OrderCommand::CreateOrder(Box::new(request), terms, Timestamp::from_microseconds(5));
    let event = Order::default().decide(&command).unwrap().remove(0);
    (StreamId::Order(id), 1, DomainEvent::Order(event))
}

fn received(version: u64, name: &str) -> (StreamId, u64, DomainEvent) {
    let receipt = json!({ "sku": name, "location": "DC-1", "quantity": 5 });
    let command =
        StockCommand::ReceiveStock(serde_json::from_value(receipt).unwrap(), Timestamp::from_microseconds(5));
    let event = StockItem::default().decide(&command).unwrap().remove(0);
    (StreamId::Stock(sku(name)), version, DomainEvent::Stock(event))
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

#[tokio::test]
async fn read_models_follow_the_journal_and_are_the_same_when_folded_anew() {
    let directory = tempfile::tempdir().unwrap();
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let house = House::open(directory.path(), &journal).await;
    for number in 1..=25 {
        house.append(vec![created(number, "A"), received(number as u64, "A")]).await;
    }
    house.caught_up().await.unwrap();
    let first = listed(&house, &OrderFilter::default(), 10).await;
    assert_eq!(first.len(), 25);
    assert_eq!((first[0].as_str(), first[24].as_str()), ("R25", "R1"), "the newest first");
    let availability =
        Availability::new(&house.store).of(MERCHANT, 1, &[sku("A"), sku("never seen")]).await.unwrap();
    assert_eq!(availability.len(), 1);
    assert_eq!(availability[0].available.number(), 125);
    house.close().await;

    let fresh = tempfile::tempdir().unwrap();
    let house = House::open(fresh.path(), &journal).await;
    house.caught_up().await.unwrap();
    assert_eq!(listed(&house, &OrderFilter::default(), 7).await, first);
    assert_eq!(Availability::new(&house.store).of(MERCHANT, 1, &[sku("A")]).await.unwrap(), availability);
    house.close().await;
}

#[tokio::test]
async fn a_runner_goes_on_where_it_was_and_folds_nothing_twice() {
    let directory = tempfile::tempdir().unwrap();
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    for round in 0..4 {
        let house = House::open(directory.path(), &journal).await;
        house.append(vec![received(round + 1, "A")]).await;
        house.caught_up().await.unwrap();
        let found = Availability::new(&house.store).of(MERCHANT, 1, &[sku("A")]).await.unwrap();
        assert_eq!(found[0].available.number(), 5 * (round + 1));
        let state = house.projections.progress().state(Availability::NAME, MERCHANT);
        assert_eq!((state.folded, state.position), (round + 1, round + 1));
        house.close().await;
    }
}

#[tokio::test]
async fn every_filter_finds_what_it_says() {
    let directory = tempfile::tempdir().unwrap();
    let house = House::open(directory.path(), &(Arc::new(MemoryJournal::new()) as Arc<dyn Journal>)).await;
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

#[tokio::test]
async fn nothing_is_promised_from_a_paused_location() {
    let directory = tempfile::tempdir().unwrap();
    let house = House::open(directory.path(), &(Arc::new(MemoryJournal::new()) as Arc<dyn Journal>)).await;
    let paused =
        LocationPaused { location: LocationId::new("DC-1").unwrap(), reason: Text::new("flood").unwrap() };
    house.append(vec![received(1, "A")]).await;
    house
        .append(vec![(StreamId::Network, 1, DomainEvent::Network(NetworkEvent::LocationPaused(paused)))])
        .await;
    house.caught_up().await.unwrap();
    let found = Availability::new(&house.store).of(MERCHANT, 1, &[sku("A")]).await.unwrap();
    assert_eq!((found[0].available.number(), found[0].locations[0].available.number()), (0, 5));
    assert!(found[0].locations[0].paused);
    house.close().await;
}

#[tokio::test]
async fn an_event_of_an_unknown_type_halts_a_projection_and_it_says_where() {
    let directory = tempfile::tempdir().unwrap();
    let journal = MemoryJournal::new();
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
    journal.append(&[Batch::seal(MERCHANT.into(), [1; 16], head, vec![command])]).await.remove(0).unwrap();
    let house = House::open(directory.path(), &(Arc::new(journal) as Arc<dyn Journal>)).await;
    let Err(ViewError::Halted { reason, position: 0, .. }) = house.caught_up().await else {
        panic!("it did not halt");
    };
    assert!(reason.contains("OrderTeleported"), "{reason}");
    house.close().await;
}

#[tokio::test]
async fn read_models_of_another_journal_are_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let first: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let house = House::open(directory.path(), &first).await;
    house.append(vec![received(1, "A")]).await;
    house.caught_up().await.unwrap();
    house.close().await;

    let second: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    append(&*second, vec![received(1, "B")]).await;
    append(&*second, vec![received(2, "B")]).await;
    let house = House::open(directory.path(), &second).await;
    let Err(ViewError::Halted { reason, .. }) = house.caught_up().await else { panic!("it was not noticed") };
    assert!(reason.contains("not the one that was folded"), "{reason}");
    house.close().await;
}

#[test]
fn the_fold_of_an_order_is_the_orders_own() {
    use crate::projection::{Projection, Recorded};
    let (stream, version, event) = created(1, "A");
    let mut order = Order::default();
    let DomainEvent::Order(happened) = &event else { panic!("not an order's") };
    order.apply(OrderEvent::clone(happened));
    let recorded = Recorded { position: 7, version, command_end: 9, recorded_at: 11, stream, event };
    let row = crate::order_status::OrderStatusProjection::fold(None, &recorded);
    assert_eq!((row.order, row.first_position, row.position), (order, 7, 9));
}
