//! The statuses that carriers and tracking services report, and what they mean.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;
use strum::IntoEnumIterator;

use crate::order::choices::TrackingStatus;
use crate::values::Text;

/// Names that EasyPost (`Tracker.status`), AfterShip (`tag`) and carriers use for a status.
const NAMES: [(&str, TrackingStatus); 21] = [
    ("pre_transit", TrackingStatus::LabelCreated),
    ("info_received", TrackingStatus::LabelCreated),
    ("pending", TrackingStatus::LabelCreated),
    ("accepted", TrackingStatus::PickedUp),
    ("collected", TrackingStatus::PickedUp),
    ("transit", TrackingStatus::InTransit),
    ("attempt_fail", TrackingStatus::AttemptedDelivery),
    ("delivery_attempted", TrackingStatus::AttemptedDelivery),
    ("exception", TrackingStatus::Delayed),
    ("available_for_pickup", TrackingStatus::ReadyForPickup),
    ("lost", TrackingStatus::Failure),
    ("damaged", TrackingStatus::Failure),
    ("undeliverable", TrackingStatus::Failure),
    ("failed", TrackingStatus::Failure),
    ("return_to_sender", TrackingStatus::ReturnedToSender),
    ("returned", TrackingStatus::ReturnedToSender),
    ("returning", TrackingStatus::ReturnedToSender),
    ("cancelled", TrackingStatus::Unknown),
    ("canceled", TrackingStatus::Unknown),
    ("expired", TrackingStatus::Unknown),
    ("error", TrackingStatus::Unknown),
];

/// A status as a carrier reports it. The comparison ignores case and every character that is not a letter or a digit: `InTransit` and `in-transit` both mean `in_transit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierStatus {
    /// What it means.
    pub status: TrackingStatus,
    /// The carrier's word, where it is not the name of the status.
    pub original: Option<Text<64>>,
}

/// A text is not the name of a status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a known status of a carrier; report a status without a counterpart as \"unknown\"")]
pub struct UnknownStatus(String);

impl CarrierStatus {
    /// Finds the status for a carrier's word. Returns an error if no status has this word or name.
    pub fn new(word: &str) -> Result<Self, UnknownStatus> {
        let unknown = || UnknownStatus(word.chars().take(64).collect());
        let named = names().find(|(name, _)| comparable(name).eq(comparable(word)));
        let (_, status) = named.ok_or_else(unknown)?;
        let original = (word != status.name()).then(|| Text::new(word)).transpose().map_err(|_| unknown())?;
        Ok(Self { status, original })
    }
}

impl From<TrackingStatus> for CarrierStatus {
    fn from(status: TrackingStatus) -> Self {
        Self { status, original: None }
    }
}

fn comparable(word: &str) -> impl Iterator<Item = char> {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}

fn names() -> impl Iterator<Item = (&'static str, TrackingStatus)> {
    TrackingStatus::iter().map(|status| (status.name(), status)).chain(NAMES)
}

impl Serialize for CarrierStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.original.as_ref().map_or(self.status.name(), Text::as_str))
    }
}

impl<'de> Deserialize<'de> for CarrierStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&Cow::<'de, str>::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl JsonSchema for CarrierStatus {
    fn schema_name() -> Cow<'static, str> {
        "CarrierStatus".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let known = |(name, status): (&str, TrackingStatus)| match status.name() {
            own if own == name => json!({ "type": "string", "const": name }),
            meaning => {
                let description = format!("A carrier's word for `{meaning}`.");
                json!({ "type": "string", "const": name, "description": description })
            }
        };
        json_schema!({ "oneOf": names().map(known).collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_carriers_have_a_meaning_and_are_kept() {
        let read = |word: &str| {
            CarrierStatus::new(word).map(|read| (read.status, read.original.map(|w| w.to_string())))
        };
        let kept = |status, word: &str| Ok((status, Some(word.to_owned())));
        assert_eq!(read("in_transit"), Ok((TrackingStatus::InTransit, None)));
        assert_eq!(read("pre_transit"), kept(TrackingStatus::LabelCreated, "pre_transit"));
        assert_eq!(read("DELIVERED"), kept(TrackingStatus::Delivered, "DELIVERED"));
        assert_eq!(read("OutForDelivery"), kept(TrackingStatus::OutForDelivery, "OutForDelivery"));
        assert_eq!(read("Return to Sender"), kept(TrackingStatus::ReturnedToSender, "Return to Sender"));
        assert_eq!(read("unknown"), Ok((TrackingStatus::Unknown, None)));
        assert!(read("teleported").is_err());
        assert!(read("").is_err());
        assert!(read("не delivered").is_err());
    }

    #[test]
    fn a_status_is_written_as_it_was_reported() {
        for word in ["\"delivered\"", "\"AvailableForPickup\""] {
            let status: CarrierStatus = serde_json::from_str(word).unwrap();
            assert_eq!(serde_json::to_string(&status).unwrap(), word);
        }
    }

    #[test]
    fn no_word_has_two_meanings() {
        let mut words: Vec<String> = names().map(|(name, _)| comparable(name).collect()).collect();
        let count = words.len();
        words.sort();
        words.dedup();
        assert_eq!(words.len(), count);
    }
}
