//! A SKU, folded from its events: units by location, reservations by order, and the backorder queue.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::walk::json::{list, number, number_or_zero, optional_text, text, texts, time};

/// Units at one location.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Level {
    pub on_hand: i64,
    pub reserved: i64,
    pub earmarked: i64,
    pub safety_stock: i64,
    pub quarantine: i64,
    pub damaged: i64,
}

impl Level {
    /// Units that can still be promised.
    pub fn available(&self) -> i64 {
        (self.unreserved() - self.safety_stock).max(0)
    }

    /// Units that are neither reserved nor earmarked. It is negative while more units are reserved than there are.
    pub fn unreserved(&self) -> i64 {
        self.on_hand - self.reserved - self.earmarked
    }

    /// Units that can fill backorders.
    pub fn supply(&self) -> i64 {
        (self.on_hand - self.reserved - self.safety_stock).max(0)
    }
}

/// A delivery that is expected.
#[derive(Debug, Clone)]
pub struct Supply {
    pub location: String,
    pub quantity: i64,
    pub due: i64,
}

/// An entry of the backorder queue.
#[derive(Debug, Clone)]
pub struct BackorderEntry {
    pub order: String,
    pub quantity: i64,
    /// When the order began to wait, minus its priority boost. Earlier entries are filled first.
    pub place: i64,
    /// True if one location must fill all units at once.
    pub whole: bool,
    pub only_at: Option<String>,
    pub not_at: BTreeSet<String>,
    /// The locations in use, if no other location may be added.
    pub only_in: Option<BTreeSet<String>>,
    /// When the units are needed: supplies until then may serve them instead of free units.
    pub needed_at: Option<i64>,
}

impl BackorderEntry {
    pub fn may_come_from(&self, location: &str) -> bool {
        self.only_at.as_deref().is_none_or(|only| only == location)
            && !self.not_at.contains(location)
            && self.only_in.as_ref().is_none_or(|used| used.contains(location))
    }
}

/// How many units a channel may promise.
#[derive(Debug, Clone, Copy)]
pub struct ChannelLimit {
    pub limit: i64,
    /// The position of the command that first set it: orders created before are not counted.
    pub since: u64,
}

#[derive(Debug, Clone, Default)]
pub struct StockItem {
    pub levels: BTreeMap<String, Level>,
    pub queue: Vec<BackorderEntry>,
    /// Reserved units by order or cart, and location.
    pub reserved: BTreeMap<String, BTreeMap<String, i64>>,
    /// When the reservation of an order or cart expires.
    pub until: BTreeMap<String, i64>,
    /// Units shipped, by order.
    pub shipped: BTreeMap<String, i64>,
    pub limits: BTreeMap<String, ChannelLimit>,
    pub transfers: BTreeMap<String, String>,
    pub supplies: BTreeMap<String, Supply>,
    /// The components of a bundle with their units in one.
    pub components: Vec<(String, i64)>,
    /// The most available units that count as low stock.
    pub low_stock_at: Option<i64>,
    /// The availability level by the events; `None` if none was recorded since the threshold was set.
    pub recorded_level: Option<String>,
}

/// The order or cart of an event.
fn holder(data: &Value) -> &str {
    data["reservationId"].as_str().unwrap_or_else(|| text(data, "orderId"))
}

impl StockItem {
    /// True if an entry may wait although there are free units: supplies cover it before it needs its units.
    pub fn may_wait_for_supply(&self, entry: &BackorderEntry) -> bool {
        let Some(needed_at) = entry.needed_at else { return false };
        let serves = |supply: &&Supply| supply.due <= needed_at && entry.may_come_from(&supply.location);
        let expected: i64 = self.supplies.values().filter(serves).map(|supply| supply.quantity).sum();
        expected >= entry.quantity
    }

    pub fn level(&self, location: &str) -> Level {
        self.levels.get(location).copied().unwrap_or_default()
    }

