//! What happens to an order.

use super::choices::{DeliveryMethod, Disposition, HoldReason, PaymentTerms, SourcingBasis, TrackingStatus};
use super::personal::PersonalData;
use crate::event::{event_enum, payloads};
use crate::policy::{Criterion, OnShortage, ReserveAt};
use crate::sourcing::{ConsideredLocation, Shortage};
use crate::values::{
    Amount, Attributes, ChannelName, Currency, ExternalReferences, FulfillmentOrderId, LineNumber,
    LocationId, OrderId, Priority, Quantity, Reference, ReturnId, ShipmentId, Sku, Text, Timestamp, Units,
};

payloads! {
    /// One line as it was ordered.
    OrderedLine {
        /// Its number, from 1.
        line: LineNumber,
        /// The sender's name for it.
        line_ref: Option<Reference>,
        /// What.
        sku: Sku,
        /// How many.
        quantity: Quantity,
        /// Price of one.
        unit: Option<Amount>,
        /// Price of the line.
        total: Option<Amount>,
        /// Tax of the line.
        tax: Option<Amount>,
        /// Discount on the line.
        discount: Option<Amount>,
        /// The sender's own data.
        attributes: Option<Attributes>,
    }
    /// What is charged beside the lines.
    #[serde(deny_unknown_fields)]
    Charge {
        /// What for, such as `shipping`.
        code: Reference,
        /// How much.
        amount: Amount,
        /// Tax on it.
        tax: Option<Amount>,
    }
    /// Where goods go, as far as it is nobody's secret.
    Destination {
        /// The city.
        city: Option<Text<100>>,
        /// State or province.
        region: Option<Text<100>>,
        /// Postal code.
        postal_code: Option<Text<20>>,
        /// Country by ISO 3166 alpha-2.
        country: Option<Text<2>>,
    }
    /// How and when goods are to reach the customer.
    #[serde(deny_unknown_fields)]
    DeliveryIntent {
        /// How.
        method: DeliveryMethod,
        /// At which location, for pickup and local delivery.
        location: Option<LocationId>,
        /// The service that was sold.
        service_level: Option<Text<64>>,
        /// Not to leave before.
        ship_not_before: Option<Timestamp>,
        /// To leave by.
        ship_by: Option<Timestamp>,
        /// To arrive by.
        deliver_by: Option<Timestamp>,
    }
    /// Units of one line.
    LineUnits {
        /// Which line.
        line: LineNumber,
        /// How many.
        quantity: Units,
        /// Of which lots, where known.
        lots: Option<Vec<Reference>>,
        /// Which serial numbers, where known.
        serials: Option<Vec<Reference>>,
    }
    /// Lines that one location fills.
    FulfillmentOrderLines {
        /// The fulfillment order.
        fulfillment_order_id: FulfillmentOrderId,
        /// The location.
        location: LocationId,
        /// What of each line.
        lines: Vec<LineUnits>,
    }
    /// Length, width and height in millimetres.
    #[serde(deny_unknown_fields)]
    Dimensions {
        /// The longest side.
        length: Quantity,
        /// The second.
        width: Quantity,
        /// The third.
        height: Quantity,
    }
    /// A parcel.
    Package {
        /// Its id within the shipment.
        package_id: Reference,
        /// Who carries it.
        carrier: Reference,
        /// The carrier's number.
        tracking_number: Reference,
        /// The carrier's service.
        service: Option<Text<64>>,
        /// What is in it.
        lines: Vec<LineUnits>,
        /// Its weight in grams.
        weight: Option<Quantity>,
        /// Its size.
        dimensions: Option<Dimensions>,
    }

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
        /// How long its reservation was asked to hold, as an ISO 8601 duration.
        reserve_for: Option<Text<64>>,
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
    /// A location that has taken a part on is asked to leave it.
    CancellationRequested {
        /// Which part.
        fulfillment_order_id: FulfillmentOrderId,
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
    /// What came back of one line, and what becomes of it.
    ReturnedUnits {
        /// Which line.
        line: LineNumber,
        /// How many.
        quantity: Units,
        /// What becomes of them.
        disposition: Disposition,
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
        OrderCreated = 1, PaymentConfirmed = 1, OrderSourced = 1, InventoryReserved = 1,
        InventoryBackordered = 1, InventoryReleased = 1,
        PaymentAuthorized = 1, PaymentFailed = 1, PaymentVoided = 1,
        FulfillmentOrderAccepted = 1, FulfillmentOrderRejected = 1, CancellationRequested = 1,
        CancellationRejected = 1, PickShorted = 1, ItemPutBack = 1, ReturnRequested = 1, ReturnReceived = 1,
        OrderHeld = 1, OrderHoldReleased = 1, ItemPicked = 1, ItemPacked = 1, ShipmentCreated = 1, ShipmentTracked = 1,
        DeliveryConfirmed = 1, OrderCancelled = 1, DiscrepancyRecorded = 1, PersonalDataErased = 1,
    }
);
