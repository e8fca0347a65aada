//! The order process: which locations supply an order, and which units are backordered.

mod channel_limits;
mod delivered_orders;
mod holds;
mod paused_locations;
mod positions;
mod rejecting_locations;
mod ship_by;
mod shipping_unreserved_units;
mod single_location;
mod split_limit;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::events::all_events;
use crate::support::orders::PlacedOrder;
use crate::support::server::{HttpResponse, TestServer, new_key, order};
use crate::support::store::TestStore;

/// A server with the locations `DC-1` to `DC-3`.
struct Shop {
    server: TestServer,
    _store: TestStore,
}

impl Shop {
    async fn open() -> Self {
        let store = TestStore::sqlite().expect("an embedded store");
        let server = TestServer::start(&store).await;
        for location in ["DC-1", "DC-2", "DC-3"] {
            let place = json!({ "latitude": 40.7, "longitude": -74.0 });
            server.put(&format!("/v1/locations/{location}"), &place).await.accepted();
        }
        Self { server, _store: store }
    }

    /// Sends a command, which may be refused.
    async fn post(&self, path: &str, body: &Value) -> HttpResponse {
        self.server.post(path, &new_key(), body).await
    }

    async fn receive(&self, sku: &str, location: &str, quantity: u64) {
        self.server.receive(location, sku, quantity).await;
    }

    /// Receives one unit of a SKU and sells it.
    async fn sell_out(&self, sku: &str) {
        self.receive(sku, "DC-1", 1).await;
        self.order(&[(sku, 1)], json!({})).await;
    }

    /// Reports a count at the time of the last event.
    async fn count(&self, sku: &str, location: &str, on_hand: u64) -> HttpResponse {
        let events = all_events(&self.server).await;
        let at = events.last().expect("an event")["time"].clone();
        let count = json!({ "sku": sku, "location": location, "onHand": on_hand, "countedAt": at });
        self.post("/v1/stock/count", &count).await
    }

    /// Tries to place an order of the channel `web` that needs no payment.
    async fn try_order(&self, lines: &[(&str, u64)], more: Value) -> HttpResponse {
        let mut wanted = order("", 1);
        let line = |(sku, quantity): &(&str, u64)| json!({ "sku": sku, "quantity": quantity });
        wanted["lines"] = lines.iter().map(line).collect();
        let more = more.as_object().expect("fields").clone();
        wanted.as_object_mut().expect("fields").extend(more);
        self.post("/v1/orders", &wanted).await
    }

    async fn order(&self, lines: &[(&str, u64)], more: Value) -> PlacedOrder {
        PlacedOrder::from_view(self.try_order(lines, more).await.accepted())
    }

    /// An order with two units of A reserved at `DC-1`, and a backorder of B that only `DC-1` may fill.
    async fn order_with_pinned_backorder(&self) -> PlacedOrder {
        self.receive("A", "DC-1", 2).await;
        self.sell_out("B").await;
        let terms = json!({ "allowSplit": false, "onShortage": "backorder" });
        let placed = self.order(&[("A", 2), ("B", 1)], terms).await;
        assert_eq!(reserved_units(&placed.view), units(&[("DC-1", 1, 2)]));
        placed
    }

    /// Waits until all backorders of an order are filled.
    async fn wait_until_filled(&self, placed: &PlacedOrder) -> Value {
        let is_filled = |now: &Value| all_lines(now, "backordered") == 0 && all_lines(now, "reserved") > 0;
        placed.wait_until(&self.server, "filled", is_filled).await
    }

    async fn set_limit(&self, sku: &str, units: Option<u64>) {
        let rules = json!({ "sku": sku, "channelLimits": { "web": units } });
        self.server.put("/v1/stock-policies", &rules).await.accepted();
    }

    async fn pause(&self, location: &str) {
        let path = format!("/v1/locations/{location}/pause");
        self.post(&path, &json!({ "reason": "stocktaking" })).await.accepted();
    }
}

/// The reserved units of an order that have not shipped: location, line, quantity.
fn reserved_units(view: &Value) -> BTreeSet<(String, u64, u64)> {
    let mut units = std::collections::BTreeMap::new();
    for fulfillment_order in view["fulfillmentOrders"].as_array().expect("fulfillment orders") {
        for line in fulfillment_order["lines"].as_array().expect("lines") {
            let number = |name: &str| line[name].as_u64().expect("a number");
            let key =
                (fulfillment_order["location"].as_str().expect("a location").to_owned(), number("line"));
            *units.entry(key).or_insert(0) += number("quantity") - number("shipped");
        }
    }
    let units = units.into_iter().filter(|(_, quantity)| *quantity > 0);
    units.map(|((location, line), quantity)| (location, line, quantity)).collect()
}

/// Expected units: location, line, quantity.
fn units(expected: &[(&str, u64, u64)]) -> BTreeSet<(String, u64, u64)> {
    expected.iter().map(|(location, line, quantity)| ((*location).to_owned(), *line, *quantity)).collect()
}

/// The sum of a quantity over all lines of an order.
fn all_lines(view: &Value, quantity: &str) -> u64 {
    view["lines"]
        .as_array()
        .expect("lines")
        .iter()
        .map(|line| line[quantity].as_u64().expect("a number"))
        .sum()
}

/// The reasons for which an order is on hold.
fn hold_reasons(view: &Value) -> Vec<&str> {
    view["holds"]
        .as_array()
        .expect("holds")
        .iter()
        .map(|hold| hold["reason"].as_str().expect("a reason"))
        .collect()
}

/// A package with units of the first line.
fn package_of_first_line(quantity: u64) -> Value {
    json!({ "packages": [{ "carrier": "ups", "trackingNumber": "1Z",
                           "lines": [{ "line": 1, "quantity": quantity }] }] })
}

fn pickup(location: &str) -> Value {
    json!({ "method": "pickup", "location": location })
}
