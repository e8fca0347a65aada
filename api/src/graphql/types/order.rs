//! Orders, with what belongs to an order alone.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use holdfast_domain::order as domain;
use holdfast_domain::values::MerchantId;
use serde_json::Value;

use super::delivery::{DeliveryIntent, PendingAmendment, ShipTo};
use super::enums::{
    CancellationStatus, DeliveryStatus, FulfillmentStatus, HoldReason, OnShortage, OrderStatus,
    PaymentStatus, PaymentTerms, PersonalDataState, Priority, ReservationStatus, ReserveAt, ReturnStatus,
};
use super::event::Event;
use super::fulfillment_order::FulfillmentOrder;
use super::order_line::{Charge, OrderLine};
use super::order_return::OrderReturn;
use super::scalars::{DateTime, Long, id, json, text};
use super::timeline::OrderStep;
use crate::graphql::connection::{Connection, Window, slice, try_slice};
use crate::graphql::context::RequestContext;
use crate::graphql::error::Problem;
use crate::graphql::limits::PAST;
use crate::graphql::node::{GlobalId, Kind};
use crate::history::order::steps;
use crate::queries::AsOf;

/// A customer's order: what was ordered, how far each part of it is, and the terms that it is fulfilled under.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct Order {
    #[graphql(skip)]
    root: GlobalId,
    #[graphql(skip)]
    view: domain::OrderView,
    /// Global id: opaque, unique over all types and merchants. An order read with `asOf` has an id of its own.
    pub(in crate::graphql) id: ID,
    /// The order's id, a UUID, as in REST.
    order_id: ID,
    /// The overall status, derived from `statusAxes`.
    status: OrderStatus,
    /// The status of reservation, fulfillment, delivery, payment, return and cancellation.
    status_axes: StatusAxes,
    /// The number of the order's events: the value for `ifMatch`.
    version: Long,
    /// The journal position of the last command that changed the order.
    position: Long,
    /// The sales channel that the order came from.
    channel: String,
    /// The order's reference in the sales channel.
    channel_ref: Option<String>,
    /// The customer's reference in the sales channel.
    customer_ref: Option<String>,
    /// The currency of all amounts, by ISO 4217.
    currency: Option<String>,
    /// Charges in addition to the lines, such as shipping; at most 50.
    charges: Vec<Charge>,
    /// Whether the order has personal data, and whether it was erased.
    personal_data: PersonalDataState,
    /// How and when the order is to be delivered.
    delivery: Option<DeliveryIntent>,
    /// What happens if not all units are available.
    on_shortage: OnShortage,
    /// Whether the order may be fulfilled from several locations.
    allow_split: bool,
    /// The priority in queues and on boards.
    priority: Priority,
    /// Whether the order must be paid before anything ships.
    payment: PaymentTerms,
    /// When units are reserved for the order.
    reserve_at: ReserveAt,
    /// How long a reservation lasts while the order is neither paid nor accepted by a location, as an ISO 8601 duration.
    /// Without it a reservation does not expire.
    reserve_for: Option<String>,
    /// When the current reservation expires; null if it does not.
    reserved_until: Option<DateTime>,
    /// When the customer placed the order, if the sender said so.
    placed_at: Option<DateTime>,
    /// When the order was created here.
    created_at: DateTime,
    /// References in other systems: an object of strings.
    external_refs: Option<Value>,
    /// The sender's own data: an object of strings.
    attributes: Option<Value>,
    /// The commands on the order that would be accepted now, by the last part of their REST path.
    supported_actions: Vec<String>,
    /// True if a later event of the order could not be applied to the read model: the order is older than `position` tells.
    stale: bool,
}

