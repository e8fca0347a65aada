//! Separates the data of an event that is encrypted from its payload.

use super::events::{
    AmendmentRequested, LinesFulfilled, OrderAmended, OrderCreated, OrderEvent, ShipmentTracked,
};
use super::personal::PersonalData;

impl OrderEvent {
    /// Takes the data to encrypt out of the event, as JSON. None when it has none.
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
            Self::LinesFulfilled(LinesFulfilled { reference, .. }) => {
                reference.take().as_ref().map(serde_json::to_vec).transpose()
            }
            _ => Ok(None),
        }
    }

    /// The event's personal data.
    pub fn into_personal(self) -> Option<PersonalData> {
        match self {
            Self::OrderCreated(OrderCreated { personal, .. })
            | Self::OrderAmended(OrderAmended { personal, .. })
            | Self::AmendmentRequested(AmendmentRequested { personal, .. }) => personal,
            _ => None,
        }
    }

    /// Puts the data of [`OrderEvent::take_personal`] back.
    pub fn restore_personal(&mut self, json: &[u8]) -> Result<(), serde_json::Error> {
        match self {
            Self::OrderCreated(OrderCreated { personal, .. })
            | Self::OrderAmended(OrderAmended { personal, .. })
            | Self::AmendmentRequested(AmendmentRequested { personal, .. }) => {
                *personal = Some(serde_json::from_slice(json)?);
            }
            Self::ShipmentTracked(ShipmentTracked { raw, .. }) => *raw = Some(serde_json::from_slice(json)?),
            Self::LinesFulfilled(LinesFulfilled { reference, .. }) => {
                *reference = Some(serde_json::from_slice(json)?);
            }
            _ => {}
        }
        Ok(())
    }
}
