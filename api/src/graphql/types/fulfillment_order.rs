//! Fulfillment orders: the part of an order that one location fulfils.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use holdfast_domain::order as domain;
use holdfast_domain::values::MerchantId;
use holdfast_projections::{FulfillmentOrderRow, OrderRow};

use super::enums::FulfillmentOrderStatus;
use super::order::Order;
use super::scalars::{DateTime, Long, id, text};
use super::shipment::Shipment;
use crate::graphql::connection::{Connection, Window, slice};
use crate::graphql::context::RequestContext;
use crate::graphql::error::Problem;
use crate::graphql::node::{GlobalId, Kind, Node};
use crate::queries::AsOf;

/// The part of an order that one location picks, packs and ships.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct FulfillmentOrder {
    /// The order's global id.
    #[graphql(skip)]
    root: GlobalId,
    #[graphql(skip)]
    view: domain::FulfillmentOrderView,
    /// The order, if it was loaded together with this part.
    #[graphql(skip)]
    row: Option<Arc<OrderRow>>,
    /// Global id: opaque, unique over all types and merchants.
    pub(in crate::graphql) id: ID,
    /// The fulfillment order's id, as in REST.
    fulfillment_order_id: ID,
    /// The id of the location that fulfils it.
    location: ID,
    /// How far it is.
    status: FulfillmentOrderStatus,
    /// Whether the location has accepted it.
    accepted: bool,
    /// Its reference in the warehouse management system.
    wms_ref: Option<String>,
    /// Whether a cancellation request is pending with the location.
    cancellation_requested: bool,
    /// The id of the location that takes over if the pending cancellation request is accepted.
    move_to: Option<ID>,
    /// Whether a change of address or delivery is pending with the location.
    amendment_requested: bool,
    /// The earliest dates, as promised when the units were reserved.
    promise: Option<PromisedDates>,
    /// Since when it waits to be collected by the customer.
    ready_since: Option<DateTime>,
    /// The commands on it that would be accepted now, by the last part of their REST path.
    supported_actions: Vec<String>,
}

#[ComplexObject]
impl FulfillmentOrder {
    /// The order that it is part of, as the read model has it.
    async fn order(&self, context: &Context<'_>) -> Result<Option<Order>, Problem> {
        let request = RequestContext::of(context)?;
        let (merchant, key) = (self.root.merchant(), self.view.fulfillment_order_id.order());
        let view = match (self.root.position(), &self.row) {
            (Some(position), _) => {
                let as_of = AsOf::Position(position);
                request.reading().order_as_of(merchant.as_str(), key, as_of).await?
            }
            (None, Some(row)) => row.view(),
            (None, None) => request.order(merchant, key).await?.and_then(|row| row.view()),
        };
        Ok(view.map(|view| Order::new(self.root.clone(), view)))
    }

    /// Its share of the order's lines, by number; 200 per page unless `first` or `last` says less.
    async fn lines(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<FulfillmentOrderLine>, Problem> {
        let window = Window { first, after, last, before };
        slice(&self.view.lines, window, |line| FulfillmentOrderLine::new(&self.root, &self.view, line))
    }

    /// The shipments that left, oldest first; 200 per page unless `first` or `last` says less.
    async fn shipments(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Shipment>, Problem> {
        let window = Window { first, after, last, before };
        slice(&self.view.shipments, window, |shipment| Shipment::new(&self.root, shipment))
    }
}

impl FulfillmentOrder {
    /// A part of the order with a global id.
    pub(super) fn new(root: &GlobalId, view: &domain::FulfillmentOrderView) -> Self {
        Self {
            id: root.part(Kind::FulfillmentOrder, view.fulfillment_order_id.number()),
            root: root.clone(),
            view: view.clone(),
            row: None,
            fulfillment_order_id: id(&view.fulfillment_order_id),
            location: id(&view.location),
            status: view.status.into(),
            accepted: view.accepted,
            wms_ref: text(view.wms_ref.as_ref()),
            cancellation_requested: view.cancellation_requested,
            move_to: view.move_to.as_ref().map(id),
            amendment_requested: view.amendment_requested,
            promise: view.promise.as_ref().map(PromisedDates::from),
            ready_since: view.ready_since.map(DateTime),
            supported_actions: view.supported_actions.clone(),
        }
    }

    /// A part of a merchant's order as the read model has it.
    pub(in crate::graphql) fn current(merchant: &MerchantId, part: FulfillmentOrderRow) -> Self {
        let root = GlobalId::new(Kind::Order, merchant, part.view.fulfillment_order_id.order());
        Self { row: Some(Arc::new(part.order)), ..Self::new(&root, &part.view) }
    }

    /// A line, shipment or package of it by global id.
    pub(in crate::graphql) fn find(&self, kind: Kind, wanted: &ID) -> Option<Node> {
        let mut shipments = self.view.shipments.iter().map(|shipment| Shipment::new(&self.root, shipment));
        match kind {
            Kind::FulfillmentOrderLine => {
                let lines = self.view.lines.iter();
                let mut lines = lines.map(|line| FulfillmentOrderLine::new(&self.root, &self.view, line));
                lines.find(|line| line.id == *wanted).map(Into::into)
            }
            Kind::Shipment => shipments.find(|shipment| shipment.id == *wanted).map(Into::into),
            _ => shipments.find_map(|shipment| shipment.package(wanted)).map(Into::into),
        }
    }
}

/// The earliest dates that were promised.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct PromisedDates {
    /// The earliest time of shipping.
    ship_at: DateTime,
    /// The earliest time of delivery; null if the merchant's policy has no transit time for the route.
    deliver_at: Option<DateTime>,
}

impl From<&domain::PromisedDates> for PromisedDates {
    fn from(promise: &domain::PromisedDates) -> Self {
        Self { ship_at: DateTime(promise.ship_at), deliver_at: promise.deliver_at.map(DateTime) }
    }
}

/// A fulfillment order's share of an order line. All counts are in the SKU's smallest unit.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct FulfillmentOrderLine {
    /// Global id: opaque, unique over all types and merchants.
    pub(in crate::graphql) id: ID,
    /// The number of the order line.
    line: u32,
    /// Units assigned, less those given back.
    quantity: Long,
    /// Units picked; packed and shipped units included.
    picked: Long,
    /// Units packed; shipped units included.
    packed: Long,
    /// Units shipped.
    shipped: Long,
    /// Units in the pending cancellation request.
    asked_for: Long,
}

impl FulfillmentOrderLine {
    fn new(root: &GlobalId, part: &domain::FulfillmentOrderView, line: &domain::FulfillmentLineView) -> Self {
        let key = format!("{}.{}", part.fulfillment_order_id.number(), line.line);
        Self {
            id: root.part(Kind::FulfillmentOrderLine, key),
            line: line.line.number(),
            quantity: line.quantity.into(),
            picked: line.picked.into(),
            packed: line.packed.into(),
            shipped: line.shipped.into(),
            asked_for: line.asked_for.into(),
        }
    }
}
