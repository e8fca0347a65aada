//! Given, when, then: what an order says to each command.

pub(crate) mod actions;
mod amending;
mod amendment_request;
mod backordering;
mod cancelling;
mod cancelling_lines;
mod cancelling_shipments;
mod changing_terms;
mod contradicting;
mod creation;
mod delivering;
mod due;
mod expiring;
mod fetching;
mod handing_over;
mod holding;
mod lines_without_stock;
mod moving;
mod packing;
mod payment;
mod personal;
mod refunding;
mod refusals;
mod relabelling;
mod remainder;
mod reopening;
mod resending;
mod reserving;
mod returning;
mod scheduling;
mod shipping;
mod status;
mod stuck;
mod supported_actions_page;
mod undoing;
mod valuing;
mod waiting;

use cqrs_es::Aggregate;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;
use crate::policy::{Criterion, OnShortage, Rules};
use crate::sourcing::{Demand, Shortage, Sourced};
use crate::stock::Allocation;
use crate::values::{
    FulfillmentOrderId, LineNumber, LocationId, OrderId, Period, Reference, ReturnId, ShipmentId, Sku, Text,
    Timestamp, Units,
};
use crate::{Decide, Refusal};

// ---- given, when, then ----

/// An order to which all of this happened; none of it may have been refused.
fn given(history: impl IntoIterator<Item = OrderCommand>) -> Order {
    let mut order = Order::default();
    for command in history {
        order = after(&order, command);
    }
    order
}

/// The order after one more command.
fn after(order: &Order, command: OrderCommand) -> Order {
    let mut next = order.clone();
    for event in when(order, command) {
        next.apply(event);
    }
    next
}

/// What a command leads to.
#[allow(clippy::needless_pass_by_value, reason = "a sentence has no ampersands")]
fn when(order: &Order, command: OrderCommand) -> Vec<OrderEvent> {
    order.decide(&command).unwrap_or_else(|refusal| panic!("{command:?} was refused: {refusal}"))
}

/// The code and the pointer with which a command is refused.
#[allow(clippy::needless_pass_by_value, reason = "a sentence has no ampersands")]
fn refusal(order: &Order, command: OrderCommand) -> (&'static str, Option<String>) {
    match order.decide(&command) {
        Ok(events) => panic!("{command:?} was not refused but led to {events:?}"),
        Err(refusal) => (refusal.code(), refusal.pointer()),
    }
}

fn names(events: &[OrderEvent]) -> Vec<&'static str> {
    events.iter().map(OrderEvent::name).collect()
}

// ---- names ----

fn order_id() -> OrderId {
    "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap()
}

fn fulfillment_order_id(number: u32) -> FulfillmentOrderId {
    FulfillmentOrderId::new(order_id(), number)
}

fn shipment_id(number: u32) -> ShipmentId {
    ShipmentId::new(order_id(), number)
}

fn name(text: &str) -> Reference {
    Reference::new(text).unwrap()
}

fn place(text: &str) -> LocationId {
    LocationId::new(text).unwrap()
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_microseconds(second * 1_000_000)
}

// ---- commands ----

/// The fields of a command as a sender writes them, with more of them put in or put in other words.
fn read<T: DeserializeOwned>(mut fields: Value, more: Value) -> T {
    let Value::Object(more) = more else { panic!("{more} has no fields") };
    fields.as_object_mut().unwrap().extend(more);
    serde_json::from_value(fields).unwrap()
}

fn terms() -> CreationTerms {
    CreationTerms { order_id: order_id(), rules: Rules::default(), content: Text::new("digest").unwrap() }
}

/// Five A and three B.
fn create() -> OrderCommand {
    create_with(json!({}))
}

fn create_with(more: Value) -> OrderCommand {
    let lines = json!([{ "sku": "A", "quantity": 5, "lineRef": "first" }, { "sku": "B", "quantity": 3 }]);
    let fields = read(json!({ "channel": "web", "lines": lines }), more);
    OrderCommand::CreateOrder(Box::new(fields), terms(), time(1))
}

/// Two A that are reserved, and a gift card that needs no stock; and what happens then.
fn with_card(more: Vec<OrderCommand>) -> Vec<OrderCommand> {
    let card = json!({ "sku": "CARD", "quantity": 1, "requiresStock": false });
    let lines = json!({ "lines": [{ "sku": "A", "quantity": 2 }, card] });
    [vec![create_with(lines), reserve(&[("DC-1", &[("A", 2)])])], more].concat()
}

