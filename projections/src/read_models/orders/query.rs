//! Asking for orders and for locations' work.

use holdfast_domain::order::{FulfillmentOrderStatus, FulfillmentOrderView};
use holdfast_domain::values::{FulfillmentOrderId, LocationId, OrderId, Sku, Timestamp};

use super::filter::{self, OrderFilter, OrderSort};
use super::rows::{order_row, unreadable};
use super::{OrderRow, OrderStatusProjection};
use crate::error::ViewError;
use crate::runtime::projection::Projection;
use crate::store::{Row, Scope, Statement, ViewConnection, ViewStore};

/// Which work; all that are given must hold.
#[derive(Debug, Clone, Default)]
pub struct FulfillmentOrderFilter {
    /// At this location.
    pub location: Option<LocationId>,
    /// In this status; where not given, what is left to be done and may be.
    pub status: Option<FulfillmentOrderStatus>,
}

/// An order for which something is due.
#[derive(Debug, Clone)]
pub struct DueOrder {
    /// Whose it is.
    pub merchant: String,
    /// The order.
    pub order_id: OrderId,
    /// The position of its last event.
    pub position: u64,
    /// Since when, in microseconds since 1970.
    pub due_at: i64,
}

/// A part of a list, and where the next begins.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; nothing at the end.
    pub next: Option<String>,
}

/// A location's part of an order, with the order.
#[derive(Debug, Clone)]
pub struct FulfillmentOrderRow {
    /// The order that it belongs to.
    pub order: OrderRow,
    /// The part.
    pub view: FulfillmentOrderView,
}

/// The read model.
#[derive(Debug, Clone)]
pub struct Orders {
    store: ViewStore,
}

impl Orders {
    /// The projection's name.
    pub const NAME: &'static str = OrderStatusProjection::NAME;

    pub(super) fn store(&self) -> &ViewStore {
        &self.store
    }

    /// Over a store.
    pub fn new(store: &ViewStore) -> Self {
        Self { store: store.clone() }
    }

    /// An order by id.
    pub async fn get(
        &self,
        merchant: &str,
        generation: i64,
        id: OrderId,
    ) -> Result<Option<OrderRow>, ViewError> {
        Ok(self.get_many(merchant, generation, &[id]).await?.pop().map(|(_, row)| row))
    }

    /// Orders by id, in no particular order; those that do not exist are left out.
    pub async fn get_many(
        &self,
        merchant: &str,
        generation: i64,
        ids: &[OrderId],
    ) -> Result<Vec<(OrderId, OrderRow)>, ViewError> {
        let mut connection = self.store.reader().await?;
        let scope = Scope { merchant, generation };
        Ok(super::rows::load(&mut connection, scope, ids).await?.into_iter().collect())
    }

    /// Orders of all merchants for which something is due at a moment, the longest due first, behind one of them or from
    /// the first.
    pub async fn due(
        &self,
        generation: i64,
        now: Timestamp,
        after: Option<&DueOrder>,
        most: usize,
    ) -> Result<Vec<DueOrder>, ViewError> {
        let mut query = Statement::new(
            "SELECT merchant, order_id, position, due_at FROM order_status
             WHERE due_at IS NOT NULL AND generation = $1 AND due_at <= $2",
        )
        .bind(generation)
        .bind(now.microseconds());
        if let Some(after) = after {
            query.push(" AND (due_at, merchant, order_id) > (").push_bind(after.due_at);
            query.push(", ").push_bind(after.merchant.as_str());
            query.push(", ").push_bind(after.order_id.to_string().as_str()).push(")");
        }
        query.push(" ORDER BY due_at, merchant, order_id LIMIT ").push_bind(most as u64);
        let rows = self.store.reader().await?.fetch(query).await?;
        let found = |row: &Row| {
            let (merchant, order_id) = (row.text(0)?.to_owned(), row.text(1)?.parse().map_err(unreadable)?);
            Ok(DueOrder { merchant, order_id, position: row.unsigned(2)?, due_at: row.integer(3)? })
        };
        rows.iter().map(found).collect()
    }

