//! Orders, with their status axes, holds and discrepancies.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use holdfast_domain::order::{
    CancellationStatus, DeliveryStatus, FulfillmentStatus, HoldReason, OrderStatus, PaymentStatus,
    PaymentTerms, PersonalDataState, ReservationStatus, ReturnStatus,
};
use holdfast_domain::policy::{OnShortage, ReserveAt, WorkAt};
use holdfast_domain::values::{MerchantId, Priority};
use holdfast_views::OrderView;
use serde::Deserialize;
use serde_json::Value;

use super::choice::Choice;
use super::delivery::{DeliveryIntent, PendingAmendment, ShipTo};
use super::event::Event;
use super::fulfillment_order::FulfillmentOrder;
use super::order_line::{Charge, OrderLine};
use super::order_return::OrderReturn;
use super::read;
use super::scalars::{DateTime, Decimal, Long};
use super::timeline::OrderStep;
use crate::graphql::connection::Items;
use crate::graphql::context::RequestContext;
use crate::graphql::error::Problem;
use crate::graphql::global_id::{GlobalId, Kind};
use crate::graphql::limits::{READ_COST, REPLAY_COST};
use crate::history::order::steps;
use crate::queries::AsOf;

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
#[graphql(complex)]
pub(in crate::graphql) struct Order {
    /// Global id: opaque, unique over all types and merchants. An order read with `asOf` has another id.
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    order_id: ID,
    status: Choice<OrderStatus>,
    status_axes: StatusAxes,
    version: Long,
    position: Long,
    channel: String,
    channel_ref: Option<String>,
    customer_ref: Option<String>,
    pub(in crate::graphql) lines: Items<OrderLine>,
    currency: Option<String>,
    #[serde(default)]
    charges: Vec<Charge>,
    pub(in crate::graphql) ship_to: Option<ShipTo>,
    personal_data: Choice<PersonalDataState>,
    delivery: Option<DeliveryIntent>,
    on_shortage: Choice<OnShortage>,
    allow_split: bool,
    priority: Choice<Priority>,
    payment: Choice<PaymentTerms>,
    amount_due: Option<Decimal>,
    amount_paid: Option<Decimal>,
    amount_refunded: Option<Decimal>,
    reserve_at: Choice<ReserveAt>,
    work_at: Choice<WorkAt>,
    reserve_for: Option<String>,
    reserved_until: Option<DateTime>,
    placed_at: Option<DateTime>,
    created_at: DateTime,
    external_refs: Option<Value>,
    attributes: Option<Value>,
    reservation: Option<ID>,
    pub(in crate::graphql) amendment: Option<PendingAmendment>,
    pub(in crate::graphql) fulfillment_orders: Items<FulfillmentOrder>,
    pub(in crate::graphql) returns: Items<OrderReturn>,
    pub(in crate::graphql) holds: Items<Hold>,
    discrepancies: Items<Discrepancy>,
    supported_actions: Vec<String>,
    #[serde(default)]
    stale: bool,
}

#[ComplexObject]
impl Order {
    /// The order's events, oldest first. With `asOf`, the events up to that position.
    #[graphql(complexity = "READ_COST + child_complexity")]
    async fn history(&self, context: &Context<'_>) -> Result<Items<Event>, Problem> {
        let (root, events) = self.events(context).await?;
        events.iter().map(|event| Event::new(root.merchant(), event)).collect()
    }

    /// The order's events, oldest first, with the status and the changes after each. With `asOf`, the events up to that
    /// position.
    #[graphql(complexity = "REPLAY_COST + 10 * child_complexity")]
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
    /// The order with the global id `root`, and the global ids of its objects.
    pub(in crate::graphql) fn new(root: &GlobalId, view: &OrderView) -> Result<Self, Problem> {
        let mut order: Self = read(view)?;
        order.id = root.encode();
        for line in &mut order.lines.0 {
            line.id = root.child(Kind::OrderLine, line.line);
        }
        if let Some(ship_to) = &mut order.ship_to {
            ship_to.id = root.child(Kind::ShipTo, "");
        }
        if let Some(amendment) = &mut order.amendment {
            let amendment_id = amendment.amendment_id.as_str();
            amendment.id = root.child(Kind::PendingAmendment, amendment_id);
            if let Some(ship_to) = &mut amendment.ship_to {
                ship_to.id = root.child(Kind::ShipTo, amendment_id);
            }
        }
        order.fulfillment_orders.0.iter_mut().for_each(|fulfillment_order| fulfillment_order.identify(root));
        for hold in &mut order.holds.0 {
            hold.id = root.child(Kind::Hold, &*hold.hold_id);
        }
        for order_return in &mut order.returns.0 {
            let return_id = order_return.return_id.as_str();
            order_return.id = root.child(Kind::OrderReturn, return_id);
            for line in &mut order_return.lines.0 {
                line.id = root.child(Kind::OrderReturnLine, format_args!("{return_id}/{}", line.line));
            }
        }
        Ok(order)
    }

    /// A merchant's current order.
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

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct StatusAxes {
    reservation: Choice<ReservationStatus>,
    fulfillment: Choice<FulfillmentStatus>,
    delivery: Choice<DeliveryStatus>,
    payment: Choice<PaymentStatus>,
    #[graphql(name = "return")]
    #[serde(rename = "return")]
    returned: Choice<ReturnStatus>,
    cancellation: Choice<CancellationStatus>,
    holds: Vec<Choice<HoldReason>>,
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct Hold {
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    pub(super) hold_id: ID,
    fulfillment_order_id: Option<ID>,
    reason: Choice<HoldReason>,
    note: Option<String>,
    until: Option<DateTime>,
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct Discrepancy {
    code: String,
    detail: String,
    units: Option<Long>,
}
