//! `packages`: one row per shipped package.

use std::sync::Arc;

use holdfast_domain::values::{FulfillmentOrderId, LocationId, ShipmentId, Timestamp, Units};
use holdfast_terminal::wire_name as name;
use holdfast_views::PackageView;

use super::{ExportedOrder, Kind};
use crate::column::Value::{Boolean, Json, Number, Text, Time};
use crate::column::{Table, list};

/// A package with its shipment, fulfillment order and order.
pub struct PackageRow {
    order: Arc<ExportedOrder>,
    fulfillment_order_id: FulfillmentOrderId,
    location: LocationId,
    shipment_id: ShipmentId,
    shipped_at: Timestamp,
    package: PackageView,
}

pub const PACKAGES: Kind<ExportedOrder, PackageRow> = Kind {
    table: Table {
        name: "packages",
        columns: &[
            ("shipment_id", Text(|row: &PackageRow| Some(row.shipment_id.to_string()))),
            ("package_id", Text(|row| Some(row.package.package_id.to_string()))),
            ("fulfillment_order_id", Text(|row| Some(row.fulfillment_order_id.to_string()))),
            ("order_id", Text(|row| Some(row.order.view.order_id.to_string()))),
            ("location", Text(|row| Some(row.location.to_string()))),
            ("shipped_at", Time(|row| Some(row.shipped_at))),
            ("carrier", Text(|row| Some(row.package.carrier.to_string()))),
            ("tracking_number", Text(|row| Some(row.package.tracking_number.to_string()))),
            ("service", Text(|row| row.package.service.as_ref().map(ToString::to_string))),
            ("status", Text(|row| row.package.status.map(|status| name(&status)))),
            ("status_at", Time(|row| row.package.status_at)),
            ("delivered_at", Time(|row| row.package.delivered_at)),
            ("stuck", Boolean(|row| Some(row.package.stuck))),
            (
                "units",
                Number(|row| {
                    Some(row.package.lines.iter().map(|line| line.quantity).sum::<Units>().number())
                }),
            ),
            ("lines", Json(|row| list(&row.package.lines))),
            ("channel", Text(|row| Some(row.order.view.channel.to_string()))),
            ("created_at", Time(|row| Some(row.order.view.created_at))),
            ("position", Number(|row| Some(row.order.view.position))),
            ("stale", Boolean(|row| Some(row.order.is_stale()))),
        ],
    },
    rows: |order| {
        let parts = order.view.fulfillment_orders.iter();
        let shipments = parts.flat_map(|part| part.shipments.iter().map(move |shipment| (part, shipment)));
        let packages = shipments.flat_map(|(part, shipment)| {
            shipment.packages.iter().map(|package| PackageRow {
                order: Arc::clone(order),
                fulfillment_order_id: part.fulfillment_order_id,
                location: part.location.clone(),
                shipment_id: shipment.shipment_id,
                shipped_at: shipment.shipped_at,
                package: package.clone(),
            })
        });
        packages.collect()
    },
};