    /// Orders that hold units of a SKU at a location and may give them up: they are not picked. The newest ones, as many as
    /// `most`.
    pub async fn orders_holding(
        &self,
        merchant: &str,
        generation: i64,
        sku: &Sku,
        location: &LocationId,
        most: usize,
    ) -> Result<Vec<OrderId>, ViewError> {
        let mut query = Statement::new(
            "SELECT DISTINCT order_id, first_position FROM fulfillment_order
             WHERE merchant = $1 AND generation = $2 AND status IN ('open', 'accepted', 'picking')",
        )
        .bind(merchant)
        .bind(generation);
        query.push(" AND location = ").push_bind(location.as_str());
        query.push(
            " AND first_position IN (SELECT first_position FROM order_term
              WHERE merchant = $1 AND generation = $2 AND kind = 'sku' AND value = ",
        );
        query.push_bind(sku.as_str()).push(") ORDER BY first_position DESC LIMIT ").push_bind(most as u64);
        let rows = self.store.reader().await?.fetch(query).await?;
        rows.iter().map(|row| row.text(0)?.parse().map_err(unreadable)).collect()
    }

    /// Orders that match. `after` is the `next` of the page before.
    pub async fn list(
        &self,
        merchant: &str,
        generation: i64,
        filter: &OrderFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<OrderRow>, ViewError> {
        let scope = Scope { merchant, generation };
        let query = filter::statement(scope, filter, after, limit.saturating_add(1));
        let rows = self.store.reader().await?.fetch(query).await?;
        let orders: Vec<OrderRow> =
            rows.iter().map(|row| order_row(row).map(|(_, order)| order)).collect::<Result<_, _>>()?;
        Ok(page(orders, limit, |order| filter.sort.cursor(order)))
    }

    /// Locations' work, the oldest order first. `after` is the `next` of the page before.
    pub async fn fulfillment_orders(
        &self,
        merchant: &str,
        generation: i64,
        filter: &FulfillmentOrderFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<FulfillmentOrderRow>, ViewError> {
        let scope = Scope { merchant, generation };
        let query = work(scope, filter, after, limit.saturating_add(1));
        let mut snapshot = self.store.snapshot().await?;
        let mut ids: Vec<(FulfillmentOrderId, String)> = Vec::new();
        for row in snapshot.fetch(query).await? {
            let id = row.text(0)?.parse().map_err(unreadable)?;
            ids.push((id, format!("{}.{}", row.integer(1)?, row.integer(2)?)));
        }
        let orders: Vec<OrderId> = ids.iter().map(|(id, _)| id.order()).collect();
        let orders = super::rows::load(&mut snapshot, scope, &orders).await?;
        snapshot.commit().await?;
        let part = |(id, place): &(FulfillmentOrderId, String)| {
            let row = orders.get(&id.order())?;
            let view = row.order.fulfillment_order(*id)?.view(&row.order);
            Some((FulfillmentOrderRow { order: row.clone(), view }, place.clone()))
        };
        let page = page(ids.iter().filter_map(part).collect(), limit, |(_, place)| place.clone());
        Ok(Page { items: page.items.into_iter().map(|(row, _)| row).collect(), next: page.next })
    }
}

/// Finds one page of locations' work.
pub(crate) fn work(
    scope: Scope<'_>,
    filter: &FulfillmentOrderFilter,
    after: Option<&str>,
    most: usize,
) -> Statement {
    let mut query = Statement::new(
        "SELECT fulfillment_order_id, first_position, number FROM fulfillment_order
         WHERE merchant = $1 AND generation = $2",
    )
    .bind(scope.merchant)
    .bind(scope.generation);
    if let Some(location) = &filter.location {
        query.push(" AND location = ").push_bind(location.as_str());
    }
    match filter.status {
        Some(status) => query.push(" AND status = ").push_bind(status.name()),
        None => query.push(" AND ready"),
    };
    if let Some((first, number)) = after.and_then(|after| after.split_once('.')) {
        let numbers = (first.parse::<i64>().unwrap_or(0), number.parse::<i64>().unwrap_or(0));
        query.push(" AND (first_position, number) > (").push_bind(numbers.0);
        query.push(", ").push_bind(numbers.1).push(")");
    }
    query.push(" ORDER BY first_position, number LIMIT ").push_bind(most as u64);
    query
}

/// Orders behind one of them, sorted: some of all there are. `after` is a place in that order.
pub(crate) async fn sorted_after(
    connection: &mut ViewConnection,
    scope: Scope<'_>,
    sort: OrderSort,
    after: &str,
    most: usize,
) -> Result<Vec<OrderRow>, ViewError> {
    let all = OrderFilter { sort, ..OrderFilter::default() };
    let rows = connection.fetch(filter::statement(scope, &all, Some(after), most)).await?;
    rows.iter().map(|row| order_row(row).map(|(_, order)| order)).collect()
}

/// Cuts off the one row too many that tells whether there is a next page.
pub(super) fn page<T>(mut items: Vec<T>, limit: usize, place: impl Fn(&T) -> String) -> Page<T> {
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(place);
    Page { items, next }
}
