//! Steps on stock: receive, count, adjust, transfer, expect supplies, set stock policies.

use serde_json::{Value, json};

use super::{BUNDLE, CHANNELS, Draft, LOCATIONS, Merchant, SKUS, Step};
use crate::walk::json::from_now;
use crate::walk::random::Random;

pub const STEPS: &[Step] = &[
    Step { operation: "ReceiveStock", weight: 75, draft: receive },
    Step { operation: "CountStock", weight: 28, draft: count },
    Step { operation: "AdjustStock", weight: 14, draft: adjust },
    Step { operation: "ChangeStockCondition", weight: 12, draft: change_condition },
    Step { operation: "ShipTransfer", weight: 12, draft: ship_transfer },
    Step { operation: "ReceiveTransfer", weight: 12, draft: receive_transfer },
    Step { operation: "ExpectSupply", weight: 10, draft: expect_supply },
    Step { operation: "CancelSupply", weight: 5, draft: cancel_supply },
    Step { operation: "SetStockPolicy", weight: 16, draft: set_policy },
];

fn place(random: &mut Random) -> (&'static str, &'static str) {
    (random.pick(&SKUS), random.pick(&LOCATIONS))
}

fn supply(random: &mut Random) -> Value {
    format!("supply-{}", random.below(12)).into()
}

fn receive(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let (sku, location) = place(random);
    let mut body = json!({ "sku": sku, "location": location, "quantity": random.between(1, 6) });
    if random.chance(10) {
        body["condition"] = (random.pick(&["quarantine", "damaged"])).into();
    }
    let supplies = merchant.model.items.get(sku).map(|item| item.supplies.keys().collect::<Vec<_>>());
    if let Some(supply) = random.any(&supplies.unwrap_or_default())
        && random.chance(25)
    {
        body["supplyId"] = (**supply).clone().into();
        body["closeSupply"] = random.chance(30).into();
    }
    Some(Draft::new(body))
}

fn count(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let (sku, location) = place(random);
    let on_hand = merchant.on_hand(sku, location);
    let counted =
        if random.chance(30) { random.between(0, on_hand) } else { on_hand - random.between(-2, 3) };
    let at = from_now(-random.between(0, 1_500_000));
    let mut body = json!({ "sku": sku, "location": location, "onHand": counted.max(0), "countedAt": at });
    expect_on_hand(random, &mut body, on_hand);
    Some(Draft::new(body))
}

/// Adds the units that the sender expects to be on hand, in some cases wrong ones.
fn expect_on_hand(random: &mut Random, body: &mut Value, on_hand: i64) {
    if random.chance(20) {
        let expected = if random.chance(70) { on_hand } else { on_hand + random.between(1, 3) };
        body["expected"] = expected.into();
    }
}

fn adjust(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let (sku, location) = place(random);
    let delta = random.pick(&[-5, -3, -2, -1, 1, 2]);
    let mut body = json!({ "sku": sku, "location": location, "delta": delta, "reason": "correction" });
    expect_on_hand(random, &mut body, merchant.on_hand(sku, location));
    Some(Draft::new(body))
}

fn change_condition(random: &mut Random, _: &Merchant) -> Option<Draft> {
    let (sku, location) = place(random);
    let conditions = ["sellable", "quarantine", "damaged"];
    let (from, to) = (random.pick(&conditions), random.pick(&conditions));
    let body = json!({ "sku": sku, "location": location, "from": from, "to": to, "quantity": random.between(1, 4),
                       "reason": "inspected" });
    Some(Draft::new(body))
}

fn ship_transfer(random: &mut Random, _: &Merchant) -> Option<Draft> {
    let (sku, from) = place(random);
    let to = random.pick(&LOCATIONS);
    let id = format!("transfer-{}", random.below(1_000));
    let quantity = random.between(1, 4);
    let mut body = json!({ "transferId": id, "sku": sku, "from": from, "to": to, "quantity": quantity });
    if random.chance(30) {
        body["onlyAvailable"] = true.into();
    }
    Some(Draft::new(body))
}

fn receive_transfer(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let transfers: Vec<&String> =
        merchant.model.items.values().flat_map(|item| item.transfers.keys()).collect();
    let id = random.any(&transfers)?;
    let body = json!({ "quantity": random.between(0, 3), "close": random.chance(50) });
    Some(Draft::with_id("transferId", id, body))
}

fn expect_supply(random: &mut Random, _: &Merchant) -> Option<Draft> {
    let (sku, location) = place(random);
    let due = from_now(random.between(1, 72) * 3_600_000_000);
    let body = json!({ "supplyId": supply(random), "sku": sku, "location": location,
                       "quantity": random.between(1, 10), "dueAt": due });
    Some(Draft::new(body))
}

fn cancel_supply(random: &mut Random, _: &Merchant) -> Option<Draft> {
    Some(Draft {
        ids: vec![("supplyId", supply(random).as_str()?.to_owned())],
        body: json!({}),
        ..Draft::default()
    })
}

/// Makes the bundle consist of one or two SKUs.
pub fn bundle(random: &mut Random) -> Draft {
    let first = random.below(SKUS.len());
    let mut components = vec![json!({ "sku": SKUS[first], "quantity": random.between(1, 2) })];
    if random.chance(70) {
        let second = SKUS[(first + 1 + random.below(5)) % SKUS.len()];
        components.push(json!({ "sku": second, "quantity": 1, "priceShare": random.between(0, 3) }));
    }
    Draft::new(json!({ "sku": BUNDLE, "components": components }))
}

fn set_policy(random: &mut Random, _: &Merchant) -> Option<Draft> {
    if random.chance(6) {
        return Some(bundle(random));
    }
    let (sku, location) = place(random);
    let channel = random.pick(&CHANNELS);
    let body = match random.below(10) {
        0..5 => json!({ "sku": sku, "channelLimits": { channel: random.between(0, 12) } }),
        5 => json!({ "sku": sku, "channelLimits": { channel: null } }),
        6 | 7 => json!({ "sku": sku, "safetyStock": { location: random.between(0, 3) } }),
        8 if random.chance(60) => {
            let threshold = if random.chance(80) { random.between(0, 8).into() } else { Value::Null };
            json!({ "sku": sku, "lowStockAt": threshold })
        }
        8 => json!({ "sku": sku, "backorderLimit": random.between(5, 40) }),
        _ => json!({ "sku": sku, "backorderable": random.chance(80) }),
    };
    Some(Draft::new(body))
}
