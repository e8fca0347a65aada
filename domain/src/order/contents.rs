//! The values that commands, events and state of an order are made of.

use super::choices::{DeliveryMethod, Disposition};
use crate::event::payloads;
use crate::values::{
    Amount, Attributes, FulfillmentOrderId, LineNumber, LocationId, Quantity, Reference, Sku, Text,
    Timestamp, Units,
};

payloads! {
    /// The bundle to which the units of a line belong.
    #[derive(Eq)]
    BundleLine {
        /// The SKU of the bundle.
        sku: Sku,
        /// The number of bundles that were ordered.
        quantity: Quantity,
        /// The sender's name for the bundle's line.
        line_ref: Option<Reference>,
        /// The number of the component in the bundle, from 1. The lines of one bundle follow each other.
        component: u32,
    }
    /// One line of an order.
    OrderedLine {
        /// From 1.
        line: LineNumber,
        /// The sender's name for the line.
        line_ref: Option<Reference>,
        sku: Sku,
        /// Units ordered, cancelled ones included.
        quantity: Quantity,
        /// False: the line needs no stock and no shipping, such as a gift card or a service. It is fulfilled by
        /// `FulfillLines`. Default: true.
        #[serde(default = "crate::event::default_true")]
        requires_stock: bool,
        /// Price of one unit.
        unit: Option<Amount>,
        /// Price of the line.
        total: Option<Amount>,
        /// Tax of the line.
        tax: Option<Amount>,
        /// Discount on the line.
        discount: Option<Amount>,
        /// The number of units that the amounts are for. Absent: all. Units that were cancelled before the line grew are
        /// not counted.
        priced: Option<Units>,
        /// The bundle to which the units belong. Absent: they were ordered on their own.
        bundle: Option<BundleLine>,
        /// The sender's own data.
        attributes: Option<Attributes>,
    }
    /// A charge in addition to the lines.
    #[serde(deny_unknown_fields)]
    Charge {
        /// The kind of charge, such as `shipping`.
        code: Reference,
        /// In the order's currency.
        amount: Amount,
        /// Tax on the amount.
        tax: Option<Amount>,
    }
    /// The part of an address that identifies no person.
    Destination {
        city: Option<Text<100>>,
        /// State or province.
        region: Option<Text<100>>,
        postal_code: Option<Text<20>>,
        /// Country by ISO 3166 alpha-2.
        country: Option<Text<2>>,
    }
    /// How and when goods reach the customer.
    #[serde(deny_unknown_fields)]
    DeliveryIntent {
        /// The delivery method.
        method: DeliveryMethod,
        /// The location that hands out, delivers or sends the goods. Used by `pickup`, `local` and `dropship`.
        location: Option<LocationId>,
        /// The service that was sold, such as `express`.
        service_level: Option<Text<64>>,
        /// The order is on hold until this time. Supplies that are expected until then serve it before today's units do.
        ship_not_before: Option<Timestamp>,
        /// The goods must have left by this time.
        ship_by: Option<Timestamp>,
        /// The goods must have arrived by this time.
        deliver_by: Option<Timestamp>,
        /// Whether locations start only when every unit of the order is reserved. Default: false.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        complete: bool,
    }
    /// Units of one line.
    LineUnits {
        /// The line's number, from 1.
        line: LineNumber,
        /// The number of units.
        quantity: Units,
        /// Their lots, where known.
        lots: Option<Vec<Reference>>,
        /// Their serial numbers, where known.
        serials: Option<Vec<Reference>>,
        /// Their share of the line's price, where it is known.
        value: Option<Amount>,
    }
    /// Units of an order at one location.
    FulfillmentOrderLines {
        fulfillment_order_id: FulfillmentOrderId,
        location: LocationId,
        lines: Vec<LineUnits>,
        /// When they can leave and arrive, where that is known.
        promise: Option<PromisedDates>,
    }
    /// When goods can leave and arrive at the earliest, as known when they were reserved.
    PromisedDates {
        /// The earliest departure.
        ship_at: Timestamp,
        /// The earliest arrival. Absent when the merchant's policy has no transit time for the route.
        deliver_at: Option<Timestamp>,
    }
    /// Length, width and height in millimetres.
    #[serde(deny_unknown_fields)]
    Dimensions {
        /// The longest side.
        length: Quantity,
        /// The second side.
        width: Quantity,
        /// The third side.
        height: Quantity,
    }
    /// A package that has left.
    Package {
        /// Unique within the shipment.
        package_id: Reference,
        carrier: Reference,
        /// The carrier's number.
        tracking_number: Reference,
        /// The carrier's service.
        service: Option<Text<64>>,
        lines: Vec<LineUnits>,
        /// In grams.
        weight: Option<Quantity>,
        dimensions: Option<Dimensions>,
    }
    /// Units of one line that came back.
    ReturnedUnits {
        line: LineNumber,
        quantity: Units,
        disposition: Disposition,
        /// Their lots, where known.
        lots: Option<Vec<Reference>>,
        /// Their serial numbers, where known.
        serials: Option<Vec<Reference>>,
        /// Their share of the line's price, where it is known.
        value: Option<Amount>,
    }
    /// The new quantity and amounts of a line.
    AmendedLine {
        line: LineNumber,
        /// Units ordered, cancelled ones included.
        quantity: Quantity,
        /// Price of one unit.
        unit: Option<Amount>,
        /// Price of the line.
        total: Option<Amount>,
        /// Tax of the line.
        tax: Option<Amount>,
        /// Discount on the line.
        discount: Option<Amount>,
        /// The number of units that the amounts are for. Absent: all.
        priced: Option<Units>,
    }
}

