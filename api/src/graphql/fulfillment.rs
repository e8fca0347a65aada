//! What locations do for an order: their parts of it, shipments and parcels.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use holdfast_domain::order as domain;
use holdfast_domain::values::{MerchantId, OrderId};
use holdfast_projections::{FulfillmentOrderRow, OrderRow};

use super::asked::Asked;
use super::enums::{FulfillmentOrderStatus, TrackingStatus};
use super::order::Order;
use super::scalars::{DateTime, Long, id, text};

/// The part of an order that one location picks, packs and ships.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(super) struct FulfillmentOrder {
    #[graphql(skip)]
    key: OrderId,
    /// Whose it is, where that may not be the request's merchant.
    #[graphql(skip)]
    pub(super) merchant: Option<MerchantId>,
    /// The order, where it came with it.
    #[graphql(skip)]
    row: Option<Arc<OrderRow>>,
    /// Its id.
    fulfillment_order_id: ID,
    /// The location.
    location: ID,
    /// How far it is.
    status: FulfillmentOrderStatus,
    /// Whether the location has said that it takes it on.
    accepted: bool,
    /// Its name in the warehouse's own system.
    wms_ref: Option<String>,
    /// Whether the location was asked to leave it, or some of it, and has not answered.
    cancellation_requested: bool,
    /// Which location is to take it over then.
    move_to: Option<ID>,
    /// Whether the location was asked about another address or delivery, and has not answered.
    amendment_requested: bool,
    /// When it can leave and arrive at the earliest, by what was known when it was reserved.
    promise: Option<PromisedDates>,
    /// Since when it waits to be fetched by the customer.
    ready_since: Option<DateTime>,
    /// Its part of the order's lines.
    lines: Vec<FulfillmentOrderLine>,
    /// What has left.
    shipments: Vec<Shipment>,
    /// The commands on it that would be accepted now and contradict nothing.
    supported_actions: Vec<String>,
}

#[ComplexObject]
impl FulfillmentOrder {
    /// The order that it is a part of, as the read model has it.
    async fn order(&self, context: &Context<'_>) -> Result<Option<Order>> {
        let asked = Asked::of(context)?;
        let merchant = asked.merchant_of(self.merchant.as_ref())?;
        let row = match &self.row {
            Some(row) => Some(Arc::clone(row)),
            None => asked.order(merchant, self.key).await?,
        };
        Ok(row.and_then(|row| row.view()).map(|view| Order::of(merchant, &view)))
    }
}

impl From<&domain::FulfillmentOrderView> for FulfillmentOrder {
    fn from(view: &domain::FulfillmentOrderView) -> Self {
        Self {
            key: view.fulfillment_order_id.order(),
            merchant: None,
            row: None,
            fulfillment_order_id: id(&view.fulfillment_order_id),
            location: id(&view.location),
            status: view.status.into(),
            accepted: view.accepted,
            wms_ref: view.wms_ref.as_ref().map(ToString::to_string),
            cancellation_requested: view.cancellation_requested,
            move_to: view.move_to.as_ref().map(id),
            amendment_requested: view.amendment_requested,
            promise: view.promise.as_ref().map(PromisedDates::from),
            ready_since: view.ready_since.map(DateTime),
            lines: view.lines.iter().map(FulfillmentOrderLine::from).collect(),
            shipments: view.shipments.iter().map(Shipment::from).collect(),
            supported_actions: view.supported_actions.clone(),
        }
    }
}

impl From<FulfillmentOrderRow> for FulfillmentOrder {
    fn from(part: FulfillmentOrderRow) -> Self {
        Self { row: Some(Arc::new(part.order)), ..Self::from(&part.view) }
    }
}

/// When goods can leave and arrive at the earliest.
#[derive(Debug, SimpleObject)]
pub(super) struct PromisedDates {
    /// When they can have left.
    ship_at: DateTime,
    /// When they can have arrived, where the merchant has told how long that takes.
    deliver_at: Option<DateTime>,
}

impl From<&domain::PromisedDates> for PromisedDates {
    fn from(promise: &domain::PromisedDates) -> Self {
        Self { ship_at: DateTime(promise.ship_at), deliver_at: promise.deliver_at.map(DateTime) }
    }
}

/// A fulfillment order's part of a line.
#[derive(Debug, SimpleObject)]
pub(super) struct FulfillmentOrderLine {
    /// Which line.
    line: u32,
    /// Units it was given and has not given back.
    quantity: Long,
    /// Of those, picked.
    picked: Long,
    /// Of those, packed.
    packed: Long,
    /// Of those, shipped.
    shipped: Long,
    /// Of those, what the location was asked to leave.
    asked_for: Long,
}

impl From<&domain::FulfillmentLineView> for FulfillmentOrderLine {
    fn from(line: &domain::FulfillmentLineView) -> Self {
        Self {
            line: line.line.number(),
            quantity: line.quantity.into(),
            picked: line.picked.into(),
            packed: line.packed.into(),
            shipped: line.shipped.into(),
            asked_for: line.asked_for.into(),
        }
    }
}

/// What left a location together.
#[derive(Debug, SimpleObject)]
pub(super) struct Shipment {
    /// Its id.
    shipment_id: ID,
    /// When it left.
    shipped_at: DateTime,
    /// Its parcels.
    packages: Vec<Package>,
}

impl From<&domain::ShipmentView> for Shipment {
    fn from(shipment: &domain::ShipmentView) -> Self {
        Self {
            shipment_id: id(&shipment.shipment_id),
            shipped_at: DateTime(shipment.shipped_at),
            packages: shipment.packages.iter().map(Package::from).collect(),
        }
    }
}

/// A parcel.
#[derive(Debug, SimpleObject)]
pub(super) struct Package {
    /// Its id within the shipment.
    package_id: ID,
    /// Who carries it.
    carrier: String,
    /// The carrier's number.
    tracking_number: String,
    /// The carrier's service.
    service: Option<String>,
    /// What is in it.
    lines: Vec<LineUnits>,
    /// The latest that the carrier said.
    status: Option<TrackingStatus>,
    /// When that was so.
    status_at: Option<DateTime>,
    /// When it was handed over.
    delivered_at: Option<DateTime>,
    /// Whether nothing was heard of it for too long.
    stuck: bool,
}

impl From<&domain::PackageView> for Package {
    fn from(package: &domain::PackageView) -> Self {
        Self {
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

/// Units of one line.
#[derive(Debug, SimpleObject)]
pub(super) struct LineUnits {
    /// Which line.
    line: u32,
    /// How many.
    quantity: Long,
    /// Of which lots, where known.
    lots: Option<Vec<String>>,
    /// Which serial numbers, where known.
    serials: Option<Vec<String>>,
    /// What they were sold for, in the order's currency, where that is known.
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
            value: units.value.map(|value| value.to_string()),
        }
    }
}
