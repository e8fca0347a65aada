//! Fulfillment orders: the work of locations.

use std::sync::Arc;

use axum::extract::State;
use holdfast_domain::order::{FulfillmentLineView, FulfillmentOrderStatus, PromisedDates, ShipmentView};
use holdfast_domain::values::{
    ChannelName, FulfillmentOrderId, LocationId, OrderId, Priority, Reference, Sku, Timestamp,
};
use holdfast_projections::{FulfillmentOrderFilter, FulfillmentOrderRow, Orders};
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
    fulfillment_order_id: FulfillmentOrderId,
    order_id: OrderId,
    /// The sales channel of the order.
    channel: ChannelName,
    /// The order's name in its channel.
    channel_ref: Option<Reference>,
    location: LocationId,
    status: FulfillmentOrderStatus,
    /// Whether the location has accepted it.
    accepted: bool,
    /// Its name in the warehouse management system.
    wms_ref: Option<Reference>,
    /// Whether the location has yet to answer a request to cancel all or part of it.
    cancellation_requested: bool,
    /// The location that takes it over if this location accepts the cancellation.
    move_to: Option<LocationId>,
    /// Whether the location has yet to answer a request to change the address or delivery.
    amendment_requested: bool,
    /// The earliest dates of shipment and delivery, as computed when the units were reserved.
    promise: Option<PromisedDates>,
    /// When it became ready for pickup by the customer.
    ready_since: Option<Timestamp>,
    priority: Priority,
    /// When the order was created.
    created_at: Timestamp,
    /// The latest time of shipment.
    ship_by: Option<Timestamp>,
    /// The latest time of delivery.
    deliver_by: Option<Timestamp>,
    lines: Vec<WorkLine>,
    /// The shipments so far.
    shipments: Vec<ShipmentView>,
    /// The commands on it that would be accepted now.
    supported_actions: Vec<String>,
    /// `true` if an event of the order could not be applied and is missing here. Absent otherwise.
    stale: Option<bool>,
}

/// A line of a fulfillment order.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct WorkLine {
    sku: Sku,
    /// The client's name for the order line.
    line_ref: Option<Reference>,
    #[serde(flatten)]
    line: FulfillmentLineView,
}

impl LocationWork {
    /// `None` if the order of the row has not been created.
    pub(super) fn of(row: FulfillmentOrderRow) -> Option<Self> {
        let FulfillmentOrderRow { order, view } = row;
        let created = order.order.created.as_ref()?;
        let line = |line: FulfillmentLineView| {
            let ordered = created.lines.get(line.line.index())?;
            Some(WorkLine { sku: ordered.sku.clone(), line_ref: ordered.line_ref.clone(), line })
        };
        Some(Self {
            fulfillment_order_id: view.fulfillment_order_id,
            order_id: created.order_id,
            channel: created.channel.clone(),
            channel_ref: created.channel_ref.clone(),
            location: view.location,
            status: view.status,
            accepted: view.accepted,
            wms_ref: view.wms_ref,
            cancellation_requested: view.cancellation_requested,
            move_to: view.move_to,
            amendment_requested: view.amendment_requested,
            promise: view.promise,
            ready_since: view.ready_since,
            priority: created.priority,
            created_at: created.at,
            ship_by: created.delivery.as_ref().and_then(|delivery| delivery.ship_by),
            deliver_by: created.delivery.as_ref().and_then(|delivery| delivery.deliver_by),
            lines: view.lines.into_iter().filter_map(line).collect(),
            shipments: view.shipments,
            supported_actions: view.supported_actions,
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
