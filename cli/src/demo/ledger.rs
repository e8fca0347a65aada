//! Stock levels computed from the journal's events alone, without the code that makes decisions.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_commands::{decode, stream_of};
use holdfast_domain::stock::{Allocation, Condition, StockEvent};
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{LocationId, MerchantId, Sku, Units};
use holdfast_journal::{Event, Journal, JournalError};

/// Events read from the journal per page.
const PAGE_SIZE: usize = 5_000;

/// The stock of a SKU at a location. Signed, so that an impossible level can be detected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct StockLevel {
    on_hand: i64,
    reserved: i64,
}

impl StockLevel {
    fn is_oversold(self) -> bool {
        self.reserved > self.on_hand || self.reserved < 0 || self.on_hand < 0
    }
}

/// A SKU at a location.
type StockKey = (Sku, LocationId);

/// The stock of every SKU at every location.
#[derive(Debug, Default)]
pub struct Ledger {
    levels: BTreeMap<StockKey, StockLevel>,
    /// Stock that the current command has changed.
    changed: BTreeSet<StockKey>,
    oversold: BTreeSet<StockKey>,
}

impl Ledger {
    /// Computes the stock of a merchant from the first event of its journal.
    pub async fn read(journal: &dyn Journal, merchant: &MerchantId) -> Result<Self, JournalError> {
        let mut ledger = Self::default();
        let mut position = 0;
        loop {
            let page = journal.read(merchant.as_str(), position, PAGE_SIZE).await?;
            let Some(last) = page.last() else {
                return Ok(ledger);
            };
            position = last.position;
            for event in &page {
                ledger.apply(event)?;
            }
        }
    }

    /// Number of SKUs at locations that ever had more units reserved than on hand at the end of a command.
    pub fn oversold(&self) -> u64 {
        self.oversold.len() as u64
    }

    /// Units on hand, and units reserved, in total.
    pub fn totals(&self) -> (i64, i64) {
        self.levels
            .values()
            .fold((0, 0), |(on_hand, reserved), level| (on_hand + level.on_hand, reserved + level.reserved))
    }

    fn apply(&mut self, event: &Event) -> Result<(), JournalError> {
        if let StreamId::Stock(_) = stream_of(event)?
            && let DomainEvent::Stock(decoded) = decode(event)?
        {
            self.apply_stock(&decoded);
        }
        // Within one command, units may be reserved by an earlier event than the one that frees them.
        if event.position == event.command_end {
            for key in std::mem::take(&mut self.changed) {
                if self.levels.get(&key).is_some_and(|level| level.is_oversold()) {
                    self.oversold.insert(key);
                }
            }
        }
        Ok(())
    }

    fn apply_stock(&mut self, event: &StockEvent) {
        let sku = event.sku();
        let signed = |units: Units| units.number().cast_signed();
        match event {
            StockEvent::StockReceived(received) => {
                if received.condition == Condition::Sellable {
                    self.change(sku, &received.location, signed(received.quantity.units()), 0);
                }
            }
            StockEvent::StockCounted(counted) => self.change(sku, &counted.location, counted.adjustment, 0),
            StockEvent::StockAdjusted(adjusted) => {
                self.change(sku, &adjusted.location, adjusted.delta.number(), 0);
            }
            StockEvent::StockReserved(reserved) => self.reserve(sku, &reserved.allocations, 1),
            StockEvent::StockBackorderFilled(filled) => self.reserve(sku, &filled.allocations, 1),
            StockEvent::StockConditionChanged(changed) => {
                let units = signed(changed.quantity.units());
                let sellable = |condition| i64::from(condition == Condition::Sellable);
                let sign = sellable(changed.to) - sellable(changed.from);
                self.change(sku, &changed.location, sign * units, 0);
            }
            StockEvent::TransferShipped(shipped) => {
                self.change(sku, &shipped.from, -signed(shipped.quantity.units()), 0);
            }
            StockEvent::TransferReceived(received) => {
                self.change(sku, &received.location, signed(received.quantity), 0);
            }
            StockEvent::StockReturned(returned) if returned.condition == Condition::Sellable => {
                self.change(sku, &returned.location, signed(returned.quantity), 0);
            }
            StockEvent::StockReservationsExpired(expired) => self.reserve(sku, &expired.allocations, -1),
            StockEvent::StockCartReserved(reserved) => self.reserve(sku, &reserved.allocations, 1),
            StockEvent::StockCartReleased(released) => self.reserve(sku, &released.allocations, -1),
            StockEvent::StockReturned(_)
            | StockEvent::StockBackordered(_)
            | StockEvent::StockReservationExtended(_)
            | StockEvent::StockCartExtended(_)
            | StockEvent::SupplyExpected(_)
            | StockEvent::SupplyCancelled(_)
            | StockEvent::StockPromised(_)
            | StockEvent::StockLow(_)
            | StockEvent::StockOut(_)
            | StockEvent::BackInStock(_)
            | StockEvent::StockBackorderWithdrawn(_)
            | StockEvent::StockPolicySet(_)
            | StockEvent::StockEarmarked(_) => {}
            StockEvent::StockReleased(released) => self.reserve(sku, &released.allocations, -1),
            StockEvent::StockShorted(shorted) => {
                let (on_hand, reserved) = (signed(shorted.on_hand), signed(shorted.quantity));
                self.change(sku, &shorted.location, -on_hand, -reserved);
            }
            StockEvent::StockShipmentCancelled(cancelled) => {
                let reserved = cancelled.quantity.saturating_sub(cancelled.unreserved);
                self.change(sku, &cancelled.location, signed(cancelled.quantity), signed(reserved));
            }
            StockEvent::StockShipped(shipped) => {
                let reserved = shipped.quantity.saturating_sub(shipped.unreserved);
                self.change(sku, &shipped.location, -signed(shipped.quantity), -signed(reserved));
            }
        }
    }

    fn reserve(&mut self, sku: &Sku, allocations: &[Allocation], sign: i64) {
        for Allocation { location, quantity } in allocations {
            self.change(sku, location, 0, sign * quantity.number().cast_signed());
        }
    }

    fn change(&mut self, sku: &Sku, location: &LocationId, on_hand: i64, reserved: i64) {
        let key = (sku.clone(), location.clone());
        let level = self.levels.entry(key.clone()).or_default();
        level.on_hand += on_hand;
        level.reserved += reserved;
        self.changed.insert(key);
    }
}
