//! The tables of the read model, and errors of their rows.

use crate::error::ViewError;
use crate::store::ColumnKind::{Boolean, Bytes, Integer, Text};
use crate::store::Table;

pub(super) const NAME: &str = "order_status";

/// The columns that an [`super::OrderRow`] is read from.
pub(super) const SELECT_ORDER: &str =
    "SELECT order_id, first_position, position, version, changed_at, state, stale";

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "order_status",
        key: &[("order_id", Text)],
        values: &[
            ("first_position", Integer),
            ("position", Integer),
            ("version", Integer),
            ("changed_at", Integer),
            ("status", Text),
            ("channel", Text),
            ("customer_ref", Text),
            ("due_at", Integer),
            ("backordered", Boolean),
            ("stuck", Boolean),
            ("state", Bytes),
            ("stale", Boolean),
        ],
    },
    Table {
        name: "order_term",
        key: &[("kind", Text), ("value", Text), ("first_position", Integer)],
        values: &[],
    },
    Table {
        name: "fulfillment_order",
        key: &[("fulfillment_order_id", Text)],
        values: &[
            ("order_id", Text),
            ("first_position", Integer),
            ("number", Integer),
            ("location", Text),
            ("status", Text),
            ("actionable", Boolean),
            ("stage", Text),
            ("stage_since", Integer),
            ("priority_rank", Integer),
            ("due_at", Integer),
        ],
    },
];

/// The error of a row that cannot be decoded.
pub(super) fn unreadable(error: impl ToString) -> ViewError {
    ViewError::row(NAME, error)
}
