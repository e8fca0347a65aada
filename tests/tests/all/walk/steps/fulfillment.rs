//! Steps of locations on fulfillment orders: accept, reject, pick, pack, ship, answer requests.

use serde_json::{Value, json};

use super::{Draft, LOCATIONS, Merchant, Step, some_lines, supports};
use crate::walk::json::{list, number, text};
use crate::walk::random::Random;

pub const STEPS: &[Step] = &[
    Step { operation: "AcceptFulfillmentOrder", weight: 45, draft: accept },
    Step { operation: "RejectFulfillmentOrder", weight: 26, draft: reject },
    Step { operation: "MoveFulfillmentOrder", weight: 26, draft: relocate },
    Step { operation: "AcceptCancellation", weight: 22, draft: accept_cancellation },
    Step { operation: "RejectCancellation", weight: 8, draft: reject_cancellation },
    Step { operation: "AcceptAmendment", weight: 24, draft: accept_amendment },
    Step { operation: "RejectAmendment", weight: 8, draft: reject_amendment },
    Step { operation: "PickItems", weight: 22, draft: pick },
    Step { operation: "PackItems", weight: 18, draft: pack },
    Step { operation: "ShortPick", weight: 24, draft: short },
    Step { operation: "MarkReadyForPickup", weight: 10, draft: ready_for_pickup },
    Step { operation: "UnpickItems", weight: 5, draft: unpick },
    Step { operation: "UnpackItems", weight: 5, draft: unpack },
    Step { operation: "UndoRejection", weight: 8, draft: undo_rejection },
    Step { operation: "ShipItems", weight: 60, draft: ship },
];

fn about(part: &Value, body: Value) -> Draft {
    Draft::with_id("fulfillmentOrderId", text(part, "fulfillmentOrderId"), body)
}

fn that_supports(random: &mut Random, merchant: &Merchant, action: &str, body: Value) -> Option<Draft> {
    let (_, part) = merchant.fulfillment_order(random, |part| supports(part, action))?;
    Some(about(part, body))
}

fn accept(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    that_supports(random, merchant, "accept", json!({ "wmsRef": "wave-7" }))
}

fn reject(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    that_supports(random, merchant, "reject", json!({ "reason": "too busy" }))
}

fn undo_rejection(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    that_supports(random, merchant, "undo-rejection", json!({}))
}

/// All units that are picked or packed and have not shipped, or some of them.
fn undo(random: &mut Random, merchant: &Merchant, action: &str, done: &str) -> Option<Draft> {
    let (_, part) = merchant.fulfillment_order(random, |part| supports(part, action))?;
    if random.chance(40) {
        return Some(about(part, json!({ "all": true })));
    }
    let lines = some_lines(random, list(part, "lines"), |line| number(line, done) - number(line, "shipped"));
    Some(about(part, json!({ "lines": lines })))
}

fn unpick(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    undo(random, merchant, "unpick", "picked")
}

fn unpack(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    undo(random, merchant, "unpack", "packed")
}

fn relocate(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let (_, part) = merchant.fulfillment_order(random, |part| supports(part, "move"))?;
    let mut body = json!({ "location": random.pick(&LOCATIONS) });
    if random.chance(25) {
        body["force"] = true.into();
    }
    Some(about(part, body))
}

fn accept_cancellation(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    that_supports(random, merchant, "accept-cancellation", json!({}))
}

fn reject_cancellation(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    that_supports(random, merchant, "reject-cancellation", json!({ "reason": "on the truck" }))
}

fn accept_amendment(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    that_supports(random, merchant, "accept-amendment", json!({}))
}

fn reject_amendment(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    that_supports(random, merchant, "reject-amendment", json!({ "reason": "labelled" }))
}

/// All outstanding units, or units of some lines, minus those in the given states.
fn work(random: &mut Random, merchant: &Merchant, action: &str, done: &str) -> Option<(Draft, bool)> {
    let (_, part) = merchant.fulfillment_order(random, |part| supports(part, action))?;
    if random.chance(40) {
        return Some((about(part, json!({ "all": true })), true));
    }
    let lines = some_lines(random, list(part, "lines"), |line| number(line, "quantity") - number(line, done));
    Some((about(part, json!({ "lines": lines })), false))
}

fn pick(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    work(random, merchant, "pick", "picked").map(|(draft, _)| draft)
}

fn pack(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    work(random, merchant, "pack", "packed").map(|(draft, _)| draft)
}

fn short(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let (mut draft, _) = work(random, merchant, "short", "picked")?;
    draft.body["reason"] = "not in its place".into();
    Some(draft)
}

fn ready_for_pickup(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    that_supports(random, merchant, "ready-for-pickup", json!({}))
}

/// One or two packages with all units, or with units of some lines. The remainder may be short.
fn ship(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    // Now and then, short, cancelled or held units are shipped too.
    let wanted = if random.chance(85) { "ship" } else { "" };
    let (_, part) = merchant.fulfillment_order(random, |part| wanted.is_empty() || supports(part, wanted))?;
    let open = |line: &Value| number(line, "quantity") - number(line, "shipped");
    let label = |random: &mut Random| json!({ "carrier": "ups", "trackingNumber": format!("1Z{}", random.below(1_000_000_000)) });
    let mut first = label(random);
    let mut packages = vec![];
    if random.chance(45) {
        first["lines"] = some_lines(random, list(part, "lines"), open).into();
        if random.chance(25) {
            packages.push(label(random));
        }
    }
    packages.insert(0, first);
    let mut body = json!({ "packages": packages });
    if random.chance(15) {
        body["shortRemainder"] = true.into();
    }
    Some(about(part, body))
}
