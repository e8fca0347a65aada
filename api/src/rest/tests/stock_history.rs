//! `/v1/stock/history`.

use serde_json::json;

use super::*;

/// All items of a history, and the number of its pages.
async fn pages(server: &TestServer, query: &str) -> (Vec<Value>, usize) {
    let (mut all, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = server.get(&format!("/v1/stock/history?{query}{cursor}")).await.ok(200);
        all.extend(page["items"].as_array().unwrap().clone());
        pages += 1;
        let Some(next) = page["nextCursor"].as_str() else { return (all, pages) };
        cursor = format!("&cursor={next}");
    }
}

/// Receives, reserves, counts, transfers and adjusts tea, and sets its safety stock.
async fn move_tea(server: &TestServer) {
    server.put("/v1/locations/essen", &json!({ "latitude": 51.4, "longitude": 7.0 })).await.ok(200);
    server.order("o1", 30).await;
    let counted =
        json!({ "sku": "TEA", "location": "munich", "onHand": 90, "countedAt": "2026-01-01T00:00:00Z" });
    server.post("/v1/stock/count", "count", &counted).await.ok(200);
    let sent = json!({ "sku": "TEA", "from": "munich", "to": "essen", "quantity": 20, "transferId": "t1" });
    server.post("/v1/transfers", "sent", &sent).await.ok(201);
    server.post("/v1/transfers/t1/receive", "came", &json!({ "quantity": 20 })).await.ok(200);
    let rule = json!({ "sku": "TEA", "safetyStock": { "essen": 5 } });
    server.put("/v1/stock-policies", &rule).await.ok(200);
    let adjusted = json!({ "sku": "TEA", "location": "essen", "delta": -1, "reason": "theft" });
    server.post("/v1/stock/adjust", "adjust", &adjusted).await.ok(200);
}

#[tokio::test]
async fn every_movement_has_its_cause_and_the_stock_after_it() {
    let server = TestServer::stocked().await;
    move_tea(&server).await;
    let answer = server.get("/v1/stock/history?sku=TEA").await;
    assert_eq!(answer.position(), server.head().await);
    let items = answer.ok(200)["items"].clone();
    let summary = |item: &Value| {
        let there = item["locations"].as_array().unwrap().iter().map(|there| {
            let number = |name: &str| there[name].to_string();
            let numbers = ["quantity", "onHand", "reserved", "available"].map(number);
            format!("{} {}", there["location"].as_str().unwrap(), numbers.join(" "))
        });
        let kind = item["type"].as_str().unwrap().to_owned();
        (kind, item["quantity"].as_i64(), there.collect::<Vec<_>>().join(", "))
    };
    let summaries: Vec<_> = items.as_array().unwrap().iter().map(summary).collect();
    let expected = [
        ("StockReceived", Some(100), "munich 100 100 0 100"),
        ("StockReserved", Some(30), "munich 30 100 30 70"),
        // At the time of the count, in the past, nothing was on hand: all 90 units are new.
        ("StockCounted", Some(90), "munich 90 190 30 160"),
        ("TransferShipped", Some(20), "munich 20 170 30 140, essen null 0 0 0"),
        ("TransferReceived", Some(20), "essen 20 20 0 20"),
        ("StockPolicySet", None, "essen null 20 0 15, munich null 170 30 140"),
        ("StockAdjusted", Some(-1), "essen -1 19 0 14"),
    ];
    let expected = expected.map(|(kind, quantity, there)| (kind.to_owned(), quantity, there.to_owned()));
    assert_eq!(summaries, expected);
    let reserved = &items[1];
    assert_eq!((&reserved["command"], &reserved["principal"]), (&json!("CreateOrder"), &json!("local")));
    assert_eq!((&reserved["key"], &reserved["data"]["sku"]), (&json!("o1"), &json!("TEA")));
    assert_eq!(reserved["data"]["orderId"], reserved["orderId"]);
    assert!(reserved["eventId"].is_string() && reserved["commandEnd"] == reserved["position"]);
}

#[tokio::test]
async fn pages_of_every_size_are_complete_and_a_location_is_a_filter() {
    let server = TestServer::stocked().await;
    move_tea(&server).await;
    let (whole, _) = pages(&server, "sku=TEA").await;
    assert_eq!(whole.len(), 7);
    for limit in 1..=8 {
        let (all, count) = pages(&server, &format!("sku=TEA&limit={limit}")).await;
        assert_eq!((all, count), (whole.clone(), 7_usize.div_ceil(limit)), "limit {limit}");
    }
    let is_at_essen = |item: &&Value| item["locations"].to_string().contains("essen");
    let at_essen: Vec<Value> = whole.iter().filter(is_at_essen).cloned().collect();
    for limit in 1..=5 {
        let (all, _) = pages(&server, &format!("sku=TEA&location=essen&limit={limit}")).await;
        assert_eq!(all, at_essen, "limit {limit}");
    }
    assert_eq!(pages(&server, "sku=TEA&location=nowhere").await.0, [Value::Null; 0]);
}

