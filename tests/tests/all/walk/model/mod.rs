//! The model of a merchant, folded from the event feed alone. It shares no code with the program.

pub mod cart;
pub mod order;
pub mod stock;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::cart::Cart;
use self::order::Order;
use self::stock::{Level, StockItem};
use super::feed::{Decision, FeedEvent};
use super::json::{list, optional_text, text};
use super::violations::Violations;

/// The state of a location.
#[derive(Debug, Clone, Default)]
pub struct Location {
    pub is_paused: bool,
    pub daily_capacity: Option<i64>,
    /// True if its settings allow ship dates to be computed.
    pub has_calendar: bool,
    /// Booked fulfillment orders by day.
    pub booked: BTreeMap<String, BTreeSet<String>>,
}

/// Split limits, by the policies that have been in force.
#[derive(Debug, Clone, Copy)]
pub struct SplitLimit {
    pub lowest: usize,
    pub highest: usize,
}

#[derive(Debug, Default)]
pub struct Model {
    pub orders: BTreeMap<String, Order>,
    pub carts: BTreeMap<String, Cart>,
    pub items: BTreeMap<String, StockItem>,
    pub locations: BTreeMap<String, Location>,
    /// All policies, the latest last.
    policies: Vec<Value>,
    /// Keys of commands that were sent with `force`.
    pub forced: BTreeSet<String>,
    /// The number of events by type.
    pub happened: BTreeMap<String, usize>,
    /// The position of the last folded event.
    pub position: u64,
    /// The decision time of the latest command, in microseconds since 1970.
    pub time: i64,
}

/// The aggregates that a command changes, before the command.
#[derive(Debug, Default)]
pub struct Before {
    pub orders: BTreeMap<String, Order>,
    /// Units promised since a channel's limit was set, by SKU and channel.
    pub promised: BTreeMap<(String, String), i64>,
}

impl Model {
    /// Copies the aggregates that a command changes.
    pub fn before(&self, decision: &Decision) -> Before {
        let mut before = Before::default();
        for event in &decision.events {
            if let Some(id) = event.stream.strip_prefix("order-") {
                before.orders.insert(id.to_owned(), self.orders.get(id).cloned().unwrap_or_default());
            } else if let Some(sku) = event.stream.strip_prefix("stock-") {
                for channel in self.items.get(sku).into_iter().flat_map(|item| item.limits.keys()) {
                    let place = (sku.to_owned(), channel.clone());
                    before.promised.entry(place).or_insert_with(|| self.promised_since_limit(sku, channel));
                }
            }
        }
        before
    }

    /// Folds one event of a command.
    pub fn fold(&mut self, decision: &Decision, event: &FeedEvent, violations: &mut Violations) {
        let FeedEvent { kind, stream, data } = event;
        *self.happened.entry(kind.clone()).or_default() += 1;
        if let Some(id) = stream.strip_prefix("order-") {
            self.fold_order(id, decision, event);
        } else if let Some(sku) = stream.strip_prefix("stock-") {
            let broken = self.items.entry(sku.to_owned()).or_default().apply(kind, data, decision.end);
            if let Some(broken) = broken {
                violations.add("events add up", format!("{kind} at {}: {broken}", decision.end));
            }
        } else if let Some(id) = stream.strip_prefix("reservation-") {
            let cart = self.carts.entry(id.to_owned()).or_default();
            if let Some(broken) = cart.apply(kind, data, decision.time, decision.end) {
                violations.add("carts follow their rules", format!("{kind} at {}: {broken}", decision.end));
            }
        } else if kind == "MerchantPolicySet" {
            self.policies.push(data.clone());
        } else {
            self.fold_location(kind, data);
        }
    }

    fn fold_order(&mut self, id: &str, decision: &Decision, event: &FeedEvent) {
        let is_forced = |key: Option<&String>| key.is_some_and(|key| self.forced.contains(key));
        let order = self.orders.entry(id.to_owned()).or_default();
        if event.kind == "FulfillmentOrderMoved" {
            let to = text(&event.data, "to");
            let part =
                order.fulfillment_orders.iter().find(|part| event.data["fulfillmentOrderId"] == part.id);
            if is_forced(decision.key.as_ref()) || is_forced(part.and_then(|part| part.requested_by.as_ref()))
            {
                order.rejected_by.remove(to);
            }
        }
        order.apply(&event.kind, &event.data);
        order.positions.push(decision.end);
        if event.kind == "CancellationRequested" {
            let part = order.fulfillment_orders.iter_mut();
            let mut part = part.filter(|part| event.data["fulfillmentOrderId"] == part.id);
            if let Some(part) = part.next() {
                part.requested_by.clone_from(&decision.key);
            }
        }
    }

