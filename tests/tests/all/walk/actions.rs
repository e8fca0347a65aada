//! Checks `supportedActions`: each listed action is accepted without a discrepancy; each other action is refused or causes
//! a discrepancy. Checks that parsing and serializing an order does not change it.

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
const DIFFERENCE_TIMEOUT: Duration = Duration::from_secs(3);

/// Codes of refusals for missing units, or for a location or line that was chosen: they do not depend on the action.
const INPUT_REFUSALS: [&str; 10] = [
    "insufficient_stock",
    "channel_limit_exceeded",
    "backorder_limit_exceeded",
    "not_backorderable",
    "location_paused",
    "location_rejected_order",
    "ship_by_unattainable",
    "no_capacity",
    "line_cancellation_pending",
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
        if started.elapsed() > DIFFERENCE_TIMEOUT {
            for difference in different {
                violations.add(
                    "supportedActions lists exactly the accepted actions",
                    format!("{id}: {difference}; {before}"),
                );
            }
            return;
        }
    }
}

async fn differences(client: &Client, order: &Value) -> Vec<String> {
    let mut found = compare(client, order, order, &actions_on_order(order)).await;
    if serde_json::from_value::<OrderView>(order.clone()).ok().map(|view| json!(view)).as_ref() != Some(order)
    {
        found.push("parsing and serializing the order changes it".to_owned());
    }
    for view in list(order, "fulfillmentOrders") {
        found.extend(compare(client, order, view, &actions_on_fulfillment_order(view)).await);
    }
    found
}

/// The inputs to try for each action, by the last segment of its path.
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
            // The target location of a move may now have too few units. The order then records a discrepancy.
            if *action == "accept-cancellation" && answer.is_accepted() {
                outcome = Outcome::Accepted;
            }
            answers.push((outcome, answer.status, answer.code().to_owned()));
        }
        let any = |outcome| answers.iter().any(|answer| answer.0 == outcome);
        let is_wrong =
            if is_listed { !any(Outcome::Accepted) && any(Outcome::Refused) } else { any(Outcome::Accepted) };
        if is_wrong {
            found.push(format!("{action} of {path} is listed: {is_listed}; tried: {answers:?}"));
        }
    }
    let unknown = listed.iter().filter(|name| name.as_str().is_none_or(|name| !actions.contains_key(name)));
    found.extend(unknown.map(|name| format!("{name} of {path} is listed but unknown to the walk")));
    found
}

/// The result of an answer. An accepted answer with more discrepancies than the order counts as refused.
fn outcome(order: &Value, answer: &Answer) -> Outcome {
    let view = if answer.body["order"].is_object() { &answer.body["order"] } else { &answer.body };
    if answer.is_accepted() {
        let has_new_discrepancy = list(view, "discrepancies").len() > list(order, "discrepancies").len();
        if has_new_discrepancy { Outcome::Refused } else { Outcome::Accepted }
    } else if INPUT_REFUSALS.contains(&answer.code()) {
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
    let returned_line = returnable.or(lines.first()).map_or(json!(1), |line| line["line"].clone());
    let hold = list(order, "holds").first().map_or("h999", |hold| text(hold, "holdId"));
    let unchanged = lines.iter().filter(|line| net(line) > 0).map(
        |line| json!({ "changes": [{ "op": "setQuantity", "line": line["line"], "quantity": net(line) }] }),
    );
    let added = SKUS.iter().map(|sku| json!({ "changes": [{ "op": "add", "sku": sku, "quantity": 1 }] }));
    let returns = lines
        .iter()
        .map(|line| json!({ "reason": "try", "lines": [{ "line": line["line"], "quantity": 1 }] }));
    let unfulfilled = lines
        .iter()
        .map(|line| json!({ "reason": "try", "lines": [{ "line": line["line"], "quantity": 1 }] }));
    let reason = || vec![json!({ "reason": "try" })];
    BTreeMap::from([
        ("confirm-payment", vec![json!({ "paymentRef": "try" })]),
        ("authorize-payment", vec![json!({ "paymentRef": "try" })]),
        ("fail-payment", reason()),
        ("void-payment", reason()),
        ("refund-payment", vec![json!({ "refundRef": "try", "amount": "0.01" })]),
        ("fulfill-lines", vec![json!({ "all": true })]),
        ("unfulfill-lines", unfulfilled.collect()),
        ("hold", vec![json!({ "reason": "other" })]),
        ("release-hold", vec![json!({ "holdId": hold })]),
        ("amend", unchanged.chain(added).collect()),
        ("cancel", reason()),
        ("reopen", vec![json!({})]),
        (
            "returns",
            returns
                .chain([json!({ "reason": "try", "lines": [{ "line": returned_line, "quantity": 1 }] })])
                .collect(),
        ),
        ("erase-personal-data", reason()),
    ])
}

fn actions_on_fulfillment_order(view: &Value) -> Actions {
    let other_locations = LOCATIONS.iter().filter(|location| view["location"] != **location);
    let package = json!({ "carrier": "try", "trackingNumber": "try" });
    let (no_fields, all, reason) =
        (|| vec![json!({})], || vec![json!({ "all": true })], || vec![json!({ "reason": "try" })]);
    BTreeMap::from([
        ("accept", no_fields()),
        ("reject", reason()),
        ("move", other_locations.map(|location| json!({ "location": location })).collect()),
        ("pick", all()),
        ("pack", all()),
        ("ready-for-pickup", no_fields()),
        ("ship", vec![json!({ "packages": [package] })]),
        ("short", vec![json!({ "all": true, "reason": "try" })]),
        ("unpick", all()),
        ("unpack", all()),
        ("undo-rejection", no_fields()),
        ("accept-cancellation", no_fields()),
        ("reject-cancellation", reason()),
        ("accept-amendment", no_fields()),
        ("reject-amendment", reason()),
    ])
}
