//! One order: its current state, a past state, and its history.

use super::*;

#[tokio::test]
async fn an_order_has_its_lines_address_and_fulfillment_orders() {
    let server = TestServer::stocked().await;
    let journey = Journey::complete(&server).await;
    let query = format!(
        r#"{{ order(id: "{}", minPosition: "{}") {{
            status version channelRef customerRef currency personalData attributes supportedActions
            statusAxes {{ reservation fulfillment delivery payment return cancellation holds }}
            lines {{ nodes {{ line lineRef sku quantity total shipped delivered reserved cancelled }} }}
            shipTo {{ name street city country email }}
            fulfillmentOrders {{ nodes {{ location status lines {{ nodes {{ line quantity shipped }} }} shipments {{
                nodes {{ packages {{ nodes {{ carrier trackingNumber status deliveredAt lines {{ line quantity }} }} }} }} }} }} }}
        }} }}"#,
        journey.order,
        journey.last()
    );
    let order = server.query(&query).await["order"].clone();
    assert_eq!(order["status"], "DELIVERED");
    assert_eq!(
        order["statusAxes"],
        json!({"reservation": "RESERVED", "fulfillment": "SHIPPED", "delivery": "DELIVERED",
               "payment": "CONFIRMED", "return": "NONE", "cancellation": "NONE", "holds": []})
    );
    assert_eq!(
        order["lines"]["nodes"],
        json!([{"line": 1, "lineRef": "a", "sku": "MUG", "quantity": 2, "total": "21.50", "shipped": 2,
                "delivered": 2, "reserved": 0, "cancelled": 0}])
    );
    assert_eq!(
        order["shipTo"],
        json!({"name": "Grace Hopper", "street": ["1 Main St"], "city": "Arlington", "country": "US",
               "email": null})
    );
    assert_eq!(order["attributes"], json!({"gift": "yes"}));
    assert_eq!(
        order["fulfillmentOrders"]["nodes"][0]["shipments"]["nodes"][0]["packages"]["nodes"][0],
        json!({"carrier": "ups", "trackingNumber": "1Z999", "status": "IN_TRANSIT",
               "deliveredAt": DELIVERED_AT, "lines": [{"line": 1, "quantity": 2}]})
    );
}

