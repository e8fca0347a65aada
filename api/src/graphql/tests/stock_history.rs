//! Stock movements.

use super::*;

/// Creates four orders and corrects the stock.
async fn move_stock(server: &TestServer) {
    for number in 1..=4 {
        server.create(&format!("W-{number}")).await;
    }
    let missing = json!({"sku": "MUG", "location": "DC-1", "delta": -7, "reason": "lost"});
    server.execute("AdjustStock", missing).await;
}

const ALL: &str = "query($first: Int, $after: String) {
    stockHistory(sku: \"MUG\", first: $first, after: $after) {
        edges { cursor node { orderId quantity backordered
            event { position type metadata { command actor } order { orderId } }
            locations { location quantity onHand reserved earmarked safetyStock available quarantine damaged } } }
        pageInfo { hasNextPage endCursor } } }";

#[tokio::test]
async fn stock_history_has_every_movement_with_the_stock_after_it() {
    let server = TestServer::stocked().await;
    move_stock(&server).await;
    let answer = server.query_with(None, ALL, json!({})).await;
    let edges = answer["data"]["stockHistory"]["edges"].as_array().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(edges.len(), 6);
    let node = &edges[2]["node"];
    assert_eq!(node["event"]["type"], "StockReserved");
    assert_eq!(node["event"]["metadata"], json!({"command": "CreateOrder", "actor": "ada"}));
    assert_eq!(node["event"]["order"], Value::Null, "the stream belongs to the stock item");
    assert!(node["orderId"].is_string());
    let after = json!([{"location": "DC-1", "quantity": 2, "onHand": 1000, "reserved": 4, "earmarked": 0,
        "safetyStock": 0, "available": 996, "quarantine": 0, "damaged": 0}]);
    assert_eq!((&node["quantity"], &node["locations"]), (&json!(2), &after));
    let last = &edges[5]["node"];
    assert_eq!((&last["quantity"], &last["locations"][0]["onHand"]), (&json!(-7), &json!(993)));
}

#[tokio::test]
async fn pages_of_a_stock_history_are_complete() {
    let server = TestServer::stocked().await;
    move_stock(&server).await;
    let whole = server.query_with(None, ALL, json!({})).await["data"]["stockHistory"]["edges"].clone();
    let (mut all, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = server.query_with(None, ALL, json!({"first": 4, "after": after})).await;
        let list = &answer["data"]["stockHistory"];
        all.extend(list["edges"].as_array().unwrap_or_else(|| panic!("{answer}")).clone());
        after = list["pageInfo"]["endCursor"].clone();
        if list["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(json!(all), whole);
}

#[tokio::test]
async fn invalid_arguments_of_stock_history_are_rejected() {
    let server = TestServer::stocked().await;
    let none = server.query("{ stockHistory(sku: \"NONE\") { edges { cursor } } }").await;
    assert_eq!(none["stockHistory"], Value::Null);
    for (arguments, code, argument) in [
        ("sku: \"\"", "invalid_value", "sku"),
        ("sku: \"MUG\", location: \"a b\"", "invalid_value", "location"),
        ("sku: \"MUG\", asOf: \"soon\"", "invalid_value", "asOf"),
        ("sku: \"MUG\", asOf: \"99\"", "invalid_value", "asOf"),
        ("sku: \"MUG\", first: 0", "invalid_value", "first"),
        ("sku: \"MUG\", after: \"1\"", "invalid_cursor", "after"),
    ] {
        let query = format!("{{ stockHistory({arguments}) {{ edges {{ cursor }} }} }}");
        let answer = server.query_with(None, &query, json!({})).await;
        let extensions = &answer["errors"][0]["extensions"];
        assert_eq!(
            (&extensions["code"], &extensions["argument"]),
            (&json!(code), &json!(argument)),
            "{answer}"
        );
    }
}
