//! What an order knows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choices::{DeliveryMethod, HoldReason, PaymentTerms, TrackingStatus};
use super::contents::{DeliveryIntent, Destination, LineUnits, OrderedLine, Package, PromisedDates};
use super::events::OrderCreated;
use super::totals::{LineTotals, total};
use crate::policy::ReserveAt;
use crate::values::{
    FulfillmentOrderId, LineNumber, LocationId, OrderId, Period, Reference, ReturnId, ShipmentId, Sku, Text,
    Timestamp, Units,
};

/// The most lines an order may have.
pub const MOST_LINES: usize = 500;
/// The most discrepancies that an order tells of.
pub(super) const MOST_DISCREPANCIES: usize = 100;

/// An order.
///
/// For every line `ordered = pending + backordered + reserved + shipped + cancelled`, where reserved includes what is
/// picked and packed; [`LineTotals`](super::LineTotals) derives each from the records below, so that none can drift from the others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Order {
    /// What was ordered, as it was amended since; nothing for an order that does not exist.
    pub created: Option<Arc<OrderCreated>>,
    /// Whether it goes elsewhere, or to somebody else, than it did at first.
    pub has_new_address: bool,
    /// Units cancelled, by line.
    pub cancelled: Vec<Units>,
    /// Units that wait for supply, by line.
    pub backordered: Vec<Units>,
    /// When the last of the units that wait is expected, by SKU, where that is known.
    pub promised: BTreeMap<Sku, Timestamp>,
    /// Until when all that is held for it holds; for good where nothing is said.
    pub expires_at: Option<Timestamp>,
    /// Whether what was held for it has expired, and nothing was held since.
    pub has_expired: bool,
    /// Names of the payments that were confirmed.
    pub payments: Vec<Reference>,
    /// Names of the payments that were taken back.
    pub voided_payments: Vec<Reference>,
    /// What was last heard of payments that are not confirmed.
    pub payment: PaymentNews,
    /// Who fills it.
    pub fulfillment_orders: Vec<FulfillmentOrder>,
    /// The locations that do not ship it: they have rejected a part of it.
    pub rejected_by: BTreeSet<LocationId>,
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
    /// What locations were asked about its address or delivery, and have not all answered.
    pub amendment: Option<Box<PendingAmendment>>,
    /// How often locations were asked about it: no id is given twice.
    pub amendments_requested: u32,
}

/// Where an order is to go, or how it is to be delivered, if the locations agree that work on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingAmendment {
    /// Its id within the order.
    pub id: Reference,
    /// Whether it is to go elsewhere, or to somebody else.
    pub has_new_address: bool,
    /// Where it is to go then.
    pub destination: Option<Destination>,
    /// How and when it is to be delivered, where that is new.
    pub delivery: Option<DeliveryIntent>,
    /// The parts whose locations have agreed.
    pub accepted_by: BTreeSet<FulfillmentOrderId>,
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
    /// What the location was asked and has not answered.
    pub asked: Option<Asked>,
    /// When it can leave and arrive at the earliest, as it was promised.
    pub promise: Option<PromisedDates>,
    /// Since when it waits to be fetched.
    pub ready_since: Option<Timestamp>,
    /// Its lines, each a part of an order line.
    pub lines: Vec<FulfillmentLine>,
}

/// What a location that has taken a part on was asked to leave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// What of each line.
    pub lines: Vec<LineUnits>,
    /// Which location is to take it over; it is cancelled where not given.
    pub move_to: Option<LocationId>,
    /// Whether that location takes it over although it is paused, or has rejected the order.
    #[serde(default)]
    pub forced: bool,
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

    /// Whether its location works on what has not left.
    pub fn is_worked_on(&self) -> bool {
        self.is_taken_on() && self.is_open()
    }

    /// Units of a line that its location was asked to leave and still can.
    pub fn asked_of(&self, line: &FulfillmentLine) -> Units {
        self.asked.as_ref().map_or(Units::ZERO, |asked| total(&asked.lines, line.line).min(line.open()))
    }

    /// Whether its location was asked to leave units and still can.
    pub fn is_asked(&self) -> bool {
        self.lines.iter().any(|line| !self.asked_of(line).is_zero())
    }

    /// Whether it supplies units of the order, shipped ones included: not everything was given back.
    pub fn supplies(&self) -> bool {
        !self.total(FulfillmentLine::kept).is_zero()
    }

    /// Whether anything of it has left.
    pub fn has_shipped(&self) -> bool {
        !self.total(|line| line.shipped).is_zero()
    }

    /// Whether anything of it has not left.
    pub fn is_open(&self) -> bool {
        !self.total(FulfillmentLine::open).is_zero()
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
    /// How long a carrier may say nothing of a parcel before it counts as stuck.
    pub stuck_after: Option<Period>,
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
    /// Whether nothing was heard of it for too long, and nothing since.
    pub is_stuck: bool,
}

