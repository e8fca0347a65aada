//! Queries for cart reservations.

use holdfast_domain::values::{CartReservationId, LocationId, Sku, Timestamp};

use super::projection::{NAME, unreadable};
use crate::error::Result;
use crate::read_models::due::{Due, DueTable};
use crate::store::{Scope, Statement, ViewStore};

/// The reservations with the time at which they end.
const DUE: DueTable = DueTable { read_model: NAME, name: "cart_reservation", id: "reservation_id" };

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
        after: Option<&Due<CartReservationId>>,
        limit: usize,
    ) -> Result<Vec<Due<CartReservationId>>> {
        DUE.due(&self.store, (generation, now), after, limit).await
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
