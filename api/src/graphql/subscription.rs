//! Subscriptions. Each message has a position; the argument `after` resumes after a position.

use std::collections::BTreeSet;
use std::time::Duration;

use async_graphql::{Context, ID, Result, SimpleObject, Subscription as GraphQLSubscription};
use futures::stream::{BoxStream, StreamExt, iter, once, unfold};
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{MerchantId, OrderId, Sku};
use holdfast_journal::Event as Recorded;
use holdfast_projections::AvailabilityFilter;
use holdfast_views::AvailabilityView;

use super::arguments::value;
use super::context::RequestContext;
use super::error::Problem;
use super::global_id::{GlobalId, Kind};
use super::limits::list_cost;
use super::types::availability::Availability;
use super::types::event::Event;
use super::types::order::Order;
use super::types::scalars::Long;
use crate::error::ApiError;
use crate::journal_reader::{JournalReader, Read};
use crate::queries::Queries;

const MAX_WAIT: Duration = Duration::from_secs(60);
/// The delay before the journal is read again after an error.
const RETRY_DELAY: Duration = Duration::from_secs(1);
const MAX_SKUS: usize = 100;

pub(super) struct Subscription;

/// An order after a command changed it.
#[derive(Debug, SimpleObject)]
pub(super) struct OrderChange {
    /// The journal position of the command's last event.
    position: Long,
    /// The order as of `position`.
    order: Order,
}

/// The availability of a SKU after a change.
#[derive(Debug, SimpleObject)]
pub(super) struct AvailabilityChange {
    /// The journal position that the availability includes.
    position: Long,
    availability: Availability,
}

/// Subscriptions. To resume without gaps or repetitions, subscribe again with the last `position` as `after`.
#[GraphQLSubscription]
impl Subscription {
    /// Each event after a position, when it is committed.
    #[graphql(complexity = "list_cost(10, child_complexity)")]
    async fn events(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Start after this position; 0 for all events. Default: only new events.")]
        after: Option<Long>,
        #[graphql(desc = "Only events of these types, such as `OrderCreated`. Default: all types.")]
        types: Option<Vec<String>>,
        #[graphql(desc = "Only events of the order with this `orderId`. Default: all events.")] order: Option<
            ID,
        >,
    ) -> Result<BoxStream<'static, Result<Event>>> {
        DomainEvent::check_types(types.as_deref().unwrap_or_default())
            .map_err(|unknown| Problem::invalid("types", unknown))?;
        let order: Option<OrderId> = order.map(|id| value("order", &id)).transpose()?;
        let stream = order.map(|id| StreamId::Order(id).to_string());
        let reader = follow(context, after).await?;
        let merchant = reader.merchant().clone();
        let is_wanted = move |event: &Recorded| {
            let by_type = types.as_ref().is_none_or(|types| types.iter().any(|kind| **kind == *event.kind));
            by_type && stream.as_ref().is_none_or(|stream| **stream == *event.stream_name)
        };
        let events = pages(reader).flat_map(move |events| {
            let wanted = events.iter().filter(|event| is_wanted(event));
            iter(wanted.map(|event| Ok(Event::new(&merchant, event)?)).collect::<Vec<Result<Event>>>())
        });
        Ok(messages(context, events)?)
    }

    /// The order after each command that changes it. Without `after`, the first message is the current order.
    #[graphql(complexity = "list_cost(10, child_complexity)")]
    async fn order_changed(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The order's `orderId`.")] id: ID,
        #[graphql(
            desc = "Start with the first change after this position. Default: the current order, then new changes."
        )]
        after: Option<Long>,
    ) -> Result<BoxStream<'static, Result<OrderChange>>> {
        let id: OrderId = value("id", &id)?;
        let request = RequestContext::of(context)?;
        let (queries, merchant) = (request.queries().clone(), request.merchant()?.clone());
        let reader = follow(context, after).await?;
        let first = after.is_none().then(|| reader.position());
        let name = StreamId::Order(id).to_string();
        let positions = pages(reader).flat_map(move |events| {
            let own = events.iter().filter(|event| *event.stream_name == *name);
            iter(own.map(|event| event.command_end).collect::<BTreeSet<u64>>())
        });
        let changes = iter(first).chain(positions).filter_map(move |position| {
            let (queries, merchant) = (queries.clone(), merchant.clone());
            async move { order_as_of(&queries, &merchant, id, position).await.transpose() }
        });
        Ok(messages(context, changes)?)
    }

    /// The availability of SKUs after each change. Without `after`, the first messages are the current availability. A change of
    /// the stock of a bundle's components has no message for the bundle: name the components too.
    #[graphql(complexity = "list_cost(10, child_complexity)")]
    async fn availability_changed(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The SKUs, 1 to 100.")] skus: Vec<String>,
        #[graphql(
            desc = "Start with the first change after this position. Default: the current availability, then new changes."
        )]
        after: Option<Long>,
    ) -> Result<BoxStream<'static, Result<AvailabilityChange>>> {
        if skus.is_empty() || skus.len() > MAX_SKUS {
            let reason = format!("must be 1 to {MAX_SKUS}");
            return Err(Problem::invalid("skus", reason).into());
        }
        let skus: Vec<Sku> = skus.iter().map(|sku| value("skus", sku)).collect::<Result<_, Problem>>()?;
        let request = RequestContext::of(context)?;
        let (queries, merchant) = (request.queries().clone(), request.merchant()?.clone());
        let reader = follow(context, after).await?;
        let first = after.is_none().then(|| (reader.position(), skus.clone()));
        let changed = pages(reader).filter_map(move |events| {
            // Pausing or resuming a location changes every SKU.
            let is_network = |event: &Recorded| *event.stream_name == *StreamId::Network.to_string();
            let by_network = events.iter().any(is_network);
            let is_changed = |sku: &&Sku| {
                let name = StreamId::Stock((*sku).clone()).to_string();
                by_network || events.iter().any(|event| *event.stream_name == *name)
            };
            let changed: Vec<Sku> = skus.iter().filter(is_changed).cloned().collect();
            let position = events.last().map_or(0, |last| last.position);
            std::future::ready((!changed.is_empty()).then_some((position, changed)))
        });
        let changes = iter(first).chain(changed).flat_map(move |(position, skus)| {
            let (queries, merchant) = (queries.clone(), merchant.clone());
            once(async move { available(&queries, &merchant, position, &skus).await }).flat_map(|found| {
                match found {
                    Ok(changes) => iter(changes.into_iter().map(Ok).collect::<Vec<_>>()),
                    Err(problem) => iter(vec![Err(problem.into())]),
                }
            })
        });
        Ok(messages(context, changes)?)
    }
}

