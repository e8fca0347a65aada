//! Filters and sort orders of the list of orders, and the statement that reads a page by an index.

use std::ops::RangeInclusive;

use holdfast_domain::order::OrderStatus;
use holdfast_domain::values::{ChannelName, LocationId, Reference, Sku, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use super::columns::SELECT_ORDER;
use super::row::OrderRow;
use crate::store::{Scope, Statement};

/// The filter and sort order of a list of orders. An order must match every field that is present.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderFilter {
    /// The status of the order.
    pub status: Option<OrderStatus>,
    /// The sales channel.
    pub channel: Option<ChannelName>,
    /// The order's name in its channel.
    pub channel_ref: Option<Reference>,
    /// The customer's name in the channel.
    pub customer_ref: Option<Reference>,
    /// The tracking number of a package of the order, former labels and cancelled shipments included.
    pub tracking_number: Option<Reference>,
    /// The SKU of a line of the order, or of a bundle.
    pub sku: Option<Sku>,
    /// A location that has or had a fulfillment order of the order.
    pub location: Option<LocationId>,
    /// The position of its first event. The journal translates creation times to positions.
    #[serde(skip)]
    pub first_position: Option<RangeInclusive<u64>>,
    /// Only orders changed after this time.
    pub changed_after: Option<Timestamp>,
    /// Only orders changed before this time.
    pub changed_before: Option<Timestamp>,
    /// Whether units of the order are backordered.
    pub backordered: Option<bool>,
    /// Whether a shipment of the order is stuck.
    pub stuck: Option<bool>,
    /// The sort order, with a minus for the latest first. Default: `-created`. If an order changes between two pages, it
    /// appears again with `changed`, and may be missing with `-changed`.
    #[serde(default)]
    #[schemars(default, with = "OrderSort")]
    pub sort: OrderSort,
}

impl OrderFilter {
    /// The search terms of the filter, most selective first.
    fn terms(&self) -> impl Iterator<Item = (&'static str, String)> {
        let terms = [
            ("tracking_number", self.tracking_number.as_ref().map(Reference::without_case_and_blanks)),
            ("channel_ref", self.channel_ref.as_ref().map(Reference::to_string)),
            ("sku", self.sku.as_ref().map(Sku::to_string)),
            ("location", self.location.as_ref().map(LocationId::to_string)),
        ];
        terms.into_iter().filter_map(|(kind, value)| Some((kind, value?)))
    }
}

/// The sort order of a list of orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
pub enum OrderSort {
    /// By creation, newest first.
    #[default]
    #[serde(rename = "-created")]
    NewestFirst,
    /// By creation, oldest first.
    #[serde(rename = "created")]
    OldestFirst,
    /// By last change, latest first. An order that changes between two pages may be missing.
    #[serde(rename = "-changed")]
    LatestChangeFirst,
    /// By last change, earliest first. An order that changes between two pages appears again.
    #[serde(rename = "changed")]
    EarliestChangeFirst,
}

impl OrderSort {
    /// Whether it sorts by last change.
    pub fn is_by_change(self) -> bool {
        matches!(self, Self::LatestChangeFirst | Self::EarliestChangeFirst)
    }

    fn is_descending(self) -> bool {
        matches!(self, Self::NewestFirst | Self::LatestChangeFirst)
    }

    /// The cursor of an order in the list: the next page starts after it.
    pub fn cursor(self, row: &OrderRow) -> String {
        if self.is_by_change() {
            format!("{}.{}", row.changed_at, row.first_position)
        } else {
            row.first_position.to_string()
        }
    }
}

/// Reads up to `limit` orders after a cursor.
pub(crate) fn statement(
    scope: Scope<'_>,
    filter: &OrderFilter,
    after: Option<&str>,
    limit: usize,
) -> Statement {
    let sort = filter.sort;
    let mut terms = filter.terms();
    let mut query = scope.statement(SELECT_ORDER);
    query.push(" FROM ");
    // The rows of a term are sorted by creation: the database reads only as many rows as the page needs.
    let driving_term = if sort.is_by_change() { None } else { terms.next() };
    if let Some((kind, value)) = &driving_term {
        query.push("(SELECT first_position AS term_position FROM order_term");
        push_term(&mut query, kind, value);
        query.push(") AS term CROSS JOIN ");
    }
    query.push("order_status WHERE merchant = $1 AND generation = $2");
    if driving_term.is_some() {
        query.push(" AND first_position = term_position");
    }
    for (kind, value) in terms {
        query.push(" AND first_position IN (SELECT first_position FROM order_term");
        push_term(&mut query, kind, &value);
        query.push(")");
    }
    push_columns(&mut query, filter);
    push_page(&mut query, sort, driving_term.is_some(), after);
    query.push(" LIMIT ").push_bind(limit as u64);
    query
}

fn push_term(query: &mut Statement, kind: &'static str, value: &str) {
    query.push(" WHERE merchant = $1 AND generation = $2 AND kind = ").push_bind(kind);
    query.push(" AND value = ").push_bind(value);
}

/// Appends the conditions on columns of `order_status`.
fn push_columns(query: &mut Statement, filter: &OrderFilter) {
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
    if let Some(time) = filter.changed_after {
        query.push(" AND changed_at > ").push_bind(time.microseconds());
    }
    if let Some(time) = filter.changed_before {
        query.push(" AND changed_at < ").push_bind(time.microseconds());
    }
    for (column, value) in [("backordered", filter.backordered), ("stuck", filter.stuck)] {
        match value {
            Some(true) => drop(query.push(" AND ").push(column)),
            Some(false) => drop(query.push(" AND NOT ").push(column)),
            None => {}
        }
    }
}

/// Appends the condition that the page starts after the cursor, and the sort order.
fn push_page(query: &mut Statement, sort: OrderSort, is_by_term: bool, after: Option<&str>) {
    let (comparison, direction) = if sort.is_descending() { (" < ", " DESC") } else { (" > ", "") };
    if sort.is_by_change() {
        if let Some((changed_at, first_position)) = after.and_then(|after| after.split_once('.')) {
            query.push(" AND (changed_at, first_position)").push(comparison).push("(");
            query.push_bind_all([number(changed_at), number(first_position)]).push(")");
        }
        query.push(" ORDER BY changed_at").push(direction).push(", first_position").push(direction);
    } else {
        let column = if is_by_term { "term_position" } else { "first_position" };
        if let Some(after) = after {
            query.push(" AND ").push(column).push(comparison).push_bind(number(after));
        }
        query.push(" ORDER BY ").push(column).push(direction);
    }
}

/// Parses a number of a cursor. The API has already validated client cursors.
fn number(text: &str) -> i64 {
    text.parse().unwrap_or(0)
}
