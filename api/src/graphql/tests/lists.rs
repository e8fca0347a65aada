//! Lists and their pages.

use super::*;

/// The references of all orders, one list per page.
async fn pages(server: &TestServer, first: usize) -> Vec<Vec<String>> {
    let query = "query($first: Int!, $after: String) { orders(first: $first, after: $after) {
        edges { cursor node { channelRef } } pageInfo { hasNextPage endCursor } } }";
    let (mut pages, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = server.query_with(None, query, json!({"first": first, "after": after})).await;
        let list = &answer["data"]["orders"];
        let edges = list["edges"].as_array().unwrap_or_else(|| panic!("{answer}"));
        let name = |edge: &Value| edge["node"]["channelRef"].as_str().unwrap().to_owned();
        pages.push(edges.iter().map(name).collect());
        after = list["pageInfo"]["endCursor"].clone();
        assert_eq!(edges.last().map(|edge| &edge["cursor"]), Some(&after));
        if list["pageInfo"]["hasNextPage"] == false {
            return pages;
        }
    }
}

#[tokio::test]
async fn paging_returns_every_order_once_newest_first() {
    let server = TestServer::stocked().await;
    let mut last = 0;
    for number in 1..=25 {
        last = server.create(&format!("W-{number}")).await.1;
    }
    server.app.queries.wait_for("default", last).await.unwrap();
    let pages = pages(&server, 10).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 5]);
    let newest_first: Vec<String> = (1..=25).rev().map(|number| format!("W-{number}")).collect();
    assert_eq!(pages.concat(), newest_first);

    let (mut references, mut after) = (Vec::new(), Value::Null);
    loop {
        let query =
            "query($after: String) { fulfillmentOrders(first: 10, after: $after, location: \"DC-1\") {
            edges { node { status order { channelRef } } } pageInfo { hasNextPage endCursor } } }";
        let answer = server.query_with(None, query, json!({"after": after})).await;
        let list = &answer["data"]["fulfillmentOrders"];
        let edges = list["edges"].as_array().unwrap_or_else(|| panic!("{answer}"));
        references.extend(
            edges.iter().map(|edge| edge["node"]["order"]["channelRef"].as_str().unwrap().to_owned()),
        );
        after = list["pageInfo"]["endCursor"].clone();
        if list["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    let oldest_first: Vec<String> = newest_first.into_iter().rev().collect();
    assert_eq!(references, oldest_first);
}

#[tokio::test]
async fn orders_are_found_by_every_filter() {
    let server = TestServer::stocked().await;
    let journey = Journey::complete(&server).await;
    let (_, last) = server.create("W-2").await;
    server.app.queries.wait_for("default", last).await.unwrap();
    for filter in [
        "status: DELIVERED",
        r#"channelRef: "W-1""#,
        r#"customerRef: "c-7""#,
        r#"trackingNumber: "1Z999", sku: "MUG", location: "DC-1", channel: "web""#,
        r#"status: DELIVERED, changedAfter: "2020-01-01T00:00:00+02:00""#,
        r#"status: DELIVERED, changedBefore: "2090-01-01T00:00:00Z", backordered: false, stuck: false"#,
        r#"channelRef: "W-1", createdAfter: "2020-01-01T00:00:00Z", createdBefore: "2090-01-01T00:00:00Z""#,
    ] {
        let query = format!("{{ orders(filter: {{{filter}}}) {{ edges {{ node {{ orderId }} }} }} }}");
        let found = server.query(&query).await;
        assert_eq!(found["orders"]["edges"], json!([{"node": {"orderId": journey.order}}]), "{filter}");
    }
    let none = r#"{ orders(filter: {sku: "TEA"}) { edges { cursor } pageInfo { hasNextPage endCursor } } }"#;
    let nothing = json!({"edges": [], "pageInfo": {"hasNextPage": false, "endCursor": null}});
    assert_eq!(server.query(none).await["orders"], nothing);
}