#[allow(clippy::too_many_arguments, reason = "the arguments of a connection")]
#[ComplexObject]
impl Order {
    /// The lines, by number; 200 per page unless `first` or `last` says less.
    async fn lines(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<OrderLine>, Problem> {
        let window = Window { first, after, last, before };
        slice(&self.view.lines, window, |line| OrderLine::new(&self.root, line))
    }

    /// Where the order goes.
    async fn ship_to(&self) -> Option<ShipTo> {
        self.view.ship_to.as_ref().map(|ship_to| ShipTo::new(&self.root, "", ship_to))
    }

    /// The change of address or delivery that locations have been asked to accept and have not all answered.
    async fn amendment(&self) -> Option<PendingAmendment> {
        self.pending_amendment()
    }

    /// What each location has to fulfil, in the order of assignment; 200 per page unless `first` or `last` says less.
    async fn fulfillment_orders(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<FulfillmentOrder>, Problem> {
        let window = Window { first, after, last, before };
        slice(&self.view.fulfillment_orders, window, |part| FulfillmentOrder::new(&self.root, part))
    }

    /// The returns, in the order of request; 200 per page unless `first` or `last` says less.
    async fn returns(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<OrderReturn>, Problem> {
        let window = Window { first, after, last, before };
        slice(&self.view.returns, window, |back| OrderReturn::new(&self.root, back))
    }

    /// The holds in force, at most 20.
    async fn holds(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Hold>, Problem> {
        let window = Window { first, after, last, before };
        slice(&self.view.holds, window, |hold| Hold::new(&self.root, hold))
    }

    /// Reports that contradicted the recorded state, oldest first; at most the last 100 are kept.
    async fn discrepancies(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Discrepancy>, Problem> {
        let window = Window { first, after, last, before };
        slice(&self.view.discrepancies, window, |found| found.into())
    }

    /// The order's events, oldest first; 200 per page unless `first` or `last` says less. Of an order read with `asOf`,
    /// the events up to then.
    #[graphql(complexity = "10 + child_complexity")]
    async fn history(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Event>, Problem> {
        let events = self.events(context).await?;
        let window = Window { first, after, last, before };
        try_slice(&events, window, |event| Event::new(self.root.merchant(), event))
    }

    /// The order's events with the status and the changes after each, oldest first; 200 per page unless `first` or
    /// `last` says less. Of an order read with `asOf`, the events up to then.
    #[graphql(complexity = "PAST + 10 * child_complexity")]
    async fn timeline(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<OrderStep>, Problem> {
        let events = self.events(context).await?;
        let look_ahead = context.look_ahead();
        let nodes = [look_ahead.field("nodes"), look_ahead.field("edges").field("node")];
        let compare = nodes.iter().any(|node| node.field("differences").exists());
        let steps: Vec<_> = events.iter().zip(steps(&events, compare)?).collect();
        let window = Window { first, after, last, before };
        try_slice(&steps, window, |(event, step)| OrderStep::new(self.root.merchant(), event, step))
    }
}

impl Order {
    /// An order under its global id.
    pub(in crate::graphql) fn new(root: GlobalId, view: domain::OrderView) -> Self {
        Self {
            id: root.encode(),
            order_id: id(&view.order_id),
            status: view.status.into(),
            status_axes: (&view.status_axes).into(),
            version: view.version.into(),
            position: view.position.into(),
            channel: view.channel.to_string(),
            channel_ref: text(view.channel_ref.as_ref()),
            customer_ref: text(view.customer_ref.as_ref()),
            currency: text(view.currency.as_ref()),
            charges: view.charges.iter().flatten().map(Charge::from).collect(),
            personal_data: view.personal_data.into(),
            delivery: view.delivery.as_ref().map(DeliveryIntent::from),
            on_shortage: view.on_shortage.into(),
            allow_split: view.allow_split,
            priority: view.priority.into(),
            payment: view.payment.into(),
            reserve_at: view.reserve_at.into(),
            reserve_for: text(view.reserve_for.as_ref()),
            reserved_until: view.reserved_until.map(DateTime),
            placed_at: view.placed_at.map(DateTime),
            created_at: DateTime(view.created_at),
            external_refs: json(view.external_refs.as_ref()),
            attributes: json(view.attributes.as_ref()),
            supported_actions: view.supported_actions.clone(),
            stale: view.stale.unwrap_or(false),
            root,
            view,
        }
    }

    /// A merchant's order as it is now.
    pub(in crate::graphql) fn current(merchant: &MerchantId, view: domain::OrderView) -> Self {
        Self::new(GlobalId::new(Kind::Order, merchant, view.order_id), view)
    }

    async fn events(&self, context: &Context<'_>) -> Result<Vec<holdfast_journal::Event>, Problem> {
        let reading = RequestContext::of(context)?.reading();
        let as_of = self.root.position().map(AsOf::Position);
        Ok(reading.order_history(self.root.merchant().as_str(), self.view.order_id, as_of).await?)
    }

    /// Every line.
    pub(in crate::graphql) fn all_lines(&self) -> impl Iterator<Item = OrderLine> {
        self.view.lines.iter().map(|line| OrderLine::new(&self.root, line))
    }

    /// The change that locations have been asked to accept.
    pub(in crate::graphql) fn pending_amendment(&self) -> Option<PendingAmendment> {
        self.view.amendment.as_ref().map(|amendment| PendingAmendment::new(&self.root, amendment))
    }

    /// The address, and the address that locations have been asked to accept.
    pub(in crate::graphql) fn all_addresses(&self) -> impl Iterator<Item = ShipTo> {
        let own = self.view.ship_to.as_ref().map(|ship_to| ShipTo::new(&self.root, "", ship_to));
        own.into_iter().chain(self.pending_amendment().and_then(|amendment| amendment.ship_to))
    }

    /// Every hold.
    pub(in crate::graphql) fn all_holds(&self) -> impl Iterator<Item = Hold> {
        self.view.holds.iter().map(|hold| Hold::new(&self.root, hold))
    }

    /// Every return.
    pub(in crate::graphql) fn all_returns(&self) -> impl Iterator<Item = OrderReturn> {
        self.view.returns.iter().map(|back| OrderReturn::new(&self.root, back))
    }

    /// Every fulfillment order.
    pub(in crate::graphql) fn all_fulfillment_orders(&self) -> impl Iterator<Item = FulfillmentOrder> {
        self.view.fulfillment_orders.iter().map(|part| FulfillmentOrder::new(&self.root, part))
    }
}

/// An order's status, axis by axis.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct StatusAxes {
    /// How much of the order is reserved.
    reservation: ReservationStatus,
    /// How far the locations are.
    fulfillment: FulfillmentStatus,
    /// How far the carriers are.
    delivery: DeliveryStatus,
    /// The state of the payment.
    payment: PaymentStatus,
    /// How much was returned.
    #[graphql(name = "return")]
    returned: ReturnStatus,
    /// How much is cancelled.
    cancellation: CancellationStatus,
    /// The reasons of the holds in force.
    holds: Vec<HoldReason>,
}

impl From<&domain::StatusAxes> for StatusAxes {
    fn from(axes: &domain::StatusAxes) -> Self {
        Self {
            reservation: axes.reservation.into(),
            fulfillment: axes.fulfillment.into(),
            delivery: axes.delivery.into(),
            payment: axes.payment.into(),
            returned: axes.returned.into(),
            cancellation: axes.cancellation.into(),
            holds: axes.holds.iter().map(|&reason| reason.into()).collect(),
        }
    }
}

/// A hold: the order, or one fulfillment order, must not be worked on until it is released.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct Hold {
    /// Global id: opaque, unique over all types and merchants.
    pub(in crate::graphql) id: ID,
    /// The hold's id within the order.
    hold_id: ID,
    /// The fulfillment order on hold; null if the whole order is.
    fulfillment_order_id: Option<ID>,
    /// The reason.
    reason: HoldReason,
    /// A note for people, at most 500 characters.
    note: Option<String>,
    /// When the hold ends by itself; null if it must be released.
    until: Option<DateTime>,
}

impl Hold {
    fn new(root: &GlobalId, hold: &domain::HoldView) -> Self {
        Self {
            id: root.part(Kind::Hold, &hold.hold_id),
            hold_id: id(&hold.hold_id),
            fulfillment_order_id: hold.fulfillment_order_id.as_ref().map(id),
            reason: hold.reason.into(),
            note: text(hold.note.as_ref()),
            until: hold.until.map(DateTime),
        }
    }
}

/// A report that contradicted the recorded state.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct Discrepancy {
    /// A stable code.
    code: String,
    /// An explanation for people.
    detail: String,
}

impl From<&domain::Discrepancy> for Discrepancy {
    fn from(discrepancy: &domain::Discrepancy) -> Self {
        Self { code: discrepancy.code.to_string(), detail: discrepancy.detail.to_string() }
    }
}
