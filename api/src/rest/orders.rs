//! Orders: taken, paid, cancelled, erased; one, many, and what happened to one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use holdfast_domain::order::{
    AmendOrder, AuthorizePayment, CancelOrder, ConfirmPayment, CreateOrder, ErasePersonalData, FailPayment,
    HoldOrder, OrderStatus, OrderView, ReleaseHold, VoidPayment,
};
use holdfast_domain::values::{ChannelName, LocationId, OrderId, Reference, Sku, Timestamp};
use holdfast_projections::{OrderFilter, OrderSort, Orders};
use schemars::JsonSchema;
use serde::Deserialize;

use super::caller::{Answered, Call, ForMerchant, InPath};
use super::endpoint::Parameter;
use super::listing::{Items, Reached, at_position};
use super::parameters::{self, Parameters};
use super::problem::Problem;
use crate::app::App;
use crate::cursor::List;
use crate::history::HistoryItem;
use crate::history::order::OrderHistoryItem;
use crate::reading::steps;

/// Takes an order.
pub(super) async fn create(call: Call) -> Answered {
    call.send::<CreateOrder>().await
}

/// Records that it is paid.
pub(super) async fn confirm_payment(InPath(id): InPath, call: Call) -> Answered {
    call.about("orderId", known(id)?).send::<ConfirmPayment>().await
}

/// Records that a payment is promised.
pub(super) async fn authorize_payment(InPath(id): InPath, call: Call) -> Answered {
    call.about("orderId", known(id)?).send::<AuthorizePayment>().await
}

/// Records that a payment failed.
pub(super) async fn fail_payment(InPath(id): InPath, call: Call) -> Answered {
    call.about("orderId", known(id)?).send::<FailPayment>().await
}

/// Records that payments were taken back.
pub(super) async fn void_payment(InPath(id): InPath, call: Call) -> Answered {
    call.about("orderId", known(id)?).send::<VoidPayment>().await
}

/// Lets it wait.
pub(super) async fn hold(InPath(id): InPath, call: Call) -> Answered {
    call.about("orderId", known(id)?).send::<HoldOrder>().await
}

/// Lets it wait no longer.
pub(super) async fn release_hold(InPath(id): InPath, call: Call) -> Answered {
    call.about("orderId", known(id)?).send::<ReleaseHold>().await
}

/// Changes what has not left.
pub(super) async fn amend(InPath(id): InPath, call: Call) -> Answered {
    call.about("orderId", known(id)?).send::<AmendOrder>().await
}

/// Cancels it.
pub(super) async fn cancel(InPath(id): InPath, call: Call) -> Answered {
    call.about("orderId", known(id)?).send::<CancelOrder>().await
}

/// Destroys the key to its personal data.
pub(super) async fn erase_personal_data(InPath(id): InPath, call: Call) -> Answered {
    call.about("orderId", known(id)?).send::<ErasePersonalData>().await
}

fn unknown(id: &str) -> Problem {
    Problem::unknown("unknown_order", format!("there is no order {id}"))
}

/// What is no UUID is the id of no order.
pub(super) fn known(id: String) -> Result<String, Problem> {
    if id.parse::<OrderId>().is_ok() { Ok(id) } else { Err(unknown(&id)) }
}

/// What an order can be asked for with.
pub(super) const ONE: &[Parameter] = &[parameters::MIN_POSITION, parameters::AS_OF];

/// An order: as it is with its personal data, or as it was without.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    ForMerchant(merchant): ForMerchant,
    InPath(id): InPath,
    given: Parameters,
) -> Answered {
    let order: OrderId = id.parse().map_err(|_| unknown(&id))?;
    given.wait(&app, &merchant).await?;
    let reading = &app.reading;
    let view = match given.as_of()? {
        Some(moment) => reading.order_as_of(merchant.as_str(), order, moment).await?,
        None => reading.order(merchant.as_str(), order).await?,
    };
    let view = view.ok_or_else(|| unknown(&id))?;
    let mut response = Json(&view).into_response();
    if let Ok(version) = HeaderValue::try_from(format!("\"{}\"", view.version)) {
        response.headers_mut().insert(header::ETAG, version);
    }
    Ok(at_position(response, view.position))
}

/// What an order's history can be asked for with.
pub(super) const HISTORY: &[Parameter] = &[
    parameters::MIN_POSITION,
    parameters::AS_OF,
    Parameter::of::<bool>("differences", "Tell for each event what of the order was not as before."),
];