#[tokio::test]
async fn a_cursor_that_the_list_did_not_issue_is_rejected() {
    let server = TestServer::stocked().await;
    let last = server.create("W-1").await.1;
    let query = format!("{{ orders(minPosition: {last}) {{ edges {{ cursor }} }} }}");
    let cursor = server.query(&query).await["orders"]["edges"][0]["cursor"].as_str().unwrap().to_owned();
    let query = format!(r#"{{ fulfillmentOrders(after: "{cursor}") {{ edges {{ cursor }} }} }}"#);
    assert_eq!(server.code(&query).await, "invalid_cursor");
    // ["-created","-1"], ["-created","1.2"], ["-created",""], and texts that are not cursors.
    for cursor in
        ["WyItY3JlYXRlZCIsIi0xIl0", "WyItY3JlYXRlZCIsIjEuMiJd", "WyItY3JlYXRlZCIsIiJd", "", "1", "'; --"]
    {
        let query = format!(r#"{{ orders(after: "{cursor}") {{ edges {{ cursor }} }} }}"#);
        assert_eq!(server.code(&query).await, "invalid_cursor", "{cursor}");
    }
}

#[tokio::test]
async fn the_journal_is_read_page_by_page_in_both_directions() {
    let server = TestServer::stocked().await;
    let journey = Journey::complete(&server).await;
    server.app.queries.wait_for("default", journey.last()).await.unwrap();
    let (mut positions, mut after) = (Vec::new(), Value::Null);
    loop {
        let query = "query($after: String) { events(after: $after, first: 3) {
            edges { cursor node { position commandEnd type stream order { orderId } } }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
        let answer = server.query_with(None, query, json!({"after": after})).await;
        let list = &answer["data"]["events"];
        let edges = list["edges"].as_array().unwrap_or_else(|| panic!("{answer}"));
        assert_eq!(list["pageInfo"]["hasPreviousPage"], !after.is_null());
        for edge in edges {
            positions.push(edge["node"]["position"].as_u64().unwrap());
            let of_order = edge["node"]["stream"].as_str().unwrap().starts_with("order-");
            assert_eq!(edge["node"]["order"]["orderId"].as_str().is_some(), of_order);
        }
        let last = edges.last().unwrap();
        assert_eq!(last["node"]["position"], last["node"]["commandEnd"], "a page ends with a command");
        assert_eq!(list["pageInfo"]["startCursor"], edges[0]["cursor"]);
        assert_eq!(list["pageInfo"]["endCursor"], last["cursor"]);
        after = last["cursor"].clone();
        if list["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(positions, (1..=journey.last()).collect::<Vec<u64>>());
    let end = format!(
        "{{ events(after: {after}) {{ edges {{ cursor }} pageInfo {{ endCursor hasNextPage hasPreviousPage }} }} }}"
    );
    let page_info = json!({"endCursor": null, "hasNextPage": false, "hasPreviousPage": true});
    assert_eq!(server.query(&end).await["events"], json!({"edges": [], "pageInfo": page_info}));

    let (mut backward, mut before) = (Vec::new(), Value::Null);
    loop {
        let query = "query($before: String) { events(before: $before, last: 4) {
            nodes { position } pageInfo { hasNextPage hasPreviousPage startCursor } } }";
        let list = server.query_with(None, query, json!({"before": before})).await["data"]["events"].clone();
        let page = list["nodes"].as_array().unwrap().iter().map(|node| node["position"].as_u64().unwrap());
        backward.splice(0..0, page);
        assert_eq!(list["pageInfo"]["hasNextPage"], !before.is_null());
        before = list["pageInfo"]["startCursor"].clone();
        if list["pageInfo"]["hasPreviousPage"] == false {
            break;
        }
    }
    assert_eq!(backward, positions);
}

#[tokio::test]
async fn the_journal_can_be_read_from_a_position() {
    let server = TestServer::stocked().await;
    let journey = Journey::complete(&server).await;
    let events_query = |arguments: &str| format!("{{ events({arguments}) {{ nodes {{ position }} }} }}");
    let from = journey.positions[0];
    let events = server.query(&events_query(&format!("afterPosition: \"{from}\", first: 200"))).await;
    let found: Vec<u64> = events["events"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["position"].as_u64().unwrap())
        .collect();
    assert_eq!(found, (from + 1..=journey.last()).collect::<Vec<u64>>());
    let beyond = format!("afterPosition: {}", journey.last() + 1);
    for wrong in [beyond.as_str(), "afterPosition: 1, last: 2", "first: 1, last: 1"] {
        assert_eq!(server.code(&events_query(wrong)).await, "invalid_value", "{wrong}");
    }
    for wrong in ["last: 1", "before: \"WyJldmVudHMiLCIxIl0\""] {
        let query = events_query(&format!("correlationId: \"case\", {wrong}"));
        assert_eq!(server.code(&query).await, "invalid_value", "{wrong}");
    }
}

#[tokio::test]
async fn orders_are_paged_from_the_end_by_last_and_before() {
    let server = TestServer::stocked().await;
    let mut last = 0;
    for number in 1..=5 {
        last = server.create(&format!("W-{number}")).await.1;
    }
    server.app.queries.wait_for("default", last).await.unwrap();
    for sort in ["NEWEST_FIRST", "OLDEST_FIRST", "LATEST_CHANGE_FIRST", "EARLIEST_CHANGE_FIRST"] {
        let all = format!("{{ orders(sort: {sort}) {{ nodes {{ channelRef }} }} }}");
        let all = server.query(&all).await["orders"]["nodes"].as_array().unwrap().clone();
        let (mut backward, mut before) = (Vec::new(), Value::Null);
        loop {
            let query = format!(
                "query($before: String) {{ orders(sort: {sort}, last: 2, before: $before) {{
                    nodes {{ channelRef }} pageInfo {{ hasNextPage hasPreviousPage startCursor }} }} }}"
            );
            let answer = server.query_with(None, &query, json!({"before": before})).await;
            let list = &answer["data"]["orders"];
            let nodes = list["nodes"].as_array().unwrap_or_else(|| panic!("{answer}"));
            backward.splice(0..0, nodes.iter().cloned());
            assert_eq!(list["pageInfo"]["hasNextPage"], !before.is_null());
            before = list["pageInfo"]["startCursor"].clone();
            if list["pageInfo"]["hasPreviousPage"] == false {
                break;
            }
        }
        assert_eq!(backward, all, "{sort}");
    }
}