impl BundleLine {
    /// Whether it is the line of the first component.
    pub const fn is_first(&self) -> bool {
        self.component == 1
    }
}

impl OrderedLine {
    /// The sender's name for the line, or for the bundle that it is part of.
    pub(super) fn sender_reference(&self) -> Option<&Reference> {
        self.line_ref.as_ref().or_else(|| self.bundle.as_ref()?.line_ref.as_ref())
    }
}

/// The indexes of lines as they were sent, by their bundles: the components of a bundle were sent as one line.
pub fn sent_indexes<'a>(
    bundles: impl Iterator<Item = Option<&'a BundleLine>>,
) -> impl Iterator<Item = usize> {
    bundles.scan(0_usize, |sent, bundle| {
        *sent += usize::from(bundle.is_none_or(BundleLine::is_first));
        Some(sent.saturating_sub(1))
    })
}

impl Package {
    /// Whether a report of a carrier names this package. See [`package_key`].
    pub fn is_named(&self, carrier: &Reference, tracking_number: &Reference) -> bool {
        package_key(&self.carrier, &self.tracking_number) == package_key(carrier, tracking_number)
    }
}

/// The key by which a package is found: `carrier/number`, in lower case and without blanks. A slash in the name of a carrier is
/// replaced by a control character, because names contain none: the key is unambiguous.
pub fn package_key(carrier: &Reference, tracking_number: &Reference) -> String {
    let carrier = carrier.without_case_and_blanks().replace('/', "\u{1f}");
    format!("{carrier}/{}", tracking_number.without_case_and_blanks())
}

impl DeliveryIntent {
    /// A delivery at any time.
    pub const fn new(method: DeliveryMethod) -> Self {
        Self {
            method,
            location: None,
            service_level: None,
            ship_not_before: None,
            ship_by: None,
            deliver_by: None,
            complete: false,
        }
    }

    /// The only location that goods may come from, for methods that need one.
    pub fn pinned_location(&self) -> Option<&LocationId> {
        use DeliveryMethod::{Dropship, Local, Pickup};
        self.location.as_ref().filter(|_| matches!(self.method, Pickup | Local | Dropship))
    }
}

impl LineUnits {
    /// Units of a line without lots, serial numbers or value.
    pub(super) fn new(line: LineNumber, quantity: Units) -> Self {
        Self { line, quantity, lots: None, serials: None, value: None }
    }
}

/// The sum of the entries for one line.
pub(super) fn total(units: &[LineUnits], line: LineNumber) -> Units {
    units.iter().filter(|units| units.line == line).map(|units| units.quantity).sum()
}
