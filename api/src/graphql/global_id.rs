//! Global ids: opaque to clients, unique over all types and merchants.
//!
//! Client caches merge what they read by id. So an object read as it was in the past (`asOf`), or availability restricted to
//! a channel or a time, has an id of its own and never overwrites the current object.

use async_graphql::ID;
use holdfast_domain::values::{ChannelName, MerchantId, OrderId, Timestamp};
use holdfast_projections::AvailabilityFilter;
use serde::{Deserialize, Serialize};

use super::error::Problem;
use crate::opaque;

/// The types that implement `Node`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    Availability,
    Event,
    FulfillmentOrder,
    FulfillmentOrderLine,
    Hold,
    Location,
    LocationAvailability,
    Merchant,
    Order,
    OrderLine,
    OrderReturn,
    OrderReturnLine,
    Package,
    PendingAmendment,
    Policy,
    Projection,
    ShipTo,
    Shipment,
    Supply,
}

/// What a global id says. Clients see its base64url.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GlobalId {
    /// The object's type.
    #[serde(rename = "t")]
    pub(super) kind: Kind,
    #[serde(rename = "m")]
    merchant: MerchantId,
    /// The domain id of the object, or of the order or SKU that it belongs to.
    #[serde(rename = "k")]
    pub(super) key: String,
    /// The object within its order or SKU.
    #[serde(rename = "p")]
    part: Option<String>,
    /// The position of the journal that the object is read as of; now if absent.
    #[serde(rename = "a")]
    as_of: Option<u64>,
    /// Of availability: the channel whose limit applies.
    #[serde(rename = "c")]
    pub(super) channel: Option<ChannelName>,
    /// Of availability: the time by which it is available.
    #[serde(rename = "b")]
    pub(super) by: Option<Timestamp>,
}

impl GlobalId {
    /// The id of an object of its own.
    #[allow(clippy::needless_pass_by_value, reason = "callers pass numbers and format_args!")]
    pub(super) fn new(kind: Kind, merchant: &MerchantId, key: impl ToString) -> Self {
        let (merchant, key) = (merchant.clone(), key.to_string());
        Self { kind, merchant, key, part: None, as_of: None, channel: None, by: None }
    }

    /// The same object as of a position of the journal, or now.
    pub(super) fn with_position(self, as_of: Option<u64>) -> Self {
        Self { as_of, ..self }
    }

    /// The same availability under a restriction.
    pub(super) fn restricted(self, restriction: &AvailabilityFilter) -> Self {
        Self { channel: restriction.channel.clone(), by: restriction.by, ..self }
    }

    /// The id of an object that belongs to this one, as of the same position.
    #[allow(clippy::needless_pass_by_value, reason = "callers pass numbers and format_args!")]
    pub(super) fn part(&self, kind: Kind, part: impl ToString) -> ID {
        Self { kind, part: Some(part.to_string()), ..self.clone() }.encode()
    }

    /// The id as clients get it.
    pub(super) fn encode(&self) -> ID {
        ID(opaque::encode(self))
    }

    /// The merchant that the object belongs to.
    pub(super) fn merchant(&self) -> &MerchantId {
        &self.merchant
    }

    /// The position that the object is read as of; `None` for the current object.
    pub(super) fn position(&self) -> Option<u64> {
        self.as_of
    }

    /// The global id that clients see as `id`.
    pub(super) fn decode(id: &ID) -> Result<Self, Problem> {
        opaque::decode(id).ok_or_else(|| Problem::internal(&format!("{} is not a global id", id.as_str())))
    }

    /// The id of the order that the object belongs to.
    pub(super) fn order(&self) -> Result<OrderId, Problem> {
        self.key.parse().map_err(|error| Problem::internal(&error))
    }

    /// Whether finding the object means replaying events of the past.
    pub(super) fn is_replayed(id: &ID) -> bool {
        opaque::decode::<Self>(id).is_some_and(|id| id.as_of.is_some())
    }

    /// The order or SKU that the object belongs to, as of the same position.
    pub(super) fn root(&self, kind: Kind) -> Self {
        Self { kind, part: None, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_by_type_merchant_and_state() {
        let (acme, other) = (MerchantId::new("acme").unwrap(), MerchantId::new("other").unwrap());
        let mug = GlobalId::new(Kind::Availability, &acme, "MUG / 1:2.3");
        let web = AvailabilityFilter { channel: Some(ChannelName::new("web").unwrap()), by: None };
        let ids = [
            mug.encode(),
            mug.clone().with_position(Some(7)).encode(),
            mug.clone().restricted(&web).encode(),
            mug.part(Kind::Supply, "1"),
            mug.part(Kind::LocationAvailability, "1"),
            GlobalId::new(Kind::Location, &acme, "MUG / 1:2.3").encode(),
            GlobalId::new(Kind::Availability, &other, "MUG / 1:2.3").encode(),
        ];
        let different: std::collections::BTreeSet<&str> = ids.iter().map(|id| id.as_str()).collect();
        assert_eq!(different.len(), ids.len());
        assert_eq!(opaque::decode::<GlobalId>(&ids[0]), Some(mug));
        assert!(GlobalId::is_replayed(&ids[1]) && !GlobalId::is_replayed(&ids[0]));
        for id in &ids {
            assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{id:?}");
        }
    }
}
