//! What a merchant has beside orders: stock, locations, rules, and read models over all of it.

use async_graphql::{ID, SimpleObject};
use holdfast_commands::{LocationView, PolicyView};
use holdfast_domain::policy::{ChannelRules, Criterion};
use holdfast_domain::promising::transit::TransitRow;
use holdfast_domain::stock as domain;
use holdfast_domain::values::ChannelName;
use holdfast_projections::ProjectionState;

use super::enums::{OnShortage, ReserveAt, SourcingCriterion};
use super::scalars::{DateTime, Long, id, text};

/// Whose goods and orders these are.
#[derive(Debug, SimpleObject)]
pub(super) struct Merchant {
    /// Its name: what the header `Merchant` takes.
    pub(super) merchant: ID,
}

/// What can be promised of a SKU.
#[derive(Debug, SimpleObject)]
pub(super) struct Availability {
    /// The SKU.
    sku: String,
    /// What can be promised at all locations that are not paused together.
    available: Long,
    /// Units that orders wait for.
    backordered: Long,
    /// Location by location.
    locations: Vec<LocationAvailability>,
    /// What is expected, the earliest first.
    supplies: Vec<Supply>,
    /// Whether the read model could not fold something that happened since: this is how it was before.
    stale: bool,
}

/// Goods that are expected.
#[derive(Debug, SimpleObject)]
pub(super) struct Supply {
    /// The supply.
    supply_id: ID,
    /// Where.
    location: ID,
    /// How many are still to come.
    quantity: Long,
    /// When.
    due_at: DateTime,
}

impl From<&domain::AvailabilityView> for Availability {
    fn from(view: &domain::AvailabilityView) -> Self {
        Self {
            sku: view.sku.to_string(),
            available: view.available.into(),
            backordered: view.backordered.into(),
            locations: view.locations.iter().map(LocationAvailability::from).collect(),
            supplies: view.supplies.iter().map(Supply::from).collect(),
            stale: view.stale,
        }
    }
}

impl From<&domain::SupplyView> for Supply {
    fn from(supply: &domain::SupplyView) -> Self {
        Self {
            supply_id: id(&supply.supply_id),
            location: id(&supply.location),
            quantity: supply.quantity.into(),
            due_at: DateTime(supply.due_at),
        }
    }
}

/// What can be promised of a SKU at one location.
#[derive(Debug, SimpleObject)]
pub(super) struct LocationAvailability {
    /// The location.
    location: ID,
    /// Whether nothing is sourced from it for now.
    paused: bool,
    /// Sellable units physically there, reserved ones included.
    on_hand: Long,
    /// Of those, held for orders.
    reserved: Long,
    /// Of those, set aside for the backorder queue.
    earmarked: Long,
    /// Of those, never promised.
    safety_stock: Long,
    /// What can still be promised: on hand less reserved, earmarked and safety stock, but never below none.
    available: Long,
    /// Expected to arrive.
    incoming: Long,
    /// Kept beside: waiting for inspection.
    quarantine: Long,
    /// Kept beside: cannot be sold.
    damaged: Long,
}

impl From<&domain::LocationAvailability> for LocationAvailability {
    fn from(view: &domain::LocationAvailability) -> Self {
        Self {
            location: id(&view.location),
            paused: view.paused,
            on_hand: view.on_hand.into(),
            reserved: view.reserved.into(),
            earmarked: view.earmarked.into(),
            safety_stock: view.safety_stock.into(),
            available: view.available.into(),
            incoming: view.incoming.into(),
            quarantine: view.quarantine.into(),
            damaged: view.damaged.into(),
        }
    }
}

/// A warehouse or a store.
#[derive(Debug, SimpleObject)]
pub(super) struct Location {
    /// Its id.
    location: ID,
    /// Its name for people.
    name: Option<String>,
    /// Degrees north.
    latitude: f64,
    /// Degrees east.
    longitude: f64,
    /// Its address, on one line.
    address: Option<String>,
    /// Orders it can handle a day.
    daily_capacity: Option<Long>,
    /// Its time zone by IANA name.
    timezone: Option<String>,
    /// Until when an order leaves the same day, as `HH:MM` in its time zone.
    cut_off: Option<String>,
    /// The merchant's preference: lower is chosen first.
    rank: Long,
    /// Whether nothing is sourced from it for now.
    paused: bool,
}

impl From<&LocationView> for Location {
    fn from(view: &LocationView) -> Self {
        let details = &view.details;
        Self {
            location: id(&view.location),
            name: text(details.name.as_ref()),
            latitude: details.latitude,
            longitude: details.longitude,
            address: text(details.address.as_ref()),
            daily_capacity: details.daily_capacity.map(Long::from),
            timezone: text(details.timezone.as_ref()),
            cut_off: text(details.cut_off.as_ref()),
            rank: u64::from(details.rank).into(),
            paused: view.paused,
        }
    }
}

