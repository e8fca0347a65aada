//! The stock of one SKU of a merchant, at all locations.
//!
//! Units are reserved here or nowhere: `reserved` exceeds `on_hand` only after a physical report that fewer units exist.
//! The state stays small however many orders are open: it counts reserved units, and the orders know which of them are
//! theirs. It lists orders one by one only in the backorder queue, whose order is decided here, and for reservations that
//! expire. It never lists carts: it counts the units of all carts that end at the same time.
//!
//! Each use case has a file of its own with its command, its rules, and what its events change. [`StockCommand`] lists all
//! decisions, [`StockEvent`] all events.

mod adjustment;
mod allocation;
mod availability_level;
mod backorder_queue;
mod bundle;
mod cart;
mod channel_quota;
mod command;
mod condition;
mod count;
mod events;
mod late_report;
mod level;
mod movement;
mod past_on_hand;
mod policy;
mod receipt;
mod refusals;
mod reservation;
mod returned;
mod shipping;
mod supply;
#[cfg(test)]
mod tests;
mod transfer;
mod upcasting;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use adjustment::AdjustStock;
pub use allocation::Allocation;
pub use backorder_queue::{
    BackorderEntry, BackorderInventory, Eligibility, FillBackorders, RequeueBackorder, Share, SplitAllowance,
};
pub use bundle::BundleComponent;
pub use cart::{CartUnits, ExpiringCarts};
pub use channel_quota::{ChannelQuota, OrderRef};
pub use command::StockCommand;
pub use condition::ChangeStockCondition;
pub use count::CountStock;
pub use events::{
    AdjustmentReason, AvailabilityLevel, BackInStock, Condition, CountEffect, Lot, StockAdjusted,
    StockBackorderFilled, StockBackorderWithdrawn, StockBackordered, StockCartExtended, StockCartReleased,
    StockCartReserved, StockConditionChanged, StockCounted, StockEarmarked, StockEvent, StockLow, StockOut,
    StockPolicySet, StockPromised, StockReceived, StockReleased, StockReservationExtended,
    StockReservationsExpired, StockReserved, StockReturned, StockShipmentCancelled, StockShipped,
    StockShorted, SupplyCancelled, SupplyExpected, TransferReceived, TransferShipped,
};
pub use level::{MAX_MOVEMENTS, StockLevel};
pub use movement::{Movement, MovementAt};
pub use past_on_hand::PastOnHand;
pub use policy::SetStockPolicy;
pub use receipt::ReceiveStock;
pub use refusals::StockRefusal;
pub use reservation::{ExpiringReservation, ReleaseInventory, ReserveInventory};
pub use returned::ReturnInventory;
pub use shipping::{ShipInventory, ShortInventory, UndoShipping};
pub use supply::{CancelSupply, ExpectSupply, Supply};
pub use transfer::{ReceiveTransfer, ShipTransfer, Transfer};

use crate::values::{ChannelName, LocationId, Quantity, Reference, Sku, Units};

/// The events of a decision, or why it was refused.
type Decision = Result<Vec<StockEvent>, StockRefusal>;

/// One SKU of a merchant with its quantities at every location.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StockItem {
    /// The SKU; absent if the item has no events.
    pub sku: Option<Sku>,
    /// The units at each location that has ever had some.
    pub levels: BTreeMap<LocationId, StockLevel>,
    /// Whether new orders must not wait for units. Default: they may.
    pub not_backorderable: bool,
    /// The most units that all orders together may wait for; no limit if absent.
    pub backorder_limit: Option<Quantity>,
    /// Whether lines of the SKU need no stock, unless they say otherwise. Default: they need stock.
    pub requires_no_stock: bool,
    /// Whether anything but its policy is recorded: units that were there or expected, or that orders wanted.
    pub has_stock_records: bool,
    /// The components of a bundle. Empty: the SKU is no bundle.
    pub components: Vec<BundleComponent>,
    /// The most available units that count as low stock. Absent: changes of the level are not recorded.
    pub low_stock_at: Option<Units>,
    /// The level that was recorded last.
    pub recorded_level: AvailabilityLevel,
    /// Units that orders wait for, in the order in which they are served.
    pub queue: Arc<Vec<BackorderEntry>>,
    /// How many entries of the queue need their units later.
    pub scheduled_entries: usize,
    /// Reservations that end at a given time, the earliest first.
    pub expiring: Arc<Vec<ExpiringReservation>>,
    /// Units that carts have reserved, by the time at which they end, the earliest first.
    pub carts: Arc<Vec<Arc<ExpiringCarts>>>,
    /// Expected deliveries by supply id.
    pub supplies: BTreeMap<Reference, Supply>,
    /// Transfers on their way, by transfer id.
    pub transfers: BTreeMap<Reference, Transfer>,
    /// How many units sales channels may promise; no limit for a channel that is absent.
    pub channel_quotas: BTreeMap<ChannelName, ChannelQuota>,
}

