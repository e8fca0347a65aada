//! Fulfillment orders: the work of locations.

use std::sync::Arc;

use axum::extract::State;
use holdfast_domain::values::{ChannelName, OrderId, Priority, Reference, Timestamp};
use holdfast_projections::{FulfillmentOrderFilter, FulfillmentOrderRow, Orders};
use holdfast_views::FulfillmentOrderView;
use schemars::JsonSchema;
use serde::Serialize;

use super::extract::{Answer, Merchant};
use super::page::Reached;
use super::query::{MinPosition, PageParams, Params};
use crate::app::App;
use crate::cursor::List;

/// A fulfillment order, with the fields of its order that the location needs.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LocationWork {
    #[serde(flatten)]
    fulfillment_order: FulfillmentOrderView,
    order_id: OrderId,
    /// The sales channel of the order.
    channel: ChannelName,
    /// The order's name in its channel.
    channel_ref: Option<Reference>,
    priority: Priority,
    /// When the order was created.
    created_at: Timestamp,
    /// The latest time of shipment.
    ship_by: Option<Timestamp>,
    /// The latest time of delivery.
    deliver_by: Option<Timestamp>,
    /// `true` if an event of the order could not be applied and is missing here. Absent otherwise.
    stale: Option<bool>,
}

impl LocationWork {
    /// `None` if the order of the row has not been created.
    pub(super) fn of(row: FulfillmentOrderRow) -> Option<Self> {
        let FulfillmentOrderRow { order, view } = row;
        let created = order.order.created.as_ref()?;
        Some(Self {
            fulfillment_order: view,
            order_id: created.order_id,
            channel: created.channel.clone(),
            channel_ref: created.channel_ref.clone(),
            priority: created.priority,
            created_at: created.at,
            ship_by: order.order.ship_by(),
            deliver_by: created.delivery.as_ref().and_then(|delivery| delivery.deliver_by),
            stale: order.stale.then_some(true),
        })
    }
}

/// The fulfillment orders of locations, oldest order first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Merchant(merchant): Merchant,
    Params(filter): Params<FulfillmentOrderFilter>,
    Params(page): Params<PageParams>,
    Params(min): Params<MinPosition>,
) -> Answer {
    let after = page.after(List::FulfillmentOrders)?;
    min.wait(&app, &merchant).await?;
    let reached = Reached::of(&app, Orders::NAME, &merchant);
    let found =
        app.queries.fulfillment_orders(merchant.as_str(), &filter, after.as_deref(), page.limit()).await?;
    let items = found.items.into_iter().filter_map(LocationWork::of).collect();
    Ok(reached.respond(items, found.next.map(|next| List::FulfillmentOrders.at(next).encode())))
}
