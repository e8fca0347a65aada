//! Checks `supportedActions`: each listed action is accepted without a discrepancy; each other action is refused or causes
//! a discrepancy. Checks that the order is read as it was written.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use holdfast_views::OrderView;
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Answer, Client, Request};
use super::json::{list, number, number_or_zero, text};
use super::steps::{LOCATIONS, SKUS};
use super::violations::Violations;

/// How long a difference must last before it counts: the read model may not include a deadline that has passed.
const STANDS_FOR: Duration = Duration::from_secs(3);

/// Refusals for missing units or locations: they do not depend on the action.
const ABOUT_SUPPLY: [&str; 8] = [
    "insufficient_stock",
    "channel_limit_exceeded",
    "backorder_limit_exceeded",
    "not_backorderable",
    "location_paused",
    "location_rejected_order",
    "ship_by_not_met",
    "already_there",
];

/// The result of trying an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Accepted,
    Refused,
    /// Refused because units are missing.
    Unknown,
}

/// Tries every action on an order and on its fulfillment orders, as dry runs.
pub async fn check(client: &Client, id: &str, violations: &mut Violations) {
    let started = Instant::now();
    loop {
        let before = client.get(&format!("/v1/orders/{id}")).await.body;
        let different = differences(client, &before).await;
        let after = client.get(&format!("/v1/orders/{id}")).await.body;
        if different.is_empty() || before["version"] != after["version"] {
            return;
        }
        if started.elapsed() > STANDS_FOR {
            for difference in different {
                violations
                    .add("supportedActions are what is accepted", format!("{id}: {difference}; {before}"));
            }
            return;
        }
    }
}

async fn differences(client: &Client, order: &Value) -> Vec<String> {
    let mut found = compare(client, order, order, &actions_on_order(order)).await;
    if serde_json::from_value::<OrderView>(order.clone()).ok().map(|view| json!(view)).as_ref() != Some(order)
    {
        found.push("the order is not read as it was written".to_owned());
    }
    for part in list(order, "fulfillmentOrders") {
        found.extend(compare(client, order, part, &actions_on_part(part)).await);
    }
    found
}

/// The inputs to try for each action, by the last part of its path.
type Actions = BTreeMap<&'static str, Vec<Value>>;

async fn compare(client: &Client, order: &Value, view: &Value, actions: &Actions) -> Vec<String> {
    let listed = list(view, "supportedActions");
    let mut found = Vec::new();
    let path = match view["fulfillmentOrderId"].as_str() {
        Some(id) => format!("/v1/fulfillment-orders/{id}"),
        None => format!("/v1/orders/{}", text(order, "orderId")),
    };
    for (action, inputs) in actions {
        let is_listed = listed.iter().any(|name| name == action);
        let mut answers = Vec::new();
        for body in inputs {
            let request = Request {
                operation: (*action).to_owned(),
                method: Method::POST,
                path: format!("{path}/{action}"),
                ids: Vec::new(),
                body: body.clone(),
                if_match: None,
            };
            let answer = client.send(&request, "try", true).await;
            let mut outcome = outcome(order, &answer);
            // The target location of a move may have too few units by now; the order then records a discrepancy.
            if *action == "accept-cancellation" && answer.is_accepted() {
                outcome = Outcome::Accepted;
            }
            answers.push((outcome, answer.status, answer.code().to_owned()));
        }
        let any = |outcome| answers.iter().any(|(known, ..)| *known == outcome);
        let is_wrong =
            if is_listed { !any(Outcome::Accepted) && any(Outcome::Refused) } else { any(Outcome::Accepted) };
        if is_wrong {
            found.push(format!("{action} of {path} is listed: {is_listed}; tried: {answers:?}"));
        }
    }
    let unknown = listed.iter().filter(|name| name.as_str().is_none_or(|name| !actions.contains_key(name)));
    found.extend(unknown.map(|name| format!("{name} of {path} is listed, and the walk does not know it")));
    found
}

/// True if the answer has more discrepancies than the order.
fn outcome(order: &Value, answer: &Answer) -> Outcome {
    let view = if answer.body["order"].is_object() { &answer.body["order"] } else { &answer.body };
    if answer.is_accepted() {
        let contradicts = list(view, "discrepancies").len() > list(order, "discrepancies").len();
        if contradicts { Outcome::Refused } else { Outcome::Accepted }
    } else if ABOUT_SUPPLY.contains(&answer.code()) {
        Outcome::Unknown
    } else {
        Outcome::Refused
    }
}

fn actions_on_order(order: &Value) -> Actions {
    let lines = list(order, "lines");
    let net = |line: &Value| number(line, "quantity") - number_or_zero(line, "cancelled");
    let returnable =
        lines.iter().find(|line| number_or_zero(line, "shipped") > number_or_zero(line, "returned"));
    let back = returnable.or(lines.first()).map_or(json!(1), |line| line["line"].clone());
    let hold = list(order, "holds").first().map_or("h999", |hold| text(hold, "holdId"));
    let same = lines.iter().filter(|line| net(line) > 0).map(
        |line| json!({ "changes": [{ "op": "setQuantity", "line": line["line"], "quantity": net(line) }] }),
    );
    let added = SKUS.iter().map(|sku| json!({ "changes": [{ "op": "add", "sku": sku, "quantity": 1 }] }));
    let returns = lines
        .iter()
        .map(|line| json!({ "reason": "try", "lines": [{ "line": line["line"], "quantity": 1 }] }));
    let why = || vec![json!({ "reason": "try" })];
    BTreeMap::from([
        ("confirm-payment", vec![json!({ "paymentRef": "try" })]),
        ("authorize-payment", vec![json!({ "paymentRef": "try" })]),
        ("fail-payment", why()),
        ("void-payment", why()),
        ("hold", vec![json!({ "reason": "other" })]),
        ("release-hold", vec![json!({ "holdId": hold })]),
        ("amend", same.chain(added).collect()),
        ("cancel", why()),
        (
            "returns",
            returns.chain([json!({ "reason": "try", "lines": [{ "line": back, "quantity": 1 }] })]).collect(),
        ),
        ("erase-personal-data", why()),
    ])
}

fn actions_on_part(part: &Value) -> Actions {
    let elsewhere = LOCATIONS.iter().filter(|location| part["location"] != **location);
    let package = json!({ "carrier": "try", "trackingNumber": "try" });
    let (nothing, all, why) =
        (|| vec![json!({})], || vec![json!({ "all": true })], || vec![json!({ "reason": "try" })]);
    BTreeMap::from([
        ("accept", nothing()),
        ("reject", why()),
        ("move", elsewhere.map(|location| json!({ "location": location })).collect()),
        ("pick", all()),
        ("pack", all()),
        ("ready-for-pickup", nothing()),
        ("ship", vec![json!({ "packages": [package] })]),
        ("short", vec![json!({ "all": true, "reason": "try" })]),
        ("accept-cancellation", nothing()),
        ("reject-cancellation", why()),
        ("accept-amendment", nothing()),
        ("reject-amendment", why()),
    ])
}
