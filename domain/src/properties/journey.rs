//! Orders and stock together: created, paid, picked, packed, shipped, tracked, delivered and cancelled in any
//! order, and counted in between.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::shop::{LOCATIONS, Refused, SKUS, Shop};
use super::{as_stored, is_what_its_events_make_of_it, location, moment, order_id, sku};
use crate::order::tests::actions::{accepted_actions, supported_actions};
use crate::order::{Order, OrderCommand, OrderEvent, OrderStatus, OrderView};
use crate::policy::ReserveAt;
use crate::stock::{StockCommand, StockEvent};
use crate::stream::{DomainEvent, StreamId};
use crate::values::{FulfillmentOrderId, ShipmentId, Timestamp, Units};

// ---- what may happen ----

#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is tried either way")]
struct Wish {
    lines: Vec<(usize, u32)>,
    shortage: usize,
    priority: usize,
    split: bool,
    free: bool,
    late: bool,
    person: bool,
}

#[derive(Debug, Clone)]
enum Step {
    Receive {
        of: usize,
        at: usize,
        quantity: u32,
    },
    Count {
        of: usize,
        at: usize,
        on_hand: u32,
        seconds_ago: i64,
    },
    Adjust {
        of: usize,
        at: usize,
        delta: i64,
    },
    Create(Wish),
    Pay {
        order: Index,
        payment: u8,
    },
    /// A payment that is not confirmed: promised, failed or taken back.
    Report {
        order: Index,
        kind: usize,
    },
    /// All of it, or one part.
    Hold {
        order: Index,
        part: Option<Index>,
    },
    Release {
        order: Index,
        hold: Index,
    },
    /// Somebody's turn may have come.
    Fill {
        of: usize,
    },
    /// Pick, pack or ship: all that is left, or so many units of a line.
    Work {
        kind: usize,
        order: Index,
        part: Index,
        line: Index,
        quantity: Option<u32>,
    },
    Track {
        order: Index,
        shipment: Index,
        status: usize,
        seconds_ago: i64,
        raw: bool,
    },
    Deliver {
        order: Index,
        shipment: Index,
    },
    Cancel {
        order: Index,
    },
    Erase {
        order: Index,
    },
}

/// In seconds: longer than any head start in a queue.
const A_YEAR: i64 = 365 * 24 * 3_600;

const SHORTAGES: [&str; 5] = ["reject", "cancel_remainder", "hold", "backorder", "backorder"];
const PRIORITIES: [&str; 3] = ["standard", "express", "critical"];
const REPORTS: [&str; 3] = ["authorize", "fail", "void"];

const STATUSES: [&str; 6] =
    ["label_created", "in_transit", "out_for_delivery", "attempted_delivery", "failure", "delivered"];

