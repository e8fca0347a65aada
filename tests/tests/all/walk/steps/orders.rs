//! Steps on orders: create, amend, hold, cancel, erase personal data.

use serde_json::{Map, Value, json};

use super::{BUNDLE, CHANNELS, Draft, LOCATIONS, Merchant, SKUS, Step, id, some_lines, sometimes, supports};
use crate::walk::json::{from_now, list, number, number_or_zero, text};
use crate::walk::random::Random;

pub const STEPS: &[Step] = &[
    Step { operation: "CreateOrder", weight: 160, draft: create },
    Step { operation: "ComparePromises", weight: 20, draft: promise },
    Step { operation: "AmendOrder", weight: 60, draft: amend },
    Step { operation: "AmendOrder", weight: 20, draft: amend_what_a_location_works_on },
    Step { operation: "CancelOrder", weight: 14, draft: cancel },
    Step { operation: "CancelOrder", weight: 30, draft: cancel_lines },
    Step { operation: "ReopenOrder", weight: 10, draft: reopen },
    Step { operation: "FulfillLines", weight: 30, draft: fulfill },
    Step { operation: "UnfulfillLines", weight: 8, draft: unfulfill },
    Step { operation: "HoldOrder", weight: 14, draft: hold },
    Step { operation: "ReleaseHold", weight: 40, draft: release_hold },
    Step { operation: "ErasePersonalData", weight: 6, draft: erase },
    Step { operation: "RequestReturn", weight: 18, draft: request_return },
];

/// The name in every address. It must not appear in any event.
pub const CUSTOMER: &str = "Ada Lovelace";

const SECOND: i64 = 1_000_000;
const DAY: i64 = 24 * 3_600 * SECOND;

pub fn new_line(random: &mut Random) -> Value {
    // Some SKUs are ordered more often than others.
    let sku = SKUS[random.below(SKUS.len()).min(random.below(SKUS.len()))];
    let sku = if random.chance(1) { "SKU-UNKNOWN" } else { sku };
    let sku = if random.chance(7) { BUNDLE } else { sku };
    let quantity = if random.chance(1) { 0 } else { random.between(1, 5) };
    let mut line = json!({ "sku": sku, "quantity": quantity });
    if random.chance(12) {
        line["requiresStock"] = false.into();
        line["sku"] = random.pick(&[sku, "GIFT-CARD"]).into();
    }
    line
}

fn address(random: &mut Random) -> Value {
    let (country, postal_code) = random.pick(&[("US", "07102"), ("US", "90001"), ("DE", "04109")]);
    json!({ "name": CUSTOMER, "street": ["1 Analytical Way"], "city": "Newark", "country": country,
            "postalCode": postal_code, "email": "ada@example.com" })
}

fn delivery(random: &mut Random) -> Value {
    let location = random.pick(&LOCATIONS);
    match random.below(20) {
        0..10 => json!({ "method": "pickup", "location": location }),
        10 => json!({ "method": "local", "location": location }),
        11 => json!({ "method": "dropship", "location": location }),
        12 => json!({ "method": "none" }),
        13 => json!({ "method": "ship", "shipNotBefore": from_now(random.between(1, 3) * SECOND) }),
        14 => json!({ "method": "ship", "shipNotBefore": from_now(random.between(1, 4) * DAY) }),
        15..18 => {
            json!({ "method": "ship", "shipBy": from_now(random.between(0, 2) * DAY + 3_600 * SECOND) })
        }
        18 => json!({ "method": "ship", "serviceLevel": "express" }),
        _ => json!({ "method": "ship", "complete": true }),
    }
}

