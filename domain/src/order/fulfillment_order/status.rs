//! The status of a fulfillment order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FulfillmentLine, FulfillmentOrder};
use crate::order::choices::names;
use crate::order::state::Order;

names! {
    /// The status of a fulfillment order.
    FulfillmentOrderStatus {
        /// Not acknowledged by the location yet.
        Open,
        /// The location has accepted it.
        Accepted,
        /// Picking has started.
        Picking,
        /// All units are picked.
        Picked,
        /// All units are packed.
        Packed,
        /// Ready for pickup by the customer.
        ReadyForPickup,
        /// All units have shipped.
        Shipped,
        /// All units were delivered.
        Delivered,
        /// All units are cancelled or moved to other locations.
        Cancelled,
    }
}

impl FulfillmentOrder {
    /// Its status, derived from its lines and shipments.
    pub fn status(&self, order: &Order) -> FulfillmentOrderStatus {
        let assigned = self.total(FulfillmentLine::net_quantity);
        let picked = self.total(|line| line.picked);
        let mut packages = order
            .shipments
            .iter()
            .filter(|shipment| shipment.fulfillment_order_id == self.id)
            .flat_map(|shipment| &shipment.packages)
            .filter(|package| !package.is_resent);
        if assigned.is_zero() {
            FulfillmentOrderStatus::Cancelled
        } else if self.total(|line| line.shipped) >= assigned {
            let arrived = packages.all(|package| package.delivered_at.is_some());
            if arrived { FulfillmentOrderStatus::Delivered } else { FulfillmentOrderStatus::Shipped }
        } else if self.ready_since.is_some() {
            FulfillmentOrderStatus::ReadyForPickup
        } else if self.total(|line| line.packed) >= assigned {
            FulfillmentOrderStatus::Packed
        } else if picked >= assigned {
            FulfillmentOrderStatus::Picked
        } else if !picked.is_zero() {
            FulfillmentOrderStatus::Picking
        } else if self.accepted {
            FulfillmentOrderStatus::Accepted
        } else {
            FulfillmentOrderStatus::Open
        }
    }
}
