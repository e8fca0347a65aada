//! `order_lines`: a row for each line of an order.

use std::sync::Arc;

use holdfast_domain::order::LineView;
use holdfast_domain::values::Units;

use super::{Kind, Ordered};
use crate::column::{Column, Table, json};

/// A line and its order.
pub struct Line {
    order: Arc<Ordered>,
    line: LineView,
}

pub const ORDER_LINES: Kind<Ordered, Line> = Kind {
    table: Table {
        name: "order_lines",
        columns: &[
            Column::text("order_id", |row: &Line| Some(row.order.view.order_id.to_string())),
            Column::number("line", |row| Some(row.line.ordered.line.number().into())),
            Column::text("line_ref", |row| row.line.ordered.line_ref.as_ref().map(ToString::to_string)),
            Column::text("sku", |row| Some(row.line.ordered.sku.to_string())),
            Column::number("ordered", |row| Some(row.line.ordered.quantity.units().number())),
            Column::number("backordered", |row| Some(row.line.backordered.number())),
            Column::number("reserved", |row| Some(row.line.reserved.number())),
            Column::number("picked", |row| Some(row.line.picked.number())),
            Column::number("packed", |row| Some(row.line.packed.number())),
            Column::number("shipped", |row| Some(row.line.shipped.number())),
            Column::number("delivered", |row| Some(row.line.delivered.number())),
            Column::number("cancelled", |row| Some(row.line.cancelled.number())),
            Column::number("returned", |row| Some(row.line.returned.number())),
            Column::time("promised_at", |row| row.line.promised_at),
            Column::text("currency", |row| row.order.view.currency.as_ref().map(ToString::to_string)),
            Column::amount("unit", |row| row.line.ordered.unit),
            Column::amount("total", |row| row.line.ordered.total),
            Column::amount("tax", |row| row.line.ordered.tax),
            Column::amount("discount", |row| row.line.ordered.discount),
            Column::number("priced", |row| row.line.ordered.priced.map(Units::number)),
            Column::json("attributes", |row| json(row.line.ordered.attributes.as_ref())),
            Column::text("channel", |row| Some(row.order.view.channel.to_string())),
            Column::time("created_at", |row| Some(row.order.view.created_at)),
            Column::number("position", |row| Some(row.order.view.position)),
            Column::boolean("stale", |row| Some(row.order.is_stale())),
        ],
    },
    rows: |order| {
        let line = |line: &LineView| Line { order: Arc::clone(order), line: line.clone() };
        order.view.lines.iter().map(line).collect()
    },
};