impl Shipment {
    /// When a parcel of it will count as stuck, unless something is heard of it.
    pub(super) fn stuck_at(&self, parcel: &Parcel) -> Option<Timestamp> {
        let is_awaited = parcel.delivered_at.is_none() && !parcel.is_stuck && !parcel.has_failed();
        let heard = parcel.tracked.map_or(self.shipped_at, |(_, at)| at.max(self.shipped_at));
        self.stuck_after.filter(|_| is_awaited).map(|period| period.after(heard))
    }
}

impl Parcel {
    /// Whether its carrier has given it up.
    pub(super) fn has_failed(&self) -> bool {
        self.tracked.is_some_and(|(status, _)| status.is_failure())
    }
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
    /// Until when; until somebody releases it where not given.
    pub until: Option<Timestamp>,
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

impl Order {
    /// What was ordered, line by line; nothing for an order that does not exist.
    pub fn lines(&self) -> &[OrderedLine] {
        self.created.as_ref().map_or(&[], |created| &created.lines)
    }

    /// The order's id, where it exists.
    pub fn id(&self) -> Option<OrderId> {
        self.created.as_ref().map(|created| created.order_id)
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

    /// Whether it gets no units before it is paid: by its terms, or because its reservation has expired.
    pub fn awaits_payment(&self) -> bool {
        let by_terms = self.created.as_ref().is_some_and(|created| created.reserve_at == ReserveAt::Payment);
        (by_terms || self.has_expired) && !self.is_paid()
    }

    /// Whether units must be found for it now: no decision has been made about some, and it waits neither for its payment
    /// nor for somebody's decision.
    pub fn needs_sourcing(&self) -> bool {
        !self.awaits_payment() && !self.is_out_of_stock() && !self.pending_demand().is_empty()
    }

    /// Whether amounts can be said of it: they are in its currency.
    pub(super) fn has_currency(&self) -> bool {
        self.created.as_ref().is_some_and(|created| created.currency.is_some())
    }

    /// Whether what is held for it is held for good: it is paid for, or a location has taken some of it on.
    pub fn is_firm(&self) -> bool {
        let taken_on = self.fulfillment_orders.iter().any(FulfillmentOrder::is_taken_on);
        !self.payments.is_empty() || !self.shipments.is_empty() || taken_on
    }

    /// Until when what is reserved for it at a moment holds: as long as what is held already, be it for good, so that all of
    /// it expires at once or nothing.
    pub(super) fn holds_until(&self, at: Timestamp) -> Option<Timestamp> {
        let reserve_for = self.created.as_ref()?.reserve_for.filter(|_| !self.is_firm())?;
        let holds_some = self.fulfillment_orders.iter().any(FulfillmentOrder::is_open);
        self.expires_at.or_else(|| (!holds_some).then(|| reserve_for.after(at)))
    }

    /// Whether it waits for want of units.
    pub fn is_out_of_stock(&self) -> bool {
        self.holds.iter().any(|hold| hold.reason == HoldReason::InventoryOutOfStock)
    }

    /// The earliest time at which it may leave, where the customer gave one.
    pub fn ship_not_before(&self) -> Option<Timestamp> {
        self.created.as_ref()?.delivery.as_ref()?.ship_not_before
    }

    /// The time by which it must have left, where the customer gave one.
    pub fn ship_by(&self) -> Option<Timestamp> {
        self.created.as_ref()?.delivery.as_ref()?.ship_by
    }

    /// Whether a part's location was asked about the order's address or delivery, and has not answered.
    pub fn awaits_answer_of(&self, part: &FulfillmentOrder) -> bool {
        let has_not_agreed = |asked: &PendingAmendment| !asked.accepted_by.contains(&part.id);
        part.is_worked_on() && self.amendment.as_deref().is_some_and(has_not_agreed)
    }

    /// Whether nobody is left to answer what was asked about its address or delivery.
    pub fn amendment_is_settled(&self) -> bool {
        self.amendment.is_some() && !self.fulfillment_orders.iter().any(|part| self.awaits_answer_of(part))
    }

    /// How it is to be delivered.
    pub fn delivery_method(&self) -> DeliveryMethod {
        let delivery = self.created.as_ref().and_then(|created| created.delivery.as_ref());
        delivery.map_or(DeliveryMethod::Ship, |delivery| delivery.method)
    }

    /// The next moment at which something is due for it without anybody asking.
    pub fn due_at(&self) -> Option<Timestamp> {
        let holds = self.holds.iter().filter_map(|hold| hold.until);
        let parcels = self
            .shipments
            .iter()
            .flat_map(|shipment| shipment.parcels.iter().filter_map(|parcel| shipment.stuck_at(parcel)));
        self.expires_at.into_iter().chain(holds).chain(parcels).min()
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
