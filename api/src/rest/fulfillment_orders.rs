//! Fulfillment orders: what a location has to do, and its reports that it was done.

use std::sync::Arc;

use axum::extract::State;
use holdfast_domain::order::{
    AcceptAmendment, AcceptCancellation, AcceptFulfillmentOrder, FulfillmentOrderStatus, MarkReadyForPickup,
    MoveFulfillmentOrder, PackItems, PickItems, PromisedDates, RejectAmendment, RejectCancellation,
    RejectFulfillmentOrder, ShipItems, ShipmentView, ShortPick,
};
use holdfast_domain::values::{
    ChannelName, FulfillmentOrderId, LineNumber, LocationId, OrderId, Priority, Reference, Sku, Timestamp,
    Units,
};
use holdfast_projections::{FulfillmentOrderFilter, FulfillmentOrderRow, Orders};
use schemars::JsonSchema;
use serde::Serialize;

use super::caller::{Answered, Call, ForMerchant, InPath};
use super::endpoint::Parameter;
use super::listing::Reached;
use super::parameters::{self, Parameters};
use super::problem::Problem;
use crate::app::App;
use crate::cursor::List;

/// Records that its location takes it on.
pub(super) async fn accept(InPath(id): InPath, call: Call) -> Answered {
    call.about("fulfillmentOrderId", known(id)?).send::<AcceptFulfillmentOrder>().await
}

/// Records that its location does not take it on.
pub(super) async fn reject(InPath(id): InPath, call: Call) -> Answered {
    call.about("fulfillmentOrderId", known(id)?).send::<RejectFulfillmentOrder>().await
}

/// Lets another location take it over.
pub(super) async fn relocate(InPath(id): InPath, call: Call) -> Answered {
    call.about("fulfillmentOrderId", known(id)?).send::<MoveFulfillmentOrder>().await
}

/// Records that it waits to be fetched.
pub(super) async fn ready_for_pickup(InPath(id): InPath, call: Call) -> Answered {
    call.about("fulfillmentOrderId", known(id)?).send::<MarkReadyForPickup>().await
}

/// Records that its location leaves it.
pub(super) async fn accept_cancellation(InPath(id): InPath, call: Call) -> Answered {
    call.about("fulfillmentOrderId", known(id)?).send::<AcceptCancellation>().await
}

/// Records that its location goes on with it.
pub(super) async fn reject_cancellation(InPath(id): InPath, call: Call) -> Answered {
    call.about("fulfillmentOrderId", known(id)?).send::<RejectCancellation>().await
}

/// Records that its location goes by another address or delivery.
pub(super) async fn accept_amendment(InPath(id): InPath, call: Call) -> Answered {
    call.about("fulfillmentOrderId", known(id)?).send::<AcceptAmendment>().await
}

/// Records that its location goes by the address and delivery that it was told before.
pub(super) async fn reject_amendment(InPath(id): InPath, call: Call) -> Answered {
    call.about("fulfillmentOrderId", known(id)?).send::<RejectAmendment>().await
}

/// Records what is not where it should be.
pub(super) async fn short(InPath(id): InPath, call: Call) -> Answered {
    call.about("fulfillmentOrderId", known(id)?).send::<ShortPick>().await
}

/// Records what was taken from its places.
pub(super) async fn pick(InPath(id): InPath, call: Call) -> Answered {
    call.about("fulfillmentOrderId", known(id)?).send::<PickItems>().await
}

/// Records what was put into parcels.
pub(super) async fn pack(InPath(id): InPath, call: Call) -> Answered {
    call.about("fulfillmentOrderId", known(id)?).send::<PackItems>().await
}

/// Records parcels that left.
pub(super) async fn ship(InPath(id): InPath, call: Call) -> Answered {
    call.about("fulfillmentOrderId", known(id)?).send::<ShipItems>().await
}

fn known(id: String) -> Result<String, Problem> {
    if id.parse::<FulfillmentOrderId>().is_ok() {
        return Ok(id);
    }
    Err(Problem::unknown("unknown_fulfillment_order", format!("there is no fulfillment order {id}")))
}

/// A location's part of an order, with what those who fill it need to know of the order.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Work {
    /// Its id.
    fulfillment_order_id: FulfillmentOrderId,
    /// The order that it is a part of.
    order_id: OrderId,
    /// Where the order came from.
    channel: ChannelName,
    /// The order's name there.
    channel_ref: Option<Reference>,
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
    /// How urgent it is.
    priority: Priority,
    /// When the order was taken.
    created_at: Timestamp,
    /// To leave by.
    ship_by: Option<Timestamp>,
    /// To arrive by.
    deliver_by: Option<Timestamp>,
    /// What is to be picked, packed and shipped.
    lines: Vec<WorkLine>,
    /// What has left.
    shipments: Vec<ShipmentView>,
    /// The commands on it that would be accepted now.
    supported_actions: Vec<String>,
    /// Whether something that has happened to the order is not in this, because it could not be folded: `true`, or absent.
    stale: Option<bool>,
}

/// A line of a location's work.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WorkLine {
    /// Which line of the order.
    line: LineNumber,
    /// The sender's name for it.
    line_ref: Option<Reference>,
    /// What.
    sku: Sku,
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

impl Work {
    /// What there is to do with a part.
    pub(super) fn of(row: FulfillmentOrderRow) -> Option<Self> {
        let FulfillmentOrderRow { order, view } = row;
        let created = order.order.created.as_ref()?;
        let line = |part: &holdfast_domain::order::FulfillmentLineView| {
            let ordered = created.lines.get(part.line.index())?;
            Some(WorkLine {
                line: part.line,
                line_ref: ordered.line_ref.clone(),
                sku: ordered.sku.clone(),
                quantity: part.quantity,
                picked: part.picked,
                packed: part.packed,
                shipped: part.shipped,
                asked_for: part.asked_for,
            })
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
            lines: view.lines.iter().filter_map(line).collect(),
            shipments: view.shipments,
            supported_actions: view.supported_actions,
            stale: order.stale.then_some(true),
        })
    }
}

/// What work can be listed by.
pub(super) const LIST: &[Parameter] = &[
    Parameter::of::<LocationId>("location", "At this location."),
    Parameter::of::<FulfillmentOrderStatus>(
        "status",
        "In this status; where not given, what is left to be done and may be.",
    ),
    parameters::MIN_POSITION,
    parameters::CURSOR,
    parameters::LIMIT,
];

/// What locations have to do, the oldest order first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    ForMerchant(merchant): ForMerchant,
    given: Parameters,
) -> Answered {
    let filter =
        FulfillmentOrderFilter { location: given.optional("location")?, status: given.optional("status")? };
    let after = given.cursor(List::FulfillmentOrders)?;
    let limit = given.limit()?;
    given.wait(&app, &merchant).await?;
    let reached = Reached::of(&app, Orders::NAME, &merchant);
    let page = app.reading.fulfillment_orders(merchant.as_str(), &filter, after.as_deref(), limit).await?;
    let items: Vec<Work> = page.items.into_iter().filter_map(Work::of).collect();
    let next_cursor = page.next.map(|next| List::FulfillmentOrders.at(next).encode());
    Ok(reached.answer(items, next_cursor))
}
