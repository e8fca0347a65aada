//! Compares answers of the server: a dry run with the real command, a replay with the first answer, an order that is read
//! with the answered order, and both with the fold of the feed.

use serde_json::{Value, json};

use super::client::{Answer, Client, Request};
use super::feed::Decision;
use super::json::{list, number, number_or_zero, text};
use super::model::Model;
use super::model::order::Order;
use super::steps::Draft;
use super::violations::Violations;

/// Times, positions, versions, and ids that the server creates.
const VARYING: [&str; 5] = ["position", "version", "instance", "traceId", "detail"];

/// Checks that a dry run answers like the real command, except for positions and times.
pub fn check_dry_run(request: &Request, dry: &Answer, real: &Answer, violations: &mut Violations) {
    let same = dry.status == real.status && without_times(&dry.body) == without_times(&real.body);
    violations.check("a dry run has the same answer as the real command", same, || {
        let difference = difference("", &without_times(&dry.body), &without_times(&real.body));
        format!(
            "{} {} {}: {} then {}; {difference}",
            request.method, request.path, request.body, dry.status, real.status
        )
    });
}

/// The order that a promise is about. It is refused unless all its units are in stock, or expected in time.
pub fn promised_order(promise: &Request) -> Draft {
    let wanted = &promise.body;
    let mut body = json!({ "channel": wanted["channel"], "lines": wanted["lines"], "allowSplit": wanted["allowSplit"],
        "payment": "not_required", "onShortage": "reject" });
    for (field, value) in [("shipTo", &wanted["destination"]), ("delivery", &wanted["delivery"])] {
        if !value.is_null() {
            body[field] = value.clone();
        }
    }
    Draft::new(body)
}

/// Checks that a promise says whether the order would be accepted, and refuses what the order would refuse as wrong.
pub fn check_promise(request: &Request, order: &Answer, promise: &Answer, violations: &mut Violations) {
    let option = &promise.body["options"][0];
    let is_right = match (order.is_accepted(), order.status) {
        (true, _) => option["status"] == "in_stock" || option["status"] == "expected",
        (false, 409) => promise.is_accepted() && option["status"] != "in_stock",
        _ => (promise.status, promise.code()) == (order.status, order.code()),
    };
    violations
        .check("a promise is what an order gets", is_right, || format!("{request:?}: {order:?} {promise:?}"));
}

/// True if the process manager, or a deadline, has changed the state between a dry run and the real command.
pub fn has_interfered(decisions: &[Decision]) -> bool {
    let by_time = [
        "ReservationExpired",
        "StockReservationsExpired",
        "CartReservationExpired",
        "OrderHoldReleased",
        "ShipmentStuck",
    ];
    decisions.iter().any(|decision| {
        decision.key.is_none() || decision.events.iter().any(|event| by_time.contains(&event.kind.as_str()))
    })
}

/// Checks that a new order is refused with `insufficient_stock` only if units are missing. An order that may be split, has
/// no pinned location and no channel limit can have all available units.
pub fn check_shortage(model: &Model, request: &Request, answer: &Answer, violations: &mut Violations) {
    let body = &request.body;
    let is_restricted =
        body["allowSplit"] != true || matches!(body["delivery"]["location"], Value::String(_));
    if request.operation != "CreateOrder" || answer.code() != "insufficient_stock" || is_restricted {
        return;
    }
    let channel = text(body, "channel");
    let has_limit = |sku: &str| model.items.get(sku).is_none_or(|item| item.limits.contains_key(channel));
    let is_missing = |shortage: &Value| {
        let sku = text(shortage, "sku");
        has_limit(sku) || model.available(sku) < number(shortage, "requested")
    };
    let shortages = list(&answer.body, "shortages");
    let is_true = model.split_limit(channel).lowest < usize::MAX || shortages.iter().any(is_missing);
    violations.check(
        "an order is refused with insufficient_stock only if units are missing",
        is_true,
        || format!("{body}: {}", answer.body),
    );
}

/// Checks that a report is refused with `stock_changed` only if on hand differs from the expected units. Background commands
/// do not change on hand.
pub fn check_expected(model: &Model, request: &Request, answer: &Answer, violations: &mut Violations) {
    let (body, on_hand) = (&request.body, number(&answer.body, "onHand"));
    let item = model.items.get(text(body, "sku"));
    let folded = item.map_or(0, |item| item.level(text(body, "location")).on_hand);
    let is_true = on_hand == folded && on_hand != number(body, "expected");
    violations.check("a report is refused with stock_changed only if on hand differs", is_true, || {
        format!("{body}: {}, {folded} by the events", answer.body)
    });
}

/// Checks that the same key gets the same answer. What is not found is looked up again: it may exist by then.
pub async fn check_replay(client: &Client, key: &str, sent: &(Request, Answer), violations: &mut Violations) {
    let (request, first) = sent;
    let again = client.send(request, key, false).await;
    let is_same = again.replayed && again.status == first.status && again.body == first.body;
    let same = is_same || first.status == 404;
    violations.check("a replay has the same answer as the first command", same, || {
        format!("{} {}: {first:?}, then {again:?}", request.path, request.body)
    });
}

