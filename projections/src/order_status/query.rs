//! Asking for orders and for locations' work.

use holdfast_domain::order::{FulfillmentOrderStatus, FulfillmentOrderView, OrderStatus};
use holdfast_domain::values::{
    ChannelName, FulfillmentOrderId, LocationId, OrderId, Reference, Sku, Timestamp,
};

use super::rows::{ORDER, order_row, unreadable};
use super::{OrderRow, OrderStatusProjection};
use crate::error::ViewError;
use crate::projection::{Projection, Scope};
use crate::store::{Row, Statement, ViewConnection, ViewStore};

/// Which orders; all that are given must hold.
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
    /// Changed after this moment.
    pub changed_after: Option<Timestamp>,
}

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
    pub async fn holders(
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

    /// Orders that match, the newest first. `after` is the `next` of the page before.
    pub async fn list(
        &self,
        merchant: &str,
        generation: i64,
        filter: &OrderFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<OrderRow>, ViewError> {
        let mut query = Statement::new(ORDER).bind(merchant).bind(generation);
        query.push(" WHERE merchant = $1 AND generation = $2");
        if let Some(status) = filter.status {
            query.push(" AND status = ").push_bind(status.name());
        }
        if let Some(channel) = &filter.channel {
            query.push(" AND channel = ").push_bind(channel.as_str());
        }
        if let Some(customer) = &filter.customer_ref {
            query.push(" AND customer_ref = ").push_bind(customer.as_str());
        }
        if let Some(moment) = filter.changed_after {
            query.push(" AND changed_at > ").push_bind(moment.microseconds());
        }
        let terms = [
            ("channel_ref", filter.channel_ref.as_ref().map(Reference::as_str)),
            ("tracking_number", filter.tracking_number.as_ref().map(Reference::as_str)),
            ("sku", filter.sku.as_ref().map(Sku::as_str)),
            ("location", filter.location.as_ref().map(LocationId::as_str)),
        ];
        for (kind, value) in terms.into_iter().filter_map(|(kind, value)| Some((kind, value?))) {
            query.push(" AND first_position IN (SELECT first_position FROM order_term");
            query
                .push(" WHERE merchant = $1 AND generation = $2 AND kind = ")
                .push_bind(kind)
                .push(" AND value = ")
                .push_bind(value)
                .push(")");
        }
        if let Some(before) = after.and_then(|after| after.parse::<i64>().ok()) {
            query.push(" AND first_position < ").push_bind(before);
        }
        let one_more = i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1;
        query.push(" ORDER BY first_position DESC LIMIT ").push_bind(one_more);
        let rows = self.store.reader().await?.fetch(query).await?;
        let orders: Vec<OrderRow> =
            rows.iter().map(|row| order_row(row).map(|(_, order)| order)).collect::<Result<_, _>>()?;
        Ok(page(orders, limit, |order| order.first_position.to_string()))
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
        let mut query = Statement::new(
            "SELECT fulfillment_order_id, first_position, number FROM fulfillment_order
             WHERE merchant = $1 AND generation = $2",
        )
        .bind(merchant)
        .bind(generation);
        if let Some(location) = &filter.location {
            query.push(" AND location = ").push_bind(location.as_str());
        }
        match filter.status {
            Some(status) => query.push(" AND status = ").push_bind(status.name()),
            None => {
                query.push(" AND ready AND status IN ('open', 'accepted', 'picking', 'picked', 'packed', 'ready_for_pickup')")
            }
        };
        if let Some((first, number)) = after.and_then(|after| after.split_once('.')) {
            let numbers = (first.parse::<i64>().unwrap_or(0), number.parse::<i64>().unwrap_or(0));
            query.push(" AND (first_position, number) > (").push_bind(numbers.0);
            query.push(", ").push_bind(numbers.1).push(")");
        }
        let one_more = i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1;
        query.push(" ORDER BY first_position, number LIMIT ").push_bind(one_more);
        let mut snapshot = self.store.snapshot().await?;
        let mut ids: Vec<(FulfillmentOrderId, String)> = Vec::new();
        for row in snapshot.fetch(query).await? {
            let id = row.text(0)?.parse().map_err(unreadable)?;
            ids.push((id, format!("{}.{}", row.integer(1)?, row.integer(2)?)));
        }
        let orders: Vec<OrderId> = ids.iter().map(|(id, _)| id.order()).collect();
        let scope = Scope { merchant, generation };
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

/// Orders behind one of them, in the order in which they were created.
pub(crate) async fn created_after(
    connection: &mut ViewConnection,
    scope: Scope<'_>,
    first_position: u64,
    most: usize,
) -> Result<Vec<OrderRow>, ViewError> {
    let mut query = Statement::new(ORDER).bind(scope.merchant).bind(scope.generation);
    query.push(" WHERE merchant = $1 AND generation = $2 AND first_position > ").push_bind(first_position);
    query.push(" ORDER BY first_position LIMIT ").push_bind(most as u64);
    let rows = connection.fetch(query).await?;
    rows.iter().map(|row| order_row(row).map(|(_, order)| order)).collect()
}

/// Orders behind one of them, in the order in which they were changed: by the moment and then by their first position.
pub(crate) async fn changed_after(
    connection: &mut ViewConnection,
    scope: Scope<'_>,
    (changed_at, first_position): (i64, u64),
    most: usize,
) -> Result<Vec<OrderRow>, ViewError> {
    let mut query = Statement::new(ORDER).bind(scope.merchant).bind(scope.generation);
    query.push(" WHERE merchant = $1 AND generation = $2 AND (changed_at, first_position) > (");
    query.push_bind(changed_at).push(", ").push_bind(first_position);
    query.push(") ORDER BY changed_at, first_position LIMIT ").push_bind(most as u64);
    let rows = connection.fetch(query).await?;
    rows.iter().map(|row| order_row(row).map(|(_, order)| order)).collect()
}

/// Cuts off the one row too many that tells whether there is a next page.
fn page<T>(mut items: Vec<T>, limit: usize, place: impl Fn(&T) -> String) -> Page<T> {
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(place);
    Page { items, next }
}
