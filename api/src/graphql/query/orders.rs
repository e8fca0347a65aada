//! Orders, fulfillment orders, the board, and metrics.

use async_graphql::{Context, ID, InputObject, Object};
use holdfast_domain::values::{LocationId, OrderId, Timestamp};
use holdfast_projections::{self as projections, FulfillmentOrderFilter, OrderRow};
use serde::Serialize;

use crate::cursor::List;
use crate::graphql::arguments::{optional, value, wait_for};
use crate::graphql::connection::{Connection, Items, Window};
use crate::graphql::context::RequestContext;
use crate::graphql::error::Problem;
use crate::graphql::global_id::{GlobalId, Kind};
use crate::graphql::limits::{list_cost, page_cost};
use crate::graphql::types::board::{BoardEntry, BoardSummary};
use crate::graphql::types::enums::{FulfillmentOrderStatus, GroupBy, OrderSort, OrderStatus, Period, Stage};
use crate::graphql::types::fulfillment_order::FulfillmentOrder;
use crate::graphql::types::order::Order;
use crate::graphql::types::order_metrics::OrderMetrics;
use crate::graphql::types::scalars::{DateTime, Long};
use crate::order_metrics::time_range;
use crate::queries::AsOf;

/// Conditions on orders; all that are given must hold.
#[derive(Debug, Default, InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderFilter {
    /// The overall status.
    status: Option<OrderStatus>,
    /// The sales channel.
    channel: Option<String>,
    /// The order's reference in the sales channel.
    channel_ref: Option<String>,
    /// The customer's reference in the sales channel.
    customer_ref: Option<String>,
    /// The tracking number of one of its packages.
    tracking_number: Option<String>,
    /// The SKU of one of its lines.
    sku: Option<String>,
    /// A location that fulfils the order or a part of it.
    location: Option<String>,
    /// Created after this time.
    created_after: Option<DateTime>,
    /// Created before this time.
    created_before: Option<DateTime>,
    /// Last changed after this time.
    changed_after: Option<DateTime>,
    /// Last changed before this time.
    changed_before: Option<DateTime>,
    /// Whether units of the order are backordered.
    backordered: Option<bool>,
    /// Whether a package of the order is stuck.
    stuck: Option<bool>,
}

impl OrderFilter {
    /// The read model's filter, which is the one of REST too.
    async fn into_filter(
        self,
        request: &RequestContext,
        sort: projections::OrderSort,
    ) -> Result<projections::OrderFilter, Problem> {
        let value = serde_json::to_value(&self).map_err(|error| Problem::internal(&error))?;
        let filter = serde_path_to_error::deserialize::<_, projections::OrderFilter>(value);
        let invalid = |error: serde_path_to_error::Error<serde_json::Error>| {
            Problem::invalid(&format!("filter.{}", error.path()), error.inner())
        };
        let (after, before) = (self.created_after.map(|time| time.0), self.created_before.map(|time| time.0));
        let merchant = request.merchant()?.as_str();
        let first_position = request.queries().created_between(merchant, after, before).await?;
        Ok(projections::OrderFilter { first_position, sort, ..filter.map_err(invalid)? })
    }
}

/// Which metrics.
#[derive(Debug, Default, InputObject)]
pub(super) struct MetricsFilter {
    /// The length of a period; an hour by default.
    period: Option<Period>,
    /// Periods that begin at or after this time; by default 24 hours before `to`, or 60 minutes if the period is a minute.
    from: Option<DateTime>,
    /// Periods that begin before this time, at most 1500 periods after `from`; now by default.
    to: Option<DateTime>,
    /// Only of this channel.
    channel: Option<String>,
    /// Only of this location. What belongs to no location, such as orders created, is 0 then.
    location: Option<String>,
    /// What the metrics are grouped by; nothing by default.
    group_by: Option<GroupBy>,
}

impl MetricsFilter {
    /// The read model's filter.
    fn into_filter(self, now: Timestamp) -> Result<projections::MetricsFilter, Problem> {
        let period = self.period.map_or(projections::Period::Hour, Into::into);
        let time = |time: Option<DateTime>| time.map(|time| time.0);
        let range = time_range(period, time(self.from), time(self.to), now);
        let (from, to) = range.map_err(|error| Problem::invalid("filter.from", error))?;
        Ok(projections::MetricsFilter {
            period,
            from,
            to,
            channel: optional("filter.channel", self.channel)?,
            location: optional("filter.location", self.location)?,
            group_by: self.group_by.map_or(projections::GroupBy::None, Into::into),
        })
    }
}

