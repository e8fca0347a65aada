//! Every question, and what it may be asked with.

use async_graphql::{Context, ID, InputObject, Object, Result};
use holdfast_domain::order::FulfillmentOrderStatus as PartStatus;
use holdfast_domain::values::{LocationId, OrderId, Sku, Timestamp};
use holdfast_projections::{self as projections, AvailabilityFilter, CommandLink, FulfillmentOrderFilter};

use super::asked::Asked;
use super::board::{BoardConnection, BoardSummary};
use super::enums::{FulfillmentOrderStatus, OrderSort, OrderStatus, Parting, Period, Stage};
use super::error::Problem;
use super::figures::Metrics;
use super::followed::FollowedCommand;
use super::limits::{PAGE, PAST, list_cost, page_cost};
use super::merchant::{Availability, Location, Merchant, Policy, Projection};
use super::order::Order;
use super::paging::{EventConnection, FulfillmentOrderConnection, OrderConnection, page_size, place};
use super::scalars::{DateTime, Long};
use super::stock_history::StockMovementConnection;
use crate::cursor::List;
use crate::figures;
use crate::reading::{AsOf, LinkedEvents, StockHistoryAsked};
use crate::rest::caller::{kept, written_as_here};

/// Which orders; all that are given must hold.
#[derive(Debug, Default, InputObject)]
pub(super) struct OrderFilter {
    /// In this status.
    status: Option<OrderStatus>,
    /// From this channel.
    channel: Option<String>,
    /// With this name there.
    channel_ref: Option<String>,
    /// Of this customer.
    customer_ref: Option<String>,
    /// With a parcel of this number.
    tracking_number: Option<String>,
    /// With a line of this SKU.
    sku: Option<String>,
    /// Filled, at least in part, by this location.
    location: Option<String>,
    /// Created after this moment.
    created_after: Option<DateTime>,
    /// Created before this moment.
    created_before: Option<DateTime>,
    /// Changed after this moment.
    changed_after: Option<DateTime>,
    /// Changed before this moment.
    changed_before: Option<DateTime>,
    /// Whether units of it wait for supply.
    backordered: Option<bool>,
    /// Whether nothing has been heard of a parcel of it for too long.
    stuck: Option<bool>,
}

impl OrderFilter {
    /// The same as the read model understands it.
    async fn understood(
        self,
        asked: &Asked,
        sort: projections::OrderSort,
    ) -> Result<projections::OrderFilter, Problem> {
        let filter = self;
        let moment = |moment: Option<DateTime>| moment.map(|moment| moment.0);
        let (after, before) = (moment(filter.created_after), moment(filter.created_before));
        Ok(projections::OrderFilter {
            status: filter.status.map(Into::into),
            channel: optional("filter.channel", filter.channel)?,
            channel_ref: optional("filter.channelRef", filter.channel_ref)?,
            customer_ref: optional("filter.customerRef", filter.customer_ref)?,
            tracking_number: optional("filter.trackingNumber", filter.tracking_number)?,
            sku: optional("filter.sku", filter.sku)?,
            location: optional("filter.location", filter.location)?,
            first_position: asked.reading().begun_within(asked.merchant()?, after, before).await?,
            changed_after: moment(filter.changed_after),
            changed_before: moment(filter.changed_before),
            backordered: filter.backordered,
            stuck: filter.stuck,
            sort,
        })
    }
}

/// Which figures.
#[derive(Debug, Default, InputObject)]
pub(super) struct MetricsFilter {
    /// Summed by what; by the hour where not given.
    period: Option<Period>,
    /// Of periods that begin at or after this moment; where not given, a day before `to`, or an hour for minutes.
    from: Option<DateTime>,
    /// And before this moment; now where not given. At most 1500 periods after `from`.
    to: Option<DateTime>,
    /// Of this channel.
    channel: Option<String>,
    /// Of this location; what is of no location, such as orders, is 0 then.
    location: Option<String>,
    /// By what they are parted; by nothing where not given.
    by: Option<Parting>,
}

