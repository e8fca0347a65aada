//! Answers to commands, one at a time and in batches.

use holdfast_journal::{BatchStore as _, EventLog as _, LoadRequest, OutcomeKey, Snapshot};
use serde_json::json;

use super::*;
use crate::writer::Submission;
use crate::{CommandState, NotExecuted};

#[tokio::test]
async fn a_command_that_may_have_been_executed_is_never_answered_not_executed() {
    let fixture = Fixture::open().await;
    let reply_to = async |doubtful, original| {
        let (reply, receiver) = tokio::sync::oneshot::channel();
        let request = fixture.request("CreateOrder", Some("key"), order("A", 1));
        let urgency = request.command.policy().urgency;
        let submission =
            Submission { request, reply, _share: None, urgency, group: None, forwarded: false, doubtful };
        submission.answer(original);
        receiver.await.unwrap()
    };
    let not_executed = Reply::NotExecuted(NotExecuted::StoreUnavailable);
    assert_eq!(reply_to(true, not_executed.clone()).await, Reply::OutcomeUnknown);
    assert_eq!(reply_to(true, Reply::Failed).await, Reply::OutcomeUnknown);
    assert_eq!(reply_to(true, Reply::KeyReused).await, Reply::KeyReused);
    assert_eq!(reply_to(false, not_executed.clone()).await, not_executed);
}

#[tokio::test]
async fn an_order_is_created_picked_packed_shipped_and_delivered() {
    let fixture = Fixture::open().await;
    let created = accepted(&fixture.send("CreateOrder", "o", order("A", 3)).await);
    assert_eq!((&created["status"], &created["lines"][0]["reserved"]), (&json!("reserved"), &json!(3)));
    let part = created["fulfillmentOrders"][0]["fulfillmentOrderId"].clone();
    let all = json!({ "fulfillmentOrderId": part, "all": true });
    assert_eq!(accepted(&fixture.send("PickItems", "pick", all.clone()).await)["status"], "picking");
    assert_eq!(accepted(&fixture.send("PackItems", "pack", all).await)["status"], "packed");
    let package = json!([{ "carrier": "ups", "trackingNumber": "1Z" }]);
    let shipped = accepted(
        &fixture.send("ShipItems", "ship", json!({ "fulfillmentOrderId": part, "packages": package })).await,
    );
    assert_eq!(shipped["status"], "shipped");
    let scan = json!({ "carrier": "ups", "trackingNumber": "1Z", "status": "in_transit", "at": "1970-01-01T00:00:02Z" });
    assert_eq!(accepted(&fixture.send("TrackParcel", "scan", scan).await)["status"], "in_transit");
    let delivered =
        fixture.send("ConfirmDelivery", "done", json!({ "shipmentId": shipped["shipmentId"] })).await;
    assert_eq!(accepted(&delivered)["status"], "delivered");
    fixture.verify().await;
}

#[tokio::test]
async fn lines_with_the_same_sku_are_added_up() {
    let fixture = Fixture::open().await;
    let lines = json!([{ "sku": "A", "quantity": 6 }, { "sku": "A", "quantity": 6 }]);
    let twice = json!({ "channel": "web", "lines": lines, "payment": "not_required" });
    assert_eq!(refused(&fixture.send("CreateOrder", "o", twice).await), "insufficient_stock");
}

#[tokio::test]
async fn commands_of_a_batch_see_earlier_changes_and_refusals_change_nothing() {
    let fixture = Fixture::open().await;
    let keys: Vec<String> = (0..6).map(|n| format!("o{n}")).collect();
    let requests = keys.iter().map(|key| fixture.request("CreateOrder", Some(key), order("A", 4))).collect();
    let replies = fixture.send_all(requests).await;
    for reply in &replies[..2] {
        accepted(reply);
    }
    for reply in &replies[2..] {
        assert_eq!(refused(reply), "insufficient_stock");
    }
    assert_eq!(fixture.position().await, 3 + 2 * 4);
    assert_eq!(accepted(&fixture.send("CreateOrder", "last", order("A", 2)).await)["status"], "reserved");
}

#[tokio::test]
async fn cancelling_releases_the_units() {
    let fixture = Fixture::open().await;
    let created = accepted(&fixture.send("CreateOrder", "o", order("A", 10)).await);
    assert_eq!(refused(&fixture.send("CreateOrder", "p", order("A", 1)).await), "insufficient_stock");
    let cancel = json!({ "orderId": created["orderId"], "reason": "changed my mind" });
    assert_eq!(accepted(&fixture.send("CancelOrder", "c", cancel).await)["status"], "cancelled");
    accepted(&fixture.send("CreateOrder", "q", order("A", 10)).await);
}

