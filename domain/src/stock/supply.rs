//! Deliveries that are expected from suppliers.

use serde::{Deserialize, Serialize};

use super::events::{SupplyCancelled, SupplyExpected};
use super::refusals::StockRefusal;
use super::{Decision, StockItem};
use crate::command::commands;
use crate::values::{LocationId, Quantity, Reference, Sku, Text, Timestamp, Units};

/// The most supplies of a SKU that are expected at a time.
const MAX_SUPPLIES: usize = 1_000;

/// A delivery that is expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Supply {
    /// The location that it goes to.
    pub location: LocationId,
    /// Units that are still expected; at least 1.
    pub quantity: Units,
    /// When it is expected.
    pub due_at: Timestamp,
}

commands! {
    /// Announces a delivery. The same id again replaces what was announced before.
    ExpectSupply {
        /// The supply's id. Default: a generated one.
        supply_id: Option<Reference>,
        /// The SKU. It need not be known before.
        sku: Sku,
        /// The location that the delivery goes to.
        location: LocationId,
        /// Units that are still expected, 1 to 1,000,000,000.
        quantity: Quantity,
        /// When the delivery is expected.
        due_at: Timestamp,
        /// The delivery's name in another system.
        reference: Option<Reference>,
    }

    /// Reports that an expected delivery will not come. No effect on a supply that has arrived or was cancelled.
    CancelSupply {
        /// The supply's id.
        supply_id: Reference,
        /// The reason, for people.
        reason: Option<Text<500>>,
    }
}

/// No events if the same is expected already.
pub(super) fn expect(item: &StockItem, command: &ExpectSupply, id: &Reference) -> Decision {
    let (location, due_at) = (command.location.clone(), command.due_at);
    let announced = Supply { location: location.clone(), quantity: command.quantity.units(), due_at };
    match item.supplies.get(id) {
        Some(supply) if *supply == announced => return Ok(Vec::new()),
        None if item.supplies.len() >= MAX_SUPPLIES => return Err(StockRefusal::TooManySupplies),
        _ => {}
    }
    let (sku, supply_id, quantity) = (command.sku.clone(), id.clone(), command.quantity);
    let reference = command.reference.clone();
    Ok(vec![SupplyExpected { sku, supply_id, location, quantity, due_at, reference }.into()])
}

pub(super) fn cancel(item: &StockItem, command: &CancelSupply) -> Decision {
    let sku = item.require_known()?.clone();
    let (supply_id, reason) = (command.supply_id.clone(), command.reason.clone());
    let is_expected = item.supplies.contains_key(&supply_id);
    let cancelled = SupplyCancelled { sku, supply_id, reason };
    Ok(is_expected.then(|| cancelled.into()).into_iter().collect())
}

pub(super) fn expected(item: &mut StockItem, expected: &SupplyExpected) {
    let SupplyExpected { supply_id, location, quantity, due_at, .. } = expected;
    let (location, due_at) = (location.clone(), *due_at);
    item.supplies.insert(supply_id.clone(), Supply { location, quantity: quantity.units(), due_at });
}

pub(super) fn cancelled(item: &mut StockItem, cancelled: &SupplyCancelled) {
    item.supplies.remove(&cancelled.supply_id);
}

/// Units of a supply have arrived: fewer of it are expected, or none if it is closed.
pub(super) fn arrived(item: &mut StockItem, id: &Reference, quantity: Units, closes: bool) {
    if let Some(supply) = item.supplies.get_mut(id) {
        supply.quantity = if closes { Units::ZERO } else { supply.quantity.saturating_sub(quantity) };
        if supply.quantity.is_zero() {
            item.supplies.remove(id);
        }
    }
}
