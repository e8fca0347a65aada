//! Events for tests.

use holdfast_domain::Decide;
use holdfast_domain::network::{LocationPaused, NetworkEvent};
use holdfast_domain::order::{CreationTerms, Order, OrderCommand};
use holdfast_domain::policy::Rules;
use holdfast_domain::stock::{StockCommand, StockItem};
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{CartReservationId, LocationId, OrderId, Sku, Text, Timestamp};
use serde_json::{Value, json};

pub(super) type StreamEvent = (StreamId, u64, DomainEvent);

pub(super) fn sku(name: &str) -> Sku {
    Sku::new(name).unwrap()
}

/// The first event of an order with one line.
pub(super) fn created(number: u128, wanted: &str) -> StreamEvent {
    let id = OrderId::new(uuid::Uuid::from_u128(number));
    let terms = CreationTerms { order_id: id, rules: Rules::default(), content: Text::new("x").unwrap() };
    let mut request: Value = json!({
        "channel": if number.is_multiple_of(2) { "web" } else { "pos" },
        "channelRef": format!("R{number}"), "lines": [{ "sku": wanted, "quantity": 1 }]
    });
    if number.is_multiple_of(3) {
        request["customerRef"] = format!("C{}", number % 2).into();
    }
    let request = serde_json::from_value(request).unwrap();
    let command = OrderCommand::CreateOrder(Box::new(request), terms, Timestamp::from_microseconds(5));
    let event = Order::default().decide(&command).unwrap().remove(0);
    (StreamId::Order(id), 1, DomainEvent::Order(event))
}

/// The events of an order with one line, from creation to delivery.
pub(super) fn delivered(number: u128, wanted: &str) -> Vec<StreamEvent> {
    let first = created(number, wanted);
    let id = uuid::Uuid::from_u128(number);
    let (fulfillment_order, shipment) = (format!("{id}.f1"), format!("{id}.s1"));
    let location = if number.is_multiple_of(2) { "DC-1" } else { "DC-2" };
    let units = json!([{ "line": 1, "quantity": 1 }]);
    let done = json!({ "fulfillmentOrderId": fulfillment_order, "lines": units });
    let packages = json!([{ "packageId": "p1", "carrier": "post", "trackingNumber": format!("T{number}"), "lines": units }]);
    let then = [
        (
            "OrderSourced",
            json!({ "criteria": [], "basis": "none", "chosen": [location], "candidates": [], "shortages": [] }),
        ),
        (
            "InventoryReserved",
            json!({ "fulfillmentOrders": [{ "fulfillmentOrderId": fulfillment_order, "location": location, "lines": units }] }),
        ),
        ("PaymentConfirmed", json!({ "paymentRef": "P" })),
        ("ItemPicked", done.clone()),
        ("ItemPacked", done),
        (
            "ShipmentCreated",
            json!({ "shipmentId": shipment, "fulfillmentOrderId": fulfillment_order, "location": location,
                    "packages": packages, "shippedAt": "2026-01-01T00:00:00Z" }),
        ),
        (
            "DeliveryConfirmed",
            json!({ "shipmentId": shipment, "packages": ["p1"], "deliveredAt": "2026-01-02T00:00:00Z" }),
        ),
    ];
    let stream = first.0.clone();
    let mut events = vec![first];
    for ((name, payload), version) in then.into_iter().zip(2..) {
        let event = DomainEvent::decode(&stream, name, 1, payload.to_string().as_bytes()).unwrap();
        events.push((stream.clone(), version, event));
    }
    events
}

/// One unit that a cart reserves at `DC-1` until a second.
pub(super) fn cart(number: u128, wanted: &str, until: i64) -> StreamEvent {
    let id = CartReservationId::new(uuid::Uuid::from_u128(number));
    let until = Timestamp::from_microseconds(until * 1_000_000);
    let allocations = json!([{ "location": "DC-1", "quantity": 1 }]);
    let payload = json!({
        "reservationId": id, "channel": "web", "until": until, "content": "x", "at": "2026-01-01T00:00:00Z",
        "lines": [{ "sku": wanted, "quantity": 1, "allocations": allocations }],
    });
    cart_event(number, 1, "CartReserved", &payload)
}

/// An event of a cart.
pub(super) fn cart_event(number: u128, version: u64, name: &str, payload: &Value) -> StreamEvent {
    let stream = StreamId::CartReservation(CartReservationId::new(uuid::Uuid::from_u128(number)));
    let event = DomainEvent::decode(&stream, name, 1, payload.to_string().as_bytes()).unwrap();
    (stream, version, event)
}

/// The receipt of five units at `DC-1`.
pub(super) fn received(version: u64, name: &str) -> StreamEvent {
    let receipt = json!({ "sku": name, "location": "DC-1", "quantity": 5 });
    let command =
        StockCommand::ReceiveStock(serde_json::from_value(receipt).unwrap(), Timestamp::from_microseconds(5));
    let event = StockItem::default().decide(&command).unwrap().remove(0);
    (StreamId::Stock(sku(name)), version, DomainEvent::Stock(event))
}

/// The pause of a location.
pub(super) fn paused(version: u64, name: &str) -> StreamEvent {
    let paused =
        LocationPaused { location: LocationId::new(name).unwrap(), reason: Text::new("flood").unwrap() };
    (StreamId::Network, version, DomainEvent::Network(NetworkEvent::LocationPaused(paused)))
}