/// Checks that an order that is read equals the answered order of the same version.
pub async fn check_read(client: &Client, answered: &Value, violations: &mut Violations) -> Value {
    let (id, position) = (text(answered, "orderId"), &answered["position"]);
    let read = client.get(&format!("/v1/orders/{id}?minPosition={position}")).await;
    violations.check("an order can be read", read.is_accepted(), || format!("{id}: {read:?}"));
    if read.body["version"] == answered["version"] {
        let (read, answered) = (without_personal_data(&read.body), without_personal_data(answered));
        violations.check("a read order equals the answer to its last command", read == answered, || {
            format!("{id}: {}", difference("", &answered, &read))
        });
    }
    read.body
}

/// Checks that the quantities of an order that is read equal those of the fold of the same version.
pub fn check_quantities(order: &Order, read: &Value, violations: &mut Violations) {
    if read["version"].as_u64() != Some(order.positions.len() as u64) {
        return;
    }
    let expected = |line: usize| {
        let own = &order.lines[line - 1];
        json!({ "line": line, "sku": own.sku, "quantity": own.ordered, "reserved": order.reserved(line),
                "backordered": own.backordered, "picked": order.picked(line), "packed": order.packed(line),
                "shipped": order.shipped(line), "delivered": own.delivered, "cancelled": own.cancelled,
                "returned": own.returned, "fulfilled": own.fulfilled })
    };
    for (line, view) in order.numbers().zip(list(read, "lines")) {
        let expected = expected(line);
        let fields = expected.as_object().expect("fields").iter();
        let different: Vec<_> = fields.filter(|(name, value)| view[name.as_str()] != **value).collect();
        violations.check("a read order has the quantities of its events", different.is_empty(), || {
            format!("{} line {line}: by its events {different:?}, read {view}", order.id)
        });
    }
    let places = |part: &Value| {
        let reserved = list(part, "lines").iter().map(|line| number_or_zero(line, "quantity")).sum::<i64>();
        (text(part, "fulfillmentOrderId").to_owned(), text(part, "location").to_owned(), reserved)
    };
    let read: Vec<_> = list(read, "fulfillmentOrders").iter().map(places).collect();
    let expected = order.fulfillment_orders.iter().map(|part| {
        let kept = part.lines.values().map(|units| units.reserved + units.shipped).sum::<i64>();
        (part.id.clone(), part.location.clone(), kept)
    });
    let expected: Vec<_> = expected.collect();
    violations.check("a read order has the fulfillment orders of its events", read == expected, || {
        format!("{}: by its events {expected:?}, read {read:?}", order.id)
    });
}

/// Checks that an answered order has the position of the last event of its version, even if the command changed nothing.
pub fn check_position(order: &Order, answered: &Value, violations: &mut Violations) {
    let version = answered["version"].as_u64().and_then(|version| usize::try_from(version).ok());
    let expected = version.and_then(|version| order.positions.get(version.checked_sub(1)?)).copied();
    violations.check(
        "the position of an order is the position of its last event",
        answered["position"].as_u64() == expected,
        || format!("{}: version {version:?} is at {expected:?}, answered {}", order.id, answered["position"]),
    );
}

/// A body without times and without fields that may differ.
fn without_times(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let compared = fields.iter().filter(|(name, _)| !VARYING.contains(&name.as_str()));
            compared.map(|(name, value)| (name.clone(), without_times(value))).collect()
        }
        Value::Array(items) => items.iter().map(without_times).collect(),
        Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => "a time".into(),
        other => other.clone(),
    }
}

/// An order without the fields that only a read by id, or only the answer to a command, has.
fn without_personal_data(order: &Value) -> Value {
    const PERSONAL: [&str; 8] =
        ["name", "company", "street", "phone", "email", "instructions", "latitude", "longitude"];
    let mut order = order.clone();
    if let Some(fields) = order.as_object_mut() {
        fields.retain(|name, _| !["shipmentId", "returnId"].contains(&name.as_str()));
    }
    for pointer in ["/shipTo", "/amendment/shipTo"] {
        if let Some(Value::Object(ship_to)) = order.pointer_mut(pointer) {
            ship_to.retain(|name, _| !PERSONAL.contains(&name.as_str()));
        }
    }
    order
}

/// The paths at which two values differ.
pub fn difference(path: &str, a: &Value, b: &Value) -> String {
    match (a, b) {
        (Value::Object(left), Value::Object(right)) => {
            let names: std::collections::BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            let each = |name: &String| difference(&format!("{path}/{name}"), &a[name], &b[name]);
            names.into_iter().map(each).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let each =
                |(index, (a, b)): (usize, (&Value, &Value))| difference(&format!("{path}/{index}"), a, b);
            let each = left.iter().zip(right).enumerate().map(each);
            each.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
        }
        _ if a == b => String::new(),
        _ => format!("{path}: {a} and {b}"),
    }
}