#[tokio::test]
async fn only_a_query_by_order_id_returns_personal_data() {
    let server = TestServer::stocked().await;
    let journey = Journey::complete(&server).await;
    let (id, last) = (&journey.order, journey.last());
    let ship_to = "shipTo { name street city }";
    for query in [
        format!(r#"{{ order(id: "{id}", asOf: "{last}") {{ {ship_to} }} }}"#),
        format!(r#"{{ orderByRef(channel: "web", ref: "W-1", minPosition: {last}) {{ {ship_to} }} }}"#),
        format!("{{ orders {{ edges {{ node {{ {ship_to} }} }} }} }}"),
        format!(
            "{{ fulfillmentOrders(status: DELIVERED) {{ edges {{ node {{ order {{ {ship_to} }} }} }} }} }}"
        ),
        "{ events { edges { node { data order { shipTo { name city } } } } } }".to_owned(),
    ] {
        let answer = server.query(&query).await.to_string();
        assert!(answer.contains("Arlington"), "{query}: {answer}");
        assert!(!answer.contains("Hopper"), "{query}");
    }
    server
        .execute("ErasePersonalData", json!({"orderId": id, "reason": "customer request", "force": true}))
        .await;
    let erased = server.query(&format!(r#"{{ order(id: "{id}") {{ {ship_to} }} }}"#)).await;
    assert_eq!(erased["order"]["shipTo"], json!({"name": null, "street": null, "city": "Arlington"}));
}

#[tokio::test]
async fn an_order_can_be_queried_as_of_each_command() {
    let server = TestServer::stocked().await;
    let journey = Journey::complete(&server).await;
    for (position, status) in journey.positions.iter().zip(Journey::STATUSES) {
        let query =
            format!(r#"{{ order(id: "{}", asOf: "{position}") {{ status position }} }}"#, journey.order);
        let then = server.query(&query).await;
        assert_eq!(then["order"], json!({"status": status, "position": position}));
    }
    let before = journey.positions[0] - 1;
    for time in [before.to_string(), "2001-01-01T00:00:00Z".to_owned()] {
        let query = format!(r#"{{ order(id: "{}", asOf: "{time}") {{ status }} }}"#, journey.order);
        assert_eq!(server.query(&query).await["order"], Value::Null, "{time}");
    }
    let query =
        format!(r#"{{ order(id: "{}", asOf: "2999-01-01T02:00:00+02:00") {{ status }} }}"#, journey.order);
    assert_eq!(server.query(&query).await["order"]["status"], "DELIVERED");
}

#[tokio::test]
async fn history_has_events_with_their_metadata() {
    let server = TestServer::stocked().await;
    let journey = Journey::complete(&server).await;
    let query = format!(
        r#"{{ order(id: "{}") {{ history {{ nodes {{ position version type at data
            metadata {{ command principal actor key }} }} }} }} }}"#,
        journey.order
    );
    let answer = server.query(&query).await;
    let history = answer["order"]["history"]["nodes"].as_array().unwrap();
    let types: Vec<&str> = history.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let lifecycle = [
        "OrderCreated",
        "OrderSourced",
        "InventoryReserved",
        "PaymentConfirmed",
        "ItemPicked",
        "ItemPacked",
        "ShipmentCreated",
        "ShipmentTracked",
        "DeliveryConfirmed",
    ];
    assert_eq!(types, lifecycle);
    let versions: Vec<u64> = history.iter().map(|event| event["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, (1..=9).collect::<Vec<u64>>());
    let paid = &history[3];
    assert_eq!(paid["position"], journey.positions[1]);
    assert_eq!(paid["data"]["paymentRef"], "pay-1");
    assert_eq!(paid["metadata"]["command"], "ConfirmPayment");
    assert_eq!(
        (&paid["metadata"]["principal"], &paid["metadata"]["actor"]),
        (&json!("tests"), &json!("ada"))
    );
}

#[tokio::test]
async fn an_unknown_order_is_null_and_a_malformed_query_an_error() {
    let server = TestServer::empty().await;
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    let query = format!(
        r#"{{ order(id: "{unknown}") {{ status }} orderByRef(channel: "web", ref: "x") {{ status }} }}"#
    );
    assert_eq!(server.query(&query).await, json!({"order": null, "orderByRef": null}));
    for (query, code) in [
        (r#"{ order(id: "17") { status } }"#.to_owned(), "invalid_value"),
        (format!(r#"{{ order(id: "{unknown}", asOf: "yesterday") {{ status }} }}"#), "invalid_value"),
        (format!(r#"{{ order(id: "{unknown}", asOf: "") {{ status }} }}"#), "invalid_value"),
        (
            format!(r#"{{ order(id: "{unknown}", asOf: "9223372036854775808") {{ status }} }}"#),
            "invalid_value",
        ),
        (format!(r#"{{ order(id: "{unknown}", minPosition: -1) {{ status }} }}"#), "invalid_value"),
        (r#"{ orderByRef(channel: "a b", ref: "x") { status } }"#.to_owned(), "invalid_value"),
        (r#"{ orders(filter: {sku: "\u0007"}) { edges { cursor } } }"#.to_owned(), "invalid_value"),
        ("{ order { status } }".to_owned(), "invalid_query"),
        ("{ nothing }".to_owned(), "invalid_query"),
        ("{ order(".to_owned(), "invalid_query"),
        ("mutation { order }".to_owned(), "invalid_query"),
        (String::new(), "invalid_query"),
    ] {
        assert_eq!(server.code(&query).await, code, "{query}");
    }
}

#[tokio::test]
async fn a_min_position_beyond_the_journal_is_rejected() {
    let server = TestServer::stocked().await;
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let query = format!(r#"{{ order(id: "{id}", minPosition: 9223372036854775807) {{ status }} }}"#);
    let answer = server.query_with(None, &query, json!({})).await;
    assert_eq!(
        answer["errors"][0]["extensions"],
        json!({"argument": "minPosition", "code": "invalid_value", "parameter": "minPosition", "retryable": false})
    );
    assert_eq!(answer["data"], Value::Null);
}

#[tokio::test]
async fn a_timeline_has_the_status_and_the_changes_after_each_event() {
    let server = TestServer::stocked().await;
    let journey = Journey::complete(&server).await;
    let query = format!(
        r#"{{ order(id: "{}") {{ timeline {{ nodes {{ status event {{ type position commandEnd }}
            differences {{ pointer before after }} }} }} }} }}"#,
        journey.order
    );
    let timeline = server.query(&query).await["order"]["timeline"]["nodes"].clone();
    let steps = timeline.as_array().unwrap();
    // Other queries return the status after the last event of each command.
    let is_last = |(index, step): &(usize, &Value)| {
        let next = steps.get(index + 1);
        next.is_none_or(|next| next["event"]["commandEnd"] != step["event"]["commandEnd"])
    };
    let last_steps = steps.iter().enumerate().filter(is_last);
    let statuses: Vec<_> = last_steps.map(|(_, step)| step["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, Journey::STATUSES);
    let picked = steps.iter().find(|step| step["event"]["type"] == "ItemPicked").unwrap();
    let differences = picked["differences"].as_array().unwrap();
    let line = json!({"pointer": "/lines/0/picked", "before": 0, "after": 2});
    assert!(differences.contains(&line), "{picked}");
    assert!(!picked.to_string().contains("/version"), "{picked}");

    let then = journey.positions[0];
    let query = format!(
        r#"{{ order(id: "{}", asOf: "{then}") {{ timeline(last: 1) {{ edges {{ node {{ status
            differences {{ pointer }} }} }} }} }} }}"#,
        journey.order
    );
    let timeline = server.query(&query).await["order"]["timeline"]["edges"].clone();
    assert_eq!(timeline.as_array().unwrap().len(), 1);
    assert_eq!(timeline[0]["node"]["status"], "RESERVED");
    assert_ne!(timeline[0]["node"]["differences"], json!([]));
}
