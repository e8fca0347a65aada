//! `POST /v1/commands`.

use serde_json::json;

use super::*;

fn commands() -> Vec<Value> {
    vec![
        json!({ "key": "b1", "command": "CreateOrder", "channel": "web", "lines": [{ "sku": "TEA", "quantity": 60 }] }),
        json!({ "key": "b2", "command": "CreateOrder", "channel": "web", "lines": [{ "sku": "TEA", "quantity": 60 }] }),
        json!({ "key": "b3", "command": "CreateOrder", "channel": "web", "lines": [{ "sku": "TEA", "quantity": 0 }] }),
        json!({ "key": "b4", "command": "CreateOrder", "channel": "web", "lines": [], "colour": 1 }),
        json!({ "key": "b5", "command": "UnknownCommand" }),
        json!({ "command": "CreateOrder", "channel": "web", "lines": [] }),
        json!({ "key": "b6", "command": "CreateOrder", "merchant": "unknown", "channel": "web", "lines": [] }),
        json!({ "key": "b1", "command": "CreateOrder", "channel": "web", "lines": [{ "sku": "TEA", "quantity": 60 }] }),
        json!({ "key": "b7", "command": "ReceiveStock", "merchant": "default", "sku": "TEA", "location": "munich",
                "quantity": 5 }),
    ]
}

fn check(answers: &[Value]) {
    let summaries: Vec<(&str, u64, &str)> = answers
        .iter()
        .map(|answer| {
            let code = answer["body"]["code"].as_str().unwrap_or("");
            (answer["key"].as_str().unwrap_or(""), answer["status"].as_u64().unwrap(), code)
        })
        .collect();
    let expected = [
        ("b1", 201, ""),
        ("b2", 409, "insufficient_stock"),
        ("b3", 400, "invalid_value"),
        ("b4", 400, "unknown_field"),
        ("b5", 400, "unknown_command"),
        ("", 400, "idempotency_key_required"),
        ("b6", 404, "unknown_merchant"),
        ("b1", 201, ""),
        ("b7", 200, ""),
    ];
    assert_eq!(summaries, expected);
    assert_eq!(pointer(&answers[2]["body"]), "/lines/0/quantity");
    assert_eq!(pointer(&answers[3]["body"]), "/colour");
    assert_eq!(answers[0]["body"], answers[7]["body"]);
}

#[tokio::test]
async fn an_array_is_answered_with_an_array() {
    let server = TestServer::stocked().await;
    let answer = server.post("/v1/commands", "unused", &json!(commands())).await;
    check(answer.ok(200).as_array().unwrap());
    assert_eq!(answer.position(), server.head().await);
    assert_eq!(server.post_text("/v1/commands", "unused", "[]").await.ok(200), json!([]));
    server.post_text("/v1/commands", "unused", "[{]").await.problem(400, "malformed_json");
    let body = json!(vec![json!({}); 1_001]);
    server.post("/v1/commands", "unused", &body).await.problem(413, "too_many_commands");
}

