//! An order, folded from its events: reserved, backordered, shipped and cancelled units, by line and location.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::walk::json::{list, number, optional_text, text, texts, time};

/// One line. `ordered = pending + backordered + reserved + shipped + cancelled`; without stock, `ordered = open + fulfilled +
/// cancelled`.
#[derive(Debug, Clone, Default)]
pub struct Line {
    pub sku: String,
    pub ordered: i64,
    pub backordered: i64,
    pub cancelled: i64,
    pub delivered: i64,
    pub returned: i64,
    /// True if the line needs no stock: its units are fulfilled by a report.
    pub is_without_stock: bool,
    pub fulfilled: i64,
    /// The price of one unit in hundredths; `None` if the line has no price.
    unit: Option<i64>,
}

/// A fulfillment order's units of one line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Units {
    /// Reserved and not shipped.
    pub reserved: i64,
    pub shipped: i64,
    /// Picked, shipped ones included.
    pub picked: i64,
    /// Packed, shipped ones included.
    pub packed: i64,
}

/// A fulfillment order.
#[derive(Debug, Clone, Default)]
pub struct FulfillmentOrder {
    pub id: String,
    pub location: String,
    /// By the number of the line.
    pub lines: BTreeMap<usize, Units>,
    /// The key of the move that awaits the location's answer.
    pub requested_by: Option<String>,
}

/// How the order must be delivered.
#[derive(Debug, Clone, Default)]
pub struct Delivery {
    /// The pinned location, if any.
    pub pinned_location: Option<String>,
    pub ship_by: Option<i64>,
}

/// A hold on the order or on one fulfillment order.
#[derive(Debug, Clone)]
pub struct Hold {
    pub reason: String,
    /// True if the whole order is on hold, and not only one fulfillment order.
    pub is_whole: bool,
    pub until: Option<i64>,
}

/// A shipped package: its lines, and whether it was delivered.
#[derive(Debug, Clone, Default)]
struct Package {
    lines: Vec<(usize, i64)>,
    is_delivered: bool,
}

#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts about an order")]
pub struct Order {
    pub id: String,
    pub channel: String,
    pub allow_split: bool,
    pub priority: String,
    pub needs_payment: bool,
    pub reserves_at_payment: bool,
    pub lines: Vec<Line>,
    pub fulfillment_orders: Vec<FulfillmentOrder>,
    pub delivery: Delivery,
    pub holds: BTreeMap<String, Hold>,
    /// The confirmed payments with their amounts in hundredths; `None` pays the whole order.
    payments: BTreeMap<String, Option<i64>>,
    /// True if payments of it were voided.
    pub is_void: bool,
    /// Locations that rejected it, without those that a forced move selected afterwards.
    pub rejected_by: BTreeSet<String>,
    pub expires_at: Option<i64>,
    pub has_expired: bool,
    /// True while a requested amendment awaits answers.
    pub has_pending_amendment: bool,
    packages: BTreeMap<(String, String), Package>,
    /// The position of the command that wrote each version.
    pub positions: Vec<u64>,
}

impl Order {
    /// The sum of a quantity of a line over all fulfillment orders.
    fn sum(&self, line: usize, of: impl Fn(&Units) -> i64) -> i64 {
        self.fulfillment_orders.iter().filter_map(|part| part.lines.get(&line)).map(of).sum()
    }

    pub fn reserved(&self, line: usize) -> i64 {
        self.sum(line, |units| units.reserved)
    }

    pub fn shipped(&self, line: usize) -> i64 {
        self.sum(line, |units| units.shipped)
    }

    pub fn picked(&self, line: usize) -> i64 {
        self.sum(line, |units| units.picked)
    }

    pub fn packed(&self, line: usize) -> i64 {
        self.sum(line, |units| units.packed)
    }

    /// Pending units of a line. Lines are numbered from 1.
    pub fn pending(&self, line: usize) -> i64 {
        let excess = (self.shipped(line) - self.lines[line - 1].ordered).max(0);
        self.undecided(line) + excess
    }

    /// Units of a line that are in no other state; negative for units that left and were not ordered.
    fn undecided(&self, line: usize) -> i64 {
        let own = &self.lines[line - 1];
        let open = own.ordered - own.backordered - self.reserved(line) - self.shipped(line) - own.cancelled;
        if own.is_without_stock { 0 } else { open }
    }

    /// The numbers of its lines.
    pub fn numbers(&self) -> impl Iterator<Item = usize> + use<> {
        1..=self.lines.len()
    }

    /// What the units that are not cancelled cost, in hundredths. `None` if one of their lines has no price.
    fn due(&self) -> Option<i64> {
        let wanted = self.lines.iter().filter(|line| line.ordered > line.cancelled);
        wanted.map(|line| Some(line.unit? * (line.ordered - line.cancelled))).sum()
    }

