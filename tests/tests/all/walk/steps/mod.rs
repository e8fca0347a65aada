//! The steps of the walk with their weights: at least one step for every command of the API.

// A step may find nothing to act on, so every step has the same type.
#![allow(clippy::unnecessary_wraps)]

mod carts;
mod fulfillment;
mod network;
mod operations;
mod orders;
mod payments;
mod shipments;
mod stock;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

pub use self::network::{location, policy};
pub use self::orders::CUSTOMER;
pub use self::stock::bundle;

use super::json::{list, text};
use super::model::Model;
use super::random::Random;

pub const SKUS: [&str; 6] = ["SKU-1", "SKU-2", "SKU-3", "SKU-4", "SKU-5", "SKU-6"];
/// A bundle of some of the SKUs.
pub const BUNDLE: &str = "SET-1";
pub const LOCATIONS: [&str; 3] = ["LOC-1", "LOC-2", "LOC-3"];
pub const CHANNELS: [&str; 3] = ["web", "shop", "market"];

/// The number of latest orders from which most steps choose.
const RECENT_ORDERS: usize = 25;
/// The number of attempts to find an order that fits a step.
const TRIES: usize = 12;

/// A request without a path: the ids of its path, its parameters and its body.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    pub ids: Vec<(&'static str, String)>,
    pub query: String,
    pub body: Value,
    /// The expected version of the order (`If-Match`).
    pub if_match: Option<u64>,
}

impl Draft {
    pub fn new(body: Value) -> Self {
        Self { body, ..Self::default() }
    }

    pub fn with_id(name: &'static str, id: &str, body: Value) -> Self {
        Self { ids: vec![(name, id.to_owned())], body, ..Self::default() }
    }
}

/// The objects that steps choose from: earlier answers, and the model.
#[derive(Debug, Default)]
pub struct Merchant {
    pub name: String,
    /// Orders in the order of their creation.
    pub orders: Vec<String>,
    /// The latest answer about each order.
    pub views: BTreeMap<String, Value>,
    pub model: Model,
}

/// A kind of request.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// The operation's id in the OpenAPI document.
    pub operation: &'static str,
    /// The relative frequency of the step.
    pub weight: usize,
    /// Generates a request. `None` if no object for it exists yet.
    pub draft: fn(&mut Random, &Merchant) -> Option<Draft>,
}

/// Commands of one merchant.
pub fn steps() -> Vec<Step> {
    [
        orders::STEPS,
        carts::STEPS,
        payments::STEPS,
        fulfillment::STEPS,
        shipments::STEPS,
        stock::STEPS,
        network::STEPS,
    ]
    .concat()
}

/// Operations on all read models. Only the client of the first merchant sends them.
pub fn operations() -> &'static [Step] {
    operations::STEPS
}

/// One of some steps, by weight.
pub fn choose<'a>(random: &mut Random, steps: &'a [Step]) -> &'a Step {
    let mut left = random.below(steps.iter().map(|step| step.weight).sum());
    let chosen = steps.iter().find(|step| match left.checked_sub(step.weight) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    });
    chosen.expect("the weights add up")
}

impl Merchant {
    /// Remembers an answer about an order.
    pub fn learn(&mut self, body: &Value) {
        let Some(id) = body["orderId"].as_str() else { return };
        if body["fulfillmentOrders"].is_array() {
            if !self.views.contains_key(id) {
                self.orders.push(id.to_owned());
            }
            self.views.insert(id.to_owned(), body.clone());
        }
    }

    /// A recent order, in most cases one that fits the step.
    fn order(&self, random: &mut Random, fits: impl Fn(&Value) -> bool) -> Option<&Value> {
        let recent = self.orders.len().saturating_sub(RECENT_ORDERS);
        let from = if random.chance(95) { &self.orders[recent..] } else { &self.orders[..] };
        let tries = if random.chance(88) { TRIES } else { 1 };
        let mut found = None;
        for _ in 0..tries {
            found = random.any(from).map(|id| &self.views[id]);
            if found.is_some_and(&fits) {
                break;
            }
        }
        found
    }

    /// A fulfillment order of a recent order, in most cases one that fits the step.
    fn fulfillment_order(
        &self,
        random: &mut Random,
        fits: impl Fn(&Value) -> bool,
    ) -> Option<(&Value, &Value)> {
        let order = self.order(random, |order| list(order, "fulfillmentOrders").iter().any(&fits))?;
        let parts = list(order, "fulfillmentOrders");
        let fitting: Vec<&Value> = parts.iter().filter(|part| fits(part)).collect();
        let part = random.any(&fitting).copied().or_else(|| random.any(parts))?;
        Some((order, part))
    }

    /// Units on hand of a SKU at a location, by the model.
    fn on_hand(&self, sku: &str, location: &str) -> i64 {
        self.model.items.get(sku).map_or(0, |item| item.level(location).on_hand)
    }
}

/// True if an order or fulfillment order lists an action in `supportedActions`.
fn supports(view: &Value, action: &str) -> bool {
    list(view, "supportedActions").iter().any(|name| name == action)
}

/// A body without some randomly chosen fields.
fn sometimes(random: &mut Random, percent: usize, body: &mut Map<String, Value>, name: &str, value: Value) {
    if random.chance(percent) {
        body.insert(name.to_owned(), value);
    }
}

/// Units of one or two lines of an order, in most cases the maximum.
fn some_lines(random: &mut Random, lines: &[Value], most: impl Fn(&Value) -> i64) -> Vec<Value> {
    let open: Vec<&Value> = lines.iter().filter(|line| most(line) > 0).collect();
    let mut named = Vec::new();
    for _ in 0..random.between(1, 2) {
        let Some(line) = random.any(&open).copied().or_else(|| random.any(lines)) else { break };
        let quantity = if random.chance(92) { random.between(1, most(line).max(1)) } else { most(line) + 1 };
        if !named.iter().any(|known: &Value| known["line"] == line["line"]) {
            named.push(json!({ "line": line["line"], "quantity": quantity }));
        }
    }
    named
}

/// The order id of a view.
fn id(order: &Value) -> &str {
    text(order, "orderId")
}
