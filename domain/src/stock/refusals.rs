//! Why a decision about a stock item is refused.

use crate::refusal::{Class, Refusal};
use crate::values::{ChannelName, LocationId, Quantity, Reference, Sku, Units};

/// Why a decision about a stock item is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the text of an error says what its values are")]
pub enum StockRefusal {
    /// A command names a SKU without stock records.
    #[error("the SKU {0} has no stock records")]
    UnknownSku(Sku),
    /// A decision about an item without stock records.
    #[error("the SKU has no stock records")]
    NeverSeen,
    /// Too few units are available.
    #[error("insufficient stock: {available} units available at {location}, {requested} requested")]
    InsufficientStock {
        location: LocationId,
        requested: Units,
        /// Units that can be promised.
        available: Units,
    },
    /// More units are released or shipped than are reserved.
    #[error("not reserved: {reserved} units reserved at {location}, {requested} to be released or shipped")]
    NotReserved { location: LocationId, requested: Units, reserved: Units },
    /// More units are reserved for a backorder than it waits for.
    #[error("not backordered: the order waits for {waiting} units, {requested} to be reserved")]
    NotBackordered { requested: Units, waiting: Units },
    /// The SKU is not backorderable.
    #[error("the SKU is not backorderable")]
    NotBackorderable,
    /// More units would be backordered than the SKU's limit.
    #[error("backorder limit exceeded: {waiting} of {limit} units backordered, {requested} requested")]
    BackorderLimitExceeded { limit: Units, waiting: Units, requested: Units },
    /// A safety stock out of range.
    #[error("a safety stock must be 0 to {} units", Quantity::LIMIT)]
    SafetyStockOutOfRange,
    /// On hand would fall below zero.
    #[error("only {on_hand} units are on hand: the adjustment takes more")]
    AdjustmentBelowZero { on_hand: Units },
    /// On hand differs from the units that the sender expects.
    #[error("stock changed: {on_hand} units are on hand at {location}, not {expected}; read the stock again")]
    StockChanged { location: LocationId, expected: Units, on_hand: Units },
    /// More units would leave than are on hand.
    #[error("insufficient stock: {on_hand} units on hand at {location}, {requested} requested")]
    NotOnHand { location: LocationId, requested: Units, on_hand: Units },
    /// More units than are recorded at a location.
    #[error("at most {} units of a SKU are recorded at a location", Units::LIMIT)]
    TooManyUnits,
    /// The adjustment would leave more units than are recorded at a location.
    #[error("at most {} units of a SKU are recorded at a location", Units::LIMIT)]
    AdjustmentAboveLimit,
    /// A count out of range.
    #[error("a count must be 0 to {} units", Quantity::LIMIT)]
    CountOutOfRange,
    /// More movements are being recorded than the state has.
    #[error("the count is too old: too many movements are recorded at the same time; send it again")]
    CountTooOld,
    /// A channel would promise more units than its quota leaves.
    #[error("channel limit exceeded: {channel} may promise {remaining} more units, {requested} requested")]
    ChannelLimitExceeded { channel: ChannelName, remaining: Units, requested: Units },
    /// A channel limit out of range.
    #[error("a channel limit must be 0 to {} units", Quantity::LIMIT)]
    ChannelLimitOutOfRange,
    /// A threshold of low stock out of range.
    #[error("lowStockAt must be 0 to {} units", Quantity::LIMIT)]
    LowStockOutOfRange,
    /// Too many channels with a limit.
    #[error("a SKU has limits for at most 100 channels")]
    TooManyLimits,
    /// More serial numbers than units.
    #[error("there are more serial numbers than units")]
    SerialsExceedQuantity,
    /// Only Holdfast uses this reason.
    #[error("reason `counted` is reserved for Holdfast; use `correction`")]
    ReservedReason,
    /// A serial number occurs twice.
    #[error("serial number {0} occurs twice; list the serial number of each unit once")]
    SerialTwice(Reference),
    /// Other goods of the SKU were received at the location under the reference.
    #[error(
        "other goods of the SKU were received at {location} as {reference}; report more goods by another reference"
    )]
    ReceiptExists { reference: Reference, location: LocationId },
    /// A supply is closed and not named.
    #[error("closeSupply needs a supplyId")]
    SupplyMissing,
    /// The supply is not known.
    #[error("the SKU has no supply {0}")]
    UnknownSupply(Reference),
    /// Too many supplies.
    #[error("at most 1000 supplies of a SKU are expected at a time")]
    TooManySupplies,
    /// Units are changed to the condition that they have.
    #[error("from and to are the same condition")]
    SameCondition,
    /// More units change their condition than are recorded in it.
    #[error("only {recorded} units are in the condition `from`: count or adjust them first")]
    TooFewInCondition { recorded: Units },
    /// A transfer from a location to itself.
    #[error("from and to are the same location")]
    SameLocation,
    /// Too many transfers.
    #[error("at most 1000 transfers of a SKU are on their way at a time")]
    TooManyTransfers,
    /// The id is another transfer's.
    #[error("a transfer {0} exists already")]
    TransferExists(Reference),
    /// The transfer is not known.
    #[error("there is no transfer {0}")]
    UnknownTransfer(Reference),
    /// The transfer has arrived, or its rest is lost.
    #[error("transfer {0} is closed: nothing of it is on its way")]
    TransferClosed(Reference),
    /// A received quantity out of range.
    #[error("quantity must be 1 to {} units; 0 only together with close", Quantity::LIMIT)]
    ReceivedOutOfRange,
    /// The lots have more units than were received.
    #[error("the lots have more units than were received")]
    LotsExceedQuantity,
    /// Stock of a bundle is reported.
    #[error("SKU {0} is a bundle: it has no stock of its own; report the stock of its components")]
    BundleWithoutStock(Sku),
    /// A SKU with stock becomes a bundle.
    #[error("SKU {0} has stock records: sell the bundle by a SKU of its own")]
    BundleHasStock(Sku),
    /// A bundle with rules about stock.
    #[error("{0} is a bundle and has no stock: set rules about stock for its components")]
    BundleWithRules(Sku),
    /// No component, or too many.
    #[error("a bundle has 1 to {most} components, not {0}; null removes them", most = super::bundle::MAX_COMPONENTS)]
    ComponentCount(usize),
    /// A bundle is its own component.
    #[error("SKU {0} is its own component; name other SKUs")]
    ComponentOfItself(Sku),
    /// A SKU is named by two components.
    #[error("SKU {0} is named by two components; add up their quantities")]
    ComponentTwice(Sku),
    /// A share of the price out of range.
    #[error("a priceShare must be 0 to {}", Quantity::LIMIT)]
    PriceShareOutOfRange,
    /// No component has a share of the price.
    #[error("at least one component must have a priceShare above 0")]
    PriceSharesZero,
}

