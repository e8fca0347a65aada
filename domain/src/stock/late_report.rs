//! Late reports of movements that happened before the latest count: the count includes them, so that on hand stays as it is.
//!
//! Such a movement is recorded in full. An adjustment in the same decision offsets it, so that the events add up to
//! on hand, in whichever order movements and counts are reported.

use super::StockItem;
use super::events::{AdjustmentReason, Condition, StockAdjusted, StockEvent};
use crate::values::{Delta, LocationId, Quantity, Sku, Timestamp, Units};

/// The time of a report about the past. `None` for a report about now.
pub(super) fn earlier(reported: Option<Timestamp>, at: Timestamp) -> Option<Timestamp> {
    reported.filter(|reported| *reported < at)
}

/// The reported time, if it is too far ahead of the decision time: the report is about now then.
pub(super) fn ahead(reported: Option<Timestamp>, at: Timestamp) -> Option<Timestamp> {
    reported?.ahead_of(at)
}

impl StockItem {
    /// Whether the latest count at a location includes the movements that happened there at a time.
    pub(super) fn has_counted_since(&self, location: &LocationId, happened_at: Option<Timestamp>) -> bool {
        let last_counted = self.levels.get(location).and_then(|level| level.last_counted_at);
        happened_at.zip(last_counted).is_some_and(|(happened, counted)| happened <= counted)
    }
}

/// Adds the adjustments that offset movements before the latest count. Units are added before others are taken
/// off, because on hand never falls below zero.
pub(super) fn offset(item: &StockItem, events: Vec<StockEvent>) -> Vec<StockEvent> {
    let is_counted =
        |movement: &OnHandMovement<'_>| item.has_counted_since(movement.location, movement.happened_at);
    if !events.iter().flat_map(movements).any(|movement| is_counted(&movement)) {
        return events;
    }
    let mut all = Vec::with_capacity(events.len());
    for event in events {
        let opposite: Vec<_> = movements(&event)
            .into_iter()
            .filter(is_counted)
            .flat_map(|movement| movement.opposite(event.sku()))
            .collect();
        let (added, taken): (Vec<_>, Vec<_>) = opposite.into_iter().partition(|one| one.delta.number() > 0);
        all.extend(added.into_iter().map(StockEvent::from));
        all.push(event);
        all.extend(taken.into_iter().map(StockEvent::from));
    }
    all
}

/// A change of on hand at one location.
pub(super) struct OnHandMovement<'a> {
    pub(super) location: &'a LocationId,
    pub(super) delta: i64,
    pub(super) at: Timestamp,
    pub(super) happened_at: Option<Timestamp>,
}

impl OnHandMovement<'_> {
    fn opposite(&self, sku: &Sku) -> Vec<StockAdjusted> {
        let adjustment = Adjustment {
            sku,
            location: self.location,
            reason: AdjustmentReason::Counted,
            at: self.at,
            happened_at: self.happened_at,
        };
        adjustment.of(-self.delta)
    }
}

/// The changes of on hand by an event that has the time of a movement.
pub(super) fn movements(event: &StockEvent) -> Vec<OnHandMovement<'_>> {
    let added = |units: Units| units.number().cast_signed();
    let (at, happened_at, changes) = match event {
        StockEvent::StockReceived(received) if received.condition == Condition::Sellable => {
            let change = (&received.location, added(received.quantity.units()));
            (received.at, received.happened_at, vec![change])
        }
        StockEvent::StockAdjusted(adjusted) => {
            (adjusted.at, adjusted.happened_at, vec![(&adjusted.location, adjusted.delta.number())])
        }
        StockEvent::StockConditionChanged(changed) => {
            let units = added(changed.quantity.units());
            let from = (changed.from == Condition::Sellable).then_some((&changed.location, -units));
            let to = (changed.to == Condition::Sellable).then_some((&changed.location, units));
            (changed.at, changed.happened_at, from.into_iter().chain(to).collect())
        }
        StockEvent::TransferShipped(shipped) => {
            let change = (&shipped.from, -added(shipped.quantity.units()));
            (shipped.at, shipped.happened_at, vec![change])
        }
        StockEvent::TransferReceived(received) => {
            (received.at, received.happened_at, vec![(&received.location, added(received.quantity))])
        }
        StockEvent::StockShorted(shorted) => {
            (shorted.at, shorted.happened_at, vec![(&shorted.location, -added(shorted.on_hand))])
        }
        StockEvent::StockReturned(returned) if returned.condition == Condition::Sellable => {
            (returned.at, returned.happened_at, vec![(&returned.location, added(returned.quantity))])
        }
        StockEvent::StockShipped(shipped) => {
            (shipped.at, shipped.happened_at, vec![(&shipped.location, -added(shipped.quantity))])
        }
        StockEvent::StockShipmentCancelled(cancelled) => {
            (cancelled.at, cancelled.happened_at, vec![(&cancelled.location, added(cancelled.quantity))])
        }
        _ => return Vec::new(),
    };
    changes.into_iter().map(|(location, delta)| OnHandMovement { location, delta, at, happened_at }).collect()
}

/// The fields of an adjustment except its units.
pub(super) struct Adjustment<'a> {
    pub(super) sku: &'a Sku,
    pub(super) location: &'a LocationId,
    pub(super) reason: AdjustmentReason,
    pub(super) at: Timestamp,
    pub(super) happened_at: Option<Timestamp>,
}

impl Adjustment<'_> {
    /// Splits a change of on hand into adjustments of at most 1,000,000,000 units each; none if `units` is 0.
    pub(super) fn of(&self, units: i64) -> Vec<StockAdjusted> {
        let most = i64::from(Quantity::LIMIT);
        let mut left = units;
        let mut adjustments = Vec::new();
        while let Ok(delta) = Delta::new(left.clamp(-most, most)) {
            left -= delta.number();
            adjustments.push(StockAdjusted {
                sku: self.sku.clone(),
                location: self.location.clone(),
                delta,
                reason: self.reason,
                note: None,
                reference: None,
                at: self.at,
                happened_at: self.happened_at,
                reported_ahead_of_time: None,
            });
        }
        adjustments
    }
}