/// Every event of an order, and where it stood after each.
pub(super) async fn history(
    State(app): State<Arc<App>>,
    ForMerchant(merchant): ForMerchant,
    InPath(id): InPath,
    given: Parameters,
) -> Answered {
    let order: OrderId = id.parse().map_err(|_| unknown(&id))?;
    let (moment, compare) = (given.as_of()?, given.flag("differences")?);
    given.must_be_there(&app, &merchant).await?;
    let events = app.reading.order_history(merchant.as_str(), order, moment).await?;
    let Some(last) = events.last() else { return Err(unknown(&id)) };
    let position = last.command_end;
    let item = |(event, (status, differences))| {
        Ok(OrderHistoryItem { event: HistoryItem::of(event)?, status, differences })
    };
    let items = events.iter().zip(steps(&events, compare)?).map(item).collect::<Result<Vec<_>, Problem>>()?;
    Ok(at_position(Json(Items::of(items, None)).into_response(), position))
}

/// What orders can be listed by.
pub(super) const LIST: &[Parameter] = &[
    Parameter::of::<OrderStatus>("status", "In this status."),
    Parameter::of::<ChannelName>("channel", "From this channel."),
    Parameter::of::<Reference>("channelRef", "With this name there."),
    Parameter::of::<Reference>("customerRef", "Of this customer."),
    Parameter::of::<Reference>("trackingNumber", "With a parcel of this number."),
    Parameter::of::<Sku>("sku", "With a line of this SKU."),
    Parameter::of::<LocationId>("location", "Filled, at least in part, by this location."),
    Parameter::of::<Timestamp>("createdAfter", "Created after this moment."),
    Parameter::of::<Timestamp>("createdBefore", "Created before this moment."),
    Parameter::of::<Timestamp>("changedAfter", "Changed after this moment."),
    Parameter::of::<Timestamp>("changedBefore", "Changed before this moment."),
    Parameter::of::<bool>("backordered", "Whether units of it wait for supply."),
    Parameter::of::<bool>("stuck", "Whether nothing has been heard of a parcel of it for too long."),
    Parameter::of::<Sort>(
        "sort",
        "Which come first: -created (where not given), created, -changed or changed; with a minus the latest. An order \
         that changes meanwhile comes again by changed, and may be missed by -changed.",
    ),
    parameters::MIN_POSITION,
    parameters::CURSOR,
    parameters::LIMIT,
];

/// Which orders come first.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
enum Sort {
    #[serde(rename = "-created")]
    NewestFirst,
    #[serde(rename = "created")]
    OldestFirst,
    #[serde(rename = "-changed")]
    LatestChangeFirst,
    #[serde(rename = "changed")]
    EarliestChangeFirst,
}

impl From<Sort> for OrderSort {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::NewestFirst => Self::NewestFirst,
            Sort::OldestFirst => Self::OldestFirst,
            Sort::LatestChangeFirst => Self::LatestChangeFirst,
            Sort::EarliestChangeFirst => Self::EarliestChangeFirst,
        }
    }
}

/// Orders without personal data.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    ForMerchant(merchant): ForMerchant,
    given: Parameters,
) -> Answered {
    let filter = OrderFilter {
        status: given.optional("status")?,
        channel: given.optional("channel")?,
        channel_ref: given.optional("channelRef")?,
        customer_ref: given.optional("customerRef")?,
        tracking_number: given.optional("trackingNumber")?,
        sku: given.optional("sku")?,
        location: given.optional("location")?,
        changed_after: given.optional("changedAfter")?,
        changed_before: given.optional("changedBefore")?,
        backordered: given.whether("backordered")?,
        stuck: given.whether("stuck")?,
        first_position: None,
        sort: given.optional::<Sort>("sort")?.unwrap_or(Sort::NewestFirst).into(),
    };
    let (created_after, created_before) = (given.optional("createdAfter")?, given.optional("createdBefore")?);
    let list = List::Orders(filter.sort);
    let after = given.cursor(list)?;
    let limit = given.limit()?;
    given.wait(&app, &merchant).await?;
    let first_position = app.reading.begun_within(merchant.as_str(), created_after, created_before).await?;
    let filter = OrderFilter { first_position, ..filter };
    let reached = Reached::of(&app, Orders::NAME, &merchant);
    let page = app.reading.orders(merchant.as_str(), &filter, after.as_deref(), limit).await?;
    let items: Vec<OrderView> = page.items.iter().filter_map(holdfast_projections::OrderRow::view).collect();
    let next_cursor = page.next.map(|next| list.at(next).encode());
    Ok(reached.answer(items, next_cursor))
}