#[tokio::test]
async fn a_history_as_of_a_past_time_ends_there() {
    let server = TestServer::stocked().await;
    move_tea(&server).await;
    let (whole, _) = pages(&server, "sku=TEA").await;
    for (count, item) in (1..).zip(&whole) {
        let position = item["position"].as_u64().unwrap();
        let (until, _) = pages(&server, &format!("sku=TEA&asOf={position}&limit=2")).await;
        assert_eq!(until, whole[..count], "as of {position}");
    }
    let path = |time: &str| format!("/v1/stock/history?sku=TEA&asOf={time}");
    server.get(&path("1")).await.problem(404, "unknown_sku");
    server.get(&path("2020-01-01T00:00:00Z")).await.problem(404, "unknown_sku");
    let future = path("2090-01-01T00:00:00%2B01:00");
    assert_eq!(server.get(&future).await.ok(200)["items"], json!(whole));
}

#[tokio::test]
async fn a_sku_with_special_characters_has_a_history() {
    let server = TestServer::stocked().await;
    let received = json!({ "sku": "A/b c?&=#%+", "location": "munich", "quantity": 3 });
    server.post("/v1/stock/receive", "odd", &received).await.ok(200);
    let (all, _) = pages(&server, "sku=A%2Fb%20c%3F%26%3D%23%25%2B").await;
    assert_eq!(all[0]["data"]["sku"], "A/b c?&=#%+");
}

#[tokio::test]
async fn invalid_parameters_of_a_history_are_rejected_by_name() {
    let server = TestServer::stocked().await;
    server.order("o", 1).await;
    server.order("p", 1).await;
    let orders = server.get(&format!("/v1/orders?limit=1&minPosition={}", server.head().await)).await.ok(200);
    let of_orders = orders["nextCursor"].as_str().unwrap();
    let refused = async |query: &str, status: u16, code: &str| {
        server.get(&format!("/v1/stock/history{query}")).await.problem(status, code)
    };
    for (query, parameter) in [
        ("", "sku"),
        ("?sku=", "sku"),
        ("?sku=T%07EA", "sku"),
        ("?sku=TEA&sku=CUP", "sku"),
        ("?sku=TEA&location=a%20b", "location"),
        ("?sku=TEA&asOf=yesterday", "asOf"),
        ("?sku=TEA&asOf=-1", "asOf"),
        ("?sku=TEA&limit=0", "limit"),
        ("?sku=TEA&limit=1001", "limit"),
    ] {
        assert_eq!(refused(query, 400, "invalid_parameter").await["parameter"], parameter, "{query}");
    }
    assert_eq!(refused("?sku=TEA&after=1", 400, "unknown_parameter").await["parameter"], "after");
    for cursor in ["x", "12", of_orders] {
        refused(&format!("?sku=TEA&cursor={cursor}"), 400, "invalid_cursor").await;
    }
    refused("?sku=NONE", 404, "unknown_sku").await;
}

#[tokio::test]
async fn a_page_that_needs_too_long_a_replay_is_rejected() {
    let server = TestServer::stocked_with(|app| app.queries.max_events = 4).await;
    move_tea(&server).await;
    let first = server.get("/v1/stock/history?sku=TEA&limit=4").await.ok(200);
    let path =
        |cursor: &Value| format!("/v1/stock/history?sku=TEA&limit=1&cursor={}", cursor.as_str().unwrap());
    let fifth = server.get(&path(&first["nextCursor"])).await.ok(200);
    let refused = server.get(&path(&fifth["nextCursor"])).await.problem(422, "too_many_events");
    assert_eq!((&refused["mostEvents"], &refused["retryable"]), (&json!(4), &json!(false)));
    assert!(refused["detail"].as_str().unwrap().contains("holdfast audit"), "{refused}");
}

#[tokio::test]
async fn a_long_history_is_replayed_from_stock_snapshots() {
    // Most pages begin after more events than the limit.
    let server = TestServer::stocked_with(|app| app.queries.max_events = 5_000).await;
    for batch in 0..11 {
        let one = |number: usize| {
            json!({ "key": format!("{batch}-{number}"), "command": "AdjustStock", "sku": "TEA",
                    "location": "munich", "delta": 1, "reason": "found" })
        };
        let all = json!((0..1_000).map(one).collect::<Vec<_>>());
        server.post("/v1/commands", "unused", &all).await.ok(200);
    }
    server.get(&format!("/v1/availability?sku=TEA&minPosition={}", server.head().await)).await.ok(200);
    let (whole, count) = pages(&server, "sku=TEA&limit=1000").await;
    assert_eq!((whole.len(), count), (11_001, 12));
    for (found, item) in whole.iter().enumerate() {
        assert_eq!(item["locations"][0]["onHand"], json!(100 + found), "{item}");
    }
    // The events of other locations are examined in limited pages.
    let (none, count) = pages(&server, "sku=TEA&location=essen").await;
    assert_eq!((none.len(), count), (0, 2));
}
