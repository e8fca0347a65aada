//! Units are never promised twice and never lost.

use std::collections::BTreeMap;

use cqrs_es::Aggregate;
use proptest::prelude::*;

use super::{as_stored, is_what_its_events_make_of_it, location, order_id, sku, time};
use crate::Decide;
use crate::stock::{
    AdjustStock, AdjustmentReason, Allocation, ChangeStockCondition, Condition, CountStock, MAX_MOVEMENTS,
    OrderRef, ReceiveStock, ReleaseInventory, ReserveInventory, ShipInventory, ShipTransfer, StockCommand,
    StockEvent, StockItem,
};
use crate::stream::{DomainEvent, StreamId};
use crate::values::{
    ChannelName, Delta, LocationId, Quantity, Reference, ShipmentId, Text, Timestamp, Units,
};

// ---- random commands ----

fn receive(place: LocationId, quantity: i64, condition: Condition, at: Timestamp) -> StockCommand {
    let quantity = Quantity::new(quantity).unwrap();
    let report = ReceiveStock {
        sku: sku(0),
        location: place,
        quantity,
        condition: Some(condition),
        lots: None,
        serials: None,
        supply_id: None,
        close_supply: None,
        reference: None,
        occurred_at: None,
        not_after: None,
    };
    StockCommand::ReceiveStock(report, at)
}

fn count(place: LocationId, on_hand: u64, counted_at: Timestamp, at: Timestamp) -> StockCommand {
    let report = CountStock {
        sku: sku(0),
        location: place,
        on_hand: Units::new(on_hand),
        counted_at,
        reason: None,
        expected: None,
        occurred_at: None,
        not_after: None,
    };
    StockCommand::CountStock(report, at)
}

fn adjust(place: LocationId, delta: i64, at: Timestamp) -> StockCommand {
    let report = AdjustStock {
        sku: sku(0),
        location: place,
        delta: Delta::new(delta).unwrap(),
        reason: AdjustmentReason::Correction,
        note: None,
        reference: None,
        expected: None,
        occurred_at: None,
        not_after: None,
    };
    StockCommand::AdjustStock(report, at)
}

fn damage(place: LocationId, quantity: i64, at: Timestamp) -> StockCommand {
    let report = ChangeStockCondition {
        sku: sku(0),
        location: place,
        from: Condition::Sellable,
        to: Condition::Damaged,
        quantity: Quantity::new(quantity).unwrap(),
        reason: Text::new("wet").unwrap(),
        occurred_at: None,
        not_after: None,
    };
    StockCommand::ChangeStockCondition(report, at)
}

fn send(from: LocationId, to: LocationId, quantity: i64, at: Timestamp) -> StockCommand {
    let report = ShipTransfer {
        transfer_id: None,
        sku: sku(0),
        from,
        to,
        quantity: Quantity::new(quantity).unwrap(),
        only_available: None,
        occurred_at: None,
        not_after: None,
    };
    let id = Reference::new(&format!("t{}", at.microseconds())).unwrap();
    StockCommand::ShipTransfer(report, id, at)
}

fn ship(place: LocationId, quantity: u64, at: Timestamp) -> StockCommand {
    StockCommand::ShipInventory(ShipInventory {
        order: order(),
        shipment_id: ShipmentId::new(order_id(0), 1),
        location: place,
        quantity: Units::new(quantity),
        unreserved: Units::ZERO,
        shipped_at: at,
        at,
    })
}

fn order() -> OrderRef {
    OrderRef { order_id: order_id(0), channel: ChannelName::new("web").unwrap(), ordered_at: time(0) }
}

fn reserve(allocations: Vec<Allocation>) -> StockCommand {
    StockCommand::ReserveInventory(ReserveInventory {
        order: order(),
        allocations,
        until: None,
        may_use_safety_stock: false,
    })
}

/// Gives the command of a decision time in seconds.
type CommandAt = Box<dyn Fn(i64) -> StockCommand>;

fn step() -> impl Strategy<Value = (u8, usize, u64, usize, u64)> {
    (0_u8..12, 0_usize..3, 0_u64..12, 0_usize..3, 0_u64..12)
}

