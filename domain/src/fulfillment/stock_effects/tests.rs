//! What each kind of event asks of which stock item.

use cqrs_es::Aggregate;
use serde_json::{Value, json};

use super::*;
use crate::stock::BackorderInventory;
use crate::values::{ChannelName, FulfillmentOrderId, OrderId, ReturnId, ShipmentId};

/// SKU and command.
type Asked = Vec<(Sku, StockCommand)>;

fn order_id() -> OrderId {
    "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap()
}

fn id(number: u32) -> FulfillmentOrderId {
    FulfillmentOrderId::new(order_id(), number)
}

fn web() -> ChannelName {
    ChannelName::new("web").unwrap()
}

fn reference(order_id: OrderId) -> OrderRef {
    OrderRef { order_id, channel: web(), ordered_at: time(1) }
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_microseconds(second * 1_000_000)
}

fn event(name: &str, fields: Value) -> OrderEvent {
    let Value::Object(mut fields) = fields else { panic!("{fields} has no fields") };
    fields.insert("type".into(), json!(name));
    serde_json::from_value(Value::Object(fields)).unwrap()
}

fn units(lines: &[(usize, u64)]) -> Value {
    lines.iter().map(|(line, quantity)| json!({ "line": line, "quantity": quantity })).collect()
}

fn part(number: u32, location: &str, lines: &[(usize, u64)]) -> Value {
    json!({ "fulfillmentOrderId": id(number), "location": location, "lines": units(lines) })
}

/// Two A, four B and another three A. The first part, at DC-1, holds all but two of the last A, which are at DC-2.
fn order() -> Order {
    let line =
        |line: usize, sku: &str, quantity: u32| json!({ "line": line, "sku": sku, "quantity": quantity });
    let created = json!({
        "orderId": order_id(), "channel": "web", "lines": [line(1, "A", 2), line(2, "B", 4), line(3, "A", 3)],
        "hasPersonalData": false, "onShortage": "reject", "allowSplit": true, "priority": "standard",
        "payment": "required", "reserveAt": "creation", "content": "digest", "at": time(1)
    });
    let parts = json!([part(1, "DC-1", &[(1, 2), (2, 4), (3, 1)]), part(2, "DC-2", &[(3, 2)])]);
    let reserved = json!({ "fulfillmentOrders": parts, "until": time(70) });
    let mut order = Order::default();
    order.apply(event("OrderCreated", created));
    order.apply(event("InventoryReserved", reserved));
    order
}

fn ask(name: &str, fields: Value) -> Asked {
    stock_effects(&order(), &event(name, fields), time(9))
}

fn of(sku: &str, command: StockCommand) -> (Sku, StockCommand) {
    (Sku::new(sku).unwrap(), command)
}

fn allocations(from: &[(&str, u64)]) -> Vec<Allocation> {
    let allocation = |(location, count): &(&str, u64)| Allocation {
        location: LocationId::new(location).unwrap(),
        quantity: Units::new(*count),
    };
    from.iter().map(allocation).collect()
}

fn hold(from: &[(&str, u64)], until: i64) -> StockCommand {
    reserve(&reference(order_id()), allocations(from), Some(time(until)), false)
}

fn let_go(from: &[(&str, u64)]) -> StockCommand {
    let (order, allocations) = (reference(order_id()), allocations(from));
    StockCommand::ReleaseInventory(ReleaseInventory { order, allocations })
}

/// Of the first part, in packages.
fn ship(packages: &[&[(usize, u64)]]) -> Asked {
    let package = |lines: &&[(usize, u64)]| json!({ "packageId": "p1", "carrier": "UPS", "trackingNumber": "1Z", "lines": units(lines) });
    let packages: Vec<Value> = packages.iter().map(package).collect();
    ask(
        "ShipmentCreated",
        json!({
            "shipmentId": ShipmentId::new(order_id(), 1), "fulfillmentOrderId": id(1), "location": "DC-1",
            "packages": packages, "shippedAt": time(9)
        }),
    )
}

fn shipped(quantity: u64, unreserved: u64) -> StockCommand {
    StockCommand::ShipInventory(ShipInventory {
        order: reference(order_id()),
        shipment_id: ShipmentId::new(order_id(), 1),
        location: LocationId::new("DC-1").unwrap(),
        quantity: Units::new(quantity),
        unreserved: Units::new(unreserved),
        shipped_at: time(9),
        at: time(9),
    })
}

#[test]
fn reserving_reserves_each_sku_until_the_expiry() {
    let parts = json!([part(3, "DC-3", &[(1, 1), (2, 1), (3, 1)]), part(4, "DC-4", &[(3, 1)])]);
    let asked = ask("InventoryReserved", json!({ "fulfillmentOrders": parts, "until": time(70) }));
    assert_eq!(asked, [of("A", hold(&[("DC-3", 2), ("DC-4", 1)], 70)), of("B", hold(&[("DC-3", 1)], 70))]);
}