fn fulfill_card() -> OrderCommand {
    OrderCommand::FulfillLines(read(json!({ "orderId": order_id(), "all": true }), json!({})), time(47))
}

fn unfulfill_card() -> OrderCommand {
    let lines = json!([{ "line": 2, "quantity": 1 }]);
    let fields = json!({ "orderId": order_id(), "lines": lines, "reason": "not sent" });
    OrderCommand::UnfulfillLines(read(fields, json!({})))
}

type Stock<'a> = &'a [(&'a str, u64)];

fn sourced(from: &[(&str, Stock<'_>)], missing: &[(&str, u64, u64)]) -> Sourced {
    let demand = |stock: Stock<'_>| -> Demand {
        stock.iter().map(|(sku, count)| (Sku::new(sku).unwrap(), Units::new(*count))).collect()
    };
    let shortage = |&(sku, requested, available): &(&str, u64, u64)| Shortage {
        sku: Sku::new(sku).unwrap(),
        requested: Units::new(requested),
        available: Units::new(available),
    };
    Sourced {
        allocations: from.iter().map(|(location, stock)| (place(location), demand(stock))).collect(),
        shortages: missing.iter().map(shortage).collect(),
        candidates: Vec::new(),
    }
}

fn reserve_sourced(sourced: Sourced, trigger: ReservationTrigger) -> OrderCommand {
    OrderCommand::ReserveInventory(ReserveInventory {
        sourced,
        criteria: vec![Criterion::Nearest],
        basis: SourcingBasis::None,
        trigger,
        promises: Promises::new(),
        quotas: Demand::new(),
        backorder_limits: Demand::new(),
        deferred: Demand::new(),
        ships_too_late: None,
        at: time(10),
    })
}

/// Everything that is missing is there.
fn reserve(from: &[(&str, Stock<'_>)]) -> OrderCommand {
    reserve_sourced(sourced(from, &[]), ReservationTrigger::Creation)
}

/// Five A and three B, all at one location.
fn reserve_all() -> OrderCommand {
    reserve(&[("DC-1", &[("A", 5), ("B", 3)])])
}

/// Four A and three B at one location, the fifth A at another.
fn reserve_at_two() -> OrderCommand {
    reserve(&[("DC-1", &[("A", 4), ("B", 3)]), ("DC-2", &[("A", 1)])])
}

fn pay(payment_ref: &str) -> OrderCommand {
    OrderCommand::ConfirmPayment(read(
        json!({ "orderId": order_id(), "paymentRef": payment_ref, "amount": "9.90", "complete": true }),
        json!({}),
    ))
}

fn cancel() -> OrderCommand {
    OrderCommand::CancelOrder(read(
        json!({ "orderId": order_id(), "reason": "changed their mind" }),
        json!({}),
    ))
}

fn reopen(more: Value) -> OrderCommand {
    OrderCommand::ReopenOrder(read(json!({ "orderId": order_id() }), more), time(60))
}

fn pick(number: u32, what: Value) -> OrderCommand {
    OrderCommand::PickItems(read(json!({ "fulfillmentOrderId": fulfillment_order_id(number) }), what))
}

fn pick_all(number: u32) -> OrderCommand {
    pick(number, json!({ "all": true }))
}

fn pack(number: u32, what: Value) -> OrderCommand {
    OrderCommand::PackItems(read(json!({ "fulfillmentOrderId": fulfillment_order_id(number) }), what))
}

fn pack_all(number: u32) -> OrderCommand {
    pack(number, json!({ "all": true }))
}

/// Each package with a carrier and a tracking number, and what else is said of it.
fn ship(number: u32, packages: &[Value]) -> OrderCommand {
    let package = |(index, more): (usize, &Value)| -> Value {
        read(json!({ "carrier": "UPS", "trackingNumber": format!("1Z{index}") }), more.clone())
    };
    let packages: Vec<Value> = packages.iter().enumerate().map(package).collect();
    let fields = json!({ "fulfillmentOrderId": fulfillment_order_id(number), "packages": packages });
    OrderCommand::ShipItems(read(fields, json!({})), None, time(50))
}

/// All that is left, in one package that does not say what is in it.
fn ship_all(number: u32) -> OrderCommand {
    ship(number, &[json!({})])
}

fn track(number: u32, status: &str, second: i64) -> OrderCommand {
    track_with(number, json!({ "status": status, "at": time(second) }))
}

fn track_with(number: u32, more: Value) -> OrderCommand {
    OrderCommand::TrackShipment(read(json!({ "shipmentId": shipment_id(number) }), more), time(1_000_000))
}

fn confirm_delivery(number: u32, more: Value) -> OrderCommand {
    let fields = json!({ "shipmentId": shipment_id(number) });
    OrderCommand::ConfirmDelivery(read(fields, more), time(90))
}

fn cancel_shipment(number: u32, more: Value) -> OrderCommand {
    let fields = json!({ "shipmentId": shipment_id(number), "reason": "still on the shelf" });
    OrderCommand::CancelShipment(read(fields, more), time(80))
}

fn relabel(number: u32, more: Value) -> OrderCommand {
    let fields = json!({ "shipmentId": shipment_id(number), "carrier": "DHL", "trackingNumber": "JJD1" });
    OrderCommand::RelabelPackage(read(fields, more), time(70))
}

fn resend(number: u32, more: Value) -> OrderCommand {
    let fields = json!({ "shipmentId": shipment_id(number), "reason": "lost" });
    OrderCommand::ResendPackage(read(fields, more))
}

fn hold_with(more: Value) -> OrderCommand {
    OrderCommand::HoldOrder(read(json!({ "orderId": order_id(), "reason": "fraud_risk" }), more), time(40))
}

fn release_hold(hold: &str) -> OrderCommand {
    OrderCommand::ReleaseHold(read(json!({ "orderId": order_id(), "holdId": hold }), json!({})))
}

fn on_part<T: DeserializeOwned>(number: u32, more: Value) -> T {
    read(json!({ "fulfillmentOrderId": fulfillment_order_id(number) }), more)
}

fn amend(more: Value) -> OrderCommand {
    OrderCommand::AmendOrder(Box::new(read(json!({ "orderId": order_id() }), more)), time(45))
}

fn relocate(number: u32, location: &str) -> OrderCommand {
    let fields = json!({ "fulfillmentOrderId": fulfillment_order_id(number), "location": location });
    OrderCommand::MoveFulfillmentOrder(read(fields, json!({})), MoveTarget::default())
}

/// The same to a location that nothing is sourced from for now.
fn relocate_to_paused(number: u32, location: &str) -> OrderCommand {
    let OrderCommand::MoveFulfillmentOrder(fields, _) = relocate(number, location) else {
        unreachable!("it moves a fulfillment order")
    };
    OrderCommand::MoveFulfillmentOrder(fields, MoveTarget { is_paused: true, ..MoveTarget::default() })
}

fn ready(number: u32) -> OrderCommand {
    let fields = json!({ "fulfillmentOrderId": fulfillment_order_id(number) });
    OrderCommand::MarkReadyForPickup(read(fields, json!({})), time(46))
}

fn accept(number: u32) -> OrderCommand {
    OrderCommand::AcceptFulfillmentOrder(on_part(number, json!({ "wmsRef": "W-1" })))
}

fn reject(number: u32) -> OrderCommand {
    OrderCommand::RejectFulfillmentOrder(on_part(number, json!({ "reason": "closed" })))
}

fn unpick(number: u32, what: Value) -> OrderCommand {
    OrderCommand::UnpickItems(on_part(number, what))
}

fn unpack(number: u32, what: Value) -> OrderCommand {
    OrderCommand::UnpackItems(on_part(number, what))
}

fn undo_rejection(number: u32) -> OrderCommand {
    OrderCommand::UndoRejection(on_part(number, json!({})))
}

fn refund(reference: &str, amount: &str) -> OrderCommand {
    let fields = json!({ "orderId": order_id(), "refundRef": reference, "amount": amount });
    OrderCommand::RefundPayment(read(fields, json!({})))
}

fn short_with(number: u32, what: Value) -> OrderCommand {
    OrderCommand::ShortPick(read(on_part(number, json!({ "reason": "not there" })), what), time(45))
}

fn accept_cancellation(number: u32) -> OrderCommand {
    OrderCommand::AcceptCancellation(on_part(number, json!({})), Promises::new(), ReassignmentCheck::Possible)
}

fn reject_cancellation(number: u32) -> OrderCommand {
    OrderCommand::RejectCancellation(on_part(number, json!({ "reason": "too late" })))
}

fn accept_amendment(number: u32) -> OrderCommand {
    OrderCommand::AcceptAmendment(on_part(number, json!({})))
}

fn reject_amendment(number: u32) -> OrderCommand {
    OrderCommand::RejectAmendment(on_part(number, json!({ "reason": "the label is printed" })))
}

fn return_id(number: u32) -> ReturnId {
    ReturnId::new(order_id(), number)
}

fn request_return(lines: &[(usize, u32)]) -> OrderCommand {
    let line = |(line, quantity): &(usize, u32)| json!({ "line": line, "quantity": quantity });
    let lines: Vec<Value> = lines.iter().map(line).collect();
    let fields = json!({ "orderId": order_id(), "lines": lines, "reason": "too small" });
    OrderCommand::RequestReturn(read(fields, json!({})), a_week(), time(98))
}

fn a_week() -> Period {
    "P7D".parse().unwrap()
}

fn close_return(number: u32) -> OrderCommand {
    let fields = json!({ "returnId": return_id(number), "reason": "lost" });
    OrderCommand::CloseReturn(read(fields, json!({})))
}

fn receive_return(number: u32, lines: &[(usize, u32, &str)]) -> OrderCommand {
    let line = |(line, quantity, disposition): &(usize, u32, &str)| json!({ "line": line, "quantity": quantity, "disposition": disposition });
    let lines: Vec<Value> = lines.iter().map(line).collect();
    let fields = json!({ "returnId": return_id(number), "location": "DC-1", "lines": lines });
    OrderCommand::ReceiveReturn(read(fields, json!({})), time(99))
}

/// Units that it waited for, by location.
fn fill(of: &str, from: &[(&str, u64)]) -> OrderCommand {
    let given = |(location, count): &(&str, u64)| Allocation {
        location: place(location),
        quantity: Units::new(*count),
    };
    OrderCommand::FillBackorder {
        sku: Sku::new(of).unwrap(),
        allocations: from.iter().map(given).collect(),
        promises: Promises::new(),
        at: time(60),
    }
}

fn erase() -> OrderCommand {
    OrderCommand::ErasePersonalData(read(
        json!({ "orderId": order_id(), "reason": "asked for it", "force": true }),
        json!({}),
    ))
}

// ---- events ----

fn units(lines: &[(usize, u64)]) -> Vec<LineUnits> {
    let units = |&(line, count): &(usize, u64)| LineUnits {
        line: LineNumber::at(line - 1),
        quantity: Units::new(count),
        lots: None,
        serials: None,
        value: None,
    };
    lines.iter().map(units).collect()
}

fn part(number: u32, location: &str, lines: &[(usize, u64)]) -> FulfillmentOrderLines {
    FulfillmentOrderLines {
        fulfillment_order_id: fulfillment_order_id(number),
        location: place(location),
        lines: units(lines),
        promise: None,
    }
}

fn reserved(fulfillment_orders: Vec<FulfillmentOrderLines>) -> OrderEvent {
    InventoryReserved { fulfillment_orders, waited: false, until: None }.into()
}

fn released(fulfillment_orders: Vec<FulfillmentOrderLines>) -> OrderEvent {
    InventoryReleased { fulfillment_orders }.into()
}

fn cancelled(lines: &[(usize, u64)], reason: &str) -> OrderEvent {
    OrderCancelled { lines: units(lines), reason: Text::new(reason).unwrap() }.into()
}

fn picked(number: u32, lines: &[(usize, u64)]) -> OrderEvent {
    ItemPicked { fulfillment_order_id: fulfillment_order_id(number), lines: units(lines) }.into()
}

fn packed(number: u32, lines: &[(usize, u64)]) -> OrderEvent {
    ItemPacked { fulfillment_order_id: fulfillment_order_id(number), lines: units(lines) }.into()
}

fn held(number: u32, reason: HoldReason) -> OrderHeld {
    let hold_id = name(&format!("h{number}"));
    OrderHeld { hold_id, fulfillment_order_id: None, reason, note: None, until: None }
}

// ---- states that many sentences begin with ----

/// Five A and three B at one location, paid.
fn paid_and_reserved() -> Order {
    given([create(), reserve_all(), pay("money")])
}

/// The same on the way, in one package `p1`.
fn on_its_way() -> Order {
    after(&paid_and_reserved(), ship_all(1))
}

/// What became of a line: reserved, picked, packed, shipped, delivered, cancelled.
fn line(order: &Order, number: usize) -> [u64; 6] {
    let totals = order.line_totals()[number - 1];
    [totals.reserved, totals.picked, totals.packed, totals.shipped, totals.delivered, totals.cancelled]
        .map(Units::number)
}
