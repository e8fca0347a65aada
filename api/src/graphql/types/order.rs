//! Orders, with their status axes, holds and discrepancies.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use holdfast_domain::values::MerchantId;
use holdfast_views::OrderView;
use serde::Deserialize;
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
use super::read;
use super::scalars::{DateTime, Long};
use super::timeline::OrderStep;
use crate::graphql::connection::Items;
use crate::graphql::context::RequestContext;
use crate::graphql::error::Problem;
use crate::graphql::global_id::{GlobalId, Kind};
use crate::graphql::limits::PAST;
use crate::history::order::steps;
use crate::queries::AsOf;

/// A customer's order: what was ordered, how far each part of it is, and the terms that it is fulfilled under.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
#[graphql(complex)]
pub(in crate::graphql) struct Order {
    /// Global id: opaque, unique over all types and merchants. An order read with `asOf` has an id of its own.
    #[serde(skip)]
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
    /// The lines, by number.
    pub(in crate::graphql) lines: Items<OrderLine>,
    /// The currency of all amounts, by ISO 4217.
    currency: Option<String>,
    /// Charges in addition to the lines, such as shipping; at most 50.
    #[serde(default)]
    charges: Vec<Charge>,
    /// Where the order goes.
    pub(in crate::graphql) ship_to: Option<ShipTo>,
    /// Whether the order has personal data, and whether it was erased.
    personal_data: PersonalDataState,
    /// How and when the order must be delivered.
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
    /// The change of address or delivery that locations have been asked to accept and have not all answered.
    pub(in crate::graphql) amendment: Option<PendingAmendment>,
    /// What each location has to fulfil, in the order of assignment.
    pub(in crate::graphql) fulfillment_orders: Items<FulfillmentOrder>,
    /// The returns, in the order of request.
    pub(in crate::graphql) returns: Items<OrderReturn>,
    /// The holds in force, at most 20.
    pub(in crate::graphql) holds: Items<Hold>,
    /// Reports that contradicted the recorded state, oldest first; at most the last 100 are kept.
    discrepancies: Items<Discrepancy>,
    /// The commands on the order that would be accepted now, by the last part of their REST path.
    supported_actions: Vec<String>,
    /// True if a later event of the order could not be applied to the read model: the order is older than `position` tells.
    #[serde(default)]
    stale: bool,
}

#[ComplexObject]
impl Order {
    /// The order's events, oldest first. Of an order read with `asOf`, the events up to then.
    #[graphql(complexity = "10 + child_complexity")]
    async fn history(&self, context: &Context<'_>) -> Result<Items<Event>, Problem> {
        let (root, events) = self.events(context).await?;
        events.iter().map(|event| Event::new(root.merchant(), event)).collect()
    }

    /// The order's events with the status and the changes after each, oldest first. Of an order read with `asOf`, the events
    /// up to then.
    #[graphql(complexity = "PAST + 10 * child_complexity")]
    async fn timeline(&self, context: &Context<'_>) -> Result<Items<OrderStep>, Problem> {
        let (root, events) = self.events(context).await?;
        let look_ahead = context.look_ahead();
        let nodes = [look_ahead.field("nodes"), look_ahead.field("edges").field("node")];
        let compare = nodes.iter().any(|node| node.field("differences").exists());
        let steps = steps(&events, compare)?;
        events.iter().zip(&steps).map(|(event, step)| OrderStep::new(root.merchant(), event, step)).collect()
    }
}

impl Order {
    /// Builds an order and the global ids of all objects in it.
    pub(in crate::graphql) fn new(root: &GlobalId, view: &OrderView) -> Result<Self, Problem> {
        let mut order: Self = read(view)?;
        order.id = root.encode();
        for line in &mut order.lines.0 {
            line.id = root.part(Kind::OrderLine, line.line);
        }
        if let Some(ship_to) = &mut order.ship_to {
            ship_to.id = root.part(Kind::ShipTo, "");
        }
        if let Some(amendment) = &mut order.amendment {
            let amendment_id = amendment.amendment_id.as_str();
            amendment.id = root.part(Kind::PendingAmendment, amendment_id);
            if let Some(ship_to) = &mut amendment.ship_to {
                ship_to.id = root.part(Kind::ShipTo, amendment_id);
            }
        }
        order.fulfillment_orders.0.iter_mut().for_each(|fulfillment_order| fulfillment_order.identify(root));
        for hold in &mut order.holds.0 {
            hold.id = root.part(Kind::Hold, &*hold.hold_id);
        }
        for order_return in &mut order.returns.0 {
            let return_id = order_return.return_id.as_str();
            order_return.id = root.part(Kind::OrderReturn, return_id);
            for line in &mut order_return.lines.0 {
                line.id = root.part(Kind::OrderReturnLine, format_args!("{return_id}/{}", line.line));
            }
        }
        Ok(order)
    }

    /// Builds a merchant's current order.
    pub(in crate::graphql) fn current(merchant: &MerchantId, view: &OrderView) -> Result<Self, Problem> {
        Self::new(&GlobalId::new(Kind::Order, merchant, view.order_id), view)
    }

    /// Decodes the order's global id and loads the order's events.
    async fn events(
        &self,
        context: &Context<'_>,
    ) -> Result<(GlobalId, Vec<holdfast_journal::Event>), Problem> {
        let queries = RequestContext::of(context)?.queries();
        let root = GlobalId::decode(&self.id)?;
        let as_of = root.position().map(AsOf::Position);
        let events = queries.order_history(root.merchant().as_str(), root.order()?, as_of).await?;
        Ok((root, events))
    }
}

/// An order's status, axis by axis.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
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
    #[serde(rename = "return")]
    returned: ReturnStatus,
    /// How much is cancelled.
    cancellation: CancellationStatus,
    /// The reasons of the holds in force.
    holds: Vec<HoldReason>,
}

/// A hold: the order, or one fulfillment order, must not be worked on until it is released.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct Hold {
    /// Global id: opaque, unique over all types and merchants.
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    /// The hold's id within the order.
    pub(super) hold_id: ID,
    /// The fulfillment order on hold; null if the whole order is.
    fulfillment_order_id: Option<ID>,
    /// The reason.
    reason: HoldReason,
    /// A note for people, at most 500 characters.
    note: Option<String>,
    /// When the hold ends automatically; null if it must be released.
    until: Option<DateTime>,
}

/// A report that contradicted the recorded state.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct Discrepancy {
    /// A stable code.
    code: String,
    /// An explanation for people.
    detail: String,
    /// The number of units that were reported in excess; null where the discrepancy is not about units.
    units: Option<Long>,
}
