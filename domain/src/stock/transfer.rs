//! Transfers of goods from one location to another.

use serde::{Deserialize, Serialize};

use super::events::{Condition, TransferReceived, TransferShipped};
use super::late_report::{ahead, earlier};
use super::refusals::StockRefusal;
use super::{Decision, StockItem};
use crate::command::commands;
use crate::values::{LocationId, Quantity, Reference, Sku, Timestamp, Units};

/// The most transfers of a SKU that are on their way at a time.
const MAX_TRANSFERS: usize = 1_000;

/// Goods on their way from one location to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfer {
    /// The location that they left.
    pub from: LocationId,
    /// The location that they go to.
    pub to: LocationId,
    /// Units that have not arrived; at least 1.
    pub quantity: Units,
}

commands! {
    /// Reports goods that left one location for another. If fewer units are left than are reserved, the latest and least
    /// urgent orders lose units: these are sourced again. With `onlyAvailable` it is a request: the goods leave when it is
    /// accepted.
    ShipTransfer {
        /// The transfer's id. Default: a generated one.
        transfer_id: Option<Reference>,
        /// The SKU.
        sku: Sku,
        /// The location that the goods left.
        from: LocationId,
        /// The location that they go to; another one.
        to: LocationId,
        /// Units, 1 to 1,000,000,000.
        quantity: Quantity,
        /// Whether the command is refused if fewer units are available, because others are reserved, earmarked or safety
        /// stock. Default: false, only units that are not on hand are refused.
        only_available: Option<bool>,
    }

    /// Reports goods that arrived from another location, also more than were sent.
    ReceiveTransfer {
        /// The transfer's id.
        transfer_id: Reference,
        /// Units that arrived, 1 to 1,000,000,000; 0 only together with `close`.
        quantity: Units,
        /// Whether the rest of the transfer is lost. Default: false, the rest is still on its way.
        close: Option<bool>,
    }
}

pub(super) fn ship(item: &StockItem, command: &ShipTransfer, id: &Reference, at: Timestamp) -> Decision {
    item.require_sku(&command.sku)?;
    if command.from == command.to {
        return Err(StockRefusal::SameLocation);
    }
    if item.transfers.len() >= MAX_TRANSFERS {
        return Err(StockRefusal::TooManyTransfers);
    }
    let (location, requested) = (command.from.clone(), command.quantity.units());
    let available = item.available_at(&location);
    if command.only_available == Some(true) && requested > available {
        return Err(StockRefusal::InsufficientStock { location, requested, available });
    }
    let happened_at = earlier(command.occurred_at, at);
    let on_hand = item.on_hand_at(&location);
    if requested > on_hand && !item.has_counted_since(&location, happened_at) {
        return Err(StockRefusal::NotOnHand { location, requested, on_hand });
    }
    let (sku, transfer_id, quantity) = (command.sku.clone(), id.clone(), command.quantity);
    let (from, to) = (command.from.clone(), command.to.clone());
    let reported_ahead_of_time = ahead(command.occurred_at, at);
    let shipped =
        TransferShipped { sku, transfer_id, from, to, quantity, at, happened_at, reported_ahead_of_time };
    Ok(vec![shipped.into()])
}

/// Units arrive at the location that the transfer was sent to. A transfer that has arrived completely, or of which the rest
/// was lost, is closed: its location is no longer known.
pub(super) fn receive(item: &StockItem, command: &ReceiveTransfer, at: Timestamp) -> Decision {
    let sku = item.require_known()?.clone();
    let transfer_id = command.transfer_id.clone();
    let Some(transfer) = item.transfers.get(&transfer_id) else {
        return Err(StockRefusal::TransferClosed(transfer_id));
    };
    let quantity = command.quantity;
    let is_empty = quantity.is_zero() && command.close != Some(true);
    if is_empty || quantity > Quantity::MAX.units() {
        return Err(StockRefusal::ReceivedOutOfRange);
    }
    let location = transfer.to.clone();
    item.require_room(&location, Condition::Sellable, quantity)?;
    let rest = transfer.quantity.saturating_sub(quantity);
    let lost = if command.close == Some(true) { rest } else { Units::ZERO };
    let happened_at = earlier(command.occurred_at, at);
    let reported_ahead_of_time = ahead(command.occurred_at, at);
    let received = TransferReceived {
        sku,
        transfer_id,
        location,
        quantity,
        lost,
        at,
        happened_at,
        reported_ahead_of_time,
    };
    Ok(vec![received.into()])
}

pub(super) fn shipped(item: &mut StockItem, shipped: &TransferShipped) {
    let TransferShipped { transfer_id, from, to, quantity, at, happened_at, .. } = shipped;
    let quantity = quantity.units();
    item.level_mut(from).take(quantity, Condition::Sellable, happened_at.unwrap_or(*at));
    let (from, to) = (from.clone(), to.clone());
    item.transfers.insert(transfer_id.clone(), Transfer { from, to, quantity });
}

pub(super) fn received(item: &mut StockItem, received: &TransferReceived) {
    let TransferReceived { transfer_id, location, quantity, lost, at, happened_at, .. } = received;
    item.level_mut(location).add(*quantity, Condition::Sellable, happened_at.unwrap_or(*at));
    if let Some(transfer) = item.transfers.get_mut(transfer_id) {
        transfer.quantity -= *quantity + *lost;
        if transfer.quantity.is_zero() {
            item.transfers.remove(transfer_id);
        }
    }
}
