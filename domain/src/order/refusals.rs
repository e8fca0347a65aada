//! The refusals of commands on orders.

use super::state::MAX_LINES;
use crate::refusal::{Class, Refusal};
use crate::sourcing::Shortage;
use crate::values::{
    Amount, FulfillmentOrderId, LineNumber, LocationId, OrderId, Quantity, Reference, ReturnId, ShipmentId,
    Sku, Timestamp, Units,
};

/// Why a command on an order was refused. The text of each case describes it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the text of each case describes it")]
pub enum OrderRefusal {
    #[error("there is no order {0}")]
    UnknownOrder(OrderId),
    #[error("order {0} exists already, with other contents")]
    OrderExists(OrderId),
    #[error("an order has 1 to {most} lines, not {0}; each component of a bundle is a line", most = MAX_LINES)]
    LineCount(usize),
    #[error("{component} is a bundle itself; remove it from the components of {bundle}")]
    NestedBundle { bundle: Sku, component: Sku },
    #[error("{bundles} bundles {bundle} have more than {most} units of {component}; order fewer", most = Quantity::LIMIT)]
    BundleTooLarge { bundle: Sku, bundles: Units, component: Sku, pointer: String },
    #[error("the price of the bundle at {pointer} is too large")]
    PriceOutOfRange { pointer: String },
    #[error("{pointer} is used by another line")]
    LineReferenceTwice { pointer: String },
    #[error("amounts require the currency of the order")]
    CurrencyMissing,
    #[error("{pointer} has more than {most} entries")]
    TooMany {
        most: usize,
        /// The JSON pointer of the field.
        pointer: &'static str,
    },
    #[error("give both latitude (-90 to 90) and longitude (-180 to 180), or neither")]
    CoordinatesOutOfRange,
    #[error("country must be two capital letters by ISO 3166")]
    CountryMalformed,
    #[error(
        "too few units are available: {shortages}; order fewer units, or receive stock first",
        shortages = Shortage::in_words(.0)
    )]
    InsufficientStock(Vec<Shortage>),
    #[error("the order cannot leave by {ship_by}; {}", earliest_departure(*.earliest))]
    ShipByUnattainable {
        ship_by: Timestamp,
        /// The earliest time at which a location could ship it; absent when no location has capacity.
        earliest: Option<Timestamp>,
    },
    #[error("every location with stock is fully booked; retry later or raise dailyCapacity")]
    NoCapacity,
    #[error("location {0} is paused; resume it, choose another location, or send force: true")]
    TargetPaused(LocationId),
    #[error("location {0} has rejected the order; choose another location, or send force: true")]
    TargetRejectedOrder(LocationId),
    #[error("the order must not be split, and one location cannot fill it")]
    WouldSplit,
    #[error("the order has no units to reserve")]
    NothingToReserve,
    #[error("the order is cancelled")]
    OrderCancelled,
    #[error("the order is not cancelled; amend it")]
    OrderNotCancelled,
    #[error("money of the order was paid back; place another order")]
    OrderRefunded,
    #[error("the order is delivered complete, and units of it are not reserved yet")]
    OrderIncomplete,
    #[error("the order has shipped or is fulfilled completely and cannot be amended; place another order")]
    OrderShipped,
    #[error("picking has started; report missing units with short")]
    PickingStarted,
    #[error("a cancellation request is pending with the fulfilling location")]
    CancellationPending,
    #[error(
        "a location is requested to release units of line {0}: increase its quantity after the location has answered"
    )]
    LineCancellationPending(LineNumber),
    #[error("no cancellation request is pending for the fulfillment order")]
    NoCancellationRequested,
    #[error("the fulfillment order is already accepted")]
    AlreadyAccepted,
    #[error("there is no return {0}")]
    UnknownReturn(ReturnId),
    #[error("line {line} has {returnable} returnable units, {requested} requested")]
    QuantityExceedsReturnable { line: LineNumber, requested: Units, returnable: Units },
    #[error("the order is on hold")]
    OrderOnHold,
    #[error("the order has no hold {0}")]
    UnknownHold(Reference),
    #[error("the order has too many holds; release one first")]
    TooManyHolds,
    #[error("the order's payments do not cover it; report the payment first")]
    PaymentNotConfirmed,
    #[error("serial number {0} occurs twice; list the serial number of each unit once")]
    SerialTwice(Reference),
    #[error("{serials} serial numbers were given for {quantity} units; list at most one for each unit")]
    SerialsExceedQuantity { serials: usize, quantity: Units },
    #[error("amount {0} must be greater than 0")]
    AmountNotPositive(Amount),
    #[error("location {0} has not rejected the order, so there is nothing to undo")]
    NotRejected(LocationId),
    #[error("no more units of return {0} are expected; announce another return")]
    ReturnNotOpen(ReturnId),
    #[error("there is no fulfillment order {0}")]
    UnknownFulfillmentOrder(FulfillmentOrderId),
    #[error("the fulfillment order is cancelled")]
    FulfillmentOrderCancelled,
    #[error("specify either `all: true` or `lines`")]
    LinesMissing,
    #[error("lines is empty: specify at least one line")]
    LinesEmpty,
    #[error("{pointer} does not identify a line of the {owner}")]
    UnknownLine {
        pointer: String,
        /// `order` or `fulfillment order`.
        owner: &'static str,
    },
    #[error("line {line} has {open} open units, {requested} requested")]
    QuantityExceedsOpen { line: LineNumber, requested: Units, open: Units },
    #[error("no open units remain for this command")]
    NothingLeft,
    #[error("a shipment has 1 to 100 packages, not {0}")]
    PackageCount(usize),
    #[error("two packages have the id {0}")]
    PackageTwice(String),
    #[error("packages[{0}].lines is empty; omit lines for all open units")]
    PackageEmpty(usize),
    #[error("only one package may omit its lines")]
    PackageLinesMissing,
    #[error("there is no shipment {0}")]
    UnknownShipment(ShipmentId),
    #[error(
        "a package of shipment {0} was delivered; cancel the shipment with force: true if that is a mistake too"
    )]
    ShipmentDelivered(ShipmentId),
    #[error("shipment {id} has been cancelled{}; report goods that leave now as another shipment", cancelled_since(*.at))]
    ShipmentCancelled {
        id: ShipmentId,
        /// When it was cancelled, where that is known.
        at: Option<Timestamp>,
    },
    #[error("units of shipment {0} were returned or are announced to come back; close the return first")]
    ShipmentReturned(ShipmentId),
    #[error("a package of shipment {0} was sent again: its goods have left")]
    ShipmentResent(ShipmentId),
    #[error("package {0} was delivered, is under way, or was sent again already")]
    PackageNotLost(Reference),
    #[error("no package has this carrier and tracking number")]
    UnknownTrackingNumber,
    #[error("the shipment has no package with this id")]
    UnknownPackage,
    #[error("the amendment changes nothing; specify at least one of {fields}")]
    ChangesMissing {
        /// The fields that an amendment can change, separated by commas.
        fields: String,
    },
    #[error("changes[{0}] repeats the line of another change")]
    LineChangedTwice(usize),
    #[error("changes[{0}] exceeds the maximum quantity of a line")]
    LineTooLarge(usize),
    #[error("changes[{0}] must give the amounts of the line for the new quantity")]
    AmountsMissing(usize),
    #[error("an amendment request is pending with the fulfilling locations")]
    AmendmentPending,
    #[error("no amendment request is pending for the fulfillment order")]
    NoAmendmentRequested,
    #[error("the order's personal data was erased")]
    PersonalDataErased,
    #[error(
        "goods have not left yet, and their address is needed; ship or cancel them first, or send force: true"
    )]
    PersonalDataNeeded,
    #[error("units are reserved at a location that the new delivery does not allow")]
    ReservedElsewhere,
    #[error("a hold cannot end in the past")]
    HoldOver,
    #[error("the delivery method is not pickup")]
    NotToBePickedUp,
    #[error("units of the fulfillment order have shipped")]
    ShippingStarted,
    #[error("the delivery method and location of the order allow no other location")]
    DeliveryLocationFixed,
    #[error("the fulfillment order is already at that location")]
    AlreadyThere,
    #[error("packages[{0}] requires carrier and trackingNumber")]
    CarrierMissing(usize),
    #[error("line {line} has {shipped} shipped or fulfilled units, {requested} requested")]
    QuantityBelowShipped { line: LineNumber, requested: Units, shipped: Units },
    #[error("the order has no personal data")]
    NoPersonalData,
    #[error("line {0} requires stock; pick and ship it at its location")]
    LineRequiresStock(LineNumber),
    #[error("line {0} requires no stock, so that no goods can come back; refund it instead")]
    LineWithoutStock(LineNumber),
    #[error("line {line} has {fulfilled} fulfilled units, {requested} requested")]
    QuantityExceedsFulfilled { line: LineNumber, requested: Units, fulfilled: Units },
}