#[derive(Default)]
pub(super) struct OrderQueries;

#[allow(clippy::too_many_arguments, reason = "each is an argument of a query")]
#[Object]
impl OrderQueries {
    /// An order with its personal data; null if there is none. With `asOf`, the order as it was, without personal data.
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
        let (view, position) = match optional::<AsOf>("asOf", as_of)? {
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

    /// An order by its reference in a sales channel, without personal data; null if there is none.
    async fn order_by_ref(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The sales channel.")] channel: String,
        #[graphql(name = "ref", desc = "The order's reference there.")] reference: String,
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

    /// Orders that match, without personal data; 50 per page by default. Paged in both directions, but not with `after`
    /// and `before` together.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn orders(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Conditions; all orders by default.")] filter: Option<OrderFilter>,
        #[graphql(default_with = "OrderSort::NewestFirst", desc = "The order of the list.")] sort: OrderSort,
        min_position: Option<Long>,
    ) -> Result<Connection<Order>, Problem> {
        let request = RequestContext::of(context)?;
        let sort: projections::OrderSort = sort.into();
        let list = List::Orders(sort);
        let page = Window { first, after, last, before }.either_way(list)?;
        wait_for(request, min_position).await?;
        let direction = if page.is_backward { reversed(sort) } else { sort };
        let filter = filter.unwrap_or_default().into_filter(request, direction).await?;
        let merchant = request.merchant()?;
        let place = page.place.as_deref();
        let found = request.queries().orders(merchant.as_str(), &filter, place, page.limit).await?;
        let order = |row: &OrderRow| {
            let order = Order::current(merchant, &row.view()?);
            Some(order.map(|order| (list.at(sort.cursor(row)), order)))
        };
        page.connection(found.items.iter().filter_map(order), found.next.is_some())
    }

    /// Fulfillment orders, those of the oldest order first; 50 per page by default. Read forward only. Without a status,
    /// those that a location can work on.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn fulfillment_orders(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Only of this location.")] location: Option<String>,
        #[graphql(desc = "Only in this status.")] status: Option<FulfillmentOrderStatus>,
        min_position: Option<Long>,
    ) -> Result<Connection<FulfillmentOrder>, Problem> {
        let request = RequestContext::of(context)?;
        let list = List::FulfillmentOrders;
        let page = Window { first, after, last, before }.forward(list)?;
        let status = status.map(Into::into);
        let filter = FulfillmentOrderFilter { location: optional("location", location)?, status };
        wait_for(request, min_position).await?;
        let (merchant, place) = (request.merchant()?, page.place.as_deref());
        let found =
            request.queries().fulfillment_orders(merchant.as_str(), &filter, place, page.limit).await?;
        let parts = found.items.into_iter().map(|part| {
            let number = part.view.fulfillment_order_id.number();
            let cursor = list.at(format_args!("{}.{number}", part.order.first_position));
            Ok((cursor, FulfillmentOrder::current(merchant, part)?))
        });
        page.connection(parts, found.next.is_some())
    }

    /// What a location has to do next in one stage: by priority, then by `dueAt`, then the oldest order first; 50 per page
    /// by default. Read forward only.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn fulfillment_board(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the location.")] location: String,
        #[graphql(desc = "The stage.")] stage: Stage,
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
        let of = (&location, stage.into());
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
        #[graphql(desc = "Only of this location.")] location: Option<String>,
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
        #[graphql(desc = "Which metrics; those of the last 24 hours, by the hour, by default.")]
        filter: Option<MetricsFilter>,
        min_position: Option<Long>,
    ) -> Result<OrderMetrics, Problem> {
        let request = RequestContext::of(context)?;
        let filter = filter.unwrap_or_default().into_filter(request.app().commands.clock().now())?;
        let min_position = min_position.map(|position| position.0);
        let result = request.queries().metrics(request.merchant()?.as_str(), &filter, min_position).await?;
        OrderMetrics::new(&result)
    }
}

/// The same list from its other end.
fn reversed(sort: projections::OrderSort) -> projections::OrderSort {
    use projections::OrderSort::{EarliestChangeFirst, LatestChangeFirst, NewestFirst, OldestFirst};
    match sort {
        NewestFirst => OldestFirst,
        OldestFirst => NewestFirst,
        LatestChangeFirst => EarliestChangeFirst,
        EarliestChangeFirst => LatestChangeFirst,
    }
}