    /// True if no payment is missing. A payment without an amount pays everything, and so does any if the price is unknown.
    pub fn is_paid(&self) -> bool {
        if !self.needs_payment || self.payments.values().any(Option::is_none) {
            return true;
        }
        let paid: i64 = self.payments.values().flatten().sum();
        !self.payments.is_empty() && self.due().is_none_or(|due| paid >= due)
    }

    /// Locations with reserved or shipped units of the order.
    pub fn used_locations(&self) -> BTreeSet<String> {
        self.locations(|units| units.reserved + units.shipped > 0)
    }

    /// Locations with reserved units of the order.
    pub fn holding_locations(&self) -> BTreeSet<String> {
        self.locations(|units| units.reserved > 0)
    }

    fn locations(&self, counts: impl Fn(&Units) -> bool) -> BTreeSet<String> {
        let used = self.fulfillment_orders.iter().filter(|part| part.lines.values().any(&counts));
        used.map(|part| part.location.clone()).collect()
    }

    /// Reserved units by SKU and location.
    pub fn reserved_by_place(&self) -> BTreeMap<(String, String), i64> {
        let mut reserved = BTreeMap::new();
        for part in &self.fulfillment_orders {
            for (line, units) in part.lines.iter().filter(|(_, units)| units.reserved > 0) {
                let place = (self.lines[line - 1].sku.clone(), part.location.clone());
                *reserved.entry(place).or_default() += units.reserved;
            }
        }
        reserved
    }

    /// Picked and unshipped units of a SKU at a location: a count cannot release them.
    pub fn picked_at(&self, sku: &str, location: &str) -> i64 {
        let there = self.fulfillment_orders.iter().filter(|part| part.location == location);
        let lines = there.flat_map(|part| &part.lines).filter(|(line, _)| self.lines[**line - 1].sku == sku);
        lines.map(|(_, units)| (units.picked - units.shipped).min(units.reserved).max(0)).sum()
    }

    /// Backordered units by SKU.
    pub fn backordered_by_sku(&self) -> BTreeMap<String, i64> {
        let mut backordered = BTreeMap::new();
        for line in self.lines.iter().filter(|line| line.backordered > 0) {
            *backordered.entry(line.sku.clone()).or_default() += line.backordered;
        }
        backordered
    }

    /// The ids of the holds on the whole order with the reason `inventory_out_of_stock`.
    pub fn out_of_stock_holds(&self) -> impl Iterator<Item = &String> {
        let is_out_of_stock = |hold: &Hold| hold.is_whole && hold.reason == "inventory_out_of_stock";
        self.holds.iter().filter(move |(_, hold)| is_out_of_stock(hold)).map(|(id, _)| id)
    }

    /// True if it has a hold with the reason `inventory_out_of_stock`.
    pub fn is_out_of_stock(&self) -> bool {
        self.out_of_stock_holds().next().is_some()
    }

    /// True if all units that were not cancelled are delivered, and there is at least one.
    pub fn is_delivered(&self) -> bool {
        let wanted = |line: &Line| line.ordered - line.cancelled;
        self.lines.iter().any(|line| wanted(line) > 0)
            && self.lines.iter().all(|line| line.delivered + line.fulfilled >= wanted(line))
    }

    pub fn apply(&mut self, kind: &str, data: &Value) {
        match kind {
            "OrderCreated" => self.create(data),
            "OrderAmended" => self.amend(data),
            "OrderTermsChanged" => {
                self.allow_split = data["allowSplit"] == true;
                text(data, "priority").clone_into(&mut self.priority);
            }
            "OrderReopened" => {
                self.each(list(data, "lines"), |line, units| line.cancelled -= units);
                self.has_expired = false;
            }
            "AmendmentRequested" => self.has_pending_amendment = true,
            "AmendmentRejected" => self.has_pending_amendment = false,
            "PaymentConfirmed" => {
                self.payments.insert(text(data, "paymentRef").to_owned(), hundredths(&data["amount"]));
            }
            "PaymentVoided" => {
                self.payments.clear();
                self.is_void = true;
            }
            "InventoryReserved" => self.reserve(data),
            "InventoryBackordered" => self.each(list(data, "lines"), |line, units| line.backordered += units),
            "InventoryReleased" => self.release_all(data),
            "ReservationExpired" => self.expire(data),
            "ReservationExtended" => self.expires_at = time(data, "until"),
            "OrderHeld" => self.hold(data),
            "OrderHoldReleased" => drop(self.holds.remove(text(data, "holdId"))),
            "FulfillmentOrderRejected" => {
                let location = self.release(data);
                self.rejected_by.insert(location);
            }
            "FulfillmentOrderMoved" => self.relocate(data),
            "PickShorted" => drop(self.release(data)),
            "ItemPicked" => self.each_unit(data, |units, count| units.picked += count),
            "ItemPutBack" => self.each_unit(data, |units, count| {
                units.picked -= count;
                units.packed = units.packed.min(units.picked);
            }),
            "ItemUnpacked" => self.each_unit(data, |units, count| units.packed -= count),
            "RejectionUndone" => drop(self.rejected_by.remove(text(data, "location"))),
            "ItemPacked" => self.each_unit(data, |units, count| {
                units.packed += count;
                units.picked = units.picked.max(units.packed);
            }),
            "ShipmentCreated" => self.ship(data),
            "ShipmentCancelled" => self.cancel_shipment(data),
            "PackageResent" => self.resend(data),
            "DeliveryConfirmed" => self.deliver(data),
            "LinesFulfilled" => self.each(list(data, "lines"), |line, units| line.fulfilled += units),
            "LinesUnfulfilled" => self.each(list(data, "lines"), |line, units| line.fulfilled -= units),
            "OrderCancelled" => self.cancel(data),
            "ReturnReceived" => self.each(list(data, "lines"), |line, units| line.returned += units),
            _ => {}
        }
    }