impl StockItem {
    /// Whether the item has any event.
    pub fn is_known(&self) -> bool {
        self.sku.is_some()
    }

    /// Units that can still be promised at a location.
    pub fn available_at(&self, location: &LocationId) -> Units {
        self.levels.get(location).map_or(Units::ZERO, StockLevel::available)
    }

    /// Units that an order may reserve at a location after its cart has released some there: these stay promised to the order
    /// if the safety stock has been raised since.
    pub fn available_after_cart(&self, location: &LocationId, released: Units) -> Units {
        let available = |level: &StockLevel| level.available().max(released.min(level.unreserved()));
        self.levels.get(location).map_or(Units::ZERO, available)
    }

    /// Units that are expected at a location: supplies, and transfers from other locations.
    pub fn incoming_at(&self, location: &LocationId) -> Units {
        let supplies = self.supplies.values().filter(|supply| supply.location == *location);
        let transfers = self.transfers.values().filter(|transfer| transfer.to == *location);
        supplies.map(|supply| supply.quantity).chain(transfers.map(|transfer| transfer.quantity)).sum()
    }

    /// Units that are reserved at a location and not there, because a report found fewer than expected.
    pub fn overcommitted_at(&self, location: &LocationId) -> Units {
        self.levels.get(location).map_or(Units::ZERO, StockLevel::overcommitted)
    }

    /// Units on hand at a location.
    fn on_hand_at(&self, location: &LocationId) -> Units {
        self.in_condition_at(location, Condition::Sellable)
    }

    /// Units in a condition at a location.
    fn in_condition_at(&self, location: &LocationId, condition: Condition) -> Units {
        self.levels.get(location).map_or(Units::ZERO, |level| level.in_condition(condition))
    }

    /// The units at a location, to be changed.
    fn level_mut(&mut self, location: &LocationId) -> &mut StockLevel {
        self.levels.entry(location.clone()).or_default()
    }

    /// The SKU, or the refusal of a decision about an item without events.
    fn require_known(&self) -> Result<&Sku, StockRefusal> {
        self.sku.as_ref().ok_or(StockRefusal::NeverSeen)
    }

    /// Refuses a command that names a SKU without events.
    fn require_sku(&self, sku: &Sku) -> Result<(), StockRefusal> {
        if self.is_known() { Ok(()) } else { Err(StockRefusal::UnknownSku(sku.clone())) }
    }

    /// Refuses to record more units in a condition at a location than [`Units::LIMIT`].
    fn require_room(
        &self,
        location: &LocationId,
        condition: Condition,
        more: Units,
    ) -> Result<(), StockRefusal> {
        let recorded = self.in_condition_at(location, condition);
        if recorded + more > Units::LIMIT { Err(StockRefusal::TooManyUnits) } else { Ok(()) }
    }

    /// Refuses a command whose sender expects other units on hand at a location.
    fn require_on_hand(&self, location: &LocationId, expected: Option<Units>) -> Result<(), StockRefusal> {
        let on_hand = self.on_hand_at(location);
        match expected.filter(|expected| *expected != on_hand) {
            Some(expected) => {
                Err(StockRefusal::StockChanged { location: location.clone(), expected, on_hand })
            }
            None => Ok(()),
        }
    }

    /// Refuses to reserve more units than a location has by the given count. Each location is named once.
    fn require_available(
        &self,
        allocations: &[Allocation],
        available: impl Fn(&StockLevel) -> Units,
    ) -> Result<(), StockRefusal> {
        for Allocation { location, quantity } in allocations {
            let available = self.levels.get(location).map_or(Units::ZERO, &available);
            if *quantity > available {
                let (location, requested) = (location.clone(), *quantity);
                return Err(StockRefusal::InsufficientStock { location, requested, available });
            }
        }
        Ok(())
    }

    /// Refuses to take more units off the reserved ones at a location than there are.
    fn require_reserved(&self, location: &LocationId, requested: Units) -> Result<(), StockRefusal> {
        let reserved = self.levels.get(location).map_or(Units::ZERO, |level| level.reserved);
        if requested > reserved {
            return Err(StockRefusal::NotReserved { location: location.clone(), requested, reserved });
        }
        Ok(())
    }
}

crate::aggregate::pure_aggregate!(StockItem, "stock", StockCommand, StockEvent, StockRefusal);

fn decide(item: &StockItem, command: &StockCommand) -> Decision {
    decide_as_reported(item, command).map(|events| late_report::offset(item, events))
}