#[tokio::test]
async fn cancel_remainder_reserves_the_available_units_and_cancels_the_rest() {
    let fixture = Fixture::open().await;
    let mut wanted = order("A", 12);
    wanted["onShortage"] = json!("cancel_remainder");
    let created = accepted(&fixture.send("CreateOrder", "o", wanted.clone()).await);
    let line = &created["lines"][0];
    assert_eq!((&line["reserved"], &line["cancelled"]), (&json!(10), &json!(2)));
    assert_eq!(refused(&fixture.send("CreateOrder", "p", wanted).await), "insufficient_stock");
}

#[tokio::test]
async fn reserve_at_payment_reserves_units_when_payment_is_confirmed() {
    let fixture = Fixture::open().await;
    accepted(&fixture.send("ReceiveStock", "Z", receipt("Z", 1)).await);
    accepted(&fixture.send("SetMerchantPolicy", "policy", json!({ "reserveAt": "payment" })).await);
    let mut wanted = order("A", 10);
    wanted["payment"] = json!("required");
    let first = accepted(&fixture.send("CreateOrder", "o", wanted.clone()).await);
    let second = accepted(&fixture.send("CreateOrder", "p", wanted).await);
    assert_eq!((&first["status"], &second["status"]), (&json!("created"), &json!("created")));
    assert_eq!(accepted(&fixture.send("CreateOrder", "free", order("Z", 1)).await)["status"], "reserved");
    let pay = |order: &Value| json!({ "orderId": order["orderId"], "paymentRef": "pay-1" });
    assert_eq!(accepted(&fixture.send("ConfirmPayment", "pay", pay(&first)).await)["status"], "reserved");
    let late = accepted(&fixture.send("ConfirmPayment", "pay2", pay(&second)).await);
    assert_eq!(
        (&late["status"], &late["holds"][0]["reason"]),
        (&json!("on_hold"), &json!("inventory_out_of_stock"))
    );
}

#[tokio::test]
async fn a_command_is_refused_after_its_not_after_time() {
    let fixture = Fixture::open().await;
    let mut wanted = order("A", 1);
    wanted["notAfter"] = json!("1970-01-01T00:00:05Z");
    fixture.clock.set(5_000_001);
    assert_eq!(refused(&fixture.send("CreateOrder", "o", wanted).await), "command_expired");
}

#[tokio::test]
async fn decision_time_never_decreases() {
    let fixture = Fixture::open().await;
    fixture.clock.set(9_000_000);
    accepted(&fixture.send("ReceiveStock", "a", receipt("A", 1)).await);
    fixture.clock.set(2_000_000);
    accepted(&fixture.send("ReceiveStock", "b", receipt("A", 1)).await);
    let times: Vec<i64> = fixture
        .journal
        .read("default", 0, 100)
        .await
        .unwrap()
        .iter()
        .map(|event| event.recorded_at)
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(times.last(), Some(&9_000_000));
}

#[tokio::test]
async fn if_match_with_an_older_version_is_refused() {
    let fixture = Fixture::open().await;
    let created = accepted(&fixture.send("CreateOrder", "o", order("A", 1)).await);
    let version = created["version"].as_u64().unwrap();
    let cancel = json!({ "orderId": created["orderId"], "reason": "x" });
    let stale = fixture.request("CancelOrder", Some("c1"), cancel.clone()).if_match(Some(vec![version - 1]));
    let current =
        fixture.request("CancelOrder", Some("c2"), cancel).if_match(Some(vec![version - 1, version]));
    let replies = fixture.send_all(vec![stale, current]).await;
    assert_eq!(refused(&replies[0]), "precondition_failed");
    assert_eq!(accepted(&replies[1])["status"], "cancelled");
}

#[tokio::test]
async fn a_channel_reference_returns_the_same_order_and_refuses_other_content() {
    let fixture = Fixture::open().await;
    let mut wanted = order("A", 1);
    wanted["channelRef"] = json!("W-1");
    let created = accepted(&fixture.send("CreateOrder", "o", wanted.clone()).await);
    let again = accepted(&fixture.send("CreateOrder", "p", wanted.clone()).await);
    assert_eq!(created["orderId"], again["orderId"]);
    wanted["lines"][0]["quantity"] = json!(2);
    assert_eq!(refused(&fixture.send("CreateOrder", "q", wanted).await), "order_exists");
}

