//! Orders, fulfillment orders, the board, and metrics.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use holdfast_domain::order::{FulfillmentOrderStatus, OrderStatus};
use holdfast_domain::values::{LocationId, OrderId};
use holdfast_projections::{self as projections, FulfillmentOrderFilter, GroupBy, OrderRow, Period, Stage};
use holdfast_views::CartReservationView;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cursor::List;
use crate::graphql::arguments::{must_exist, optional, past_state, value, wait_for};
use crate::graphql::connection::{Connection, Items, Window};
use crate::graphql::context::RequestContext;
use crate::graphql::error::Problem;
use crate::graphql::global_id::{GlobalId, Kind};
use crate::graphql::limits::{list_cost, page_cost};
use crate::graphql::types::board::{BoardEntry, BoardSummary};
use crate::graphql::types::cart_reservation::CartReservation;
use crate::graphql::types::choice::Choice;
use crate::graphql::types::fulfillment_order::FulfillmentOrder;
use crate::graphql::types::order::Order;
use crate::graphql::types::order_metrics::OrderMetrics;
use crate::graphql::types::scalars::{DateTime, Long};
use crate::order_metrics::MetricsParams;

/// The sort order of a list of orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::OrderSort")]
enum OrderSort {
    /// By creation, newest first.
    NewestFirst,
    /// By creation, oldest first.
    OldestFirst,
    /// By last change, latest first. An order that changes between two pages may be missing.
    LatestChangeFirst,
    /// By last change, earliest first. An order that changes between two pages appears again.
    EarliestChangeFirst,
}

#[derive(Debug, Default, InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderFilter {
    status: Option<Choice<OrderStatus>>,
    channel: Option<String>,
    channel_ref: Option<String>,
    customer_ref: Option<String>,
    tracking_number: Option<String>,
    sku: Option<String>,
    location: Option<String>,
    /// Only orders created after this time.
    created_after: Option<DateTime>,
    /// Only orders created before this time.
    created_before: Option<DateTime>,
    changed_after: Option<DateTime>,
    changed_before: Option<DateTime>,
    backordered: Option<bool>,
    stuck: Option<bool>,
}

#[derive(Debug, Default, InputObject, Serialize)]
pub(super) struct MetricsFilter {
    period: Option<Choice<Period>>,
    from: Option<DateTime>,
    to: Option<DateTime>,
    channel: Option<String>,
    location: Option<String>,
    /// The grouping of the metrics of a period. Default: `NONE`.
    #[serde(rename = "by")]
    group_by: Option<Choice<GroupBy>>,
}

/// Reads a filter of REST or of the read model, which checks the values, from the filter of GraphQL.
fn read_filter<T: DeserializeOwned>(filter: &impl Serialize) -> Result<T, Problem> {
    let value = serde_json::to_value(filter).map_err(|error| Problem::internal(&error))?;
    serde_path_to_error::deserialize(value)
        .map_err(|error| Problem::invalid(&format!("filter.{}", error.path()), error.inner()))
}

#[derive(Default)]
pub(super) struct OrderQueries;

#[allow(clippy::too_many_arguments, reason = "each is an argument of a query")]
#[Object]
impl OrderQueries {
    /// An order with its personal data; null if no order has the id. With `asOf`, a past state without personal data.
    async fn order(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The order's `orderId`.")] id: ID,
        min_position: Option<Long>,
        as_of: Option<String>,
    ) -> Result<Option<Order>, Problem> {
        let request = RequestContext::of(context)?;
        let (queries, merchant) = (request.queries(), request.merchant()?);
        let id: OrderId = value("id", &id)?;
        wait_for(request, min_position).await?;
        let (view, position) = match past_state(request, as_of).await? {
            Some(as_of) => {
                let view = queries.order_as_of(merchant.as_str(), id, as_of).await?;
                let position = view.as_ref().map(|view| view.position);
                (view, position)
            }
            None => (queries.order(merchant.as_str(), id).await?, None),
        };
        let root = GlobalId::new(Kind::Order, merchant, id).with_position(position);
        view.map(|view| Order::new(&root, &view)).transpose()
    }

