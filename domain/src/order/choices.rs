//! The choices that an order's commands and events know.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! names {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$variant_doc:meta])* $variant:ident ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
            #[serde(rename_all = "snake_case")]
            pub enum $name { $( $(#[$variant_doc])* $variant, )* }
        )*
    };
}
pub(super) use names;

names! {
    /// Whether goods may leave before they are paid.
    PaymentTerms {
        /// Not before payment is confirmed.
        Required,
        /// Payment is not this system's business.
        NotRequired,
    }
    /// How goods reach the customer.
    DeliveryMethod {
        /// By a carrier.
        Ship,
        /// Fetched at a location.
        Pickup,
        /// Brought by a location's own people.
        Local,
        /// Sent by a supplier.
        Dropship,
        /// Not at all.
        None,
    }
    /// On what distances were based.
    SourcingBasis {
        /// The coordinates of the destination.
        Coordinates,
        /// The destination's postal code.
        PostalCode,
        /// The middle of the destination's country.
        Country,
        /// Nothing: every location counts as equally far.
        None,
    }
    /// Why an order must wait.
    HoldReason {
        /// The money is not there yet.
        AwaitingPayment,
        /// It may be fraud.
        FraudRisk,
        /// Nobody can be reached there.
        IncorrectAddress,
        /// Nothing could be reserved when it was to be.
        InventoryOutOfStock,
        /// The customer wants it so.
        CustomerRequest,
        /// It is not to leave yet.
        Scheduled,
        /// Something else.
        Other,
    }
    /// What becomes of goods that came back.
    Disposition {
        /// They can be sold again.
        Restock,
        /// They wait for inspection.
        Quarantine,
        /// They are thrown away.
        Scrap,
    }
    /// What a carrier says of a parcel, normalised.
    TrackingStatus {
        /// Announced, not yet handed over.
        LabelCreated,
        /// In the carrier's hands.
        PickedUp,
        /// On its way.
        InTransit,
        /// On the last vehicle.
        OutForDelivery,
        /// Nobody was there.
        AttemptedDelivery,
        /// Late.
        Delayed,
        /// Waits to be fetched.
        ReadyForPickup,
        /// Handed over.
        Delivered,
        /// Lost or refused.
        Failure,
        /// On its way back or there.
        ReturnedToSender,
    }
}

impl TrackingStatus {
    /// Whether the parcel will not arrive.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Failure | Self::ReturnedToSender)
    }
}
