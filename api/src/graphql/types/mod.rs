//! The types that queries, mutations and subscriptions return.

pub(super) mod availability;
pub(super) mod board;
pub(super) mod caused_command;
pub(super) mod delivery;
pub(super) mod enums;
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
