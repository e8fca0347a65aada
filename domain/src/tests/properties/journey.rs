//! Orders and stock together: ordered, waited for, paid, held, picked, packed, shipped, tracked, delivered and cancelled
//! in any order, and counted in between.

use proptest::sample::Index;
use serde_json::{Value, json};

use super::applicable::{an_order, can_be_worked_on, fits_hand_over, has_left, has_part};
use super::shop::{LOCATIONS, Refused, SKUS, Shop};
use super::steps::{A_YEAR, PRIORITIES, REPORTS, SHORTAGES, STATUSES, Step, Wish};
use super::{carts, location, order_id, sku, time, without_stock};
use crate::fulfillment::Aggregates;
use crate::order::{FulfillmentOrder, Order, OrderCommand};
use crate::policy::ReserveAt;
use crate::stock::StockCommand;
use crate::values::{Period, Reference, ShipmentId, Timestamp};

pub(super) fn read<T: serde::de::DeserializeOwned>(fields: Value) -> T {
    serde_json::from_value(fields).unwrap()
}

fn ago(shop: &Shop, seconds: i64) -> Timestamp {
    time((shop.second - seconds).max(0))
}

fn take(shop: &mut Shop, step: &Step) -> Result<(), Refused> {
    shop.second += 1;
    match step {
        Step::Receive { .. } | Step::Count { .. } | Step::Adjust { .. } => take_stock(shop, step),
        Step::Turn { .. } | Step::Transfer { .. } | Step::Arrive { .. } => move_stock(shop, step),
        Step::Expect { .. } => expect(shop, step),
        Step::Rules { .. } => set_rules(shop, step),
        Step::Create(wish) => create(shop, wish),
        Step::Cart(step) => carts::take(shop, step),
        _ if shop.orders.is_empty() => Err("there is no order yet".into()),
        Step::Pay { order, payment } => {
            let number = order.index(shop.orders.len());
            shop.change(number, &pay(number, *payment))
        }
        Step::Report { order, kind } => report(shop, order.index(shop.orders.len()), *kind),
        Step::Hold { order, part } => hold(shop, order.index(shop.orders.len()), *part),
        Step::Release { order, hold } => release(shop, order.index(shop.orders.len()), *hold),
        Step::Fill { of } if !shop.items.contains_key(&sku(*of)) => Err("nothing was seen of it".into()),
        Step::Fill { of } => shop.fill(&sku(*of)),
        Step::HandOver { order, part, kind } => {
            hand_over(shop, an_order(shop, *order, fits_hand_over(*kind))?, *part, *kind)
        }
        Step::Short { order, part, line, quantity } => {
            short(shop, an_order(shop, *order, can_be_worked_on)?, [*part, *line], *quantity)
        }
        Step::Announce { order, line, quantity } => {
            announce(shop, an_order(shop, *order, has_left)?, *line, *quantity)
        }
        Step::ComeBack { .. } => come_back(shop, step),
        Step::Pass { .. } | Step::Amend { .. } | Step::CancelLine { .. } | Step::Move { .. } => {
            change_order(shop, step)
        }
        Step::Work { kind, order, part, line, quantity } => {
            work(shop, *kind, an_order(shop, *order, can_be_worked_on)?, [*part, *line], *quantity)
        }
        Step::Track { .. }
        | Step::Deliver { .. }
        | Step::Unship { .. }
        | Step::Relabel { .. }
        | Step::Resend { .. } => follow(shop, step),
        Step::Fulfill { order, quantity, undo } => fulfill(shop, *order, *quantity, *undo),
        Step::Cancel { order } => {
            let number = order.index(shop.orders.len());
            let fields = json!({ "orderId": order_id(number), "reason": "why not" });
            shop.change(number, &OrderCommand::CancelOrder(read(fields)))
        }
        Step::Reopen { order } => {
            let number = an_order(shop, *order, Order::is_cancelled)?;
            let fields = json!({ "orderId": order_id(number) });
            shop.change(number, &OrderCommand::ReopenOrder(read(fields), shop.now()))
        }
        Step::Erase { order } => {
            let number = order.index(shop.orders.len());
            let fields = json!({ "orderId": order_id(number), "reason": "why not" });
            shop.change(number, &OrderCommand::ErasePersonalData(read(fields)))
        }
    }
}

