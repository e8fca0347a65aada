//! The choices that an order's commands and events know.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! names {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$variant_doc:meta])* $variant:ident ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
            #[derive(Serialize, Deserialize, JsonSchema, strum::EnumIter, strum::EnumMessage, strum::IntoStaticStr)]
            #[serde(rename_all = "snake_case")]
            #[strum(serialize_all = "snake_case")]
            #[allow(missing_docs, reason = "documented where the name does not say it")]
            pub enum $name { $( $(#[$variant_doc])* $variant, )* }

            impl $name {
                /// Its name in interfaces and read models, such as `on_hold`.
                pub fn name(self) -> &'static str {
                    self.into()
                }

                /// Its description; empty if the name says it.
                pub fn meaning(self) -> &'static str {
                    strum::EnumMessage::get_documentation(&self).unwrap_or_default()
                }
            }
        )*
    };
}
pub(super) use names;

names! {
    /// Whether an order must be paid.
    PaymentTerms {
        /// Payments must cover the order before locations work on it; `workAt` says whether authorized payments count.
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
        /// The payment has not been confirmed.
        AwaitingPayment,
        /// The order may be fraudulent.
        FraudRisk,
        /// The address cannot be delivered to.
        IncorrectAddress,
        /// Units were out of stock when the order needed them.
        InventoryOutOfStock,
        /// The customer requested the hold.
        CustomerRequest,
        /// `delivery.shipNotBefore` is in the future.
        Scheduled,
        /// Any other reason.
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
    /// A carrier's report about a package, normalised.
    TrackingStatus {
        /// Announced to the carrier, which does not have the package yet.
        LabelCreated,
        /// The carrier has the package.
        PickedUp,
        /// Between two places of the carrier.
        InTransit,
        /// On the delivery vehicle.
        OutForDelivery,
        /// A delivery attempt failed.
        AttemptedDelivery,
        /// Later than announced.
        Delayed,
        /// At a pickup point of the carrier.
        ReadyForPickup,
        /// The recipient has it.
        Delivered,
        /// Lost or refused.
        Failure,
        /// On the way back to the sender, or returned.
        ReturnedToSender,
        /// A report without a counterpart here. It changes nothing and is kept.
        Unknown,
    }
    /// How a report contradicted the known state.
    DiscrepancyCode {
        /// A voided payment was confirmed: it does not count.
        PaymentConfirmedAfterVoid,
        /// A payment was reported again with another amount, or newly as `complete`: the first report counts.
        PaymentReportedDifferently,
        /// A payment was reported for a cancelled order.
        PaymentAfterCancellation,
        /// A payment failed after payments had covered the order, which still counts as paid.
        PaymentFailedAfterConfirmation,
        /// A refund was reported again with another amount: the first report counts.
        RefundReportedDifferently,
        /// More was paid back than was paid.
        RefundedMoreThanPaid,
        /// The payments were voided after goods had left.
        PaymentVoidedAfterShipping,
        /// The target location of a move had too few units: they are sourced again.
        TargetOutOfStock,
        /// More units were picked than reserved: put them back.
        PickedMoreThanReserved,
        /// More units were packed than reserved: put them back.
        PackedMoreThanReserved,
        /// More units were reported as back on the shelf than were picked.
        UnpickedMoreThanPicked,
        /// More units were reported as unpacked than were packed.
        UnpackedMoreThanPacked,
        /// More units were reported missing than reserved.
        ShortedMoreThanReserved,
        /// A package was reported again with another service, weight, size, lot or serial number: the first report counts.
        PackageReportedDifferently,
        /// Goods of a cancelled fulfillment order left.
        ShippedAfterCancellation,
        /// More units left than were ordered.
        ShippedMoreThanOrdered,
        /// More units left than were reserved.
        ShippedMoreThanReserved,
        /// Goods left while the order was on hold.
        ShippedOnHold,
        /// Goods left before the order's payments allowed work on it.
        ShippedUnpaid,
        /// Goods left before all units of an order that is delivered complete were reserved.
        ShippedIncomplete,
        /// The time of a report was in the future: it counts as the time of the command.
        ReportedAheadOfTime,
        /// More units came back than were announced.
        ReturnedMoreThanRequested,
        /// Written by an earlier version.
        Other,
    }
}

impl TrackingStatus {
    /// Whether the package will not arrive.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Failure | Self::ReturnedToSender)
    }

    /// Whether a later report of this status shows that a failure is over. A package that was lost may be found; a package on its
    /// way back is in transit too, until the carrier delivers it after all.
    pub const fn supersedes(self, failure: Self) -> bool {
        match self {
            Self::OutForDelivery | Self::AttemptedDelivery | Self::ReadyForPickup | Self::Delivered => true,
            Self::PickedUp | Self::InTransit => matches!(failure, Self::Failure),
            Self::LabelCreated | Self::Delayed | Self::Failure | Self::ReturnedToSender | Self::Unknown => {
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::DiscrepancyCode;

    #[test]
    fn every_discrepancy_code_has_a_meaning() {
        for code in DiscrepancyCode::iter() {
            assert!(code.meaning().ends_with('.'), "{}", code.name());
        }
    }
}
