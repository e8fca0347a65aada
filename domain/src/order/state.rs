//! The state of an order, and the questions that it answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choices::{DeliveryMethod, DiscrepancyCode, HoldReason};
use super::contents::{DeliveryIntent, Destination, LineUnits, OrderedLine};
use super::events::OrderCreated;
use super::fulfillment_order::FulfillmentOrder;
use super::returns::OrderReturn;
use super::shipment::{Shipment, TrackedPackage};
use crate::policy::ReserveAt;
use crate::values::{
    Amount, FulfillmentOrderId, LineNumber, LocationId, OrderId, Priority, Reference, ReturnId, ShipmentId,
    Sku, Text, Timestamp, Units,
};

/// The most lines an order may have.
pub const MAX_LINES: usize = 2_000;
/// The most discrepancies that the state keeps. The journal keeps all.
pub(super) const MAX_DISCREPANCIES: usize = 100;

/// An order.
///
/// For every line that requires stock, `ordered + excess = pending + backordered + reserved + shipped + cancelled`, where reserved
/// includes picked and packed units; for any other, `ordered = unfulfilled + fulfilled + cancelled`.
/// [`LineTotals`](super::LineTotals) derives each from the fields below.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "documented where the name does not say it")]
pub struct Order {
    /// The order with its amendments. Absent: the order does not exist.
    pub created: Option<Arc<OrderCreated>>,
    /// Whether an amendment has changed its address.
    pub has_new_address: bool,
    /// Cancelled units, by line.
    pub cancelled: Vec<Units>,
    /// The values of cancelled units, by line: what the line's price is less because of them.
    pub cancelled_values: Vec<Amount>,
    /// Units in the backorder queues, by line.
    pub backordered: Vec<Units>,
    /// Fulfilled units of lines without stock, and their values. Lines without fulfilled units are absent.
    pub fulfilled: BTreeMap<LineNumber, LineUnits>,
    /// When the last backordered unit of a SKU is expected, where that is known.
    pub promised: BTreeMap<Sku, Timestamp>,
    /// When its reservations end. Absent: they do not end.
    pub expires_at: Option<Timestamp>,
    /// Whether its reservations have ended, and nothing was reserved since.
    pub has_expired: bool,
    /// Confirmed payments.
    pub payments: Vec<Payment>,
    /// Payments that are authorized and not confirmed.
    pub authorizations: Vec<Payment>,
    /// References of payments that were confirmed and then voided.
    pub voided_payments: Vec<Reference>,
    pub refunds: Vec<Refund>,
    /// Whether its payments were voided, and none was confirmed since.
    pub is_void: bool,
    /// The last event about a payment, confirmations excluded.
    pub payment: LastPaymentEvent,
    pub fulfillment_orders: Vec<FulfillmentOrder>,
    /// Locations that have rejected a fulfillment order of it: they are excluded from sourcing.
    pub rejected_by: BTreeSet<LocationId>,
    pub shipments: Vec<Shipment>,
    pub cancelled_shipments: Vec<CancelledShipment>,
    /// The number of shipments ever created, cancelled ones included: shipment ids are derived from it.
    pub shipments_created: u32,
    pub returns: Vec<OrderReturn>,
    pub holds: Vec<Hold>,
    /// The number of holds ever placed: hold ids are derived from it.
    pub holds_placed: u32,
    pub discrepancies: Vec<Discrepancy>,
    pub personal_data: PersonalDataState,
    /// The amendment that locations have not all agreed to yet.
    pub amendment: Option<Box<PendingAmendment>>,
    /// The number of amendments ever requested of locations: amendment ids are derived from it.
    pub amendments_requested: u32,
}

/// A new address or delivery that takes effect when every location that works on the order has agreed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "documented where the name does not say it")]
pub struct PendingAmendment {
    /// Unique within the order.
    pub id: Reference,
    pub has_new_address: bool,
    pub destination: Option<Destination>,
    /// Absent: the delivery stays as it is.
    pub delivery: Option<DeliveryIntent>,
    /// Fulfillment orders whose locations have agreed.
    pub accepted_by: BTreeSet<FulfillmentOrderId>,
}

