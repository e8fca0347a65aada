//! Benchmarks of the single steps of an order: `cargo bench -p holdfast-tests`.

// A failed set-up panics at once.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::Arc;

use cqrs_es::Aggregate as _;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use holdfast_domain::Decide as _;
use holdfast_domain::order::{
    CreateOrder, CreationTerms, Order, OrderCommand, OrderEvent, Promises, ReservationTrigger,
    ReserveInventory, SourcingBasis,
};
use holdfast_domain::policy::{Criterion, Rules};
use holdfast_domain::sourcing::{Candidate, SourcingRules, source};
use holdfast_domain::stock::{self, Allocation, OrderRef, StockCommand, StockItem};
use holdfast_domain::values::{Text, Timestamp, Units};
use holdfast_journal::{Batch, BatchStore as _, CommandRecord, Head, NewEvent, SqliteJournal};

/// The number of events in a batch.
const EVENTS: usize = 1_000;

/// The number of events of each command in a batch.
const EVENTS_PER_COMMAND: usize = 4;

fn main() {
    divan::main();
}

// ---- deciding ----

fn create() -> OrderCommand {
    let order: CreateOrder = serde_json::from_str(
        r#"{"channel":"web","payment":"not_required","lines":[{"sku":"MUG","quantity":2}]}"#,
    )
    .unwrap();
    let terms = CreationTerms {
        order_id: "01a1fee9-1bbb-79d2-9662-ecc0db51d811".parse().unwrap(),
        rules: Rules::default(),
        content: Text::new(&"0".repeat(64)).unwrap(),
    };
    let at: Timestamp = "2026-11-21T16:20:52.283871Z".parse().unwrap();
    OrderCommand::CreateOrder(Box::new(order), terms, at)
}

fn apply(order: &mut Order, events: &[OrderEvent]) {
    for event in events {
        order.apply(event.clone());
    }
}

/// The order and the events after `CreateOrder` and `ReserveInventory`.
fn create_and_reserve(create: &OrderCommand, candidates: &[Candidate]) -> (Order, Vec<OrderEvent>) {
    let mut order = Order::default();
    let mut events = order.decide(create).unwrap();
    apply(&mut order, &events);
    let criteria = [Criterion::FewestLocations, Criterion::Nearest, Criterion::Rank];
    let rules = SourcingRules {
        criteria: &criteria,
        allow_split: true,
        split_limit: None,
        used: BTreeSet::new(),
        allow_partial: false,
    };
    let reserve = OrderCommand::ReserveInventory(ReserveInventory {
        sourced: source(&order.pending_demand(), candidates, &rules),
        criteria: criteria.to_vec(),
        basis: SourcingBasis::None,
        trigger: ReservationTrigger::Creation,
        quotas: std::collections::BTreeMap::default(),
        backorder_limits: std::collections::BTreeMap::default(),
        deferred: std::collections::BTreeMap::default(),
        promises: Promises::new(),
        ships_too_late: None,
        at: "2026-11-21T16:20:52.283871Z".parse().unwrap(),
    });
    let reserved = order.decide(&reserve).unwrap();
    apply(&mut order, &reserved);
    events.extend(reserved);
    (order, events)
}

fn candidates() -> Vec<Candidate> {
    let candidate = |(rank, name): (u32, &str)| Candidate {
        location: name.parse().unwrap(),
        distance: None,
        rank,
        ships_at: None,
        available: [("MUG".parse().unwrap(), Units::new(1_000))].into(),
        excluded: None,
    };
    (0..).zip(["DC-NEWARK", "DC-DALLAS", "DC-RENO"]).map(candidate).collect()
}

fn events() -> Vec<OrderEvent> {
    create_and_reserve(&create(), &candidates()).1
}

#[divan::bench]
fn decide_create_order_and_reserve_inventory(bencher: Bencher<'_, '_>) {
    let (create, candidates) = (create(), candidates());
    bencher.bench_local(|| create_and_reserve(black_box(&create), &candidates));
}

