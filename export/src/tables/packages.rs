//! `packages`: a row for each parcel that has left.

use std::sync::Arc;

use holdfast_domain::order::PackageView;
use holdfast_domain::values::{FulfillmentOrderId, LocationId, ShipmentId, Timestamp, Units};
use holdfast_terminal::wire_name as name;

use super::{Kind, Ordered};
use crate::column::{Column, Table, list};

/// A parcel and where it belongs.
pub struct Parcel {
    order: Arc<Ordered>,
    fulfillment_order_id: FulfillmentOrderId,
    location: LocationId,
    shipment_id: ShipmentId,
    shipped_at: Timestamp,
    package: PackageView,
}

pub const PACKAGES: Kind<Ordered, Parcel> = Kind {
    table: Table {
        name: "packages",
        columns: &[
            Column::text("shipment_id", |row: &Parcel| Some(row.shipment_id.to_string())),
            Column::text("package_id", |row| Some(row.package.package_id.to_string())),
            Column::text("fulfillment_order_id", |row| Some(row.fulfillment_order_id.to_string())),
            Column::text("order_id", |row| Some(row.order.view.order_id.to_string())),
            Column::text("location", |row| Some(row.location.to_string())),
            Column::time("shipped_at", |row| Some(row.shipped_at)),
            Column::text("carrier", |row| Some(row.package.carrier.to_string())),
            Column::text("tracking_number", |row| Some(row.package.tracking_number.to_string())),
            Column::text("service", |row| row.package.service.as_ref().map(ToString::to_string)),
            Column::text("status", |row| row.package.status.map(|status| name(&status))),
            Column::time("status_at", |row| row.package.status_at),
            Column::time("delivered_at", |row| row.package.delivered_at),
            Column::boolean("stuck", |row| Some(row.package.stuck)),
            Column::number("units", |row| {
                Some(row.package.lines.iter().map(|line| line.quantity).sum::<Units>().number())
            }),
            Column::json("lines", |row| list(&row.package.lines)),
            Column::text("channel", |row| Some(row.order.view.channel.to_string())),
            Column::time("created_at", |row| Some(row.order.view.created_at)),
            Column::number("position", |row| Some(row.order.view.position)),
            Column::boolean("stale", |row| Some(row.order.is_stale())),
        ],
    },
    rows: |order| {
        let parts = order.view.fulfillment_orders.iter();
        let shipments = parts.flat_map(|part| part.shipments.iter().map(move |shipment| (part, shipment)));
        let parcels = shipments.flat_map(|(part, shipment)| {
            shipment.packages.iter().map(|package| Parcel {
                order: Arc::clone(order),
                fulfillment_order_id: part.fulfillment_order_id,
                location: part.location.clone(),
                shipment_id: shipment.shipment_id,
                shipped_at: shipment.shipped_at,
                package: package.clone(),
            })
        });
        parcels.collect()
    },
};