#[tokio::test]
async fn lists_without_backward_paging_reject_last_and_before() {
    let server = TestServer::stocked().await;
    for list in [
        "fulfillmentOrders(",
        "fulfillmentBoard(location: \"DC-1\", stage: PICK, ",
        "stockHistory(sku: \"MUG\", ",
    ] {
        for argument in ["last", "before"] {
            let value = if argument == "last" { "last: 1" } else { "before: \"x\"" };
            let answer = server
                .query_with(None, &format!("{{ {list}{value}) {{ nodes {{ __typename }} }} }}"), json!({}))
                .await;
            let error = &answer["errors"][0];
            assert_eq!(error["extensions"]["argument"], argument, "{answer}");
            assert!(error["message"].as_str().unwrap().contains("use first and after"), "{answer}");
        }
    }
}

#[tokio::test]
async fn availability_keeps_the_order_of_the_requested_skus() {
    let server = TestServer::stocked().await;
    let tea = json!({"sku": "TEA", "location": "DC-1", "quantity": 5});
    server.execute("ReceiveStock", tea).await;
    let last = server.create("W-1").await.1;
    let query = format!(
        r#"{{ availability(skus: ["TEA", "NONE", "MUG"], minPosition: {last}) {{
            nodes {{ sku available locations {{ nodes {{ location onHand reserved available paused }} }} }} }} }}"#
    );
    assert_eq!(
        server.query(&query).await["availability"]["nodes"],
        json!([
            {"sku": "TEA", "available": 5, "locations": {"nodes":
                [{"location": "DC-1", "onHand": 5, "reserved": 0, "available": 5, "paused": false}]}},
            {"sku": "NONE", "available": 0, "locations": {"nodes": []}},
            {"sku": "MUG", "available": 998, "locations": {"nodes":
                [{"location": "DC-1", "onHand": 1000, "reserved": 2, "available": 998, "paused": false}]}},
        ])
    );
    assert_eq!(server.code("{ availability(skus: []) { nodes { sku } } }").await, "invalid_value");
}

