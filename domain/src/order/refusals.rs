//! Why an order says no.

use crate::refusal::{Class, Refusal};
use crate::sourcing::Shortage;
use crate::values::{
    FulfillmentOrderId, LineNumber, LocationId, OrderId, Reference, ReturnId, ShipmentId, Timestamp, Units,
};

/// Why something was not done to an order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderRefusal {
    /// No such order.
    #[error("there is no order {0}")]
    UnknownOrder(OrderId),
    /// Another order has this id or this channel's reference.
    #[error("order {0} exists and is not the same")]
    OrderExists(OrderId),
    /// No lines, or too many.
    #[error("an order has 1 to {most} lines, not {0}", most = super::state::MOST_LINES)]
    LineCount(usize),
    /// Two lines have the same name.
    #[error("the lineRef of line {0} is also that of another line")]
    LineReferenceTwice(LineNumber),
    /// An amount without the currency that it is in.
    #[error("an order with amounts needs a currency")]
    CurrencyMissing,
    /// Too many of something.
    #[error("at most {most} are allowed")]
    TooMany {
        /// The most there may be.
        most: usize,
        /// The field.
        pointer: &'static str,
    },
    /// Not a place on the globe.
    #[error("latitude and longitude come together, from -90 to 90 and from -180 to 180")]
    CoordinatesOutOfRange,
    /// A country code is two letters.
    #[error("a country is two capital letters by ISO 3166")]
    CountryMalformed,
    /// Not everything that was ordered is there.
    #[error("not everything that was ordered can be promised")]
    InsufficientStock(Vec<Shortage>),
    /// Everything is there, and could only leave after `shipBy`.
    #[error("the order cannot leave by {ship_by}; {}", earliest_departure(*.earliest))]
    ShipByUnattainable {
        /// The time by which the order must have left.
        ship_by: Timestamp,
        /// The earliest time at which a location could ship it; absent when no location has capacity.
        earliest: Option<Timestamp>,
    },
    /// Everything is there, and no location has capacity for it.
    #[error("every location with stock is fully booked; retry later or raise dailyCapacity")]
    NoCapacity,
    /// The target of a move is paused.
    #[error("location {0} is paused; resume it, choose another location, or send force: true")]
    TargetPaused(LocationId),
    /// The target of a move has rejected the order.
    #[error("location {0} has rejected the order; choose another location, or send force: true")]
    TargetRejectedOrder(LocationId),
    /// The order must not be split, and other fulfillment orders of it have begun elsewhere.
    #[error("the order must not be split, and another of its fulfillment orders cannot move with this one")]
    WouldSplit,
    /// Nothing of it waits to be reserved.
    #[error("nothing of the order waits to be reserved")]
    NothingToReserve,
    /// It was cancelled.
    #[error("the order is cancelled")]
    OrderCancelled,
    /// An amendment of an order of which everything has left.
    #[error("everything that was ordered has left: the order cannot be amended; place another order")]
    OrderShipped,
    /// Its goods are already on their way out.
    #[error("picking has begun: what is missing is reported by short")]
    PickingHasBegun,
    /// Its locations were asked, and have not answered.
    #[error("the order's locations were asked to leave it and have not answered yet")]
    CancellationPending,
    /// Nobody asked the location to leave it.
    #[error("no cancellation was requested of the fulfillment order")]
    NoCancellationRequested,
    /// The location has said so before.
    #[error("the fulfillment order is accepted already")]
    AlreadyAccepted,
    /// No such return.
    #[error("there is no return {0}")]
    UnknownReturn(ReturnId),
    /// More units than have left and are not announced.
    #[error("{requested} units of line {line} were to come back, {returnable} can")]
    QuantityExceedsReturnable {
        /// Which line.
        line: LineNumber,
        /// How many were to come back.
        requested: Units,
        /// How many can.
        returnable: Units,
    },
    /// It waits.
    #[error("the order is on hold")]
    OrderOnHold,
    /// No such hold.
    #[error("the order has no hold {0}")]
    UnknownHold(Reference),
    /// Too many holds stand at once.
    #[error("no more holds can be placed on the order")]
    TooManyHolds,
    /// It must be paid first.
    #[error("the order's payment is not confirmed")]
    PaymentNotConfirmed,
    /// No such fulfillment order.
    #[error("there is no fulfillment order {0}")]
    UnknownFulfillmentOrder(FulfillmentOrderId),
    /// All its units were given back.
    #[error("the fulfillment order is cancelled")]
    FulfillmentOrderCancelled,
    /// Neither `all` nor `lines`, or both.
    #[error("give either all: true or lines")]
    LinesMissing,
    /// A line named by neither or both of its names, or by one that it does not have.
    #[error("line {0} of the list names no line that is meant")]
    UnknownLine(usize),
    /// The same of a line in a package.
    #[error("line {line} of package {package} of the list names no line of the fulfillment order")]
    UnknownPackageLine {
        /// Which package, from 0.
        package: usize,
        /// Which of its lines, from 0.
        line: usize,
    },
    /// More units than there are left to do it with.
    #[error("{requested} units of line {line} were reported, {open} are left")]
    QuantityExceedsOpen {
        /// Which line.
        line: LineNumber,
        /// How many were reported.
        requested: Units,
        /// How many are left.
        open: Units,
    },
    /// Nothing is left to be done.
    #[error("nothing is left to be done")]
    NothingLeft,
    /// No parcels, or too many.
    #[error("a shipment has 1 to 100 packages, not {0}")]
    PackageCount(usize),
    /// Two parcels have the same id.
    #[error("two packages have the id {0}")]
    PackageTwice(String),
    /// A parcel with nothing in it.
    #[error("package {0} of the list gives no lines: leave lines out for all that is left")]
    PackageEmpty(usize),
    /// More than one parcel does not say what is in it.
    #[error("only one package may leave out its lines")]
    PackageLinesMissing,
    /// No such shipment.
    #[error("there is no shipment {0}")]
    UnknownShipment(ShipmentId),
    /// No parcel has this number.
    #[error("no parcel has this carrier and tracking number")]
    UnknownTrackingNumber,
    /// The shipment has no such parcel.
    #[error("the shipment has no package with this id")]
    UnknownPackage,
    /// Nothing is to be other.
    #[error("give changes, shipTo or delivery")]
    ChangesMissing,
    /// A change names a line by neither or both of its names, or by one that it does not have.
    #[error("change {0} of the list names no line that is meant")]
    UnknownChangedLine(usize),
    /// Two changes are about one line.
    #[error("change {0} of the list is about the line of another")]
    LineChangedTwice(usize),
    /// A new line has the name of another.
    #[error("the lineRef of change {0} is also that of another line")]
    ChangedReferenceTwice(usize),
    /// More units than a line may have.
    #[error("change {0} of the list leads to more units than a line may have")]
    LineTooLarge(usize),
    /// A line that has amounts grows without new ones.
    #[error("the line of change {0} has amounts: say what they are for the new quantity")]
    AmountsMissing(usize),
    /// Locations were asked before and have not answered.
    #[error("locations were asked about another address or delivery and have not answered")]
    AmendmentPending,
    /// Nobody asked.
    #[error("the fulfillment order's location was asked about no other address or delivery, or has answered")]
    NoAmendmentRequested,
    /// Who asked to be forgotten is not remembered again.
    #[error("the order's personal data was erased")]
    PersonalDataErased,
    /// Units are held where the new delivery does not allow.
    #[error("units are held at a location that the new delivery does not allow")]
    ReservedElsewhere,
    /// A hold that would be over already.
    #[error("a hold cannot end in the past")]
    HoldOver,
    /// It is delivered otherwise.
    #[error("the order is not to be picked up")]
    NotToBePickedUp,
    /// Some of it has left.
    #[error("some of the fulfillment order has left")]
    ShippingHasBegun,
    /// It cannot be delivered from anywhere else.
    #[error("the order is handed out, brought or sent by one location only")]
    DeliveryLocationFixed,
    /// It is at that location already.
    #[error("the fulfillment order is at that location already")]
    AlreadyThere,
    /// A parcel that is sent and nobody carries.
    #[error("package {0} of the list needs a carrier and a trackingNumber")]
    CarrierMissing(usize),
    /// Fewer units than have left.
    #[error("{shipped} units of line {line} have left, {requested} were to be delivered")]
    QuantityBelowShipped {
        /// Which line.
        line: LineNumber,
        /// How many were to be delivered.
        requested: Units,
        /// How many have left.
        shipped: Units,
    },
    /// The order has no personal data to erase.
    #[error("the order has no personal data")]
    NoPersonalData,
}

