//! Units of a scheduled order that wait for supplies which come before they are needed, so that today's units stay available.

use super::aggregates::Aggregates;
use super::backorder_queue::eligibility;
use crate::order::Order;
use crate::sourcing::Demand;
use crate::values::Units;

/// The part of a scheduled order's demand that waits for supplies, within the channel's quotas and the SKUs' backorder limits.
///
/// An order needs units that are reserved now if its number of locations is limited (then `eligibility` has no time), if it
/// takes over a cart, if it books capacity for a date (`shipBy`), or if its reservation expires before it is paid.
pub(super) fn deferred<A: Aggregates>(
    aggregates: &mut A,
    order: &Order,
    demand: &Demand,
    quotas: &Demand,
) -> Result<Demand, A::Error> {
    let mut deferred = Demand::new();
    let now = aggregates.now();
    let has_cart = order.created.as_ref().is_some_and(|created| created.reservation.is_some());
    let must_reserve = has_cart || order.ship_by().is_some() || order.reserved_until(now).is_some();
    if order.scheduled_until().is_none() || must_reserve {
        return Ok(deferred);
    }
    let (eligibility, network) = (eligibility(aggregates, order)?, aggregates.network()?);
    for (sku, wanted) in demand {
        let item = aggregates.stock(sku)?;
        let limits = [quotas.get(sku).copied(), item.remaining_backorders()];
        let most = limits.into_iter().flatten().fold(*wanted, Units::min);
        let units = item.deferrable(most, &eligibility, now, |location| !network.is_paused(location));
        if !units.is_zero() {
            deferred.insert(sku.clone(), units);
        }
    }
    Ok(deferred)
}

/// A demand, or limits, without the units that wait. A SKU without units stays as a limit of none.
pub(super) fn without(deferred: &Demand, mut units: Demand) -> Demand {
    for (sku, waiting) in deferred {
        if let Some(left) = units.get_mut(sku) {
            *left -= *waiting;
        }
    }
    units
}