fn wish() -> impl Strategy<Value = Wish> {
    let lines = prop::collection::vec((0..SKUS, 1_u32..8), 1..4);
    let yes = any::<bool>;
    let rules = (0..SHORTAGES.len(), 0..PRIORITIES.len());
    (lines, rules, yes(), yes(), yes(), yes()).prop_map(
        |(lines, (shortage, priority), split, free, late, person)| Wish {
            lines,
            shortage,
            priority,
            split,
            free,
            late,
            person,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    let (of, at) = (0..SKUS, 0..LOCATIONS);
    let place = move || (of.clone(), at.clone());
    let work = (0_usize..3, index(), index(), index(), prop::option::of(1_u32..5));
    prop_oneof![
        4 => (place(), 1_u32..16).prop_map(|((of, at), quantity)| Step::Receive { of, at, quantity }),
        1 => (place(), 0_u32..20, 0_i64..9)
            .prop_map(|((of, at), on_hand, seconds_ago)| Step::Count { of, at, on_hand, seconds_ago }),
        1 => (place(), prop_oneof![-9_i64..0, 1_i64..10])
            .prop_map(|((of, at), delta)| Step::Adjust { of, at, delta }),
        6 => wish().prop_map(Step::Create),
        4 => (index(), 0_u8..2).prop_map(|(order, payment)| Step::Pay { order, payment }),
        1 => (index(), 0..REPORTS.len()).prop_map(|(order, kind)| Step::Report { order, kind }),
        1 => (index(), prop::option::of(index())).prop_map(|(order, part)| Step::Hold { order, part }),
        2 => (index(), index()).prop_map(|(order, hold)| Step::Release { order, hold }),
        6 => (0..SKUS).prop_map(|of| Step::Fill { of }),
        8 => work.prop_map(|(kind, order, part, line, quantity)| Step::Work { kind, order, part, line, quantity }),
        4 => (index(), index(), 0..STATUSES.len(), 0_i64..9, any::<bool>()).prop_map(
            |(order, shipment, status, seconds_ago, raw)| Step::Track { order, shipment, status, seconds_ago, raw }
        ),
        2 => (index(), index()).prop_map(|(order, shipment)| Step::Deliver { order, shipment }),
        2 => index().prop_map(|order| Step::Cancel { order }),
        1 => index().prop_map(|order| Step::Erase { order }),
    ]
}

// ---- how it happens ----

fn read<T: serde::de::DeserializeOwned>(fields: Value) -> T {
    serde_json::from_value(fields).unwrap()
}

fn ago(shop: &Shop, seconds: i64) -> Timestamp {
    moment((shop.second - seconds).max(0))
}

fn take(shop: &mut Shop, step: &Step) -> Result<(), Refused> {
    shop.second += 1;
    match step {
        Step::Receive { .. } | Step::Count { .. } | Step::Adjust { .. } => take_stock(shop, step),
        Step::Create(wish) => create(shop, wish),
        _ if shop.orders.is_empty() => Err("there is no order yet".to_owned()),
        Step::Pay { order, payment } => {
            let number = order.index(shop.orders.len());
            shop.pay(number, &pay(number, *payment))
        }
        Step::Report { order, kind } => report(shop, order.index(shop.orders.len()), *kind),
        Step::Hold { order, part } => hold(shop, order.index(shop.orders.len()), *part),
        Step::Release { order, hold } => release(shop, order.index(shop.orders.len()), *hold),
        Step::Fill { of } if !shop.items.contains_key(&sku(*of)) => Err("nothing was seen of it".to_owned()),
        Step::Fill { of } => shop.fill(&sku(*of)),
        Step::Work { kind, order, part, line, quantity } => {
            work(shop, *kind, order.index(shop.orders.len()), [*part, *line], *quantity)
        }
        Step::Track { order, shipment, status, seconds_ago, raw } => {
            let number = order.index(shop.orders.len());
            let mut scan = json!({
                "shipmentId": a_shipment(shop, number, *shipment)?,
                "status": STATUSES[*status],
                "at": ago(shop, *seconds_ago),
            });
            if *raw {
                scan["raw"] = json!("signed by Ada Lovelace");
            }
            shop.on_order(number, &OrderCommand::TrackShipment(read(scan))).map(drop)
        }
        Step::Deliver { order, shipment } => {
            let number = order.index(shop.orders.len());
            let fields = json!({ "shipmentId": a_shipment(shop, number, *shipment)? });
            let now = shop.now();
            shop.on_order(number, &OrderCommand::ConfirmDelivery(read(fields), now)).map(drop)
        }
        Step::Cancel { order } => {
            let number = order.index(shop.orders.len());
            let fields = json!({ "orderId": order_id(number), "reason": "why not" });
            shop.cancel(number, &OrderCommand::CancelOrder(read(fields)))
        }
        Step::Erase { order } => {
            let number = order.index(shop.orders.len());
            let fields = json!({ "orderId": order_id(number), "reason": "why not" });
            shop.on_order(number, &OrderCommand::ErasePersonalData(read(fields))).map(drop)
        }
    }
}

fn take_stock(shop: &mut Shop, step: &Step) -> Result<(), Refused> {
    let now = shop.now();
    let fields = |of: usize, at: usize, more: Value| {
        let mut fields = json!({ "sku": sku(of), "location": location(at) });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    match *step {
        Step::Receive { of, at, quantity } => {
            let report = read(fields(of, at, json!({ "quantity": quantity })));
            shop.on_item(&sku(of), &StockCommand::ReceiveStock(report, now))?;
        }
        Step::Count { of, at, on_hand, seconds_ago } => {
            let counted_at = ago(shop, seconds_ago);
            let report = read(fields(of, at, json!({ "onHand": on_hand, "countedAt": counted_at })));
            shop.on_item(&sku(of), &StockCommand::CountStock(report, now))?;
        }
        Step::Adjust { of, at, delta } => {
            let report = read(fields(of, at, json!({ "delta": delta, "reason": "found out" })));
            shop.on_item(&sku(of), &StockCommand::AdjustStock(report, now))?;
        }
        _ => unreachable!("only reports about stock"),
    }
    let (Step::Receive { of, .. } | Step::Count { of, .. } | Step::Adjust { of, .. }) = step else {
        unreachable!("only reports about stock")
    };
    shop.earmark(&sku(*of))
}

fn create(shop: &mut Shop, wish: &Wish) -> Result<(), Refused> {
    let lines = wish.lines.iter().map(|(of, quantity)| json!({ "sku": sku(*of), "quantity": quantity }));
    let mut fields = json!({
        "channel": "web",
        "lines": lines.collect::<Vec<_>>(),
        "onShortage": SHORTAGES[wish.shortage],
        "priority": PRIORITIES[wish.priority],
        "allowSplit": wish.split,
        "payment": if wish.free { "not_required" } else { "required" },
    });
    if wish.person {
        fields["shipTo"] = json!({ "name": "Ada Lovelace", "city": "London" });
    }
    shop.create(read(fields), if wish.late { ReserveAt::Payment } else { ReserveAt::Creation })
}

fn pay(number: usize, payment: u8) -> OrderCommand {
    let fields = json!({ "orderId": order_id(number), "paymentRef": format!("payment-{payment}") });
    OrderCommand::ConfirmPayment(read(fields))
}

fn report(shop: &mut Shop, number: usize, kind: usize) -> Result<(), Refused> {
    let mut fields = json!({ "orderId": order_id(number) });
    let command = match REPORTS[kind] {
        "authorize" => {
            fields["paymentRef"] = json!("promised");
            OrderCommand::AuthorizePayment(read(fields))
        }
        "fail" => {
            fields["reason"] = json!("no money");
            OrderCommand::FailPayment(read(fields))
        }
        _ => {
            fields["reason"] = json!("given back");
            OrderCommand::VoidPayment(read(fields))
        }
    };
    shop.on_order(number, &command).map(drop)
}

fn hold(shop: &mut Shop, number: usize, part: Option<Index>) -> Result<(), Refused> {
    let mut fields = json!({ "orderId": order_id(number), "reason": "other" });
    let parts = &shop.orders[number].fulfillment_orders;
    if let Some(part) = part.filter(|_| !parts.is_empty()) {
        fields["fulfillmentOrderId"] = json!(part.get(parts).id);
    }
    shop.on_order(number, &OrderCommand::HoldOrder(read(fields))).map(drop)
}

fn release(shop: &mut Shop, number: usize, hold: Index) -> Result<(), Refused> {
    let holds = &shop.orders[number].holds;
    if holds.is_empty() {
        return Err("it does not wait".to_owned());
    }
    let fields = json!({ "orderId": order_id(number), "holdId": hold.get(holds).id });
    shop.release_hold(number, &OrderCommand::ReleaseHold(read(fields)))
}

fn work(
    shop: &mut Shop,
    kind: usize,
    number: usize,
    [part, line]: [Index; 2],
    quantity: Option<u32>,
) -> Result<(), Refused> {
    let parts = &shop.orders[number].fulfillment_orders;
    let part = part.get(parts.get(..).filter(|parts| !parts.is_empty()).ok_or("nothing to work on")?);
    let lines =
        quantity.map(|quantity| json!([{ "line": line.get(&part.lines).line, "quantity": quantity }]));
    let mut fields = json!({ "fulfillmentOrderId": part.id });
    if kind == 2 {
        let mut package = json!({ "carrier": "UPS", "trackingNumber": "1Z" });
        if let Some(lines) = lines {
            package["lines"] = lines;
        }
        fields["packages"] = json!([package]);
        let now = shop.now();
        return shop.ship(number, &OrderCommand::ShipItems(read(fields), now));
    }
    match lines {
        Some(lines) => fields["lines"] = lines,
        None => fields["all"] = json!(true),
    }
    let pick = kind == 0;
    let command =
        if pick { OrderCommand::PickItems(read(fields)) } else { OrderCommand::PackItems(read(fields)) };
    shop.on_order(number, &command).map(drop)
}

fn a_shipment(shop: &Shop, number: usize, shipment: Index) -> Result<ShipmentId, Refused> {
    let shipments = &shop.orders[number].shipments;
    if shipments.is_empty() {
        return Err("nothing has left".to_owned());
    }
    Ok(shipment.get(shipments).id)
}

fn happens(steps: &[Step], mut check: impl FnMut(&Shop, &Step, &Shop)) -> Shop {
    let mut shop = Shop { second: A_YEAR, ..Shop::default() };
    for step in steps {
        let before = shop.clone();
        if shop.attempt(|shop| take(shop, step)).is_ok() {
            check(&before, step, &shop);
        }
    }
    shop
}

// ---- what always holds ----

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..50)
}

fn overcommitted(shop: &Shop) -> usize {
    let bins = shop.items.values().flat_map(|item| item.bins.values());
    bins.filter(|bin| bin.reserved > bin.on_hand).count()
}

fn every_unit_of_every_line_is_accounted_for(order: &Order) {
    for totals in order.line_totals() {
        let sum = totals.pending() + totals.backordered + totals.reserved + totals.shipped + totals.cancelled;
        assert_eq!(sum, totals.ordered, "{totals:?}");
        assert!(totals.delivered <= totals.shipped);
        assert!(totals.shipped <= totals.packed && totals.packed <= totals.picked);
    }
}

fn the_view_is_read_as_it_was_written(order: &Order) {
    let view = serde_json::to_value(OrderView::of(order, 1, 1).unwrap()).unwrap();
    let read: OrderView = serde_json::from_value(view.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), view);
}

