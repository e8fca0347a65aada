//! The interface `Node`, and the lookup of objects by global id.

use async_graphql::{ID, Interface};
use holdfast_domain::values::{LocationId, OrderId, Sku};
use holdfast_projections::AvailabilityFilter;

use super::context::RequestContext;
use super::error::Problem;
use super::global_id::{GlobalId, Kind};
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
#[allow(clippy::large_enum_variant, reason = "a request has at most 200 nodes")]
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

/// Finds an object by its global id; `None` if no object has the id.
pub(super) async fn find(
    request: &RequestContext,
    argument: &'static str,
    id: &ID,
    min_position: Option<Long>,
) -> Result<Option<Node>, Problem> {
    let found: Option<GlobalId> = opaque::decode(id);
    let id = found.ok_or_else(|| Problem::invalid(argument, "is not a global id of this service"))?;
    let queries = request.queries();
    if !queries.knows_merchant(id.merchant().as_str()).await? {
        return Ok(None);
    }
    if let Some(position) = min_position {
        queries.wait_for(id.merchant().as_str(), position.0).await?;
    }
    let (merchant, as_of) = (id.merchant(), id.position().map_or(AsOf::NOW, AsOf::Position));
    Ok(match id.kind {
        Kind::Merchant => Some(Merchant::new(merchant).into()),
        Kind::Projection => Projection::all(queries, merchant)
            .await?
            .into_iter()
            .find(|projection| projection.has_name(&id.key))
            .map(Into::into),
        Kind::Policy => {
            Some(Policy::new(&id, &queries.policy_as_of(merchant.as_str(), as_of).await?)?.into())
        }
        Kind::Location => match id.key.parse::<LocationId>() {
            Ok(key) => {
                let all = queries.locations_as_of(merchant.as_str(), as_of).await?;
                let found = all.iter().find(|view| view.location == key);
                found.map(|view| Location::new(&id, view)).transpose()?.map(Into::into)
            }
            Err(_) => None,
        },
        Kind::Event => match id.key.parse::<u64>().ok().and_then(|position| position.checked_sub(1)) {
            Some(before) => {
                let events = queries.events(merchant.as_str(), before, 1).await?;
                let event = events.first().filter(|event| event.position == before + 1);
                event.map(|event| Event::new(merchant, event)).transpose()?.map(Into::into)
            }
            None => None,
        },
        Kind::Availability | Kind::LocationAvailability | Kind::Supply => find_by_sku(request, &id).await?,
        _ => find_by_order(request, &id).await?,
    })
}

/// Finds an object that belongs to a SKU.
async fn find_by_sku(request: &RequestContext, id: &GlobalId) -> Result<Option<Node>, Problem> {
    let Ok(sku) = id.key.parse::<Sku>() else { return Ok(None) };
    let filter = AvailabilityFilter { channel: id.channel.clone(), by: id.by };
    let merchant = id.merchant().as_str();
    let views = match id.position() {
        Some(position) => {
            let as_of = AsOf::Position(position);
            request.queries().availability_as_of(merchant, &[sku], &filter, as_of).await?.1
        }
        None => request.queries().availability(merchant, &[sku], &filter).await?,
    };
    let Some(view) = views.first() else { return Ok(None) };
    let found = Availability::new(&id.root(Kind::Availability), view)?;
    let wanted = id.encode();
    Ok(match id.kind {
        Kind::LocationAvailability => {
            found.locations.0.into_iter().find(|object| object.id == wanted).map(Into::into)
        }
        Kind::Supply => found.supplies.0.into_iter().find(|object| object.id == wanted).map(Into::into),
        _ => Some(found.into()),
    })
}

/// Finds an object that belongs to an order. The current order is read with its personal data.
async fn find_by_order(request: &RequestContext, id: &GlobalId) -> Result<Option<Node>, Problem> {
    let Ok(key) = id.key.parse::<OrderId>() else { return Ok(None) };
    let merchant = id.merchant().as_str();
    let view = match id.position() {
        Some(position) => request.queries().order_as_of(merchant, key, AsOf::Position(position)).await?,
        None => request.queries().order(merchant, key).await?,
    };
    let Some(view) = view else { return Ok(None) };
    let order = Order::new(&id.root(Kind::Order), &view)?;
    let wanted = id.encode();
    let fulfillment_orders = |order: Order| order.fulfillment_orders.0.into_iter();
    let shipments =
        |order: Order| fulfillment_orders(order).flat_map(|fulfillment_order| fulfillment_order.shipments.0);
    Ok(match id.kind {
        Kind::OrderLine => order.lines.0.into_iter().find(|object| object.id == wanted).map(Into::into),
        Kind::ShipTo => {
            let addresses =
                order.ship_to.into_iter().chain(order.amendment.and_then(|amendment| amendment.ship_to));
            addresses.into_iter().find(|object| object.id == wanted).map(Into::into)
        }
        Kind::PendingAmendment => order.amendment.filter(|object| object.id == wanted).map(Into::into),
        Kind::Hold => order.holds.0.into_iter().find(|object| object.id == wanted).map(Into::into),
        Kind::OrderReturn => order.returns.0.into_iter().find(|object| object.id == wanted).map(Into::into),
        Kind::OrderReturnLine => {
            let mut lines = order.returns.0.into_iter().flat_map(|order_return| order_return.lines.0);
            lines.find(|object| object.id == wanted).map(Into::into)
        }
        Kind::FulfillmentOrder => {
            fulfillment_orders(order).find(|object| object.id == wanted).map(Into::into)
        }
        Kind::FulfillmentOrderLine => fulfillment_orders(order)
            .flat_map(|fulfillment_order| fulfillment_order.lines.0)
            .find(|object| object.id == wanted)
            .map(Into::into),
        Kind::Shipment => shipments(order).find(|object| object.id == wanted).map(Into::into),
        Kind::Package => shipments(order)
            .flat_map(|shipment| shipment.packages.0)
            .find(|object| object.id == wanted)
            .map(Into::into),
        _ => Some(order.into()),
    })
}
