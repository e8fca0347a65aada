//! Which orders are listed, in which order, and the statement that finds them by an index.

use std::ops::RangeInclusive;

use holdfast_domain::order::OrderStatus;
use holdfast_domain::values::{ChannelName, LocationId, Reference, Sku, Timestamp};

use super::OrderRow;
use super::rows::COLUMNS;
use crate::store::{Scope, Statement};

/// Which orders, all that are given must hold, and which of them come first.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    /// In this status.
    pub status: Option<OrderStatus>,
    /// From this channel.
    pub channel: Option<ChannelName>,
    /// With this name there.
    pub channel_ref: Option<Reference>,
    /// Of this customer.
    pub customer_ref: Option<Reference>,
    /// With a parcel of this number.
    pub tracking_number: Option<Reference>,
    /// With a line of this SKU.
    pub sku: Option<Sku>,
    /// Filled, at least in part, by this location.
    pub location: Option<LocationId>,
    /// Begun within these positions of the journal. What was created in a span of time was begun in a span of positions.
    pub first_position: Option<RangeInclusive<u64>>,
    /// Changed after this moment.
    pub changed_after: Option<Timestamp>,
    /// Changed before this moment.
    pub changed_before: Option<Timestamp>,
    /// Whether units of it wait for supply.
    pub backordered: Option<bool>,
    /// Whether a parcel of it is stuck.
    pub stuck: Option<bool>,
    /// Which of them come first.
    pub sort: OrderSort,
}

impl OrderFilter {
    /// What it asks of terms, the rarest kind first.
    fn terms(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let terms = [
            ("tracking_number", self.tracking_number.as_ref().map(Reference::as_str)),
            ("channel_ref", self.channel_ref.as_ref().map(Reference::as_str)),
            ("sku", self.sku.as_ref().map(Sku::as_str)),
            ("location", self.location.as_ref().map(LocationId::as_str)),
        ];
        terms.into_iter().filter_map(|(kind, value)| Some((kind, value?)))
    }
}

/// Which orders come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrderSort {
    /// What was created last comes first.
    #[default]
    NewestFirst,
    /// What was created first comes first.
    OldestFirst,
    /// What was changed last comes first. An order that changes meanwhile may be missed by who pages.
    LatestChangeFirst,
    /// What has not been changed for longest comes first. An order that changes meanwhile comes again.
    EarliestChangeFirst,
}

impl OrderSort {
    /// Whether it goes by when orders were changed.
    pub fn is_by_change(self) -> bool {
        matches!(self, Self::LatestChangeFirst | Self::EarliestChangeFirst)
    }

    fn is_descending(self) -> bool {
        matches!(self, Self::NewestFirst | Self::LatestChangeFirst)
    }

    /// Where an order is in a list: what the next page goes on after.
    pub fn cursor(self, row: &OrderRow) -> String {
        if self.is_by_change() {
            format!("{}.{}", row.changed_at, row.first_position)
        } else {
            row.first_position.to_string()
        }
    }
}

/// Finds the orders of one page.
pub(crate) fn statement(
    scope: Scope<'_>,
    filter: &OrderFilter,
    after: Option<&str>,
    most: usize,
) -> Statement {
    let sort = filter.sort;
    let mut terms = filter.terms();
    let mut query = Statement::new(COLUMNS).bind(scope.merchant).bind(scope.generation);
    query.push(" FROM ");
    // A term that has its orders in the order of the list is walked along, as far as the page needs.
    let walked = if sort.is_by_change() { None } else { terms.next() };
    if let Some((kind, value)) = walked {
        query.push("(SELECT first_position AS place FROM order_term");
        push_term(&mut query, kind, value);
        query.push(") AS term CROSS JOIN ");
    }
    query.push("order_status WHERE merchant = $1 AND generation = $2");
    if walked.is_some() {
        query.push(" AND first_position = place");
    }
    for (kind, value) in terms {
        query.push(" AND first_position IN (SELECT first_position FROM order_term");
        push_term(&mut query, kind, value);
        query.push(")");
    }
    push_own(&mut query, filter);
    push_page(&mut query, sort, walked.is_some(), after);
    query.push(" LIMIT ").push_bind(most as u64);
    query
}

fn push_term(query: &mut Statement, kind: &'static str, value: &str) {
    query.push(" WHERE merchant = $1 AND generation = $2 AND kind = ").push_bind(kind);
    query.push(" AND value = ").push_bind(value);
}

/// What is asked of columns of the order's own.
fn push_own(query: &mut Statement, filter: &OrderFilter) {
    if let Some(status) = filter.status {
        query.push(" AND status = ").push_bind(status.name());
    }
    if let Some(channel) = &filter.channel {
        query.push(" AND channel = ").push_bind(channel.as_str());
    }
    if let Some(customer) = &filter.customer_ref {
        query.push(" AND customer_ref = ").push_bind(customer.as_str());
    }
    if let Some(range) = &filter.first_position {
        query.push(" AND first_position >= ").push_bind(*range.start());
        query.push(" AND first_position <= ").push_bind(*range.end());
    }
    if let Some(moment) = filter.changed_after {
        query.push(" AND changed_at > ").push_bind(moment.microseconds());
    }
    if let Some(moment) = filter.changed_before {
        query.push(" AND changed_at < ").push_bind(moment.microseconds());
    }
    for (column, is_wanted) in [("backordered", filter.backordered), ("stuck", filter.stuck)] {
        match is_wanted {
            Some(true) => drop(query.push(" AND ").push(column)),
            Some(false) => drop(query.push(" AND NOT ").push(column)),
            None => {}
        }
    }
}

/// Where the page begins, and how it is sorted.
fn push_page(query: &mut Statement, sort: OrderSort, by_term: bool, after: Option<&str>) {
    let (further, direction) = if sort.is_descending() { (" < ", " DESC") } else { (" > ", "") };
    if sort.is_by_change() {
        if let Some((changed, first)) = after.and_then(|after| after.split_once('.')) {
            query
                .push(" AND (changed_at, first_position)")
                .push(further)
                .push("(")
                .push_bind(number(changed));
            query.push(", ").push_bind(number(first)).push(")");
        }
        query.push(" ORDER BY changed_at").push(direction).push(", first_position").push(direction);
    } else {
        let place = if by_term { "place" } else { "first_position" };
        if let Some(after) = after {
            query.push(" AND ").push(place).push(further).push_bind(number(after));
        }
        query.push(" ORDER BY ").push(place).push(direction);
    }
}

/// A part of a place. The outside's places are looked at where they come in.
fn number(text: &str) -> i64 {
    text.parse().unwrap_or(0)
}