    /// The availability level by the units: `out`, `low` or `in_stock`.
    pub fn availability_level(&self) -> &'static str {
        match self.levels.values().map(Level::available).sum::<i64>() {
            0 => "out",
            available if self.low_stock_at.is_some_and(|threshold| available <= threshold) => "low",
            _ => "in_stock",
        }
    }

    /// Backordered units of an order.
    pub fn backordered_for(&self, order: &str) -> i64 {
        self.queue.iter().filter(|entry| entry.order == order).map(|entry| entry.quantity).sum()
    }

    /// Units promised to an order: reserved, backordered or shipped.
    pub fn promised_to(&self, order: &str) -> i64 {
        let reserved: i64 = self.reserved.get(order).into_iter().flat_map(BTreeMap::values).sum();
        reserved + self.backordered_for(order) + self.shipped.get(order).copied().unwrap_or(0)
    }

    /// Applies an event. Returns the violations that it finds.
    pub fn apply(&mut self, kind: &str, data: &Value, position: u64) -> Option<String> {
        let quantity = number_or_zero(data, "quantity");
        match kind {
            "StockReceived" => {
                self.arrive(data, text(data, "condition"), quantity);
                if let Some(id) = data["supplyId"].as_str() {
                    self.supply_arrived(id, quantity, data["closesSupply"] == true);
                }
            }
            "StockReturned" => self.arrive(data, text(data, "condition"), quantity),
            "StockCounted" => self.at(data).on_hand += number(data, "adjustment"),
            "StockAdjusted" => self.at(data).on_hand += number(data, "delta"),
            "StockConditionChanged" => {
                self.arrive(data, text(data, "from"), -quantity);
                self.arrive(data, text(data, "to"), quantity);
            }
            "StockReserved" | "StockCartReserved" => self.reserve(data, false),
            "StockBackorderFilled" => self.reserve(data, true),
            "StockReleased" | "StockCartReleased" => return self.release(data),
            "StockReservationsExpired" => return self.expire(data),
            "StockReservationExtended" | "StockCartExtended" => self.extend(data),
            "StockShipped" => return self.ship(data),
            "StockShipmentCancelled" => self.cancel_shipment(data),
            "StockShorted" => {
                self.at(data).on_hand -= number(data, "onHand");
                return self.give_back(text(data, "orderId"), text(data, "location"), quantity);
            }
            "TransferShipped" => {
                self.levels.entry(text(data, "from").to_owned()).or_default().on_hand -= quantity;
                self.transfers.insert(text(data, "transferId").to_owned(), text(data, "to").to_owned());
            }
            "TransferReceived" => self.at(data).on_hand += quantity,
            "SupplyExpected" => {
                let due = time(data, "dueAt").expect("a time");
                let supply = Supply { location: text(data, "location").to_owned(), quantity, due };
                self.supplies.insert(text(data, "supplyId").to_owned(), supply);
            }
            "SupplyCancelled" => drop(self.supplies.remove(text(data, "supplyId"))),
            "StockPolicySet" => self.set_policy(data, position),
            "StockLow" => return self.change_level("low"),
            "StockOut" => return self.change_level("out"),
            "BackInStock" => return self.change_level(text(data, "level")),
            "StockBackordered" => self.join(data),
            "StockBackorderWithdrawn" => return self.leave(text(data, "orderId"), quantity),
            "StockEarmarked" => self.at(data).earmarked = quantity,
            _ => {}
        }
        None
    }

    /// Fewer units of a supply are expected, or none if it is closed.
    fn supply_arrived(&mut self, id: &str, quantity: i64, closes: bool) {
        if let Some(supply) = self.supplies.get_mut(id) {
            supply.quantity -= quantity;
            if closes || supply.quantity <= 0 {
                self.supplies.remove(id);
            }
        }
    }

    /// Each event changes the level: a threshold is crossed once.
    fn change_level(&mut self, level: &str) -> Option<String> {
        let known = self.recorded_level.replace(level.to_owned());
        (known.as_deref().unwrap_or("in_stock") == level).then(|| format!("the level was {level} before"))
    }

    fn at(&mut self, data: &Value) -> &mut Level {
        self.levels.entry(text(data, "location").to_owned()).or_default()
    }

    fn arrive(&mut self, data: &Value, condition: &str, quantity: i64) {
        let level = self.at(data);
        match condition {
            "sellable" => level.on_hand += quantity,
            "quarantine" => level.quarantine += quantity,
            _ => level.damaged += quantity,
        }
    }

    fn reserve(&mut self, data: &Value, has_waited: bool) {
        let order = holder(data).to_owned();
        let mut all = 0;
        for allocation in list(data, "allocations") {
            let (location, quantity) = (text(allocation, "location"), number(allocation, "quantity"));
            let level = self.at(allocation);
            level.reserved += quantity;
            level.earmarked -= if has_waited { quantity } else { 0 };
            let reserved = self.reserved.entry(order.clone()).or_default();
            *reserved.entry(location.to_owned()).or_default() += quantity;
            all += quantity;
        }
        if has_waited {
            self.leave(&order, all);
        }
        if let Some(until) = time(data, "until") {
            self.until.insert(order, until);
        }
    }

    fn release(&mut self, data: &Value) -> Option<String> {
        let order = holder(data);
        let each = |one: &Value| (text(one, "location").to_owned(), number(one, "quantity"));
        let allocations: Vec<_> = list(data, "allocations").iter().map(each).collect();
        allocations.iter().find_map(|(location, quantity)| self.give_back(order, location, *quantity))
    }

    /// Releases units that an order has reserved at a location.
    fn give_back(&mut self, order: &str, location: &str, quantity: i64) -> Option<String> {
        self.levels.entry(location.to_owned()).or_default().reserved -= quantity;
        let reserved =
            self.reserved.entry(order.to_owned()).or_default().entry(location.to_owned()).or_default();
        *reserved -= quantity;
        let is_short = *reserved < 0;
        if self.reserved[order].values().all(|reserved| *reserved == 0) {
            self.until.remove(order);
        }
        is_short.then(|| format!("{order} gives back {quantity} units at {location}, which it does not hold"))
    }

    fn expire(&mut self, data: &Value) -> Option<String> {
        let until = time(data, "until").expect("a time");
        let ended: Vec<String> =
            self.until.iter().filter(|(_, end)| **end <= until).map(|(order, _)| order.clone()).collect();
        let mut freed: BTreeMap<String, i64> = BTreeMap::new();
        for order in ended {
            for (location, quantity) in self.reserved.remove(&order).unwrap_or_default() {
                *freed.entry(location).or_default() += quantity;
            }
            self.until.remove(&order);
        }
        freed.retain(|_, quantity| *quantity != 0);
        let each = |one: &Value| (text(one, "location").to_owned(), number(one, "quantity"));
        let reported: BTreeMap<String, i64> = list(data, "allocations").iter().map(each).collect();
        for (location, quantity) in &reported {
            self.levels.entry(location.clone()).or_default().reserved -= quantity;
        }
        (reported != freed)
            .then(|| format!("what expired is {freed:?} by the orders, and {reported:?} by the event"))
    }

    fn extend(&mut self, data: &Value) {
        let order = holder(data).to_owned();
        match time(data, "until") {
            Some(until) => drop(self.until.insert(order, until)),
            None => drop(self.until.remove(&order)),
        }
    }

    fn ship(&mut self, data: &Value) -> Option<String> {
        let (order, location) = (text(data, "orderId").to_owned(), text(data, "location").to_owned());
        let quantity = number(data, "quantity");
        self.at(data).on_hand -= quantity;
        let broken = self.give_back(&order, &location, quantity - number_or_zero(data, "unreserved"));
        *self.shipped.entry(order).or_default() += quantity;
        broken
    }

    fn cancel_shipment(&mut self, data: &Value) {
        let (order, location) = (text(data, "orderId").to_owned(), text(data, "location").to_owned());
        let quantity = number(data, "quantity");
        let reserved = quantity - number_or_zero(data, "unreserved");
        let level = self.at(data);
        level.on_hand += quantity;
        level.reserved += reserved;
        *self.reserved.entry(order.clone()).or_default().entry(location).or_default() += reserved;
        *self.shipped.entry(order).or_default() -= quantity;
    }

    fn set_policy(&mut self, data: &Value, position: u64) {
        let safety_stock = data["safetyStock"].as_object().cloned().unwrap_or_default();
        self.levels.values_mut().for_each(|level| level.safety_stock = 0);
        for (location, units) in safety_stock {
            self.levels.entry(location).or_default().safety_stock = units.as_i64().expect("units");
        }
        let component = |one: &Value| (text(one, "sku").to_owned(), number(one, "quantity"));
        self.components = list(data, "components").iter().map(component).collect();
        self.low_stock_at = data["lowStockAt"].as_i64();
        if self.low_stock_at.is_none() {
            self.recorded_level = None;
        }
        let limits = data["channelLimits"].as_object().cloned().unwrap_or_default();
        self.limits.retain(|channel, _| limits.contains_key(channel));
        for (channel, units) in limits {
            let since = self.limits.get(&channel).map_or(position, |known| known.since);
            self.limits.insert(channel, ChannelLimit { limit: units.as_i64().expect("units"), since });
        }
    }

    /// Inserts the entry behind all entries that are filled before it.
    fn join(&mut self, data: &Value) {
        let entry = BackorderEntry {
            order: text(data, "orderId").to_owned(),
            quantity: number(data, "quantity"),
            place: time(data, "place").expect("a place"),
            whole: data["whole"] == true,
            only_at: optional_text(data, "onlyAt"),
            not_at: texts(data, "notAt").into_iter().collect(),
            only_in: (data["split"]["more"] == 0)
                .then(|| texts(&data["split"], "used").into_iter().collect()),
            needed_at: time(data, "neededAt"),
        };
        let index = self.queue.partition_point(|other| other.place <= entry.place);
        self.queue.insert(index, entry);
    }

    /// Withdraws units, from the order's first entries first.
    fn leave(&mut self, order: &str, quantity: i64) -> Option<String> {
        let mut left = quantity;
        for entry in self.queue.iter_mut().filter(|entry| entry.order == order) {
            let taken = entry.quantity.min(left);
            entry.quantity -= taken;
            left -= taken;
        }
        self.queue.retain(|entry| entry.quantity > 0);
        (left > 0).then(|| format!("{order} leaves the queue with {left} units more than it waits for"))
    }
}