    fn create(&mut self, data: &Value) {
        text(data, "orderId").clone_into(&mut self.id);
        text(data, "channel").clone_into(&mut self.channel);
        self.allow_split = data["allowSplit"] == true;
        text(data, "priority").clone_into(&mut self.priority);
        self.needs_payment = text(data, "payment") == "required";
        self.reserves_at_payment = text(data, "reserveAt") == "payment";
        self.lines = list(data, "lines").iter().map(line).collect();
        self.delivery = delivery(&data["delivery"]);
    }

    fn amend(&mut self, data: &Value) {
        for grown in list(data, "grown") {
            let line = &mut self.lines[index(grown) - 1];
            (line.ordered, line.unit) = (number(grown, "quantity"), hundredths(&grown["unit"]));
        }
        self.lines.extend(list(data, "added").iter().map(line));
        if data["delivery"].is_object() {
            self.delivery = delivery(&data["delivery"]);
        }
        if data["wasRequested"] == true {
            self.has_pending_amendment = false;
        }
    }

    /// Applies a change to each line of a list.
    fn each(&mut self, lines: &[Value], change: impl Fn(&mut Line, i64)) {
        for named in lines {
            change(&mut self.lines[index(named) - 1], number(named, "quantity"));
        }
    }

    /// Applies a change to each line of an event's fulfillment order.
    fn each_unit(&mut self, data: &Value, change: impl Fn(&mut Units, i64)) {
        let part = self.part(data);
        for named in list(data, "lines") {
            change(part.lines.entry(index(named)).or_default(), number(named, "quantity"));
        }
    }

    fn part(&mut self, data: &Value) -> &mut FulfillmentOrder {
        let id = text(data, "fulfillmentOrderId");
        self.fulfillment_orders
            .iter_mut()
            .find(|part| part.id == id)
            .expect("a fulfillment order that is known")
    }

    fn reserve(&mut self, data: &Value) {
        for given in list(data, "fulfillmentOrders") {
            let id = text(given, "fulfillmentOrderId");
            if !self.fulfillment_orders.iter().any(|part| part.id == id) {
                let location = text(given, "location").to_owned();
                let part = FulfillmentOrder { id: id.to_owned(), location, ..Default::default() };
                self.fulfillment_orders.push(part);
            }
            assert_eq!(self.part(given).location, text(given, "location"), "units join their own location");
            self.each_unit(given, |units, count| units.reserved += count);
            if data["waited"] == true {
                self.each(list(given, "lines"), |line, units| line.backordered -= units);
            }
        }
        self.expires_at = time(data, "until");
        self.has_expired = false;
    }

    /// Releases units of a fulfillment order. Returns its location.
    fn release(&mut self, data: &Value) -> String {
        self.each_unit(data, |units, count| {
            units.reserved -= count;
            units.picked = units.picked.min(units.reserved + units.shipped);
            units.packed = units.packed.min(units.reserved + units.shipped);
        });
        self.part(data).location.clone()
    }

    fn release_all(&mut self, data: &Value) {
        for given in list(data, "fulfillmentOrders") {
            self.release(given);
        }
    }

    fn expire(&mut self, data: &Value) {
        self.release_all(data);
        self.each(list(data, "waited"), |line, units| line.backordered -= units);
        let is_reserved = self.numbers().any(|line| self.reserved(line) > 0);
        self.expires_at = self.expires_at.filter(|_| is_reserved);
        self.has_expired = true;
    }

    fn hold(&mut self, data: &Value) {
        let is_whole = data["fulfillmentOrderId"].is_null();
        let hold = Hold { reason: text(data, "reason").to_owned(), is_whole, until: time(data, "until") };
        self.holds.insert(text(data, "holdId").to_owned(), hold);
    }