#[tokio::test]
async fn locations_policy_and_projections_of_a_merchant_can_be_queried() {
    let server = TestServer::stocked().await;
    let policy = json!({"reserveAt": "payment", "channels": {"pos": {"onShortage": "cancel_remainder"}}});
    let last = server.execute("SetMerchantPolicy", policy).await.1;
    server.app.queries.wait_for("default", last).await.unwrap();
    // These queries wait for the projections `metrics` and `causation`.
    server.query(&format!("{{ metrics(minPosition: {last}) {{ position }} }}")).await;
    server.query("{ events(correlationId: \"none\") { edges { cursor } } }").await;
    let answer = server
        .query(
            "{ locations { nodes { location name latitude rank paused } } merchants { nodes { merchant } }
               policy { reserveAt onShortage sourcing channels { channel onShortage reserveAt } }
               projections { nodes { name position folded parked lag halted } } }",
        )
        .await;
    let location =
        json!({"location": "DC-1", "name": "Newark", "latitude": 40.7, "rank": 0, "paused": false});
    assert_eq!(answer["locations"]["nodes"], json!([location]));
    assert_eq!(
        answer["policy"],
        json!({"reserveAt": "PAYMENT", "onShortage": "REJECT",
               "sourcing": ["FEWEST_LOCATIONS", "NEAREST", "RANK"],
               "channels": [{"channel": "pos", "onShortage": "CANCEL_REMAINDER", "reserveAt": null}]})
    );
    assert_eq!(answer["merchants"]["nodes"], json!([{"merchant": "default"}]));
    let projections = answer["projections"]["nodes"].as_array().unwrap();
    let names: Vec<&str> = projections.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["availability", "cart_reservations", "causation", "metrics", "order_status"]);
    for projection in projections {
        assert_eq!((&projection["position"], &projection["folded"]), (&json!(last), &json!(last)));
        assert_eq!((&projection["lag"], &projection["halted"]), (&json!(0), &Value::Null));
    }
}

#[tokio::test]
async fn working_days_and_closures_can_be_set_and_queried() {
    let server = TestServer::stocked().await;
    let answer = server
        .query(
            r#"mutation { registerLocation(input: {location: "DC-1", workingDays: [FRIDAY, MONDAY],
                closures: [{from: "2027-12-24", to: "2027-12-27", name: "Christmas"}]}) {
                location { workingDays closures { from to name } } } }"#,
        )
        .await;
    let closure = json!({"from": "2027-12-24", "to": "2027-12-27", "name": "Christmas"});
    let expected = json!({"workingDays": ["MONDAY", "FRIDAY"], "closures": [closure]});
    assert_eq!(answer["registerLocation"]["location"], expected);
    let table = json!({"transit": [{"days": 2, "workingDays": ["friday"], "closures": [closure]}]});
    let last = server.execute("SetMerchantPolicy", table).await.1;
    server.app.queries.wait_for("default", last).await.unwrap();
    let answer = server.query("{ policy { transit { days workingDays closures { from to name } } } }").await;
    let row = json!({"days": 2, "workingDays": ["FRIDAY"], "closures": [closure]});
    assert_eq!(answer["policy"]["transit"], json!([row]));
}

#[tokio::test]
async fn the_merchant_header_is_optional_while_there_is_one_merchant() {
    let server = TestServer::stocked().await;
    let query = "{ locations { nodes { location } } }";
    assert_eq!(server.query(query).await["locations"]["nodes"], json!([{"location": "DC-1"}]));
    assert_eq!(server.code_for("unknown", query).await, "unknown_merchant");
    assert_eq!(server.code_for("not a name", query).await, "unknown_merchant");
    server.execute_for("acme", "RegisterMerchant", json!({"merchant": "acme"})).await;
    let all = server.query("{ merchants { nodes { merchant } } }").await;
    assert_eq!(all["merchants"]["nodes"], json!([{"merchant": "acme"}, {"merchant": "default"}]));
    assert_eq!(server.code(query).await, "merchant_required");
    let acme = server.query_with(Some("acme"), query, json!({})).await;
    assert_eq!(acme["data"]["locations"]["nodes"], json!([]));
    let default = server.query_with(Some("default"), query, json!({})).await;
    assert_eq!(default["data"]["locations"]["nodes"], json!([{"location": "DC-1"}]));
}

