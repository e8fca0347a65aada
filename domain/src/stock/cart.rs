//! Units that carts have reserved. The state counts them by the time at which they end: it stays small however many carts
//! are open, because the ends of carts are rounded.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::allocation::{Allocation, summed, total};
use super::events::{StockCartExtended, StockCartReleased, StockCartReserved};
use super::level::StockLevel;
use super::refusals::StockRefusal;
use super::{Decision, StockItem};
use crate::values::{CartReservationId, ChannelName, LocationId, Timestamp, Units};

/// The units of all carts that end at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpiringCarts {
    /// When they end.
    pub until: Timestamp,
    /// Reserved units by location.
    pub units: BTreeMap<LocationId, Units>,
    /// The units among them that count towards the quotas of channels. A channel without a quota may still be listed.
    pub counted: BTreeMap<ChannelName, Units>,
}

impl ExpiringCarts {
    /// Their units by location.
    pub(super) fn allocations(&self) -> impl Iterator<Item = Allocation> {
        let allocation = |(location, quantity): (&LocationId, &Units)| Allocation {
            location: location.clone(),
            quantity: *quantity,
        };
        self.units.iter().map(allocation)
    }
}

/// Units of one SKU that a cart has reserved or reserves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartUnits {
    /// The cart.
    pub reservation_id: CartReservationId,
    /// The channel of the checkout.
    pub channel: ChannelName,
    /// When the cart was reserved: a quota counts the carts since it was introduced.
    pub reserved_at: Timestamp,
    /// When the reservation ends.
    pub until: Timestamp,
    /// Units by location.
    pub allocations: Vec<Allocation>,
}

impl CartUnits {
    /// Its units at a location.
    pub fn at(&self, location: &LocationId) -> Units {
        let here = self.allocations.iter().filter(|there| there.location == *location);
        here.map(|there| there.quantity).sum()
    }

    /// Its units at all locations.
    pub fn total(&self) -> Units {
        total(&self.allocations)
    }
}

impl StockItem {
    /// Units that carts have reserved at a location.
    pub fn reserved_for_carts_at(&self, location: &LocationId) -> Units {
        self.carts.iter().filter_map(|carts| carts.units.get(location).copied()).sum()
    }

    fn cart_channel(&self, cart: &CartUnits) -> Option<ChannelName> {
        self.remaining_quota(&cart.channel, cart.reserved_at).map(|_| cart.channel.clone())
    }
}

/// Sourcing has chosen the locations within the quota of the cart's channel.
pub(super) fn reserve(item: &StockItem, cart: &CartUnits) -> Decision {
    let sku = item.require_known()?.clone();
    let allocations = summed(&cart.allocations);
    item.require_available(&allocations, StockLevel::available)?;
    let (reservation_id, until, channel) = (cart.reservation_id, cart.until, item.cart_channel(cart));
    Ok(vec![StockCartReserved { sku, reservation_id, allocations, until, channel }.into()])
}

pub(super) fn release(item: &StockItem, cart: &CartUnits) -> Decision {
    let sku = item.require_known()?.clone();
    let allocations = require_reserved(item, cart)?;
    let (reservation_id, until, channel) = (cart.reservation_id, cart.until, item.cart_channel(cart));
    Ok(vec![StockCartReleased { sku, reservation_id, allocations, until, channel }.into()])
}

/// The units of the cart end at another time.
pub(super) fn extend(item: &StockItem, cart: &CartUnits, until: Timestamp) -> Decision {
    let sku = item.require_known()?.clone();
    let allocations = require_reserved(item, cart)?;
    let (reservation_id, before, channel) = (cart.reservation_id, cart.until, item.cart_channel(cart));
    Ok(vec![StockCartExtended { sku, reservation_id, allocations, before, until, channel }.into()])
}

/// The units of a cart by location, all of which carts have reserved until the end of this one.
fn require_reserved(item: &StockItem, cart: &CartUnits) -> Result<Vec<Allocation>, StockRefusal> {
    let allocations = summed(&cart.allocations);
    let carts = item.carts.iter().find(|carts| carts.until == cart.until);
    for Allocation { location, quantity } in &allocations {
        let reserved = carts.and_then(|carts| carts.units.get(location)).copied().unwrap_or_default();
        if *quantity > reserved {
            let (location, requested) = (location.clone(), *quantity);
            return Err(StockRefusal::NotReserved { location, requested, reserved });
        }
    }
    Ok(allocations)
}

pub(super) fn reserved(item: &mut StockItem, reserved: &StockCartReserved) {
    let StockCartReserved { allocations, until, channel, .. } = reserved;
    for Allocation { location, quantity } in allocations {
        item.level_mut(location).reserved += *quantity;
    }
    item.add_promised(channel.as_ref(), total(allocations));
    add(item, *until, allocations, channel.as_ref());
}

pub(super) fn released(item: &mut StockItem, released: &StockCartReleased) {
    let StockCartReleased { allocations, until, channel, .. } = released;
    for Allocation { location, quantity } in allocations {
        item.level_mut(location).reserved -= *quantity;
    }
    item.subtract_promised(channel.as_ref(), total(allocations));
    subtract(item, *until, allocations, channel.as_ref());
}

pub(super) fn extended(item: &mut StockItem, extended: &StockCartExtended) {
    let StockCartExtended { allocations, before, until, channel, .. } = extended;
    subtract(item, *before, allocations, channel.as_ref());
    add(item, *until, allocations, channel.as_ref());
}

fn add(item: &mut StockItem, until: Timestamp, allocations: &[Allocation], channel: Option<&ChannelName>) {
    let all = Arc::make_mut(&mut item.carts);
    let index = all.partition_point(|carts| carts.until < until);
    if all.get(index).is_none_or(|carts| carts.until != until) {
        let carts = ExpiringCarts { until, units: BTreeMap::new(), counted: BTreeMap::new() };
        all.insert(index, Arc::new(carts));
    }
    let carts = Arc::make_mut(&mut all[index]);
    for Allocation { location, quantity } in allocations {
        *carts.units.entry(location.clone()).or_default() += *quantity;
    }
    if let Some(channel) = channel {
        *carts.counted.entry(channel.clone()).or_default() += total(allocations);
    }
}

fn subtract(
    item: &mut StockItem,
    until: Timestamp,
    allocations: &[Allocation],
    channel: Option<&ChannelName>,
) {
    let all = Arc::make_mut(&mut item.carts);
    let Some(index) = all.iter().position(|carts| carts.until == until) else { return };
    let carts = Arc::make_mut(&mut all[index]);
    for Allocation { location, quantity } in allocations {
        if let Some(units) = carts.units.get_mut(location) {
            *units -= *quantity;
        }
    }
    carts.units.retain(|_, units| !units.is_zero());
    if let Some(counted) = channel.and_then(|channel| carts.counted.get_mut(channel)) {
        *counted -= total(allocations);
    }
    if carts.units.is_empty() {
        all.remove(index);
    }
}
