//! Goods that arrive.

use super::events::{Condition, Lot, StockReceived};
use super::late_report::earlier;
use super::refusals::StockRefusal;
use super::supply;
use super::{Decision, StockItem};
use crate::command::commands;
use crate::values::{LocationId, Quantity, Reference, Sku, Timestamp, Units, repeated};

commands! {
    /// Reports goods that arrived. The SKU need not be known before.
    ReceiveStock {
        /// The SKU.
        sku: Sku,
        /// The location that the goods arrived at.
        location: LocationId,
        /// Units that arrived, 1 to 1,000,000,000.
        quantity: Quantity,
        /// The condition of all units. Default: `sellable`.
        condition: Option<Condition>,
        /// Lots of the units; together at most `quantity`.
        lots: Option<Vec<Lot>>,
        /// Serial numbers of the units; at most `quantity`.
        serials: Option<Vec<Reference>>,
        /// The expected supply that the units belong to. Fewer units of it are expected afterwards.
        supply_id: Option<Reference>,
        /// Whether no more units of the supply are expected, however many have arrived. Default: false.
        close_supply: Option<bool>,
        /// The delivery's name in another system.
        reference: Option<Reference>,
    }
}

pub(super) fn receive(item: &StockItem, command: &ReceiveStock, at: Timestamp) -> Decision {
    let in_lots: Units = command.lots.iter().flatten().map(|lot| lot.quantity.units()).sum();
    if in_lots > command.quantity.units() {
        return Err(StockRefusal::LotsExceedQuantity);
    }
    let serials = Units::new(command.serials.iter().flatten().count() as u64);
    if serials > command.quantity.units() {
        return Err(StockRefusal::SerialsExceedQuantity);
    }
    if let Some(twice) = repeated(command.serials.iter().flatten()) {
        return Err(StockRefusal::SerialTwice(twice.clone()));
    }
    if command.close_supply == Some(true) && command.supply_id.is_none() {
        return Err(StockRefusal::SupplyMissing);
    }
    let condition = command.condition.unwrap_or_default();
    item.require_room(&command.location, condition, command.quantity.units())?;
    let received = StockReceived {
        sku: command.sku.clone(),
        location: command.location.clone(),
        quantity: command.quantity,
        condition,
        lots: command.lots.clone(),
        serials: command.serials.clone(),
        supply_id: command.supply_id.clone(),
        closes_supply: command.close_supply == Some(true),
        reference: command.reference.clone(),
        at,
        happened_at: earlier(command.occurred_at, at),
    };
    Ok(vec![received.into()])
}

pub(super) fn received(item: &mut StockItem, received: &StockReceived) {
    let StockReceived { location, quantity, condition, supply_id, closes_supply, at, happened_at, .. } =
        received;
    item.level_mut(location).add(quantity.units(), *condition, happened_at.unwrap_or(*at));
    if let Some(id) = supply_id {
        supply::arrived(item, id, quantity.units(), *closes_supply);
    }
}
