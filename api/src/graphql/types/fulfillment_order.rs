//! Fulfillment orders: the part of an order that one location fulfils.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use holdfast_domain::values::MerchantId;
use holdfast_projections::{FulfillmentOrderRow, OrderRow};
use serde::Deserialize;

use super::enums::FulfillmentOrderStatus;
use super::order::Order;
use super::read;
use super::scalars::{DateTime, Long};
use super::shipment::Shipment;
use crate::graphql::connection::Items;
use crate::graphql::context::RequestContext;
use crate::graphql::error::Problem;
use crate::graphql::global_id::{GlobalId, Kind};
use crate::queries::AsOf;

/// The part of an order that one location picks, packs and ships.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
#[graphql(complex)]
pub(in crate::graphql) struct FulfillmentOrder {
    /// The order, if it was loaded together with this part.
    #[graphql(skip)]
    #[serde(skip)]
    row: Option<Arc<OrderRow>>,
    /// Global id: opaque, unique over all types and merchants.
    #[serde(skip)]
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
    /// Its share of the order's lines, by number.
    pub(in crate::graphql) lines: Items<FulfillmentOrderLine>,
    /// The shipments that left, oldest first.
    pub(in crate::graphql) shipments: Items<Shipment>,
    /// The commands on it that would be accepted now, by the last part of their REST path.
    supported_actions: Vec<String>,
}

#[ComplexObject]
impl FulfillmentOrder {
    /// The order that it is part of, as the read model has it.
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
    /// A part of a merchant's order as the read model has it.
    pub(in crate::graphql) fn current(
        merchant: &MerchantId,
        part: FulfillmentOrderRow,
    ) -> Result<Self, Problem> {
        let mut own: Self = read(&part.view)?;
        own.identify(&GlobalId::new(Kind::Order, merchant, part.view.fulfillment_order_id.order()));
        Ok(Self { row: Some(Arc::new(part.order)), ..own })
    }

    /// Sets the global ids of a part of the order with a global id.
    pub(super) fn identify(&mut self, order: &GlobalId) {
        let own = self.fulfillment_order_id.as_str();
        self.id = order.part(Kind::FulfillmentOrder, own);
        for line in &mut self.lines.0 {
            line.id = order.part(Kind::FulfillmentOrderLine, format_args!("{own}/{}", line.line));
        }
        for shipment in &mut self.shipments.0 {
            let own = shipment.shipment_id.as_str();
            shipment.id = order.part(Kind::Shipment, own);
            for package in &mut shipment.packages.0 {
                package.id = order.part(Kind::Package, format_args!("{own}/{}", *package.package_id));
            }
        }
    }
}

/// The earliest dates that were promised.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct PromisedDates {
    /// The earliest time of shipping.
    ship_at: DateTime,
    /// The earliest time of delivery; null if the merchant's policy has no transit time for the route.
    deliver_at: Option<DateTime>,
}

/// A fulfillment order's share of an order line. All counts are in the SKU's smallest unit.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct FulfillmentOrderLine {
    /// Global id: opaque, unique over all types and merchants.
    #[serde(skip)]
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
    requested_release: Long,
}