#[test]
fn filling_a_backorder_takes_earmarked_units() {
    let parts = json!([part(3, "DC-3", &[(1, 1), (3, 1)])]);
    let asked = ask("InventoryReserved", json!({ "fulfillmentOrders": parts, "waited": true }));
    let (order_id, allocations) = (order_id(), allocations(&[("DC-3", 2)]));
    assert_eq!(asked, [of("A", StockCommand::FillBackorder { order_id, allocations, until: None })]);
}

#[test]
fn releasing_frees_units_at_their_location() {
    let parts = json!([part(1, "DC-1", &[(1, 2), (2, 3), (3, 1)]), part(2, "DC-2", &[(3, 2)])]);
    let asked = ask("InventoryReleased", json!({ "fulfillmentOrders": parts }));
    assert_eq!(asked, [of("A", let_go(&[("DC-1", 3), ("DC-2", 2)])), of("B", let_go(&[("DC-1", 3)]))]);
}

#[test]
fn rejecting_frees_units_at_the_location() {
    let fields = json!({ "fulfillmentOrderId": id(2), "lines": units(&[(3, 2)]), "reason": "closed" });
    assert_eq!(ask("FulfillmentOrderRejected", fields), [of("A", let_go(&[("DC-2", 2)]))]);
}

#[test]
fn moving_releases_and_reserves_with_the_same_expiry() {
    let lines = units(&[(1, 2), (2, 4), (3, 1)]);
    let asked = ask(
        "FulfillmentOrderMoved",
        json!({ "fulfillmentOrderId": id(1), "from": "DC-1", "to": "DC-3", "lines": lines }),
    );
    let expected = [
        of("A", let_go(&[("DC-1", 3)])),
        of("B", let_go(&[("DC-1", 4)])),
        of("A", hold(&[("DC-3", 3)], 70)),
        of("B", hold(&[("DC-3", 4)], 70)),
    ];
    assert_eq!(asked, expected);
}

#[test]
fn shorting_reduces_the_stock_of_the_location() {
    let fields =
        json!({ "fulfillmentOrderId": id(1), "lines": units(&[(1, 1), (3, 1)]), "reason": "not there" });
    let (order, location) = (reference(order_id()), LocationId::new("DC-1").unwrap());
    let short = ShortInventory { order, location, quantity: Units::new(2), happened_at: None, at: time(9) };
    let short = StockCommand::ShortInventory(short);
    assert_eq!(ask("PickShorted", fields), [of("A", short)]);
}

#[test]
fn expiry_and_extension_reach_every_sku_once() {
    let expired = ask("ReservationExpired", json!({ "fulfillmentOrders": [], "waited": [] }));
    assert_eq!(expired, ["A", "B"].map(|sku| of(sku, StockCommand::ExpireReservations(time(9)))));
    let extend = |sku, until, from: &[(&str, u64)]| {
        let (order, allocations) = (reference(order_id()), allocations(from));
        of(sku, StockCommand::ExtendReservation { order, until, allocations })
    };
    let permanent = ask("ReservationExtended", json!({ "until": null }));
    assert_eq!(permanent, ["A", "B"].map(|sku| extend(sku, None, &[])));
    let until = Some(time(90));
    let limited = ask("ReservationExtended", json!({ "until": until }));
    let (a, b) = ([("DC-1", 3), ("DC-2", 2)], [("DC-1", 4)]);
    assert_eq!(limited, [extend("A", until, &a), extend("B", until, &b)]);
}

#[test]
fn shipped_units_are_summed_over_lines_and_packages() {
    let asked = ship(&[&[(1, 1), (2, 4)], &[(1, 1), (3, 1)]]);
    assert_eq!(asked, [of("A", shipped(3, 0)), of("B", shipped(4, 0))]);
}

#[test]
fn unreserved_units_are_counted_by_line() {
    assert_eq!(ship(&[&[(1, 3)]]), [of("A", shipped(3, 1))], "though the other line holds one");
    assert_eq!(ship(&[&[(1, 1)], &[(1, 2)]]), [of("A", shipped(3, 1))]);
    assert_eq!(
        ship(&[&[(1, 3), (3, 2)], &[(3, 1)]]),
        [of("A", shipped(6, 3))],
        "other parts' units count as theirs"
    );
}