impl MetricsFilter {
    /// The same as the read model understands it.
    fn understood(self, now: Timestamp) -> Result<projections::MetricsFilter, Problem> {
        let period = self.period.map_or(projections::Period::Hour, Into::into);
        let moment = |moment: Option<DateTime>| moment.map(|moment| moment.0);
        let span = figures::span(period, moment(self.from), moment(self.to), now);
        let (from, to) = span.map_err(|why| Problem::invalid("filter.from", why))?;
        Ok(projections::MetricsFilter {
            period,
            from,
            to,
            channel: optional("filter.channel", self.channel)?,
            location: optional("filter.location", self.location)?,
            group_by: self.by.map_or(projections::GroupBy::None, Into::into),
        })
    }
}

/// A value of the domain, checked.
pub(super) fn value<T>(argument: &'static str, text: &str) -> Result<T, Problem>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    text.parse().map_err(|e| Problem::invalid(argument, e))
}

pub(super) fn optional<T>(argument: &'static str, text: Option<String>) -> Result<Option<T>, Problem>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    text.map(|text| value(argument, &text)).transpose()
}

/// Waits until the read models have reached a position, where one is given.
async fn reached(asked: &Asked, position: Option<Long>) -> Result<(), Problem> {
    match position {
        Some(position) => Ok(asked.reading().wait_for(asked.merchant()?, position.0).await?),
        None => Ok(()),
    }
}

/// The same of what is answered from the journal itself, which includes every position that it has.
async fn there(asked: &Asked, position: Option<Long>) -> Result<(), Problem> {
    match position {
        Some(position) => Ok(asked.reading().must_be_there(asked.merchant()?, position.0).await?),
        None => Ok(()),
    }
}

/// Every question that can be asked. All but `merchants` are about one merchant: the one of the header `Merchant`, or
/// the only one there is.
pub(super) struct Query;

#[allow(clippy::too_many_arguments, reason = "each is an argument of a question")]
#[Object]
impl Query {
    /// An order with its personal data; null where there is none. With `asOf` it is told as it was, without
    /// personal data.
    async fn order(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
        #[graphql(desc = "Wait, a few seconds at most, until the read models include this position.")]
        min_position: Option<Long>,
        #[graphql(desc = "A position of the journal or a time by RFC 3339: tell the order as it was then.")]
        as_of: Option<String>,
    ) -> Result<Option<Order>> {
        let asked = Asked::of(context)?;
        let id: OrderId = value("id", &id)?;
        reached(asked, min_position).await?;
        let view = match optional::<AsOf>("asOf", as_of)? {
            Some(moment) => asked.reading().order_as_of(asked.merchant()?, id, moment).await,
            None => asked.reading().order(asked.merchant()?, id).await,
        };
        Ok(view.map_err(Problem::from)?.as_ref().map(Order::from))
    }

    /// An order by its channel's name for it, without personal data; null where there is none.
    async fn order_by_ref(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Where it came from.")] channel: String,
        #[graphql(name = "ref", desc = "Its name there.")] reference: String,
        #[graphql(desc = "Wait, a few seconds at most, until the read models include this position.")]
        min_position: Option<Long>,
    ) -> Result<Option<Order>> {
        let asked = Asked::of(context)?;
        let filter = projections::OrderFilter {
            channel: Some(value("channel", &channel)?),
            channel_ref: Some(value("ref", &reference)?),
            ..projections::OrderFilter::default()
        };
        reached(asked, min_position).await?;
        let page = asked.reading().orders(asked.merchant()?, &filter, None, 1).await;
        let row = page.map_err(Problem::from)?.items.pop();
        Ok(row.and_then(|row| row.view()).as_ref().map(Order::from))
    }

