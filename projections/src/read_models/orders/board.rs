//! `fulfillment_board`: what each location has to do next, the most urgent first, and for how long it has been waiting.

use std::collections::BTreeMap;

use holdfast_domain::order::{FulfillmentOrder, FulfillmentOrderStatus, Order};
use holdfast_domain::values::{FulfillmentOrderId, LocationId, OrderId, Priority, Timestamp};
use serde::{Deserialize, Serialize};

use super::query::{FulfillmentOrderRow, Orders, Page, page};
use super::rows::{self, may_work, unreadable};
use crate::error::ViewError;
use crate::store::{Row, Scope, Statement};

/// When nothing was promised: after everything that was.
const NEVER: i64 = i64::MAX;

/// What a location has to do with a part of an order next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It was asked something and has not answered.
    Answer,
    /// Goods are to be taken from their places.
    Pick,
    /// Picked goods are to be put into parcels.
    Pack,
    /// Parcels are to leave, or to be got ready for who fetches them.
    Ship,
    /// It waits for the customer to fetch it.
    HandOver,
}

impl Stage {
    /// Every stage, in the order of the work.
    pub const ALL: [Self; 5] = [Self::Answer, Self::Pick, Self::Pack, Self::Ship, Self::HandOver];

    /// Its name, as it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Pick => "pick",
            Self::Pack => "pack",
            Self::Ship => "ship",
            Self::HandOver => "hand_over",
        }
    }

    fn of_name(name: &str) -> Result<Self, ViewError> {
        let known = Self::ALL.into_iter().find(|stage| stage.name() == name);
        known.ok_or_else(|| unreadable(format!("there is no stage {name}")))
    }

    /// What is to be done with a part; nothing where all is done, or its location has to wait.
    pub(super) fn of(order: &Order, part: &FulfillmentOrder) -> Option<Self> {
        if part.is_asked() || order.awaits_answer_of(part) {
            return Some(Self::Answer);
        }
        if !may_work(order, part) {
            return None;
        }
        match part.status(order) {
            FulfillmentOrderStatus::Open
            | FulfillmentOrderStatus::Accepted
            | FulfillmentOrderStatus::Picking => Some(Self::Pick),
            FulfillmentOrderStatus::Picked => Some(Self::Pack),
            FulfillmentOrderStatus::Packed => Some(Self::Ship),
            FulfillmentOrderStatus::ReadyForPickup => Some(Self::HandOver),
            FulfillmentOrderStatus::Shipped
            | FulfillmentOrderStatus::Delivered
            | FulfillmentOrderStatus::Cancelled => None,
        }
    }
}

/// What there is to do with the parts of an order, by their numbers, and since when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stages(BTreeMap<u32, (Stage, i64)>);

impl Stages {
    /// Takes note of how an order is at a moment.
    pub(super) fn note(&mut self, order: &Order, at: i64) {
        for part in &order.fulfillment_orders {
            let number = part.id.number();
            match (Stage::of(order, part), self.0.get(&number)) {
                (Some(stage), Some((known, _))) if *known == stage => {}
                (Some(stage), _) => drop(self.0.insert(number, (stage, at))),
                (None, _) => drop(self.0.remove(&number)),
            }
        }
    }

    /// What there is to do with a part, and since when.
    pub(super) fn of(&self, part: &FulfillmentOrder) -> Option<(Stage, i64)> {
        self.0.get(&part.id.number()).copied()
    }
}

/// The most urgent come first.
pub(super) fn rank(order: &Order) -> i64 {
    match order.created.as_ref().map(|created| created.priority) {
        Some(Priority::Critical) => 0,
        Some(Priority::Express) => 1,
        Some(Priority::Standard) | None => 2,
    }
}

/// By when a part is to have left: what the order asks, else what was promised of the part.
pub(super) fn due_at(order: &Order, part: &FulfillmentOrder) -> i64 {
    let delivery = order.created.as_ref().and_then(|created| created.delivery.as_ref());
    let asked = delivery.and_then(|delivery| delivery.ship_by);
    let promised = part.promise.as_ref().map(|promise| promise.ship_at);
    asked.or(promised).map_or(NEVER, Timestamp::microseconds)
}

/// A part of an order on a location's board.
#[derive(Debug, Clone)]
pub struct BoardEntry {
    /// What there is to do.
    pub stage: Stage,
    /// Since when.
    pub stage_since: Timestamp,
    /// By when it is to have left, where that was asked or promised.
    pub due_at: Option<Timestamp>,
    /// The part, with its order.
    pub fulfillment_order: FulfillmentOrderRow,
    /// Where it is on the board.
    cursor: String,
}

impl BoardEntry {
    /// Where it is on the board: what the next page goes on after.
    pub fn cursor(&self) -> &str {
        &self.cursor
    }
}

/// How much there is to do at a location in a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardSummary {
    /// The location.
    pub location: LocationId,
    /// The stage.
    pub stage: Stage,
    /// Parts of orders in it.
    pub fulfillment_orders: u64,
    /// Of those, how many should have left by the moment that was asked about.
    pub overdue: u64,
    /// Since when the first of them waits.
    pub oldest_since: Timestamp,
    /// When the next of them is to have left, where any of them is.
    pub next_due_at: Option<Timestamp>,
}

