//! The JSON form of an order and of its parts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use holdfast_domain::order::{
    Charge, DeliveryIntent, Destination, Discrepancy, DiscrepancyCode, FulfillmentLine, FulfillmentOrder,
    FulfillmentOrderAction, FulfillmentOrderStatus, Hold, HoldReason, LineTotals, LineUnits, Order,
    OrderAction, OrderReturn, OrderStatus, OrderedLine, PaymentTerms, PendingAmendment, PersonalData,
    PersonalDataState, PromisedDates, ReturnLine, Shipment, StatusAxes, TrackedPackage, TrackingStatus,
    WaitingFor,
};
use holdfast_domain::policy::{OnShortage, ReserveAt, WorkAt};
use holdfast_domain::values::{
    Amount, Attributes, CartReservationId, ChannelName, Currency, ExternalReferences, FulfillmentOrderId,
    LineNumber, LocationId, OrderId, Period, Priority, Reference, ReturnId, ShipmentId, Sku, Text, Timestamp,
    Units,
};

macro_rules! views {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$field_doc:meta])* $field:ident : $kind:ty ),* $(,)? } )*) => {
        $(
            #[serde_with::skip_serializing_none]
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
            #[serde(rename_all = "camelCase")]
            #[allow(missing_docs, reason = "documented where the name does not say it")]
            $(#[$doc])*
            pub struct $name { $( $(#[$field_doc])* pub $field: $kind, )* }
        )*
    };
}

views! {
    /// An order. All quantities are in the smallest unit of the SKU.
    OrderView {
        order_id: OrderId,
        /// The overall status, derived from `statusAxes`.
        status: OrderStatus,
        status_axes: StatusAxes,
        /// The number of the order's events: the version for `If-Match` and, in GraphQL, for `ifMatch`.
        version: u64,
        /// The journal position of the last command that changed the order.
        position: u64,
        channel: ChannelName,
        /// The order's name in the channel.
        channel_ref: Option<Reference>,
        /// The customer's name in the channel.
        customer_ref: Option<Reference>,
        lines: Vec<LineView>,
        /// The currency of every amount, by ISO 4217.
        currency: Option<Currency>,
        /// Charges in addition to the lines; at most 50.
        charges: Option<Vec<Charge>>,
        /// Recipient and address. The personal part is present only when the order is requested by id.
        ship_to: Option<ShipToView>,
        /// Whether the order has personal data.
        personal_data: PersonalDataState,
        delivery: Option<DeliveryIntent>,
        /// What to do when units are missing.
        on_shortage: OnShortage,
        /// Whether several locations may fill the order.
        allow_split: bool,
        priority: Priority,
        /// Whether the order must be paid before goods leave.
        payment: PaymentTerms,
        /// What the units that are not cancelled and the charges cost, without taxes that are not part of the prices. Absent:
        /// a line has no price.
        amount_due: Option<Amount>,
        /// The sum of the confirmed payments. More than `amountDue`: overpaid.
        amount_paid: Option<Amount>,
        /// The sum of the refunds. Absent: there is none.
        amount_refunded: Option<Amount>,
        /// When units are reserved for the order.
        reserve_at: ReserveAt,
        /// Which payment lets locations work on the order.
        work_at: WorkAt,
        /// How long reservations last while the order is neither paid nor acknowledged by a location: an ISO 8601 duration.
        /// Absent: they do not expire.
        reserve_for: Option<Period>,
        /// When the reservations expire. Absent: never.
        reserved_until: Option<Timestamp>,
        /// When the customer placed the order.
        placed_at: Option<Timestamp>,
        created_at: Timestamp,
        /// The order's names in other systems: an object of strings.
        external_refs: Option<ExternalReferences>,
        /// The sender's own data: an object of strings.
        attributes: Option<Attributes>,
        /// The cart reservation whose units the order took over.
        reservation: Option<CartReservationId>,
        /// The new address or delivery that locations have not all agreed to yet.
        amendment: Option<AmendmentView>,
        fulfillment_orders: Vec<FulfillmentOrderView>,
        returns: Vec<ReturnView>,
        /// The holds in force; at most 20.
        holds: Vec<HoldView>,
        /// Reports that contradicted the recorded state, oldest first; the last 100.
        discrepancies: Vec<DiscrepancyView>,
        /// The commands on the order that would be accepted now and contradict nothing.
        supported_actions: Vec<OrderAction>,
        /// True if the read model could not apply a later event: the order is shown as before. Absent otherwise.
        stale: Option<bool>,
    }
    /// A line. `quantity = pending + backordered + reserved + shipped + fulfilled + cancelled`, where pending units are neither
    /// reserved, backordered nor fulfilled yet. More units may have shipped than were ordered: then `shipped` exceeds `quantity`.
    LineView {
        #[serde(flatten)]
        ordered: OrderedLine,
        /// Reserved units, picked and packed ones included.
        reserved: Units,
        /// Units in the backorder queue.
        backordered: Units,
        /// Picked units, packed and shipped ones included.
        picked: Units,
        /// Packed units, shipped ones included.
        packed: Units,
        /// Shipped units, delivered ones included.
        shipped: Units,
        delivered: Units,
        /// Units of a line without stock that are fulfilled.
        fulfilled: Units,
        cancelled: Units,
        /// Units received back.
        returned: Units,
        /// When the last backordered unit is expected. Absent: unknown, or no unit is backordered.
        promised_at: Option<Timestamp>,
    }
    /// Recipient and address.
    ShipToView {
        #[serde(flatten)]
        destination: Option<Destination>,
        #[serde(flatten)]
        personal: Option<PersonalData>,
    }
    /// A new address or delivery that takes effect when the locations that work on the order agree.
    AmendmentView {
        /// Unique within the order. The answer of a location may name it.
        amendment_id: Reference,
        /// Absent: the address stays as it is.
        ship_to: Option<ShipToView>,
        /// Absent: the delivery stays as it is.
        delivery: Option<DeliveryIntent>,
    }
    /// The part of an order that one location fills.
    FulfillmentOrderView {
        fulfillment_order_id: FulfillmentOrderId,
        location: LocationId,
        status: FulfillmentOrderStatus,
        /// Whether the location has accepted the fulfillment order explicitly.
        accepted: bool,
        /// Its name in the warehouse management system.
        wms_ref: Option<Reference>,
        /// Whether a cancellation request is pending with the location.
        cancellation_requested: bool,
        /// The location that the requested units move to. Absent: the units are cancelled.
        move_to: Option<LocationId>,
        /// Whether a request for a new address or delivery is pending with the location.
        amendment_requested: bool,
        /// The earliest dates, as known when the units were reserved.
        promise: Option<PromisedDates>,
        /// What must happen before the location may work on it. Absent: nothing, or all its units have shipped.
        waiting_for: Option<WaitingFor>,
        /// When it became ready for pickup. Absent: it is not ready.
        ready_since: Option<Timestamp>,
        lines: Vec<FulfillmentLineView>,
        shipments: Vec<ShipmentView>,
        /// The commands on the fulfillment order that would be accepted now and contradict nothing.
        supported_actions: Vec<FulfillmentOrderAction>,
    }
    /// The part of an order line that one location fills.
    FulfillmentLineView {
        line: LineNumber,
        sku: Sku,
        /// The channel's name for the order line.
        line_ref: Option<Reference>,
        /// Units assigned to the location, without released units.
        quantity: Units,
        /// Picked units, packed and shipped ones included.
        picked: Units,
        /// Packed units, shipped ones included.
        packed: Units,
        shipped: Units,
        /// Units in the pending cancellation request.
        requested_release: Units,
    }
    /// Packages that left together.
    ShipmentView {
        shipment_id: ShipmentId,
        shipped_at: Timestamp,
        packages: Vec<PackageView>,
    }
    /// A package.
    PackageView {
        /// Unique within the shipment.
        package_id: Reference,
        carrier: Reference,
        tracking_number: Reference,
        /// The carrier's service.
        service: Option<Text<64>>,
        /// The contents; at most 2,000 lines.
        lines: Vec<LineUnits>,
        /// The carrier's report that counts: a failure that no later report supersedes, otherwise the latest report.
        status: Option<TrackingStatus>,
        /// The time of that report.
        status_at: Option<Timestamp>,
        /// The carrier's latest report of each status, oldest first. A report that was ahead of time has the time at which it was
        /// received.
        reports: Vec<CarrierReportView>,
        delivered_at: Option<Timestamp>,
        /// Whether the carrier has reported nothing for longer than the policy's `stuckAfter`.
        stuck: bool,
        /// Whether its contents were sent again: it counts neither as shipped nor as delivered.
        resent: bool,
    }
    /// What a carrier reported about a package.
    CarrierReportView {
        status: TrackingStatus,
        at: Timestamp,
    }
    /// Goods of an order that the customer sends back together.
    ReturnView {
        return_id: ReturnId,
        /// The customer's reason.
        reason: Text<500>,
        /// Whether units are still expected.
        open: bool,
        /// When it is closed if units are still missing then. Absent: never.
        lapses_at: Option<Timestamp>,
        /// Why no more units are expected; `lapsed` if they did not come in time. Absent: it was not closed.
        closed_reason: Option<Text<500>>,
        lines: Vec<ReturnLineView>,
    }
    /// The part of an order line that belongs to a return.
    ReturnLineView {
        line: LineNumber,
        /// Units announced.
        requested: Units,
        /// Units received.
        received: Units,
        /// Received units that were scrapped.
        scrapped: Units,
    }
    /// A hold: the order, or one fulfillment order, cannot be fulfilled until the hold ends.
    HoldView {
        /// Unique within the order.
        hold_id: Reference,
        /// The only fulfillment order on hold. Absent: the whole order.
        fulfillment_order_id: Option<FulfillmentOrderId>,
        reason: HoldReason,
        note: Option<Text<500>>,
        /// When the hold ends automatically. Absent: it must be released.
        until: Option<Timestamp>,
    }
    /// A report that contradicted the recorded state.
    DiscrepancyView {
        code: DiscrepancyCode,
        /// An explanation in English.
        detail: String,
        /// The number of units that were reported in excess. Absent: the discrepancy is not about units.
        units: Option<Units>,
    }
}

impl OrderView {
    /// An order at a version and a position of the journal, without personal data. None for an order that does not exist.
    pub fn of(order: &Order, version: u64, position: u64) -> Option<Self> {
        let created = order.created.as_ref()?;
        let totals = order.line_totals();
        let lines = created.lines.iter().zip(&totals);
        let place =
            |destination: &Destination| ShipToView { destination: Some(destination.clone()), personal: None };
        let fulfillment_orders = order.fulfillment_orders.iter();
        Some(Self {
            order_id: created.order_id,
            status: order.status(),
            status_axes: order.status_axes(),
            version,
            position,
            channel: created.channel.clone(),
            channel_ref: created.channel_ref.clone(),
            customer_ref: created.customer_ref.clone(),
            lines: lines.map(|(ordered, totals)| line(order, ordered, totals)).collect(),
            currency: created.currency.clone(),
            charges: created.charges.clone(),
            ship_to: created.destination.as_ref().map(place),
            personal_data: order.personal_data,
            delivery: created.delivery.clone(),
            on_shortage: created.on_shortage,
            allow_split: created.allow_split,
            priority: created.priority,
            payment: created.payment,
            amount_due: order.amount_due(),
            amount_paid: order.amount_paid(),
            amount_refunded: order.amount_refunded(),
            reserve_at: created.reserve_at,
            work_at: created.work_at,
            reserve_for: created.reserve_for,
            reserved_until: order.expires_at,
            placed_at: created.placed_at,
            created_at: created.at,
            external_refs: created.external_refs.clone(),
            attributes: created.attributes.clone(),
            reservation: created.reservation,
            amendment: order.amendment.as_deref().map(AmendmentView::from),
            fulfillment_orders: fulfillment_orders.map(|one| FulfillmentOrderView::of(one, order)).collect(),
            returns: order.returns.iter().map(ReturnView::from).collect(),
            holds: order.holds.iter().cloned().map(HoldView::from).collect(),
            discrepancies: order.discrepancies.iter().copied().map(DiscrepancyView::from).collect(),
            supported_actions: order.supported_actions(),
            stale: None,
        })
    }

    /// Adds decrypted personal data: of the current address, and of a pending amendment's.
    #[must_use]
    pub fn with_personal(mut self, current: Option<PersonalData>, pending: Option<PersonalData>) -> Self {
        let add = |ship_to: &mut Option<ShipToView>, personal: Option<PersonalData>| {
            if personal.is_some() {
                let destination = ship_to.take().and_then(|ship_to| ship_to.destination);
                *ship_to = Some(ShipToView { destination, personal });
            }
        };
        add(&mut self.ship_to, current);
        if let Some(amendment) = &mut self.amendment {
            add(&mut amendment.ship_to, pending);
        }
        self
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
        fulfilled: totals.fulfilled,
        cancelled: totals.cancelled,
        returned: totals.returned,
    }
}

impl From<&PendingAmendment> for AmendmentView {
    fn from(pending: &PendingAmendment) -> Self {
        let place = || ShipToView { destination: pending.destination.clone(), personal: None };
        Self {
            amendment_id: pending.id.clone(),
            ship_to: pending.has_new_address.then(place),
            delivery: pending.delivery.clone(),
        }
    }
}

impl FulfillmentOrderView {
    /// A fulfillment order of an order.
    pub fn of(fulfillment: &FulfillmentOrder, order: &Order) -> Self {
        let line = |line: &FulfillmentLine| {
            let ordered = order.lines().get(line.line.index())?;
            Some(FulfillmentLineView {
                line: line.line,
                sku: ordered.sku.clone(),
                line_ref: ordered.line_ref.clone(),
                quantity: line.net_quantity(),
                picked: line.picked,
                packed: line.packed,
                shipped: line.shipped,
                requested_release: fulfillment.requested_release(line),
            })
        };
        let shipments = order.shipments.iter().filter(|one| one.fulfillment_order_id == fulfillment.id);
        Self {
            fulfillment_order_id: fulfillment.id,
            location: fulfillment.location.clone(),
            status: fulfillment.status(order),
            accepted: fulfillment.accepted,
            wms_ref: fulfillment.wms_ref.clone(),
            cancellation_requested: fulfillment.has_pending_cancellation(),
            move_to: fulfillment.move_target().cloned(),
            amendment_requested: order.awaits_answer_of(fulfillment),
            promise: fulfillment.promise.clone(),
            waiting_for: order.waiting_for(fulfillment.id).filter(|_| fulfillment.is_open()),
            ready_since: fulfillment.ready_since,
            lines: fulfillment.lines.iter().filter_map(line).collect(),
            shipments: shipments.map(ShipmentView::from).collect(),
            supported_actions: fulfillment.supported_actions(order),
        }
    }
}

impl From<&Shipment> for ShipmentView {
    fn from(shipment: &Shipment) -> Self {
        let report = |(status, at)| CarrierReportView { status, at };
        let package = |package: &TrackedPackage| {
            let (status, status_at) = package.tracked().unzip();
            PackageView {
                package_id: package.shipped.package_id.clone(),
                carrier: package.shipped.carrier.clone(),
                tracking_number: package.shipped.tracking_number.clone(),
                service: package.shipped.service.clone(),
                lines: package.shipped.lines.clone(),
                status,
                status_at,
                reports: package.latest_reports().into_iter().map(report).collect(),
                delivered_at: package.delivered_at,
                stuck: package.is_stuck,
                resent: package.is_resent,
            }
        };
        let packages = shipment.packages.iter().map(package).collect();
        Self { shipment_id: shipment.id, shipped_at: shipment.shipped_at, packages }
    }
}

impl From<&OrderReturn> for ReturnView {
    fn from(announced: &OrderReturn) -> Self {
        let line = |line: &ReturnLine| {
            let ReturnLine { line, requested, received, scrapped, value: _ } = *line;
            ReturnLineView { line, requested, received, scrapped }
        };
        let lines = announced.lines.iter().map(line).collect();
        Self {
            return_id: announced.id,
            reason: announced.reason.clone(),
            open: announced.is_open(),
            lapses_at: announced.lapses_at,
            closed_reason: announced.closed_reason.clone(),
            lines,
        }
    }
}

impl From<Hold> for HoldView {
    fn from(hold: Hold) -> Self {
        let Hold { id, fulfillment_order_id, reason, note, until } = hold;
        Self { hold_id: id, fulfillment_order_id, reason, note, until }
    }
}

impl From<Discrepancy> for DiscrepancyView {
    fn from(Discrepancy { code, units }: Discrepancy) -> Self {
        Self { code, detail: code.meaning().to_owned(), units }
    }
}
