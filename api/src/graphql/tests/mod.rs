//! Queries and commands over a real house in a directory of its own.

mod board;
mod commands;
mod compatible;
mod figures;
mod hostile;
mod http;
mod lists;
mod nodes;
mod orders;
mod same_commands;
mod stock_history;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use async_graphql::{Request, Variables};
use holdfast_commands::{AnyCommand, Caller, Metadata, Reply, Sender};
use holdfast_domain::values::{IdempotencyKey, MerchantId};
use holdfast_journal::OutcomeKind;
use serde_json::{Value, json};

use super::context::Headers;
use super::{Questions, http as over_http, schema, sdl};
use crate::app::App;

const DELIVERED_AT: &str = "2026-03-05T15:00:00Z";

/// A house, its schema, and a way to give commands.
struct House {
    app: Arc<App>,
    schema: Questions,
    /// How many commands were given.
    given: AtomicU64,
    _directory: tempfile::TempDir,
}

impl House {
    async fn empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let app = Arc::new(App::open(directory.path()).await.unwrap());
        Self { app, schema: schema(), given: AtomicU64::new(0), _directory: directory }
    }

    /// With a location and stock of one SKU.
    async fn stocked() -> Self {
        let house = Self::empty().await;
        let location = json!({"location": "DC-1", "name": "Newark", "latitude": 40.7, "longitude": -74.2});
        house.granted("RegisterLocation", location).await;
        house.granted("ReceiveStock", json!({"sku": "MUG", "location": "DC-1", "quantity": 1000})).await;
        house
    }

    /// Carries a command out and gives what was answered, with the position.
    async fn granted(&self, name: &str, fields: Value) -> (Value, u64) {
        self.granted_for("default", name, fields).await
    }

    async fn granted_for(&self, merchant: &str, name: &str, fields: Value) -> (Value, u64) {
        let metadata = Metadata { actor: Some("ada".to_owned()), ..Metadata::default() };
        self.carried_out(merchant, name, fields, metadata).await
    }

    /// The same with what else came with it.
    async fn granted_with(&self, name: &str, fields: Value, metadata: Metadata) -> (Value, u64) {
        self.carried_out("default", name, fields, metadata).await
    }

    async fn carried_out(
        &self,
        merchant: &str,
        name: &str,
        fields: Value,
        metadata: Metadata,
    ) -> (Value, u64) {
        let merchant = MerchantId::new(merchant).unwrap();
        let commands = &self.app.commands;
        let key = IdempotencyKey::new(&format!("{name} {}", self.given.fetch_add(1, Relaxed))).unwrap();
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

    async fn ask_with(&self, merchant: Option<&str>, query: &str, variables: Value) -> Value {
        let request = Request::new(query).variables(Variables::from_json(variables));
        let metadata = Ok(Metadata { actor: Some("ada".to_owned()), ..Metadata::default() });
        let headers = Headers { merchant: merchant.map(str::to_owned), metadata };
        let answer = over_http::execute(&self.schema, Arc::clone(&self.app), headers, request).await;
        serde_json::to_value(answer).unwrap()
    }

    /// What a query gives.
    async fn ask(&self, query: &str) -> Value {
        let answer = self.ask_with(None, query, json!({})).await;
        assert_eq!(answer["errors"], Value::Null, "{query}");
        answer["data"].clone()
    }

    /// The code that a query is refused with.
    async fn code(&self, query: &str) -> String {
        let answer = self.ask_with(None, query, json!({})).await;
        answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Orders, without a payment to wait for.
    async fn create(&self, reference: &str) -> (Value, u64) {
        let order = json!({
            "channel": "web", "channelRef": reference, "lines": [{"sku": "MUG", "quantity": 2}],
            "payment": "not_required",
        });
        self.granted("CreateOrder", order).await
    }
}

/// An order on its way from creation to delivery: its id, and the position after each step.
struct Journey {
    order: String,
    positions: Vec<u64>,
}

impl Journey {
    const STATUSES: [&str; 7] =
        ["RESERVED", "RESERVED", "PICKING", "PACKED", "SHIPPED", "IN_TRANSIT", "DELIVERED"];

    async fn whole(house: &House) -> Self {
        let order = json!({
            "channel": "web", "channelRef": "W-1", "customerRef": "c-7", "currency": "USD",
            "lines": [{"sku": "MUG", "quantity": 2, "lineRef": "a", "total": "21.50"}],
            "shipTo": {"name": "Grace Hopper", "street": ["1 Main St"], "city": "Arlington", "country": "US"},
            "attributes": {"gift": "yes"},
        });
        let (created, position) = house.granted("CreateOrder", order).await;
        let mut journey =
            Self { order: created["orderId"].as_str().unwrap().to_owned(), positions: vec![position] };
        let id = journey.order.clone();
        let (part, shipment) = (format!("{id}.f1"), format!("{id}.s1"));
        let package = json!({"carrier": "ups", "trackingNumber": "1Z999"});
        let track = json!({"shipmentId": shipment, "status": "in_transit", "at": "2026-03-04T10:00:00Z"});
        for (name, fields) in [
            ("ConfirmPayment", json!({"orderId": id, "paymentRef": "pay-1"})),
            ("PickItems", json!({"fulfillmentOrderId": part, "all": true})),
            ("PackItems", json!({"fulfillmentOrderId": part, "all": true})),
            ("ShipItems", json!({"fulfillmentOrderId": part, "packages": [package]})),
            ("TrackShipment", track),
            ("ConfirmDelivery", json!({"shipmentId": shipment, "deliveredAt": DELIVERED_AT})),
        ] {
            journey.positions.push(house.granted(name, fields).await.1);
        }
        journey
    }

    fn last(&self) -> u64 {
        *self.positions.last().unwrap()
    }
}

/// Where the schema is kept, and what rewrites it.
#[test]
fn the_schema_that_is_kept_is_the_one_that_is_served() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
    let served = sdl();
    if std::env::var_os("HOLDFAST_UPDATE").is_some_and(|value| value == "1") {
        let broken = compatible::broken(&std::fs::read_to_string(file).unwrap_or_default(), &served);
        assert!(broken.is_empty(), "clients would stumble: {}", broken.join("; "));
        std::fs::write(file, &served).unwrap();
    }
    let kept = std::fs::read_to_string(file).unwrap_or_default();
    let hint = "HOLDFAST_UPDATE=1 cargo test -p holdfast-api the_schema_that_is_kept";
    assert!(kept == served, "api/schema.graphql is not what is served; write it again with: {hint}");
}
