//! Properties of orders and stock that hold in every history.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cqrs_es::Aggregate;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;

use super::journey::{happens, pay, read};
use super::shop::{Refused, Shop};
use super::steps::{Step, steps};
use super::{as_stored, is_what_its_events_make_of_it, order_id, without_stock};
use crate::cart_reservation::CartReservationEvent;
use crate::fulfillment::Aggregates;
use crate::order::tests::actions::{accepted_actions, supported_actions};
use crate::order::{FulfillmentOrder, Order, OrderCommand, OrderEvent, OrderStatus};
use crate::sourcing::Demand;
use crate::stock::{AvailabilityLevel, BackorderEntry, Movement, MovementAt, StockEvent, StockItem};
use crate::stream::{DomainEvent, StreamId};
use crate::values::{FulfillmentOrderId, LocationId, ShipmentId, Sku, Units};

/// Whether a location has reserved more units than it has, and could take some back: not all of them are picked.
fn is_overcommitted(shop: &Shop) -> bool {
    let levels =
        shop.items.iter().flat_map(|(sku, item)| item.levels.iter().map(move |(at, level)| (sku, at, level)));
    let mut over = levels.filter(|(.., level)| level.reserved > level.on_hand);
    over.any(|(sku, at, _)| shop.orders.iter().any(|order| order.may_lose(sku, at)))
}

fn every_unit_of_every_line_is_accounted_for(order: &Order) {
    for totals in order.line_totals() {
        let sum = totals.open() + totals.done() + totals.cancelled;
        // Units that shipped beyond those that were ordered are all that may be left over.
        let excess = totals.shipped.saturating_sub(totals.ordered);
        assert_eq!((sum, totals.excess()), (totals.ordered + excess, excess), "{totals:?}");
        assert!(totals.delivered <= totals.shipped);
        assert!(totals.shipped <= totals.packed && totals.packed <= totals.picked);
    }
}

/// Unacknowledged units of an order that must not be split are at one location. A location gets no units of an order that
/// it has rejected.
fn reservations_are_where_they_may_be(before: Option<&Arc<Order>>, order: &Order) {
    let open = || order.fulfillment_orders.iter().filter(|part| part.is_open());
    let untouched: BTreeSet<_> =
        open().filter(|part| !part.is_acknowledged()).map(|part| &part.location).collect();
    assert!(untouched.len() <= 1 || !order.must_not_split(), "held at {untouched:?}: {order:?}");
    let is_new =
        |part: &FulfillmentOrder| before.is_none_or(|before| before.fulfillment_order(part.id).is_none());
    let rejected = |part: &FulfillmentOrder| order.rejected_by.contains(&part.location);
    assert!(!open().any(|part| is_new(part) && rejected(part)), "held where it was rejected: {order:?}");
}

/// Lines without stock have no units at any location or in any queue, and lines that require stock are never fulfilled.
fn lines_without_stock_stay_out_of_stock(order: &Order) {
    for (line, totals) in order.lines().iter().zip(order.line_totals()) {
        let of_stock =
            totals.pending() + totals.backordered + totals.reserved + totals.picked + totals.shipped;
        let without = totals.unfulfilled + totals.fulfilled;
        let foreign = if line.requires_stock { without } else { of_stock + totals.returned };
        assert!(foreign.is_zero(), "{line:?}: {totals:?}");
    }
}

fn nothing_is_taken_back(before: &Order, after: &Order) {
    for (old, new) in before.packages().zip(after.packages()) {
        assert!(old.delivered_at.is_none() || new.delivered_at == old.delivered_at);
    }
    for (old, new) in before.line_totals().iter().zip(after.line_totals()) {
        // Picked units may be put back after a cancellation, a move or a short remainder. Cancelled units may still ship.
        assert!(old.shipped <= new.shipped && old.returned <= new.returned);
        assert!(old.shipped < new.shipped || old.cancelled <= new.cancelled);
        assert!(old.delivered <= new.delivered && old.ordered <= new.ordered);
    }
}

/// Turns of the backorder queue after which nothing may be left to do: more than there are orders in a history.
const MAX_TURNS: usize = 100;