/// A stock item with one reserved unit for each of `orders` orders.
fn hot_item(orders: u64) -> StockItem {
    let mut item = StockItem::default();
    let fields = r#"{"sku":"MUG","location":"DC-NEWARK","quantity":1000000}"#;
    let at = Timestamp::from_microseconds(1);
    let receive = StockCommand::ReceiveStock(serde_json::from_str(fields).unwrap(), at);
    item.decide(&receive).unwrap().into_iter().for_each(|event| item.apply(event));
    for number in 0..orders {
        for event in item.decide(&reserve_one_unit(number)).unwrap() {
            item.apply(event);
        }
    }
    item
}

fn reserve_one_unit(order: u64) -> StockCommand {
    let order = OrderRef {
        order_id: format!("01a1fee9-1bbb-79d2-9662-{order:012x}").parse().unwrap(),
        channel: "web".parse().unwrap(),
        ordered_at: Timestamp::default(),
    };
    let allocations = vec![Allocation { location: "DC-NEWARK".parse().unwrap(), quantity: Units::new(1) }];
    StockCommand::ReserveInventory(stock::ReserveInventory {
        order,
        allocations,
        until: None,
        may_use_safety_stock: false,
    })
}

#[divan::bench(args = [100, 100_000])]
fn reserve_a_unit_of_an_item_with_many_open_orders(bencher: Bencher<'_, '_>, orders: u64) {
    let (item, reserve) = (hot_item(orders), reserve_one_unit(orders));
    bencher.bench_local(|| black_box(&item).decide(&reserve).unwrap());
}

#[divan::bench]
fn serialize_order_created(bencher: Bencher<'_, '_>) {
    let event = events().swap_remove(0);
    bencher.bench_local(|| black_box(&event).payload().unwrap());
}

#[divan::bench]
fn fold_the_events_of_an_order(bencher: Bencher<'_, '_>) {
    let events = events();
    bencher.bench_local(|| {
        let mut order = Order::default();
        apply(&mut order, black_box(&events));
        order
    });
}

// ---- appending ----

/// Creates consecutive batches of orders with four events each.
struct Batches {
    head: Head,
    payload: Vec<u8>,
}

impl Batches {
    fn new() -> Self {
        Self { head: Head::default(), payload: events().swap_remove(0).payload().unwrap() }
    }

    fn records(&self) -> Vec<CommandRecord> {
        (0..EVENTS / EVENTS_PER_COMMAND)
            .map(|command| {
                let first = self.head.position + (command * EVENTS_PER_COMMAND) as u64 + 1;
                let name: Arc<str> = format!("order-{first}").into();
                let event = |version| NewEvent {
                    stream_name: Arc::clone(&name),
                    stream: first,
                    version,
                    kind: "OrderCreated",
                    type_version: 1,
                    payload: self.payload.clone(),
                    sealed: None,
                };
                let events = (1..=EVENTS_PER_COMMAND as u64).map(event).collect();
                CommandRecord { events, at: 1, ..CommandRecord::default() }
            })
            .collect()
    }

    fn seal(&mut self) -> Batch {
        let batch = Batch::seal("default".into(), id(self.head.batch), self.head, self.records());
        self.head = *batch.next();
        batch
    }
}

/// A different id for each batch.
fn id(batch: u64) -> [u8; 16] {
    (u128::from(batch + 1) << 80).to_be_bytes()
}

#[divan::bench]
fn seal_a_thousand_events(bencher: Bencher<'_, '_>) {
    let batches = Batches::new();
    bencher
        .counter(ItemsCount::new(EVENTS))
        .with_inputs(|| batches.records())
        .bench_local_values(|records| Batch::seal("default".into(), id(0), Head::default(), records));
}

/// Each sample is one batch: a batch continues the previous batch and cannot be appended twice.
#[divan::bench(sample_size = 1)]
fn append_a_thousand_events_to_sqlite(bencher: Bencher<'_, '_>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(directory.path()).unwrap();
    let mut batches = Batches::new();
    bencher.counter(ItemsCount::new(EVENTS)).with_inputs(|| batches.seal()).bench_local_values(|batch| {
        let results = runtime.block_on(journal.append(&Arc::from([batch])));
        assert_eq!(results, [Ok(())]);
    });
}
