//! Helpers for orders and stock over HTTP.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::server::{TestServer, new_key, order};
use crate::support::store::TestStore;

/// How long background commands may take to change an order.
const BACKGROUND_TIMEOUT: Duration = Duration::from_secs(60);

/// The body of an order of one line that needs no payment, with additional fields.
pub fn order_with(sku: &str, quantity: u64, more: &Value) -> Value {
    let mut body = order(sku, quantity);
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// A placed order, with the response to `CreateOrder`.
pub struct PlacedOrder {
    pub id: String,
    pub view: Value,
}

impl PlacedOrder {
    /// Places an order.
    pub async fn new(server: &TestServer, key: &str, body: &Value) -> Self {
        Self::from_view(server.post("/v1/orders", key, body).await.accepted())
    }

    /// The order of an accepted `CreateOrder`.
    pub fn from_view(view: Value) -> Self {
        Self { id: view["orderId"].as_str().expect("an id").to_owned(), view }
    }

    /// The path of a command on the order.
    pub fn path(&self, command: &str) -> String {
        format!("/v1/orders/{}/{command}", self.id)
    }

    /// The path of a command on one of its fulfillment orders, which are numbered from 1.
    pub fn fulfillment_order_path(&self, number: usize, command: &str) -> String {
        format!("/v1/fulfillment-orders/{}.f{number}/{command}", self.id)
    }

    /// Sends a command on the order, which must be accepted. Returns the response.
    pub async fn command(&self, server: &TestServer, command: &str, body: &Value) -> Value {
        let path = self.path(command);
        server.post(&path, &new_key(), body).await.accepted()
    }

    /// Sends a command on one of its fulfillment orders, which must be accepted. Returns the response.
    pub async fn fulfillment_order(
        &self,
        server: &TestServer,
        number: usize,
        command: &str,
        body: &Value,
    ) -> Value {
        let path = self.fulfillment_order_path(number, command);
        server.post(&path, &new_key(), body).await.accepted()
    }

    /// The current row of the read model.
    pub async fn current(&self, server: &TestServer) -> Value {
        server.get(&format!("/v1/orders/{}", self.id)).await.accepted()
    }

    /// The order once the read models include a position of the journal.
    pub async fn at_position(&self, server: &TestServer, position: &Value) -> Value {
        server.get(&format!("/v1/orders/{}?minPosition={position}", self.id)).await.accepted()
    }

    /// Waits until background commands have reserved all units.
    pub async fn wait_until_reserved(&self, server: &TestServer) -> Value {
        self.wait_until(server, "reserved", |order| order["status"] == "reserved").await
    }

    /// Waits until background commands make a condition true. A failure shows the condition's name.
    pub async fn wait_until(
        &self,
        server: &TestServer,
        name: &str,
        condition: impl Fn(&Value) -> bool,
    ) -> Value {
        let reached = async {
            loop {
                let current = self.current(server).await;
                if condition(&current) {
                    return current;
                }
                tokio::task::yield_now().await;
            }
        };
        match tokio::time::timeout(BACKGROUND_TIMEOUT, reached).await {
            Ok(reached) => reached,
            Err(_) => {
                let (current, diagnostics) = (self.current(server).await, server.diagnostics().await);
                panic!("order {} did not become {name} within 60 s: {current}\n{diagnostics}", self.id)
            }
        }
    }

    /// The data of its events of one type.
    pub async fn events(&self, server: &TestServer, kind: &str) -> Vec<Value> {
        let history = server.get(&self.path("history")).await.accepted();
        let items = history["items"].as_array().unwrap().iter();
        items.filter(|item| item["type"] == kind).map(|item| item["data"].clone()).collect()
    }
}

/// The availability of a SKU once the read models include a position of the journal.
pub async fn availability(server: &TestServer, sku: &str, position: &Value) -> Value {
    let path = format!("/v1/availability?sku={sku}&minPosition={position}");
    server.get(&path).await.accepted()["items"][0].clone()
}

/// On hand, reserved and available at a location.
pub async fn quantities_at(server: &TestServer, sku: &str, location: &str, position: &Value) -> [u64; 3] {
    quantities_in(&availability(server, sku, position).await, location)
}

/// On hand, reserved and available at a location, from the availability of a SKU.
pub fn quantities_in(item: &Value, location: &str) -> [u64; 3] {
    let mut locations = item["locations"].as_array().unwrap().iter();
    let location = locations.find(|item| item["location"] == location).unwrap();
    ["onHand", "reserved", "available"].map(|name| location[name].as_u64().unwrap())
}

/// Asserts that `holdfast verify` finds no fault in the store.
pub fn assert_verified(store: &TestStore) {
    let output = store.run(&["verify"]);
    assert!(output.status.success(), "{output:?}");
}

/// The body of a shipment of all remaining units in one package.
pub fn one_package(tracking_number: &str) -> Value {
    json!({ "packages": [{ "carrier": "ups", "trackingNumber": tracking_number }] })
}

/// A number of units of the first line.
pub fn units_of_first_line(quantity: u64) -> Value {
    json!([{ "line": 1, "quantity": quantity }])
}