/// An order that is other than it was, or somewhere else, or older.
fn change_order(shop: &mut Shop, step: &Step) -> Result<(), Refused> {
    match step {
        Step::Pass { seconds } => {
            shop.second += seconds;
            shop.bring_up_to_date(shop.orders.len() - 1)
        }
        Step::Amend { order, change, line, quantity } => {
            let any = order.index(shop.orders.len());
            let is_in_progress =
                |order: &Order| order.fulfillment_orders.iter().any(FulfillmentOrder::is_in_progress);
            let number =
                if *change < 4 { any } else { an_order(shop, *order, is_in_progress).unwrap_or(any) };
            let now = shop.now();
            let line = line.get(shop.orders[number].lines()).line;
            let mut fields = json!({ "orderId": order_id(number) });
            match change {
                0 => {
                    let sku = sku(line.index() % SKUS);
                    fields["changes"] = json!([{ "op": "add", "sku": sku, "quantity": quantity }]);
                }
                1 => fields["changes"] = json!([{ "op": "setQuantity", "line": line, "quantity": quantity }]),
                2 => fields["changes"] = json!([{ "op": "remove", "line": line }]),
                10.. => {
                    fields["priority"] = json!(PRIORITIES[line.index() % PRIORITIES.len()]);
                    fields["allowSplit"] = json!(quantity % 2 == 0);
                    fields["onShortage"] = json!(SHORTAGES[*quantity as usize % SHORTAGES.len()]);
                    fields["reserveFor"] = json!((*quantity > 4).then_some("PT9S"));
                }
                3 | 4 | 7..10 => fields["shipTo"] = json!({ "name": "Augusta Lovelace", "city": "Paris" }),
                5 => {
                    let there = location(line.index() % LOCATIONS);
                    fields["delivery"] = json!({ "method": "pickup", "location": there });
                }
                _ => {
                    let later = time(shop.second + i64::from(*quantity));
                    let complete = quantity % 2 == 0;
                    fields["delivery"] =
                        json!({ "method": "ship", "shipNotBefore": later, "complete": complete });
                }
            }
            shop.change(number, &OrderCommand::AmendOrder(Box::new(read(fields)), now))
        }
        Step::CancelLine { order, line, quantity } => {
            let number = order.index(shop.orders.len());
            let line = line.get(shop.orders[number].lines()).line;
            let lines = json!([{ "line": line, "quantity": quantity }]);
            let fields = json!({ "orderId": order_id(number), "lines": lines, "reason": "too many" });
            shop.change(number, &OrderCommand::CancelOrder(read(fields)))
        }
        Step::Move { order, part, at } => {
            let number = an_order(shop, *order, has_part)?;
            let id = a_part(shop, number, *part)?.id;
            let fields = json!({ "fulfillmentOrderId": id, "location": location(*at) });
            shop.relocate(&read(fields))
        }
        _ => unreachable!("only what changes an order"),
    }
}

fn follow(shop: &mut Shop, step: &Step) -> Result<(), Refused> {
    match step {
        Step::Track { order, shipment, status, seconds_ago, raw } => {
            let number = an_order(shop, *order, has_left)?;
            let mut scan = json!({
                "shipmentId": a_shipment(shop, number, *shipment)?,
                "status": STATUSES[*status],
                "at": ago(shop, *seconds_ago),
            });
            if *raw {
                scan["raw"] = json!("signed by Ada Lovelace");
            }
            shop.change(number, &OrderCommand::TrackShipment(read(scan), shop.now()))
        }
        Step::Deliver { order, shipment } => {
            let number = an_order(shop, *order, has_left)?;
            let fields = json!({ "shipmentId": a_shipment(shop, number, *shipment)? });
            shop.change(number, &OrderCommand::ConfirmDelivery(read(fields), shop.now()))
        }
        Step::Unship { order, shipment, force } => {
            let number = an_order(shop, *order, has_left)?;
            let id = a_shipment(shop, number, *shipment)?;
            let fields = json!({ "shipmentId": id, "reason": "still there", "force": force });
            shop.change(number, &OrderCommand::CancelShipment(read(fields), shop.now()))
        }
        Step::Resend { order, shipment } => {
            let number = an_order(shop, *order, has_left)?;
            let fields = json!({ "shipmentId": a_shipment(shop, number, *shipment)?, "reason": "lost" });
            shop.change(number, &OrderCommand::ResendPackage(read(fields)))
        }
        Step::Relabel { order, shipment } => {
            let number = an_order(shop, *order, has_left)?;
            let (id, number_of_label) = (a_shipment(shop, number, *shipment)?, shop.second.to_string());
            let fields = json!({ "shipmentId": id, "carrier": "new", "trackingNumber": number_of_label });
            shop.change(number, &OrderCommand::RelabelPackage(read(fields), shop.now()))
        }
        _ => unreachable!("only what a carrier says"),
    }
}

