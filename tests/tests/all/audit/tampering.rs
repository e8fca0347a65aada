//! Changes of a store that bypass the program: `verify` finds them.

use serde_json::{Value, json};

use crate::support::orders::{assert_verified, order_with};
use crate::support::server::{TestServer, order};
use crate::support::store::{TestStore, on_every_store};

/// Places a few orders in a store, and stops the server.
async fn fill(store: &TestStore) {
    let server = TestServer::start(store).await;
    server.add_stock("DC-1", "A", 5).await;
    for number in 0..4 {
        server.post("/v1/orders", &format!("order-{number}"), &order("A", 1)).await.accepted();
    }
    assert_eq!(server.post("/v1/orders", "refused", &order("A", 100)).await.status, 409);
    server.kill();
}

on_every_store!(
    verify_names_the_position_of_each_changed_or_deleted_row,
    verify_names_each_changed_row_of_a_read_model,
    verify_compares_read_models_while_orders_are_placed,
    erased_personal_data_is_gone_and_the_journal_still_verifies,
);

async fn verify_names_the_position_of_each_changed_or_deleted_row(store: TestStore) {
    fill(&store).await;
    let clean = store.run(&["verify"]);
    assert!(clean.status.success(), "{clean:?}");
    let Some(last) = store.sql("SELECT max(position) FROM event") else { return };
    let last: u64 = last.parse().unwrap();
    let at = |key: &str| {
        store.sql(&format!("SELECT last_position FROM outcome WHERE key = '{key}'")).unwrap_or_default()
    };
    // The databases convert bytes to text by different functions.
    let (text, bytes) = if store.url().starts_with("sqlite:") {
        ("CAST({} AS TEXT)", "CAST({} AS BLOB)")
    } else {
        ("convert_from({}, 'UTF8')", "convert_to({}, 'UTF8')")
    };
    let replaced = |column: &str, from: &str, to: &str| {
        let replaced = format!("replace({}, '{from}', '{to}')", text.replace("{}", column));
        format!("{column} = {}", bytes.replace("{}", &replaced))
    };
    let answer_of =
        |key: &str| format!("UPDATE outcome SET {} WHERE key = '{key}'", replaced("answer", "a", "b"));
    let cases = [
        (
            format!("UPDATE event SET {} WHERE position = 3", replaced("payload", "web", "wab")),
            "3".to_owned(),
        ),
        ("UPDATE event SET recorded_at = recorded_at + 1 WHERE position = 5".to_owned(), "5".to_owned()),
        ("UPDATE event SET type = 'OrderSource' WHERE position = 4".to_owned(), "4".to_owned()),
        ("DELETE FROM event WHERE position = 6".to_owned(), "6".to_owned()),
        (format!("DELETE FROM event WHERE position = {last}"), last.to_string()),
        (answer_of("order-1"), at("order-1")),
        (answer_of("refused"), at("refused")),
        ("DELETE FROM outcome WHERE key = 'order-2'".to_owned(), at("order-2")),
        ("UPDATE outcome SET kind = 3 WHERE key = 'order-0'".to_owned(), at("order-0")),
    ];
    for (statement, position) in cases {
        let Some(copy) = store.copy() else { return };
        copy.sql(&statement);
        let verified = copy.run(&["verify", "--json"]);
        let report = String::from_utf8_lossy(&verified.stdout).into_owned();
        assert_eq!(verified.status.code(), Some(1), "{statement}: {report}");
        let findings: Value = serde_json::from_str(&report).unwrap();
        let is_named = findings.to_string().contains(&format!("\"position\":{position}"));
        assert!(is_named, "{statement} should be found at {position}: {report}");
    }
}

/// The exit status and the output of `holdfast verify`.
fn verify(store: &TestStore, more: &[&str]) -> (Option<i32>, Value) {
    let output = store.run(&[&["verify", "--json"], more].concat());
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), serde_json::from_str(&said).unwrap_or_else(|_| panic!("{output:?}")))
}

/// Reserves a unit for a cart, and returns the id of the reservation.
async fn reserve_cart(server: &TestServer) -> String {
    let cart = json!({ "channel": "web", "lines": [{ "sku": "A", "quantity": 1 }] });
    let reserved = server.post("/v1/reservations", "cart", &cart).await.accepted();
    reserved["reservationId"].as_str().unwrap().to_owned()
}

