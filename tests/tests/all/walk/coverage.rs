//! The commands and events of a walk, so that no invariant holds only because nothing happened.

use std::collections::BTreeMap;
use std::fmt;

use super::steps;
use super::walker::Walker;

/// The types of events that a long walk must have seen.
const EVENTS: [&str; 90] = [
    "OrderCreated",
    "OrderAmended",
    "OrderTermsChanged",
    "OrderReopened",
    "AmendmentRequested",
    "AmendmentAccepted",
    "AmendmentRejected",
    "PaymentAuthorized",
    "PaymentConfirmed",
    "PaymentFailed",
    "PaymentVoided",
    "PaymentRefunded",
    "OrderSourced",
    "InventoryReserved",
    "InventoryBackordered",
    "InventoryReleased",
    "ReservationExpired",
    "ReservationExtended",
    "PromiseChanged",
    "OrderHeld",
    "OrderHoldReleased",
    "FulfillmentOrderAccepted",
    "FulfillmentOrderRejected",
    "RejectionUndone",
    "FulfillmentOrderMoved",
    "CancellationRequested",
    "CancellationRejected",
    "ItemPicked",
    "PickShorted",
    "ItemPacked",
    "ItemPutBack",
    "ItemUnpacked",
    "ReadyForPickup",
    "ShipmentCreated",
    "ShipmentCancelled",
    "PackageRelabelled",
    "PackageResent",
    "ShipmentTracked",
    "ShipmentStuck",
    "DeliveryConfirmed",
    "DeliveryFailed",
    "LinesFulfilled",
    "LinesUnfulfilled",
    "OrderCancelled",
    "ReturnRequested",
    "ReturnReceived",
    "ReturnClosed",
    "DiscrepancyRecorded",
    "PersonalDataErased",
    "CartReserved",
    "CartReservationExtended",
    "CartUnitsLost",
    "CartConverted",
    "CartReservationCancelled",
    "CartReservationExpired",
    "StockReceived",
    "StockCounted",
    "StockAdjusted",
    "StockConditionChanged",
    "StockReserved",
    "StockReleased",
    "StockReservationsExpired",
    "StockReservationExtended",
    "StockCartReserved",
    "StockCartReleased",
    "StockCartExtended",
    "StockShipped",
    "StockShipmentCancelled",
    "StockShorted",
    "StockReturned",
    "TransferShipped",
    "TransferReceived",
    "SupplyExpected",
    "SupplyCancelled",
    "StockPolicySet",
    "StockLow",
    "StockOut",
    "BackInStock",
    "StockBackordered",
    "StockBackorderWithdrawn",
    "StockPromised",
    "StockEarmarked",
    "StockBackorderFilled",
    "CapacityBooked",
    "CapacityFreed",
    "LocationRegistered",
    "LocationChanged",
    "LocationPaused",
    "LocationResumed",
    "MerchantPolicySet",
];

/// Commands and events of all merchants.
#[derive(Debug, Default)]
pub struct Coverage {
    /// Sent and accepted commands, by operation.
    sent: BTreeMap<String, (usize, usize)>,
    /// The number of events by type.
    happened: BTreeMap<String, usize>,
}

impl Coverage {
    pub fn of(walkers: &[Walker]) -> Self {
        let mut coverage = Self::default();
        for walker in walkers {
            for (operation, (sent, accepted)) in &walker.sent {
                let known = coverage.sent.entry(operation.clone()).or_default();
                *known = (known.0 + sent, known.1 + accepted);
            }
            for (kind, count) in walker.happened() {
                *coverage.happened.entry(kind.clone()).or_default() += count;
            }
        }
        coverage
    }

    /// Asserts that every type of event occurred, every command was accepted, and every operation on read models was sent.
    pub fn assert_complete(&self) {
        let missing = EVENTS.iter().filter(|kind| !self.happened.contains_key(**kind));
        assert_eq!(missing.collect::<Vec<_>>(), Vec::<&&str>::new(), "every event happens in a long walk");
        let sent = |name: &str| self.sent.get(name).copied().unwrap_or_default();
        let commands = steps::steps();
        let never = commands.iter().map(|step| step.operation).filter(|name| sent(name).1 == 0);
        assert_eq!(never.collect::<Vec<_>>(), Vec::<&str>::new(), "every command is accepted at least once");
        let never = steps::operations().iter().map(|step| step.operation).filter(|name| sent(name).0 == 0);
        assert_eq!(
            never.collect::<Vec<_>>(),
            Vec::<&str>::new(),
            "every operation is asked for at least once"
        );
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "sent and accepted: {:?}", self.sent)?;
        write!(f, "events: {:?}", self.happened)
    }
}
