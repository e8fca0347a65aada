//! Goods that arrive.

use super::events::{Condition, Lot, StockReceived};
use super::late_report::{ahead, earlier};
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
        /// The delivery's name in another system. The same goods with the same reference again are answered as the first
        /// ones; other goods of the SKU with the same reference are refused.
        reference: Option<Reference>,
    }
}

impl ReceiveStock {
    /// The event of the goods, decided at a time.
    pub fn received(&self, at: Timestamp) -> StockReceived {
        StockReceived {
            sku: self.sku.clone(),
            location: self.location.clone(),
            quantity: self.quantity,
            condition: self.condition.unwrap_or_default(),
            lots: self.lots.clone(),
            serials: self.serials.clone(),
            supply_id: self.supply_id.clone(),
            closes_supply: self.close_supply == Some(true),
            reference: self.reference.clone(),
            at,
            happened_at: earlier(self.occurred_at, at),
            reported_ahead_of_time: ahead(self.occurred_at, at),
        }
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
    let received = command.received(at);
    item.require_room(&received.location, received.condition, received.quantity.units())?;
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