fn set_rules(shop: &mut Shop, step: &Step) -> Result<(), Refused> {
    let Step::Rules { of, at, safety_stock, limit } = step else { unreachable!("only rules") };
    let mut fields = json!({ "sku": sku(*of), "safetyStock": { location(*at).as_str(): safety_stock } });
    if let Some(limit) = limit {
        fields["backorderLimit"] = json!(limit);
    }
    fields["lowStockAt"] = json!(limit);
    shop.change_stock(&sku(*of), &StockCommand::SetStockPolicy(read(fields), shop.now()))
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
            shop.change_stock(&sku(of), &StockCommand::ReceiveStock(report, now))
        }
        Step::Count { of, at, on_hand, seconds_ago } => {
            let counted_at = ago(shop, seconds_ago);
            let report = read(fields(of, at, json!({ "onHand": on_hand, "countedAt": counted_at })));
            shop.change_stock(&sku(of), &StockCommand::CountStock(report, now))
        }
        Step::Adjust { of, at, delta } => {
            let report = read(fields(of, at, json!({ "delta": delta, "reason": "correction" })));
            shop.change_stock(&sku(of), &StockCommand::AdjustStock(report, now))
        }
        _ => unreachable!("only reports about stock"),
    }
}

/// Stock in another state, or on its way from one location to another.
fn move_stock(shop: &mut Shop, step: &Step) -> Result<(), Refused> {
    let now = shop.now();
    match *step {
        Step::Turn { of, at, quantity, kind } => {
            let conditions = ["sellable", "quarantine", "damaged"];
            let (from, to) = (conditions[kind], conditions[(kind + 1) % 3]);
            let mut fields = json!({ "sku": sku(of), "location": location(at), "reason": "looked at" });
            fields["from"] = json!(from);
            fields["to"] = json!(to);
            fields["quantity"] = json!(quantity);
            shop.change_stock(&sku(of), &StockCommand::ChangeStockCondition(read(fields), now))
        }
        Step::Transfer { of, at, to, quantity } => {
            let fields =
                json!({ "sku": sku(of), "from": location(at), "to": location(to), "quantity": quantity });
            let id = Reference::new(&format!("t{}", shop.second)).unwrap();
            shop.change_stock(&sku(of), &StockCommand::ShipTransfer(read(fields), id, now))
        }
        Step::Arrive { of, transfer, quantity, close } => {
            let item = shop.items.get(&sku(of)).ok_or("nothing was seen of it")?;
            let ids: Vec<_> = item.transfers.keys().cloned().collect();
            let id = ids.get(transfer.index(ids.len().max(1))).ok_or("nothing is on its way")?;
            let fields = json!({ "transferId": id, "quantity": quantity, "close": close });
            shop.change_stock(&sku(of), &StockCommand::ReceiveTransfer(read(fields), now))
        }
        _ => unreachable!("only what moves"),
    }
}

/// A supply is announced, changed or withdrawn.
fn expect(shop: &mut Shop, step: &Step) -> Result<(), Refused> {
    let Step::Expect { of, at, supply, quantity, due_in } = *step else { unreachable!("only what comes") };
    let id = Reference::new(&format!("s{supply}")).unwrap();
    if quantity == 0 {
        return shop.change_stock(&sku(of), &StockCommand::CancelSupply(read(json!({ "supplyId": id }))));
    }
    let due_at = time(shop.second + due_in);
    let fields = json!({ "sku": sku(of), "location": location(at), "quantity": quantity, "dueAt": due_at });
    shop.change_stock(&sku(of), &StockCommand::ExpectSupply(read(fields), id))
}

