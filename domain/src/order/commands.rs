//! What can be asked of an order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choices::{Disposition, HoldReason, PaymentTerms, TrackingStatus};
use super::contents::{Charge, DeliveryIntent, Dimensions, OrderedLine};
use super::personal::ShipTo;
use crate::command::commands;
use crate::policy::OnShortage;
use crate::values::{
    Amount, Attributes, ChannelName, Currency, ExternalReferences, FulfillmentOrderId, LineNumber,
    LocationId, OrderId, Period, Priority, Quantity, Reference, ReturnId, ShipmentId, Sku, Text, Timestamp,
};

macro_rules! parts {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$field_doc:meta])* $field:ident : $kind:ty ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[serde_with::skip_serializing_none]
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
            #[serde(rename_all = "camelCase", deny_unknown_fields)]
            pub struct $name { $( $(#[$field_doc])* pub $field: $kind, )* }
        )*
    };
}

parts! {
    /// A line to be ordered.
    NewLine {
        /// What.
        sku: Sku,
        /// How many.
        quantity: Quantity,
        /// The sender's name for the line, once an order.
        line_ref: Option<Reference>,
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
    /// Units of one line, named by its number or by the sender's name for it.
    LineQuantity {
        /// The line's number, from 1.
        line: Option<LineNumber>,
        /// The sender's name for the line.
        line_ref: Option<Reference>,
        /// How many.
        quantity: Quantity,
        /// Of which lots.
        lots: Option<Vec<Reference>>,
        /// Which serial numbers.
        serials: Option<Vec<Reference>>,
    }
    /// Units of one line that came back.
    ReturnedLine {
        /// The line's number, from 1.
        line: Option<LineNumber>,
        /// The sender's name for the line.
        line_ref: Option<Reference>,
        /// How many.
        quantity: Quantity,
        /// What becomes of them.
        disposition: Disposition,
        /// Of which lots.
        lots: Option<Vec<Reference>>,
        /// Which serial numbers.
        serials: Option<Vec<Reference>>,
    }
    /// A parcel that leaves.
    ShipPackage {
        /// Its id within the shipment; `p1`, `p2` and so on where not given.
        package_id: Option<Reference>,
        /// Who carries it. Needed for what is sent, not for what is fetched or brought.
        carrier: Option<Reference>,
        /// The carrier's number. Needed with a carrier.
        tracking_number: Option<Reference>,
        /// The carrier's service.
        service: Option<Text<64>>,
        /// What is in it; one package may leave it out and holds what the others do not.
        lines: Option<Vec<LineQuantity>>,
        /// Its weight in grams.
        weight: Option<Quantity>,
        /// Its size in millimetres.
        dimensions: Option<Dimensions>,
    }
}

impl NewLine {
    /// Whether it says what anything costs.
    pub(super) fn has_amounts(&self) -> bool {
        [self.unit, self.total, self.tax, self.discount].iter().any(Option::is_some)
    }

    /// The line under its number in the order.
    pub(super) fn numbered(&self, line: LineNumber) -> OrderedLine {
        OrderedLine {
            line,
            line_ref: self.line_ref.clone(),
            sku: self.sku.clone(),
            quantity: self.quantity,
            unit: self.unit,
            total: self.total,
            tax: self.tax,
            discount: self.discount,
            priced: None,
            attributes: self.attributes.clone(),
        }
    }
}

/// What is to be other in an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Change {
    /// One more line.
    Add(NewLine),
    /// So many units of a line are to be delivered all together, those that have left included.
    SetQuantity(NewQuantity),
    /// Nothing more of a line is to be delivered.
    Remove(NamedLine),
}

parts! {
    /// A line and how many units of it are to be delivered.
    NewQuantity {
        /// The line's number, from 1.
        line: Option<LineNumber>,
        /// The sender's name for the line.
        line_ref: Option<Reference>,
        /// How many.
        quantity: Quantity,
        /// Price of one, where the line grows; as before where not given.
        unit: Option<Amount>,
        /// Price of the line. Needed where the line has one and grows.
        total: Option<Amount>,
        /// Tax of the line. Needed where the line has one and grows.
        tax: Option<Amount>,
        /// Discount on the line. Needed where the line has one and grows.
        discount: Option<Amount>,
    }
    /// A line.
    NamedLine {
        /// The line's number, from 1.
        line: Option<LineNumber>,
        /// The sender's name for the line.
        line_ref: Option<Reference>,
    }
}

