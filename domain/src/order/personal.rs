//! Personal data, separate from other data so that it can be encrypted and erased.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contents::Destination;
use crate::distance::Coordinates;
use crate::values::Text;

/// Recipient and address.
#[serde_with::skip_serializing_none]
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShipTo {
    /// The recipient.
    pub name: Option<Text<200>>,
    /// The recipient's company.
    pub company: Option<Text<200>>,
    /// Street and number; at most five lines.
    #[schemars(length(max = 5))]
    pub street: Option<Vec<Text<200>>>,
    /// The city.
    pub city: Option<Text<100>>,
    /// State or province.
    pub region: Option<Text<100>>,
    /// Postal code.
    pub postal_code: Option<Text<20>>,
    /// Country by ISO 3166 alpha-2.
    pub country: Option<Text<2>>,
    /// Degrees north, -90 to 90.
    pub latitude: Option<f64>,
    /// Degrees east, -180 to 180.
    pub longitude: Option<f64>,
    /// Telephone number.
    pub phone: Option<Text<50>>,
    /// Email address.
    pub email: Option<Text<254>>,
    /// Delivery instructions.
    pub instructions: Option<Text<1000>>,
}

impl fmt::Debug for ShipTo {
    /// Personal data must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShipTo(..)")
    }
}

impl ShipTo {
    /// The part that identifies no person, where there is any.
    pub fn destination(&self) -> Option<Destination> {
        let destination = Destination {
            city: self.city.clone(),
            region: self.region.clone(),
            postal_code: self.postal_code.clone(),
            country: self.country.clone(),
        };
        let nothing = Destination { city: None, region: None, postal_code: None, country: None };
        (destination != nothing).then_some(destination)
    }

    /// The part that must be encrypted, where there is any.
    pub fn personal(&self) -> Option<PersonalData> {
        let personal = PersonalData {
            name: self.name.clone(),
            company: self.company.clone(),
            street: self.street.clone(),
            latitude: self.latitude,
            longitude: self.longitude,
            phone: self.phone.clone(),
            email: self.email.clone(),
            instructions: self.instructions.clone(),
        };
        (personal != PersonalData::default()).then_some(personal)
    }
}

/// Data that identifies a person: encrypted wherever it is stored.
#[serde_with::skip_serializing_none]
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "documented at `ShipTo`")]
pub struct PersonalData {
    pub name: Option<Text<200>>,
    pub company: Option<Text<200>>,
    pub street: Option<Vec<Text<200>>>,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub phone: Option<Text<50>>,
    pub email: Option<Text<254>>,
    pub instructions: Option<Text<1000>>,
}

impl PersonalData {
    /// The exact destination, where both coordinates are given.
    pub fn coordinates(&self) -> Option<Coordinates> {
        Some(Coordinates { latitude: self.latitude?, longitude: self.longitude? })
    }
}

impl fmt::Debug for PersonalData {
    /// Personal data must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonalData(..)")
    }
}
