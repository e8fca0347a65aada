//! Queries for cart reservations.

use holdfast_domain::values::{CartReservationId, LocationId, Sku, Timestamp};

use super::projection::{NAME, unreadable};
use crate::error::Result;
use crate::store::{Row, Scope, Statement, ViewStore};

/// A cart reservation whose time is over.
#[derive(Debug, Clone)]
pub struct DueCartReservation {
    /// The merchant's name.
    pub merchant: String,
    /// The reservation.
    pub reservation_id: CartReservationId,
    /// The position of the reservation's last event.
    pub position: u64,
    /// When its time was over, in microseconds since 1970.
    pub due_at: i64,
}

/// The read model `cart_reservations`.
#[derive(Debug, Clone)]
pub struct CartReservations {
    store: ViewStore,
}

impl CartReservations {
    /// The name of the projection.
    pub const NAME: &'static str = NAME;

    /// Reads from a store.
    pub fn new(store: &ViewStore) -> Self {
        Self { store: store.clone() }
    }

    /// Lists the reservations of all merchants whose time is over at `now` and that have not ended, longest due first.
    pub async fn due(
        &self,
        generation: i64,
        now: Timestamp,
        after: Option<&DueCartReservation>,
        limit: usize,
    ) -> Result<Vec<DueCartReservation>> {
        let mut query = Statement::new(
            "SELECT merchant, reservation_id, position, due_at FROM cart_reservation
             WHERE due_at IS NOT NULL AND generation = $1 AND due_at <= $2",
        )
        .bind(generation)
        .bind(now.microseconds());
        if let Some(after) = after {
            query.push(" AND (due_at, merchant, reservation_id) > (").push_bind(after.due_at);
            query.push(", ").push_bind(after.merchant.as_str());
            query.push(", ").push_bind(after.reservation_id.to_string().as_str()).push(")");
        }
        query.push(" ORDER BY due_at, merchant, reservation_id LIMIT ").push_bind(limit as u64);
        let rows = self.store.reader().await?.fetch(query).await?;
        let due = |row: &Row| {
            let (merchant, reservation_id) =
                (row.text(0)?.to_owned(), row.text(1)?.parse().map_err(unreadable)?);
            let (position, due_at) = (row.unsigned(2)?, row.integer(3)?);
            Ok(DueCartReservation { merchant, reservation_id, position, due_at })
        };
        rows.iter().map(due).collect()
    }

    /// Lists the reservations that hold units of a SKU at a location, youngest first.
    pub async fn holding(
        &self,
        merchant: &str,
        generation: i64,
        sku: &Sku,
        location: &LocationId,
        limit: usize,
    ) -> Result<Vec<CartReservationId>> {
        let query = holding(Scope { merchant, generation }, sku, location, limit);
        let rows = self.store.reader().await?.fetch(query).await?;
        rows.iter().map(|row| row.text(0)?.parse().map_err(unreadable)).collect()
    }
}

/// Reads up to `limit` reservations that hold units of a SKU at a location, youngest first.
pub(crate) fn holding(scope: Scope<'_>, sku: &Sku, location: &LocationId, limit: usize) -> Statement {
    let mut query = scope.statement(
        "SELECT reservation_id FROM cart_unit WHERE merchant = $1 AND generation = $2 AND reserved",
    );
    query.push(" AND sku = ").push_bind(sku.as_str());
    query.push(" AND location = ").push_bind(location.as_str());
    query.push(" ORDER BY first_position DESC LIMIT ").push_bind(limit as u64);
    query
}