    fn fold_location(&mut self, kind: &str, data: &Value) {
        let Some(name) = optional_text(data, "location") else { return };
        let location = self.locations.entry(name).or_default();
        match kind {
            "LocationRegistered" | "LocationChanged" => {
                let details = &data["details"];
                location.daily_capacity = details["dailyCapacity"].as_i64();
                let known = ["dailyCapacity", "cutOff", "timezone", "workingDays", "closures"];
                location.has_calendar = known.iter().any(|name| !details[*name].is_null());
            }
            "LocationPaused" => location.is_paused = true,
            "LocationResumed" => location.is_paused = false,
            "CapacityBooked" => {
                let day = location.booked.entry(text(data, "day").to_owned()).or_default();
                day.insert(text(data, "fulfillmentOrderId").to_owned());
            }
            "CapacityFreed" => {
                let day = location.booked.entry(text(data, "day").to_owned()).or_default();
                day.remove(text(data, "fulfillmentOrderId"));
            }
            _ => {}
        }
    }

    /// Units of a SKU that a channel has promised to orders and carts created since its limit was set, by order or cart.
    pub fn promised_by_order(&self, sku: &str, channel: &str) -> BTreeMap<&str, i64> {
        let Some(item) = self.items.get(sku) else { return BTreeMap::new() };
        let Some(limit) = item.limits.get(channel) else { return BTreeMap::new() };
        let is_counted = |order: &&Order| order.channel == channel && order.positions[0] > limit.since;
        let orders = self.orders.values().filter(is_counted);
        let orders = orders.map(|order| order.id.as_str());
        let is_counted = |(_, cart): &(&String, &Cart)| cart.channel == channel && cart.since > limit.since;
        let carts = self.carts.iter().filter(is_counted).map(|(id, _)| id.as_str());
        let promised = orders.chain(carts).map(|id| (id, item.promised_to(id)));
        promised.filter(|(_, units)| *units > 0).collect()
    }

    /// Units of a SKU that a channel has promised since its limit was set.
    pub fn promised_since_limit(&self, sku: &str, channel: &str) -> i64 {
        self.promised_by_order(sku, channel).values().sum()
    }

    /// The split limits of a channel by every policy that has been in force.
    pub fn split_limit(&self, channel: &str) -> SplitLimit {
        let own = |policy: &Value| {
            let of_channel = &policy["channels"][channel]["splitLimit"];
            let limit = if of_channel.is_null() { &policy["rules"]["splitLimit"] } else { of_channel };
            limit.as_u64().map_or(usize::MAX, |limit| usize::try_from(limit).expect("a small number"))
        };
        let limits = || self.policies.iter().map(own);
        let (lowest, highest) = (limits().min(), limits().max());
        SplitLimit { lowest: lowest.unwrap_or(usize::MAX), highest: highest.unwrap_or(usize::MAX) }
    }

    /// True if sourcing may choose a location for an order. For units that must be supplied, the strictest rules that have been
    /// in force count.
    pub fn may_serve(&self, order: &Order, name: &str) -> bool {
        let Some(location) = self.locations.get(name).filter(|location| !location.is_paused) else {
            return false;
        };
        let used = order.used_locations();
        let fits = used.contains(name)
            || (order.allow_split || used.is_empty()) && used.len() < self.split_limit(&order.channel).lowest;
        let is_bound_elsewhere = order.delivery.pinned_location.as_deref().is_some_and(|bound| bound != name);
        let may_be_late = order.delivery.ship_by.is_some() && location.has_calendar;
        fits && !order.rejected_by.contains(name)
            && !is_bound_elsewhere
            && !may_be_late
            && !order.has_pending_amendment
    }

    /// Units of a SKU that a new order can have at unpaused locations, without those that the queue may still use.
    pub fn available(&self, sku: &str) -> i64 {
        let Some(item) = self.items.get(sku) else { return 0 };
        let is_open = |name: &String| self.locations.get(name).is_some_and(|location| !location.is_paused);
        let levels = || item.levels.iter().filter(|(name, _)| is_open(name)).map(|(_, level)| level);
        let backordered: i64 = item.queue.iter().map(|entry| entry.quantity).sum();
        let earmarked: i64 = levels().map(|level| level.earmarked).sum();
        levels().map(Level::available).sum::<i64>() - (backordered - earmarked).max(0)
    }

    /// The locations at which an event reserves units of an order.
    pub fn given_at(event: &FeedEvent) -> Vec<&str> {
        match event.kind.as_str() {
            "InventoryReserved" => {
                list(&event.data, "fulfillmentOrders").iter().map(|part| text(part, "location")).collect()
            }
            "FulfillmentOrderMoved" => vec![text(&event.data, "to")],
            _ => Vec::new(),
        }
    }
}