impl Orders {
    /// What a location has to do next in a stage: by priority, then by when it is to have left, then the oldest order
    /// first. `after` is the `next` of the page before.
    pub async fn board(
        &self,
        merchant: &str,
        generation: i64,
        (location, stage): (&LocationId, Stage),
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<BoardEntry>, ViewError> {
        let scope = Scope { merchant, generation };
        let mut snapshot = self.store().snapshot().await?;
        let found = snapshot.fetch(listed(scope, location, stage, after, limit.saturating_add(1))).await?;
        let places: Vec<Place> = found.iter().map(Place::of).collect::<Result<_, _>>()?;
        let orders: Vec<OrderId> = places.iter().map(|place| place.id.order()).collect();
        let orders = rows::load(&mut snapshot, scope, &orders).await?;
        snapshot.commit().await?;
        let entry = |place: &Place| {
            let order = orders.get(&place.id.order())?.clone();
            let view = order.order.fulfillment_order(place.id)?.view(&order.order);
            let (since, due_at) = (Timestamp::from_microseconds(place.since), moment(place.due_at));
            let fulfillment_order = FulfillmentOrderRow { order, view };
            Some(BoardEntry { stage, stage_since: since, due_at, fulfillment_order, cursor: place.text() })
        };
        Ok(page(places.iter().filter_map(entry).collect(), limit, |entry| entry.cursor.clone()))
    }

    /// How much there is to do at a moment, by location and stage; at one location where it is given.
    pub async fn board_summary(
        &self,
        merchant: &str,
        generation: i64,
        location: Option<&LocationId>,
        now: Timestamp,
    ) -> Result<Vec<BoardSummary>, ViewError> {
        let mut query = Statement::new(
            "SELECT location, stage, count(*), count(CASE WHEN due_at < $3 THEN 1 END), min(stage_since), min(due_at)
             FROM fulfillment_order WHERE merchant = $1 AND generation = $2 AND ready",
        )
        .bind(merchant)
        .bind(generation)
        .bind(now.microseconds());
        if let Some(location) = location {
            query.push(" AND location = ").push_bind(location.as_str());
        }
        query.push(" GROUP BY location, stage");
        let rows = self.store().reader().await?.fetch(query).await?;
        let summary = |row: &Row| {
            Ok(BoardSummary {
                location: LocationId::new(row.text(0)?).map_err(unreadable)?,
                stage: Stage::of_name(row.text(1)?)?,
                fulfillment_orders: row.unsigned(2)?,
                overdue: row.unsigned(3)?,
                oldest_since: Timestamp::from_microseconds(row.integer(4)?),
                next_due_at: moment(row.integer(5)?),
            })
        };
        let mut all = rows.iter().map(summary).collect::<Result<Vec<_>, ViewError>>()?;
        let place = |stage: Stage| Stage::ALL.iter().position(|known| *known == stage);
        all.sort_by(|one, other| {
            (one.location.as_str(), place(one.stage)).cmp(&(other.location.as_str(), place(other.stage)))
        });
        Ok(all)
    }
}

/// Finds one page of what a location has to do.
pub(crate) fn listed(
    scope: Scope<'_>,
    location: &LocationId,
    stage: Stage,
    after: Option<&str>,
    most: usize,
) -> Statement {
    let mut query = Statement::new(
        "SELECT fulfillment_order_id, stage_since, priority_rank, due_at, first_position, number
         FROM fulfillment_order WHERE merchant = $1 AND generation = $2 AND location = $3 AND stage = $4 AND ready",
    );
    query = query.bind(scope.merchant).bind(scope.generation).bind(location.as_str()).bind(stage.name());
    if let Some(after) = after {
        query.push(" AND (priority_rank, due_at, first_position, number) > (");
        // The outside's places are looked at where they come in.
        for (index, number) in after.split('.').take(4).enumerate() {
            query.push(if index == 0 { "" } else { ", " }).push_bind(number.parse::<i64>().unwrap_or(0));
        }
        query.push(")");
    }
    query.push(" ORDER BY priority_rank, due_at, first_position, number LIMIT ").push_bind(most as u64);
    query
}

/// Where a part is on a board.
struct Place {
    id: FulfillmentOrderId,
    since: i64,
    rank: i64,
    due_at: i64,
    first_position: i64,
    number: i64,
}

impl Place {
    fn of(row: &Row) -> Result<Self, ViewError> {
        Ok(Self {
            id: row.text(0)?.parse().map_err(unreadable)?,
            since: row.integer(1)?,
            rank: row.integer(2)?,
            due_at: row.integer(3)?,
            first_position: row.integer(4)?,
            number: row.integer(5)?,
        })
    }

    /// What the next page goes on after.
    fn text(&self) -> String {
        format!("{}.{}.{}.{}", self.rank, self.due_at, self.first_position, self.number)
    }
}

fn moment(due_at: i64) -> Option<Timestamp> {
    (due_at != NEVER).then(|| Timestamp::from_microseconds(due_at))
}
