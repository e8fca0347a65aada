//! What tests do with a shop's orders and goods, over HTTP.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::server::{TestServer, order};
use crate::support::store::TestStore;

/// Longer than anything should take that happens by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// An order of one line that needs no payment, with more said of it.
pub fn order_with(sku: &str, quantity: u64, more: &Value) -> Value {
    let mut wanted = order(sku, quantity);
    wanted.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    wanted
}

/// A key that no other command has. Keys are kept in clear, so it says nothing of the command.
fn new_key() -> String {
    static LAST: AtomicU64 = AtomicU64::new(0);
    format!("key-{}", LAST.fetch_add(1, Ordering::Relaxed))
}

/// An order as it was answered when it was placed.
pub struct PlacedOrder {
    pub id: String,
    pub view: Value,
}

impl PlacedOrder {
    /// Places an order.
    pub async fn new(server: &TestServer, key: &str, wanted: &Value) -> Self {
        let view = server.post("/v1/orders", key, wanted).await.accepted();
        Self { id: view["orderId"].as_str().unwrap().to_owned(), view }
    }

    /// The path of a command on the order.
    pub fn path(&self, what: &str) -> String {
        format!("/v1/orders/{}/{what}", self.id)
    }

    /// The path of a command on one of its parts, which are counted from 1.
    pub fn fulfillment_order_path(&self, part: usize, what: &str) -> String {
        format!("/v1/fulfillment-orders/{}.f{part}/{what}", self.id)
    }

    /// A command on the order, which is accepted.
    pub async fn command(&self, server: &TestServer, what: &str, body: &Value) -> Value {
        let path = self.path(what);
        server.post(&path, &new_key(), body).await.accepted()
    }

    /// A command on one of its parts, which is accepted.
    pub async fn fulfillment_order(
        &self,
        server: &TestServer,
        part: usize,
        what: &str,
        body: &Value,
    ) -> Value {
        let path = self.fulfillment_order_path(part, what);
        server.post(&path, &new_key(), body).await.accepted()
    }

    /// The order as it is now.
    pub async fn now(&self, server: &TestServer) -> Value {
        server.get(&format!("/v1/orders/{}", self.id)).await.accepted()
    }

    /// The order as it is when the read models include a position of the journal.
    pub async fn at(&self, server: &TestServer, position: &Value) -> Value {
        server.get(&format!("/v1/orders/{}?minPosition={position}", self.id)).await.accepted()
    }

    /// Waits until something holds of the order that happens by itself.
    pub async fn wait_until(&self, server: &TestServer, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let reached = async {
            loop {
                let now = self.now(server).await;
                if holds(&now) {
                    return now;
                }
                tokio::task::yield_now().await;
            }
        };
        match tokio::time::timeout(PATIENCE, reached).await {
            Ok(reached) => reached,
            Err(_) => {
                let (now, circumstances) = (self.now(server).await, server.diagnostics().await);
                panic!("{} is never {what}: {now}\n{circumstances}", self.id)
            }
        }
    }

    /// What happened to the order: the data of its events of one type.
    pub async fn events(&self, server: &TestServer, kind: &str) -> Vec<Value> {
        let history = server.get(&self.path("history")).await.accepted();
        let items = history["items"].as_array().unwrap().iter();
        items.filter(|item| item["type"] == kind).map(|item| item["data"].clone()).collect()
    }
}

/// What is there of a SKU, when the read models include a position of the journal.
pub async fn availability(server: &TestServer, sku: &str, position: &Value) -> Value {
    let path = format!("/v1/availability?sku={sku}&minPosition={position}");
    server.get(&path).await.accepted()["items"][0].clone()
}

/// On hand, reserved and available at a location.
pub async fn quantities_at(server: &TestServer, sku: &str, location: &str, position: &Value) -> [u64; 3] {
    quantities_in(&availability(server, sku, position).await, location)
}

/// On hand, reserved and available at a location, by what is told of a SKU.
pub fn quantities_in(item: &Value, location: &str) -> [u64; 3] {
    let mut locations = item["locations"].as_array().unwrap().iter();
    let there = locations.find(|there| there["location"] == location);
    ["onHand", "reserved", "available"].map(|name| there.unwrap()[name].as_u64().unwrap())
}

/// The journal and all that is kept with it fit together.
pub fn assert_verified(store: &TestStore) {
    let output = store.run(&["verify"]);
    assert!(output.status.success(), "{output:?}");
}

/// A parcel with all that is left.
pub fn one_package(tracking_number: &str) -> Value {
    json!({ "packages": [{ "carrier": "ups", "trackingNumber": tracking_number }] })
}

/// Some units of the first line.
pub fn units_of_first_line(quantity: u64) -> Value {
    json!([{ "line": 1, "quantity": quantity }])
}
