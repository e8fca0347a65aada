//! The reactions to a decision on an order, derived from the order before and after it. A command never chooses them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cqrs_es::Aggregate;

use super::capacity::{CapacityChange, capacity_changes};
use super::stock_effects::stock_effects;
use crate::distance::Coordinates;
use crate::order::{FulfillmentOrderLines, LineUnits, Order, OrderEvent, PersonalData, ReservationTrigger};
use crate::sourcing::Demand;
use crate::stock::StockCommand;
use crate::values::{CartReservationId, LineNumber, LocationId, Priority, Sku, Timestamp, Units};

/// Something that must be decided because of a decision on an order, in the same command.
#[derive(Debug, Clone, PartialEq)]
pub enum Reaction {
    /// The stock of a SKU follows an event of the order.
    ApplyToStock(Sku, StockCommand),
    /// The order waits for fewer units of the SKU than the backorder queue holds for it.
    WithdrawSurplusBackorder(Sku),
    /// Units of the SKU may have become free: expired reservations end, and free units are earmarked for the queue.
    Reallocate(Sku),
    /// A location's daily capacity follows the order's fulfillment orders.
    UpdateCapacity(Vec<CapacityChange>),
    /// Every location has answered a requested amendment: it takes effect, or it lapses.
    SettleAmendment,
    /// Units are reserved at a location that the order must not ship from, and not acknowledged: they are released.
    Consolidate,
    /// Units wait for supply: they join the backorder queue.
    JoinQueue {
        /// Units by SKU.
        demand: Demand,
        /// Why the order was sourced.
        trigger: ReservationTrigger,
    },
    /// The eligible locations or the priority of the order have changed, or a person has decided that it waits on: its queue
    /// entries are replaced. With the priority before.
    Requeue(Priority),
    /// The order has pending units.
    Source(SourcingRequest),
    /// The order needs no stock: the cart that it takes over frees its units.
    ConvertCart(CartReservationId),
    /// The expected date of a SKU's backordered units may have changed.
    UpdatePromise(Sku),
}

impl Reaction {
    /// The SKU whose stock it changes, where it is about one.
    pub(super) fn sku(&self) -> Option<&Sku> {
        match self {
            Self::ApplyToStock(sku, _)
            | Self::WithdrawSurplusBackorder(sku)
            | Self::Reallocate(sku)
            | Self::UpdatePromise(sku) => Some(sku),
            _ => None,
        }
    }
}

/// How to source an order's pending units.
#[derive(Debug, Clone, PartialEq)]
pub struct SourcingRequest {
    /// Why the order is sourced.
    pub trigger: ReservationTrigger,
    /// Locations that have returned units in this command: they are excluded.
    pub excluded: BTreeSet<LocationId>,
    /// The coordinates of the destination, before they are encrypted.
    pub destination: Option<Coordinates>,
    /// The cart reservation whose units the order takes over.
    pub cart: Option<CartReservationId>,
}

/// What must follow from the events of one decision, in the order in which it must be carried out.
pub fn reactions(before: &Arc<Order>, after: &Order, events: &[OrderEvent], at: Timestamp) -> Vec<Reaction> {
    if events.is_empty() {
        return Vec::new();
    }
    let mut reactions = stock_reactions(before, after, events, at);
    let capacity = capacity_changes(before, after);
    if !capacity.is_empty() {
        reactions.push(Reaction::UpdateCapacity(capacity));
    }
    let is_released = before.is_out_of_stock() && !after.is_out_of_stock();
    let is_moved =
        before.priority() != after.priority() || before.eligible_locations() != after.eligible_locations();
    // The entries have the new priority before another decision replaces them.
    if after.is_backordered() && (is_released || is_moved) {
        reactions.push(Reaction::Requeue(before.priority()));
    }
    if after.amendment_is_settled() {
        reactions.push(Reaction::SettleAmendment);
    }
    if after.has_stray_reservations() {
        reactions.push(Reaction::Consolidate);
    }
    if after.needs_sourcing() && !is_sourcing(events) {
        reactions.push(Reaction::Source(sourcing_request(before, events)));
    } else if !after.needs_sourcing()
        && let [OrderEvent::OrderCreated(created), ..] = events
        && let Some(cart) = created.reservation
    {
        reactions.push(Reaction::ConvertCart(cart));
    }
    reactions
}

