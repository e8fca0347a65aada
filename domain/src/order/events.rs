//! What happens to an order.

use super::choices::{HoldReason, PaymentTerms, SourcingBasis, TrackingStatus};
use super::contents::{
    AmendedLine, Charge, DeliveryIntent, Destination, FulfillmentOrderLines, LineUnits, OrderedLine, Package,
    PromisedDates, ReturnedUnits,
};
use super::personal::PersonalData;
use super::upcasting::order_created_1;
use crate::event::{event_enum, payloads};
use crate::policy::{Criterion, OnShortage, ReserveAt};
use crate::sourcing::{ConsideredLocation, Shortage};
use crate::values::{
    Amount, Attributes, ChannelName, Currency, ExternalReferences, FulfillmentOrderId, LocationId, OrderId,
    Period, Priority, Reference, ReturnId, ShipmentId, Sku, Text, Timestamp,
};

payloads! {
    /// Somebody ordered goods.
    OrderCreated {
        /// The order.
        order_id: OrderId,
        /// Where it came from.
        channel: ChannelName,
        /// Its name there.
        channel_ref: Option<Reference>,
        /// The customer's name there.
        customer_ref: Option<Reference>,
        /// What was ordered.
        lines: Vec<OrderedLine>,
        /// The currency of every amount.
        currency: Option<Currency>,
        /// What is charged beside the lines.
        charges: Option<Vec<Charge>>,
        /// Where it goes.
        destination: Option<Destination>,
        /// Who and where exactly: sealed, and never part of the payload.
        #[serde(skip)]
        personal: Option<PersonalData> = sealed,
        /// Whether sealed personal data came with it.
        has_personal_data: bool,
        /// How and when it is to be delivered.
        delivery: Option<DeliveryIntent>,
        /// What becomes of it when not everything is there.
        on_shortage: OnShortage,
        /// Whether several locations may fill it.
        allow_split: bool,
        /// How urgent it is.
        priority: Priority,
        /// Whether it must be paid before it leaves.
        payment: PaymentTerms,
        /// When units are reserved for it.
        reserve_at: ReserveAt,
        /// How long what is reserved for it holds while it is not paid.
        reserve_for: Option<Period>,
        /// When the customer ordered.
        placed_at: Option<Timestamp>,
        /// Its names elsewhere.
        external_refs: Option<ExternalReferences>,
        /// The sender's own data.
        attributes: Option<Attributes>,
        /// A keyed digest of the request, to recognise the same order sent again.
        content: Text<64>,
        /// When it was decided.
        at: Timestamp,
    }
    /// The customer's money is there.
    PaymentConfirmed {
        /// The payment's name elsewhere.
        payment_ref: Reference,
        /// How much.
        amount: Option<Amount>,
    }
    /// Locations were chosen, or none could be.
    OrderSourced {
        /// What was preferred, in order.
        criteria: Vec<Criterion>,
        /// On what distances were based.
        basis: SourcingBasis,
        /// The locations that fill it.
        chosen: Vec<LocationId>,
        /// Every location that was looked at and what it lacked.
        candidates: Vec<ConsideredLocation>,
        /// What was missing everywhere together.
        shortages: Vec<Shortage>,
    }
    /// Units are held for the order.
    InventoryReserved {
        /// By the location that will ship them.
        fulfillment_orders: Vec<FulfillmentOrderLines>,
        /// Whether the order waited for them.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        waited: bool,
        /// Until when all that is held for the order holds; for good where not given.
        until: Option<Timestamp>,
    }
    /// What was reserved for the order, or waited for, held only until now: its units are free.
    ReservationExpired {
        /// By the location that held them.
        fulfillment_orders: Vec<FulfillmentOrderLines>,
        /// What of each line had waited for supply.
        waited: Vec<LineUnits>,
    }
    /// What is held for the order holds longer.
    ReservationExtended {
        /// Until when; for good where not given.
        until: Option<Timestamp>,
    }
    /// Something of the order is other than it was.
    OrderAmended {
        /// Lines of which more are ordered.
        grown: Vec<AmendedLine>,
        /// Lines that are new.
        added: Vec<OrderedLine>,
        /// Whether the order goes elsewhere, or to somebody else, than before.
        has_new_address: bool,
        /// Where it goes then.
        destination: Option<Destination>,
        /// Who and where exactly: sealed, and never part of the payload.
        #[serde(skip)]
        personal: Option<PersonalData> = sealed,
        /// Whether sealed personal data came with it.
        has_personal_data: bool,
        /// How and when it is to be delivered from now on, where that is new.
        delivery: Option<DeliveryIntent>,
        /// Whether locations were asked before: who and where exactly came with that request then.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        was_requested: bool,
    }
    /// Locations that have taken parts on are asked whether the order may go elsewhere, or be delivered otherwise.
    AmendmentRequested {
        /// Its id within the order.
        amendment_id: Reference,
        /// Which parts.
        fulfillment_orders: Vec<FulfillmentOrderId>,
        /// Whether the order is to go elsewhere, or to somebody else.
        has_new_address: bool,
        /// Where it is to go then.
        destination: Option<Destination>,
        /// Who and where exactly: sealed, and never part of the payload.
        #[serde(skip)]
        personal: Option<PersonalData> = sealed,
        /// Whether sealed personal data came with it.
        has_personal_data: bool,
        /// How and when it is to be delivered, where that is new.
        delivery: Option<DeliveryIntent>,
    }
    /// A location that was asked agrees.
    AmendmentAccepted {
        /// For which part.
        fulfillment_order_id: FulfillmentOrderId,
    }
    /// The order goes where it was to go, and is delivered as it was to be.
    AmendmentRejected {
        /// For which part its location refused; nobody did where not given: it became impossible.
        fulfillment_order_id: Option<FulfillmentOrderId>,
        /// Why.
        reason: Text<500>,
    }
    /// Units that wait are expected at another time than was said, or are no longer expected.
    PromiseChanged {
        /// Of which SKU.
        sku: Sku,
        /// When the last of them is expected, where that is known.
        promised_at: Option<Timestamp>,
    }
    /// Units wait for supply.
    InventoryBackordered {
        /// What of each line.
        lines: Vec<LineUnits>,
    }
    /// Units held for the order are free again.
    InventoryReleased {
        /// By the location that held them.
        fulfillment_orders: Vec<FulfillmentOrderLines>,
    }
    /// A payment is promised.
    PaymentAuthorized {
        /// The payment's name elsewhere.
        payment_ref: Reference,
        /// How much.
        amount: Option<Amount>,
        /// How long the promise holds.
        authorized_until: Option<Timestamp>,
    }
    /// A payment failed.
    PaymentFailed {
        /// The payment's name elsewhere.
        payment_ref: Option<Reference>,
        /// Why.
        reason: Text<500>,
    }
    /// Payments were taken back.
    PaymentVoided {
        /// Why.
        reason: Text<500>,
    }
    /// The order, or one location's part of it, waits.
    OrderHeld {
        /// The hold's id within the order.
        hold_id: Reference,
        /// Only this part of it waits.
        fulfillment_order_id: Option<FulfillmentOrderId>,
        /// Why.
        reason: HoldReason,
        /// For people.
        note: Option<Text<500>>,
        /// Until when; until somebody releases it where not given.
        until: Option<Timestamp>,
    }
    /// The order waits no longer for this.
    OrderHoldReleased {
        /// The hold's id within the order.
        hold_id: Reference,
    }
    /// Its location takes one part on.
    FulfillmentOrderAccepted {
        /// Which part.
        fulfillment_order_id: FulfillmentOrderId,
        /// Its name in the warehouse's own system.
        wms_ref: Option<Reference>,
        /// The wave that it is picked in.
        wave_ref: Option<Reference>,
    }
    /// Its location does not take one part on: its units are free again.
    FulfillmentOrderRejected {
        /// Which part.
        fulfillment_order_id: FulfillmentOrderId,
        /// What of each line was held.
        lines: Vec<LineUnits>,
        /// Why.
        reason: Text<500>,
    }
    /// Another location takes one part over.
    FulfillmentOrderMoved {
        /// Which part.
        fulfillment_order_id: FulfillmentOrderId,
        /// From where.
        from: LocationId,
        /// To where.
        to: LocationId,
        /// What of each line was held.
        lines: Vec<LineUnits>,
        /// When it can leave and arrive from there, where that is known.
        promise: Option<PromisedDates>,
    }
    /// What is packed waits to be fetched by the customer.
    ReadyForPickup {
        /// Which part.
        fulfillment_order_id: FulfillmentOrderId,
        /// Since when.
        at: Timestamp,
    }
    /// A location that has taken a part on is asked to leave it, or units of it.
    CancellationRequested {
        /// Which part.
        fulfillment_order_id: FulfillmentOrderId,
        /// What of each line; all that has not left where not given.
        lines: Option<Vec<LineUnits>>,
        /// Which location is to take it over; it is cancelled where not given.
        move_to: Option<LocationId>,
        /// Whether that location takes it over although it is paused, or has rejected the order.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        forced: bool,
        /// Why.
        reason: Text<500>,
    }
    /// A location that was asked to leave a part goes on with it.
    CancellationRejected {
        /// Which part.
        fulfillment_order_id: FulfillmentOrderId,
        /// Why.
        reason: Text<500>,
    }
    /// Goods are not where they should be: what is missing is no longer held there.
    PickShorted {
        /// By which fulfillment order.
        fulfillment_order_id: FulfillmentOrderId,
        /// What of each line is missing.
        lines: Vec<LineUnits>,
        /// Why.
        reason: Text<500>,
    }
    /// Picked goods are back in their places.
    ItemPutBack {
        /// By which fulfillment order.
        fulfillment_order_id: FulfillmentOrderId,
        /// What of each line.
        lines: Vec<LineUnits>,
    }
    /// Goods are to come back.
    ReturnRequested {
        /// The return.
        return_id: ReturnId,
        /// What of each line.
        lines: Vec<LineUnits>,
        /// Why.
        reason: Text<500>,
    }
    /// Goods came back.
    ReturnReceived {
        /// The return.
        return_id: ReturnId,
        /// Where.
        location: LocationId,
        /// What of each line.
        lines: Vec<ReturnedUnits>,
    }
    /// Goods were taken from their places.
    ItemPicked {
        /// By which fulfillment order.
        fulfillment_order_id: FulfillmentOrderId,
        /// What of each line.
        lines: Vec<LineUnits>,
    }
    /// Goods were put into parcels.
    ItemPacked {
        /// By which fulfillment order.
        fulfillment_order_id: FulfillmentOrderId,
        /// What of each line.
        lines: Vec<LineUnits>,
    }
    /// Parcels left a location.
    ShipmentCreated {
        /// The shipment.
        shipment_id: ShipmentId,
        /// By which fulfillment order.
        fulfillment_order_id: FulfillmentOrderId,
        /// From where.
        location: LocationId,
        /// The parcels.
        packages: Vec<Package>,
        /// When they left.
        shipped_at: Timestamp,
        /// How long a carrier may say nothing of them before they count as stuck.
        stuck_after: Option<Period>,
    }
    /// Nothing was heard of parcels for longer than they may take.
    ShipmentStuck {
        /// The shipment.
        shipment_id: ShipmentId,
        /// Its parcels of which nothing was heard.
        packages: Vec<Reference>,
    }
    /// Parcels were lost, refused or sent back.
    DeliveryFailed {
        /// The shipment.
        shipment_id: ShipmentId,
        /// Its parcels.
        packages: Vec<Reference>,
        /// What the carrier says.
        status: TrackingStatus,
        /// When that was so.
        at: Timestamp,
    }
    /// A carrier reported on parcels.
    ShipmentTracked {
        /// The shipment.
        shipment_id: ShipmentId,
        /// Its parcels that the report is about.
        packages: Vec<Reference>,
        /// What it says.
        status: TrackingStatus,
        /// When that was so.
        status_at: Timestamp,
        /// Where the parcel was.
        location: Option<Text<200>>,
        /// The carrier's own words: sealed, and never part of the payload.
        #[serde(skip)]
        raw: Option<Text<4000>> = sealed,
        /// Whether sealed words came with it.
        has_personal_data: bool,
    }
    /// Parcels were handed over.
    DeliveryConfirmed {
        /// The shipment.
        shipment_id: ShipmentId,
        /// Its parcels that were handed over.
        packages: Vec<Reference>,
        /// When.
        delivered_at: Timestamp,
    }
    /// Units will not be delivered.
    OrderCancelled {
        /// What of each line.
        lines: Vec<LineUnits>,
        /// Why.
        reason: Text<500>,
    }
    /// A report contradicts what was believed; it counts all the same.
    DiscrepancyRecorded {
        /// A stable code.
        code: Reference,
        /// For people.
        detail: Text<500>,
    }
    /// The key to the order's personal data was destroyed.
    PersonalDataErased {
        /// Why.
        reason: Text<500>,
    }
}