impl TestServer {
    async fn code_for(&self, merchant: &str, query: &str) -> String {
        let answer = self.query_with(Some(merchant), query, json!({})).await;
        answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}

#[tokio::test]
async fn availability_can_be_queried_as_of_a_position_or_time() {
    let server = TestServer::stocked().await;
    let (_, then) = server.create("W-1").await;
    let missing = json!({"sku": "MUG", "location": "DC-1", "delta": -100, "reason": "lost"});
    let (_, now) = server.execute("AdjustStock", missing).await;
    let available = async |more: &str| {
        let query =
            format!(r#"{{ availability(skus: ["MUG", "NONE"]{more}) {{ nodes {{ sku available }} }} }}"#);
        server.query(&query).await["availability"]["nodes"].clone()
    };
    let expected =
        |available: u64| json!([{"sku": "MUG", "available": available}, {"sku": "NONE", "available": 0}]);
    assert_eq!(available(&format!(", minPosition: {now}")).await, expected(898));
    assert_eq!(available(&format!(r#", asOf: "{then}""#)).await, expected(998));
    assert_eq!(available(&format!(r#", asOf: "{then}", minPosition: {now}"#)).await, expected(998));
    assert_eq!(available(r#", asOf: "2090-01-01T00:00:00Z""#).await, expected(898));
    assert_eq!(available(r#", asOf: "1""#).await, expected(0));
    let bad = r#"{ availability(skus: ["MUG"], asOf: "soon") { nodes { sku } } }"#;
    assert_eq!(server.code(bad).await, "invalid_value");
}

#[tokio::test]
async fn events_are_found_by_correlation_and_causation_id() {
    let server = TestServer::stocked().await;
    let (created, position) = server.create("W-1").await;
    let events = server.query("{ events(first: 200) { edges { node { eventId type position } } } }").await;
    let all = events["events"]["edges"].as_array().unwrap().clone();
    let reserved =
        all.iter().find(|edge| edge["node"]["type"] == "InventoryReserved").unwrap()["node"].clone();
    let metadata = Metadata {
        causation_id: Some(reserved["eventId"].as_str().unwrap().to_owned()),
        correlation_id: Some("case 7".to_owned()),
        ..Metadata::default()
    };
    let cancel = json!({"orderId": created["orderId"], "reason": "customer request"});
    let (_, last) = server.execute_with("CancelOrder", cancel, metadata).await;

    let positions = |list: &Value| -> Vec<u64> {
        let edges = list["events"]["edges"].as_array().unwrap();
        edges.iter().map(|edge| edge["node"]["position"].as_u64().unwrap()).collect()
    };
    let page = "edges { node { position } } pageInfo { hasNextPage endCursor }";
    let correlated = server.query(&format!(r#"{{ events(correlationId: "case 7") {{ {page} }} }}"#)).await;
    assert_eq!(positions(&correlated), (position + 1..=last).collect::<Vec<_>>());
    assert_eq!(correlated["events"]["pageInfo"]["hasNextPage"], false);
    let id = reserved["eventId"].as_str().unwrap().to_uppercase();
    let caused = server.query(&format!(r#"{{ events(causationId: "{id}", first: 1) {{ {page} }} }}"#)).await;
    assert_eq!(positions(&caused), positions(&correlated));
    let none = server.query(&format!(r#"{{ events(correlationId: "case 8") {{ {page} }} }}"#)).await;
    assert_eq!(positions(&none), [0; 0]);
    let both = r#"{ events(correlationId: "a", causationId: "b") { edges { cursor } } }"#;
    assert_eq!(server.code(both).await, "invalid_value");
    for bad in [String::new(), "\\u0000".to_owned(), "x".repeat(201)] {
        let query = format!(r#"{{ events(correlationId: "{bad}") {{ edges {{ cursor }} }} }}"#);
        assert_eq!(server.code(&query).await, "invalid_value", "{bad}");
    }

    let query = format!(
        "{{ consequences(position: {position}) {{ nodes {{ depth causedBy events {{ nodes {{ position metadata {{ command }} }} }} }} }} }}"
    );
    let nodes = server.query(&query).await["consequences"]["nodes"].clone();
    assert_eq!(nodes.as_array().unwrap().len(), 2);
    assert_eq!((&nodes[0]["depth"], &nodes[0]["causedBy"]), (&json!(0), &Value::Null));
    assert_eq!((&nodes[1]["depth"], &nodes[1]["causedBy"]), (&json!(1), &reserved["position"]));
    assert_eq!(nodes[1]["events"]["nodes"][0]["metadata"]["command"], "CancelOrder");
    assert_eq!(
        server.query("{ consequences(position: 999) { nodes { depth } } }").await["consequences"],
        Value::Null
    );
}