#[tokio::test]
async fn ndjson_is_answered_with_ndjson_and_a_malformed_line_fails_alone() {
    let server = TestServer::stocked().await;
    let mut lines: Vec<String> = commands().iter().map(Value::to_string).collect();
    lines.insert(1, "{\"key\":".to_owned());
    lines.insert(3, "[]\r".to_owned());
    let text = lines.join("\n") + "\n\n";
    let send = || async {
        let request = Request::post("/v1/commands").header("content-type", "application/x-ndjson");
        server.send(request.body(Body::from(text.clone())).unwrap()).await
    };
    let answer = send().await;
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    let read = |answer: &Answer| -> Vec<Value> {
        let text = String::from_utf8(answer.bytes.to_vec()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let mut answers = read(&answer);
    assert_eq!(answers.remove(3)["body"]["code"], "invalid_value");
    assert_eq!(answers.remove(1)["body"]["code"], "malformed_json");
    check(&answers);
    assert_eq!(send().await.bytes, answer.bytes);
}

#[tokio::test]
async fn an_object_over_several_lines_is_one_command() {
    let server = TestServer::stocked().await;
    let send = async |media_type: Option<&str>, text: String| {
        let mut request = Request::post("/v1/commands");
        if let Some(media_type) = media_type {
            request = request.header("content-type", media_type);
        }
        server.send(request.body(Body::from(text)).unwrap()).await
    };
    let json = Some("application/json");
    let [first, second] = [&commands()[0], &commands()[8]];
    let pretty = serde_json::to_string_pretty(first).unwrap();
    let answer = send(json, pretty.clone()).await;
    assert_eq!(answer.header("content-type"), json);
    let answer = answer.ok(200);
    assert_eq!((&answer["key"], &answer["status"]), (&json!("b1"), &json!(201)), "{answer}");
    assert_eq!(send(None, pretty).await.ok(200), answer);
    let executed = send(json, serde_json::to_string_pretty(&group("g", 1)).unwrap()).await.ok(200);
    assert_eq!(executed["status"], 200, "{executed}");
    let two = format!("{first}\n{second}");
    send(json, two.clone()).await.problem(400, "malformed_json");
    let lines = send(None, two).await;
    assert_eq!(lines.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(String::from_utf8(lines.bytes.to_vec()).unwrap().lines().count(), 2);
}

#[tokio::test]
async fn a_key_is_shared_by_bulk_and_single_commands() {
    let server = TestServer::stocked().await;
    let single = server.post("/v1/orders", "same", &order(2)).await.ok(201);
    let mut again = order(2);
    again["key"] = json!("same");
    again["command"] = json!("CreateOrder");
    let bulk = server.post("/v1/commands", "unused", &json!([again])).await.ok(200);
    assert_eq!(bulk, json!([{ "key": "same", "status": 201, "body": single }]));
    let id = single["orderId"].as_str().unwrap();
    let cancel = json!([{ "key": "c", "command": "CancelOrder", "orderId": id, "reason": "x" }]);
    assert_eq!(
        server.post("/v1/commands", "unused", &cancel).await.ok(200)[0]["body"]["status"],
        "cancelled"
    );
}

/// A cup is given away with the first of two orders of tea.
fn group(key: &str, quantity: u32) -> Value {
    json!({ "key": key, "atomic": true, "commands": [
        { "command": "AdjustStock", "sku": "CUP", "location": "munich", "delta": -1, "reason": "lost" },
        { "command": "CreateOrder", "channel": "web", "payment": "not_required",
          "lines": [{ "sku": "TEA", "quantity": quantity }] },
        { "command": "CreateOrder", "channel": "web", "payment": "not_required",
          "lines": [{ "sku": "TEA", "quantity": 1 }] },
    ] })
}

async fn on_hand(server: &TestServer, sku: &str) -> Value {
    let path = format!("/v1/availability?sku={sku}&minPosition={}", server.head().await);
    server.get(&path).await.ok(200)["items"][0]["locations"][0]["onHand"].clone()
}

#[tokio::test]
async fn a_group_is_executed_all_or_not_at_all() {
    let server = TestServer::stocked().await;
    let head = server.head().await;
    let send = async |group: Value| server.post("/v1/commands", "unused", &json!([group])).await;
    let refused = send(group("g1", 100)).await;
    let body = refused.ok(200)[0].clone();
    assert_eq!((&body["key"], &body["status"]), (&json!("g1"), &json!(409)), "{body}");
    assert_eq!((refused.position(), server.head().await), (head, head));
    let refused = body;
    assert_eq!(refused["body"]["code"], "insufficient_stock");
    assert_eq!(pointer(&refused["body"]), "/commands/2/lines");
    assert_eq!(on_hand(&server, "CUP").await, 100);
    let accepted = send(group("g2", 99)).await;
    let answers = accepted.ok(200)[0]["body"]["answers"].clone();
    let statuses: Vec<_> =
        answers.as_array().unwrap().iter().map(|answer| answer["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 201, 201]);
    let (first, second) = (&answers[1]["body"], &answers[2]["body"]);
    assert_ne!(first["orderId"], second["orderId"]);
    assert_eq!(second["position"], accepted.position());
    assert_eq!(on_hand(&server, "CUP").await, 99);
    for order in [first, second] {
        let id = order["orderId"].as_str().unwrap();
        let read = server.get(&format!("/v1/orders/{id}?minPosition={}", accepted.position())).await.ok(200);
        assert_eq!(&read, order, "the read model has the order as it was answered");
    }
    let again = send(group("g2", 99)).await.ok(200);
    assert_eq!(again[0]["body"]["answers"], answers);
    let reused = send(group("g2", 98)).await.ok(200);
    assert_eq!(reused[0]["body"]["code"], "idempotency_key_reused");
    let feed = server.get(&format!("/v1/events?after={head}")).await.ok(200);
    let mut commands: Vec<_> = feed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (&event["command"], &event["commandend"]))
        .collect();
    commands.dedup();
    let last = accepted.position();
    let expected = [("AdjustStock", head + 1), ("CreateOrder", head + 5), ("CreateOrder", last)];
    assert_eq!(
        commands,
        expected
            .map(|(name, end)| (json!(name), json!(end)))
            .iter()
            .map(|(name, end)| (name, end))
            .collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn the_commands_of_a_group_see_the_earlier_ones() {
    let server = TestServer::stocked().await;
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let mut new = order(2);
    new["command"] = json!("CreateOrder");
    new["orderId"] = json!(id);
    new["shipTo"] = json!({ "name": "Ada Byron", "country": "GB" });
    let moved = json!({ "name": "Ada Lovelace", "country": "GB" });
    let group = json!({ "key": "g", "atomic": true, "commands": [
        new,
        { "command": "ConfirmPayment", "orderId": id, "paymentRef": "P-1" },
        { "command": "AmendOrder", "orderId": id, "shipTo": moved },
        { "command": "ReceiveStock", "sku": "NEW", "location": "munich", "quantity": 1 },
        { "command": "AmendOrder", "orderId": id, "changes": [{ "op": "add", "sku": "NEW", "quantity": 1 }] },
    ] });
    let dry = server.post("/v1/commands?dryRun=true", "unused", &json!([group])).await.ok(200);
    assert_eq!(dry[0]["status"], 200, "{dry}");
    server.get(&format!("/v1/orders/{id}")).await.problem(404, "unknown_order");
    let answer = server.post("/v1/commands", "unused", &json!([group])).await;
    assert_eq!(answer.ok(200)[0]["status"], 200);
    let path = format!("/v1/orders/{id}?minPosition={}", answer.position());
    let read = server.get(&path).await.ok(200);
    assert_eq!(
        (&read["shipTo"]["name"], &read["statusAxes"]["payment"]),
        (&json!("Ada Lovelace"), &json!("confirmed"))
    );
    assert_eq!(read["lines"][1]["reserved"], 1);
}

#[tokio::test]
async fn a_malformed_group_is_refused_where_it_is_wrong() {
    let server = TestServer::stocked().await;
    let member = json!({ "command": "ReceiveStock", "sku": "TEA", "location": "munich", "quantity": 1 });
    let with = |commands: Value| json!({ "key": "g", "atomic": true, "commands": commands });
    let mut keyed = member.clone();
    keyed["key"] = json!("own");
    for (group, code, place) in [
        (json!({ "key": "g", "commands": [member] }), "missing_field", "/atomic"),
        (json!({ "key": "g", "atomic": false, "commands": [member] }), "invalid_value", "/atomic"),
        (json!({ "atomic": true, "commands": [member] }), "idempotency_key_required", "/key"),
        (with(json!([])), "invalid_value", "/commands"),
        (with(json!(vec![member.clone(); 101])), "invalid_value", "/commands"),
        (with(json!([member, keyed])), "unknown_field", "/commands/1/key"),
        (with(json!([{ "command": "MakeCoffee" }])), "unknown_command", "/commands/0/command"),
        (with(json!([{ "command": "RegisterMerchant", "merchant": "m" }])), "invalid_value", "/commands"),
        (
            with(json!([{ "command": "CommandGroup", "commands": [] }])),
            "unknown_command",
            "/commands/0/command",
        ),
        (json!({ "key": "g" }), "missing_field", "/command"),
    ] {
        let answer = server.post("/v1/commands", "unused", &json!([group])).await.ok(200)[0].clone();
        assert_eq!((answer["body"]["code"].as_str().unwrap(), pointer(&answer["body"])), (code, place));
    }
    let full = with(json!(vec![member; 100]));
    let body = json!(vec![full; 11]);
    server.post("/v1/commands", "unused", &body).await.problem(413, "too_many_commands");
}

#[tokio::test]
async fn a_group_that_is_too_large_is_refused() {
    let server = TestServer::stocked().await;
    let member = json!({ "command": "ReceiveStock", "sku": "TEA", "location": "munich", "quantity": 1 });
    let mut long = json!({ "key": "long", "atomic": true, "commands": [member] });
    long["commands"][0]["reference"] = json!("x".repeat(1 << 20));
    let answer = server.post("/v1/commands", "unused", &json!([long])).await.ok(200)[0].clone();
    assert_eq!((&answer["status"], &answer["body"]["code"]), (&json!(413), &json!("body_too_large")));
    let lines = json!(vec![json!({ "sku": "TEA", "quantity": 1 }); 2_000]);
    let order = json!({ "command": "CreateOrder", "channel": "web", "onShortage": "hold", "lines": lines });
    let large = json!({ "key": "large", "atomic": true, "commands": vec![order; 18] });
    let head = server.head().await;
    let answer = server.post("/v1/commands", "unused", &json!([large])).await.ok(200)[0].clone();
    assert_eq!((&answer["status"], &answer["body"]["code"]), (&json!(422), &json!("group_too_large")));
    assert_eq!(server.head().await, head);
}
