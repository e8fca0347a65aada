//! What can be subscribed to. Everything resumes: each answer tells its position, and `after` goes on behind it.

use std::collections::BTreeSet;
use std::time::Duration;

use async_graphql::{Context, ID, Result, SimpleObject, Subscription as GraphQLSubscription};
use futures::stream::{BoxStream, StreamExt, iter, once, unfold};
use holdfast_domain::stock::AvailabilityView;
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{MerchantId, OrderId, Sku};
use holdfast_journal::Event as Recorded;
use holdfast_projections::AvailabilityFilter;

use super::arguments::value;
use super::context::RequestContext;
use super::error::Problem;
use super::limits::list_cost;
use super::node::{GlobalId, Kind};
use super::types::availability::Availability;
use super::types::event::Event;
use super::types::order::Order;
use super::types::scalars::Long;
use crate::journal_reader::{JournalReader, Read};
use crate::queries::Queries;

/// How long nothing may happen before it is looked again.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long to wait before the journal is read again that could not be.
const AGAIN: Duration = Duration::from_secs(1);
/// SKUs of one subscription.
const MOST_SKUS: usize = 100;

/// What happens, as it happens.
pub(super) struct Subscription;

/// An order as a command has left it.
#[derive(Debug, SimpleObject)]
pub(super) struct OrderChange {
    /// The position of the command's last event: `after` this nothing is told twice.
    position: Long,
    /// The order as of then.
    order: Order,
}

/// What can be promised of a SKU since something has changed.
#[derive(Debug, SimpleObject)]
pub(super) struct AvailabilityChange {
    /// The position that it includes: `after` this nothing is missed.
    position: Long,
    /// What can be promised.
    availability: Availability,
}

#[GraphQLSubscription]
impl Subscription {
    /// Every event behind a position, and those that come.
    #[graphql(complexity = "list_cost(10, child_complexity)")]
    async fn events(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The position to continue after; 0 for the beginning, the end where not given.")]
        after: Option<Long>,
        #[graphql(desc = "Only events of these types.")] types: Option<Vec<String>>,
        #[graphql(desc = "Only events of this order's stream.")] order: Option<ID>,
    ) -> Result<BoxStream<'static, Result<Event>>> {
        let order: Option<OrderId> = order.map(|id| value("order", &id)).transpose()?;
        let stream = order.map(|id| StreamId::Order(id).to_string());
        let following = follow(context, after).await?;
        let merchant = following.merchant().clone();
        let is_wanted = move |event: &Recorded| {
            let by_type = types.as_ref().is_none_or(|types| types.iter().any(|kind| **kind == *event.kind));
            by_type && stream.as_ref().is_none_or(|stream| **stream == *event.stream_name)
        };
        let told = pages(following).flat_map(move |events| {
            let wanted = events.iter().filter(|event| is_wanted(event));
            iter(wanted.map(|event| Ok(Event::new(&merchant, event)?)).collect::<Vec<Result<Event>>>())
        });
        Ok(up_to_an_error(told))
    }

    /// An order each time a command has changed it; first as it is, where no position is given.
    #[graphql(complexity = "list_cost(10, child_complexity)")]
    async fn order_changed(
        &self,
        context: &Context<'_>,
        id: ID,
        #[graphql(
            desc = "Changes behind this position; where not given, the order as it is and what comes."
        )]
        after: Option<Long>,
    ) -> Result<BoxStream<'static, Result<OrderChange>>> {
        let id: OrderId = value("id", &id)?;
        let request = RequestContext::of(context)?;
        let (reading, merchant) = (request.reading().clone(), request.merchant()?.clone());
        let following = follow(context, after).await?;
        let first = after.is_none().then(|| following.position());
        let name = StreamId::Order(id).to_string();
        let positions = pages(following).flat_map(move |events| {
            let own = events.iter().filter(|event| *event.stream_name == *name);
            iter(own.map(|event| event.command_end).collect::<BTreeSet<u64>>())
        });
        let changes = iter(first).chain(positions).filter_map(move |position| {
            let (reading, merchant) = (reading.clone(), merchant.clone());
            async move { order_as_of(&reading, &merchant, id, position).await.transpose() }
        });
        Ok(up_to_an_error(changes))
    }

    /// What can be promised of SKUs, each time something of it has changed; first as it is, where no position is given.
    #[graphql(complexity = "list_cost(10, child_complexity)")]
    async fn availability_changed(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At most 100.")] skus: Vec<String>,
        #[graphql(desc = "Changes behind this position; where not given, what is there and what comes.")]
        after: Option<Long>,
    ) -> Result<BoxStream<'static, Result<AvailabilityChange>>> {
        if skus.is_empty() || skus.len() > MOST_SKUS {
            let reason = format!("must be 1 to {MOST_SKUS}");
            return Err(Problem::invalid("skus", reason).into());
        }
        let skus: Vec<Sku> = skus.iter().map(|sku| value("skus", sku)).collect::<Result<_, Problem>>()?;
        let request = RequestContext::of(context)?;
        let (reading, merchant) = (request.reading().clone(), request.merchant()?.clone());
        let following = follow(context, after).await?;
        let first = after.is_none().then(|| (following.position(), skus.clone()));
        let changed = pages(following).filter_map(move |events| {
            // A location that is paused, or open again, counts for every SKU.
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
        let told = iter(first).chain(changed).flat_map(move |(position, skus)| {
            let (reading, merchant) = (reading.clone(), merchant.clone());
            once(async move { available(&reading, &merchant, position, &skus).await }).flat_map(|told| {
                match told {
                    Ok(changes) => iter(changes.into_iter().map(Ok).collect::<Vec<_>>()),
                    Err(problem) => iter(vec![Err(problem.into())]),
                }
            })
        });
        Ok(up_to_an_error(told))
    }
}