/// The stock effects of every event, and what frees units.
fn stock_reactions(
    before: &Arc<Order>,
    after: &Order,
    events: &[OrderEvent],
    at: Timestamp,
) -> Vec<Reaction> {
    let mut order = Arc::clone(before);
    let mut effects = Vec::new();
    for (index, event) in events.iter().enumerate() {
        effects.extend(stock_effects(&order, event, at));
        if index + 1 < events.len() {
            Arc::make_mut(&mut order).apply(event.clone());
        }
    }
    let surplus = skus_with_less_backordered(before, after);
    let takes_units = |command: &StockCommand| matches!(command, StockCommand::ReserveInventory(_));
    let freed: BTreeSet<Sku> = effects
        .iter()
        .filter(|(_, command)| !takes_units(command))
        .map(|(sku, _)| sku.clone())
        .chain(surplus.iter().cloned())
        .collect();
    let effects = effects.into_iter().map(|(sku, command)| Reaction::ApplyToStock(sku, command));
    let surplus = surplus.into_iter().map(Reaction::WithdrawSurplusBackorder);
    effects.chain(surplus).chain(freed.into_iter().map(Reaction::Reallocate)).collect()
}

fn skus_with_less_backordered(before: &Order, after: &Order) -> Vec<Sku> {
    let waits: BTreeMap<Sku, Units> = after.backordered_demand();
    let has_less = |sku: &Sku, units: Units| waits.get(sku).is_none_or(|left| *left < units);
    before
        .backordered_demand()
        .into_iter()
        .filter(|(sku, units)| has_less(sku, *units))
        .map(|(sku, _)| sku)
        .collect()
}

/// Whether the events are those of sourcing itself.
fn is_sourcing(events: &[OrderEvent]) -> bool {
    events.iter().any(|event| matches!(event, OrderEvent::OrderSourced(_)))
}

fn sourcing_request(before: &Order, events: &[OrderEvent]) -> SourcingRequest {
    let missing = missing_lines(events);
    let mut request = SourcingRequest {
        trigger: ReservationTrigger::Existing,
        excluded: BTreeSet::new(),
        destination: None,
        cart: None,
    };
    for event in events {
        match event {
            OrderEvent::OrderCreated(created) => {
                request.trigger = ReservationTrigger::Creation;
                request.cart = created.reservation;
                request.destination = created.personal.as_ref().and_then(PersonalData::coordinates);
            }
            OrderEvent::OrderAmended(amended) => {
                if !(amended.grown.is_empty() && amended.added.is_empty()) {
                    request.trigger = ReservationTrigger::Creation;
                }
                request.destination = amended.personal.as_ref().and_then(PersonalData::coordinates);
            }
            OrderEvent::OrderReopened(_) => request.trigger = ReservationTrigger::Creation,
            OrderEvent::FulfillmentOrderRejected(_) => request.exclude(None),
            OrderEvent::PickShorted(shorted) => {
                let location =
                    before.fulfillment_order(shorted.fulfillment_order_id).map(|one| &one.location);
                request.exclude(location);
            }
            OrderEvent::InventoryReleased(released) => {
                let is_missing = |one: &&FulfillmentOrderLines| {
                    one.lines.iter().any(|units| missing.contains(&units.line))
                };
                let returned = released.fulfillment_orders.iter().filter(is_missing);
                returned.for_each(|one| request.exclude(Some(&one.location)));
            }
            _ => {}
        }
    }
    request
}

/// The lines of which locations have released units that they do not have. Units that leave with another fulfillment order,
/// or are cancelled in the same decision, are not missing.
fn missing_lines(events: &[OrderEvent]) -> BTreeSet<LineNumber> {
    let mut missing: BTreeMap<LineNumber, Units> = BTreeMap::new();
    let mut cancelled: Vec<&LineUnits> = Vec::new();
    for event in events {
        match event {
            OrderEvent::ShipmentCreated(_) => return BTreeSet::new(),
            OrderEvent::InventoryReleased(released) => {
                for units in released.fulfillment_orders.iter().flat_map(|one| &one.lines) {
                    *missing.entry(units.line).or_default() += units.quantity;
                }
            }
            OrderEvent::OrderCancelled(event) => cancelled.extend(&event.lines),
            _ => {}
        }
    }
    for units in cancelled {
        missing.entry(units.line).and_modify(|left| *left -= units.quantity);
    }
    missing.into_iter().filter(|(_, units)| !units.is_zero()).map(|(line, _)| line).collect()
}

impl SourcingRequest {
    fn exclude(&mut self, location: Option<&LocationId>) {
        if self.trigger != ReservationTrigger::Creation {
            self.trigger = ReservationTrigger::Shortfall;
        }
        self.excluded.extend(location.cloned());
    }
}
