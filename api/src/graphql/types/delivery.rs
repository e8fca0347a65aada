//! The address and the delivery of an order, and a pending amendment of them.

use std::fmt;

use async_graphql::{ID, SimpleObject};
use serde::Deserialize;

use super::enums::DeliveryMethod;
use super::scalars::DateTime;

/// Where an order goes. All fields except `city`, `region`, `postalCode` and `country` are personal data. They are null
/// in lists, in orders read with `asOf`, and after the order's personal data was erased.
#[derive(Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct ShipTo {
    /// Global id: opaque, unique over all types and merchants.
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    /// The city.
    city: Option<String>,
    /// The state or province.
    region: Option<String>,
    /// The postal code.
    postal_code: Option<String>,
    /// The country, by ISO 3166 alpha-2.
    country: Option<String>,
    /// The recipient's name. Personal data.
    name: Option<String>,
    /// The recipient's company. Personal data.
    company: Option<String>,
    /// Street and number, at most 5 lines. Personal data.
    street: Option<Vec<String>>,
    /// Degrees north, -90 to 90. Personal data.
    latitude: Option<f64>,
    /// Degrees east, -180 to 180. Personal data.
    longitude: Option<f64>,
    /// The telephone number. Personal data.
    phone: Option<String>,
    /// The e-mail address. Personal data.
    email: Option<String>,
    /// Instructions for the driver. Personal data.
    instructions: Option<String>,
}

impl fmt::Debug for ShipTo {
    /// Personal data must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShipTo(..)")
    }
}

/// The change of address or delivery that locations have been asked to accept.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct PendingAmendment {
    /// Global id: opaque, unique over all types and merchants.
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    /// The id within the order, which the locations' answers may name.
    pub(super) amendment_id: ID,
    /// The new address; null if it does not change.
    pub(in crate::graphql) ship_to: Option<ShipTo>,
    /// The new delivery; null if it does not change.
    delivery: Option<DeliveryIntent>,
}

/// How and when goods are to reach the customer.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct DeliveryIntent {
    /// The delivery method.
    method: DeliveryMethod,
    /// The location that hands the goods over: for pickup and local delivery.
    location: Option<ID>,
    /// The carrier service that was sold.
    service_level: Option<String>,
    /// The earliest time to ship.
    ship_not_before: Option<DateTime>,
    /// The latest time to ship.
    ship_by: Option<DateTime>,
    /// The latest time to deliver.
    deliver_by: Option<DateTime>,
}
