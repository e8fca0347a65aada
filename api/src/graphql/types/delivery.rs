//! Where an order goes, how it is delivered, and the change of either that is pending.

use std::fmt;

use async_graphql::{ID, SimpleObject};
use holdfast_domain::order as domain;

use super::enums::DeliveryMethod;
use super::scalars::{DateTime, id, text};
use crate::graphql::node::{GlobalId, Kind};

/// Where an order goes. All fields except `city`, `region`, `postalCode` and `country` are personal data. They are null
/// in lists, in orders read with `asOf`, and after the order's personal data was erased.
#[derive(SimpleObject)]
pub(in crate::graphql) struct ShipTo {
    /// Global id: opaque, unique over all types and merchants.
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
    /// Street and house number, at most 5 lines. Personal data.
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

impl ShipTo {
    /// The address of an order, or of an amendment of it.
    pub(super) fn new(root: &GlobalId, amendment: &str, view: &domain::ShipToView) -> Self {
        let (place, personal) = (view.destination.as_ref(), view.personal.as_ref());
        let street = personal.and_then(|personal| personal.street.as_ref());
        Self {
            id: root.part(Kind::ShipTo, amendment),
            city: text(place.and_then(|place| place.city.as_ref())),
            region: text(place.and_then(|place| place.region.as_ref())),
            postal_code: text(place.and_then(|place| place.postal_code.as_ref())),
            country: text(place.and_then(|place| place.country.as_ref())),
            name: text(personal.and_then(|personal| personal.name.as_ref())),
            company: text(personal.and_then(|personal| personal.company.as_ref())),
            street: street.map(|lines| lines.iter().map(ToString::to_string).collect()),
            latitude: personal.and_then(|personal| personal.latitude),
            longitude: personal.and_then(|personal| personal.longitude),
            phone: text(personal.and_then(|personal| personal.phone.as_ref())),
            email: text(personal.and_then(|personal| personal.email.as_ref())),
            instructions: text(personal.and_then(|personal| personal.instructions.as_ref())),
        }
    }
}

/// The change of address or delivery that locations have been asked to accept.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct PendingAmendment {
    /// Global id: opaque, unique over all types and merchants.
    pub(in crate::graphql) id: ID,
    /// The id within the order, which the locations' answers may name.
    amendment_id: ID,
    /// The new address; null if it does not change.
    pub(super) ship_to: Option<ShipTo>,
    /// The new delivery; null if it does not change.
    delivery: Option<DeliveryIntent>,
}

impl PendingAmendment {
    pub(super) fn new(root: &GlobalId, view: &domain::AmendmentView) -> Self {
        let key = view.amendment_id.to_string();
        Self {
            id: root.part(Kind::PendingAmendment, &key),
            ship_to: view.ship_to.as_ref().map(|ship_to| ShipTo::new(root, &key, ship_to)),
            amendment_id: ID(key),
            delivery: view.delivery.as_ref().map(DeliveryIntent::from),
        }
    }
}

/// How and when goods are to reach the customer.
#[derive(Debug, SimpleObject)]
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

impl From<&domain::DeliveryIntent> for DeliveryIntent {
    fn from(intent: &domain::DeliveryIntent) -> Self {
        Self {
            method: intent.method.into(),
            location: intent.location.as_ref().map(id),
            service_level: text(intent.service_level.as_ref()),
            ship_not_before: intent.ship_not_before.map(DateTime),
            ship_by: intent.ship_by.map(DateTime),
            deliver_by: intent.deliver_by.map(DateTime),
        }
    }
}