#[test]
fn units_of_a_cancelled_shipment_are_on_hand_again() {
    let mut order = order();
    let shipment_id = ShipmentId::new(order_id(), 1);
    let shipped = json!({
        "shipmentId": shipment_id, "fulfillmentOrderId": id(1), "location": "DC-1", "shippedAt": time(8),
        "packages": [{
            "packageId": "p1", "carrier": "UPS", "trackingNumber": "1Z", "lines": units(&[(1, 2), (2, 4), (3, 3)])
        }]
    });
    order.apply(event("ShipmentCreated", shipped));
    let cancelled = json!({
        "shipmentId": shipment_id, "fulfillmentOrderId": id(1), "lines": units(&[(1, 2), (2, 4), (3, 3)]),
        "unreserved": units(&[(3, 2)]), "reason": "not shipped"
    });
    let undo = |quantity: u64, unreserved: u64| {
        StockCommand::UndoShipping(UndoShipping {
            order: reference(order_id()),
            shipment_id,
            location: LocationId::new("DC-1").unwrap(),
            quantity: Units::new(quantity),
            unreserved: Units::new(unreserved),
            shipped_at: time(8),
            at: time(9),
        })
    };
    let asked = stock_effects(&order, &event("ShipmentCancelled", cancelled), time(9));
    assert_eq!(asked, [of("A", undo(5, 2)), of("B", undo(4, 0))]);
}

#[test]
fn returned_units_are_received_unless_scrapped() {
    let line = |line: usize, quantity: u64, disposition: &str| json!({ "line": line, "quantity": quantity, "disposition": disposition });
    let return_id = ReturnId::new(order_id(), 1);
    let lines =
        json!([line(1, 1, "restock"), line(3, 2, "restock"), line(3, 1, "quarantine"), line(2, 4, "scrap")]);
    let asked = ask("ReturnReceived", json!({ "returnId": return_id, "location": "DC-9", "lines": lines }));
    let back = |quantity: u64, condition: Condition| {
        let (order_id, location) = (order_id(), LocationId::new("DC-9").unwrap());
        let (quantity, at) = (Units::new(quantity), time(9));
        let happened_at = None;
        let back = ReturnInventory { order_id, return_id, location, quantity, condition, happened_at, at };
        StockCommand::ReturnInventory(back)
    };
    assert_eq!(asked, [of("A", back(1, Condition::Quarantine)), of("A", back(3, Condition::Sellable))]);
}

#[test]
fn other_events_do_not_change_stock() {
    let of_part = |more: &[(&str, Value)]| {
        let mut fields = json!({ "fulfillmentOrderId": id(1) });
        for (name, value) in more {
            fields[*name] = value.clone();
        }
        fields
    };
    let lines = || ("lines", units(&[(1, 1)]));
    let reason = || ("reason", json!("some"));
    for (name, fields) in [
        ("PaymentConfirmed", json!({ "paymentRef": "money" })),
        ("OrderHeld", json!({ "holdId": "h1", "reason": "other" })),
        ("FulfillmentOrderAccepted", of_part(&[])),
        ("CancellationRequested", of_part(&[lines(), reason()])),
        ("CancellationRejected", of_part(&[reason()])),
        ("ItemPicked", of_part(&[lines()])),
        ("ItemPacked", of_part(&[lines()])),
        ("ItemPutBack", of_part(&[lines()])),
        ("ReadyForPickup", of_part(&[("at", json!(time(9)))])),
        ("InventoryBackordered", json!({ "lines": units(&[(1, 1)]) })),
        ("OrderCancelled", json!({ "lines": units(&[(1, 1)]), "reason": "some" })),
    ] {
        assert_eq!(ask(name, fields), [], "{name}");
    }
}

#[test]
fn an_order_that_does_not_exist_asks_for_nothing() {
    let extended = event("ReservationExtended", json!({}));
    assert_eq!(stock_effects(&Order::default(), &extended, time(9)), []);
}

/// An A for which the order has so many units in the queue, with another order before and behind.
fn queue(units: u64) -> StockItem {
    let wait = |number: u128, quantity: u64| {
        let order_id = if number == 0 { order_id() } else { OrderId::new(uuid::Uuid::from_u128(number)) };
        StockCommand::BackorderInventory(BackorderInventory {
            order: reference(order_id),
            quantity: Units::new(quantity),
            priority: crate::values::Priority::Standard,
            eligibility: crate::stock::Eligibility::default(),
            may_be_refused: false,
            at: time(5),
        })
    };
    let receive = json!({ "sku": "A", "location": "DC-1", "quantity": 1 });
    let receive = StockCommand::ReceiveStock(serde_json::from_value(receive).unwrap(), time(1));
    let mut item = StockItem::default();
    for command in [receive, wait(1, 7), wait(0, units), wait(2, 7)] {
        crate::Decide::decide(&item, &command).unwrap().into_iter().for_each(|event| item.apply(event));
    }
    item
}

#[test]
fn surplus_backorders_are_withdrawn() {
    let mut order = order();
    order.apply(event("InventoryBackordered", json!({ "lines": units(&[(1, 1), (3, 1)]) })));
    assert_eq!(order.backordered_demand().len(), 1);
    let withdraw = |units| {
        let (order, quantity) = (reference(order_id()), Units::new(units));
        Some(StockCommand::WithdrawBackorder { order, quantity })
    };
    assert_eq!(surplus_backorder(&order, &queue(5)), withdraw(3));
    assert_eq!(surplus_backorder(&order, &queue(2)), None);
    assert_eq!(surplus_backorder(&Order::default(), &queue(5)), None);
}