impl Refusal for OrderRefusal {
    #[allow(clippy::too_many_lines, reason = "one row per code")]
    fn kind(&self) -> (&'static str, Class) {
        match self {
            Self::UnknownOrder(_) => ("unknown_order", Class::NotFound),
            Self::OrderExists(_) => ("order_exists", Class::Conflict),
            Self::LineCount(_) => ("line_count_out_of_range", Class::Invalid),
            Self::LineReferenceTwice { .. } => ("line_ref_not_unique", Class::Invalid),
            Self::CurrencyMissing => ("currency_missing", Class::Invalid),
            Self::TooMany { .. } => ("too_many", Class::Invalid),
            Self::CoordinatesOutOfRange => ("coordinates_out_of_range", Class::Invalid),
            Self::CountryMalformed => ("country_malformed", Class::Invalid),
            Self::InsufficientStock(_) => ("insufficient_stock", Class::Conflict),
            Self::ShipByUnattainable { .. } => ("ship_by_unattainable", Class::Conflict),
            Self::NoCapacity => ("no_capacity", Class::Conflict),
            Self::TargetPaused(_) => ("location_paused", Class::Conflict),
            Self::TargetRejectedOrder(_) => ("location_rejected_order", Class::Conflict),
            Self::WouldSplit => ("would_split", Class::Conflict),
            Self::NothingToReserve => ("nothing_to_reserve", Class::Conflict),
            Self::OrderCancelled => ("order_cancelled", Class::Conflict),
            Self::OrderNotCancelled => ("order_not_cancelled", Class::Conflict),
            Self::OrderRefunded => ("order_refunded", Class::Conflict),
            Self::OrderIncomplete => ("order_incomplete", Class::Conflict),
            Self::OrderShipped => ("order_shipped", Class::Conflict),
            Self::PickingStarted => ("picking_started", Class::Conflict),
            Self::CancellationPending => ("cancellation_pending", Class::Conflict),
            Self::LineCancellationPending(_) => ("line_cancellation_pending", Class::Conflict),
            Self::NoCancellationRequested => ("no_cancellation_requested", Class::Conflict),
            Self::AlreadyAccepted => ("already_accepted", Class::Conflict),
            Self::UnknownReturn(_) => ("unknown_return", Class::NotFound),
            Self::QuantityExceedsReturnable { .. } => ("quantity_exceeds_returnable", Class::Conflict),
            Self::OrderOnHold => ("order_on_hold", Class::Conflict),
            Self::UnknownHold(_) => ("unknown_hold", Class::Conflict),
            Self::TooManyHolds => ("too_many_holds", Class::Conflict),
            Self::PaymentNotConfirmed => ("payment_not_confirmed", Class::Conflict),
            Self::AmountNotPositive(_) => ("amount_not_positive", Class::Invalid),
            Self::SerialsExceedQuantity { .. } => ("serials_exceed_quantity", Class::Invalid),
            Self::SerialTwice(_) => ("serial_not_unique", Class::Invalid),
            Self::NotRejected(_) => ("not_rejected", Class::Conflict),
            Self::ReturnNotOpen(_) => ("return_not_open", Class::Conflict),
            Self::UnknownFulfillmentOrder(_) => ("unknown_fulfillment_order", Class::NotFound),
            Self::FulfillmentOrderCancelled => ("fulfillment_order_cancelled", Class::Conflict),
            Self::LinesMissing | Self::LinesEmpty | Self::PackageEmpty(_) => {
                ("lines_missing", Class::Invalid)
            }
            Self::UnknownLine { .. } => ("unknown_line", Class::Invalid),
            Self::QuantityExceedsOpen { .. } => ("quantity_exceeds_open", Class::Conflict),
            Self::NothingLeft => ("nothing_left", Class::Conflict),
            Self::PackageCount(_) => ("package_count_out_of_range", Class::Invalid),
            Self::PackageTwice(_) => ("package_id_not_unique", Class::Invalid),
            Self::PackageLinesMissing => ("package_lines_missing", Class::Invalid),
            Self::UnknownShipment(_) => ("unknown_shipment", Class::NotFound),
            Self::ShipmentDelivered(_) => ("shipment_delivered", Class::Conflict),
            Self::ShipmentCancelled { .. } => ("shipment_cancelled", Class::Conflict),
            Self::ShipmentReturned(_) => ("shipment_returned", Class::Conflict),
            Self::ShipmentResent(_) => ("shipment_resent", Class::Conflict),
            Self::PackageNotLost(_) => ("package_not_lost", Class::Conflict),
            Self::UnknownTrackingNumber => ("unknown_tracking_number", Class::NotFound),
            Self::UnknownPackage => ("unknown_package", Class::Invalid),
            Self::ChangesMissing { .. } => ("changes_missing", Class::Invalid),
            Self::LineChangedTwice(_) => ("line_changed_twice", Class::Invalid),
            Self::LineTooLarge(_) | Self::BundleTooLarge { .. } => ("line_too_large", Class::Invalid),
            Self::PriceOutOfRange { .. } => ("price_out_of_range", Class::Invalid),
            Self::NestedBundle { .. } => ("nested_bundle", Class::Conflict),
            Self::AmountsMissing(_) => ("amounts_missing", Class::Invalid),
            Self::AmendmentPending => ("amendment_pending", Class::Conflict),
            Self::NoAmendmentRequested => ("no_amendment_requested", Class::Conflict),
            Self::PersonalDataErased => ("personal_data_erased", Class::Conflict),
            Self::PersonalDataNeeded => ("personal_data_needed", Class::Conflict),
            Self::ReservedElsewhere => ("reserved_elsewhere", Class::Conflict),
            Self::HoldOver => ("hold_over", Class::Invalid),
            Self::NotToBePickedUp => ("not_to_be_picked_up", Class::Conflict),
            Self::ShippingStarted => ("shipping_started", Class::Conflict),
            Self::DeliveryLocationFixed => ("delivery_location_fixed", Class::Conflict),
            Self::AlreadyThere => ("already_there", Class::Conflict),
            Self::CarrierMissing(_) => ("carrier_missing", Class::Invalid),
            Self::QuantityBelowShipped { .. } => ("quantity_below_shipped", Class::Conflict),
            Self::NoPersonalData => ("no_personal_data", Class::Conflict),
            Self::LineRequiresStock(_) => ("line_requires_stock", Class::Conflict),
            Self::LineWithoutStock(_) => ("line_without_stock", Class::Conflict),
            Self::QuantityExceedsFulfilled { .. } => ("quantity_exceeds_fulfilled", Class::Conflict),
        }
    }

