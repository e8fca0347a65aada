//! Events of the journal, and the commands that an event caused.

use async_graphql::{Context, Object};
use holdfast_domain::values::MerchantId;
use holdfast_journal::Event as Recorded;
use holdfast_projections::CommandLink;

use crate::cursor::{Cursor, List};
use crate::graphql::arguments::must_exist;
use crate::graphql::connection::{Connection, Items, Page, Window};
use crate::graphql::context::RequestContext;
use crate::graphql::error::Problem;
use crate::graphql::limits::{REPLAY_COST, list_cost, page_cost};
use crate::graphql::types::caused_command::CausedCommand;
use crate::graphql::types::event::Event;
use crate::graphql::types::scalars::Long;
use crate::headers::{canonical_event_id, external_id};
use crate::queries::causation::LinkedEvents;

#[derive(Default)]
pub(super) struct JournalQueries;

#[allow(clippy::too_many_arguments, reason = "each is an argument of a query")]
#[Object]
impl JournalQueries {
    /// The merchant's events, oldest first; 50 per page by default. A page read forward ends with the last event of a
    /// command, so it can have more than `first` events. With `correlationId` or `causationId`, the list can be read forward
    /// only.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn events(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(
            desc = "Only events after this position; not together with `after`, `before` or `last`. Default: all."
        )]
        after_position: Option<Long>,
        #[graphql(desc = "Only events of commands with this correlation id. Default: all.")]
        correlation_id: Option<String>,
        #[graphql(
            desc = "Only events of commands with this causation id, such as an `eventId`. Default: all."
        )]
        causation_id: Option<String>,
        min_position: Option<Long>,
    ) -> Result<Connection<Event>, Problem> {
        let request = RequestContext::of(context)?;
        must_exist(request, min_position).await?;
        let id = |name: &'static str, id: Option<String>| {
            id.map(|id| external_id(&id)).transpose().map_err(|reason| Problem::invalid(name, reason))
        };
        let correlation = id("correlationId", correlation_id)?;
        let causation = id("causationId", causation_id)?.map(canonical_event_id);
        let link = match (&correlation, &causation) {
            (Some(_), Some(_)) => {
                return Err(Problem::invalid("causationId", "cannot be combined with correlationId"));
            }
            (Some(id), None) => Some(CommandLink::Correlation(id)),
            (None, id) => id.as_deref().map(CommandLink::Causation),
        };
        let window = Window { first, after, last, before };
        let mut page = match link {
            Some(_) => window.forward(List::Events)?,
            None => window.either_way(List::Events)?,
        };
        if let Some(position) = after_position {
            if page.place.is_some() || page.is_backward {
                return Err(Problem::invalid(
                    "afterPosition",
                    "cannot be combined with after, before or last",
                ));
            }
            page.place = Some(position.0.to_string());
        }
        let merchant = request.merchant()?;
        match link {
            Some(link) => linked_events(request, merchant, &page, link).await,
            None if page.is_backward => events_before(request, merchant, &page).await,
            None => events_after(request, merchant, &page).await,
        }
    }

    /// The command that an event belongs to, and the commands that it caused, directly or indirectly, in the order of the
    /// journal. Null if no event has the position.
    #[graphql(complexity = "REPLAY_COST + list_cost(50, child_complexity)")]
    async fn consequences(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The position of an event of the command.")] position: Long,
        min_position: Option<Long>,
    ) -> Result<Option<Items<CausedCommand>>, Problem> {
        let request = RequestContext::of(context)?;
        must_exist(request, min_position).await?;
        let merchant = request.merchant()?;
        let all = request.queries().consequences(merchant.as_str(), position.0).await?;
        let commands = all.iter().map(|command| CausedCommand::new(merchant, command));
        let commands: Items<_> = commands.collect::<Result<_, Problem>>()?;
        Ok((!commands.0.is_empty()).then_some(commands))
    }
}

/// The position that a page begins after or ends before.
async fn position(
    request: &RequestContext,
    merchant: &MerchantId,
    page: &Page,
) -> Result<Option<u64>, Problem> {
    let position = page.place.as_ref().and_then(|place| place.parse().ok());
    if let Some(position) = position {
        let argument = if page.is_backward { "before" } else { "after" };
        request.queries().check_position(merchant.as_str(), argument, position).await?;
    }
    Ok(position)
}

fn nodes<'a>(
    merchant: &MerchantId,
    events: impl Iterator<Item = &'a Recorded>,
) -> impl Iterator<Item = Result<(Cursor, Event), Problem>> {
    events.map(|event| Ok((List::Events.at(event.position), Event::new(merchant, event)?)))
}

async fn linked_events(
    request: &RequestContext,
    merchant: &MerchantId,
    page: &Page,
    link: CommandLink<'_>,
) -> Result<Connection<Event>, Problem> {
    let after = position(request, merchant, page).await?.unwrap_or(0);
    let linked = request.queries().linked_events(merchant.as_str(), link, after, page.limit).await?;
    let LinkedEvents { events, has_more, .. } = linked;
    page.connection(nodes(merchant, events.iter()), has_more)
}

async fn events_after(
    request: &RequestContext,
    merchant: &MerchantId,
    page: &Page,
) -> Result<Connection<Event>, Problem> {
    let after = position(request, merchant, page).await?.unwrap_or(0);
    let events = request.queries().events(merchant.as_str(), after, page.limit).await?;
    let head = request.queries().head(merchant.as_str()).await?;
    let end = events.last().map_or(after, |event| event.position);
    page.connection(nodes(merchant, events.iter()), end < head)
}

/// Positions have no gaps, so the page is a range of positions.
async fn events_before(
    request: &RequestContext,
    merchant: &MerchantId,
    page: &Page,
) -> Result<Connection<Event>, Problem> {
    let before = match position(request, merchant, page).await? {
        Some(before) => before,
        None => request.queries().head(merchant.as_str()).await? + 1,
    };
    let after = before.saturating_sub(1).saturating_sub(page.limit as u64);
    let limit = usize::try_from(before.saturating_sub(1) - after).unwrap_or(page.limit);
    let events = match limit {
        0 => Vec::new(),
        limit => request.queries().events(merchant.as_str(), after, limit).await?,
    };
    let own = events.iter().filter(|event| event.position < before).rev();
    page.connection(nodes(merchant, own), after > 0)
}