fn nothing_is_taken_back(before: &Order, after: &Order) {
    for (old, new) in before.parcels().zip(after.parcels()) {
        assert!(old.delivered_at.is_none() || new.delivered_at == old.delivered_at);
    }
    for (old, new) in before.line_totals().iter().zip(after.line_totals()) {
        assert!(old.picked <= new.picked && old.packed <= new.packed && old.shipped <= new.shipped);
        assert!(old.delivered <= new.delivered && old.cancelled <= new.cancelled);
    }
}

proptest! {
    #[test]
    fn what_the_stock_items_hold_is_what_the_orders_hold(steps in steps()) {
        happens(&steps, |_, step, shop| {
            for (of, at) in Shop::places() {
                let bin = shop.items.get(&of).and_then(|item| item.bins.get(&at)).cloned();
                assert_eq!(bin.unwrap_or_default().reserved, shop.held(&of, &at), "{step:?}");
            }
        });
    }

    #[test]
    fn what_the_queues_wait_for_is_what_the_orders_wait_for(steps in steps()) {
        happens(&steps, |_, step, shop| {
            for (sku, item) in &shop.items {
                assert_eq!(item.waiting(), shop.waited_for(sku), "{step:?}");
                assert!(item.queue.is_sorted_by_key(|waiting| waiting.place));
            }
        });
    }

    #[test]
    fn nobody_is_given_what_the_queue_could_have(steps in steps()) {
        happens(&steps, |before, step, shop| {
            for (sku, item) in &shop.items {
                let set_aside: Units = item.bins.values().map(|bin| bin.earmarked).sum();
                assert!(set_aside <= item.waiting(), "{step:?}");
                for bin in item.bins.values() {
                    assert!(bin.earmarked.is_zero() || bin.reserved + bin.earmarked <= bin.on_hand, "{step:?}");
                }
                // A new order takes from nobody in the queue.
                if let (Step::Create(_), Some(known)) = (step, before.items.get(sku)) {
                    let known: Units = known.bins.values().map(|bin| bin.earmarked).sum();
                    assert_eq!(set_aside, known, "{step:?}");
                }
            }
        });
    }

    #[test]
    fn who_can_be_served_is_served_and_nobody_waits_beside_free_units(steps in steps()) {
        let mut shop = happens(&steps, |_, _, _| {});
        for sku in shop.items.keys().cloned().collect::<Vec<_>>() {
            shop.fill(&sku).unwrap();
            let item = &shop.items[&sku];
            assert_eq!(item.due().next(), None);
            for waiting in item.queue.iter().filter(|waiting| !waiting.whole && waiting.only_at.is_none()) {
                let free = item.bins.iter().find(|(_, bin)| !bin.available().is_zero());
                assert_eq!(free, None, "{waiting:?} could have it");
            }
        }
    }

    #[test]
    fn only_a_physical_report_leaves_more_promised_than_there_is(steps in steps()) {
        happens(&steps, |before, step, after| {
            let physical = matches!(step, Step::Count { .. } | Step::Adjust { .. });
            assert!(physical || overcommitted(after) <= overcommitted(before), "{step:?}");
        });
    }

    #[test]
    fn every_order_keeps_its_equations(steps in steps()) {
        happens(&steps, |before, _, after| {
            for (number, order) in after.orders.iter().enumerate() {
                every_unit_of_every_line_is_accounted_for(order);
                if let Some(known) = before.orders.get(number) {
                    nothing_is_taken_back(known, order);
                }
            }
        });
    }

    #[test]
    fn what_an_order_says_it_supports_is_what_is_accepted(steps in steps()) {
        happens(&steps, |_, _, shop| {
            for order in &shop.orders {
                assert_eq!(supported_actions(order), accepted_actions(order));
            }
        });
    }

    #[test]
    fn orders_and_items_are_what_their_stored_events_make_of_them(steps in steps()) {
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
            is_what_its_events_make_of_it(order, events);
            the_view_is_read_as_it_was_written(order);
        }
        for (sku, item) in &shop.items {
            let events = of(&StreamId::Stock(sku.clone())).into_iter().map(|event| match event {
                DomainEvent::Stock(event) => event,
                other => panic!("{other:?}"),
            });
            is_what_its_events_make_of_it(item, events);
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
            assert!(!serde_json::to_string(order).unwrap().contains("Lovelace"));
            assert!(!format!("{order:?}").contains("Lovelace"));
        }
    }

    #[test]
    fn every_order_comes_to_an_end(steps in steps()) {
        let mut shop = happens(&steps, |_, _, _| {});
        for number in 0..shop.orders.len() {
            for hold in shop.orders[number].holds.clone() {
                let release = json!({ "orderId": order_id(number), "holdId": hold.id });
                shop.release_hold(number, &OrderCommand::ReleaseHold(read(release))).unwrap();
            }
            drop(shop.attempt(|shop| shop.pay(number, &pay(number, 9))));
            for part in 0..shop.orders[number].fulfillment_orders.len() {
                drop(shop.attempt(|shop| finish(shop, number, part)));
            }
            for shipment in 1..=u32::try_from(shop.orders[number].shipments.len()).unwrap() {
                let fields = json!({ "shipmentId": ShipmentId::new(order_id(number), shipment) });
                let (now, confirm) = (shop.now(), read(fields));
                shop.on_order(number, &OrderCommand::ConfirmDelivery(confirm, now)).unwrap();
            }
            let order = &shop.orders[number];
            match order.status() {
                OrderStatus::Delivered => assert!(order.line_totals().iter().all(|l| l.reserved.is_zero())),
                OrderStatus::Cancelled => assert!(order.is_cancelled()),
                OrderStatus::OnHold => assert!(!order.pending_demand().is_empty()),
                OrderStatus::Created => assert!(order.fulfillment_orders.is_empty()),
                OrderStatus::Backordered | OrderStatus::PartiallyDelivered => {
                    assert!(!order.backordered_demand().is_empty());
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
    shop.ship(number, &OrderCommand::ShipItems(read(fields), now))
}

/// So that none of the properties holds for want of anything happening.
#[test]
fn everything_happens_in_the_histories_that_are_tried() {
    let mut runner = TestRunner::deterministic();
    let mut happened = BTreeSet::new();
    for _ in 0..200 {
        let history = steps().new_tree(&mut runner).unwrap().current();
        happened.extend(happens(&history, |_, _, _| {}).journal.iter().map(|(_, event)| event.name()));
    }
    let types = OrderEvent::TYPES.iter().chain(StockEvent::TYPES);
    assert_eq!(happened, types.map(|(name, _)| *name).collect());
}
