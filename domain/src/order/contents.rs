//! What events of an order are made of.

use super::choices::{DeliveryMethod, Disposition};
use crate::event::payloads;
use crate::values::{
    Amount, Attributes, FulfillmentOrderId, LineNumber, LocationId, Quantity, Reference, Sku, Text,
    Timestamp, Units,
};

payloads! {
    /// One line as it was ordered.
    OrderedLine {
        /// Its number, from 1.
        line: LineNumber,
        /// The sender's name for it.
        line_ref: Option<Reference>,
        /// What.
        sku: Sku,
        /// How many.
        quantity: Quantity,
        /// Price of one.
        unit: Option<Amount>,
        /// Price of the line.
        total: Option<Amount>,
        /// Tax of the line.
        tax: Option<Amount>,
        /// Discount on the line.
        discount: Option<Amount>,
        /// How many units the amounts are for, where not for all: those cancelled before the line grew are not among them.
        priced: Option<Units>,
        /// The sender's own data.
        attributes: Option<Attributes>,
    }
    /// What is charged beside the lines.
    #[serde(deny_unknown_fields)]
    Charge {
        /// What for, such as `shipping`.
        code: Reference,
        /// How much.
        amount: Amount,
        /// Tax on it.
        tax: Option<Amount>,
    }
    /// Where goods go, as far as it is nobody's secret.
    Destination {
        /// The city.
        city: Option<Text<100>>,
        /// State or province.
        region: Option<Text<100>>,
        /// Postal code.
        postal_code: Option<Text<20>>,
        /// Country by ISO 3166 alpha-2.
        country: Option<Text<2>>,
    }
    /// How and when goods are to reach the customer.
    #[serde(deny_unknown_fields)]
    DeliveryIntent {
        /// How.
        method: DeliveryMethod,
        /// At which location, for pickup and local delivery.
        location: Option<LocationId>,
        /// The service that was sold.
        service_level: Option<Text<64>>,
        /// Not to leave before.
        ship_not_before: Option<Timestamp>,
        /// To leave by.
        ship_by: Option<Timestamp>,
        /// To arrive by.
        deliver_by: Option<Timestamp>,
    }
    /// Units of one line.
    LineUnits {
        /// Which line.
        line: LineNumber,
        /// How many.
        quantity: Units,
        /// Of which lots, where known.
        lots: Option<Vec<Reference>>,
        /// Which serial numbers, where known.
        serials: Option<Vec<Reference>>,
        /// What they were sold for, where that is known and the event says so.
        value: Option<Amount>,
    }
    /// Lines that one location fills.
    FulfillmentOrderLines {
        /// The fulfillment order.
        fulfillment_order_id: FulfillmentOrderId,
        /// The location.
        location: LocationId,
        /// What of each line.
        lines: Vec<LineUnits>,
        /// When they can leave and arrive, where that is known.
        promise: Option<PromisedDates>,
    }
    /// When goods can leave and arrive at the earliest, by what was known when they were reserved.
    PromisedDates {
        /// When they can have left.
        ship_at: Timestamp,
        /// When they can have arrived, where the merchant has told how long that takes.
        deliver_at: Option<Timestamp>,
    }
    /// Length, width and height in millimetres.
    #[serde(deny_unknown_fields)]
    Dimensions {
        /// The longest side.
        length: Quantity,
        /// The second.
        width: Quantity,
        /// The third.
        height: Quantity,
    }
    /// A parcel.
    Package {
        /// Its id within the shipment.
        package_id: Reference,
        /// Who carries it.
        carrier: Reference,
        /// The carrier's number.
        tracking_number: Reference,
        /// The carrier's service.
        service: Option<Text<64>>,
        /// What is in it.
        lines: Vec<LineUnits>,
        /// Its weight in grams.
        weight: Option<Quantity>,
        /// Its size.
        dimensions: Option<Dimensions>,
    }
    /// What came back of one line, and what becomes of it.
    ReturnedUnits {
        /// Which line.
        line: LineNumber,
        /// How many.
        quantity: Units,
        /// What becomes of them.
        disposition: Disposition,
        /// Of which lots, where known.
        lots: Option<Vec<Reference>>,
        /// Which serial numbers, where known.
        serials: Option<Vec<Reference>>,
        /// What they were sold for, where that is known.
        value: Option<Amount>,
    }
    /// A line that is ordered in another quantity from now on.
    AmendedLine {
        /// Which line.
        line: LineNumber,
        /// How many were ordered all together, cancelled ones included.
        quantity: Quantity,
        /// Price of one.
        unit: Option<Amount>,
        /// Price of the line.
        total: Option<Amount>,
        /// Tax of the line.
        tax: Option<Amount>,
        /// Discount on the line.
        discount: Option<Amount>,
        /// How many units the amounts are for, where not for all: those cancelled before are not among them.
        priced: Option<Units>,
    }
}

impl DeliveryIntent {
    /// The only location that goods may come from: where they are fetched or brought from, or who sends them.
    pub fn pinned_location(&self) -> Option<&LocationId> {
        use DeliveryMethod::{Dropship, Local, Pickup};
        self.location.as_ref().filter(|_| matches!(self.method, Pickup | Local | Dropship))
    }
}

impl OrderedLine {
    /// What `units` units of it were sold for, when `before` of them were accounted for already: its total or else its
    /// unit price less its discount, divided so that the parts add up.
    pub fn value(&self, before: Units, units: Units, digits: u32) -> Option<Amount> {
        let of = self.priced.unwrap_or(self.quantity.units()).number();
        let whole = self.total.or_else(|| self.unit?.times_less(of, self.discount))?;
        whole.share(before.number(), units.number(), of, digits)
    }
}