/// Whether supplies cover a scheduled entry before it needs its units.
fn waits_for_supply(item: &StockItem, entry: &BackorderEntry) -> bool {
    let Some(needed_at) = entry.eligibility.needed_at else { return false };
    let in_time = item.supplies.values().filter(|supply| supply.due_at <= needed_at);
    let serves = in_time.filter(|supply| entry.eligibility.allows(&supply.location));
    serves.map(|supply| supply.quantity).sum::<Units>() >= entry.quantity
}

proptest! {
    #[test]
    fn queues_have_exactly_the_backordered_units_of_orders(steps in steps()) {
        happens(&steps, |_, step, shop| {
            for (sku, item) in &shop.items {
                assert_eq!(item.backordered(), shop.waited_for(sku), "{step:?}");
                for entry in item.queue.iter() {
                    let order = shop.orders.iter().find(|order| order.id() == Some(entry.order_id)).unwrap();
                    assert_eq!(entry.eligibility.only_at.as_ref(), order.supply_location(), "{step:?}");
                    assert!(order.rejected_by.is_subset(&entry.eligibility.not_at), "{step:?}");
                }
                assert!(item.queue.is_sorted_by_key(|entry| entry.effective_since));
            }
        });
    }

    #[test]
    fn movements_describe_every_change_of_stock(steps in steps()) {
        let mut items: BTreeMap<Sku, StockItem> = BTreeMap::new();
        let mut described: BTreeMap<(Sku, LocationId), MovementAt> = BTreeMap::new();
        for (_, event) in happens(&steps, |_, _, _| {}).journal {
            let DomainEvent::Stock(event) = event else { continue };
            let sku = event.sku().clone();
            let item = items.entry(sku.clone()).or_default();
            item.apply(event.clone());
            for there in Movement::of(&event, item).locations {
                described.insert((sku.clone(), there.location.clone()), there);
            }
            for (location, level) in &item.levels {
                let known = &described[&(sku.clone(), location.clone())];
                let telling = (known.on_hand, known.reserved, known.earmarked, known.available);
                prop_assert_eq!(telling, (level.on_hand, level.reserved, level.earmarked, level.available()));
                let telling = (known.safety_stock, known.quarantine, known.damaged);
                prop_assert_eq!(telling, (level.safety_stock, level.quarantine, level.damaged));
            }
        }
    }

    #[test]
    fn units_of_the_queue_are_not_reserved_for_others(steps in steps()) {
        happens(&steps, |before, step, shop| {
            for (sku, item) in &shop.items {
                let earmarked: Units = item.levels.values().map(|level| level.earmarked).sum();
                assert!(earmarked <= item.backordered(), "{step:?}");
                for level in item.levels.values() {
                    assert!(level.earmarked.is_zero() || level.reserved + level.earmarked <= level.on_hand, "{step:?}");
                }
                // A new order takes no earmarked units; expired units may be earmarked meanwhile.
                if let (Step::Create(_), Some(known)) = (step, before.items.get(sku)) {
                    let known: Units = known.levels.values().map(|level| level.earmarked).sum();
                    assert!(earmarked >= known, "{step:?}");
                }
            }
        });
    }

    #[test]
    fn fillable_backorders_are_filled(steps in steps()) {
        let mut shop = happens(&steps, |_, _, _| {});
        for sku in shop.items.keys().cloned().collect::<Vec<_>>() {
            // A turn may bring up to date what has expired, and so make others due: there are turns until one changes nothing.
            let settles = (0..MAX_TURNS).any(|_| {
                let before = shop.items[&sku].clone();
                shop.fill(&sku).unwrap();
                shop.items[&sku] == before
            });
            assert!(settles, "every turn of {MAX_TURNS} changes something: {:?}", shop.items[&sku]);
            let item = &shop.items[&sku];
            assert_eq!((item.due().next(), item.stale_promises()), (None, vec![]));
            for entry in item.queue.iter().filter(|entry| !entry.eligibility.whole && !waits_for_supply(item, entry)) {
                let allows = |location| entry.eligibility.allows(location);
                let free = item.levels.iter().find(|(at, level)| allows(*at) && !level.available().is_zero());
                assert_eq!(free, None, "{entry:?} could have it");
            }
        }
    }

    #[test]
    fn every_crossing_of_a_threshold_has_one_event(steps in steps()) {
        let journal = happens(&steps, |_, step, shop| {
            let watched = shop.items.values().filter(|item| item.low_stock_at.is_some());
            watched.for_each(|item| assert_eq!(item.recorded_level, item.availability_level(), "{step:?}"));
        })
        .journal;
        let mut levels: BTreeMap<Sku, AvailabilityLevel> = BTreeMap::new();
        for (_, event) in journal {
            let DomainEvent::Stock(event) = event else { continue };
            let level = match &event {
                StockEvent::StockPolicySet(set) if set.low_stock_at.is_none() => {
                    levels.remove(event.sku());
                    continue;
                }
                StockEvent::StockLow(_) => AvailabilityLevel::Low,
                StockEvent::StockOut(_) => AvailabilityLevel::Out,
                StockEvent::BackInStock(back) => back.level,
                _ => continue,
            };
            let known = levels.insert(event.sku().clone(), level).unwrap_or_default();
            prop_assert_ne!(known, level, "{:?}", event);
        }
    }

    #[test]
    fn units_of_lines_without_stock_never_touch_stock(steps in steps()) {
        let shop = happens(&steps, |_, _, _| {});
        prop_assert!(!shop.items.contains_key(&without_stock()));
    }

    #[test]
    fn no_step_leaves_more_reserved_than_there_is(steps in steps()) {
        happens(&steps, |_, step, after| assert!(!is_overcommitted(after), "{step:?}"));
    }

    #[test]
    fn every_order_keeps_its_equations(steps in steps()) {
        happens(&steps, |before, step, after| {
            for (number, order) in after.orders.iter().enumerate() {
                every_unit_of_every_line_is_accounted_for(order);
                lines_without_stock_stay_out_of_stock(order);
                assert!(!order.amendment_is_settled(), "every location has answered: {order:?}");
                assert!(!order.needs_sourcing(), "units are ordered and nothing is decided about them: {order:?}");
                reservations_are_where_they_may_be(before.orders.get(number), order);
                if let Some(only) = order.delivery_location() {
                    let held = order.fulfillment_orders.iter().filter(|part| part.is_open());
                    assert_eq!(held.filter(|part| part.location != *only).count(), 0, "held elsewhere");
                }
                let is_taken_back = matches!(step, Step::Unship { .. } | Step::Reopen { .. } | Step::Resend { .. });
                if let Some(known) = before.orders.get(number).filter(|_| !is_taken_back) {
                    nothing_is_taken_back(known, order);
                }
            }
        });
    }

    #[test]
    fn supported_actions_are_accepted_in_every_history(steps in steps()) {
        happens(&steps, |_, _, shop| {
            for order in &shop.orders {
                assert_eq!(supported_actions(order), accepted_actions(order));
            }
        });
    }

    #[test]
    fn replaying_stored_events_gives_the_same_orders_and_items(steps in steps()) {
        let shop = happens(&steps, |_, _, _| {});
        let of = |stream: &StreamId| -> Vec<DomainEvent> {
            let events = shop.journal.iter().filter(|(written, _)| written == stream);
            events.map(|(_, event)| as_stored(stream, event)).collect()
        };
        for (number, order) in shop.orders.iter().enumerate() {
            let events = of(&StreamId::Order(order_id(number))).into_iter().map(|event| match event {
                DomainEvent::Order(event) => event,
                other => panic!("{other:?}"),
            });
            is_what_its_events_make_of_it(&**order, events);
        }
        for (sku, item) in &shop.items {
            let events = of(&StreamId::Stock(sku.clone())).into_iter().map(|event| match event {
                DomainEvent::Stock(event) => event,
                other => panic!("{other:?}"),
            });
            is_what_its_events_make_of_it(&**item, events);
        }
    }

    #[test]
    fn nothing_stored_names_the_customer(steps in steps()) {
        let shop = happens(&steps, |_, _, _| {});
        for (_, event) in &shop.journal {
            let payload = String::from_utf8(event.payload().unwrap()).unwrap();
            assert!(!payload.contains("Lovelace") && !format!("{event:?}").contains("Lovelace"));
        }
        for order in &shop.orders {
            assert!(!serde_json::to_string(&**order).unwrap().contains("Lovelace"));
            assert!(!format!("{order:?}").contains("Lovelace"));
        }
    }

    #[test]
    fn every_order_ends(steps in steps()) {
        let mut shop = happens(&steps, |_, _, _| {});
        for number in 0..shop.orders.len() {
            shop.bring_up_to_date(number).unwrap();
            for hold in shop.orders[number].holds.clone() {
                let release = json!({ "orderId": order_id(number), "holdId": hold.id });
                shop.change(number, &OrderCommand::ReleaseHold(read(release))).unwrap();
            }
            drop(shop.attempt(|shop| shop.change(number, &pay(number, 9))));
            let all = json!({ "orderId": order_id(number), "all": true });
            let fulfill = OrderCommand::FulfillLines(read(all), shop.now());
            drop(shop.attempt(|shop| shop.change(number, &fulfill)));
            for part in 0..shop.orders[number].fulfillment_orders.len() {
                drop(shop.attempt(|shop| finish(shop, number, part)));
            }
            let shipments = shop.orders[number].shipments.iter().map(|shipment| shipment.id);
            for shipment_id in shipments.collect::<Vec<ShipmentId>>() {
                let fields = json!({ "shipmentId": shipment_id });
                let (now, confirm) = (shop.now(), read(fields));
                shop.change(number, &OrderCommand::ConfirmDelivery(confirm, now)).unwrap();
            }
            let order = &shop.orders[number];
            match order.status() {
                OrderStatus::Delivered => assert!(order.line_totals().iter().all(|l| l.reserved.is_zero())),
                OrderStatus::Returned | OrderStatus::PartiallyReturned => assert!(!order.returns.is_empty()),
                OrderStatus::Cancelled => assert!(order.is_cancelled()),
                OrderStatus::OnHold => {
                    // Units are missing, or no location may supply them: a person decides.
                    let is_missing = |demand: &Demand| !demand.is_empty();
                    assert!(is_missing(&order.pending_demand()) || is_missing(&order.backordered_demand()));
                    assert!(order.is_out_of_stock());
                }
                OrderStatus::Created => assert!(order.fulfillment_orders.is_empty()),
                OrderStatus::Backordered | OrderStatus::PartiallyDelivered => {
                    // The rest is backordered, or on hold until a person decides.
                    let (waits, pending) = (order.backordered_demand(), order.pending_demand());
                    assert!(!waits.is_empty() || !pending.is_empty());
                }
                other => panic!("{other:?}: {order:?}"),
            }
        }
        for (of, at) in Shop::places() {
            assert_eq!(shop.held(&of, &at), Units::ZERO);
        }
    }
}

/// Ships what is left of a part.
fn finish(shop: &mut Shop, number: usize, part: usize) -> Result<(), Refused> {
    let id = FulfillmentOrderId::new(order_id(number), u32::try_from(part).unwrap() + 1);
    let package = json!({ "carrier": "UPS", "trackingNumber": "1Z" });
    let fields = json!({ "fulfillmentOrderId": id, "packages": [package] });
    let now = shop.now();
    shop.change(number, &OrderCommand::ShipItems(read(fields), None, now))
}

/// So that none of the properties holds for want of anything happening.
#[test]
fn everything_happens_in_the_histories_that_are_tried() {
    let mut runner = TestRunner::deterministic();
    let mut happened = BTreeSet::new();
    for _ in 0..3_000 {
        let history = steps().new_tree(&mut runner).unwrap().current();
        happened.extend(happens(&history, |_, _, _| {}).journal.iter().map(|(_, event)| event.name()));
    }
    let types = OrderEvent::TYPES.iter().chain(StockEvent::TYPES).chain(CartReservationEvent::TYPES);
    let never: Vec<_> = types.map(|(name, _)| *name).filter(|name| !happened.contains(name)).collect();
    assert_eq!(never, Vec::<&str>::new());
}
