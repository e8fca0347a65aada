//! Shipments and their packages.

use async_graphql::{ComplexObject, ID, SimpleObject};
use holdfast_domain::order as domain;

use super::enums::TrackingStatus;
use super::scalars::{DateTime, Long, id, text};
use crate::graphql::connection::{Connection, Window, slice};
use crate::graphql::error::Problem;
use crate::graphql::node::{GlobalId, Kind};

/// Packages that left a location together.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct Shipment {
    /// The order's global id.
    #[graphql(skip)]
    root: GlobalId,
    #[graphql(skip)]
    view: domain::ShipmentView,
    /// Global id: opaque, unique over all types and merchants.
    pub(in crate::graphql) id: ID,
    /// The shipment's id, as in REST.
    shipment_id: ID,
    /// When it left.
    shipped_at: DateTime,
}

#[ComplexObject]
impl Shipment {
    /// The packages, at most 100.
    async fn packages(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Package>, Problem> {
        let window = Window { first, after, last, before };
        slice(&self.view.packages, window, |package| Package::new(&self.root, &self.view, package))
    }
}

impl Shipment {
    /// A shipment of the order with a global id.
    pub(super) fn new(root: &GlobalId, view: &domain::ShipmentView) -> Self {
        Self {
            id: root.part(Kind::Shipment, view.shipment_id.number()),
            shipment_id: id(&view.shipment_id),
            shipped_at: DateTime(view.shipped_at),
            root: root.clone(),
            view: view.clone(),
        }
    }

    /// A package by global id.
    pub(super) fn package(&self, wanted: &ID) -> Option<Package> {
        let mut packages =
            self.view.packages.iter().map(|package| Package::new(&self.root, &self.view, package));
        packages.find(|package| package.id == *wanted)
    }
}

/// A package in a carrier's hands.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct Package {
    /// Global id: opaque, unique over all types and merchants.
    pub(in crate::graphql) id: ID,
    /// The package's id within the shipment.
    package_id: ID,
    /// The carrier.
    carrier: String,
    /// The carrier's tracking number.
    tracking_number: String,
    /// The carrier's service.
    service: Option<String>,
    /// The contents; at most 500 lines.
    lines: Vec<LineUnits>,
    /// The carrier's latest status.
    status: Option<TrackingStatus>,
    /// The time that the latest status is of.
    status_at: Option<DateTime>,
    /// When the package was delivered.
    delivered_at: Option<DateTime>,
    /// Whether the carrier has reported nothing for longer than the merchant's `stuckAfter`.
    stuck: bool,
}

impl Package {
    fn new(root: &GlobalId, shipment: &domain::ShipmentView, package: &domain::PackageView) -> Self {
        let key = format!("{}.{}", shipment.shipment_id.number(), package.package_id);
        Self {
            id: root.part(Kind::Package, key),
            package_id: id(&package.package_id),
            carrier: package.carrier.to_string(),
            tracking_number: package.tracking_number.to_string(),
            service: text(package.service.as_ref()),
            lines: package.lines.iter().map(LineUnits::from).collect(),
            status: package.status.map(TrackingStatus::from),
            status_at: package.status_at.map(DateTime),
            delivered_at: package.delivered_at.map(DateTime),
            stuck: package.stuck,
        }
    }
}

/// Units of an order line in a package.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct LineUnits {
    /// The number of the order line.
    line: u32,
    /// The number of units.
    quantity: Long,
    /// The lots, if known.
    lots: Option<Vec<String>>,
    /// The serial numbers, if known.
    serials: Option<Vec<String>>,
    /// What the units were sold for, in the order's currency, if known.
    value: Option<String>,
}

impl From<&domain::LineUnits> for LineUnits {
    fn from(units: &domain::LineUnits) -> Self {
        let names =
            |names: Option<&Vec<_>>| names.map(|names| names.iter().map(ToString::to_string).collect());
        Self {
            line: units.line.number(),
            quantity: units.quantity.into(),
            lots: names(units.lots.as_ref()),
            serials: names(units.serials.as_ref()),
            value: text(units.value.as_ref()),
        }
    }
}
