//! The choices that an order's commands and events know.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! names {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$variant_doc:meta])* $variant:ident ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
            #[serde(rename_all = "snake_case")]
            #[allow(missing_docs, reason = "documented where the name does not say it")]
            pub enum $name { $( $(#[$variant_doc])* $variant, )* }
        )*
    };
}
pub(super) use names;

names! {
    /// Whether goods may leave before they are paid.
    PaymentTerms {
        /// A confirmed payment is required.
        Required,
        /// Payments are handled by another system.
        NotRequired,
    }
    /// How goods reach the customer.
    DeliveryMethod {
        /// By a carrier.
        Ship,
        /// The customer collects them at a location.
        Pickup,
        /// By a location's own drivers.
        Local,
        /// A supplier sends them.
        Dropship,
        /// They are not delivered, such as services.
        None,
    }
    /// What distances to locations are based on.
    SourcingBasis {
        /// The coordinates of the destination.
        Coordinates,
        /// The destination's postal code.
        PostalCode,
        /// The centre of the destination's country.
        Country,
        /// No destination is known: every location counts as equally far.
        None,
    }
    /// Why an order is on hold.
    HoldReason {
        AwaitingPayment,
        FraudRisk,
        IncorrectAddress,
        /// Units were missing when they were to be reserved.
        InventoryOutOfStock,
        CustomerRequest,
        /// `delivery.shipNotBefore` is in the future.
        Scheduled,
        Other,
    }
    /// What happens to returned goods.
    Disposition {
        /// They can be sold again.
        Restock,
        /// They wait for inspection.
        Quarantine,
        /// They are thrown away.
        Scrap,
    }
    /// A carrier's report about a parcel, normalised.
    TrackingStatus {
        /// Announced to the carrier.
        LabelCreated,
        /// The carrier has it.
        PickedUp,
        InTransit,
        OutForDelivery,
        /// The recipient was absent.
        AttemptedDelivery,
        Delayed,
        /// At a pickup point of the carrier.
        ReadyForPickup,
        Delivered,
        /// Lost or refused.
        Failure,
        ReturnedToSender,
    }
    /// How a report contradicted the known state.
    DiscrepancyCode {
        /// A voided payment was confirmed: it does not count.
        PaymentConfirmedAfterVoid,
        PaymentAfterCancellation,
        /// The order still counts as paid.
        PaymentFailedAfterConfirmation,
        PaymentVoidedAfterShipping,
        /// The target location of a move had too few units: they are sourced again.
        TargetOutOfStock,
        PickedMoreThanReserved,
        PackedMoreThanReserved,
        ShortedMoreThanReserved,
        ShippedAfterCancellation,
        ShippedMoreThanHeld,
        ShippedOnHold,
        ShippedUnpaid,
        ReturnedMoreThanRequested,
        /// Written by an earlier version.
        Other,
    }
}

impl TrackingStatus {
    /// Whether the parcel will not arrive.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Failure | Self::ReturnedToSender)
    }
}

impl fmt::Display for DiscrepancyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