    fn pointer(&self) -> Option<String> {
        let pointer = match self {
            Self::LineReferenceTwice { pointer }
            | Self::UnknownLine { pointer, .. }
            | Self::BundleTooLarge { pointer, .. }
            | Self::PriceOutOfRange { pointer } => pointer.as_str(),
            Self::PackageEmpty(index) => return Some(format!("/packages/{index}/lines")),
            Self::LineChangedTwice(index) | Self::AmountsMissing(index) => {
                return Some(format!("/changes/{index}"));
            }
            Self::LineTooLarge(index) => return Some(format!("/changes/{index}/quantity")),
            Self::CarrierMissing(index) => return Some(format!("/packages/{index}/carrier")),
            Self::TooMany { pointer, .. } => pointer,
            Self::LineCount(_)
            | Self::LinesMissing
            | Self::LinesEmpty
            | Self::InsufficientStock(_)
            | Self::LineRequiresStock(_)
            | Self::LineWithoutStock(_)
            | Self::QuantityExceedsFulfilled { .. }
            | Self::QuantityExceedsReturnable { .. } => "/lines",
            Self::CurrencyMissing => "/currency",
            Self::CoordinatesOutOfRange => "/shipTo/latitude",
            Self::CountryMalformed => "/shipTo/country",
            Self::PackageCount(_) | Self::PackageTwice(_) | Self::PackageLinesMissing => "/packages",
            Self::UnknownPackage => "/packageId",
            Self::UnknownTrackingNumber => "/trackingNumber",
            Self::UnknownReturn(_) | Self::ReturnNotOpen(_) => "/returnId",
            Self::UnknownHold(_) => "/holdId",
            Self::AmountNotPositive(_) => "/amount",
            Self::PersonalDataErased => "/shipTo",
            Self::ReservedElsewhere => "/delivery/location",
            Self::HoldOver => "/until",
            Self::AlreadyThere | Self::TargetPaused(_) | Self::TargetRejectedOrder(_) => "/location",
            Self::ShipByUnattainable { .. } => "/delivery/shipBy",
            Self::ChangesMissing { .. } | Self::QuantityBelowShipped { .. } => "/changes",
            Self::UnknownOrder(_) => "/orderId",
            Self::UnknownFulfillmentOrder(_) => "/fulfillmentOrderId",
            Self::UnknownShipment(_) => "/shipmentId",
            _ => return None,
        };
        Some(pointer.to_owned())
    }

    fn details(&self) -> Option<(&'static str, serde_json::Value)> {
        match self {
            Self::InsufficientStock(shortages) => {
                serde_json::to_value(shortages).ok().map(|shortages| ("shortages", shortages))
            }
            Self::OrderExists(id) => Some(("orderId", id.to_string().into())),
            _ => None,
        }
    }
}

fn cancelled_since(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| format!(" since {at}"))
}

fn earliest_departure(earliest: Option<Timestamp>) -> String {
    match earliest {
        Some(earliest) => format!("the earliest possible departure is {earliest}"),
        None => "no location has capacity for it".to_owned(),
    }
}