/// Reads the journal after a position. Default: from its end.
async fn follow(context: &Context<'_>, after: Option<Long>) -> Result<JournalReader, Problem> {
    let request = RequestContext::of(context)?;
    let merchant = request.merchant()?.clone();
    let after = match after {
        Some(position) => {
            request.queries().check_position(merchant.as_str(), "after", position.0).await?;
            position.0
        }
        None => request.queries().head(merchant.as_str()).await?,
    };
    Ok(JournalReader::open(request.app(), merchant, after).ok_or(ApiError::TooManyFeeds)?)
}

/// Pages of events, until the server stops.
fn pages(reader: JournalReader) -> impl futures::Stream<Item = Vec<Recorded>> + Send + 'static {
    unfold(reader, |mut reader| async move {
        loop {
            match reader.next(MAX_WAIT).await {
                Ok(Read::Events(events)) => return Some((events, reader)),
                Ok(Read::Idle) => {}
                Ok(Read::Closed) => return None,
                Err(error) => {
                    tracing::warn!(%error, "a subscription failed to read the journal; retrying");
                    tokio::time::sleep(RETRY_DELAY).await;
                }
            }
        }
    })
}

/// Ends the stream after an error, because a later message would hide a gap. The client resumes after its last position.
fn messages<T: Send + 'static>(
    context: &Context<'_>,
    items: impl futures::Stream<Item = Result<T>> + Send + 'static,
) -> Result<BoxStream<'static, Result<T>>, Problem> {
    let budget = RequestContext::of(context)?.items().clone();
    let ends = items.scan(false, move |has_failed, item| {
        budget.reset();
        let before = std::mem::replace(has_failed, item.is_err());
        std::future::ready((!before).then_some(item))
    });
    Ok(ends.boxed())
}

/// The order after the command that ends at a position. `None` if the order did not exist yet.
async fn order_as_of(
    queries: &Queries,
    merchant: &MerchantId,
    id: OrderId,
    position: u64,
) -> Result<Option<OrderChange>> {
    let found = queries.order_after(merchant.as_str(), id, position).await.map_err(Problem::from)?;
    let order = found.map(|(view, _)| Order::current(merchant, &view)).transpose()?;
    Ok(order.map(|order| OrderChange { position: position.into(), order }))
}

/// The availability of SKUs, from a read model that includes a position.
async fn available(
    queries: &Queries,
    merchant: &MerchantId,
    position: u64,
    skus: &[Sku],
) -> Result<Vec<AvailabilityChange>, Problem> {
    queries.wait_for(merchant.as_str(), position).await?;
    let views = queries.availability(merchant.as_str(), skus, &AvailabilityFilter::default()).await?;
    let change = |view: AvailabilityView| {
        let root = GlobalId::new(Kind::Availability, merchant, &view.sku);
        Ok(AvailabilityChange { position: position.into(), availability: Availability::new(&root, &view)? })
    };
    views.into_iter().map(change).collect()
}
