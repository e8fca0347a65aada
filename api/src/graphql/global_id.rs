//! Global ids: opaque to clients, unique over all types and merchants.
//!
//! Client caches merge objects by id. A past state of an object (`asOf`), or availability by channel or time, has an id of its
//! own, so it never overwrites the current object.

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

/// The content of a global id. Clients see it in base64url.
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
    /// The id of the object within its order or SKU.
    #[serde(rename = "p")]
    child: Option<String>,
    /// The journal position of the object's state; the current state if absent.
    #[serde(rename = "a")]
    as_of: Option<u64>,
    /// For availability: the channel whose limit applies.
    #[serde(rename = "c")]
    pub(super) channel: Option<ChannelName>,
    /// For availability: the time by which supplies are included.
    #[serde(rename = "b")]
    pub(super) by: Option<Timestamp>,
}

impl GlobalId {
    /// The id of an object that does not belong to another one.
    #[allow(clippy::needless_pass_by_value, reason = "callers pass numbers and format_args!")]
    pub(super) fn new(kind: Kind, merchant: &MerchantId, key: impl ToString) -> Self {
        let (merchant, key) = (merchant.clone(), key.to_string());
        Self { kind, merchant, key, child: None, as_of: None, channel: None, by: None }
    }

    /// The same object as of a journal position, or the current one.
    pub(super) fn with_position(self, as_of: Option<u64>) -> Self {
        Self { as_of, ..self }
    }

    /// The same availability by channel or time.
    pub(super) fn filtered(self, filter: &AvailabilityFilter) -> Self {
        Self { channel: filter.channel.clone(), by: filter.by, ..self }
    }

    /// The id of an object that belongs to this order or SKU, with the same position.
    #[allow(clippy::needless_pass_by_value, reason = "callers pass numbers and format_args!")]
    pub(super) fn child(&self, kind: Kind, key: impl ToString) -> ID {
        Self { kind, child: Some(key.to_string()), ..self.clone() }.encode()
    }

    /// The id in the form that clients see.
    pub(super) fn encode(&self) -> ID {
        ID(opaque::encode(self))
    }

    /// The merchant that the object belongs to.
    pub(super) fn merchant(&self) -> &MerchantId {
        &self.merchant
    }

    /// The journal position of the object's state; `None` for the current state.
    pub(super) fn position(&self) -> Option<u64> {
        self.as_of
    }

    /// Decodes an id that `encode` returned.
    pub(super) fn decode(id: &ID) -> Result<Self, Problem> {
        opaque::decode(id).ok_or_else(|| Problem::internal(&format!("{} is not a global id", id.as_str())))
    }

    /// The id of the order that the object belongs to.
    pub(super) fn order(&self) -> Result<OrderId, Problem> {
        self.key.parse().map_err(|error| Problem::internal(&error))
    }

    /// Whether reading the object replays events, because its id names a past state.
    pub(super) fn is_replayed(id: &ID) -> bool {
        opaque::decode::<Self>(id).is_some_and(|id| id.as_of.is_some())
    }

    /// The id of the order or SKU that the object belongs to, with the same position.
    pub(super) fn root(&self, kind: Kind) -> Self {
        Self { kind, child: None, ..self.clone() }
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
            mug.clone().filtered(&web).encode(),
            mug.child(Kind::Supply, "1"),
            mug.child(Kind::LocationAvailability, "1"),
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