/// A number stands for a kind of command, so that a failing history shrinks to plain numbers.
fn command((kind, place, amount, other, more): (u8, usize, u64, usize, u64)) -> CommandAt {
    let signed = amount.cast_signed() + 1;
    let seconds_ago = more.cast_signed();
    let both = move || {
        let part = |place, quantity| Allocation { location: location(place), quantity: Units::new(quantity) };
        vec![part(place, amount), part(other, more)]
    };
    let condition = [Condition::Quarantine, Condition::Damaged][other % 2];
    match kind {
        0 | 1 => Box::new(move |at| receive(location(place), signed * 3, Condition::Sellable, time(at))),
        2 => Box::new(move |at| receive(location(place), signed, condition, time(at))),
        3 => {
            Box::new(move |at| count(location(place), amount, time(at.saturating_sub(seconds_ago)), time(at)))
        }
        4 => Box::new(move |at| adjust(location(place), if other == 0 { signed } else { -signed }, time(at))),
        5..=7 => Box::new(move |_| reserve(both())),
        8 => Box::new(move |_| {
            StockCommand::ReleaseInventory(ReleaseInventory { order: order(), allocations: both() })
        }),
        9 => Box::new(move |at| ship(location(place), amount, time(at))),
        10 => Box::new(move |at| damage(location(place), signed, time(at))),
        _ => Box::new(move |at| send(location(place), location(other), signed, time(at))),
    }
}

/// The accepted commands, each with the item after it and its events.
fn accepted_history(
    steps: Vec<(u8, usize, u64, usize, u64)>,
) -> Vec<(StockCommand, StockItem, Vec<StockEvent>)> {
    let mut item = StockItem::default();
    let mut history = Vec::new();
    for (at, step) in (20..).zip(steps) {
        let command = command(step)(at);
        let Ok(events) = item.decide(&command) else { continue };
        for event in &events {
            item.apply(event.clone());
        }
        history.push((command, item.clone(), events));
    }
    history
}

/// On hand and reserved units at each location, computed from the events alone.
fn sums(events: &[StockEvent]) -> BTreeMap<LocationId, (i64, i64)> {
    let mut sums: BTreeMap<LocationId, (i64, i64)> = BTreeMap::new();
    let mut enter = |place: &LocationId, on_hand: i64, reserved: i64| {
        let entry = sums.entry(place.clone()).or_default();
        entry.0 += on_hand;
        entry.1 += reserved;
    };
    let number = |units: Units| units.number().cast_signed();
    for event in events {
        match event {
            StockEvent::StockConditionChanged(changed) => {
                enter(&changed.location, -number(changed.quantity.units()), 0);
            }
            StockEvent::TransferShipped(shipped) => {
                enter(&shipped.from, -number(shipped.quantity.units()), 0);
            }
            StockEvent::StockReceived(received) if received.condition == Condition::Sellable => {
                enter(&received.location, number(received.quantity.units()), 0);
            }
            StockEvent::StockReceived(received) => enter(&received.location, 0, 0),
            StockEvent::StockCounted(counted) => enter(&counted.location, counted.adjustment, 0),
            StockEvent::StockAdjusted(adjusted) => enter(&adjusted.location, adjusted.delta.number(), 0),
            StockEvent::StockReserved(reserved) => {
                reserved.allocations.iter().for_each(|part| enter(&part.location, 0, number(part.quantity)));
            }
            StockEvent::StockReleased(released) => {
                released.allocations.iter().for_each(|part| enter(&part.location, 0, -number(part.quantity)));
            }
            StockEvent::StockShipped(shipped) => {
                enter(&shipped.location, -number(shipped.quantity), -number(shipped.quantity));
            }
            other => panic!("no command here causes {other:?}"),
        }
    }
    sums
}

