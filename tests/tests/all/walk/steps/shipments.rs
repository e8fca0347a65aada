//! Steps on shipments: carrier reports, deliveries, returns.

use serde_json::{Value, json};

use super::{Draft, LOCATIONS, Merchant, Step, some_lines};
use crate::walk::json::{from_now, list, number, text};
use crate::walk::random::Random;

pub const STEPS: &[Step] = &[
    Step { operation: "CancelShipment", weight: 6, draft: cancel },
    Step { operation: "RelabelPackage", weight: 6, draft: relabel },
    Step { operation: "ResendPackage", weight: 8, draft: resend },
    Step { operation: "TrackShipment", weight: 12, draft: track },
    Step { operation: "TrackParcel", weight: 12, draft: track_parcel },
    Step { operation: "ConfirmDelivery", weight: 26, draft: confirm_delivery },
    Step { operation: "ReceiveReturn", weight: 16, draft: receive_return },
    Step { operation: "CloseReturn", weight: 4, draft: close_return },
];

fn shipments(order: &Value) -> impl Iterator<Item = &Value> {
    list(order, "fulfillmentOrders").iter().flat_map(|part| list(part, "shipments"))
}

/// A shipment of a recent order and one of its packages.
fn shipment<'a>(random: &mut Random, merchant: &'a Merchant) -> Option<(&'a Value, &'a Value)> {
    let order = merchant.order(random, |order| shipments(order).next().is_some())?;
    let all: Vec<&Value> = shipments(order).collect();
    let shipment = *random.any(&all)?;
    Some((shipment, random.any(list(shipment, "packages"))?))
}

fn cancel(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let (shipment, _) = shipment(random, merchant)?;
    let body = json!({ "reason": "still on the shelf", "force": random.chance(50) });
    Some(Draft::with_id("shipmentId", text(shipment, "shipmentId"), body))
}

fn relabel(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let (shipment, package) = shipment(random, merchant)?;
    let number = format!("1Z{}", random.below(1_000_000_000));
    let mut body = json!({ "carrier": "ups", "trackingNumber": number });
    if random.chance(70) {
        body["packageId"] = package["packageId"].clone();
    }
    Some(Draft::with_id("shipmentId", text(shipment, "shipmentId"), body))
}

fn resend(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let is_lost = |package: &Value| package["status"] == "failure" && package["resent"] == false;
    let has_lost = |shipment: &Value| list(shipment, "packages").iter().any(is_lost);
    let order = merchant.order(random, |order| shipments(order).any(has_lost))?;
    let shipment =
        shipments(order).find(|shipment| has_lost(shipment)).or_else(|| shipments(order).next())?;
    let package = list(shipment, "packages").iter().find(|package| is_lost(package));
    let mut body = json!({ "reason": "lost" });
    if let Some(package) = package {
        body["packageId"] = package["packageId"].clone();
    }
    Some(Draft::with_id("shipmentId", text(shipment, "shipmentId"), body))
}

fn scan(random: &mut Random) -> Value {
    let status = random.pick(&[
        "picked_up",
        "in_transit",
        "out_for_delivery",
        "attempted_delivery",
        "delayed",
        "failure",
        "delivered",
        "delivered",
    ]);
    json!({ "status": status, "at": from_now(-random.between(0, 5) * 1_000_000), "raw": "scanned" })
}

fn track(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let (shipment, package) = shipment(random, merchant)?;
    let mut body = scan(random);
    if random.chance(40) {
        body["packageId"] = package["packageId"].clone();
    }
    Some(Draft::with_id("shipmentId", text(shipment, "shipmentId"), body))
}

fn track_parcel(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let (_, package) = shipment(random, merchant)?;
    let mut body = scan(random);
    body["carrier"] = package["carrier"].clone();
    body["trackingNumber"] = package["trackingNumber"].clone();
    Some(Draft::new(body))
}

fn confirm_delivery(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let (shipment, package) = shipment(random, merchant)?;
    let body = if random.chance(30) { json!({ "packageId": package["packageId"] }) } else { json!({}) };
    Some(Draft::with_id("shipmentId", text(shipment, "shipmentId"), body))
}

fn receive_return(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let order = merchant.order(random, |order| !list(order, "returns").is_empty())?;
    let back = random.any(list(order, "returns"))?;
    let open = |line: &Value| number(line, "requested") - number(line, "received");
    let mut lines = some_lines(random, list(back, "lines"), open);
    for line in &mut lines {
        line["disposition"] = (random.pick(&["restock", "restock", "quarantine", "scrap"])).into();
    }
    let body = json!({ "location": random.pick(&LOCATIONS), "lines": lines });
    Some(Draft::with_id("returnId", text(back, "returnId"), body))
}

fn close_return(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let is_open = |back: &Value| back["open"] == true;
    let order = merchant.order(random, |order| list(order, "returns").iter().any(is_open))?;
    let back = random.any(list(order, "returns"))?;
    Some(Draft::with_id("returnId", text(back, "returnId"), json!({ "reason": "kept" })))
}