async fn verify_names_each_changed_row_of_a_read_model(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "A", 6).await;
    let cart = reserve_cart(&server).await;
    let mut last = Value::Null;
    for number in 0..4 {
        let order = order_with("A", 1, &json!({ "channelRef": format!("R{number}") }));
        let key = format!("order-{number}");
        last = server.post_with("/v1/orders", &key, &[("correlation-id", "case 7")], &order).await.accepted();
    }
    let (id, position) = (last["orderId"].as_str().unwrap(), &last["position"]);
    server.wait_for_projections(position.as_u64().unwrap()).await;
    server.kill();
    let (status, clean) = verify(&store, &[]);
    assert_eq!((status, &clean["clean"]), (Some(0), &json!(true)), "{clean}");
    let read_models = clean["merchants"][0]["readModels"].as_array().unwrap();
    assert!(read_models.iter().all(|one| one["position"] == *position && one["different"] == 0), "{clean}");
    assert!(read_models.iter().all(|one| one["rows"].as_u64() > Some(0)), "{clean}");

    for (change, found) in [
        (
            format!("UPDATE order_status SET status = 'shipped' WHERE order_id = '{id}'"),
            format!("order_status {id} differs in status"),
        ),
        (
            format!("DELETE FROM fulfillment_order WHERE order_id = '{id}'"),
            format!("fulfillment_order {id}.f1 is missing in the serving generation"),
        ),
        (
            "UPDATE order_term SET value = 'R9' WHERE value = 'R2'".to_owned(),
            "order_term channel_ref R9".to_owned(),
        ),
        (
            "UPDATE command_link SET correlation_id = 'case 8' WHERE last_position = ".to_owned()
                + &position.to_string(),
            format!("command_link {position} differs in correlation_id"),
        ),
        ("UPDATE availability SET position = 1".to_owned(), "availability A differs in position".to_owned()),
        (
            "UPDATE cart_reservation SET position = 1".to_owned(),
            format!("cart_reservation {cart} differs in position"),
        ),
        (
            "INSERT INTO paused_location (merchant, generation, location) VALUES ('default', 1, 'DC-1')"
                .to_owned(),
            "paused_location DC-1 is only in the serving generation".to_owned(),
        ),
    ] {
        let Some(copy) = store.copy() else { return };
        if copy.views_sql(&change).is_none() {
            return;
        }
        let (status, said) = verify(&copy, &[]);
        assert_eq!((status, &said["clean"]), (Some(1), &json!(false)), "{change}: {said}");
        assert!(said.to_string().contains(&found), "{change} is {found}: {said}");
        assert_eq!(said["merchants"][0]["findings"], json!([]), "the journal is unchanged");
        let (status, said) = verify(&copy, &["--journal-only"]);
        assert_eq!(status, Some(0), "{said}");
        assert!(said["merchants"][0]["notCompared"].is_string(), "{said}");
    }
}

async fn verify_compares_read_models_while_orders_are_placed(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "A", 1_000).await;
    for round in 0..3 {
        let mut command = store.command(&["verify", "--json"]);
        let verifying = tokio::task::spawn_blocking(move || command.output().expect("the program runs"));
        let ordering = async {
            for number in 0..40 {
                server.post("/v1/orders", &format!("{round}-{number}"), &order("A", 1)).await.accepted();
            }
        };
        let (verified, ()) = tokio::join!(verifying, ordering);
        let verified = verified.expect("the task ends");
        assert!(verified.status.success(), "{verified:?}");
        let said: Value = serde_json::from_slice(&verified.stdout).unwrap();
        let read_models = said["merchants"][0]["readModels"].as_array().unwrap();
        assert_eq!(read_models.len(), 5, "{said}");
    }
}

async fn erased_personal_data_is_gone_and_the_journal_still_verifies(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "A", 5).await;
    let mut wanted = order("A", 1);
    wanted["shipTo"] =
        json!({ "name": "Hedy Lamarr", "street": ["7 Spectrum Road"], "city": "Vienna", "country": "AT" });
    let created = server.post("/v1/orders", "o", &wanted).await;
    let id = created.accepted()["orderId"].as_str().unwrap().to_owned();
    let fulfillment_order =
        created.accepted()["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap().to_owned();
    let package = json!({ "packages": [{ "carrier": "ups", "trackingNumber": "T1" }] });
    server.post(&format!("/v1/fulfillment-orders/{fulfillment_order}/ship"), "s", &package).await.accepted();
    let scan = json!({ "status": "in_transit", "at": "2026-01-01T00:00:00Z", "raw": "left with Ms Lamarr" });
    let tracked = server.post(&format!("/v1/shipments/{id}.s1/track"), "t", &scan).await;
    let path = format!("/v1/orders/{id}?minPosition={}", tracked.position.unwrap());
    assert_eq!(server.get(&path).await.accepted()["shipTo"]["name"], "Hedy Lamarr");

    let erased = server
        .post(
            &format!("/v1/orders/{id}/erase-personal-data"),
            "e",
            &json!({ "reason": "asked", "force": true }),
        )
        .await;
    assert_eq!(erased.accepted()["personalData"], "erased");
    let path = format!("/v1/orders/{id}?minPosition={}", erased.position.unwrap());
    let now = server.get(&path).await.accepted();
    assert_eq!((now["shipTo"].get("name"), &now["shipTo"]["city"]), (None, &json!("Vienna")));
    for secret in ["Hedy", "Lamarr", "Spectrum Road"] {
        assert_eq!(store.find_text(secret), None, "{secret}");
    }
    assert!(store.find_text("Vienna").is_some(), "the search finds text that is stored in clear");
    server.kill();
    for secret in ["Hedy", "Lamarr", "Spectrum Road"] {
        assert_eq!(store.find_text(secret), None, "{secret}");
    }
    assert_verified(&store);
}