    /// A cart reservation with its status now; null if no reservation has the id.
    async fn cart_reservation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The reservation's `reservationId`.")] id: ID,
        min_position: Option<Long>,
    ) -> Result<Option<CartReservation>, Problem> {
        let request = RequestContext::of(context)?;
        must_exist(request, min_position).await?;
        let id = value("id", &id)?;
        let (cart, _) = request.queries().cart_reservation(request.merchant()?.as_str(), id).await?;
        let view = CartReservationView::of(&cart, request.app().commands.clock().now());
        view.as_ref().map(CartReservation::new).transpose()
    }

    /// An order by its name in a sales channel, without personal data; null if the channel has no order of that name.
    async fn order_by_ref(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The sales channel of the order.")] channel: String,
        #[graphql(name = "ref", desc = "The order's `channelRef`.")] reference: String,
        min_position: Option<Long>,
    ) -> Result<Option<Order>, Problem> {
        let request = RequestContext::of(context)?;
        let filter = projections::OrderFilter {
            channel: Some(value("channel", &channel)?),
            channel_ref: Some(value("ref", &reference)?),
            ..projections::OrderFilter::default()
        };
        wait_for(request, min_position).await?;
        let merchant = request.merchant()?;
        let mut page = request.queries().orders(merchant.as_str(), &filter, None, 1).await?;
        let view = page.items.pop().and_then(|row| row.view());
        view.map(|view| Order::current(merchant, &view)).transpose()
    }

    /// Orders that match a filter, without personal data; 50 per page by default. Can be read in both directions, but not
    /// with `after` and `before` together.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn orders(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Default: all orders.")] filter: Option<OrderFilter>,
        #[graphql(default_with = "OrderSort::NewestFirst", desc = "The sort order.")] sort: OrderSort,
        min_position: Option<Long>,
    ) -> Result<Connection<Order>, Problem> {
        let request = RequestContext::of(context)?;
        let sort: projections::OrderSort = sort.into();
        let list = List::Orders(sort);
        let page = Window { first, after, last, before }.either_way(list)?;
        wait_for(request, min_position).await?;
        let direction = if page.is_backward { reversed(sort) } else { sort };
        let merchant = request.merchant()?;
        let filter = filter.unwrap_or_default();
        let (after, before) =
            (filter.created_after.map(|time| time.0), filter.created_before.map(|time| time.0));
        let first_position = request.queries().created_between(merchant.as_str(), after, before).await?;
        let filter = projections::OrderFilter { first_position, sort: direction, ..read_filter(&filter)? };
        let place = page.place.as_deref();
        let found = request.queries().orders(merchant.as_str(), &filter, place, page.limit).await?;
        let order = |row: &OrderRow| {
            let order = Order::current(merchant, &row.view()?);
            Some(order.map(|order| (list.at(sort.cursor(row)), order)))
        };
        page.connection(found.items.iter().filter_map(order), found.next.is_some())
    }

    /// Fulfillment orders, by creation of their order, oldest first; 50 per page by default. Can be read forward only.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn fulfillment_orders(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Only this location. Default: all.")] location: Option<String>,
        #[graphql(desc = "Only this status. Default: all statuses in which a location can work on it.")]
        status: Option<Choice<FulfillmentOrderStatus>>,
        min_position: Option<Long>,
    ) -> Result<Connection<FulfillmentOrder>, Problem> {
        let request = RequestContext::of(context)?;
        let list = List::FulfillmentOrders;
        let page = Window { first, after, last, before }.forward(list)?;
        let location = optional("location", location)?;
        let filter = FulfillmentOrderFilter { location, status: status.map(|status| status.0) };
        wait_for(request, min_position).await?;
        let (merchant, place) = (request.merchant()?, page.place.as_deref());
        let found =
            request.queries().fulfillment_orders(merchant.as_str(), &filter, place, page.limit).await?;
        let items = found.items.into_iter().map(|item| {
            let number = item.view.fulfillment_order_id.number();
            let cursor = list.at(format_args!("{}.{number}", item.order.first_position));
            Ok((cursor, FulfillmentOrder::current(merchant, item)?))
        });
        page.connection(items, found.next.is_some())
    }

    /// The fulfillment orders of a location in one stage: by priority, then by `dueAt`, then by creation of the order; 50
    /// per page by default. Can be read forward only.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn fulfillment_board(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The location's id.")] location: String,
        stage: Choice<Stage>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        min_position: Option<Long>,
    ) -> Result<Connection<BoardEntry>, Problem> {
        let request = RequestContext::of(context)?;
        let list = List::FulfillmentBoard;
        let page = Window { first, after, last, before }.forward(list)?;
        let location: LocationId = value("location", &location)?;
        wait_for(request, min_position).await?;
        let (merchant, place) = (request.merchant()?, page.place.as_deref());
        let of = (&location, stage.0);
        let found = request.queries().board(merchant.as_str(), of, place, page.limit).await?;
        let now = request.app().commands.clock().now();
        let entries = found.items.into_iter().map(|entry| {
            let cursor = list.at(entry.cursor());
            Ok((cursor, BoardEntry::new(merchant, entry, now)?))
        });
        page.connection(entries, found.next.is_some())
    }

    /// The number of fulfillment orders by location and stage.
    #[graphql(complexity = "list_cost(10, child_complexity)")]
    async fn fulfillment_board_summary(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only this location. Default: all.")] location: Option<String>,
        min_position: Option<Long>,
    ) -> Result<Items<BoardSummary>, Problem> {
        let request = RequestContext::of(context)?;
        let location: Option<LocationId> = optional("location", location)?;
        wait_for(request, min_position).await?;
        let now = request.app().commands.clock().now();
        let merchant = request.merchant()?.as_str();
        let found = request.queries().board_summary(merchant, location.as_ref(), now).await?;
        Ok(found.iter().map(|summary| BoardSummary::new(summary, now)).collect())
    }

    /// Metrics of order processing: counts, units, rates and cycle times per period.
    #[graphql(complexity = "list_cost(50, child_complexity)")]
    async fn metrics(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Default: the metrics of the last 24 hours, by the hour.")] filter: Option<
            MetricsFilter,
        >,
        min_position: Option<Long>,
    ) -> Result<OrderMetrics, Problem> {
        let request = RequestContext::of(context)?;
        let params: MetricsParams = read_filter(&filter.unwrap_or_default())?;
        let filter = params.filter(request.app().commands.clock().now());
        let filter = filter.map_err(|error| Problem::invalid("filter.from", error))?;
        let min_position = min_position.map(|position| position.0);
        let result = request.queries().metrics(request.merchant()?.as_str(), &filter, min_position).await?;
        OrderMetrics::new(&result)
    }
}

/// The opposite sort order.
fn reversed(sort: projections::OrderSort) -> projections::OrderSort {
    use projections::OrderSort::{EarliestChangeFirst, LatestChangeFirst, NewestFirst, OldestFirst};
    match sort {
        NewestFirst => OldestFirst,
        OldestFirst => NewestFirst,
        LatestChangeFirst => EarliestChangeFirst,
        EarliestChangeFirst => LatestChangeFirst,
    }
}
