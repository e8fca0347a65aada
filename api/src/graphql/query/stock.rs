//! Availability and stock movements.

use async_graphql::{Context, Object};
use holdfast_domain::values::Sku;
use holdfast_projections::AvailabilityFilter;
use holdfast_views::AvailabilityView;

use crate::cursor::List;
use crate::graphql::arguments::{must_exist, optional, past_state, value, wait_for};
use crate::graphql::connection::{Connection, Items, Window};
use crate::graphql::context::RequestContext;
use crate::graphql::error::Problem;
use crate::graphql::global_id::{GlobalId, Kind};
use crate::graphql::limits::{MAX_PAGE, REPLAY_COST, list_cost, page_cost};
use crate::graphql::types::availability::Availability;
use crate::graphql::types::scalars::{DateTime, Long};
use crate::graphql::types::stock_movement::StockMovement;
use crate::queries::past::StockHistoryQuery;

/// Pages of 10,000 events that are searched for a movement at one location.
const MAX_SEARCHED_PAGES: usize = 10;

#[derive(Default)]
pub(super) struct StockQueries;

#[allow(clippy::too_many_arguments, reason = "each is an argument of a query")]
#[Object]
impl StockQueries {
    /// The availability of SKUs, in the order of `skus`. A SKU without stock records is `unknown`, with no units. With
    /// `asOf`, a past state.
    #[graphql(
        complexity = "list_cost(skus.len(), child_complexity) + if as_of.is_some() { REPLAY_COST } else { 0 }"
    )]
    async fn availability(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The SKUs, 1 to 200.")] skus: Vec<String>,
        #[graphql(desc = "Apply the limit of this channel. Default: no limit.")] channel: Option<String>,
        #[graphql(desc = "Include supplies expected by this time. Default: no supplies.")] by: Option<
            DateTime,
        >,
        min_position: Option<Long>,
        as_of: Option<String>,
    ) -> Result<Items<Availability>, Problem> {
        let request = RequestContext::of(context)?;
        if !(1..=MAX_PAGE).contains(&skus.len()) {
            return Err(Problem::invalid("skus", format!("must be 1 to {MAX_PAGE}")));
        }
        let skus = skus.iter().map(|sku| value("skus", sku)).collect::<Result<Vec<Sku>, Problem>>()?;
        let filter = AvailabilityFilter { channel: optional("channel", channel)?, by: by.map(|time| time.0) };
        wait_for(request, min_position).await?;
        let as_of = past_state(request, as_of).await?;
        let (queries, merchant) = (request.queries(), request.merchant()?);
        let (position, found) = match as_of {
            Some(as_of) => {
                let found = queries.availability_as_of(merchant.as_str(), &skus, &filter, as_of).await?;
                (Some(found.0), found.1)
            }
            None => (None, queries.availability(merchant.as_str(), &skus, &filter).await?),
        };
        let in_order = AvailabilityView::of_each(&skus, found).into_iter().map(|view| {
            let root = GlobalId::new(Kind::Availability, merchant, &view.sku);
            Availability::new(&root.with_position(position).filtered(&filter), &view)
        });
        in_order.collect()
    }

    /// The movements of a SKU, oldest first, with the stock after each; 50 per page by default. Can be read forward only.
    /// Null for a SKU without stock records.
    #[graphql(complexity = "REPLAY_COST + page_cost(first, last, child_complexity)")]
    async fn stock_history(
        &self,
        context: &Context<'_>,
        sku: String,
        #[graphql(desc = "Only movements at this location. Default: all.")] location: Option<String>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        as_of: Option<String>,
        min_position: Option<Long>,
    ) -> Result<Option<Connection<StockMovement>>, Problem> {
        let request = RequestContext::of(context)?;
        must_exist(request, min_position).await?;
        let list = List::StockMovements;
        let page = Window { first, after, last, before }.forward(list)?;
        let after = page.place.as_ref().and_then(|place| place.parse().ok()).unwrap_or(0);
        let (sku, location) = (value("sku", &sku)?, optional("location", location)?);
        let as_of = past_state(request, as_of).await?;
        let mut search = StockHistoryQuery { sku, location, after, limit: page.limit, as_of };
        let (queries, merchant) = (request.queries(), request.merchant()?);
        let mut searched_pages = 0;
        let found = loop {
            let Some(found) = queries.stock_history(merchant.as_str(), &search).await? else {
                return Ok(None);
            };
            match found.next.filter(|_| found.items.is_empty()) {
                // A page needs an item, because the next page begins after the item's cursor.
                Some(next) if searched_pages < MAX_SEARCHED_PAGES => {
                    (searched_pages, search.after) = (searched_pages + 1, next);
                }
                Some(_) => {
                    let reason =
                        "has no movement within the next 100000 events: use the command holdfast audit stock";
                    return Err(Problem::invalid("location", reason));
                }
                None => break found,
            }
        };
        let items = found.items.into_iter().map(|(event, movement)| {
            let node = StockMovement::new(merchant, &event, &movement)?;
            Ok((list.at(event.position), node))
        });
        page.connection(items, found.next.is_some()).map(Some)
    }
}