/// A payment that was authorized or confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// Its name in the payment system.
    pub reference: Reference,
    /// In the order's currency. Absent: it covers the whole order.
    pub amount: Option<Amount>,
    /// Whether the customer owes nothing more.
    pub is_complete: bool,
    /// When an authorization ends, where that is known.
    pub until: Option<Timestamp>,
}

/// A shipment that was cancelled because it was reported by mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelledShipment {
    /// Its number is not used again.
    pub id: ShipmentId,
    /// When it was cancelled, where that is known.
    pub at: Option<Timestamp>,
}

/// Money that was paid back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    /// Its name in the payment system.
    pub reference: Reference,
    /// In the order's currency.
    pub amount: Amount,
    /// Whether the payments were voided afterwards: it does not count.
    pub is_void: bool,
}

/// The last event about a payment, confirmations excluded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum LastPaymentEvent {
    #[default]
    None,
    Authorized,
    Failed,
    Voided,
}

/// Whether an order has personal data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PersonalDataState {
    /// The order was created without personal data.
    #[default]
    None,
    /// Encrypted with the order's key.
    Sealed,
    /// The key was destroyed.
    Erased,
}

/// A hold on an order or on one of its fulfillment orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "documented where the name does not say it")]
pub struct Hold {
    /// Unique within the order.
    pub id: Reference,
    /// The only fulfillment order on hold. Absent: the whole order.
    pub fulfillment_order_id: Option<FulfillmentOrderId>,
    pub reason: HoldReason,
    pub note: Option<Text<500>>,
    /// Absent: until it is released.
    pub until: Option<Timestamp>,
}

/// A report that contradicted the known state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Discrepancy {
    /// The kind of contradiction.
    pub code: DiscrepancyCode,
    /// The number of units that were reported in excess, where the discrepancy is about units.
    pub units: Option<Units>,
}

impl Order {
    /// Its lines as amended. Empty for an order that does not exist.
    pub fn lines(&self) -> &[OrderedLine] {
        self.created.as_ref().map_or(&[], |created| &created.lines)
    }

    /// Its priority. Default: `standard`.
    pub fn priority(&self) -> Priority {
        self.created.as_ref().map_or(Priority::Standard, |created| created.priority)
    }

    /// The order's id, where it exists.
    pub fn id(&self) -> Option<OrderId> {
        self.created.as_ref().map(|created| created.order_id)
    }

    /// Every package of every shipment.
    pub fn packages(&self) -> impl Iterator<Item = &TrackedPackage> {
        self.shipments.iter().flat_map(|shipment| &shipment.packages)
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
        self.returns.iter().find(|one| one.id == id)
    }

    /// Whether nothing is reserved for it before it is paid: by its terms, because its reservations have expired, or
    /// because its payments were voided.
    pub fn awaits_payment(&self) -> bool {
        let by_terms = self.created.as_ref().is_some_and(|created| created.reserve_at == ReserveAt::Payment);
        (by_terms || self.has_expired || self.is_void) && !self.is_paid()
    }

    /// Whether it has amounts: they are in its currency.
    pub(super) fn has_currency(&self) -> bool {
        self.created.as_ref().is_some_and(|created| created.currency.is_some())
    }

    /// Whether its reservations no longer expire: a payment is confirmed, or a location has acknowledged its work or shipped.
    pub fn is_confirmed(&self) -> bool {
        !self.payments.is_empty() || self.is_in_progress()
    }

    /// Whether units have shipped or are fulfilled, or a location works on some.
    pub(super) fn is_in_progress(&self) -> bool {
        !self.shipments.is_empty()
            || self.has_fulfilled_lines()
            || self.fulfillment_orders.iter().any(FulfillmentOrder::is_in_progress)
    }