fn create(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    if random.chance(3)
        && let Some(known) = merchant.order(random, |order| order["channelRef"].is_string())
    {
        let body = json!({ "orderId": random.uuid(), "channel": known["channel"], "channelRef": known["channelRef"],
                           "lines": [new_line(random)] });
        return Some(Draft::new(body));
    }
    let mut body = Map::new();
    body.insert("orderId".into(), random.uuid().into());
    body.insert("channel".into(), (random.pick(&CHANNELS)).into());
    let lines: Vec<Value> = (0..random.between(1, 4)).map(|_| new_line(random)).collect();
    body.insert("lines".into(), lines.into());
    let shortage =
        random.pick(&["reject", "cancel_remainder", "hold", "backorder", "backorder", "backorder"]);
    sometimes(random, 90, &mut body, "onShortage", shortage.into());
    let may_split = random.chance(50);
    sometimes(random, 75, &mut body, "allowSplit", may_split.into());
    let priority = random.pick(&["standard", "express", "critical"]);
    sometimes(random, 40, &mut body, "priority", priority.into());
    let needs_payment = random.chance(35);
    let payment = if needs_payment { "required" } else { "not_required" };
    body.insert("payment".into(), payment.into());
    let period = format!("PT{}S", random.between(1, 3));
    sometimes(random, if needs_payment { 45 } else { 5 }, &mut body, "reserveFor", period.into());
    let wanted = delivery(random);
    sometimes(random, 30, &mut body, "delivery", wanted);
    let ship_to = address(random);
    sometimes(random, 50, &mut body, "shipTo", ship_to);
    let reference = format!("ref-{}", random.below(1_000_000));
    sometimes(random, 40, &mut body, "channelRef", reference.into());
    if random.chance(25)
        && let Some(cart) = super::carts::cart(random, merchant)
    {
        body.insert("reservation".into(), cart.into());
    }
    if random.chance(15) {
        body.insert("currency".into(), "EUR".into());
        body["lines"][0]["unit"] = "12.50".into();
    }
    Some(Draft::new(body.into()))
}

fn promise(random: &mut Random, _: &Merchant) -> Option<Draft> {
    let lines: Vec<Value> = (0..random.between(1, 3)).map(|_| new_line(random)).collect();
    let mut body =
        json!({ "channel": random.pick(&CHANNELS), "lines": lines, "allowSplit": random.chance(50) });
    if random.chance(50) {
        body["destination"] = json!({ "country": "US", "postalCode": random.pick(&["07102", "90001"]) });
    }
    if random.chance(50) {
        body["delivery"] = delivery(random);
    }
    Some(Draft::new(body))
}

fn amend(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let order = merchant.order(random, |order| supports(order, "amend"))?;
    let lines = list(order, "lines");
    let line = random.any(lines)?;
    let net = number(line, "quantity") - number_or_zero(line, "cancelled");
    let number = &line["line"];
    let mut body = match random.below(10) {
        0..2 => json!({ "changes": [add(random)] }),
        2 => json!({ "changes": [set_quantity(number, (net - 1).max(1)), add(random)] }),
        3..5 => json!({ "changes": [set_quantity(number, net + random.between(1, 3))] }),
        5 => json!({ "changes": [set_quantity(number, (net - random.between(0, 2)).max(1))] }),
        6 => json!({ "changes": [{ "op": "remove", "line": number }] }),
        7 => json!({ "shipTo": address(random) }),
        _ => json!({ "delivery": delivery(random) }),
    };
    if random.chance(10) {
        body["shipTo"] = address(random);
    }
    if random.chance(12) {
        body["priority"] = random.pick(&["standard", "express", "critical"]).into();
        body["onShortage"] = random.pick(&["reject", "cancel_remainder", "hold", "backorder"]).into();
    }
    if random.chance(12) {
        body["allowSplit"] = random.chance(50).into();
        body["reserveFor"] = random.pick(&["PT2S", "PT1H"]).into();
    }
    let mut draft = Draft::with_id("orderId", id(order), body);
    draft.if_match = order["version"].as_u64().filter(|_| random.chance(10));
    Some(draft)
}

/// Amends the address or delivery of an acknowledged order: its locations must approve.
fn amend_what_a_location_works_on(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let is_open = |part: &Value| part["accepted"] == true && part["status"] != "shipped";
    let (order, part) = merchant.fulfillment_order(random, is_open)?;
    let body = match random.below(3) {
        0 => json!({ "delivery": { "method": "pickup", "location": part["location"] } }),
        1 => json!({ "delivery": delivery(random) }),
        _ => json!({ "shipTo": address(random) }),
    };
    Some(Draft::with_id("orderId", id(order), body))
}

