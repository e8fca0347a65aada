//! Queries for orders and fulfillment orders.

use holdfast_domain::order::FulfillmentOrderStatus;
use holdfast_domain::values::{FulfillmentOrderId, LocationId, OrderId, Sku, Timestamp};
use holdfast_views::FulfillmentOrderView;
use schemars::JsonSchema;
use serde::Deserialize;

use super::columns::{NAME, unreadable};
use super::filter::{self, OrderFilter, OrderSort};
use super::page::Page;
use super::row::OrderRow;
use super::rows::{self, order_row};
use super::stage::Stage;
use crate::error::Result;
use crate::read_models::due::{Due, DueTable};
use crate::store::{Scope, Statement, Tables, ViewStore};

/// Which fulfillment orders a list contains. A fulfillment order must match all fields that are given.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct FulfillmentOrderFilter {
    /// The location.
    pub location: Option<LocationId>,
    /// The status. Default: every status, but only fulfillment orders that the location can work on now.
    pub status: Option<FulfillmentOrderStatus>,
}

/// The orders with their next timer.
const DUE: DueTable = DueTable { read_model: NAME, name: "order_status", id: "order_id" };

/// A fulfillment order, with its order.
#[derive(Debug, Clone)]
pub struct FulfillmentOrderRow {
    /// The order that it belongs to.
    pub order: OrderRow,
    /// The fulfillment order as shown to clients.
    pub view: FulfillmentOrderView,
}

impl FulfillmentOrderRow {
    /// Takes a fulfillment order out of its order. `None` if the order does not have it.
    pub(super) fn new(order: &OrderRow, id: FulfillmentOrderId) -> Option<Self> {
        let view = FulfillmentOrderView::of(order.order.fulfillment_order(id)?, &order.order);
        Some(Self { order: order.clone(), view })
    }
}

/// The read model `order_status`.
#[derive(Debug, Clone)]
pub struct Orders {
    pub(super) store: ViewStore,
}

impl Orders {
    /// The name of the projection.
    pub const NAME: &'static str = NAME;

    /// Reads from a store.
    pub fn new(store: &ViewStore) -> Self {
        Self { store: store.clone() }
    }

    /// Returns an order by ID.
    pub async fn get(&self, merchant: &str, generation: i64, id: OrderId) -> Result<Option<OrderRow>> {
        Ok(self.get_many(merchant, generation, &[id]).await?.pop().map(|(_, row)| row))
    }

    /// Returns orders by ID, in no particular order. Unknown IDs are skipped.
    pub async fn get_many(
        &self,
        merchant: &str,
        generation: i64,
        ids: &[OrderId],
    ) -> Result<Vec<(OrderId, OrderRow)>> {
        let mut connection = self.store.reader().await?;
        let scope = Scope { merchant, generation };
        Ok(rows::load(&mut connection.scoped(scope), ids).await?.into_iter().collect())
    }

    /// Lists the orders of all merchants with a timer that is due at `now`, longest due first.
    pub async fn due(
        &self,
        generation: i64,
        now: Timestamp,
        after: Option<&Due<OrderId>>,
        limit: usize,
    ) -> Result<Vec<Due<OrderId>>> {
        DUE.due(&self.store, (generation, now), after, limit).await
    }

    /// Lists orders that may hold unpicked units of a SKU at a location, newest first.
    pub async fn orders_holding(
        &self,
        merchant: &str,
        generation: i64,
        sku: &Sku,
        location: &LocationId,
        limit: usize,
    ) -> Result<Vec<OrderId>> {
        let scope = Scope { merchant, generation };
        let mut query = scope.statement(
            "SELECT DISTINCT order_id, first_position FROM fulfillment_order
             WHERE merchant = $1 AND generation = $2 AND status IN ('open', 'accepted', 'picking')",
        );
        query.push(" AND location = ").push_bind(location.as_str());
        query.push(
            " AND first_position IN (SELECT first_position FROM order_term
              WHERE merchant = $1 AND generation = $2 AND kind = 'sku' AND value = ",
        );
        query.push_bind(sku.as_str()).push(") ORDER BY first_position DESC LIMIT ").push_bind(limit as u64);
        let rows = self.store.reader().await?.fetch(query).await?;
        rows.iter().map(|row| row.text(0)?.parse().map_err(unreadable)).collect()
    }

