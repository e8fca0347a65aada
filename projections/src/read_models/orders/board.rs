//! The fulfillment board: what each location must do next, most urgent first.

use holdfast_domain::values::{FulfillmentOrderId, LocationId, OrderId, Timestamp};

use super::columns::unreadable;
use super::page::Page;
use super::query::{FulfillmentOrderRow, Orders};
use super::rows;
use super::stage::{NEVER, Stage};
use crate::error::Result;
use crate::store::{Row, Scope, Statement};

/// A fulfillment order on the board of its location.
#[derive(Debug, Clone)]
pub struct BoardEntry {
    /// The next step.
    pub stage: Stage,
    /// When the fulfillment order entered this stage.
    pub stage_since: Timestamp,
    /// The time by which it must ship. `None` if no time was requested or promised.
    pub due_at: Option<Timestamp>,
    /// The fulfillment order, with its order.
    pub fulfillment_order: FulfillmentOrderRow,
    cursor: String,
}

impl BoardEntry {
    /// The cursor of the entry: the next page starts after it.
    pub fn cursor(&self) -> &str {
        &self.cursor
    }
}

/// The number of fulfillment orders of a location in one stage.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented where the name does not say it")]
pub struct BoardSummary {
    pub location: LocationId,
    pub stage: Stage,
    /// The number of fulfillment orders in the stage.
    pub fulfillment_orders: u64,
    /// How many of them are overdue.
    pub overdue: u64,
    /// When the oldest entry entered the stage.
    pub oldest_since: Timestamp,
    /// The earliest due time. `None` if none of them has one.
    pub next_due_at: Option<Timestamp>,
}

impl Orders {
    /// Lists the fulfillment orders of a location in a stage: by priority, then by due time, then oldest order first.
    /// `after` is the `next` of the previous page.
    pub async fn board(
        &self,
        merchant: &str,
        generation: i64,
        (location, stage): (&LocationId, Stage),
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<BoardEntry>> {
        let scope = Scope { merchant, generation };
        let mut snapshot = self.store.snapshot().await?;
        let query = page_of_board(scope, location, stage, after, limit.saturating_add(1));
        let keys: Vec<BoardKey> =
            snapshot.fetch(query).await?.iter().map(BoardKey::new).collect::<Result<_, _>>()?;
        let orders: Vec<OrderId> = keys.iter().map(|key| key.id.order()).collect();
        let orders = rows::load(&mut snapshot.scoped(scope), &orders).await?;
        snapshot.commit().await?;
        let entry = |key: &BoardKey| {
            Some(BoardEntry {
                stage,
                stage_since: Timestamp::from_microseconds(key.stage_since),
                due_at: due_time(key.due_at),
                fulfillment_order: FulfillmentOrderRow::new(orders.get(&key.id.order())?, key.id)?,
                cursor: key.cursor(),
            })
        };
        Ok(Page::new(keys.iter().filter_map(entry).collect(), limit, |entry| entry.cursor.clone()))
    }

    /// Counts the fulfillment orders by location and stage. Those due before `now` are overdue.
    pub async fn board_summary(
        &self,
        merchant: &str,
        generation: i64,
        location: Option<&LocationId>,
        now: Timestamp,
    ) -> Result<Vec<BoardSummary>> {
        let scope = Scope { merchant, generation };
        let mut query = scope.statement(
            "SELECT location, stage, count(*), count(CASE WHEN due_at < $3 THEN 1 END), min(stage_since), min(due_at)
             FROM fulfillment_order WHERE merchant = $1 AND generation = $2 AND actionable",
        );
        query = query.bind(now.microseconds());
        if let Some(location) = location {
            query.push(" AND location = ").push_bind(location.as_str());
        }
        query.push(" GROUP BY location, stage");
        let rows = self.store.reader().await?.fetch(query).await?;
        let summary = |row: &Row| {
            Ok(BoardSummary {
                location: LocationId::new(row.text(0)?).map_err(unreadable)?,
                stage: Stage::from_name(row.text(1)?)?,
                fulfillment_orders: row.unsigned(2)?,
                overdue: row.unsigned(3)?,
                oldest_since: Timestamp::from_microseconds(row.integer(4)?),
                next_due_at: due_time(row.integer(5)?),
            })
        };
        let mut all = rows.iter().map(summary).collect::<Result<Vec<_>>>()?;
        let index = |stage: Stage| Stage::ALL.iter().position(|one| *one == stage);
        all.sort_by(|one, other| {
            (one.location.as_str(), index(one.stage)).cmp(&(other.location.as_str(), index(other.stage)))
        });
        Ok(all)
    }
}

/// Reads up to `limit` keys of a location's board after a cursor.
pub(crate) fn page_of_board(
    scope: Scope<'_>,
    location: &LocationId,
    stage: Stage,
    after: Option<&str>,
    limit: usize,
) -> Statement {
    let mut query = scope.statement(
        "SELECT fulfillment_order_id, stage_since, priority_rank, due_at, first_position, number
         FROM fulfillment_order
         WHERE merchant = $1 AND generation = $2 AND location = $3 AND stage = $4 AND actionable",
    );
    query = query.bind(location.as_str()).bind(stage.name());
    if let Some(after) = after {
        // The API has already validated client cursors.
        let numbers = after.split('.').take(4).map(|number| number.parse::<i64>().unwrap_or(0));
        query.push(" AND (priority_rank, due_at, first_position, number) > (");
        query.push_bind_all(numbers).push(")");
    }
    query.push(" ORDER BY priority_rank, due_at, first_position, number LIMIT ").push_bind(limit as u64);
    query
}

/// A fulfillment order and its sort key on a board.
struct BoardKey {
    id: FulfillmentOrderId,
    stage_since: i64,
    priority_rank: i64,
    due_at: i64,
    first_position: i64,
    number: i64,
}

impl BoardKey {
    fn new(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.text(0)?.parse().map_err(unreadable)?,
            stage_since: row.integer(1)?,
            priority_rank: row.integer(2)?,
            due_at: row.integer(3)?,
            first_position: row.integer(4)?,
            number: row.integer(5)?,
        })
    }

    fn cursor(&self) -> String {
        format!("{}.{}.{}.{}", self.priority_rank, self.due_at, self.first_position, self.number)
    }
}

fn due_time(due_at: i64) -> Option<Timestamp> {
    (due_at != NEVER).then(|| Timestamp::from_microseconds(due_at))
}
