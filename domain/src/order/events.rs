//! The events of an order.

use super::choices::{DiscrepancyCode, HoldReason, PaymentTerms, SourcingBasis, TrackingStatus};
use super::contents::{
    AmendedLine, Charge, DeliveryIntent, Destination, FulfillmentOrderLines, LineUnits, OrderedLine, Package,
    PromisedDates, ReturnedUnits,
};
use super::personal::PersonalData;
use super::upcasting::{discrepancy_recorded_1, order_created_1};
use crate::event::{before_requires_stock, event_enum, payloads};
use crate::policy::{Criterion, OnShortage, ReserveAt, WorkAt};
use crate::sourcing::{ConsideredLocation, Shortage};
use crate::values::{
    Amount, Attributes, CartReservationId, ChannelName, Currency, ExternalReferences, FulfillmentOrderId,
    LocationId, OrderId, Period, Priority, Reference, ReturnId, ShipmentId, Sku, Text, Timestamp, Units,
};

payloads! {
    /// An order was created.
    OrderCreated {
        order_id: OrderId,
        channel: ChannelName,
        /// The order's name in the channel.
        channel_ref: Option<Reference>,
        /// The customer's name in the channel.
        customer_ref: Option<Reference>,
        lines: Vec<OrderedLine>,
        /// The currency of every amount.
        currency: Option<Currency>,
        /// Charges in addition to the lines.
        charges: Option<Vec<Charge>>,
        destination: Option<Destination>,
        /// Encrypted and stored next to the payload.
        #[serde(skip)]
        personal: Option<PersonalData> = sealed,
        /// Whether encrypted personal data belongs to the event.
        has_personal_data: bool,
        delivery: Option<DeliveryIntent>,
        on_shortage: OnShortage,
        /// Whether several locations may fill the order.
        allow_split: bool,
        priority: Priority,
        payment: PaymentTerms,
        reserve_at: ReserveAt,
        /// Which payment lets locations work on the order.
        #[serde(default)]
        work_at: WorkAt,
        /// How long reservations last while the order is neither paid nor acknowledged by a location.
        reserve_for: Option<Period>,
        /// When the customer placed the order.
        placed_at: Option<Timestamp>,
        /// The order's names in other systems.
        external_refs: Option<ExternalReferences>,
        /// The sender's own data.
        attributes: Option<Attributes>,
        /// The cart reservation whose units the order took over.
        reservation: Option<CartReservationId>,
        /// A keyed digest of the request: the same order again is recognised by it.
        content: Text<64>,
        /// The decision time.
        at: Timestamp,
    }
    /// The order is paid, or a part of it.
    PaymentConfirmed {
        payment_ref: Reference,
        amount: Option<Amount>,
        /// Whether the customer owes nothing more.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        complete: bool,
    }
    /// The order was sourced.
    OrderSourced {
        /// The sourcing preferences, in order.
        criteria: Vec<Criterion>,
        basis: SourcingBasis,
        /// The chosen locations. Empty: units are missing, and nothing was reserved.
        chosen: Vec<LocationId>,
        /// Every considered location, and what it lacked.
        candidates: Vec<ConsideredLocation>,
        /// Units that are missing at all locations together.
        shortages: Vec<Shortage>,
    }
    /// Units were reserved.
    InventoryReserved {
        fulfillment_orders: Vec<FulfillmentOrderLines>,
        /// Whether the units were backordered before.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        waited: bool,
        /// When all reservations of the order expire. Absent: never.
        until: Option<Timestamp>,
    }
    /// Reservations, or places in the backorder queues, have ended. The order is sourced again when it is paid.
    ReservationExpired {
        fulfillment_orders: Vec<FulfillmentOrderLines>,
        /// Units that leave the backorder queues.
        waited: Vec<LineUnits>,
    }
    /// The order's reservations end at another time, or never.
    ReservationExtended {
        /// When they end. Absent: never.
        until: Option<Timestamp>,
    }
    /// The order was amended.
    OrderAmended {
        /// Existing lines with more units or another price.
        grown: Vec<AmendedLine>,
        /// New lines.
        added: Vec<OrderedLine>,
        has_new_address: bool,
        destination: Option<Destination>,
        /// Encrypted and stored next to the payload.
        #[serde(skip)]
        personal: Option<PersonalData> = sealed,
        /// Whether encrypted personal data belongs to the event.
        has_personal_data: bool,
        /// Absent: the delivery stays as it is.
        delivery: Option<DeliveryIntent>,
        /// Whether locations had to agree: the personal data belongs to the request then.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        was_requested: bool,
    }
    /// Terms of the order changed. The event has all of them, as they are from now on.
    OrderTermsChanged {
        priority: Priority,
        /// Whether several locations may fill the order.
        allow_split: bool,
        on_shortage: OnShortage,
        /// How long reservations last while the order is neither paid nor acknowledged by a location. Absent: they do not
        /// expire.
        reserve_for: Option<Period>,
        /// The sender's own data.
        attributes: Option<Attributes>,
    }
    /// A cancelled order is wanted again: its units are pending.
    OrderReopened {
        lines: Vec<LineUnits>,
    }
    /// Locations that work on the order were requested to agree to a new address or delivery.
    AmendmentRequested {
        /// Unique within the order.
        amendment_id: Reference,
        fulfillment_orders: Vec<FulfillmentOrderId>,
        has_new_address: bool,
        destination: Option<Destination>,
        /// Encrypted and stored next to the payload.
        #[serde(skip)]
        personal: Option<PersonalData> = sealed,
        /// Whether encrypted personal data belongs to the event.
        has_personal_data: bool,
        /// Absent: the delivery stays as it is.
        delivery: Option<DeliveryIntent>,
    }
    /// A location has agreed to an amendment.
    AmendmentAccepted {
        fulfillment_order_id: FulfillmentOrderId,
    }
    /// An amendment was rejected, or lapsed.
    AmendmentRejected {
        /// The fulfillment order whose location rejected it. Absent: it lapsed.
        fulfillment_order_id: Option<FulfillmentOrderId>,
        /// The location's reason; `nothing_left` or `reserved_elsewhere` when it lapsed.
        reason: Text<500>,
    }
    /// The expected date of backordered units changed.
    PromiseChanged {
        sku: Sku,
        /// When the last unit is expected. Absent: unknown.
        promised_at: Option<Timestamp>,
    }
    /// Units are backordered.
    InventoryBackordered {
        lines: Vec<LineUnits>,
    }
    /// Reserved units were released.
    InventoryReleased {
        fulfillment_orders: Vec<FulfillmentOrderLines>,
    }
    /// A payment is authorized.
    PaymentAuthorized {
        payment_ref: Reference,
        amount: Option<Amount>,
        /// When the authorization ends.
        authorized_until: Option<Timestamp>,
    }
    /// A payment failed.
    PaymentFailed {
        payment_ref: Option<Reference>,
        reason: Text<500>,
    }
    /// All payments were voided.
    PaymentVoided {
        reason: Text<500>,
    }
    /// Money was paid back.
    PaymentRefunded {
        refund_ref: Reference,
        /// The payment that was paid back, where that is known.
        payment_ref: Option<Reference>,
        amount: Amount,
        reason: Option<Text<500>>,
    }
    /// A hold was placed.
    OrderHeld {
        /// Unique within the order.
        hold_id: Reference,
        /// The only fulfillment order on hold. Absent: the whole order.
        fulfillment_order_id: Option<FulfillmentOrderId>,
        reason: HoldReason,
        note: Option<Text<500>>,
        /// When the hold ends. Absent: when it is released.
        until: Option<Timestamp>,
    }
    /// A hold has ended.
    OrderHoldReleased {
        hold_id: Reference,
    }
    /// A location has accepted a fulfillment order.
    FulfillmentOrderAccepted {
        fulfillment_order_id: FulfillmentOrderId,
        /// Its name in the warehouse's own system.
        wms_ref: Option<Reference>,
        /// The wave that it is picked in.
        wave_ref: Option<Reference>,
    }
    /// A location has rejected a fulfillment order: its units are released.
    FulfillmentOrderRejected {
        fulfillment_order_id: FulfillmentOrderId,
        lines: Vec<LineUnits>,
        reason: Text<500>,
    }
    /// A location takes back that it rejected a fulfillment order: the order can be sourced there again.
    RejectionUndone {
        fulfillment_order_id: FulfillmentOrderId,
        location: LocationId,
    }
    /// A fulfillment order was moved to another location.
    FulfillmentOrderMoved {
        fulfillment_order_id: FulfillmentOrderId,
        from: LocationId,
        to: LocationId,
        lines: Vec<LineUnits>,
        /// When it can leave the new location and arrive, where that is known.
        promise: Option<PromisedDates>,
    }
    /// Packed goods are ready for pickup by the customer.
    ReadyForPickup {
        fulfillment_order_id: FulfillmentOrderId,
        at: Timestamp,
    }
    /// A location that has acknowledged a fulfillment order was requested to release units of it.
    CancellationRequested {
        fulfillment_order_id: FulfillmentOrderId,
        /// Absent: all units that have not shipped.
        lines: Option<Vec<LineUnits>>,
        /// The location that the units move to. Absent: they are cancelled.
        move_to: Option<LocationId>,
        /// Whether the target may be paused, or may have rejected the order.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        forced: bool,
        /// The reason of the command; `moved` for a move without a reason.
        reason: Text<500>,
    }
    /// A location does not release the requested units.
    CancellationRejected {
        fulfillment_order_id: FulfillmentOrderId,
        reason: Text<500>,
    }
    /// Units are missing at a location, and no longer reserved there.
    PickShorted {
        fulfillment_order_id: FulfillmentOrderId,
        lines: Vec<LineUnits>,
        /// The reason of the command; `short_remainder` when units did not leave with a shipment.
        reason: Text<500>,
        /// When they were found missing, if reported.
        happened_at: Option<Timestamp>,
    }
    /// Picked units were put back into stock.
    ItemPutBack {
        fulfillment_order_id: FulfillmentOrderId,
        lines: Vec<LineUnits>,
    }
    /// Units were announced to come back.
    ReturnRequested {
        return_id: ReturnId,
        lines: Vec<LineUnits>,
        reason: Text<500>,
        /// When it is closed if units are still missing then. Absent: never.
        lapses_at: Option<Timestamp>,
    }
    /// No more units of a return are expected.
    ReturnClosed {
        return_id: ReturnId,
        /// The reason of the command; `lapsed` if the units did not come in time.
        reason: Text<500>,
    }
    /// Units came back.
    ReturnReceived {
        return_id: ReturnId,
        location: LocationId,
        lines: Vec<ReturnedUnits>,
        /// When they came back, if that was reported.
        received_at: Option<Timestamp>,
    }
    /// Units were picked.
    ItemPicked {
        fulfillment_order_id: FulfillmentOrderId,
        lines: Vec<LineUnits>,
    }
    /// Units were packed.
    ItemPacked {
        fulfillment_order_id: FulfillmentOrderId,
        lines: Vec<LineUnits>,
    }
    /// Units are not packed any more. They stay picked.
    ItemUnpacked {
        fulfillment_order_id: FulfillmentOrderId,
        lines: Vec<LineUnits>,
    }
    /// Packages left a location.
    ShipmentCreated {
        shipment_id: ShipmentId,
        fulfillment_order_id: FulfillmentOrderId,
        location: LocationId,
        packages: Vec<Package>,
        shipped_at: Timestamp,
        /// A package without a carrier's report for this long counts as stuck. Absent: packages never count as stuck.
        stuck_after: Option<Period>,
    }
    /// A shipment was reported by mistake: its goods have not left.
    ShipmentCancelled {
        shipment_id: ShipmentId,
        fulfillment_order_id: FulfillmentOrderId,
        /// All units of the shipment.
        lines: Vec<LineUnits>,
        /// Of those, units that are not reserved for the order again.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unreserved: Vec<LineUnits>,
        /// Of the units that are not reserved, those that are cancelled, as before the shipment.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cancelled: Vec<LineUnits>,
        reason: Text<500>,
        /// The decision time. Absent in events that older programs wrote.
        at: Option<Timestamp>,
    }
    /// A package has another label.
    PackageRelabelled {
        shipment_id: ShipmentId,
        package_id: Reference,
        carrier: Reference,
        /// The carrier's number.
        tracking_number: Reference,
        /// The carrier's service.
        service: Option<Text<64>>,
        at: Timestamp,
    }
    /// The contents of a package that did not arrive are sent again: its units are pending, and no longer count as shipped.
    PackageResent {
        shipment_id: ShipmentId,
        package_id: Reference,
        fulfillment_order_id: FulfillmentOrderId,
        lines: Vec<LineUnits>,
        reason: Text<500>,
    }
    /// Packages are stuck: the carrier has not reported for too long.
    ShipmentStuck {
        shipment_id: ShipmentId,
        packages: Vec<Reference>,
    }
    /// Packages were lost, refused or sent back.
    DeliveryFailed {
        shipment_id: ShipmentId,
        packages: Vec<Reference>,
        status: TrackingStatus,
        /// The time of the status.
        at: Timestamp,
        /// Whether a later report, the delivery, or another shipment of the contents supersedes the failure: it changes nothing.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        superseded: bool,
    }
    /// A carrier reported the status of packages.
    ShipmentTracked {
        shipment_id: ShipmentId,
        packages: Vec<Reference>,
        status: TrackingStatus,
        /// The carrier's word for the status, where it is another one.
        reported_as: Option<Text<64>>,
        /// The time of the status.
        status_at: Timestamp,
        /// The reported time, if it was too far ahead.
        reported_ahead_of_time: Option<Timestamp>,
        /// Where the packages were.
        location: Option<Text<200>>,
        /// The carrier's report, encrypted and stored next to the payload.
        #[serde(skip)]
        raw: Option<Text<4000>> = sealed,
        /// Whether an encrypted report belongs to the event.
        has_personal_data: bool,
    }
    /// Packages were delivered.
    DeliveryConfirmed {
        shipment_id: ShipmentId,
        packages: Vec<Reference>,
        delivered_at: Timestamp,
    }
    /// Units of lines without stock are fulfilled: a gift card was sent, a service was rendered.
    LinesFulfilled {
        lines: Vec<LineUnits>,
        fulfilled_at: Timestamp,
        /// What the customer received, encrypted and stored next to the payload.
        #[serde(skip)]
        reference: Option<Text<500>> = sealed,
        /// Whether an encrypted reference belongs to the event.
        has_personal_data: bool,
    }
    /// Units of lines without stock were reported as fulfilled by mistake: they are open again.
    LinesUnfulfilled {
        lines: Vec<LineUnits>,
        reason: Text<500>,
    }
    /// Units were cancelled.
    OrderCancelled {
        lines: Vec<LineUnits>,
        /// The reason of the command, or a code: `order_amended`, `insufficient_stock`, `cancellation_accepted`,
        /// `returned_by_location`.
        reason: Text<500>,
    }
    /// A report contradicted the known state. The code says whether the report counts.
    DiscrepancyRecorded {
        code: DiscrepancyCode,
        /// The number of units that were reported in excess, where the discrepancy is about units.
        units: Option<Units>,
    }
    /// The key to the order's personal data was destroyed.
    PersonalDataErased {
        reason: Text<500>,
    }
}

