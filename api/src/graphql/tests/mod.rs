//! Queries and commands over an application with a store in a temporary directory.

mod board;
mod commands;
mod compatibility;
mod http;
mod lists;
mod nodes;
mod order_metrics;
mod orders;
mod persisted_queries;
mod request_limits;
mod same_as_rest;
mod stock_history;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use async_graphql::{Request, Variables};
use holdfast_commands::{AnyCommand, Caller, Metadata, Reply, Sender};
use holdfast_domain::values::{IdempotencyKey, MerchantId};
use holdfast_journal::OutcomeKind;
use serde_json::{Value, json};

use super::context::Headers;
use super::{GraphQlSchema, http as over_http, schema, sdl};
use crate::app::App;

const DELIVERED_AT: &str = "2026-03-05T15:00:00Z";

/// An application with an empty store, and the GraphQL schema over it.
struct TestServer {
    app: Arc<App>,
    schema: GraphQlSchema,
    /// The number of commands submitted. Each command's idempotency key contains it.
    submitted: AtomicU64,
    _directory: tempfile::TempDir,
}

impl TestServer {
    async fn empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let app = Arc::new(App::open(directory.path()).await.unwrap());
        Self { app, schema: schema(), submitted: AtomicU64::new(0), _directory: directory }
    }

    /// A server with the location `DC-1` and 1,000 units of the SKU `MUG`.
    async fn stocked() -> Self {
        let server = Self::empty().await;
        let location = json!({"location": "DC-1", "name": "Newark", "latitude": 40.7, "longitude": -74.2});
        server.execute("RegisterLocation", location).await;
        server.execute("ReceiveStock", json!({"sku": "MUG", "location": "DC-1", "quantity": 1000})).await;
        server
    }

    /// Executes a command that must be accepted. Returns the answer's body and position.
    async fn execute(&self, name: &str, fields: Value) -> (Value, u64) {
        self.execute_for("default", name, fields).await
    }

    async fn execute_for(&self, merchant: &str, name: &str, fields: Value) -> (Value, u64) {
        let metadata = Metadata { actor: Some("ada".to_owned()), ..Metadata::default() };
        self.submit(merchant, name, fields, metadata).await
    }

    /// Executes a command with the given metadata. The command must be accepted.
    async fn execute_with(&self, name: &str, fields: Value, metadata: Metadata) -> (Value, u64) {
        self.submit("default", name, fields, metadata).await
    }

    async fn submit(&self, merchant: &str, name: &str, fields: Value, metadata: Metadata) -> (Value, u64) {
        let merchant = MerchantId::new(merchant).unwrap();
        let commands = &self.app.commands;
        let key = IdempotencyKey::new(&format!("{name} {}", self.submitted.fetch_add(1, Relaxed))).unwrap();
        let command = AnyCommand::read(name, fields).expect("a command").unwrap();
        let sender = Sender("tests".into());
        let caller = Caller { merchant: &merchant, sender: &sender, key: Some(&key) };
        let request = commands.request(caller, command, metadata);
        let reply = commands.submit(&merchant, vec![request.unwrap()]).unwrap().remove(0).await.unwrap();
        let Reply::Answered { answer, .. } = reply else { panic!("{name}: {reply:?}") };
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_ne!(answer.kind, OutcomeKind::Refused, "{name}: {body}");
        (body, answer.position)
    }

    async fn query_with(&self, merchant: Option<&str>, query: &str, variables: Value) -> Value {
        let request = Request::new(query).variables(Variables::from_json(variables));
        let metadata = Ok(Metadata { actor: Some("ada".to_owned()), ..Metadata::default() });
        let headers = Headers { merchant: merchant.map(str::to_owned), metadata };
        let answer = over_http::execute(&self.schema, Arc::clone(&self.app), headers, request).await;
        serde_json::to_value(answer).unwrap()
    }

    /// Executes a query that must succeed. Returns its data.
    async fn query(&self, query: &str) -> Value {
        let answer = self.query_with(None, query, json!({})).await;
        assert_eq!(answer["errors"], Value::Null, "{query}");
        answer["data"].clone()
    }

    /// Executes a query that must fail. Returns the code of its first error.
    async fn code(&self, query: &str) -> String {
        let answer = self.query_with(None, query, json!({})).await;
        answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Creates an order of two units that needs no payment.
    async fn create(&self, reference: &str) -> (Value, u64) {
        let order = json!({
            "channel": "web", "channelRef": reference, "lines": [{"sku": "MUG", "quantity": 2}],
            "payment": "not_required",
        });
        self.execute("CreateOrder", order).await
    }
}

/// An order that was executed from creation to delivery.
struct Journey {
    order: String,
    /// The position of the journal after each command.
    positions: Vec<u64>,
}

impl Journey {
    const STATUSES: [&str; 7] =
        ["RESERVED", "RESERVED", "PICKING", "PACKED", "SHIPPED", "IN_TRANSIT", "DELIVERED"];

    async fn complete(server: &TestServer) -> Self {
        let order = json!({
            "channel": "web", "channelRef": "W-1", "customerRef": "c-7", "currency": "USD",
            "lines": [{"sku": "MUG", "quantity": 2, "lineRef": "a", "total": "21.50"}],
            "shipTo": {"name": "Grace Hopper", "street": ["1 Main St"], "city": "Arlington", "country": "US"},
            "attributes": {"gift": "yes"},
        });
        let (created, position) = server.execute("CreateOrder", order).await;
        let mut journey =
            Self { order: created["orderId"].as_str().unwrap().to_owned(), positions: vec![position] };
        let id = journey.order.clone();
        let (fulfillment_order, shipment) = (format!("{id}.f1"), format!("{id}.s1"));
        let package = json!({"carrier": "ups", "trackingNumber": "1Z999"});
        let track = json!({"shipmentId": shipment, "status": "in_transit", "at": "2026-03-04T10:00:00Z"});
        for (name, fields) in [
            ("ConfirmPayment", json!({"orderId": id, "paymentRef": "pay-1"})),
            ("PickItems", json!({"fulfillmentOrderId": fulfillment_order, "all": true})),
            ("PackItems", json!({"fulfillmentOrderId": fulfillment_order, "all": true})),
            ("ShipItems", json!({"fulfillmentOrderId": fulfillment_order, "packages": [package]})),
            ("TrackShipment", track),
            ("ConfirmDelivery", json!({"shipmentId": shipment, "deliveredAt": DELIVERED_AT})),
        ] {
            journey.positions.push(server.execute(name, fields).await.1);
        }
        journey
    }

    fn last(&self) -> u64 {
        *self.positions.last().unwrap()
    }
}

#[test]
fn the_schema_file_is_current() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
    let served = sdl();
    if std::env::var_os("HOLDFAST_UPDATE").is_some_and(|value| value == "1") {
        let before = std::fs::read_to_string(file).unwrap_or_default();
        let changes = compatibility::breaking_changes(&before, &served);
        assert!(changes.is_empty(), "these changes break clients: {}", changes.join("; "));
        std::fs::write(file, &served).unwrap();
    }
    let written = std::fs::read_to_string(file).unwrap_or_default();
    let hint = "HOLDFAST_UPDATE=1 cargo test -p holdfast-api the_schema_file_is_current";
    assert!(written == served, "api/schema.graphql is outdated; update it with: {hint}");
}
