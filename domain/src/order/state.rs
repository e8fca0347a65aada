//! What an order knows.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choices::{HoldReason, PaymentTerms, TrackingStatus};
use super::events::{OrderCreated, OrderedLine, Package};
use crate::sourcing::Demand;
use crate::values::{
    FulfillmentOrderId, LineNumber, LocationId, OrderId, Reference, ReturnId, ShipmentId, Text, Timestamp,
    Units,
};

/// The most lines an order may have.
pub const MOST_LINES: usize = 500;
/// The most discrepancies that an order tells of.
pub(super) const MOST_DISCREPANCIES: usize = 100;

/// An order.
///
/// For every line `ordered = pending + backordered + reserved + shipped + cancelled`, where reserved includes what is
/// picked and packed; [`LineTotals`] derives each from the records below, so that none can drift from the others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Order {
    /// What was ordered; nothing for an order that does not exist.
    pub created: Option<Arc<OrderCreated>>,
    /// Units cancelled, by line.
    pub cancelled: Vec<Units>,
    /// Units that wait for supply, by line.
    pub backordered: Vec<Units>,
    /// Names of the payments that were confirmed.
    pub payments: Vec<Reference>,
    /// Names of the payments that were taken back.
    pub voided_payments: Vec<Reference>,
    /// What was last heard of payments that are not confirmed.
    pub payment: PaymentNews,
    /// Who fills it.
    pub fulfillment_orders: Vec<FulfillmentOrder>,
    /// What has left.
    pub shipments: Vec<Shipment>,
    /// What comes back, or came.
    pub returns: Vec<OrderReturn>,
    /// Why it waits.
    pub holds: Vec<Hold>,
    /// How many holds there ever were: no id is given twice.
    pub holds_placed: u32,
    /// Reports that contradicted what was believed.
    pub discrepancies: Vec<Discrepancy>,
    /// What became of its personal data.
    pub personal_data: PersonalDataState,
}

/// What was last heard of payments that are not confirmed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentNews {
    /// Nothing.
    #[default]
    None,
    /// One is promised.
    Authorized,
    /// One failed.
    Failed,
    /// All were taken back.
    Voided,
}

/// What became of an order's personal data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PersonalDataState {
    /// None was given.
    #[default]
    None,
    /// It is kept, sealed.
    Sealed,
    /// Its key was destroyed.
    Erased,
}

/// The part of an order that one location fills.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FulfillmentOrder {
    /// Its id.
    pub id: FulfillmentOrderId,
    /// The location.
    pub location: LocationId,
    /// Whether the location has said that it takes it on.
    pub accepted: bool,
    /// Its name in the warehouse's own system.
    pub wms_ref: Option<Reference>,
    /// Whether the location was asked to leave it.
    pub cancellation_requested: bool,
    /// Its lines, each a part of an order line.
    pub lines: Vec<FulfillmentLine>,
}

/// A fulfillment order's part of an order line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FulfillmentLine {
    /// Which line.
    pub line: LineNumber,
    /// Units it was given.
    pub quantity: Units,
    /// Of those, given back.
    pub released: Units,
    /// Of those, picked; packed and shipped ones included.
    pub picked: Units,
    /// Of those, packed; shipped ones included.
    pub packed: Units,
    /// Of those, shipped.
    pub shipped: Units,
}

impl FulfillmentLine {
    /// Units it still has to do with, shipped or not.
    pub fn kept(&self) -> Units {
        self.quantity.saturating_sub(self.released)
    }

    /// Units held and not yet shipped.
    pub fn open(&self) -> Units {
        self.kept().saturating_sub(self.shipped)
    }
}

impl FulfillmentOrder {
    /// Its part of an order line.
    pub fn line(&self, line: LineNumber) -> Option<&FulfillmentLine> {
        self.lines.iter().find(|part| part.line == line)
    }

    /// Whether its location has taken it on, by its word or by picking.
    pub fn is_taken_on(&self) -> bool {
        self.accepted || !self.total(|line| line.picked).is_zero()
    }

    /// A sum over its lines.
    pub fn total(&self, part: impl Fn(&FulfillmentLine) -> Units) -> Units {
        self.lines.iter().map(part).sum()
    }
}

/// What left a location together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shipment {
    /// Its id.
    pub id: ShipmentId,
    /// Which fulfillment order it belongs to.
    pub fulfillment_order_id: FulfillmentOrderId,
    /// When it left.
    pub shipped_at: Timestamp,
    /// Its parcels.
    pub parcels: Vec<Parcel>,
}

/// A parcel and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parcel {
    /// The parcel as it left.
    pub package: Package,
    /// The latest that the carrier said, and when it was so.
    pub tracked: Option<(TrackingStatus, Timestamp)>,
    /// When it was handed over.
    pub delivered_at: Option<Timestamp>,
}

/// What is to come back together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderReturn {
    /// Its id.
    pub id: ReturnId,
    /// Why.
    pub reason: Text<500>,
    /// What of each line.
    pub lines: Vec<ReturnLine>,
}

/// A return's part of an order line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReturnLine {
    /// Which line.
    pub line: LineNumber,
    /// Units announced.
    pub requested: Units,
    /// Units that came.
    pub received: Units,
    /// Of those, thrown away.
    pub scrapped: Units,
}

impl ReturnLine {
    /// Nothing yet of a line.
    pub(super) const fn nothing(line: LineNumber) -> Self {
        Self { line, requested: Units::ZERO, received: Units::ZERO, scrapped: Units::ZERO }
    }
}

/// Why an order waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// Its id within the order.
    pub id: Reference,
    /// The only part of the order that waits; all of it where not given.
    pub fulfillment_order_id: Option<FulfillmentOrderId>,
    /// Why.
    pub reason: HoldReason,
    /// For people.
    pub note: Option<Text<500>>,
}