event_enum!(
    /// An event of an order.
    OrderEvent {
        OrderCreated = 3 { 1 => order_created_1, 2 => before_requires_stock },
        OrderAmended = 2 { 1 => before_requires_stock }, OrderTermsChanged = 1, OrderReopened = 1,
        AmendmentRequested = 1, AmendmentAccepted = 1, AmendmentRejected = 1,
        PaymentAuthorized = 1, PaymentConfirmed = 1, PaymentFailed = 1, PaymentVoided = 1, PaymentRefunded = 1,
        OrderSourced = 1, InventoryReserved = 1, InventoryBackordered = 1, InventoryReleased = 1,
        ReservationExpired = 1, ReservationExtended = 1, PromiseChanged = 1,
        OrderHeld = 1, OrderHoldReleased = 1,
        FulfillmentOrderAccepted = 1, FulfillmentOrderRejected = 1, RejectionUndone = 1,
        FulfillmentOrderMoved = 1,
        CancellationRequested = 1, CancellationRejected = 1,
        ItemPicked = 1, PickShorted = 1, ItemPacked = 1, ItemPutBack = 1, ItemUnpacked = 1,
        ReadyForPickup = 1,
        ShipmentCreated = 1, ShipmentCancelled = 1, PackageRelabelled = 1, PackageResent = 1,
        ShipmentTracked = 1, ShipmentStuck = 1, DeliveryConfirmed = 1, DeliveryFailed = 1,
        LinesFulfilled = 1, LinesUnfulfilled = 1,
        OrderCancelled = 1, ReturnRequested = 1, ReturnReceived = 1, ReturnClosed = 1,
        DiscrepancyRecorded = 2 { 1 => discrepancy_recorded_1 }, PersonalDataErased = 1,
    }
);