fn create(shop: &mut Shop, wish: &Wish) -> Result<(), Refused> {
    let goods = wish.lines.iter().map(|(of, quantity)| json!({ "sku": sku(*of), "quantity": quantity }));
    let card = |sku| json!({ "sku": sku, "quantity": wish.cards, "requiresStock": false });
    let lines = goods.chain([without_stock(), sku(0)].map(card).into_iter().filter(|_| wish.cards > 0));
    let mut fields = json!({
        "channel": "web",
        "lines": lines.collect::<Vec<_>>(),
        "onShortage": SHORTAGES[wish.shortage],
        "priority": PRIORITIES[wish.priority],
        "allowSplit": wish.split,
        "payment": if wish.free { "not_required" } else { "required" },
    });
    if wish.brief {
        fields["reserveFor"] = json!("PT9S");
    }
    if wish.fetched {
        fields["delivery"] = json!({ "method": "pickup" });
    }
    if wish.leaves_in > 0 {
        let method = if wish.fetched { "pickup" } else { "ship" };
        fields["delivery"] = json!({ "method": method, "shipNotBefore": time(shop.second + wish.leaves_in) });
    }
    if wish.person {
        fields["shipTo"] = json!({ "name": "Ada Lovelace", "city": "London" });
    }
    shop.create(read(fields), if wish.late { ReserveAt::Payment } else { ReserveAt::Creation })
}

/// Fulfils units of the first line without stock, or of all such lines; or takes that back.
fn fulfill(shop: &mut Shop, order: Index, quantity: Option<u32>, undo: bool) -> Result<(), Refused> {
    let number = an_order(shop, order, |order| order.stock_lines().count() < order.lines().len())?;
    let line = shop.orders[number].lines().iter().find(|line| !line.requires_stock).map(|line| line.line);
    let lines = json!([{ "line": line, "quantity": quantity.unwrap_or(1) }]);
    let mut fields = json!({ "orderId": order_id(number), "lines": lines });
    if undo {
        fields["reason"] = json!("not sent");
        return shop.change(number, &OrderCommand::UnfulfillLines(read(fields)));
    }
    if quantity.is_none() {
        fields = json!({ "orderId": order_id(number), "all": true, "reference": "for Ada Lovelace" });
    }
    shop.change(number, &OrderCommand::FulfillLines(read(fields), shop.now()))
}

pub(super) fn pay(number: usize, payment: u8) -> OrderCommand {
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
        "refund" => {
            fields["refundRef"] = json!("back");
            fields["amount"] = json!("1.00");
            OrderCommand::RefundPayment(read(fields))
        }
        "fail" => {
            fields["reason"] = json!("no money");
            OrderCommand::FailPayment(read(fields))
        }
        _ => {
            fields["reason"] = json!("given back");
            OrderCommand::VoidPayment(read(fields), shop.now())
        }
    };
    shop.change(number, &command)
}

fn hold(shop: &mut Shop, number: usize, part: Option<Index>) -> Result<(), Refused> {
    let now = shop.now();
    let mut fields = json!({ "orderId": order_id(number), "reason": "other" });
    if part.is_none() {
        fields["until"] = json!(time(shop.second + 5));
    }
    let parts = &shop.orders[number].fulfillment_orders;
    if let Some(part) = part.filter(|_| !parts.is_empty()) {
        fields["fulfillmentOrderId"] = json!(part.get(parts).id);
    }
    shop.change(number, &OrderCommand::HoldOrder(read(fields), now))
}

fn release(shop: &mut Shop, number: usize, hold: Index) -> Result<(), Refused> {
    let holds = &shop.orders[number].holds;
    if holds.is_empty() {
        return Err("it does not wait".into());
    }
    let fields = json!({ "orderId": order_id(number), "holdId": hold.get(holds).id });
    shop.change(number, &OrderCommand::ReleaseHold(read(fields)))
}

fn stuck_after() -> Option<Period> {
    Period::of_seconds(7).ok()
}

fn a_part(shop: &Shop, number: usize, part: Index) -> Result<&FulfillmentOrder, Refused> {
    let parts = &shop.orders[number].fulfillment_orders;
    if parts.is_empty() { Err("nothing to work on".into()) } else { Ok(part.get(parts)) }
}

fn hand_over(shop: &mut Shop, number: usize, part: Index, kind: usize) -> Result<(), Refused> {
    let order = &shop.orders[number];
    let awaited = order.fulfillment_orders.iter().find(|part| order.awaits_answer_of(part));
    let id = match awaited.filter(|_| kind > 3) {
        Some(part) => part.id,
        None => a_part(shop, number, part)?.id,
    };
    let (this, why) =
        (json!({ "fulfillmentOrderId": id }), json!({ "fulfillmentOrderId": id, "reason": "why not" }));
    match kind {
        0 => shop.change(number, &OrderCommand::AcceptFulfillmentOrder(read(this))),
        1 => shop.change(number, &OrderCommand::RejectFulfillmentOrder(read(why))),
        2 => shop.accept_cancellation(&read(this)),
        3 => shop.change(number, &OrderCommand::RejectCancellation(read(why))),
        4 | 5 => shop.change(number, &OrderCommand::AcceptAmendment(read(this))),
        6 | 7 => shop.change(number, &OrderCommand::RejectAmendment(read(why))),
        _ => shop.change(number, &OrderCommand::UndoRejection(read(this))),
    }
}