fn add(random: &mut Random) -> Value {
    let mut line = new_line(random);
    line["op"] = "add".into();
    line
}

fn set_quantity(line: &Value, quantity: i64) -> Value {
    json!({ "op": "setQuantity", "line": line, "quantity": quantity })
}

fn cancel(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let order = merchant.order(random, |order| supports(order, "cancel"))?;
    Some(Draft::with_id("orderId", id(order), json!({ "reason": "changed their mind" })))
}

fn reopen(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let order = merchant.order(random, |order| supports(order, "reopen"))?;
    let cancelled = |line: &Value| number_or_zero(line, "cancelled");
    let body = if random.chance(60) {
        json!({})
    } else {
        json!({ "lines": some_lines(random, list(order, "lines"), cancelled) })
    };
    Some(Draft::with_id("orderId", id(order), body))
}

fn cancel_lines(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let order = merchant.order(random, |order| supports(order, "cancel"))?;
    let open = |line: &Value| {
        let done = number_or_zero(line, "shipped") + number_or_zero(line, "fulfilled");
        number(line, "quantity") - number_or_zero(line, "cancelled") - done
    };
    let lines = some_lines(random, list(order, "lines"), open);
    Some(Draft::with_id("orderId", id(order), json!({ "reason": "fewer", "lines": lines })))
}

fn fulfill(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let order = merchant.order(random, |order| supports(order, "fulfill-lines"))?;
    let open = |line: &Value| {
        let is_without_stock = line["requiresStock"] == false;
        let done = number_or_zero(line, "cancelled") + number_or_zero(line, "fulfilled");
        if is_without_stock { number(line, "quantity") - done } else { 0 }
    };
    let mut body = if random.chance(40) {
        json!({ "all": true })
    } else {
        json!({ "lines": some_lines(random, list(order, "lines"), open) })
    };
    if random.chance(40) {
        body["reference"] = format!("GIFT-{} for {CUSTOMER}", random.below(1_000)).into();
    }
    Some(Draft::with_id("orderId", id(order), body))
}

fn unfulfill(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let order = merchant.order(random, |order| supports(order, "unfulfill-lines"))?;
    let done = |line: &Value| number_or_zero(line, "fulfilled");
    let lines = some_lines(random, list(order, "lines"), done);
    Some(Draft::with_id("orderId", id(order), json!({ "reason": "not sent", "lines": lines })))
}

fn hold(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let order = merchant.order(random, |order| supports(order, "hold"))?;
    let reason = random.pick(&["fraud_risk", "customer_request", "other", "inventory_out_of_stock"]);
    let mut body = json!({ "reason": reason });
    if random.chance(50) {
        body["until"] = from_now(random.between(1, 2) * SECOND).into();
    }
    if let Some(part) = random.any(list(order, "fulfillmentOrders"))
        && random.chance(40)
    {
        body["fulfillmentOrderId"] = part["fulfillmentOrderId"].clone();
    }
    Some(Draft::with_id("orderId", id(order), body))
}

fn release_hold(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let order = merchant.order(random, |order| supports(order, "release-hold"))?;
    let hold = random.any(list(order, "holds")).map_or("h1", |hold| text(hold, "holdId"));
    Some(Draft::with_id("orderId", id(order), json!({ "holdId": hold })))
}

fn erase(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let order = merchant.order(random, |order| supports(order, "erase-personal-data"))?;
    Some(Draft::with_id("orderId", id(order), json!({ "reason": "the customer asked for it" })))
}

fn request_return(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let order = merchant.order(random, |order| supports(order, "returns"))?;
    let back = |line: &Value| number_or_zero(line, "shipped") - number_or_zero(line, "returned");
    let lines = some_lines(random, list(order, "lines"), back);
    Some(Draft::with_id("orderId", id(order), json!({ "reason": "too small", "lines": lines })))
}
