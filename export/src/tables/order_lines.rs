//! `order_lines`: one row per line of an order.

use std::sync::Arc;

use holdfast_domain::order::BundleLine;
use holdfast_domain::values::Units;
use holdfast_views::LineView;

use super::{ExportedOrder, Kind};
use crate::column::Value::{Amount, Boolean, Json, Number, Text, Time};
use crate::column::{Table, json};

pub struct Line {
    order: Arc<ExportedOrder>,
    line: LineView,
}

impl Line {
    /// The bundle to which the units belong.
    fn bundle(&self) -> Option<&BundleLine> {
        self.line.ordered.bundle.as_ref()
    }
}

pub const ORDER_LINES: Kind<ExportedOrder, Line> = Kind {
    table: Table {
        name: "order_lines",
        columns: &[
            ("order_id", Text(|row: &Line| Some(row.order.view.order_id.to_string()))),
            ("line", Number(|row| Some(row.line.ordered.line.number().into()))),
            ("line_ref", Text(|row| row.line.ordered.line_ref.as_ref().map(ToString::to_string))),
            ("sku", Text(|row| Some(row.line.ordered.sku.to_string()))),
            ("ordered", Number(|row| Some(row.line.ordered.quantity.units().number()))),
            ("requires_stock", Boolean(|row| Some(row.line.ordered.requires_stock))),
            ("bundle_sku", Text(|row| Some(row.bundle()?.sku.to_string()))),
            ("bundle_quantity", Number(|row| Some(row.bundle()?.quantity.units().number()))),
            ("bundle_line_ref", Text(|row| Some(row.bundle()?.line_ref.as_ref()?.to_string()))),
            ("bundle_component", Number(|row| Some(row.bundle()?.component.into()))),
            ("backordered", Number(|row| Some(row.line.backordered.number()))),
            ("reserved", Number(|row| Some(row.line.reserved.number()))),
            ("picked", Number(|row| Some(row.line.picked.number()))),
            ("packed", Number(|row| Some(row.line.packed.number()))),
            ("shipped", Number(|row| Some(row.line.shipped.number()))),
            ("delivered", Number(|row| Some(row.line.delivered.number()))),
            ("fulfilled", Number(|row| Some(row.line.fulfilled.number()))),
            ("cancelled", Number(|row| Some(row.line.cancelled.number()))),
            ("returned", Number(|row| Some(row.line.returned.number()))),
            ("promised_at", Time(|row| row.line.promised_at)),
            ("currency", Text(|row| row.order.view.currency.as_ref().map(ToString::to_string))),
            ("unit", Amount(|row| row.line.ordered.unit)),
            ("total", Amount(|row| row.line.ordered.total)),
            ("tax", Amount(|row| row.line.ordered.tax)),
            ("discount", Amount(|row| row.line.ordered.discount)),
            ("priced", Number(|row| row.line.ordered.priced.map(Units::number))),
            ("attributes", Json(|row| json(row.line.ordered.attributes.as_ref()))),
            ("channel", Text(|row| Some(row.order.view.channel.to_string()))),
            ("created_at", Time(|row| Some(row.order.view.created_at))),
            ("position", Number(|row| Some(row.order.view.position))),
            ("stale", Boolean(|row| Some(row.order.is_stale()))),
        ],
    },
    rows: |order| {
        let line = |line: &LineView| Line { order: Arc::clone(order), line: line.clone() };
        order.view.lines.iter().map(line).collect()
    },
};
