//! The stock as the journal's events tell it, counted without any of the code that decides.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_commands::{decode, stream_of};
use holdfast_domain::stock::{Allocation, Condition, StockEvent};
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{LocationId, MerchantId, Sku, Units};
use holdfast_journal::{Event, Journal, JournalError};

const PAGE: usize = 5_000;

/// One SKU at one location. Signed, so that what must not happen can be seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Bin {
    on_hand: i64,
    reserved: i64,
}

impl Bin {
    fn is_oversold(self) -> bool {
        self.reserved > self.on_hand || self.reserved < 0 || self.on_hand < 0
    }
}

type Place = (Sku, LocationId);

/// Every SKU at every location.
#[derive(Debug, Default)]
pub struct Ledger {
    bins: BTreeMap<Place, Bin>,
    /// Those that the command being read has touched.
    touched: BTreeSet<Place>,
    oversold: BTreeSet<Place>,
}

impl Ledger {
    /// Folds a merchant's journal from its first event on.
    pub async fn read(journal: &dyn Journal, merchant: &MerchantId) -> Result<Self, JournalError> {
        let mut ledger = Self::default();
        let mut position = 0;
        loop {
            let page = journal.read(merchant.as_str(), position, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(ledger);
            };
            position = last.position;
            for event in &page {
                ledger.fold(event)?;
            }
        }
    }

    /// How many SKUs at how many locations ever had more reserved than on hand at the end of a command.
    pub fn oversold(&self) -> u64 {
        self.oversold.len() as u64
    }

    /// Units still on hand, and those of them that are reserved.
    pub fn left(&self) -> (i64, i64) {
        self.bins
            .values()
            .fold((0, 0), |(on_hand, reserved), bin| (on_hand + bin.on_hand, reserved + bin.reserved))
    }

    fn fold(&mut self, event: &Event) -> Result<(), JournalError> {
        if let StreamId::Stock(_) = stream_of(event)?
            && let DomainEvent::Stock(decoded) = decode(event)?
        {
            self.book(&decoded);
        }
        // Within a command units may be taken before they are seen to be free: what counts is what it leaves.
        if event.position == event.command_end {
            for place in std::mem::take(&mut self.touched) {
                if self.bins.get(&place).is_some_and(|bin| bin.is_oversold()) {
                    self.oversold.insert(place);
                }
            }
        }
        Ok(())
    }

    fn book(&mut self, event: &StockEvent) {
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
            StockEvent::StockReserved(reserved) => self.hold(sku, &reserved.allocations, 1),
            StockEvent::StockBackorderFilled(filled) => self.hold(sku, &filled.allocations, 1),
            StockEvent::StockConditionChanged(changed) => {
                let units = signed(changed.quantity.units());
                let into = |condition| i64::from(condition == Condition::Sellable);
                self.change(sku, &changed.location, units * (into(changed.to) - into(changed.from)), 0);
            }
            StockEvent::TransferShipped(shipped) => {
                self.change(sku, &shipped.from, -signed(shipped.quantity.units()), 0);
            }
            StockEvent::TransferReceived(received) => {
                self.change(sku, &received.location, signed(received.quantity), 0);
            }
            StockEvent::StockReservationsExpired(expired) => self.hold(sku, &expired.allocations, -1),
            StockEvent::StockBackordered(_)
            | StockEvent::StockReservationExtended(_)
            | StockEvent::SupplyExpected(_)
            | StockEvent::SupplyCancelled(_)
            | StockEvent::StockPromised(_)
            | StockEvent::StockBackorderWithdrawn(_)
            | StockEvent::StockPolicySet(_)
            | StockEvent::StockEarmarked(_) => {}
            StockEvent::StockReleased(released) => self.hold(sku, &released.allocations, -1),
            StockEvent::StockShorted(shorted) => {
                let (on_hand, held) = (signed(shorted.on_hand), signed(shorted.quantity));
                self.change(sku, &shorted.location, -on_hand, -held);
            }
            StockEvent::StockReturned(returned) => {
                if returned.condition == Condition::Sellable {
                    self.change(sku, &returned.location, signed(returned.quantity), 0);
                }
            }
            StockEvent::StockShipped(shipped) => {
                let held = shipped.quantity.saturating_sub(shipped.unreserved);
                self.change(sku, &shipped.location, -signed(shipped.quantity), -signed(held));
            }
        }
    }

    fn hold(&mut self, sku: &Sku, allocations: &[Allocation], sign: i64) {
        for Allocation { location, quantity } in allocations {
            self.change(sku, location, 0, sign * quantity.number().cast_signed());
        }
    }

    fn change(&mut self, sku: &Sku, location: &LocationId, on_hand: i64, reserved: i64) {
        let place = (sku.clone(), location.clone());
        let bin = self.bins.entry(place.clone()).or_default();
        bin.on_hand += on_hand;
        bin.reserved += reserved;
        self.touched.insert(place);
    }
}