impl Refusal for StockRefusal {
    fn kind(&self) -> (&'static str, Class) {
        match self {
            Self::UnknownSku(_) | Self::NeverSeen => ("unknown_sku", Class::Invalid),
            Self::InsufficientStock { .. } | Self::NotOnHand { .. } => {
                ("insufficient_stock", Class::Conflict)
            }
            Self::NotReserved { .. } => ("not_reserved", Class::Conflict),
            Self::NotBackordered { .. } => ("not_backordered", Class::Conflict),
            Self::NotBackorderable => ("not_backorderable", Class::Conflict),
            Self::BackorderLimitExceeded { .. } => ("backorder_limit_exceeded", Class::Conflict),
            Self::SafetyStockOutOfRange => ("safety_stock_out_of_range", Class::Invalid),
            Self::AdjustmentBelowZero { .. } => ("adjustment_below_zero", Class::Conflict),
            Self::StockChanged { .. } => ("stock_changed", Class::Conflict),
            Self::TooManyUnits | Self::AdjustmentAboveLimit => ("too_many_units", Class::Conflict),
            Self::CountOutOfRange => ("count_out_of_range", Class::Invalid),
            Self::CountTooOld => ("count_too_old", Class::Transient),
            Self::LotsExceedQuantity => ("lots_exceed_quantity", Class::Invalid),
            Self::BundleWithoutStock(_) => ("bundle_without_stock", Class::Conflict),
            Self::BundleHasStock(_) => ("bundle_has_stock", Class::Conflict),
            Self::BundleWithRules(_) => ("bundle_with_rules", Class::Conflict),
            Self::ComponentCount(_) => ("component_count_out_of_range", Class::Invalid),
            Self::ComponentOfItself(_) | Self::ComponentTwice(_) => ("component_not_unique", Class::Invalid),
            Self::PriceShareOutOfRange | Self::PriceSharesZero => {
                ("price_share_out_of_range", Class::Invalid)
            }
            Self::ChannelLimitExceeded { .. } => ("channel_limit_exceeded", Class::Conflict),
            Self::ChannelLimitOutOfRange => ("channel_limit_out_of_range", Class::Invalid),
            Self::LowStockOutOfRange => ("low_stock_out_of_range", Class::Invalid),
            Self::TooManyLimits => ("too_many_limits", Class::Invalid),
            Self::SerialsExceedQuantity => ("serials_exceed_quantity", Class::Invalid),
            Self::SerialTwice(_) => ("serial_not_unique", Class::Invalid),
            Self::ReservedReason => ("reason_not_permitted", Class::Invalid),
            Self::ReceiptExists { .. } => ("receipt_exists", Class::Conflict),
            Self::SupplyMissing => ("supply_missing", Class::Invalid),
            Self::UnknownSupply(_) => ("unknown_supply", Class::Invalid),
            Self::TooManySupplies => ("too_many_supplies", Class::Conflict),
            Self::SameCondition => ("same_condition", Class::Invalid),
            Self::TooFewInCondition { .. } => ("too_few_in_condition", Class::Conflict),
            Self::SameLocation => ("same_location", Class::Invalid),
            Self::TooManyTransfers => ("too_many_transfers", Class::Conflict),
            Self::TransferExists(_) => ("transfer_exists", Class::Conflict),
            Self::UnknownTransfer(_) => ("unknown_transfer", Class::NotFound),
            Self::TransferClosed(_) => ("transfer_closed", Class::Conflict),
            Self::ReceivedOutOfRange => ("received_out_of_range", Class::Invalid),
        }
    }

