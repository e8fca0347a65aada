//! One file a command: what it reads, what it asks the aggregates to decide, and what it answers.
//!
//! A handler holds no handle to the outside. What it needs and is not in memory it asks for by stopping with
//! [`Stop::Missing`]; it is run again once that is there, and only its last run leaves anything.

mod accept_amendment;
mod accept_cancellation;
mod accept_fulfillment_order;
mod adjust_stock;
mod amend_order;
mod attend_order;
mod authorize_payment;
mod cancel_order;
mod cancel_supply;
mod change_stock_condition;
mod changing;
mod confirm_delivery;
mod confirm_payment;
mod count_stock;
mod create_order;
mod erase_personal_data;
mod expect_supply;
mod fail_payment;
mod fill_backorders;
mod hold_order;
mod mark_ready_for_pickup;
mod move_fulfillment_order;
mod overcommitted;
mod pack_items;
mod pause_location;
mod pick_items;
mod promising;
mod receive_return;
mod receive_stock;
mod receive_transfer;
mod register_location;
mod register_merchant;
mod reject_amendment;
mod reject_cancellation;
mod reject_fulfillment_order;
mod release_hold;
mod request_return;
mod reserve_inventory;
mod resume_location;
mod set_merchant_policy;
mod set_stock_policy;
mod ship_items;
mod ship_transfer;
mod short_pick;
mod track_parcel;
mod track_shipment;
mod void_payment;

use holdfast_domain::network::{Location, LocationDetails, Network};
use holdfast_domain::policy::{ChannelRules, Policy, Rules};
use holdfast_domain::stock::{AvailabilityView, StockCommand, StockItem};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{ChannelName, LocationId, Reference, Sku, Text};
use holdfast_journal::OutcomeKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::world::grant;

pub use count_stock::Counted;
pub use expect_supply::SupplyAnnounced;
pub use request_return::ReturnAnnounced;
pub use ship_items::Shipped;
pub use ship_transfer::TransferMade;

pub use crate::world::{Grant, Stop, World};

/// Carries a command out.
pub trait Handle {
    /// The grant, or why there is none. Called again after [`Stop::Missing`].
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop>;
}

/// A location as the outside sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocationView {
    /// Its id.
    pub location: LocationId,
    /// What is known of it.
    #[serde(flatten)]
    pub details: LocationDetails,
    /// Whether nothing is sourced from it for now.
    pub paused: bool,
}

impl LocationView {
    /// The location as it is.
    pub fn of(id: &LocationId, location: &Location) -> Self {
        Self { location: id.clone(), details: location.details.clone(), paused: location.paused.is_some() }
    }
}

/// A merchant's rules as the outside sees them.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyView {
    /// The merchant's name for people.
    pub name: Option<Text<200>>,
    /// The rules.
    #[serde(flatten)]
    pub rules: Rules,
    /// What differs by channel.
    pub channels: std::collections::BTreeMap<ChannelName, ChannelRules>,
}

impl PolicyView {
    /// The rules as they are.
    pub fn of(policy: &Policy) -> Self {
        Self { name: policy.name.clone(), rules: policy.rules.clone(), channels: policy.channels.clone() }
    }
}

fn grant_location(network: &Network, id: &LocationId) -> Result<Grant, Stop> {
    let location = network.location(id, "/location")?;
    grant(OutcomeKind::Done, &LocationView::of(id, location))
}

fn grant_stock(item: &StockItem, network: &Network) -> Result<Grant, Stop> {
    grant(OutcomeKind::Done, &view_stock(item, network)?)
}

/// Lets a stock item change, serves who waits for it, and grants it as it is then.
fn change_stock(world: &mut World<'_>, sku: &Sku, command: &StockCommand) -> Result<Grant, Stop> {
    // What has expired is nobody's, whatever is reported now.
    changing::settle(world, sku)?;
    world.decide::<StockItem>(&StreamId::Stock(sku.clone()), command)?;
    changing::settle(world, sku)?;
    let network = world.network()?;
    grant_stock(&*world.stock(sku)?, &network)
}

fn view_stock(item: &StockItem, network: &Network) -> Result<AvailabilityView, Stop> {
    let paused =
        |id: &LocationId| network.locations.get(id).is_some_and(|location| location.paused.is_some());
    AvailabilityView::of(item, paused).ok_or_else(|| Stop::Failed("the stock item is empty".to_owned()))
}

/// The name that a sender gives, or else one made of the request.
fn made_name(given: Option<&Reference>, world: &World<'_>) -> Result<Reference, Stop> {
    let made = || Reference::new(&world.request().order_id.to_string());
    given.cloned().map_or_else(made, Ok).map_err(|error| Stop::Failed(error.to_string()))
}
