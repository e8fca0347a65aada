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
