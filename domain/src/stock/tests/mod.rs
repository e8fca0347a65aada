//! Given earlier commands, when another one is decided, then these events or this refusal.

mod adjustment;
mod availability_level;
mod backorder_dates;
mod backorder_queue;
mod cart;
mod channel_quota;
mod condition;
mod count;
mod expiry;
mod movement;
mod needed_later;
mod policy;
mod receipt;
mod refusals;
mod reservation;
mod shipping;
mod transfer;

use cqrs_es::Aggregate;
use serde_json::{Value, json};

use super::*;
use crate::values::{
    ChannelName, Delta, LocationId, OrderId, Priority, Quantity, Reference, ShipmentId, Sku, Text, Timestamp,
    Units,
};
use crate::{Decide, Refusal};

// ---- given, when, then ----

/// An item to which all of this happened; none of it may have been refused.
fn given(history: impl IntoIterator<Item = StockCommand>) -> StockItem {
    history.into_iter().fold(StockItem::default(), |item, command| after(&item, command))
}

fn after(item: &StockItem, command: StockCommand) -> StockItem {
    let mut next = item.clone();
    for event in when(item, command) {
        next.apply(event);
    }
    next
}

#[allow(clippy::needless_pass_by_value, reason = "a sentence has no ampersands")]
fn when(item: &StockItem, command: StockCommand) -> Vec<StockEvent> {
    item.decide(&command).unwrap_or_else(|refusal| panic!("{command:?} was refused: {refusal}"))
}

fn names(events: &[StockEvent]) -> Vec<&'static str> {
    events.iter().map(StockEvent::name).collect()
}

#[allow(clippy::needless_pass_by_value, reason = "a sentence has no ampersands")]
fn refusal(item: &StockItem, command: StockCommand) -> (&'static str, Option<String>) {
    match item.decide(&command) {
        Ok(events) => panic!("{command:?} was not refused but led to {events:?}"),
        Err(refusal) => (refusal.code(), refusal.pointer()),
    }
}

// ---- names ----

fn sku() -> Sku {
    Sku::new("A").unwrap()
}

fn place(name: &str) -> LocationId {
    LocationId::new(name).unwrap()
}

fn order_id() -> OrderId {
    "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap()
}

/// When orders are created, where nothing else is said: after every rule was set.
fn ordered() -> Timestamp {
    time(1)
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_microseconds(second * 1_000_000)
}

fn allocations(from: &[(&str, u64)]) -> Vec<Allocation> {
    let allocation = |(location, count): &(&str, u64)| Allocation {
        location: place(location),
        quantity: Units::new(*count),
    };
    from.iter().map(allocation).collect()
}

// ---- commands: at DC-1 where nothing else is said ----

fn receive(quantity: u32, second: i64) -> StockCommand {
    receive_with(json!({ "quantity": quantity }), second)
}

fn receive_with(more: Value, second: i64) -> StockCommand {
    StockCommand::ReceiveStock(read(json!({}), more), time(second))
}

/// Counted at one time, reported at another.
fn count(on_hand: u64, counted_at: i64, second: i64) -> StockCommand {
    let fields = json!({ "onHand": on_hand, "countedAt": time(counted_at) });
    StockCommand::CountStock(read(fields, json!({})), time(second))
}

fn adjust(delta: i64, second: i64) -> StockCommand {
    let fields = json!({ "delta": delta, "reason": "damaged", "note": "broken" });
    StockCommand::AdjustStock(read(fields, json!({})), time(second))
}

fn read<T: serde::de::DeserializeOwned>(mut fields: Value, more: Value) -> T {
    let Value::Object(more) = more else { panic!("{more} has no fields") };
    let all = fields.as_object_mut().unwrap();
    all.insert("sku".into(), json!("A"));
    all.insert("location".into(), json!("DC-1"));
    all.extend(more);
    serde_json::from_value(fields).unwrap()
}

fn reserve(from: &[(&str, u64)]) -> StockCommand {
    reserve_until(from, None)
}

fn reserve_until(from: &[(&str, u64)], until: Option<Timestamp>) -> StockCommand {
    reserve_for(order_id(), from, until)
}

fn reserve_for(order_id: OrderId, from: &[(&str, u64)], until: Option<Timestamp>) -> StockCommand {
    reserve_by(order_ref(order_id), allocations(from), until)
}

fn reserve_by(order: OrderRef, allocations: Vec<Allocation>, until: Option<Timestamp>) -> StockCommand {
    let may_use_safety_stock = false;
    StockCommand::ReserveInventory(ReserveInventory { order, allocations, until, may_use_safety_stock })
}

fn release(from: &[(&str, u64)]) -> StockCommand {
    release_for(order_id(), from)
}

fn release_for(order_id: OrderId, from: &[(&str, u64)]) -> StockCommand {
    let (order, allocations) = (order_ref(order_id), allocations(from));
    StockCommand::ReleaseInventory(ReleaseInventory { order, allocations })
}