/// A place behind a position, or at the end.
async fn follow(context: &Context<'_>, after: Option<Long>) -> Result<JournalReader, Problem> {
    let request = RequestContext::of(context)?;
    let merchant = request.merchant()?.clone();
    let after = match after {
        Some(position) => {
            request.reading().check_position(merchant.as_str(), position.0).await?;
            position.0
        }
        None => request.reading().head(merchant.as_str()).await?,
    };
    let full = || {
        let message = "as many feeds and subscriptions are open as this node serves";
        Problem::passing("too_many_feeds", message)
    };
    JournalReader::open(request.app(), merchant, after).ok_or_else(full)
}

/// Pages of events until the service ends.
fn pages(following: JournalReader) -> impl futures::Stream<Item = Vec<Recorded>> + Send + 'static {
    unfold(following, |mut following| async move {
        loop {
            match following.next(PATIENCE).await {
                Ok(Read::Events(events)) => return Some((events, following)),
                Ok(Read::Idle) => {}
                Ok(Read::Closed) => return None,
                // It is there again, or the client gives up: its place is not lost.
                Err(error) => {
                    tracing::warn!(%error, "a subscription waits: the journal cannot be read");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    })
}

/// Ends behind an error, so that nobody takes what follows to be all that followed: the client comes again behind the last
/// position that it was told.
fn up_to_an_error<T: Send + 'static>(
    told: impl futures::Stream<Item = Result<T>> + Send + 'static,
) -> BoxStream<'static, Result<T>> {
    let ends = told.scan(false, |has_failed, item| {
        let before = std::mem::replace(has_failed, item.is_err());
        std::future::ready((!before).then_some(item))
    });
    ends.boxed()
}

/// The order as a command has left it; nothing where there was none yet.
async fn order_as_of(
    reading: &Queries,
    merchant: &MerchantId,
    id: OrderId,
    position: u64,
) -> Result<Option<OrderChange>> {
    let found = reading.order_after(merchant.as_str(), id, position).await.map_err(Problem::from)?;
    let order = found.map(|(view, _)| Order::current(merchant, view));
    Ok(order.map(|order| OrderChange { position: position.into(), order }))
}

/// What can be promised of SKUs, by a read model that has come to a position.
async fn available(
    reading: &Queries,
    merchant: &MerchantId,
    position: u64,
    skus: &[Sku],
) -> Result<Vec<AvailabilityChange>, Problem> {
    reading.wait_for(merchant.as_str(), position).await?;
    let views = reading.availability(merchant.as_str(), skus, &AvailabilityFilter::default()).await?;
    let change = |view: AvailabilityView| {
        let root = GlobalId::new(Kind::Availability, merchant, &view.sku);
        AvailabilityChange { position: position.into(), availability: Availability::new(&root, view) }
    };
    Ok(views.into_iter().map(change).collect())
}
