//! The types that queries, mutations and subscriptions return.
//!
//! Most types are read from the JSON of the views that REST returns, so both interfaces have the same fields. Their
//! descriptions come from the views' JSON Schemas (`descriptions.rs`).

pub(super) mod availability;
pub(super) mod board;
pub(super) mod cart_reservation;
pub(super) mod caused_command;
pub(super) mod choice;
pub(super) mod delivery;
pub(super) mod event;
pub(super) mod fulfillment_order;
pub(super) mod location;
pub(super) mod merchant;
pub(super) mod order;
pub(super) mod order_line;
pub(super) mod order_metrics;
pub(super) mod order_return;
pub(super) mod policy;
pub(super) mod scalars;
pub(super) mod shipment;
pub(super) mod stock_movement;
pub(super) mod timeline;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::Problem;

/// Reads an object from the JSON of a view.
fn read<T: DeserializeOwned>(view: &impl Serialize) -> Result<T, Problem> {
    serde_json::to_value(view).and_then(serde_json::from_value).map_err(|error| Problem::internal(&error))
}