event_enum!(
    /// Everything that happens to an order.
    OrderEvent {
        OrderCreated = 2 { 1 => order_created_1 }, OrderAmended = 1,
        AmendmentRequested = 1, AmendmentAccepted = 1, AmendmentRejected = 1,
        PaymentAuthorized = 1, PaymentConfirmed = 1, PaymentFailed = 1, PaymentVoided = 1,
        OrderSourced = 1, InventoryReserved = 1, InventoryBackordered = 1, InventoryReleased = 1,
        ReservationExpired = 1, ReservationExtended = 1, PromiseChanged = 1,
        OrderHeld = 1, OrderHoldReleased = 1,
        FulfillmentOrderAccepted = 1, FulfillmentOrderRejected = 1, FulfillmentOrderMoved = 1,
        CancellationRequested = 1, CancellationRejected = 1,
        ItemPicked = 1, PickShorted = 1, ItemPacked = 1, ItemPutBack = 1, ReadyForPickup = 1,
        ShipmentCreated = 1, ShipmentTracked = 1, ShipmentStuck = 1, DeliveryConfirmed = 1, DeliveryFailed = 1,
        OrderCancelled = 1, ReturnRequested = 1, ReturnReceived = 1,
        DiscrepancyRecorded = 1, PersonalDataErased = 1,
    }
);