/// A report that contradicted what was believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Discrepancy {
    /// A stable code.
    pub code: Reference,
    /// For people.
    pub detail: Text<500>,
}

/// What became of one line's units. `ordered = pending + backordered + reserved + shipped + cancelled`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LineTotals {
    /// What was asked for.
    pub ordered: Units,
    /// Waiting for supply.
    pub backordered: Units,
    /// Held, picked and packed ones included.
    pub reserved: Units,
    /// Picked; packed and shipped ones included.
    pub picked: Units,
    /// Packed; shipped ones included.
    pub packed: Units,
    /// Shipped; delivered ones included.
    pub shipped: Units,
    /// Handed over.
    pub delivered: Units,
    /// Not to be delivered.
    pub cancelled: Units,
    /// Came back.
    pub returned: Units,
}

impl LineTotals {
    /// Units of which nothing is decided yet.
    pub fn pending(&self) -> Units {
        self.ordered.saturating_sub(self.backordered + self.reserved + self.shipped + self.cancelled)
    }
}

impl Order {
    /// What was ordered, line by line; nothing for an order that does not exist.
    pub fn lines(&self) -> &[OrderedLine] {
        self.created.as_ref().map_or(&[], |created| &created.lines)
    }

    /// The order's id, where it exists.
    pub fn id(&self) -> Option<OrderId> {
        self.created.as_ref().map(|created| created.order_id)
    }

    /// What became of every line, in order.
    pub fn line_totals(&self) -> Vec<LineTotals> {
        let mut totals: Vec<LineTotals> = self
            .lines()
            .iter()
            .zip(self.cancelled.iter().zip(&self.backordered))
            .map(|(line, (&cancelled, &backordered))| LineTotals {
                ordered: line.quantity.units(),
                cancelled,
                backordered,
                ..LineTotals::default()
            })
            .collect();
        for part in self.fulfillment_orders.iter().flat_map(|fulfillment| &fulfillment.lines) {
            if let Some(line) = totals.get_mut(part.line.index()) {
                line.reserved += part.open();
                line.picked += part.picked;
                line.packed += part.packed;
                line.shipped += part.shipped;
            }
        }
        for part in self.returns.iter().flat_map(|back| &back.lines) {
            if let Some(line) = totals.get_mut(part.line.index()) {
                line.returned += part.received;
            }
        }
        for parcel in self.parcels().filter(|parcel| parcel.delivered_at.is_some()) {
            for units in &parcel.package.lines {
                if let Some(line) = totals.get_mut(units.line.index()) {
                    line.delivered += units.quantity;
                }
            }
        }
        totals
    }

    /// Every parcel of every shipment.
    pub fn parcels(&self) -> impl Iterator<Item = &Parcel> {
        self.shipments.iter().flat_map(|shipment| &shipment.parcels)
    }

    /// The fulfillment order with this id.
    pub fn fulfillment_order(&self, id: FulfillmentOrderId) -> Option<&FulfillmentOrder> {
        self.fulfillment_orders.iter().find(|fulfillment| fulfillment.id == id)
    }

    /// The shipment with this id.
    pub fn shipment(&self, id: ShipmentId) -> Option<&Shipment> {
        self.shipments.iter().find(|shipment| shipment.id == id)
    }

    /// The return with this id.
    pub fn find_return(&self, id: ReturnId) -> Option<&OrderReturn> {
        self.returns.iter().find(|back| back.id == id)
    }

    /// Units of every line that have left and are not announced to come back, in order.
    pub fn returnable(&self) -> Vec<Units> {
        let mut left: Vec<Units> = self.line_totals().iter().map(|totals| totals.shipped).collect();
        for part in self.returns.iter().flat_map(|back| &back.lines) {
            if let Some(left) = left.get_mut(part.line.index()) {
                *left -= part.requested.max(part.received);
            }
        }
        left
    }

    /// Units that no decision has been made about, by SKU, lines with the same SKU summed.
    pub fn pending_demand(&self) -> Demand {
        let mut demand = Demand::new();
        for (line, totals) in self.lines().iter().zip(self.line_totals()) {
            if !totals.pending().is_zero() {
                *demand.entry(line.sku.clone()).or_default() += totals.pending();
            }
        }
        demand
    }

    /// Units that wait for supply, by SKU.
    pub fn backordered_demand(&self) -> Demand {
        let mut demand = Demand::new();
        for (line, &waiting) in self.lines().iter().zip(&self.backordered) {
            if !waiting.is_zero() {
                *demand.entry(line.sku.clone()).or_default() += waiting;
            }
        }
        demand
    }

    /// Whether goods may leave as far as money is concerned.
    pub fn is_paid(&self) -> bool {
        let terms = self.created.as_ref().map(|created| created.payment);
        terms == Some(PaymentTerms::NotRequired) || !self.payments.is_empty()
    }

    /// Whether nothing of one location's part may be picked, packed or shipped for now.
    pub fn is_held(&self, id: FulfillmentOrderId) -> bool {
        self.holds.iter().any(|hold| hold.fulfillment_order_id.is_none_or(|held| held == id))
    }

    /// Whether everything that is to leave has left.
    pub fn is_shipped(&self) -> bool {
        let totals = self.line_totals();
        let open = |line: &LineTotals| !(line.pending() + line.backordered + line.reserved).is_zero();
        !self.shipments.is_empty() && !totals.iter().any(open)
    }

    /// Whether nothing of it will be delivered.
    pub fn is_cancelled(&self) -> bool {
        let ordered = self.lines().iter().map(|line| line.quantity.units());
        self.created.is_some() && ordered.eq(self.cancelled.iter().copied())
    }
}