    fn pointer(&self) -> Option<String> {
        let field = match self {
            Self::UnknownSku(_) | Self::BundleWithoutStock(_) | Self::BundleHasStock(_) => "/sku",
            Self::AdjustmentBelowZero { .. } | Self::AdjustmentAboveLimit => "/delta",
            Self::StockChanged { .. } => "/expected",
            Self::TooManyUnits | Self::TooFewInCondition { .. } | Self::ReceivedOutOfRange => "/quantity",
            Self::SafetyStockOutOfRange => "/safetyStock",
            Self::LowStockOutOfRange => "/lowStockAt",
            Self::CountOutOfRange => "/onHand",
            Self::CountTooOld => "/countedAt",
            Self::LotsExceedQuantity => "/lots",
            Self::ComponentCount(_)
            | Self::BundleWithRules(_)
            | Self::ComponentOfItself(_)
            | Self::ComponentTwice(_)
            | Self::PriceShareOutOfRange
            | Self::PriceSharesZero => "/components",
            Self::ChannelLimitOutOfRange | Self::TooManyLimits => "/channelLimits",
            Self::SerialsExceedQuantity | Self::SerialTwice(_) => "/serials",
            Self::ReservedReason => "/reason",
            Self::ReceiptExists { .. } => "/reference",
            Self::SupplyMissing | Self::UnknownSupply(_) => "/supplyId",
            Self::SameCondition | Self::SameLocation => "/to",
            Self::TransferExists(_) | Self::UnknownTransfer(_) | Self::TransferClosed(_) => "/transferId",
            _ => return None,
        };
        Some(field.to_owned())
    }

    fn details(&self) -> Option<(&'static str, serde_json::Value)> {
        match self {
            Self::StockChanged { on_hand, .. } => Some(("onHand", on_hand.number().into())),
            _ => None,
        }
    }
}