proptest! {
    #[test]
    fn reserved_units_exist(steps in prop::collection::vec(step(), 1..60)) {
        let mut before = StockItem::default();
        for (command, after, _) in accepted_history(steps) {
            let physical = command.overcommits().is_some();
            for (place, level) in &after.levels {
                let known = before.levels.get(place).cloned().unwrap_or_default();
                let was_covered = known.reserved <= known.on_hand;
                prop_assert!(physical || !was_covered || level.reserved <= level.on_hand, "{:?}", command);
                prop_assert!(level.available() <= level.on_hand);
            }
            before = after;
        }
    }

    #[test]
    fn events_add_up_to_the_levels(steps in prop::collection::vec(step(), 1..60)) {
        let history = accepted_history(steps);
        let events: Vec<_> = history.iter().flat_map(|(_, _, events)| events.clone()).collect();
        let item = history.last().map(|(_, item, _)| item.clone()).unwrap_or_default();
        let numbers = item.levels.iter().map(|(place, level)| {
            (place.clone(), (level.on_hand.minus(Units::ZERO), level.reserved.minus(Units::ZERO)))
        });
        prop_assert_eq!(numbers.collect::<BTreeMap<_, _>>(), sums(&events));
    }

    #[test]
    fn replaying_stored_events_gives_the_same_item(steps in prop::collection::vec(step(), 1..60)) {
        let stream = StreamId::Stock(sku(0));
        let mut stored = Vec::new();
        for (_, item, events) in accepted_history(steps) {
            for event in events {
                match as_stored(&stream, &DomainEvent::Stock(event)) {
                    DomainEvent::Stock(event) => stored.push(event),
                    other => panic!("{other:?}"),
                }
            }
            is_what_its_events_make_of_it(&item, stored.iter().cloned());
        }
    }

    #[test]
    fn facts_lead_to_the_same_stock_in_whichever_order_they_are_reported(
        (facts, order) in facts().prop_flat_map(|facts| (Just(facts.clone()), Just(facts).prop_shuffle()))
    ) {
        let [first, second] = [facts, order].map(|facts| {
            let mut warehouse = Warehouse::default();
            warehouse.report(&receive(location(0), 1_000, Condition::Sellable, time(0)));
            let half = facts.len() / 2;
            for (index, (second, (happened, fact))) in (100..).zip(facts).enumerate() {
                // More movements than the state has: late counts need the events.
                for _ in 0..(if index == half { MAX_MOVEMENTS + 20 } else { 0 }) {
                    warehouse.report(&receive(location(0), 1, Condition::Sellable, time(99)));
                }
                prop_assert!(warehouse.report(&fact.report(time(happened), time(second))), "{:?}", fact);
            }
            Ok(warehouse.item.levels[&location(0)].on_hand)
        });
        prop_assert_eq!(first?, second?);
    }

    #[test]
    fn a_count_is_right_however_late_it_is_reported(days in prop::collection::vec(day(), 1..40)) {
        let mut warehouse = Warehouse::default();
        for (now, day) in (1..).zip(days) {
            warehouse.pass(&day, now)?;
        }
    }
}

// ---- facts that are reported late ----

#[derive(Debug, Clone)]
enum Fact {
    Arrived(i64),
    Changed(i64),
    Damaged(i64),
    Sent(i64),
    Left(u64),
    Counted(u64),
}

/// Facts with different times, from second 1 to 60.
fn facts() -> impl Strategy<Value = Vec<(i64, Fact)>> {
    let fact = prop_oneof![
        (1_i64..9).prop_map(Fact::Arrived),
        (1_i64..9).prop_map(Fact::Changed),
        (1_i64..9).prop_map(|units| Fact::Changed(-units)),
        (1_i64..9).prop_map(Fact::Damaged),
        (1_i64..9).prop_map(Fact::Sent),
        (1_u64..9).prop_map(Fact::Left),
        (900_u64..1_100).prop_map(Fact::Counted),
    ];
    prop::collection::btree_map(1_i64..60, fact, 1..30).prop_map(|facts| facts.into_iter().collect())
}

