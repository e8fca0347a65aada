//! Fulfillment orders.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use holdfast_domain::order::{FulfillmentOrderStatus, WaitingFor};
use holdfast_domain::values::MerchantId;
use holdfast_projections::{FulfillmentOrderRow, OrderRow};
use serde::Deserialize;

use super::choice::Choice;
use super::order::Order;
use super::read;
use super::scalars::{DateTime, Long};
use super::shipment::Shipment;
use crate::graphql::connection::Items;
use crate::graphql::context::RequestContext;
use crate::graphql::error::Problem;
use crate::graphql::global_id::{GlobalId, Kind};
use crate::queries::AsOf;

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
#[graphql(complex)]
pub(in crate::graphql) struct FulfillmentOrder {
    /// The order, if it was loaded together with the fulfillment order.
    #[graphql(skip)]
    #[serde(skip)]
    row: Option<Arc<OrderRow>>,
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    fulfillment_order_id: ID,
    location: ID,
    status: Choice<FulfillmentOrderStatus>,
    accepted: bool,
    wms_ref: Option<String>,
    cancellation_requested: bool,
    move_to: Option<ID>,
    amendment_requested: bool,
    promise: Option<PromisedDates>,
    waiting_for: Option<Choice<WaitingFor>>,
    ready_since: Option<DateTime>,
    pub(in crate::graphql) lines: Items<FulfillmentOrderLine>,
    pub(in crate::graphql) shipments: Items<Shipment>,
    supported_actions: Vec<String>,
}

#[ComplexObject]
impl FulfillmentOrder {
    /// The order that the fulfillment order belongs to.
    async fn order(&self, context: &Context<'_>) -> Result<Option<Order>, Problem> {
        let request = RequestContext::of(context)?;
        let root = GlobalId::decode(&self.id)?.root(Kind::Order);
        let view = match (&self.row, root.position()) {
            (Some(row), _) => row.view(),
            (None, Some(position)) => {
                let (merchant, as_of) = (root.merchant().as_str(), AsOf::Position(position));
                request.queries().order_as_of(merchant, root.order()?, as_of).await?
            }
            (None, None) => request.order(root.merchant(), root.order()?).await?.and_then(|row| row.view()),
        };
        view.map(|view| Order::new(&root, &view)).transpose()
    }
}

impl FulfillmentOrder {
    /// A merchant's current fulfillment order, from the read model.
    pub(in crate::graphql) fn current(
        merchant: &MerchantId,
        row: FulfillmentOrderRow,
    ) -> Result<Self, Problem> {
        let mut own: Self = read(&row.view)?;
        own.identify(&GlobalId::new(Kind::Order, merchant, row.view.fulfillment_order_id.order()));
        Ok(Self { row: Some(Arc::new(row.order)), ..own })
    }

    /// Sets the global ids of the fulfillment order and its objects.
    pub(super) fn identify(&mut self, order: &GlobalId) {
        let own = self.fulfillment_order_id.as_str();
        self.id = order.child(Kind::FulfillmentOrder, own);
        for line in &mut self.lines.0 {
            line.id = order.child(Kind::FulfillmentOrderLine, format_args!("{own}/{}", line.line));
        }
        for shipment in &mut self.shipments.0 {
            let own = shipment.shipment_id.as_str();
            shipment.id = order.child(Kind::Shipment, own);
            for package in &mut shipment.packages.0 {
                package.id = order.child(Kind::Package, format_args!("{own}/{}", *package.package_id));
            }
        }
    }
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct PromisedDates {
    ship_at: DateTime,
    deliver_at: Option<DateTime>,
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct FulfillmentOrderLine {
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    line: u32,
    sku: String,
    line_ref: Option<String>,
    quantity: Long,
    picked: Long,
    packed: Long,
    shipped: Long,
    requested_release: Long,
}