    /// Orders without personal data.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn orders(
        &self,
        context: &Context<'_>,
        #[graphql(default = 50, desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "The cursor to continue after.")] after: Option<String>,
        #[graphql(desc = "Which.")] filter: Option<OrderFilter>,
        #[graphql(default_with = "OrderSort::NewestFirst", desc = "Which come first.")] sort: OrderSort,
        #[graphql(desc = "Wait, a few seconds at most, until the read models include this position.")]
        min_position: Option<Long>,
    ) -> Result<OrderConnection> {
        let asked = Asked::of(context)?;
        let limit = page_size(first)?;
        let sort = sort.into();
        let place = place(List::Orders(sort), after.as_deref())?;
        reached(asked, min_position).await?;
        let filter = filter.unwrap_or_default().understood(asked, sort).await?;
        let page = asked.reading().orders(asked.merchant()?, &filter, place.as_deref(), limit).await;
        Ok(OrderConnection::of(&page.map_err(Problem::from)?, sort))
    }

    /// What locations have to do, that of the oldest order first. Where no status is given: what is left to be
    /// done and may be.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn fulfillment_orders(
        &self,
        context: &Context<'_>,
        #[graphql(default = 50, desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "The cursor to continue after.")] after: Option<String>,
        #[graphql(desc = "At this location.")] location: Option<String>,
        #[graphql(desc = "In this status.")] status: Option<FulfillmentOrderStatus>,
    ) -> Result<FulfillmentOrderConnection> {
        let asked = Asked::of(context)?;
        let limit = page_size(first)?;
        let place = place(List::FulfillmentOrders, after.as_deref())?;
        let status = status.map(PartStatus::from);
        let filter = FulfillmentOrderFilter { location: optional("location", location)?, status };
        let merchant = asked.merchant()?;
        let page = asked.reading().fulfillment_orders(merchant, &filter, place.as_deref(), limit).await;
        Ok(page.map_err(Problem::from)?.into())
    }

    /// What a location has to do next in a stage: by priority, then by when it is to have left, then the oldest first.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn fulfillment_board(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The location.")] location: String,
        #[graphql(desc = "What there is to do next.")] stage: Stage,
        #[graphql(default = 50, desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "The cursor to continue after.")] after: Option<String>,
        #[graphql(desc = "Wait, a few seconds at most, until the read models include this position.")]
        min_position: Option<Long>,
    ) -> Result<BoardConnection> {
        let asked = Asked::of(context)?;
        let limit = page_size(first)?;
        let place = place(List::FulfillmentBoard, after.as_deref())?;
        let location: LocationId = value("location", &location)?;
        reached(asked, min_position).await?;
        let of = (&location, stage.into());
        let page = asked.reading().board(asked.merchant()?, of, place.as_deref(), limit).await;
        Ok(BoardConnection::of(page.map_err(Problem::from)?, asked.app().commands.clock().now()))
    }

    /// How much there is to do, by location and stage.
    #[graphql(complexity = "list_cost(10, child_complexity)")]
    async fn fulfillment_board_summary(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At this location.")] location: Option<String>,
        #[graphql(desc = "Wait, a few seconds at most, until the read models include this position.")]
        min_position: Option<Long>,
    ) -> Result<Vec<BoardSummary>> {
        let asked = Asked::of(context)?;
        let location: Option<LocationId> = optional("location", location)?;
        reached(asked, min_position).await?;
        let now = asked.app().commands.clock().now();
        let found = asked.reading().board_summary(asked.merchant()?, location.as_ref(), now).await;
        let found = found.map_err(Problem::from)?;
        Ok(found.iter().map(|summary| BoardSummary::of(summary, now)).collect())
    }

    /// Orders, units, rates and cycle times of orders on their way, period by period.
    #[graphql(complexity = "list_cost(50, child_complexity)")]
    async fn metrics(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] filter: Option<MetricsFilter>,
        #[graphql(desc = "Wait, a few seconds at most, until the read model includes this position.")]
        min_position: Option<Long>,
    ) -> Result<Metrics> {
        let asked = Asked::of(context)?;
        let filter = filter.unwrap_or_default().understood(asked.app().commands.clock().now())?;
        let min_position = min_position.map(|position| position.0);
        let measured = asked.reading().metrics(asked.merchant()?, &filter, min_position).await;
        Ok(measured.map_err(Problem::from)?.into())
    }

    /// What can be promised of SKUs, in the order asked for; those never seen are left out. With `asOf` what could be promised
    /// then, by what was known then.
    #[graphql(
        complexity = "list_cost(skus.len(), child_complexity) + if as_of.is_some() { PAST } else { 0 }"
    )]
    async fn availability(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The SKUs, 1 to 200.")] skus: Vec<String>,
        #[graphql(desc = "What this channel may promise, which may have a limit.")] channel: Option<String>,
        #[graphql(desc = "What can be promised by this moment, with what is expected until then.")]
        by: Option<DateTime>,
        #[graphql(desc = "Wait, a few seconds at most, until the read models include this position.")]
        min_position: Option<Long>,
        #[graphql(
            desc = "A position of the journal or a time by RFC 3339: tell what could be promised then."
        )]
        as_of: Option<String>,
    ) -> Result<Vec<Availability>> {
        let asked = Asked::of(context)?;
        if skus.is_empty() || i32::try_from(skus.len()).is_ok_and(|length| length > PAGE) {
            return Err(Problem::invalid("skus", format!("must be 1 to {PAGE}")).into());
        }
        let skus = skus.iter().map(|sku| value("skus", sku)).collect::<Result<Vec<Sku>, Problem>>()?;
        let channel = optional("channel", channel)?;
        let narrowed = AvailabilityFilter { channel, by: by.map(|moment| moment.0) };
        let moment = optional("asOf", as_of)?;
        reached(asked, min_position).await?;
        let (reading, merchant) = (asked.reading(), asked.merchant()?);
        let found = match moment {
            Some(moment) => {
                let found = reading.availability_as_of(merchant, &skus, &narrowed, moment).await;
                found.map_err(Problem::from)?.1
            }
            None => reading.availability(merchant, &skus, &narrowed).await.map_err(Problem::from)?,
        };
        let of = |sku: &Sku| found.iter().find(|item| item.sku == *sku).map(Availability::from);
        Ok(skus.iter().filter_map(of).collect())
    }

    /// Every movement of a SKU with its cause and what was there after it, the oldest first; null for a SKU that was never
    /// seen.
    #[graphql(complexity = "PAST + page_cost(first, child_complexity)")]
    async fn stock_history(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which SKU.")] sku: String,
        #[graphql(desc = "Only what was about this location.")] location: Option<String>,
        #[graphql(default = 50, desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "The cursor to continue after.")] after: Option<String>,
        #[graphql(desc = "A position of the journal or a time by RFC 3339: tell what was known then.")]
        as_of: Option<String>,
        #[graphql(desc = "Wait, a few seconds at most, until the read models include this position.")]
        min_position: Option<Long>,
    ) -> Result<Option<StockMovementConnection>> {
        let asked = Asked::of(context)?;
        there(asked, min_position).await?;
        let limit = page_size(first)?;
        let after = place(List::StockMovements, after.as_deref())?.and_then(|place| place.parse().ok());
        let (sku, location) = (value("sku", &sku)?, optional("location", location)?);
        let as_of = optional("asOf", as_of)?;
        let which = StockHistoryAsked { sku, location, after: after.unwrap_or(0), limit, as_of };
        let history =
            asked.reading().stock_history(asked.merchant()?, &which).await.map_err(Problem::from)?;
        Ok(history.map(TryInto::try_into).transpose()?)
    }

    /// Everything that happened, in order.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn events(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The position to continue after; 0 for the beginning.")] after: Option<Long>,
        #[graphql(default = 50, desc = "About how many, 1 to 200: the last command is told whole.")]
        first: i32,
        #[graphql(desc = "Only of commands that came with this correlation id.")] correlation_id: Option<
            String,
        >,
        #[graphql(desc = "Only of commands that followed from this, above all from the event of this id.")]
        causation_id: Option<String>,
        #[graphql(desc = "Wait, a few seconds at most, until the read models include this position.")]
        min_position: Option<Long>,
    ) -> Result<EventConnection> {
        let asked = Asked::of(context)?;
        there(asked, min_position).await?;
        let limit = page_size(first)?;
        let after = after.map_or(0, |position| position.0);
        let merchant = asked.merchant()?;
        asked.reading().must_be_there(merchant, after).await.map_err(Problem::from)?;
        let id = |name: &'static str, id: Option<String>| {
            id.map(|id| kept(&id)).transpose().map_err(|why| Problem::invalid(name, &why))
        };
        let correlation_id = id("correlationId", correlation_id)?;
        let causation_id = id("causationId", causation_id)?.map(written_as_here);
        let link = match (&correlation_id, &causation_id) {
            (Some(_), Some(_)) => {
                return Err(Problem::invalid("causationId", "cannot be given beside correlationId").into());
            }
            (Some(id), None) => Some(CommandLink::Correlation(id)),
            (None, id) => id.as_deref().map(CommandLink::Causation),
        };
        if let Some(link) = link {
            let linked = asked.reading().linked_events(merchant, link, after, limit).await;
            let LinkedEvents { events, position, is_cut } = linked.map_err(Problem::from)?;
            return Ok(EventConnection::of(&events, position, is_cut)?);
        }
        let events = asked.reading().events(merchant, after, limit).await.map_err(Problem::from)?;
        let head = asked.reading().head(merchant).await.map_err(Problem::from)?;
        let end = events.last().map_or(after, |event| event.position);
        Ok(EventConnection::of(&events, end, end < head)?)
    }

    /// The command that an event is of and everything that followed from it, in order; null where there is no such position.
    #[graphql(complexity = "PAST + list_cost(100, child_complexity)")]
    async fn consequences(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The position of any event of the command.")] position: Long,
        #[graphql(desc = "Wait, a few seconds at most, until the read models include this position.")]
        min_position: Option<Long>,
    ) -> Result<Option<Vec<FollowedCommand>>> {
        let asked = Asked::of(context)?;
        there(asked, min_position).await?;
        let all = asked.reading().consequences(asked.merchant()?, position.0).await.map_err(Problem::from)?;
        let told = all.into_iter().map(TryInto::try_into).collect::<Result<Vec<_>, Problem>>()?;
        Ok((!told.is_empty()).then_some(told))
    }

    /// The read models, and how far each has come.
    async fn projections(&self, context: &Context<'_>) -> Result<Vec<Projection>> {
        let asked = Asked::of(context)?;
        let merchant = asked.merchant()?;
        let states = asked.reading().progress().states();
        let head = asked.reading().head(merchant).await.map_err(Problem::from)?;
        let own = states.into_iter().filter(|(_, whose, _)| whose == merchant);
        Ok(own.map(|(name, _, state)| Projection::of(name, state, head)).collect())
    }

    /// The merchant's locations, by id.
    #[graphql(complexity = "list_cost(10, child_complexity)")]
    async fn locations(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Wait, a few seconds at most, until the read models include this position.")]
        min_position: Option<Long>,
    ) -> Result<Vec<Location>> {
        let asked = Asked::of(context)?;
        there(asked, min_position).await?;
        let locations = asked.reading().locations(asked.merchant()?).await.map_err(Problem::from)?;
        Ok(locations.iter().map(Location::from).collect())
    }

    /// The merchant's rules.
    async fn policy(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Wait, a few seconds at most, until the read models include this position.")]
        min_position: Option<Long>,
    ) -> Result<Policy> {
        let asked = Asked::of(context)?;
        there(asked, min_position).await?;
        let policy = asked.reading().policy(asked.merchant()?).await.map_err(Problem::from)?;
        Ok(Policy::from(&policy))
    }

    /// Every merchant, by name.
    async fn merchants(&self, context: &Context<'_>) -> Result<Vec<Merchant>> {
        let names = Asked::of(context)?.reading().merchants().await.map_err(Problem::from)?;
        Ok(names.into_iter().map(|name| Merchant { merchant: ID(name) }).collect())
    }
}
