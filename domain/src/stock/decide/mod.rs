//! What a command on a stock item leads to.

mod goods;
mod reservation;
mod rules;
mod waiting;

use std::collections::BTreeMap;

use super::commands::StockCommand;
use super::events::{Allocation, Condition, StockEvent};
use super::refusals::StockRefusal;
use super::state::StockItem;
use crate::values::{ChannelName, LocationId, Sku, Timestamp, Units};

type Decision = Result<Vec<StockEvent>, StockRefusal>;

pub(super) fn decide(item: &StockItem, command: &StockCommand) -> Decision {
    match command {
        StockCommand::ReceiveStock(command, at) => goods::receive(item, command, *at),
        StockCommand::CountStock(command, at) => goods::count(item, command, *at),
        StockCommand::AdjustStock(command, at) => goods::adjust(item, command, *at),
        StockCommand::ChangeStockCondition(command, at) => goods::change_condition(item, command, *at),
        StockCommand::ShipTransfer(command, id, at) => goods::ship_transfer(item, command, id, *at),
        StockCommand::ReceiveTransfer(command, at) => goods::receive_transfer(item, command, *at),
        StockCommand::ExpectSupply(command, id) => rules::expect(item, command, id),
        StockCommand::CancelSupply(command) => rules::cancel(item, command),
        StockCommand::SetStockPolicy(command, at) => rules::set_policy(item, command, *at),
        StockCommand::ReserveInventory { order_id, channel, ordered_at, allocations, until } => {
            let channel = limited(item, channel, *ordered_at);
            reservation::reserve(item, *order_id, channel, allocations, *until)
        }
        StockCommand::ReleaseInventory { order_id, channel, ordered_at, allocations } => {
            reservation::release(item, *order_id, limited(item, channel, *ordered_at), allocations)
        }
        StockCommand::ExpireReservations(at) => Ok(reservation::expire(item, *at)),
        StockCommand::ExtendReservation { order_id, until } => {
            Ok(reservation::extend(item, *order_id, *until))
        }
        StockCommand::BackorderInventory { .. } => waiting::wait(item, command),
        StockCommand::RequeueBackorder { order_id, channel, ordered_at, eligibility } => {
            let channel = limited(item, channel, *ordered_at);
            waiting::requeue(item, *order_id, channel.as_ref(), eligibility)
        }
        StockCommand::WithdrawBackorder { order_id, channel, ordered_at, quantity } => {
            let channel = limited(item, channel, *ordered_at);
            Ok(waiting::withdraw(item, *order_id, channel.as_ref(), *quantity))
        }
        StockCommand::PromiseBackorder { order_id, promised_at } => {
            Ok(waiting::promise(item, *order_id, *promised_at))
        }
        StockCommand::EarmarkInventory { closed } => Ok(waiting::earmark(item, closed)),
        StockCommand::FillBackorder { order_id, allocations, until } => {
            waiting::fill(item, *order_id, allocations, *until)
        }
        StockCommand::ShortInventory { .. } => reservation::short(item, command),
        StockCommand::ReturnInventory { .. } => reservation::give_back(item, command),
        StockCommand::ShipInventory { .. } => reservation::ship(item, command),
    }
}

/// The channel of an order that was created then, if its units count towards a quota.
fn limited(item: &StockItem, channel: &ChannelName, ordered_at: Timestamp) -> Option<ChannelName> {
    item.remaining_quota(channel, ordered_at).map(|_| channel.clone())
}

/// Whether so many more can be recorded at one place.
fn room(
    item: &StockItem,
    location: &LocationId,
    condition: Condition,
    more: Units,
) -> Result<(), StockRefusal> {
    let there = item.bins.get(location).map_or(Units::ZERO, |bin| bin.in_condition(condition));
    if there + more > Units::LIMIT { Err(StockRefusal::TooManyUnits) } else { Ok(()) }
}

fn held(item: &StockItem, location: &LocationId, requested: Units) -> Result<(), StockRefusal> {
    let held = item.bins.get(location).map_or(Units::ZERO, |bin| bin.reserved);
    if requested > held {
        return Err(StockRefusal::NotReserved { location: location.clone(), requested, held });
    }
    Ok(())
}

fn known(item: &StockItem) -> Result<&Sku, StockRefusal> {
    item.sku.as_ref().ok_or(StockRefusal::NeverSeen)
}

/// One allocation a location: the same location named twice is judged by its sum.
fn summed(allocations: &[Allocation]) -> Vec<Allocation> {
    let mut sums: BTreeMap<LocationId, Units> = BTreeMap::new();
    for Allocation { location, quantity } in allocations {
        *sums.entry(location.clone()).or_default() += *quantity;
    }
    sums.into_iter().map(|(location, quantity)| Allocation { location, quantity }).collect()
}