/// The decision as if no count had been taken after what is reported.
fn decide_as_reported(item: &StockItem, command: &StockCommand) -> Decision {
    if command.reports_stock() {
        item.require_own_stock()?;
    }
    match command {
        StockCommand::ReceiveStock(command, at) => receipt::receive(item, command, *at),
        StockCommand::CountStock(command, at) => count::count(item, command, None, *at),
        StockCommand::CountStockInPast(command, past, at) => count::count(item, command, Some(*past), *at),
        StockCommand::AdjustStock(command, at) => adjustment::adjust(item, command, *at),
        StockCommand::ChangeStockCondition(command, at) => condition::change(item, command, *at),
        StockCommand::ShipTransfer(command, id, at) => transfer::ship(item, command, id, *at),
        StockCommand::ReceiveTransfer(command, at) => transfer::receive(item, command, *at),
        StockCommand::ExpectSupply(command, id) => supply::expect(item, command, id),
        StockCommand::CancelSupply(command) => supply::cancel(item, command),
        StockCommand::SetStockPolicy(command, at) => policy::set(item, command, *at),
        StockCommand::RecordAvailabilityLevel(at) => Ok(availability_level::record(item, *at)),
        StockCommand::ReserveInventory(command) => reservation::reserve(item, command),
        StockCommand::ReleaseInventory(command) => reservation::release(item, command),
        StockCommand::ExpireReservations(at) => Ok(reservation::expire(item, *at)),
        StockCommand::ExtendReservation { order, until, allocations } => {
            Ok(reservation::extend(item, order, *until, allocations))
        }
        StockCommand::ReserveForCart(cart) => cart::reserve(item, cart),
        StockCommand::ReleaseFromCart(cart) => cart::release(item, cart),
        StockCommand::ExtendCart(cart, until) => cart::extend(item, cart, *until),
        StockCommand::BackorderInventory(command) => backorder_queue::join(item, command),
        StockCommand::RequeueBackorder(command) => backorder_queue::requeue(item, command),
        StockCommand::WithdrawBackorder { order, quantity } => {
            Ok(backorder_queue::withdraw(item, order, *quantity))
        }
        StockCommand::PromiseBackorder { order_id, promised_at } => {
            Ok(backorder_queue::record_promise(item, *order_id, *promised_at))
        }
        StockCommand::EarmarkInventory { paused } => Ok(backorder_queue::earmark(item, paused)),
        StockCommand::FillBackorder { order_id, allocations, until } => {
            backorder_queue::fill(item, *order_id, allocations, *until)
        }
        StockCommand::ShortInventory(command) => shipping::short(item, command),
        StockCommand::ShipInventory(command) => shipping::ship(item, command),
        StockCommand::UndoShipping(command) => shipping::undo_shipping(item, command),
        StockCommand::ReturnInventory(command) => returned::take_back(item, command),
    }
}

fn evolve(item: &mut StockItem, event: &StockEvent) {
    if item.sku.is_none() {
        item.sku = Some(event.sku().clone());
    }
    item.has_stock_records |= !matches!(
        event,
        StockEvent::StockPolicySet(_)
            | StockEvent::StockLow(_)
            | StockEvent::StockOut(_)
            | StockEvent::BackInStock(_)
    );
    match event {
        StockEvent::StockReceived(event) => receipt::received(item, event),
        StockEvent::StockCounted(event) => count::counted(item, event),
        StockEvent::StockAdjusted(event) => adjustment::adjusted(item, event),
        StockEvent::StockConditionChanged(event) => condition::changed(item, event),
        StockEvent::TransferShipped(event) => transfer::shipped(item, event),
        StockEvent::TransferReceived(event) => transfer::received(item, event),
        StockEvent::SupplyExpected(event) => supply::expected(item, event),
        StockEvent::SupplyCancelled(event) => supply::cancelled(item, event),
        StockEvent::StockPolicySet(event) => policy::was_set(item, event),
        StockEvent::StockLow(_) => item.recorded_level = AvailabilityLevel::Low,
        StockEvent::StockOut(_) => item.recorded_level = AvailabilityLevel::Out,
        StockEvent::BackInStock(event) => item.recorded_level = event.level,
        StockEvent::StockReserved(event) => reservation::reserved(item, event),
        StockEvent::StockReleased(event) => reservation::released(item, event),
        StockEvent::StockReservationsExpired(event) => reservation::expired(item, event),
        StockEvent::StockReservationExtended(event) => reservation::extended(item, event),
        StockEvent::StockCartReserved(event) => cart::reserved(item, event),
        StockEvent::StockCartReleased(event) => cart::released(item, event),
        StockEvent::StockCartExtended(event) => cart::extended(item, event),
        StockEvent::StockBackordered(event) => backorder_queue::backordered(item, event),
        StockEvent::StockBackorderWithdrawn(event) => backorder_queue::withdrawn(item, event),
        StockEvent::StockPromised(event) => backorder_queue::promised(item, event),
        StockEvent::StockEarmarked(event) => backorder_queue::earmarked(item, event),
        StockEvent::StockBackorderFilled(event) => backorder_queue::filled(item, event),
        StockEvent::StockShorted(event) => shipping::shorted(item, event),
        StockEvent::StockShipped(event) => shipping::shipped(item, event),
        StockEvent::StockShipmentCancelled(event) => shipping::shipment_cancelled(item, event),
        StockEvent::StockReturned(event) => returned::taken_back(item, event),
    }
}
