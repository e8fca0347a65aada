//! What warehouses report of goods, and where they are sent.

use super::{Decision, known, room};
use crate::stock::commands::{
    AdjustStock, ChangeStockCondition, CountStock, ReceiveStock, ReceiveTransfer, ShipTransfer,
};
use crate::stock::events::{
    Condition, CountEffect, StockAdjusted, StockConditionChanged, StockCounted, StockReceived,
    TransferReceived, TransferShipped,
};
use crate::stock::refusals::StockRefusal;
use crate::stock::state::{Bin, StockItem};
use crate::values::{Quantity, Reference, Timestamp, Units};

/// The most transfers of a SKU that are on their way at once.
const MOST_TRANSFERS: usize = 1_000;

pub(super) fn receive(item: &StockItem, command: &ReceiveStock, at: Timestamp) -> Decision {
    let in_lots: Units = command.lots.iter().flatten().map(|lot| lot.quantity.units()).sum();
    if in_lots > command.quantity.units() {
        return Err(StockRefusal::LotsExceedQuantity);
    }
    let serials = Units::new(command.serials.iter().flatten().count() as u64);
    if serials > command.quantity.units() {
        return Err(StockRefusal::SerialsExceedQuantity);
    }
    if command.close_supply == Some(true) && command.supply_id.is_none() {
        return Err(StockRefusal::SupplyMissing);
    }
    let condition = command.condition.unwrap_or_default();
    room(item, &command.location, condition, command.quantity.units())?;
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
    };
    Ok(vec![received.into()])
}

pub(super) fn count(item: &StockItem, command: &CountStock, at: Timestamp) -> Decision {
    if command.on_hand > Units::new(u64::from(Quantity::LIMIT)) {
        return Err(StockRefusal::CountOutOfRange);
    }
    if command.counted_at > at {
        return Err(StockRefusal::CountedInFuture { now: at });
    }
    let fresh = Bin::default();
    let bin = item.bins.get(&command.location).unwrap_or(&fresh);
    let superseded = bin.last_counted_at.is_some_and(|last| command.counted_at < last);
    let known = match bin.on_hand_at(command.counted_at) {
        Some(known) => known,
        None if superseded => bin.on_hand.minus(Units::ZERO),
        None => {
            let remembered_from = bin.forgotten_until.unwrap_or_default();
            return Err(StockRefusal::CountTooOld { remembered_from });
        }
    };
    // What is there cannot fall below none, however the count and later movements disagree.
    let counted = command.on_hand.minus(Units::ZERO);
    let adjustment = counted.saturating_sub(known).max(-bin.on_hand.minus(Units::ZERO));
    let counted = StockCounted {
        sku: command.sku.clone(),
        location: command.location.clone(),
        counted: command.on_hand,
        counted_at: command.counted_at,
        known: Units::ZERO.changed_by(known).unwrap_or_default(),
        adjustment: if superseded { 0 } else { adjustment },
        effect: if superseded { CountEffect::Superseded } else { CountEffect::Applied },
        reason: command.reason.clone(),
        at,
    };
    Ok(vec![counted.into()])
}

pub(super) fn adjust(item: &StockItem, command: &AdjustStock, at: Timestamp) -> Decision {
    if !item.is_known() {
        return Err(StockRefusal::UnknownSku(command.sku.clone()));
    }
    let bin = item.bins.get(&command.location);
    let (on_hand, reserved) = bin.map_or_else(Default::default, |bin| (bin.on_hand, bin.reserved));
    let takes = command.delta.number() < 0;
    match on_hand.changed_by(command.delta.number()) {
        None if takes => return Err(StockRefusal::AdjustmentBelowZero { on_hand }),
        None => return Err(StockRefusal::AdjustmentAboveLimit),
        // Only a count, which reports what is there, may find fewer than are promised.
        Some(left) if takes && left < reserved => {
            return Err(StockRefusal::AdjustmentBelowReserved { reserved });
        }
        Some(_) => {}
    }
    let adjusted = StockAdjusted {
        sku: command.sku.clone(),
        location: command.location.clone(),
        delta: command.delta,
        reason: command.reason,
        note: command.note.clone(),
        reference: command.reference.clone(),
        at,
    };
    Ok(vec![adjusted.into()])
}

pub(super) fn change_condition(item: &StockItem, command: &ChangeStockCondition, at: Timestamp) -> Decision {
    let ChangeStockCondition { sku, location, from, to, quantity, reason, .. } = command;
    if !item.is_known() {
        return Err(StockRefusal::UnknownSku(sku.clone()));
    }
    if from == to {
        return Err(StockRefusal::SameCondition);
    }
    let fresh = Bin::default();
    let bin = item.bins.get(location).unwrap_or(&fresh);
    let there = bin.in_condition(*from);
    // What is promised stays sellable: fewer than that are told by a count.
    let free = if *from == Condition::Sellable { there.saturating_sub(bin.reserved) } else { there };
    if quantity.units() > free {
        return Err(StockRefusal::TooFewInCondition { free });
    }
    room(item, location, *to, quantity.units())?;
    let (sku, location, reason) = (sku.clone(), location.clone(), reason.clone());
    let (from, to, quantity) = (*from, *to, *quantity);
    Ok(vec![StockConditionChanged { sku, location, from, to, quantity, reason, at }.into()])
}

/// Only what is promised to nobody may leave.
pub(super) fn ship_transfer(
    item: &StockItem,
    command: &ShipTransfer,
    id: &Reference,
    at: Timestamp,
) -> Decision {
    if !item.is_known() {
        return Err(StockRefusal::UnknownSku(command.sku.clone()));
    }
    if command.from == command.to {
        return Err(StockRefusal::SameLocation);
    }
    if item.transfers.len() >= MOST_TRANSFERS {
        return Err(StockRefusal::TooManyTransfers);
    }
    let (requested, available) = (command.quantity.units(), item.available_at(&command.from));
    if requested > available {
        let location = command.from.clone();
        return Err(StockRefusal::InsufficientStock { location, requested, available });
    }
    let (sku, transfer_id, quantity) = (command.sku.clone(), id.clone(), command.quantity);
    let (from, to) = (command.from.clone(), command.to.clone());
    Ok(vec![TransferShipped { sku, transfer_id, from, to, quantity, at }.into()])
}

/// What arrives is there, be it more than was sent; it goes where the transfer went. Of a transfer that has arrived whole, or
/// of which the rest was given up, nobody remembers where that is.
pub(super) fn receive_transfer(item: &StockItem, command: &ReceiveTransfer, at: Timestamp) -> Decision {
    let sku = known(item)?.clone();
    let transfer_id = command.transfer_id.clone();
    let Some(transfer) = item.transfers.get(&transfer_id) else {
        return Err(StockRefusal::TransferClosed(transfer_id));
    };
    let quantity = command.quantity;
    let none_arrived = quantity.is_zero() && command.close != Some(true);
    if none_arrived || quantity > Units::new(u64::from(Quantity::LIMIT)) {
        return Err(StockRefusal::ReceivedOutOfRange);
    }
    let location = transfer.to.clone();
    room(item, &location, Condition::Sellable, quantity)?;
    let left = transfer.quantity.saturating_sub(quantity);
    let lost = if command.close == Some(true) { left } else { Units::ZERO };
    Ok(vec![TransferReceived { sku, transfer_id, location, quantity, lost, at }.into()])
}
