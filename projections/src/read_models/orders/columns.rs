//! The tables of the read model, and errors of their rows.

use crate::error::ViewError;
use crate::store::{ColumnKind, Table};

/// The name of the projection.
pub(super) const NAME: &str = "order_status";

/// The columns that an [`super::OrderRow`] is read from.
pub(super) const SELECT_ORDER: &str =
    "SELECT order_id, first_position, position, version, changed_at, state, stale";

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "order_status",
        key: &[("order_id", ColumnKind::Text)],
        values: &[
            ("first_position", ColumnKind::Integer),
            ("position", ColumnKind::Integer),
            ("version", ColumnKind::Integer),
            ("changed_at", ColumnKind::Integer),
            ("status", ColumnKind::Text),
            ("channel", ColumnKind::Text),
            ("customer_ref", ColumnKind::Text),
            ("due_at", ColumnKind::Integer),
            ("backordered", ColumnKind::Boolean),
            ("stuck", ColumnKind::Boolean),
            ("state", ColumnKind::Bytes),
            ("stale", ColumnKind::Boolean),
        ],
    },
    Table {
        name: "order_term",
        key: &[
            ("kind", ColumnKind::Text),
            ("value", ColumnKind::Text),
            ("first_position", ColumnKind::Integer),
        ],
        values: &[],
    },
    Table {
        name: "fulfillment_order",
        key: &[("fulfillment_order_id", ColumnKind::Text)],
        values: &[
            ("order_id", ColumnKind::Text),
            ("first_position", ColumnKind::Integer),
            ("number", ColumnKind::Integer),
            ("location", ColumnKind::Text),
            ("status", ColumnKind::Text),
            ("actionable", ColumnKind::Boolean),
            ("stage", ColumnKind::Text),
            ("stage_since", ColumnKind::Integer),
            ("priority_rank", ColumnKind::Integer),
            ("due_at", ColumnKind::Integer),
        ],
    },
];

/// The error of a row that cannot be decoded.
pub(super) fn unreadable(error: impl ToString) -> ViewError {
    ViewError::row(NAME, error)
}