commands! {
    /// Orders goods.
    CreateOrder {
        /// The order's id; made where not given.
        order_id: Option<OrderId>,
        /// Where it comes from.
        channel: ChannelName,
        /// Its name there: the same order is recognised by it.
        channel_ref: Option<Reference>,
        /// The customer's name there. Not a person's name: it is not sealed.
        customer_ref: Option<Reference>,
        /// What is ordered: 1 to 500 lines.
        lines: Vec<NewLine>,
        /// The currency of every amount; needed where there is one.
        currency: Option<Currency>,
        /// What is charged beside the lines; at most 50.
        charges: Option<Vec<Charge>>,
        /// To whom and where it goes.
        ship_to: Option<ShipTo> = sealed,
        /// How and when it is to be delivered.
        delivery: Option<DeliveryIntent>,
        /// What becomes of it when not everything is there; the merchant's rule where not given.
        on_shortage: Option<OnShortage>,
        /// Whether several locations may fill it; the merchant's rule where not given.
        allow_split: Option<bool>,
        /// How urgent it is; `standard` where not given.
        priority: Option<Priority>,
        /// Whether it must be paid before it leaves; `required` where not given.
        payment: Option<PaymentTerms>,
        /// How long what is reserved holds while the order is neither paid nor taken on by a location, as an ISO 8601
        /// duration of 1 second to 366 days; the merchant's rule where not given.
        reserve_for: Option<Period>,
        /// When the customer ordered.
        placed_at: Option<Timestamp>,
        /// Its names elsewhere.
        external_refs: Option<ExternalReferences>,
        /// The sender's own data.
        attributes: Option<Attributes>,
    }
    /// Reports that an order is paid.
    ConfirmPayment {
        /// The order.
        order_id: OrderId,
        /// The payment's name elsewhere.
        payment_ref: Reference,
        /// How much, in the order's currency.
        amount: Option<Amount>,
    }
    /// Reports that a payment is promised.
    AuthorizePayment {
        /// The order.
        order_id: OrderId,
        /// The payment's name elsewhere.
        payment_ref: Reference,
        /// How much, in the order's currency.
        amount: Option<Amount>,
        /// How long the promise holds.
        authorized_until: Option<Timestamp>,
    }
    /// Reports that a payment failed.
    FailPayment {
        /// The order.
        order_id: OrderId,
        /// The payment's name elsewhere.
        payment_ref: Option<Reference>,
        /// Why.
        reason: Text<500>,
    }
    /// Reports that payments were taken back: the order is not paid any more.
    VoidPayment {
        /// The order.
        order_id: OrderId,
        /// Why.
        reason: Text<500>,
    }
    /// Lets an order, or one location's part of it, wait: nothing of it is picked, packed or shipped meanwhile.
    HoldOrder {
        /// The order.
        order_id: OrderId,
        /// Only this part of it.
        fulfillment_order_id: Option<FulfillmentOrderId>,
        /// Why.
        reason: HoldReason,
        /// For people. Not for what is personal: it is not sealed.
        note: Option<Text<500>>,
        /// Until when; until somebody releases it where not given.
        until: Option<Timestamp>,
    }
    /// Ends a hold. Where it stood for want of units, they are looked for again.
    ReleaseHold {
        /// The order.
        order_id: OrderId,
        /// Which of its holds.
        hold_id: Reference,
    }
    /// Reports that a location takes its part of an order on. From then on it is asked before anything is taken from it.
    AcceptFulfillmentOrder {
        /// Which part.
        fulfillment_order_id: FulfillmentOrderId,
        /// Its name in the warehouse's own system.
        wms_ref: Option<Reference>,
        /// The wave that it is picked in.
        wave_ref: Option<Reference>,
    }
    /// Reports that a location does not take its part on. Its units are looked for elsewhere.
    RejectFulfillmentOrder {
        /// Which part.
        fulfillment_order_id: FulfillmentOrderId,
        /// Why.
        reason: Text<500>,
    }
    /// Reports that a location leaves a part that it was asked to leave. What it had picked is back in its place.
    AcceptCancellation {
        /// Which part.
        fulfillment_order_id: FulfillmentOrderId,
    }
    /// Reports that a location goes on with a part that it was asked to leave.
    RejectCancellation {
        /// Which part.
        fulfillment_order_id: FulfillmentOrderId,
        /// Why.
        reason: Text<500>,
    }
    /// Reports that a location goes by the new address or delivery that it was asked about. It counts when all have
    /// agreed that were asked.
    AcceptAmendment {
        /// Which part.
        fulfillment_order_id: FulfillmentOrderId,
        /// What it answers: the order's `amendment.amendmentId`, so that a late answer counts for no other request.
        amendment_id: Option<Reference>,
    }
    /// Reports that a location goes on by the address and delivery that it was told before: they stay as they were.
    RejectAmendment {
        /// Which part.
        fulfillment_order_id: FulfillmentOrderId,
        /// What it answers: the order's `amendment.amendmentId`, so that a late answer counts for no other request.
        amendment_id: Option<Reference>,
        /// Why.
        reason: Text<500>,
    }
    /// Reports goods that are not where they should be: all that is not picked, or units of lines. The stock is
    /// corrected, and they are looked for elsewhere.
    ShortPick {
        /// By which fulfillment order.
        fulfillment_order_id: FulfillmentOrderId,
        /// All that is not picked yet.
        all: Option<bool>,
        /// Or units of these lines.
        lines: Option<Vec<LineQuantity>>,
        /// Why.
        reason: Text<500>,
    }
    /// Announces that goods come back.
    RequestReturn {
        /// The order.
        order_id: OrderId,
        /// What of each line.
        lines: Vec<LineQuantity>,
        /// Why.
        reason: Text<500>,
    }
    /// Reports goods that came back.
    ReceiveReturn {
        /// The return.
        return_id: ReturnId,
        /// Where.
        location: LocationId,
        /// What of each line.
        lines: Vec<ReturnedLine>,
    }
    /// Cancels what of an order has not left, or units of lines. What no location has taken on is free at once; the
    /// others are asked.
    CancelOrder {
        /// The order.
        order_id: OrderId,
        /// Why.
        reason: Text<500>,
        /// Only units of these lines; those that wait first, then those that no location has taken on.
        lines: Option<Vec<LineQuantity>>,
    }
    /// Changes an order of which something is still to be shipped: lines and quantities, the address, the delivery. More
    /// units are reserved like those of a new order, or the whole amendment is refused; fewer units are cancelled. An order
    /// of which everything has left is not reopened (`order_shipped`).
    AmendOrder {
        /// The order.
        order_id: OrderId,
        /// What is to be other of its lines, at most 500 changes; each line at most once.
        changes: Option<Vec<Change>>,
        /// To whom and where it goes from now on, whole. A location that has taken a part on is asked.
        ship_to: Option<ShipTo> = sealed,
        /// How and when it is to be delivered from now on, whole. A location that has taken a part on is asked.
        delivery: Option<DeliveryIntent>,
    }
    /// Lets another location take a part of an order over. A location that has taken it on is asked.
    MoveFulfillmentOrder {
        /// Which part.
        fulfillment_order_id: FulfillmentOrderId,
        /// Where it is to ship from.
        location: LocationId,
        /// Whether it is moved to a location that is paused, or that has rejected the order. Default: false.
        force: Option<bool>,
        /// Why.
        reason: Option<Text<500>>,
    }
    /// Reports that goods wait to be fetched by the customer. Implies that they were picked and packed.
    MarkReadyForPickup {
        /// Which part.
        fulfillment_order_id: FulfillmentOrderId,
    }
    /// Reports goods taken from their places: all that is left, or units of lines.
    PickItems {
        /// By which fulfillment order.
        fulfillment_order_id: FulfillmentOrderId,
        /// All that is not picked yet.
        all: Option<bool>,
        /// Or units of these lines.
        lines: Option<Vec<LineQuantity>>,
    }
    /// Reports goods put into parcels: all that is left, or units of lines. Implies that they were picked.
    PackItems {
        /// By which fulfillment order.
        fulfillment_order_id: FulfillmentOrderId,
        /// All that is not packed yet.
        all: Option<bool>,
        /// Or units of these lines.
        lines: Option<Vec<LineQuantity>>,
    }
    /// Reports parcels that left. Implies what was not reported before.
    ShipItems {
        /// By which fulfillment order.
        fulfillment_order_id: FulfillmentOrderId,
        /// The parcels: 1 to 100.
        packages: Vec<ShipPackage>,
        /// When they left; now where not given.
        shipped_at: Option<Timestamp>,
        /// Whether what does not leave now is not there: it is looked for elsewhere, and the stock is corrected.
        short_remainder: Option<bool>,
    }
    /// Reports what a carrier says of a shipment's parcels.
    TrackShipment {
        /// The shipment.
        shipment_id: ShipmentId,
        /// What it says.
        status: TrackingStatus,
        /// When that was so.
        at: Timestamp,
        /// Which parcel; all of them where not given.
        package_id: Option<Reference>,
        /// Where the parcel was.
        location: Option<Text<200>>,
        /// The carrier's own words. Kept sealed.
        raw: Option<Text<4000>> = sealed,
    }
    /// Reports what a carrier says of a parcel, by the carrier's number.
    TrackParcel {
        /// Who carries it.
        carrier: Reference,
        /// The carrier's number.
        tracking_number: Reference,
        /// What it says.
        status: TrackingStatus,
        /// When that was so.
        at: Timestamp,
        /// Where the parcel was.
        location: Option<Text<200>>,
        /// The carrier's own words. Kept sealed.
        raw: Option<Text<4000>> = sealed,
    }
    /// Reports that parcels were handed over.
    ConfirmDelivery {
        /// The shipment.
        shipment_id: ShipmentId,
        /// Which parcel; all of them where not given.
        package_id: Option<Reference>,
        /// When; now where not given.
        delivered_at: Option<Timestamp>,
    }
    /// Destroys the key to an order's personal data.
    ErasePersonalData {
        /// The order.
        order_id: OrderId,
        /// Why.
        reason: Text<500>,
    }
    /// Does what is due for an order at this moment: its reservation or a hold ends, a parcel counts as stuck. Not for
    /// callers: the service does it by itself.
    AttendOrder {
        /// The order.
        order_id: OrderId,
    }
}
