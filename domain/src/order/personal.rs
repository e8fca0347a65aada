//! Personal data: kept apart from everything else, so that it can be sealed and erased.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contents::Destination;
use super::events::{AmendmentRequested, OrderAmended, OrderCreated, OrderEvent, ShipmentTracked};
use crate::distance::Coordinates;
use crate::values::Text;

/// Where and to whom goods go, as a sender gives it.
#[serde_with::skip_serializing_none]
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShipTo {
    /// Who.
    pub name: Option<Text<200>>,
    /// At which company.
    pub company: Option<Text<200>>,
    /// Street, house number and so on, at most five lines.
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
    /// A telephone number.
    pub phone: Option<Text<50>>,
    /// A mail address.
    pub email: Option<Text<254>>,
    /// What the driver should know.
    pub instructions: Option<Text<1000>>,
}

impl fmt::Debug for ShipTo {
    /// Nothing of it may reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShipTo(..)")
    }
}

impl ShipTo {
    /// The part that is nobody's secret, where there is any.
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

    /// The part that must be sealed, where there is any.
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

/// What identifies a person: sealed wherever it is stored.
#[serde_with::skip_serializing_none]
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonalData {
    /// Who.
    pub name: Option<Text<200>>,
    /// At which company.
    pub company: Option<Text<200>>,
    /// Street, house number and so on.
    pub street: Option<Vec<Text<200>>>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
    /// A telephone number.
    pub phone: Option<Text<50>>,
    /// A mail address.
    pub email: Option<Text<254>>,
    /// What the driver should know.
    pub instructions: Option<Text<1000>>,
}

impl PersonalData {
    /// The exact destination, where both coordinates are given.
    pub fn coordinates(&self) -> Option<Coordinates> {
        Some(Coordinates { latitude: self.latitude?, longitude: self.longitude? })
    }
}

impl fmt::Debug for PersonalData {
    /// Nothing of it may reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonalData(..)")
    }
}

impl OrderEvent {
    /// Takes what must be sealed out of the event, as JSON; nothing where it has none.
    pub fn take_personal(&mut self) -> Result<Option<Vec<u8>>, serde_json::Error> {
        match self {
            Self::OrderCreated(OrderCreated { personal, .. })
            | Self::OrderAmended(OrderAmended { personal, .. })
            | Self::AmendmentRequested(AmendmentRequested { personal, .. }) => {
                personal.take().as_ref().map(serde_json::to_vec).transpose()
            }
            Self::ShipmentTracked(ShipmentTracked { raw, .. }) => {
                raw.take().as_ref().map(serde_json::to_vec).transpose()
            }
            _ => Ok(None),
        }
    }

    /// To whom and where exactly, where the event says so.
    pub fn into_personal(self) -> Option<PersonalData> {
        match self {
            Self::OrderCreated(OrderCreated { personal, .. })
            | Self::OrderAmended(OrderAmended { personal, .. })
            | Self::AmendmentRequested(AmendmentRequested { personal, .. }) => personal,
            _ => None,
        }
    }

    /// Puts back what [`OrderEvent::take_personal`] took.
    pub fn restore_personal(&mut self, json: &[u8]) -> Result<(), serde_json::Error> {
        match self {
            Self::OrderCreated(OrderCreated { personal, .. })
            | Self::OrderAmended(OrderAmended { personal, .. })
            | Self::AmendmentRequested(AmendmentRequested { personal, .. }) => {
                *personal = Some(serde_json::from_slice(json)?);
            }
            Self::ShipmentTracked(ShipmentTracked { raw, .. }) => *raw = Some(serde_json::from_slice(json)?),
            _ => {}
        }
        Ok(())
    }
}
