//! The life of one order, from creation to delivery.

use holdfast_commands::AnyCommand;
use holdfast_domain::order::{
    CancelOrder, ConfirmDelivery, ConfirmPayment, CreateOrder, PackItems, PickItems, ShipItems, ShipPackage,
    TrackShipment, TrackingStatus,
};
use holdfast_domain::values::{FulfillmentOrderId, OrderId, Reference, ShipmentId, Text, Timestamp};

use crate::ModelError;

/// A command and its idempotency key.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The idempotency key: the same for the same step of the same order.
    pub key: String,
    /// The command.
    pub command: AnyCommand,
}

/// The steps of one order. Its number, counted from 0, distinguishes its keys and references from those of other orders.
#[derive(Debug, Clone, Copy)]
pub struct OrderLife {
    number: u64,
}

impl OrderLife {
    /// The life of the order with this number.
    pub fn new(number: u64) -> Self {
        Self { number }
    }

    /// The customer places the order.
    pub fn create(self, order: CreateOrder) -> Step {
        Step { key: format!("order/{}", self.number), command: order.into() }
    }

    /// The customer cancels the whole order.
    pub fn cancel(self, order_id: OrderId) -> Result<Step, ModelError> {
        let reason = Text::new("the customer changed their mind")?;
        Ok(self.step(
            "cancel",
            CancelOrder { order_id, reason, lines: None, occurred_at: None, not_after: None },
        ))
    }

    /// The payment service confirms the whole amount.
    pub fn pay(self, order_id: OrderId) -> Result<Step, ModelError> {
        let payment_ref = Reference::new(&format!("PAY-{:06}", self.number + 1))?;
        let paid = ConfirmPayment {
            order_id,
            payment_ref,
            amount: None,
            complete: None,
            occurred_at: None,
            not_after: None,
        };
        Ok(self.step("pay", paid))
    }

    /// A location picks, packs and ships all of its part of the order, in one package.
    pub fn fulfill(self, fulfillment_order_id: FulfillmentOrderId) -> Result<[Step; 3], ModelError> {
        let part = fulfillment_order_id.number();
        let (all, lines, occurred_at, not_after) = (Some(true), None, None, None);
        let pick = PickItems { fulfillment_order_id, all, lines: lines.clone(), occurred_at, not_after };
        let pack = PackItems { fulfillment_order_id, all, lines, occurred_at, not_after };
        let ship = ShipItems {
            fulfillment_order_id,
            packages: vec![self.package(part)?],
            shipped_at: None,
            short_remainder: None,
            occurred_at,
            not_after,
        };
        Ok([
            self.step(&format!("{part}/pick"), pick),
            self.step(&format!("{part}/pack"), pack),
            self.step(&format!("{part}/ship"), ship),
        ])
    }

    /// The carrier reports a shipment as in transit.
    pub fn track(self, shipment_id: ShipmentId, at: Timestamp) -> Step {
        let tracked = TrackShipment {
            shipment_id,
            status: TrackingStatus::InTransit.into(),
            at,
            package_id: None,
            location: None,
            raw: None,
            occurred_at: None,
            not_after: None,
        };
        self.step(&format!("{}/track", shipment_id.number()), tracked)
    }

    /// The carrier delivers a shipment.
    pub fn deliver(self, shipment_id: ShipmentId) -> Step {
        let delivered = ConfirmDelivery {
            shipment_id,
            package_id: None,
            delivered_at: None,
            occurred_at: None,
            not_after: None,
        };
        self.step(&format!("{}/deliver", shipment_id.number()), delivered)
    }

    /// All steps of an order that ships from one location in one package and is delivered.
    pub fn delivered(self, order: CreateOrder, order_id: OrderId) -> Result<Vec<Step>, ModelError> {
        let mut steps = vec![self.create(CreateOrder { order_id: Some(order_id), ..order })];
        steps.extend(self.fulfill(FulfillmentOrderId::new(order_id, 1))?);
        steps.push(self.deliver(ShipmentId::new(order_id, 1)));
        Ok(steps)
    }

    fn step(self, name: &str, command: impl Into<AnyCommand>) -> Step {
        Step { key: format!("order/{}/{name}", self.number), command: command.into() }
    }

    fn package(self, part: u32) -> Result<ShipPackage, ModelError> {
        Ok(ShipPackage {
            package_id: None,
            carrier: Some(Reference::new("demo-express")?),
            tracking_number: Some(Reference::new(&format!("DX{:06}-{part}", self.number + 1))?),
            service: None,
            lines: None,
            weight: None,
            dimensions: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::simple;

    #[test]
    fn every_step_of_every_order_has_its_own_key() {
        let mut keys = BTreeSet::new();
        for number in 0..3 {
            let life = OrderLife::new(number);
            let order_id: OrderId = "0198c0de-0000-7000-8000-000000000001".parse().unwrap();
            let shipment_id = ShipmentId::new(order_id, 1);
            let order = simple::order(crate::sku(0).unwrap()).unwrap();
            let mut steps = vec![
                life.create(order),
                life.pay(order_id).unwrap(),
                life.cancel(order_id).unwrap(),
                life.track(shipment_id, Timestamp::from_microseconds(0)),
                life.deliver(shipment_id),
            ];
            for part in 1..3 {
                steps.extend(life.fulfill(FulfillmentOrderId::new(order_id, part)).unwrap());
            }
            assert_eq!(steps.len(), 11);
            keys.extend(steps.into_iter().map(|step| step.key));
        }
        assert_eq!(keys.len(), 33);
    }
}