/// A merchant's rules.
#[derive(Debug, SimpleObject)]
pub(super) struct Policy {
    /// The merchant's name for people.
    name: Option<String>,
    /// When units are reserved.
    reserve_at: ReserveAt,
    /// What becomes of an order when not everything is there and it does not say.
    on_shortage: OnShortage,
    /// Whether an order that does not say may ship from several locations.
    allow_split: bool,
    /// How many locations an order may ship from at most; no limit where not given.
    split_limit: Option<Long>,
    /// What sourcing prefers, in order.
    sourcing: Vec<SourcingCriterion>,
    /// How long what is reserved holds while it is not paid, by ISO 8601; for good where not given.
    reserve_for: Option<String>,
    /// How long a carrier may say nothing of a parcel before it counts as stuck, by ISO 8601.
    stuck_after: Option<String>,
    /// How many days goods are on their way.
    transit: Vec<TransitDays>,
    /// What differs by channel.
    channels: Vec<ChannelPolicy>,
}

impl From<&PolicyView> for Policy {
    fn from(view: &PolicyView) -> Self {
        let rules = &view.rules;
        Self {
            name: text(view.name.as_ref()),
            reserve_at: rules.reserve_at.into(),
            on_shortage: rules.on_shortage.into(),
            allow_split: rules.allow_split,
            split_limit: rules.split_limit.map(|most| u64::from(most).into()),
            sourcing: criteria(&rules.sourcing),
            reserve_for: text(rules.reserve_for.as_ref()),
            stuck_after: text(rules.stuck_after.as_ref()),
            transit: rules.transit.rows().iter().map(Into::into).collect(),
            channels: view.channels.iter().map(ChannelPolicy::from).collect(),
        }
    }
}

/// How many days goods are on their way; what is null stands for any.
#[derive(Debug, SimpleObject)]
pub(super) struct TransitDays {
    /// From which location.
    from: Option<String>,
    /// To which country.
    country: Option<String>,
    /// To which region of it.
    region: Option<String>,
    /// By which service.
    service_level: Option<String>,
    /// How many.
    days: Long,
}

impl From<&TransitRow> for TransitDays {
    fn from(row: &TransitRow) -> Self {
        Self {
            from: text(row.from.as_ref()),
            country: text(row.country.as_ref()),
            region: text(row.region.as_ref()),
            service_level: text(row.service_level.as_ref()),
            days: u64::from(row.days).into(),
        }
    }
}

/// What one channel does differently; what is null is as the merchant has it.
#[derive(Debug, SimpleObject)]
pub(super) struct ChannelPolicy {
    /// The channel.
    channel: String,
    /// Instead of the merchant's `reserveAt`.
    reserve_at: Option<ReserveAt>,
    /// Instead of the merchant's `onShortage`.
    on_shortage: Option<OnShortage>,
    /// Instead of the merchant's `allowSplit`.
    allow_split: Option<bool>,
    /// Instead of the merchant's `splitLimit`.
    split_limit: Option<Long>,
    /// Instead of the merchant's `sourcing`.
    sourcing: Option<Vec<SourcingCriterion>>,
    /// Instead of the merchant's `reserveFor`.
    reserve_for: Option<String>,
}

impl From<(&ChannelName, &ChannelRules)> for ChannelPolicy {
    fn from((channel, rules): (&ChannelName, &ChannelRules)) -> Self {
        Self {
            channel: channel.to_string(),
            reserve_at: rules.reserve_at.map(ReserveAt::from),
            on_shortage: rules.on_shortage.map(OnShortage::from),
            allow_split: rules.allow_split,
            split_limit: rules.split_limit.map(|most| u64::from(most).into()),
            sourcing: rules.sourcing.as_deref().map(criteria),
            reserve_for: text(rules.reserve_for.as_ref()),
        }
    }
}

fn criteria(criteria: &[Criterion]) -> Vec<SourcingCriterion> {
    criteria.iter().map(|&criterion| criterion.into()).collect()
}

/// A read model, as far as it has come with the merchant's journal.
#[derive(Debug, SimpleObject)]
pub(super) struct Projection {
    /// Its name.
    name: String,
    /// The build that serves.
    generation: Long,
    /// Everything up to here is folded or parked.
    position: Long,
    /// Events that it has yet to take.
    lag: Long,
    /// Events folded. `folded + parked = position`.
    folded: Long,
    /// Events of poisoned entities, set aside.
    parked: Long,
    /// Why it has stopped, where it has.
    halted: Option<String>,
}

impl Projection {
    /// A read model's state, with the journal's last position.
    pub(super) fn of(name: &str, state: ProjectionState, head: u64) -> Self {
        Self {
            name: name.to_owned(),
            generation: u64::try_from(state.generation).unwrap_or(0).into(),
            position: state.position.into(),
            lag: head.saturating_sub(state.position).into(),
            folded: state.folded.into(),
            parked: state.parked.into(),
            halted: state.halted,
        }
    }
}
