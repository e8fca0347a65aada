//! An order as the outside sees it: the same in answers, read models and audits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::amend::can_amend;
use super::cancel::may_be_cancelled;
use super::choices::DeliveryMethod;
use super::choices::{HoldReason, PaymentTerms, TrackingStatus};
use super::contents::{Charge, DeliveryIntent, Destination, LineUnits, OrderedLine, PromisedDates};
use super::fulfillment_order::assignment::may_be_moved;
use super::hold::may_be_held;
use super::payment::may_be_voided;
use super::personal::PersonalData;
use super::returns::request::may_come_back;
use super::state::{
    Discrepancy, FulfillmentLine, FulfillmentOrder, Hold, Order, OrderReturn, Parcel, PendingAmendment,
    PersonalDataState, ReturnLine, Shipment,
};
use super::status::{FulfillmentOrderStatus, OrderStatus, StatusAxes};
use super::totals::LineTotals;
use crate::policy::{OnShortage, ReserveAt};
use crate::values::{
    Attributes, ChannelName, Currency, ExternalReferences, FulfillmentOrderId, LineNumber, LocationId,
    OrderId, Period, Priority, Reference, ReturnId, ShipmentId, Text, Timestamp, Units,
};

macro_rules! views {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$field_doc:meta])* $field:ident : $kind:ty ),* $(,)? } )*) => {
        $(
            #[serde_with::skip_serializing_none]
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
            #[serde(rename_all = "camelCase")]
            $(#[$doc])*
            pub struct $name { $( $(#[$field_doc])* pub $field: $kind, )* }
        )*
    };
}

views! {
    /// An order.
    OrderView {
        /// Its id.
        order_id: OrderId,
        /// Where it stands, in one word.
        status: OrderStatus,
        /// Where it stands, axis by axis.
        status_axes: StatusAxes,
        /// How many events it has: the version for `If-Match`.
        version: u64,
        /// The journal's position of the command that last changed it.
        position: u64,
        /// Where it came from.
        channel: ChannelName,
        /// Its name there.
        channel_ref: Option<Reference>,
        /// The customer's name there.
        customer_ref: Option<Reference>,
        /// Its lines.
        lines: Vec<LineView>,
        /// The currency of every amount.
        currency: Option<Currency>,
        /// What is charged beside the lines.
        charges: Option<Vec<Charge>>,
        /// To whom and where it goes. Who and where exactly is told only when the order is asked for by id.
        ship_to: Option<ShipToView>,
        /// What became of its personal data.
        personal_data: PersonalDataState,
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
        /// How long what is reserved holds while the order is neither paid nor taken on by a location.
        reserve_for: Option<Period>,
        /// Until when what is held for it holds; for good where not given.
        reserved_until: Option<Timestamp>,
        /// When the customer ordered.
        placed_at: Option<Timestamp>,
        /// When it was taken.
        created_at: Timestamp,
        /// Its names elsewhere.
        external_refs: Option<ExternalReferences>,
        /// The sender's own data.
        attributes: Option<Attributes>,
        /// What locations were asked about its address or delivery, and have not all answered.
        amendment: Option<AmendmentView>,
        /// Who fills it.
        fulfillment_orders: Vec<FulfillmentOrderView>,
        /// What comes back, or came.
        returns: Vec<ReturnView>,
        /// Why it waits.
        holds: Vec<HoldView>,
        /// Reports that contradicted what was believed.
        discrepancies: Vec<Discrepancy>,
        /// The commands on the order that would be accepted now and contradict nothing.
        supported_actions: Vec<String>,
        /// Whether the read model could not fold something that happened since: this is how it was before. Left out where
        /// it is not so.
        stale: Option<bool>,
    }
    /// A line. `quantity = pending + backordered + reserved + shipped + cancelled`, pending being what no decision was
    /// made about.
    LineView {
        /// What was ordered.
        #[serde(flatten)]
        ordered: OrderedLine,
        /// Held, picked and packed ones included.
        reserved: Units,
        /// Waiting for supply.
        backordered: Units,
        /// Picked; packed and shipped ones included.
        picked: Units,
        /// Packed; shipped ones included.
        packed: Units,
        /// Shipped; delivered ones included.
        shipped: Units,
        /// Handed over.
        delivered: Units,
        /// Not to be delivered.
        cancelled: Units,
        /// Came back.
        returned: Units,
        /// When the last of those that wait is expected, where that is known.
        promised_at: Option<Timestamp>,
    }
    /// To whom and where an order goes.
    ShipToView {
        /// What is nobody's secret.
        #[serde(flatten)]
        destination: Option<Destination>,
        /// What was sealed.
        #[serde(flatten)]
        personal: Option<PersonalData>,
    }
    /// Where an order is to go, or how it is to be delivered, if the locations agree that work on it.
    AmendmentView {
        /// Its id within the order, which answers may name.
        amendment_id: Reference,
        /// To whom and where; where it was to go before where not given.
        ship_to: Option<ShipToView>,
        /// How and when; as before where not given.
        delivery: Option<DeliveryIntent>,
    }
    /// One location's part of an order.
    FulfillmentOrderView {
        /// Its id.
        fulfillment_order_id: FulfillmentOrderId,
        /// The location.
        location: LocationId,
        /// How far it is.
        status: FulfillmentOrderStatus,
        /// Whether the location has said that it takes it on.
        accepted: bool,
        /// Its name in the warehouse's own system.
        wms_ref: Option<Reference>,
        /// Whether the location was asked to leave it, or some of it, and has not answered.
        cancellation_requested: bool,
        /// Which location is to take it over then.
        move_to: Option<LocationId>,
        /// Whether the location was asked about another address or delivery, and has not answered.
        amendment_requested: bool,
        /// When it can leave and arrive at the earliest, by what was known when it was reserved.
        promise: Option<PromisedDates>,
        /// Since when it waits to be fetched by the customer.
        ready_since: Option<Timestamp>,
        /// Its part of the order's lines.
        lines: Vec<FulfillmentLineView>,
        /// What has left.
        shipments: Vec<ShipmentView>,
        /// The commands on it that would be accepted now and contradict nothing.
        supported_actions: Vec<String>,
    }
    /// A fulfillment order's part of a line.
    FulfillmentLineView {
        /// Which line.
        line: LineNumber,
        /// Units it was given and has not given back.
        quantity: Units,
        /// Of those, picked.
        picked: Units,
        /// Of those, packed.
        packed: Units,
        /// Of those, shipped.
        shipped: Units,
        /// Of those, what the location was asked to leave.
        asked_for: Units,
    }
    /// What left together.
    ShipmentView {
        /// Its id.
        shipment_id: ShipmentId,
        /// When it left.
        shipped_at: Timestamp,
        /// Its parcels.
        packages: Vec<PackageView>,
    }
    /// A parcel.
    PackageView {
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
        /// The latest that the carrier said.
        status: Option<TrackingStatus>,
        /// When that was so.
        status_at: Option<Timestamp>,
        /// When it was handed over.
        delivered_at: Option<Timestamp>,
        /// Whether nothing was heard of it for too long.
        stuck: bool,
    }
    /// What is to come back together.
    ReturnView {
        /// Its id.
        return_id: ReturnId,
        /// Why.
        reason: Text<500>,
        /// What of each line.
        lines: Vec<ReturnLineView>,
    }
    /// A return's part of a line.
    ReturnLineView {
        /// Which line.
        line: LineNumber,
        /// Units announced.
        requested: Units,
        /// Units that came.
        received: Units,
        /// Of those, thrown away.
        scrapped: Units,
    }
    /// Why an order waits.
    HoldView {
        /// The hold's id.
        hold_id: Reference,
        /// The only part of the order that waits; all of it where not given.
        fulfillment_order_id: Option<FulfillmentOrderId>,
        /// Why.
        reason: HoldReason,
        /// For people.
        note: Option<Text<500>>,
        /// Until when; until somebody releases it where not given.
        until: Option<Timestamp>,
    }
}

impl OrderView {
    /// The order as it is, at its version and the position of the command that made it so; nothing for an order
    /// that does not exist. Carries no personal data.
    pub fn of(order: &Order, version: u64, position: u64) -> Option<Self> {
        let created = order.created.as_ref()?;
        let totals = order.line_totals();
        Some(Self {
            order_id: created.order_id,
            status: order.status(),
            status_axes: order.status_axes(),
            version,
            position,
            channel: created.channel.clone(),
            channel_ref: created.channel_ref.clone(),
            customer_ref: created.customer_ref.clone(),
            lines: created
                .lines
                .iter()
                .zip(&totals)
                .map(|(ordered, totals)| line(order, ordered, totals))
                .collect(),
            currency: created.currency.clone(),
            charges: created.charges.clone(),
            ship_to: created
                .destination
                .clone()
                .map(|place| ShipToView { destination: Some(place), personal: None }),
            personal_data: order.personal_data,
            delivery: created.delivery.clone(),
            on_shortage: created.on_shortage,
            allow_split: created.allow_split,
            priority: created.priority,
            payment: created.payment,
            reserve_at: created.reserve_at,
            reserve_for: created.reserve_for,
            reserved_until: order.expires_at,
            placed_at: created.placed_at,
            created_at: created.at,
            external_refs: created.external_refs.clone(),
            attributes: created.attributes.clone(),
            amendment: order.amendment.as_deref().map(asked_about),
            fulfillment_orders: order.fulfillment_orders.iter().map(|part| part.view(order)).collect(),
            returns: order.returns.iter().map(returned).collect(),
            holds: order.holds.iter().cloned().map(HoldView::from).collect(),
            discrepancies: order.discrepancies.clone(),
            supported_actions: supported_actions(order),
            stale: None,
        })
    }

    /// Adds what was sealed: who and where exactly it goes, and is to go where locations were asked about it.
    #[must_use]
    pub fn with_personal(mut self, now: Option<PersonalData>, asked: Option<PersonalData>) -> Self {
        let exactly = |ship_to: &mut Option<ShipToView>, personal: Option<PersonalData>| {
            if personal.is_some() {
                let destination = ship_to.take().and_then(|ship_to| ship_to.destination);
                *ship_to = Some(ShipToView { destination, personal });
            }
        };
        exactly(&mut self.ship_to, now);
        if let Some(amendment) = &mut self.amendment {
            exactly(&mut amendment.ship_to, asked);
        }
        self
    }
}

fn asked_about(pending: &PendingAmendment) -> AmendmentView {
    let place = || ShipToView { destination: pending.destination.clone(), personal: None };
    AmendmentView {
        amendment_id: pending.id.clone(),
        ship_to: pending.has_new_address.then(place),
        delivery: pending.delivery.clone(),
    }
}

fn returned(back: &OrderReturn) -> ReturnView {
    let line = |part: &ReturnLine| {
        let ReturnLine { line, requested, received, scrapped } = *part;
        ReturnLineView { line, requested, received, scrapped }
    };
    ReturnView {
        return_id: back.id,
        reason: back.reason.clone(),
        lines: back.lines.iter().map(line).collect(),
    }
}

impl From<Hold> for HoldView {
    fn from(hold: Hold) -> Self {
        let Hold { id, fulfillment_order_id, reason, note, until } = hold;
        Self { hold_id: id, fulfillment_order_id, reason, note, until }
    }
}

fn line(order: &Order, ordered: &OrderedLine, totals: &LineTotals) -> LineView {
    let promised_at = order.promised.get(&ordered.sku).filter(|_| !totals.backordered.is_zero());
    LineView {
        promised_at: promised_at.copied(),
        ordered: ordered.clone(),
        reserved: totals.reserved,
        backordered: totals.backordered,
        picked: totals.picked,
        packed: totals.packed,
        shipped: totals.shipped,
        delivered: totals.delivered,
        cancelled: totals.cancelled,
        returned: totals.returned,
    }
}

/// The commands, by the last part of their paths, that would be accepted now and contradict nothing.
fn supported_actions(order: &Order) -> Vec<String> {
    let is_there = order.created.is_some();
    let may_be_paid = is_there && !order.is_cancelled();
    let actions = [
        ("confirm-payment", may_be_paid),
        ("authorize-payment", may_be_paid),
        ("fail-payment", is_there && order.payments.is_empty()),
        ("void-payment", is_there && may_be_voided(order)),
        ("hold", may_be_held(order)),
        ("release-hold", !order.holds.is_empty()),
        ("amend", is_there && can_amend(order).is_ok()),
        ("cancel", may_be_cancelled(order)),
        ("returns", may_come_back(order)),
        ("erase-personal-data", order.personal_data != PersonalDataState::None),
    ];
    actions.into_iter().filter(|(_, accepted)| *accepted).map(|(name, _)| name.to_owned()).collect()
}

impl FulfillmentOrder {
    /// The fulfillment order as the outside sees it.
    pub fn view(&self, order: &Order) -> FulfillmentOrderView {
        let line = |line: &FulfillmentLine| FulfillmentLineView {
            line: line.line,
            quantity: line.kept(),
            picked: line.picked,
            packed: line.packed,
            shipped: line.shipped,
            asked_for: self.asked_of(line),
        };
        let shipments = order.shipments.iter().filter(|shipment| shipment.fulfillment_order_id == self.id);
        FulfillmentOrderView {
            fulfillment_order_id: self.id,
            location: self.location.clone(),
            status: self.status(order),
            accepted: self.accepted,
            wms_ref: self.wms_ref.clone(),
            cancellation_requested: self.is_asked(),
            move_to: self.asked.as_ref().and_then(|asked| asked.move_to.clone()),
            amendment_requested: order.awaits_answer_of(self),
            promise: self.promise.clone(),
            ready_since: self.ready_since,
            lines: self.lines.iter().map(line).collect(),
            shipments: shipments.map(shipment).collect(),
            supported_actions: self.supported_actions(order),
        }
    }

    fn supported_actions(&self, order: &Order) -> Vec<String> {
        let may_work = !order.is_held(self.id) && order.is_paid();
        let left =
            |done: fn(&FulfillmentLine) -> Units| self.lines.iter().any(|line| done(line) < line.kept());
        let open = left(|line| line.shipped);
        let untouched = self.total(|line| line.picked).is_zero();
        let asked = self.is_asked();
        let to_be_fetched = order.delivery_method() == DeliveryMethod::Pickup;
        let actions = [
            ("accept", may_work && open && !self.accepted),
            ("reject", open && untouched && !order.is_held(self.id)),
            ("move", may_be_moved(order, self).is_ok()),
            ("pick", may_work && left(|line| line.picked)),
            ("pack", may_work && left(|line| line.packed)),
            ("ready-for-pickup", may_work && open && to_be_fetched),
            ("ship", may_work && open),
            ("short", may_work && left(|line| line.picked)),
            ("accept-cancellation", asked),
            ("reject-cancellation", asked),
            ("accept-amendment", order.awaits_answer_of(self)),
            ("reject-amendment", order.awaits_answer_of(self)),
        ];
        let accepted = actions.into_iter().filter(|(_, accepted)| *accepted);
        accepted.map(|(name, _)| name.to_owned()).collect()
    }
}

fn shipment(shipment: &Shipment) -> ShipmentView {
    let package = |parcel: &Parcel| PackageView {
        package_id: parcel.package.package_id.clone(),
        carrier: parcel.package.carrier.clone(),
        tracking_number: parcel.package.tracking_number.clone(),
        service: parcel.package.service.clone(),
        lines: parcel.package.lines.clone(),
        status: parcel.tracked.map(|(status, _)| status),
        status_at: parcel.tracked.map(|(_, at)| at),
        delivered_at: parcel.delivered_at,
        stuck: parcel.is_stuck,
    };
    ShipmentView {
        shipment_id: shipment.id,
        shipped_at: shipment.shipped_at,
        packages: shipment.parcels.iter().map(package).collect(),
    }
}