fn short(
    shop: &mut Shop,
    number: usize,
    [part, line]: [Index; 2],
    quantity: Option<u32>,
) -> Result<(), Refused> {
    let part = a_part(shop, number, part)?;
    let mut fields = json!({ "fulfillmentOrderId": part.id, "reason": "not there" });
    match quantity {
        Some(quantity) => {
            fields["lines"] = json!([{ "line": line.get(&part.lines).line, "quantity": quantity }]);
        }
        None => fields["all"] = json!(true),
    }
    shop.change(number, &OrderCommand::ShortPick(read(fields), shop.now()))
}

fn announce(shop: &mut Shop, number: usize, line: Index, quantity: u32) -> Result<(), Refused> {
    let line = line.get(shop.orders[number].lines()).line;
    let lines = json!([{ "line": line, "quantity": quantity }]);
    let fields = json!({ "orderId": order_id(number), "lines": lines, "reason": "too small" });
    let (term, now) = (Period::of_seconds(20).unwrap(), shop.now());
    shop.change(number, &OrderCommand::RequestReturn(read(fields), term, now))
}

fn come_back(shop: &mut Shop, step: &Step) -> Result<(), Refused> {
    let Step::ComeBack { order, back, line, at, quantity, disposition } = step else {
        unreachable!("only what comes back")
    };
    let number = an_order(shop, *order, |order| !order.returns.is_empty())?;
    let returns = &shop.orders[number].returns;
    if returns.is_empty() {
        return Err("nothing comes back".into());
    }
    if *quantity == 0 {
        let fields = json!({ "returnId": back.get(returns).id, "reason": "not sent" });
        return shop.change(number, &OrderCommand::CloseReturn(read(fields)));
    }
    let line = line.get(shop.orders[number].lines()).line;
    let disposition = ["restock", "quarantine", "scrap"][*disposition];
    let fields = json!({
        "returnId": back.get(returns).id,
        "location": location(*at),
        "lines": [{ "line": line, "quantity": quantity, "disposition": disposition }],
    });
    shop.change(number, &OrderCommand::ReceiveReturn(read(fields), shop.now()))
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
    if kind == 4 {
        let now = shop.now();
        return shop.change(number, &OrderCommand::MarkReadyForPickup(read(fields), now));
    }
    if matches!(kind, 2 | 3) {
        let mut package = json!({ "carrier": "UPS", "trackingNumber": "1Z" });
        if let Some(lines) = lines {
            package["lines"] = lines;
        }
        fields["packages"] = json!([package]);
        let now = shop.now();
        fields["shortRemainder"] = json!(kind == 3);
        return shop.change(number, &OrderCommand::ShipItems(read(fields), stuck_after(), now));
    }
    match lines {
        Some(lines) => fields["lines"] = lines,
        None => fields["all"] = json!(true),
    }
    let command = match kind {
        0 => OrderCommand::PickItems(read(fields)),
        1 => OrderCommand::PackItems(read(fields)),
        5 => OrderCommand::UnpickItems(read(fields)),
        _ => OrderCommand::UnpackItems(read(fields)),
    };
    shop.change(number, &command)
}

fn a_shipment(shop: &Shop, number: usize, shipment: Index) -> Result<ShipmentId, Refused> {
    let shipments = &shop.orders[number].shipments;
    if shipments.is_empty() {
        return Err("nothing has left".into());
    }
    Ok(shipment.get(shipments).id)
}

/// What is left after all steps that can be taken, each looked at with what was before it.
pub(super) fn happens(steps: &[Step], mut check: impl FnMut(&Shop, &Step, &Shop)) -> Shop {
    let mut shop = Shop::open(A_YEAR);
    for step in steps {
        let before = shop.clone();
        if shop.attempt(|shop| take(shop, step)).is_ok() {
            check(&before, step, &shop);
        }
    }
    shop
}