    /// When units that are reserved at a time expire: together with those that are reserved already. Absent: never.
    pub(crate) fn reserved_until(&self, at: Timestamp) -> Option<Timestamp> {
        let reserve_for = self.created.as_ref()?.reserve_for.filter(|_| !self.is_confirmed())?;
        let holds_some = self.fulfillment_orders.iter().any(FulfillmentOrder::is_open);
        self.expires_at.or_else(|| (!holds_some).then(|| reserve_for.after(at)))
    }

    /// Whether the whole order is on hold because units are missing.
    pub fn is_out_of_stock(&self) -> bool {
        let is_whole = |hold: &Hold| hold.fulfillment_order_id.is_none();
        self.holds.iter().any(|hold| hold.reason == HoldReason::InventoryOutOfStock && is_whole(hold))
    }

    /// How and when its goods reach the customer, where the customer said it.
    pub(super) fn delivery(&self) -> Option<&DeliveryIntent> {
        self.created.as_ref()?.delivery.as_ref()
    }

    /// The earliest time at which it may leave, where the customer gave one.
    pub fn ship_not_before(&self) -> Option<Timestamp> {
        self.delivery()?.ship_not_before
    }

    /// The time by which it must have left, where the customer gave one.
    pub fn ship_by(&self) -> Option<Timestamp> {
        self.delivery()?.ship_by
    }

    /// Whether the location of a fulfillment order has not answered an amendment request.
    pub fn awaits_answer_of(&self, fulfillment: &FulfillmentOrder) -> bool {
        let has_not_agreed = |pending: &PendingAmendment| !pending.accepted_by.contains(&fulfillment.id);
        fulfillment.is_in_progress() && self.amendment.as_deref().is_some_and(has_not_agreed)
    }

    /// Whether every location has answered the amendment request.
    pub fn amendment_is_settled(&self) -> bool {
        self.amendment.is_some() && !self.fulfillment_orders.iter().any(|one| self.awaits_answer_of(one))
    }

    /// The delivery method. Default: `ship`.
    pub fn delivery_method(&self) -> DeliveryMethod {
        self.delivery().map_or(DeliveryMethod::Ship, |delivery| delivery.method)
    }

    /// The next time at which a reservation, a hold or an authorization ends, a return lapses, or a package counts as stuck.
    pub fn due_at(&self) -> Option<Timestamp> {
        let holds = self.holds.iter().filter_map(|hold| hold.until);
        let stuck_at = |shipment: &'_ Shipment| {
            shipment.packages.iter().filter_map(|package| shipment.stuck_at(package)).min()
        };
        let authorizations = self.ending_authorizations().filter_map(|payment| payment.until);
        let shipments = self.shipments.iter().filter_map(stuck_at);
        let returns = self.returns.iter().filter_map(OrderReturn::due_at);
        self.expires_at.into_iter().chain(holds).chain(authorizations).chain(shipments).chain(returns).min()
    }

    /// Whether a fulfillment order, or the whole order, is on hold.
    pub fn is_held(&self, id: FulfillmentOrderId) -> bool {
        self.holds.iter().any(|hold| hold.fulfillment_order_id.is_none_or(|held| held == id))
    }

    /// Whether every unit is cancelled.
    pub fn is_cancelled(&self) -> bool {
        let ordered = self.lines().iter().map(|line| line.quantity.units());
        self.created.is_some() && ordered.eq(self.cancelled.iter().copied())
    }

    /// Whether every unit has shipped, is fulfilled or is cancelled.
    pub fn is_complete(&self) -> bool {
        self.is_fulfilled() || self.is_cancelled()
    }

    /// Whether units are backordered.
    pub fn is_backordered(&self) -> bool {
        self.backordered.iter().any(|units| !units.is_zero())
    }

    /// Whether a package is stuck.
    pub fn is_stuck(&self) -> bool {
        self.packages().any(|package| package.is_stuck)
    }

    /// The number of lines of all its returns together.
    pub(super) fn return_lines(&self) -> usize {
        self.returns.iter().map(|one| one.lines.len()).sum()
    }
}