#[tokio::test]
async fn the_journal_contains_no_personal_data_in_clear() {
    let fixture = Fixture::open().await;
    let mut wanted = order("A", 1);
    wanted["shipTo"] = json!({ "name": "Ada Lovelace", "street": ["12 St James's Square"], "country": "GB" });
    let reply = fixture.send("CreateOrder", "o", wanted).await;
    let id = accepted(&reply)["orderId"].clone();
    let secret = |bytes: &[u8]| bytes.windows(8).any(|part| part == b"Lovelace" || part == b"St James");
    assert!(!secret(body(&reply)));
    let events = fixture.journal.read("default", 0, 100).await.unwrap();
    assert!(events.iter().any(|event| event.sealed.is_some()));
    for event in events {
        assert!(
            !secret(&event.payload) && !secret(&event.metadata) && !event.sealed.is_some_and(|s| secret(&s))
        );
    }
    let subject = format!("order-{}", id.as_str().unwrap());
    assert!(fixture.journal.subject_key("default", &subject).await.unwrap().is_some());
    accepted(
        &fixture
            .send("ErasePersonalData", "e", json!({ "orderId": id, "reason": "asked", "force": true }))
            .await,
    );
    assert_eq!(fixture.journal.subject_key("default", &subject).await.unwrap(), None);
    fixture.verify().await;
}

#[tokio::test]
async fn a_full_queue_rejects_commands_as_overloaded() {
    let settings = Settings { queue: 4, ..Settings::default() };
    let fixture = Fixture::over(Arc::new(MemoryJournal::new()), settings);
    let request = || fixture.request("ReceiveStock", None, receipt("A", 1));
    let five = (0..5).map(|_| request()).collect();
    assert_eq!(fixture.commands.submit(&merchant(), five).err(), Some(NotExecuted::Overloaded));
    assert_eq!(fixture.send_all((0..4).map(|_| request()).collect()).await.len(), 4);
    let bytes = Settings { queued_bytes: 2_048, ..Settings::default() };
    let fixture = Fixture::over(Arc::new(MemoryJournal::new()), bytes);
    let many = (0..4).map(|_| fixture.request("ReceiveStock", None, receipt("A", 1))).collect();
    assert_eq!(fixture.commands.submit(&merchant(), many).err(), Some(NotExecuted::Overloaded));
}

#[tokio::test]
async fn shutdown_finishes_accepted_commands_and_rejects_new_ones() {
    let fixture = Fixture::open().await;
    let requests = (0..50).map(|_| fixture.request("ReceiveStock", None, receipt("A", 1))).collect();
    let receivers = fixture.commands.submit(&merchant(), requests).unwrap();
    assert!(fixture.commands.shutdown(Duration::from_secs(60)).await);
    for receiver in receivers {
        accepted(&receiver.await.unwrap());
    }
    let late =
        fixture.commands.submit(&merchant(), vec![fixture.request("ReceiveStock", None, receipt("A", 1))]);
    assert_eq!(late.err(), Some(NotExecuted::ShuttingDown));
}

#[tokio::test(start_paused = true)]
async fn an_idle_writer_ends_and_starts_again_on_demand() {
    let fixture = Fixture::open().await;
    assert_eq!(fixture.commands.active_merchants(), 1);
    advance(Settings::default().idle * 2).await;
    assert_eq!(fixture.commands.active_merchants(), 0);
    accepted(&fixture.send("CreateOrder", "o", order("A", 1)).await);
}

#[tokio::test]
async fn dropped_state_is_loaded_again() {
    let settings = Settings { cache_bytes: 40_000, ..Settings::default() };
    let fixture = Fixture::over(Arc::new(MemoryJournal::new()), settings);
    fixture.stock_up().await;
    for round in 0..3 {
        for number in 0..40 {
            let sku = format!("S{number}");
            let stock =
                accepted(&fixture.send("ReceiveStock", &format!("{round}-{number}"), receipt(&sku, 1)).await);
            assert_eq!(stock["available"], round + 1, "{sku}");
        }
    }
}

#[tokio::test]
async fn the_state_of_a_key_can_be_looked_up() {
    let fixture = Fixture::open().await;
    let key = |name: &str| OutcomeKey { sender: "tester".into(), key: name.into() };
    let merchant = merchant();
    let state = |name: &'static str| fixture.commands.state_of(&merchant, key(name));
    assert_eq!(state("o").await, Ok(CommandState::NotFound));
    let reply = fixture.send("CreateOrder", "o", order("A", 1)).await;
    let Ok(CommandState::Answered(answer)) = state("o").await else { panic!("not answered") };
    assert_eq!(answer.body, body(&reply));
}

