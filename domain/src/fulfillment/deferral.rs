//! Units of a scheduled order that wait for supplies which come before they are needed, so that today's units stay available.

use super::aggregates::Aggregates;
use super::backorder_queue::eligibility;
use crate::order::Order;
use crate::sourcing::{Demand, Sourced};
use crate::values::{Sku, Units};

/// The part of a scheduled order's demand that waits for supplies, within the channel's quotas and the SKUs' backorder limits.
/// The units of an order whose number of locations is limited wait only if they are all of one SKU and one location expects them all.
pub(super) fn deferred<A: Aggregates>(
    aggregates: &mut A,
    order: &Order,
    demand: &Demand,
    quotas: &Demand,
) -> Result<Demand, A::Error> {
    let mut deferred = Demand::new();
    if order.scheduled_until().is_none() {
        return Ok(deferred);
    }
    let eligibility = eligibility(aggregates, order)?;
    for (sku, wanted) in demand {
        let item = aggregates.stock(sku)?;
        let limits = [quotas.get(sku).copied(), item.remaining_backorders()];
        let most = limits.into_iter().flatten().fold(*wanted, Units::min);
        let units = item.deferrable(most, &eligibility);
        if !units.is_zero() {
            deferred.insert(sku.clone(), units);
        }
    }
    let is_limited = eligibility.whole || eligibility.split.is_some();
    if is_limited && (demand.len() > 1 || deferred != *demand) {
        deferred.clear();
    }
    Ok(deferred)
}

/// A demand, or limits, without the units that wait. A SKU without units stays as a limit of none.
pub(super) fn without(deferred: &Demand, units: &Demand) -> Demand {
    let left = |(sku, units): (&Sku, &Units)| (sku.clone(), units.saturating_sub(units_of(deferred, sku)));
    units.iter().map(left).collect()
}

/// Counts the units that wait as requested and available, for people who read what is missing.
pub(super) fn count_as_available(deferred: &Demand, sourced: &mut Sourced) {
    for shortage in &mut sourced.shortages {
        let units = units_of(deferred, &shortage.sku);
        shortage.requested += units;
        shortage.available += units;
    }
}

fn units_of(demand: &Demand, sku: &Sku) -> Units {
    demand.get(sku).copied().unwrap_or_default()
}