impl Refusal for OrderRefusal {
    #[allow(clippy::too_many_lines, reason = "one row per code")]
    fn kind(&self) -> (&'static str, Class) {
        match self {
            Self::UnknownOrder(_) => ("unknown_order", Class::NotFound),
            Self::OrderExists(_) => ("order_exists", Class::Conflict),
            Self::LineCount(_) => ("line_count_out_of_range", Class::Invalid),
            Self::LineReferenceTwice(_) | Self::ChangedReferenceTwice(_) => {
                ("line_ref_not_unique", Class::Invalid)
            }
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
            Self::OrderShipped => ("order_shipped", Class::Conflict),
            Self::PickingHasBegun => ("picking_has_begun", Class::Conflict),
            Self::CancellationPending => ("cancellation_pending", Class::Conflict),
            Self::NoCancellationRequested => ("no_cancellation_requested", Class::Conflict),
            Self::AlreadyAccepted => ("already_accepted", Class::Conflict),
            Self::UnknownReturn(_) => ("unknown_return", Class::NotFound),
            Self::QuantityExceedsReturnable { .. } => ("quantity_exceeds_returnable", Class::Conflict),
            Self::OrderOnHold => ("order_on_hold", Class::Conflict),
            Self::UnknownHold(_) => ("unknown_hold", Class::Conflict),
            Self::TooManyHolds => ("too_many_holds", Class::Conflict),
            Self::PaymentNotConfirmed => ("payment_not_confirmed", Class::Conflict),
            Self::UnknownFulfillmentOrder(_) => ("unknown_fulfillment_order", Class::NotFound),
            Self::FulfillmentOrderCancelled => ("fulfillment_order_cancelled", Class::Conflict),
            Self::LinesMissing | Self::PackageEmpty(_) => ("lines_missing", Class::Invalid),
            Self::UnknownLine(_) | Self::UnknownPackageLine { .. } | Self::UnknownChangedLine(_) => {
                ("unknown_line", Class::Invalid)
            }
            Self::QuantityExceedsOpen { .. } => ("quantity_exceeds_open", Class::Conflict),
            Self::NothingLeft => ("nothing_left", Class::Conflict),
            Self::PackageCount(_) => ("package_count_out_of_range", Class::Invalid),
            Self::PackageTwice(_) => ("package_id_not_unique", Class::Invalid),
            Self::PackageLinesMissing => ("package_lines_missing", Class::Invalid),
            Self::UnknownShipment(_) => ("unknown_shipment", Class::NotFound),
            Self::UnknownTrackingNumber => ("unknown_tracking_number", Class::NotFound),
            Self::UnknownPackage => ("unknown_package", Class::Invalid),
            Self::ChangesMissing => ("changes_missing", Class::Invalid),
            Self::LineChangedTwice(_) => ("line_changed_twice", Class::Invalid),
            Self::LineTooLarge(_) => ("line_too_large", Class::Invalid),
            Self::AmountsMissing(_) => ("amounts_missing", Class::Invalid),
            Self::AmendmentPending => ("amendment_pending", Class::Conflict),
            Self::NoAmendmentRequested => ("no_amendment_requested", Class::Conflict),
            Self::PersonalDataErased => ("personal_data_erased", Class::Conflict),
            Self::ReservedElsewhere => ("reserved_elsewhere", Class::Conflict),
            Self::HoldOver => ("hold_over", Class::Invalid),
            Self::NotToBePickedUp => ("not_to_be_picked_up", Class::Conflict),
            Self::ShippingHasBegun => ("shipping_has_begun", Class::Conflict),
            Self::DeliveryLocationFixed => ("delivery_location_fixed", Class::Conflict),
            Self::AlreadyThere => ("already_there", Class::Conflict),
            Self::CarrierMissing(_) => ("carrier_missing", Class::Invalid),
            Self::QuantityBelowShipped { .. } => ("quantity_below_shipped", Class::Conflict),
            Self::NoPersonalData => ("no_personal_data", Class::Conflict),
        }
    }