#[tokio::test]
async fn a_command_that_panics_fails_alone_and_changes_nothing() {
    let fixture = Fixture::open().await;
    let requests = ["web", "PANIC", "web"].into_iter().enumerate().map(|(number, channel)| {
        let mut wanted = order("A", 1);
        wanted["channel"] = json!(channel);
        fixture.request("CreateOrder", Some(&format!("o{number}")), wanted)
    });
    let replies = fixture.send_all(requests.collect()).await;
    accepted(&replies[0]);
    assert_eq!(replies[1], Reply::Failed);
    accepted(&replies[2]);
    assert_eq!(fixture.position().await, 3 + 2 * 4);
    fixture.verify().await;
}

#[tokio::test]
async fn the_size_of_answers_limits_a_batch() {
    let settings = Settings { batch_bytes: 20_000, ..Settings::default() };
    let fixture = Fixture::over(Arc::new(MemoryJournal::new()), settings);
    fixture.stock_up().await;
    let mut wanted = order("A", 1);
    wanted["attributes"] = json!({ "note": "x".repeat(400) });
    let created = accepted(&fixture.send("CreateOrder", "o", wanted).await);
    let before = fixture.journal.head("default").await.unwrap().batch;
    let pay = |number: usize| {
        let fields = json!({ "orderId": created["orderId"], "paymentRef": format!("p{number}") });
        fixture.request("ConfirmPayment", Some(&format!("p{number}")), fields)
    };
    for reply in fixture.send_all((0..100).map(pay).collect()).await {
        accepted(&reply);
    }
    let batches = fixture.journal.head("default").await.unwrap().batch - before;
    assert!(batches >= 5, "a hundred answers of more than a kilobyte went into {batches} batches");
    fixture.verify().await;
}

#[tokio::test]
async fn a_forged_snapshot_is_ignored() {
    let journal = Arc::new(MemoryJournal::new());
    let fixture = Fixture::over(journal.clone(), Settings { snapshot_every: 1, ..Settings::default() });
    fixture.stock_up().await;
    assert!(fixture.commands.shutdown(Duration::from_secs(60)).await);
    let request = LoadRequest { streams: vec!["stock-A".into()], ..LoadRequest::default() };
    let loaded = journal.load("default", &request).await.unwrap().streams.remove(0).unwrap();
    let mut forged = loaded.snapshot.expect("a snapshot was saved");
    let text = String::from_utf8_lossy(&forged.state).into_owned();
    let place = forged.state.windows(2).position(|bytes| bytes == b"10").unwrap_or_else(|| panic!("{text}"));
    forged.state[place..place + 2].copy_from_slice(b"99");
    forged.version += 1;
    journal.save_snapshots("default", vec![Snapshot { version: forged.version, ..forged }]).await.unwrap();
    let fixture = Fixture::over(journal, Settings::default());
    assert_eq!(refused(&fixture.send("CreateOrder", "o", order("A", 11)).await), "insufficient_stock");
}

#[tokio::test]
async fn an_answer_without_a_change_has_the_position_of_the_last_change() {
    let journal = Arc::new(MemoryJournal::new());
    let over = || Fixture::over(journal.clone(), Settings { snapshot_every: 1, ..Settings::default() });
    let fixture = over();
    fixture.stock_up().await;
    let created = accepted(&fixture.send("CreateOrder", "o", order("A", 1)).await);
    assert_eq!(created["position"], fixture.position().await);
    let pay = || json!({ "orderId": created["orderId"], "paymentRef": "money" });
    let paid = accepted(&fixture.send("ConfirmPayment", "paid", pay()).await);
    assert_eq!(paid["position"], fixture.position().await);
    accepted(&fixture.send("ReceiveStock", "more", receipt("A", 1)).await);
    let again = accepted(&fixture.send("ConfirmPayment", "again", pay()).await);
    assert_eq!(again["position"], paid["position"], "from memory");
    let same = accepted(&fixture.send("CreateOrder", "other", order("A", 1)).await);
    assert_eq!(same["position"], fixture.position().await);
    // The position is read from a snapshot, and from events alone.
    assert!(fixture.commands.shutdown(Duration::from_secs(60)).await);
    for (key, without_snapshot) in [("from a snapshot", false), ("from events", true)] {
        if without_snapshot {
            let stream =
                journal.read("default", paid["position"].as_u64().unwrap() - 1, 1).await.unwrap()[0].stream;
            let unusable = Snapshot { stream, type_version: 0, version: 1_000_000, state: Vec::new() };
            journal.save_snapshots("default", vec![unusable]).await.unwrap();
        }
        let restarted = over();
        let again = accepted(&restarted.send("ConfirmPayment", key, pay()).await);
        assert_eq!(again["position"], paid["position"], "{key}");
    }
}
