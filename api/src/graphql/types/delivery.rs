//! The address and the delivery of an order, and a pending amendment of them.

use std::fmt;

use async_graphql::{ID, SimpleObject};
use holdfast_domain::order::DeliveryMethod;
use serde::Deserialize;

use super::choice::Choice;
use super::scalars::DateTime;

/// Recipient and address. Fields with personal data are null in lists, in past states, and after erasure: all except `city`,
/// `region`, `postalCode` and `country`.
#[derive(Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct ShipTo {
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    city: Option<String>,
    region: Option<String>,
    postal_code: Option<String>,
    country: Option<String>,
    name: Option<String>,
    company: Option<String>,
    street: Option<Vec<String>>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    phone: Option<String>,
    email: Option<String>,
    instructions: Option<String>,
}

impl fmt::Debug for ShipTo {
    /// Personal data must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShipTo(..)")
    }
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct PendingAmendment {
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    pub(super) amendment_id: ID,
    pub(in crate::graphql) ship_to: Option<ShipTo>,
    delivery: Option<DeliveryIntent>,
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct DeliveryIntent {
    method: Choice<DeliveryMethod>,
    location: Option<ID>,
    service_level: Option<String>,
    ship_not_before: Option<DateTime>,
    ship_by: Option<DateTime>,
    deliver_by: Option<DateTime>,
    /// Whether locations start only when every unit of the order is reserved.
    #[serde(default)]
    complete: bool,
}