    fn pointer(&self) -> Option<String> {
        let pointer = match self {
            Self::LineReferenceTwice(line) => return Some(format!("/lines/{}/lineRef", line.index())),
            Self::UnknownLine(index) => return Some(format!("/lines/{index}")),
            Self::UnknownPackageLine { package, line } => {
                return Some(format!("/packages/{package}/lines/{line}"));
            }
            Self::PackageEmpty(index) => return Some(format!("/packages/{index}/lines")),
            Self::UnknownChangedLine(index) | Self::LineChangedTwice(index) | Self::AmountsMissing(index) => {
                return Some(format!("/changes/{index}"));
            }
            Self::ChangedReferenceTwice(index) => return Some(format!("/changes/{index}/lineRef")),
            Self::LineTooLarge(index) => return Some(format!("/changes/{index}/quantity")),
            Self::CarrierMissing(index) => return Some(format!("/packages/{index}/carrier")),
            Self::TooMany { pointer, .. } => pointer,
            Self::LineCount(_)
            | Self::LinesMissing
            | Self::InsufficientStock(_)
            | Self::QuantityExceedsReturnable { .. } => "/lines",
            Self::CurrencyMissing => "/currency",
            Self::CoordinatesOutOfRange => "/shipTo/latitude",
            Self::CountryMalformed => "/shipTo/country",
            Self::PackageCount(_) | Self::PackageTwice(_) | Self::PackageLinesMissing => "/packages",
            Self::UnknownPackage => "/packageId",
            Self::UnknownTrackingNumber => "/trackingNumber",
            Self::UnknownReturn(_) => "/returnId",
            Self::UnknownHold(_) => "/holdId",
            Self::PersonalDataErased => "/shipTo",
            Self::ReservedElsewhere => "/delivery/location",
            Self::HoldOver => "/until",
            Self::AlreadyThere | Self::TargetPaused(_) | Self::TargetRejectedOrder(_) => "/location",
            Self::ShipByUnattainable { .. } => "/delivery/shipBy",
            Self::ChangesMissing | Self::QuantityBelowShipped { .. } => "/changes",
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

fn earliest_departure(earliest: Option<Timestamp>) -> String {
    match earliest {
        Some(earliest) => format!("the earliest possible departure is {earliest}"),
        None => "no location has capacity for it".to_owned(),
    }
}
