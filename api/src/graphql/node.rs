//! Global object identification: opaque ids, the interface `Node`, and how an object is found by its id.
//!
//! Client caches merge what they read by id. So an object read as it was in the past (`asOf`), or availability
//! restricted to a channel or a time, has an id of its own and never overwrites the current object.

use async_graphql::{ID, Interface};
use holdfast_domain::values::{ChannelName, LocationId, MerchantId, OrderId, Sku, Timestamp};
use holdfast_projections::AvailabilityFilter as Restriction;
use serde::{Deserialize, Serialize};

use super::context::RequestContext;
use super::error::Problem;
use super::types::availability::{Availability, LocationAvailability, Supply};
use super::types::delivery::{PendingAmendment, ShipTo};
use super::types::event::Event;
use super::types::fulfillment_order::{FulfillmentOrder, FulfillmentOrderLine};
use super::types::location::Location;
use super::types::merchant::{Merchant, Projection};
use super::types::order::{Hold, Order};
use super::types::order_line::OrderLine;
use super::types::order_return::{OrderReturn, OrderReturnLine};
use super::types::policy::Policy;
use super::types::scalars::Long;
use super::types::shipment::{Package, Shipment};
use crate::opaque;
use crate::queries::AsOf;

/// An object with a global id.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "&ID",
    desc = "Global id: opaque, unique over all types and merchants. Argument of `node` and `nodes`."
))]
pub(super) enum Node {
    Availability(Availability),
    Event(Event),
    FulfillmentOrder(FulfillmentOrder),
    FulfillmentOrderLine(FulfillmentOrderLine),
    Hold(Hold),
    Location(Location),
    LocationAvailability(LocationAvailability),
    Merchant(Merchant),
    Order(Order),
    OrderLine(OrderLine),
    OrderReturn(OrderReturn),
    OrderReturnLine(OrderReturnLine),
    Package(Package),
    PendingAmendment(PendingAmendment),
    Policy(Policy),
    Projection(Projection),
    ShipTo(ShipTo),
    Shipment(Shipment),
    Supply(Supply),
}

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
    kind: Kind,
    #[serde(rename = "m")]
    merchant: MerchantId,
    /// The domain id of the object, or of the order or SKU that it belongs to.
    #[serde(rename = "k")]
    key: String,
    /// The object within its order or SKU.
    #[serde(rename = "p")]
    part: Option<String>,
    /// The position of the journal that the object is read as of; now if absent.
    #[serde(rename = "a")]
    as_of: Option<u64>,
    /// Of availability: the channel whose limit applies.
    #[serde(rename = "c")]
    channel: Option<ChannelName>,
    /// Of availability: the time by which it is available.
    #[serde(rename = "b")]
    by: Option<Timestamp>,
}

impl GlobalId {
    /// The id of an object of its own.
    pub(super) fn new(kind: Kind, merchant: &MerchantId, key: impl ToString) -> Self {
        let (merchant, key) = (merchant.clone(), key.to_string());
        Self { kind, merchant, key, part: None, as_of: None, channel: None, by: None }
    }

    /// The same object as of a position of the journal, or now.
    pub(super) fn as_of(self, as_of: Option<u64>) -> Self {
        Self { as_of, ..self }
    }

    /// The same availability under a restriction.
    pub(super) fn restricted(self, restriction: &Restriction) -> Self {
        Self { channel: restriction.channel.clone(), by: restriction.by, ..self }
    }

    /// The id of an object that belongs to this one, as of the same position.
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

    /// Whether finding the object means replaying events of the past.
    pub(super) fn is_replayed(id: &ID) -> bool {
        opaque::decode::<Self>(id).is_some_and(|id| id.as_of.is_some())
    }

    /// The order or SKU that the object belongs to, as of the same position.
    fn root(&self, kind: Kind) -> Self {
        Self { kind, part: None, ..self.clone() }
    }
}

