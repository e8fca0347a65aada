//! Changes the terms of an order: priority, split, shortage, the term of reservations, attributes.

use std::sync::Arc;

use super::choices::HoldReason;
use super::events::{OrderEvent, OrderHoldReleased, OrderTermsChanged, ReservationExtended};
use super::fulfillment_order::FulfillmentOrder;
use super::refusals::OrderRefusal;
use super::state::{Hold, Order};
use crate::policy::OnShortage;
use crate::values::{Attributes, Period, Priority, Timestamp, Update};

/// The terms that an amendment gives. The others stay as they are.
pub(super) struct NewTerms<'a> {
    pub(super) priority: Option<Priority>,
    pub(super) allow_split: Option<bool>,
    pub(super) on_shortage: Option<OnShortage>,
    pub(super) reserve_for: &'a Update<Period>,
    pub(super) attributes: &'a Update<Attributes>,
}

/// The order can have these terms. Locations that have acknowledged or shipped units of it must not be several if it must not be
/// split.
pub(super) fn can_change_terms(order: &Order, terms: &NewTerms<'_>) -> Result<(), OrderRefusal> {
    let is_fixed = |one: &&FulfillmentOrder| one.supplies() && (one.is_acknowledged() || one.has_shipped());
    let mut fixed = order.fulfillment_orders.iter().filter(is_fixed).map(|one| &one.location);
    let first = fixed.next();
    let is_split = fixed.any(|location| Some(location) != first);
    if terms.allow_split == Some(false) && is_split { Err(OrderRefusal::WouldSplit) } else { Ok(()) }
}

/// The events of changed terms. Units that are reserved have a new term from `at` on. If missing units are no longer held
/// for a person's decision, the hold ends.
pub(super) fn change_terms(order: &Order, terms: &NewTerms<'_>, at: Timestamp) -> Vec<OrderEvent> {
    let Some(created) = order.created.as_ref() else { return Vec::new() };
    let before = OrderTermsChanged {
        priority: created.priority,
        allow_split: created.allow_split,
        on_shortage: created.on_shortage,
        reserve_for: created.reserve_for,
        attributes: created.attributes.clone(),
    };
    let after = OrderTermsChanged {
        priority: terms.priority.unwrap_or(before.priority),
        allow_split: terms.allow_split.unwrap_or(before.allow_split),
        on_shortage: terms.on_shortage.unwrap_or(before.on_shortage),
        reserve_for: terms.reserve_for.apply(before.reserve_for),
        attributes: terms.attributes.apply(before.attributes.clone()),
    };
    let authorized_until = order.ending_authorizations().filter_map(|payment| payment.until).max();
    let until = after.reserve_for.and_then(|period| authorized_until.max(Some(period.after(at))));
    let is_reserved = order.fulfillment_orders.iter().any(FulfillmentOrder::is_open);
    let has_new_term = !terms.reserve_for.is_keep() && is_reserved && !order.is_confirmed();
    let extended = (has_new_term && until != order.expires_at).then(|| ReservationExtended { until }.into());
    let decides = matches!(after.on_shortage, OnShortage::Backorder | OnShortage::CancelRemainder);
    let is_decided = decides && after.on_shortage != before.on_shortage && !order.needs_decision();
    let for_missing = |hold: &&Hold| {
        is_decided && hold.reason == HoldReason::InventoryOutOfStock && hold.fulfillment_order_id.is_none()
    };
    let released = order.holds.iter().filter(for_missing);
    let released = released.map(|hold| OrderHoldReleased { hold_id: hold.id.clone() }.into());
    let changed = (after != before).then(|| after.into());
    changed.into_iter().chain(extended).chain(released).collect()
}

pub(super) fn terms_changed(order: &mut Order, changed: &OrderTermsChanged) {
    let Some(created) = &mut order.created else { return };
    let created = Arc::make_mut(created);
    created.priority = changed.priority;
    created.allow_split = changed.allow_split;
    created.on_shortage = changed.on_shortage;
    created.reserve_for = changed.reserve_for;
    created.attributes.clone_from(&changed.attributes);
}