    /// Lists orders. `after` is the `next` of the previous page.
    pub async fn list(
        &self,
        merchant: &str,
        generation: i64,
        filter: &OrderFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<OrderRow>> {
        let scope = Scope { merchant, generation };
        let query = filter::statement(scope, filter, after, limit.saturating_add(1));
        let rows = self.store.reader().await?.fetch(query).await?;
        let orders: Vec<OrderRow> =
            rows.iter().map(|row| order_row(row).map(|(_, order)| order)).collect::<Result<_, _>>()?;
        Ok(Page::new(orders, limit, |order| filter.sort.cursor(order)))
    }

    /// Lists fulfillment orders, oldest order first. `after` is the `next` of the previous page.
    pub async fn fulfillment_orders(
        &self,
        merchant: &str,
        generation: i64,
        filter: &FulfillmentOrderFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<FulfillmentOrderRow>> {
        let scope = Scope { merchant, generation };
        let query = page_of_fulfillment_orders(scope, filter, after, limit.saturating_add(1));
        let mut snapshot = self.store.snapshot().await?;
        let mut ids: Vec<(FulfillmentOrderId, String)> = Vec::new();
        for row in snapshot.fetch(query).await? {
            let id = row.text(0)?.parse().map_err(unreadable)?;
            ids.push((id, format!("{}.{}", row.integer(1)?, row.integer(2)?)));
        }
        let orders: Vec<OrderId> = ids.iter().map(|(id, _)| id.order()).collect();
        let orders = rows::load(&mut snapshot.scoped(scope), &orders).await?;
        snapshot.commit().await?;
        let item = |(id, cursor): (FulfillmentOrderId, String)| {
            Some((FulfillmentOrderRow::new(orders.get(&id.order())?, id)?, cursor))
        };
        let items = ids.into_iter().filter_map(item).collect();
        let page = Page::new(items, limit, |(_, cursor): &(_, String)| cursor.clone());
        Ok(Page { items: page.items.into_iter().map(|(row, _)| row).collect(), next: page.next })
    }
}

/// Reads up to `limit` fulfillment orders after a cursor.
pub(crate) fn page_of_fulfillment_orders(
    scope: Scope<'_>,
    filter: &FulfillmentOrderFilter,
    after: Option<&str>,
    limit: usize,
) -> Statement {
    let mut query = scope.statement(
        "SELECT fulfillment_order_id, first_position, number FROM fulfillment_order
         WHERE merchant = $1 AND generation = $2",
    );
    if let Some(location) = &filter.location {
        query.push(" AND location = ").push_bind(location.as_str());
    }
    match filter.status {
        Some(status) => query.push(" AND status = ").push_bind(status.name()),
        None => query.push(" AND actionable AND stage <> ").push_bind(Stage::Wait.name()),
    };
    if let Some((first_position, number)) = after.and_then(|after| after.split_once('.')) {
        let numbers = [first_position, number].map(|text| text.parse::<i64>().unwrap_or(0));
        query.push(" AND (first_position, number) > (").push_bind_all(numbers).push(")");
    }
    query.push(" ORDER BY first_position, number LIMIT ").push_bind(limit as u64);
    query
}

/// Reads up to `limit` orders after a cursor, in the given sort order.
pub(crate) async fn sorted_after(
    tables: &mut Tables<'_>,
    sort: OrderSort,
    after: &str,
    limit: usize,
) -> Result<Vec<OrderRow>> {
    let all = OrderFilter { sort, ..OrderFilter::default() };
    let rows = tables.fetch(filter::statement(tables.scope, &all, Some(after), limit)).await?;
    rows.iter().map(|row| order_row(row).map(|(_, order)| order)).collect()
}