    fn relocate(&mut self, data: &Value) {
        let part = self.part(data);
        text(data, "to").clone_into(&mut part.location);
        part.requested_by = None;
    }

    /// Ships units. Units beyond the reserved ones were pending or backordered before, or else cancelled.
    fn ship(&mut self, data: &Value) {
        let shipment = text(data, "shipmentId").to_owned();
        for package in list(data, "packages") {
            let mut lines = Vec::new();
            for named in list(package, "lines") {
                let (line, count) = (index(named), number(named, "quantity"));
                let uncommitted = self.pending(line) + self.lines[line - 1].backordered;
                let units = self.part(data).lines.entry(line).or_default();
                let excess = (count - units.reserved).max(0);
                units.reserved -= count - excess;
                units.shipped += count;
                units.packed = units.packed.max(units.shipped);
                units.picked = units.picked.max(units.packed);
                let own = &mut self.lines[line - 1];
                own.cancelled -= (excess - uncommitted).max(0).min(own.cancelled);
                self.wait_for_less();
                lines.push((line, count));
            }
            let id = text(package, "packageId").to_owned();
            self.packages.insert((shipment.clone(), id), Package { lines, is_delivered: false });
        }
    }

    /// Units of a shipment that did not leave are packed and reserved again, except those that the event names.
    fn cancel_shipment(&mut self, data: &Value) {
        self.each_unit(data, |units, count| {
            units.shipped -= count;
            units.reserved += count;
        });
        let part = self.part(data);
        for named in list(data, "unreserved") {
            let units = part.lines.entry(index(named)).or_default();
            units.reserved -= number(named, "quantity");
            units.picked = units.picked.min(units.reserved + units.shipped);
            units.packed = units.packed.min(units.reserved + units.shipped);
        }
        self.each(list(data, "cancelled"), |line, units| line.cancelled += units);
        let shipment = text(data, "shipmentId");
        for (_, package) in
            self.packages.iter().filter(|((of, _), package)| of == shipment && package.is_delivered)
        {
            for &(line, count) in &package.lines {
                self.lines[line - 1].delivered -= count;
            }
        }
        self.packages.retain(|(of, _), _| of != shipment);
    }

    /// The units of a package that are sent again have not left.
    fn resend(&mut self, data: &Value) {
        self.each_unit(data, |units, count| {
            units.shipped -= count;
            units.picked -= count;
            units.packed -= count;
        });
        let key = (text(data, "shipmentId").to_owned(), text(data, "packageId").to_owned());
        self.packages.entry(key).or_default().lines.clear();
    }

    fn cancel(&mut self, data: &Value) {
        self.each(list(data, "lines"), |line, units| line.cancelled += units);
        self.wait_for_less();
        if self.lines.iter().all(|line| line.cancelled == line.ordered) {
            self.holds.clear();
            self.expires_at = None;
        }
    }

    /// Limits the backordered units to the outstanding units.
    fn wait_for_less(&mut self) {
        for line in self.numbers() {
            let excess = (-self.undecided(line)).max(0);
            let own = &mut self.lines[line - 1];
            own.backordered -= excess.min(own.backordered);
        }
    }

    fn deliver(&mut self, data: &Value) {
        let shipment = text(data, "shipmentId").to_owned();
        for id in texts(data, "packages") {
            let package = self.packages.get_mut(&(shipment.clone(), id)).expect("a package that has left");
            if !std::mem::replace(&mut package.is_delivered, true) {
                for &(line, count) in &package.lines {
                    self.lines[line - 1].delivered += count;
                }
            }
        }
    }
}

/// The number of a line, from 1.
fn index(named: &Value) -> usize {
    usize::try_from(number(named, "line")).expect("a line's number")
}

fn line(data: &Value) -> Line {
    let is_without_stock = data["requiresStock"] == false;
    let (sku, ordered) = (text(data, "sku").to_owned(), number(data, "quantity"));
    Line { sku, ordered, is_without_stock, unit: hundredths(&data["unit"]), ..Line::default() }
}

/// An amount in euros and cents.
fn hundredths(amount: &Value) -> Option<i64> {
    let (whole, cents) = amount.as_str()?.split_once('.').expect("an amount in euros has a point");
    assert_eq!(cents.len(), 2, "an amount in euros has two digits after the point");
    Some(format!("{whole}{cents}").parse().expect("an amount is a number"))
}

fn delivery(data: &Value) -> Delivery {
    let is_pinned = matches!(data["method"].as_str(), Some("pickup" | "local" | "dropship"));
    let pinned_location = optional_text(data, "location").filter(|_| is_pinned);
    Delivery { pinned_location, ship_by: time(data, "shipBy") }
}