/// A standard order that takes units as they come, from anywhere.
fn wait(order: u128, quantity: u64, second: i64) -> StockCommand {
    wait_with(order, quantity, second, |_| {})
}

fn wait_with(
    order: u128,
    quantity: u64,
    second: i64,
    change: impl FnOnce(&mut BackorderInventory),
) -> StockCommand {
    let mut command = BackorderInventory {
        order: order_ref(order_number(order)),
        quantity: Units::new(quantity),
        priority: Priority::Standard,
        eligibility: Eligibility::default(),
        may_be_refused: true,
        at: time(second),
    };
    change(&mut command);
    StockCommand::BackorderInventory(command)
}

/// Only one location may serve it.
fn only_at(location: &str) -> Eligibility {
    Eligibility { only_at: Some(place(location)), ..Eligibility::default() }
}

/// Every location may serve it but these.
fn not_at(locations: &[&str]) -> Eligibility {
    let not_at = locations.iter().copied().map(place).collect();
    Eligibility { not_at, ..Eligibility::default() }
}

fn order_number(number: u128) -> OrderId {
    OrderId::new(uuid::Uuid::from_u128(number))
}

fn policy(rules: Value) -> StockCommand {
    let Value::Object(rules) = rules else { panic!("{rules} has no fields") };
    let mut fields = json!({ "sku": "A" });
    fields.as_object_mut().unwrap().extend(rules);
    StockCommand::SetStockPolicy(serde_json::from_value(fields).unwrap(), time(0))
}

fn short(location: &str, quantity: u64, second: i64) -> StockCommand {
    let (order, location, quantity) = (order_ref(order_id()), place(location), Units::new(quantity));
    StockCommand::ShortInventory(ShortInventory {
        order,
        location,
        quantity,
        happened_at: None,
        at: time(second),
    })
}

/// With nothing paused.
fn earmark() -> StockCommand {
    earmark_but(&[])
}

fn earmark_but(paused: &[&str]) -> StockCommand {
    StockCommand::EarmarkInventory { paused: paused.iter().copied().map(place).collect() }
}

fn fill(order: u128, from: &[(&str, u64)]) -> StockCommand {
    let (order_id, allocations) = (order_number(order), allocations(from));
    StockCommand::FillBackorder { order_id, allocations, until: None }
}

fn ship(location: &str, quantity: u64, second: i64) -> StockCommand {
    ship_with(location, quantity, 0, second)
}

/// A shipment of units, some of which are not reserved.
fn ship_with(location: &str, quantity: u64, unreserved: u64, second: i64) -> StockCommand {
    StockCommand::ShipInventory(ShipInventory {
        order: order_ref(order_id()),
        shipment_id: ShipmentId::new(order_id(), 1),
        location: place(location),
        quantity: Units::new(quantity),
        unreserved: Units::new(unreserved),
        shipped_at: time(second),
        at: time(second),
    })
}

fn turn(from: &str, to: &str, quantity: u32) -> StockCommand {
    let fields = json!({ "from": from, "to": to, "quantity": quantity, "reason": "looked at" });
    StockCommand::ChangeStockCondition(read(fields, json!({})), time(5))
}

fn transfer(id: &str, from: &str, to: &str, quantity: u32) -> StockCommand {
    let fields = json!({ "sku": "A", "from": from, "to": to, "quantity": quantity });
    let id = Reference::new(id).unwrap();
    StockCommand::ShipTransfer(serde_json::from_value(fields).unwrap(), id, time(5))
}

fn arrive(id: &str, quantity: u32, close: bool) -> StockCommand {
    let fields = json!({ "transferId": id, "quantity": quantity, "close": close });
    StockCommand::ReceiveTransfer(serde_json::from_value(fields).unwrap(), time(6))
}

fn expect(id: &str, location: &str, quantity: u32, due: i64) -> StockCommand {
    let fields = json!({ "sku": "A", "location": location, "quantity": quantity, "dueAt": time(due) });
    StockCommand::ExpectSupply(serde_json::from_value(fields).unwrap(), Reference::new(id).unwrap())
}

fn web() -> ChannelName {
    ChannelName::new("web").unwrap()
}

fn order_ref(order_id: OrderId) -> OrderRef {
    OrderRef { order_id, channel: web(), ordered_at: ordered() }
}

// ---- states ----

/// On hand, reserved and available at a location.
fn at(item: &StockItem, location: &str) -> [u64; 3] {
    let level = item.levels.get(&place(location)).cloned().unwrap_or_default();
    assert_eq!(level.available(), item.available_at(&place(location)));
    [level.on_hand, level.reserved, level.available()].map(Units::number)
}

fn adjusted(delta: i64, reason: AdjustmentReason, note: Option<&str>, second: i64) -> StockEvent {
    StockAdjusted {
        sku: sku(),
        location: place("DC-1"),
        delta: Delta::new(delta).unwrap(),
        reason,
        note: note.map(|note| Text::new(note).unwrap()),
        reference: None,
        at: time(second),
        happened_at: None,
        reported_ahead_of_time: None,
    }
    .into()
}