/// Finds an object by its global id; `None` if there is none.
pub(super) async fn find(
    request: &RequestContext,
    argument: &'static str,
    id: &ID,
    min_position: Option<Long>,
) -> Result<Option<Node>, Problem> {
    let found: Option<GlobalId> = opaque::decode(id);
    let id = found.ok_or_else(|| Problem::invalid(argument, "is not an id that this service has given"))?;
    let reading = request.reading();
    if !reading.knows_merchant(id.merchant.as_str()).await? {
        return Ok(None);
    }
    if let Some(position) = min_position {
        reading.wait_for(id.merchant.as_str(), position.0).await?;
    }
    let (merchant, as_of) = (&id.merchant, id.as_of.map_or(AsOf::NOW, AsOf::Position));
    Ok(match id.kind {
        Kind::Merchant => Some(Merchant::new(merchant).into()),
        Kind::Projection => Projection::all(reading, merchant)
            .await?
            .into_iter()
            .find(|projection| projection.is(&id.key))
            .map(Into::into),
        Kind::Policy => Some(Policy::new(&id, &reading.policy_as_of(merchant.as_str(), as_of).await?).into()),
        Kind::Location => match id.key.parse::<LocationId>() {
            Ok(key) => {
                let all = reading.locations_as_of(merchant.as_str(), as_of).await?;
                all.iter().find(|there| there.location == key).map(|view| Location::new(&id, view).into())
            }
            Err(_) => None,
        },
        Kind::Event => match id.key.parse::<u64>().ok().and_then(|position| position.checked_sub(1)) {
            Some(before) => {
                let events = reading.events(merchant.as_str(), before, 1).await?;
                let event = events.first().filter(|event| event.position == before + 1);
                event.map(|event| Event::new(merchant, event)).transpose()?.map(Into::into)
            }
            None => None,
        },
        Kind::Availability | Kind::LocationAvailability | Kind::Supply => of_sku(request, &id).await?,
        _ => of_order(request, &id).await?,
    })
}

/// An object that belongs to a SKU.
async fn of_sku(request: &RequestContext, id: &GlobalId) -> Result<Option<Node>, Problem> {
    let Ok(sku) = id.key.parse::<Sku>() else { return Ok(None) };
    let restriction = Restriction { channel: id.channel.clone(), by: id.by };
    let merchant = id.merchant.as_str();
    let views = match id.as_of {
        Some(position) => {
            let as_of = AsOf::Position(position);
            request.reading().availability_as_of(merchant, &[sku], &restriction, as_of).await?.1
        }
        None => request.reading().availability(merchant, &[sku], &restriction).await?,
    };
    let root = id.root(Kind::Availability);
    let Some(found) = views.into_iter().next().map(|view| Availability::new(&root, view)) else {
        return Ok(None);
    };
    let wanted = id.encode();
    Ok(match id.kind {
        Kind::LocationAvailability => found.all_locations().find(|there| there.id == wanted).map(Into::into),
        Kind::Supply => found.all_supplies().find(|supply| supply.id == wanted).map(Into::into),
        _ => Some(found.into()),
    })
}

/// An object that belongs to an order. The current order is read with its personal data.
async fn of_order(request: &RequestContext, id: &GlobalId) -> Result<Option<Node>, Problem> {
    let Ok(key) = id.key.parse::<OrderId>() else { return Ok(None) };
    let merchant = id.merchant.as_str();
    let view = match id.as_of {
        Some(position) => request.reading().order_as_of(merchant, key, AsOf::Position(position)).await?,
        None => request.reading().order(merchant, key).await?,
    };
    let Some(order) = view.map(|view| Order::new(id.root(Kind::Order), view)) else { return Ok(None) };
    let wanted = id.encode();
    Ok(match id.kind {
        Kind::OrderLine => order.all_lines().find(|line| line.id == wanted).map(Into::into),
        Kind::ShipTo => order.all_addresses().find(|address| address.id == wanted).map(Into::into),
        Kind::PendingAmendment => order.pending_amendment().filter(|one| one.id == wanted).map(Into::into),
        Kind::Hold => order.all_holds().find(|hold| hold.id == wanted).map(Into::into),
        Kind::OrderReturn => order.all_returns().find(|back| back.id == wanted).map(Into::into),
        Kind::OrderReturnLine => {
            let returns: Vec<_> = order.all_returns().collect();
            let mut lines = returns.iter().flat_map(OrderReturn::all_lines);
            lines.find(|line| line.id == wanted).map(Into::into)
        }
        Kind::FulfillmentOrder => {
            order.all_fulfillment_orders().find(|part| part.id == wanted).map(Into::into)
        }
        Kind::FulfillmentOrderLine | Kind::Shipment | Kind::Package => {
            let parts: Vec<_> = order.all_fulfillment_orders().collect();
            parts.iter().find_map(|part| part.find(id.kind, &wanted))
        }
        _ => Some(order.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_type_merchant_and_state_apart() {
        let (acme, other) = (MerchantId::new("acme").unwrap(), MerchantId::new("other").unwrap());
        let mug = GlobalId::new(Kind::Availability, &acme, "MUG / 1:2.3");
        let web = Restriction { channel: Some(ChannelName::new("web").unwrap()), by: None };
        let ids = [
            mug.encode(),
            mug.clone().as_of(Some(7)).encode(),
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