impl Fact {
    fn report(&self, happened: Timestamp, at: Timestamp) -> StockCommand {
        let earlier = |command| match command {
            StockCommand::ReceiveStock(report, at) => {
                StockCommand::ReceiveStock(ReceiveStock { occurred_at: Some(happened), ..report }, at)
            }
            StockCommand::AdjustStock(report, at) => {
                StockCommand::AdjustStock(AdjustStock { occurred_at: Some(happened), ..report }, at)
            }
            StockCommand::ChangeStockCondition(report, at) => StockCommand::ChangeStockCondition(
                ChangeStockCondition { occurred_at: Some(happened), ..report },
                at,
            ),
            StockCommand::ShipTransfer(report, id, at) => {
                StockCommand::ShipTransfer(ShipTransfer { occurred_at: Some(happened), ..report }, id, at)
            }
            StockCommand::ShipInventory(ship) => {
                let (shipped_at, unreserved) = (happened, ship.quantity);
                StockCommand::ShipInventory(ShipInventory { unreserved, shipped_at, ..ship })
            }
            other => other,
        };
        earlier(match *self {
            Self::Arrived(units) => receive(location(0), units, Condition::Sellable, at),
            Self::Changed(units) => adjust(location(0), units, at),
            Self::Damaged(units) => damage(location(0), units, at),
            Self::Sent(units) => send(location(0), location(1), units, at),
            Self::Left(units) => ship(location(0), units, at),
            Self::Counted(units) => count(location(0), units, happened, at),
        })
    }
}

// ---- a warehouse where units get lost without a report ----

#[derive(Debug, Clone)]
enum Day {
    Arrives(u64),
    Leaves(u64),
    IsLost(u64),
    TurnsUp(u64),
    /// Reports a count that was taken so many days ago.
    IsCounted(usize),
}

fn day() -> impl Strategy<Value = Day> {
    prop_oneof![
        (1_u64..10).prop_map(Day::Arrives),
        (1_u64..10).prop_map(Day::Leaves),
        (1_u64..4).prop_map(Day::IsLost),
        (1_u64..4).prop_map(Day::TurnsUp),
        (0_usize..12).prop_map(Day::IsCounted),
    ]
}

#[derive(Default)]
struct Warehouse {
    item: StockItem,
    /// All events of the item.
    events: Vec<StockEvent>,
    /// Units that are really there at the end of each day, from day 0.
    really: Vec<u64>,
    /// The last day on which units were lost or turned up without a report.
    last_surprise: usize,
}

impl Warehouse {
    fn pass(&mut self, day: &Day, now: usize) -> Result<(), TestCaseError> {
        let mut really = self.really.last().copied().unwrap_or_default();
        if self.really.is_empty() {
            self.really.push(0);
        }
        let at = time(i64::try_from(now).unwrap());
        match *day {
            Day::Arrives(quantity) => {
                really += quantity;
                self.report(&receive(location(0), quantity.cast_signed(), Condition::Sellable, at));
            }
            Day::Leaves(quantity) => {
                let quantity = quantity.min(really).min(self.item.available_at(&location(0)).number());
                let units = Units::new(quantity);
                if self.report(&reserve(vec![Allocation { location: location(0), quantity: units }])) {
                    really -= quantity;
                    self.report(&ship(location(0), quantity, at));
                }
            }
            Day::IsLost(quantity) => {
                self.last_surprise = now;
                really = really.saturating_sub(quantity);
            }
            Day::TurnsUp(quantity) => {
                self.last_surprise = now;
                really += quantity;
            }
            Day::IsCounted(days_ago) => {
                let counted = now.saturating_sub(days_ago + 1);
                let counted_at = time(i64::try_from(counted).unwrap());
                self.report(&count(location(0), self.really[counted], counted_at, at));
                let last = self.item.levels[&location(0)].last_counted_at;
                if last == Some(counted_at) && counted >= self.last_surprise {
                    let level = &self.item.levels[&location(0)];
                    prop_assert_eq!(level.on_hand, Units::new(really));
                }
            }
        }
        self.really.push(really);
        Ok(())
    }

    fn report(&mut self, command: &StockCommand) -> bool {
        let decided = match command {
            StockCommand::CountStock(count, at) if self.item.must_read_past(count) => {
                let mut past = self.item.recorded_on_hand(&count.location);
                self.events.iter().for_each(|event| past.undo(event, &count.location, count.counted_at));
                self.item.decide(&StockCommand::CountStockInPast(count.clone(), past, *at))
            }
            _ => self.item.decide(command),
        };
        for event in decided.iter().flatten() {
            self.item.apply(event.clone());
            self.events.push(event.clone());
        }
        decided.is_ok()
    }
}
