//! What commands lead to, one after the other and together.

use holdfast_journal::{LoadRequest, OutcomeKey, Snapshot};
use serde_json::json;

use super::*;
use crate::writer::Submission;
use crate::{CommandState, NotExecuted};

#[tokio::test]
async fn of_a_command_that_may_have_been_carried_out_nobody_says_that_it_was_not() {
    let house = House::open().await;
    let told = async |doubtful, said| {
        let (reply, receiver) = tokio::sync::oneshot::channel();
        let request = house.request("CreateOrder", Some("key"), order("A", 1));
        let urgency = request.command.policy().urgency;
        let submission =
            Submission { request, reply, _share: None, urgency, group: None, forwarded: false, doubtful };
        submission.answer(said);
        receiver.await.unwrap()
    };
    let not_executed = Reply::NotExecuted(NotExecuted::StoreUnavailable);
    assert_eq!(told(true, not_executed.clone()).await, Reply::OutcomeUnknown);
    assert_eq!(told(true, Reply::Failed).await, Reply::OutcomeUnknown);
    assert_eq!(told(true, Reply::KeyReused).await, Reply::KeyReused);
    assert_eq!(told(false, not_executed.clone()).await, not_executed);
}

#[tokio::test]
async fn an_order_travels_from_creation_to_delivery() {
    let house = House::open().await;
    let created = granted(&house.send("CreateOrder", "o", order("A", 3)).await);
    assert_eq!((&created["status"], &created["lines"][0]["reserved"]), (&json!("reserved"), &json!(3)));
    let part = created["fulfillmentOrders"][0]["fulfillmentOrderId"].clone();
    let all = json!({ "fulfillmentOrderId": part, "all": true });
    assert_eq!(granted(&house.send("PickItems", "pick", all.clone()).await)["status"], "picking");
    assert_eq!(granted(&house.send("PackItems", "pack", all).await)["status"], "packed");
    let parcel = json!([{ "carrier": "ups", "trackingNumber": "1Z" }]);
    let shipped = granted(
        &house.send("ShipItems", "ship", json!({ "fulfillmentOrderId": part, "packages": parcel })).await,
    );
    assert_eq!(shipped["status"], "shipped");
    let scan = json!({ "carrier": "ups", "trackingNumber": "1Z", "status": "in_transit", "at": "1970-01-01T00:00:02Z" });
    assert_eq!(granted(&house.send("TrackParcel", "scan", scan).await)["status"], "in_transit");
    let delivered =
        house.send("ConfirmDelivery", "done", json!({ "shipmentId": shipped["shipmentId"] })).await;
    assert_eq!(granted(&delivered)["status"], "delivered");
    house.verify().await;
}

#[tokio::test]
async fn two_lines_with_the_same_sku_are_summed_before_deciding() {
    let house = House::open().await;
    let lines = json!([{ "sku": "A", "quantity": 6 }, { "sku": "A", "quantity": 6 }]);
    let twice = json!({ "channel": "web", "lines": lines, "payment": "not_required" });
    assert_eq!(refused(&house.send("CreateOrder", "o", twice).await), "insufficient_stock");
}

#[tokio::test]
async fn commands_of_one_batch_see_each_other_and_a_refusal_leaves_no_trace() {
    let house = House::open().await;
    let keys: Vec<String> = (0..6).map(|n| format!("o{n}")).collect();
    let requests = keys.iter().map(|key| house.request("CreateOrder", Some(key), order("A", 4))).collect();
    let replies = house.send_all(requests).await;
    for reply in &replies[..2] {
        granted(reply);
    }
    for reply in &replies[2..] {
        assert_eq!(refused(reply), "insufficient_stock");
    }
    assert_eq!(house.position().await, 3 + 2 * 4);
    assert_eq!(granted(&house.send("CreateOrder", "last", order("A", 2)).await)["status"], "reserved");
}

#[tokio::test]
async fn cancelling_gives_the_units_back() {
    let house = House::open().await;
    let created = granted(&house.send("CreateOrder", "o", order("A", 10)).await);
    assert_eq!(refused(&house.send("CreateOrder", "p", order("A", 1)).await), "insufficient_stock");
    let cancel = json!({ "orderId": created["orderId"], "reason": "changed my mind" });
    assert_eq!(granted(&house.send("CancelOrder", "c", cancel).await)["status"], "cancelled");
    granted(&house.send("CreateOrder", "q", order("A", 10)).await);
}

#[tokio::test]
async fn a_remainder_is_cancelled_where_the_order_says_so() {
    let house = House::open().await;
    let mut wanted = order("A", 12);
    wanted["onShortage"] = json!("cancel_remainder");
    let created = granted(&house.send("CreateOrder", "o", wanted.clone()).await);
    let line = &created["lines"][0];
    assert_eq!((&line["reserved"], &line["cancelled"]), (&json!(10), &json!(2)));
    assert_eq!(refused(&house.send("CreateOrder", "p", wanted).await), "insufficient_stock");
}

#[tokio::test]
async fn where_policy_says_so_units_are_reserved_when_payment_is_confirmed() {
    let house = House::open().await;
    granted(&house.send("ReceiveStock", "Z", receipt("Z", 1)).await);
    granted(&house.send("SetMerchantPolicy", "policy", json!({ "reserveAt": "payment" })).await);
    let mut wanted = order("A", 10);
    wanted["payment"] = json!("required");
    let first = granted(&house.send("CreateOrder", "o", wanted.clone()).await);
    let second = granted(&house.send("CreateOrder", "p", wanted).await);
    assert_eq!((&first["status"], &second["status"]), (&json!("created"), &json!("created")));
    assert_eq!(granted(&house.send("CreateOrder", "free", order("Z", 1)).await)["status"], "reserved");
    let pay = |order: &Value| json!({ "orderId": order["orderId"], "paymentRef": "pay-1" });
    assert_eq!(granted(&house.send("ConfirmPayment", "pay", pay(&first)).await)["status"], "reserved");
    let late = granted(&house.send("ConfirmPayment", "pay2", pay(&second)).await);
    assert_eq!(
        (&late["status"], &late["holds"][0]["reason"]),
        (&json!("on_hold"), &json!("inventory_out_of_stock"))
    );
}

#[tokio::test]
async fn a_command_is_not_carried_out_after_its_time() {
    let house = House::open().await;
    let mut wanted = order("A", 1);
    wanted["notAfter"] = json!("1970-01-01T00:00:05Z");
    house.clock.set(5_000_001);
    assert_eq!(refused(&house.send("CreateOrder", "o", wanted).await), "command_expired");
}

#[tokio::test]
async fn decision_time_never_runs_backwards() {
    let house = House::open().await;
    house.clock.set(9_000_000);
    granted(&house.send("ReceiveStock", "a", receipt("A", 1)).await);
    house.clock.set(2_000_000);
    granted(&house.send("ReceiveStock", "b", receipt("A", 1)).await);
    let times: Vec<i64> =
        house.journal.read("default", 0, 100).await.unwrap().iter().map(|event| event.recorded_at).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(times.last(), Some(&9_000_000));
}

#[tokio::test]
async fn an_order_that_has_moved_on_is_not_changed_by_a_command_for_an_older_version() {
    let house = House::open().await;
    let created = granted(&house.send("CreateOrder", "o", order("A", 1)).await);
    let version = created["version"].as_u64().unwrap();
    let cancel = json!({ "orderId": created["orderId"], "reason": "x" });
    let stale = house.request("CancelOrder", Some("c1"), cancel.clone()).if_match(Some(version - 1));
    let current = house.request("CancelOrder", Some("c2"), cancel).if_match(Some(version));
    let replies = house.send_all(vec![stale, current]).await;
    assert_eq!(refused(&replies[0]), "precondition_failed");
    assert_eq!(granted(&replies[1])["status"], "cancelled");
}

#[tokio::test]
async fn the_same_order_under_another_key_is_the_existing_one_and_a_different_one_is_refused() {
    let house = House::open().await;
    let mut wanted = order("A", 1);
    wanted["channelRef"] = json!("W-1");
    let created = granted(&house.send("CreateOrder", "o", wanted.clone()).await);
    let again = granted(&house.send("CreateOrder", "p", wanted.clone()).await);
    assert_eq!(created["orderId"], again["orderId"]);
    wanted["lines"][0]["quantity"] = json!(2);
    assert_eq!(refused(&house.send("CreateOrder", "q", wanted).await), "order_exists");
}

#[tokio::test]
async fn personal_data_is_nowhere_in_the_journal_in_clear() {
    let house = House::open().await;
    let mut wanted = order("A", 1);
    wanted["shipTo"] = json!({ "name": "Ada Lovelace", "street": ["12 St James's Square"], "country": "GB" });
    let reply = house.send("CreateOrder", "o", wanted).await;
    let id = granted(&reply)["orderId"].clone();
    let secret = |bytes: &[u8]| bytes.windows(8).any(|part| part == b"Lovelace" || part == b"St James");
    assert!(!secret(body(&reply)));
    let events = house.journal.read("default", 0, 100).await.unwrap();
    assert!(events.iter().any(|event| event.sealed.is_some()));
    for event in events {
        assert!(
            !secret(&event.payload) && !secret(&event.metadata) && !event.sealed.is_some_and(|s| secret(&s))
        );
    }
    let subject = format!("order-{}", id.as_str().unwrap());
    assert!(house.journal.subject_key("default", &subject).await.unwrap().is_some());
    granted(&house.send("ErasePersonalData", "e", json!({ "orderId": id, "reason": "asked" })).await);
    assert_eq!(house.journal.subject_key("default", &subject).await.unwrap(), None);
    house.verify().await;
}

#[tokio::test]
async fn a_full_queue_is_answered_and_not_absorbed() {
    let settings = Settings { queue: 4, ..Settings::default() };
    let house = House::over(Arc::new(MemoryJournal::new()), settings);
    let request = || house.request("ReceiveStock", None, receipt("A", 1));
    let five = (0..5).map(|_| request()).collect();
    assert_eq!(house.commands.submit(&merchant(), five).err(), Some(NotExecuted::Overloaded));
    assert_eq!(house.send_all((0..4).map(|_| request()).collect()).await.len(), 4);
    let bytes = Settings { queued_bytes: 2_048, ..Settings::default() };
    let house = House::over(Arc::new(MemoryJournal::new()), bytes);
    let many = (0..4).map(|_| house.request("ReceiveStock", None, receipt("A", 1))).collect();
    assert_eq!(house.commands.submit(&merchant(), many).err(), Some(NotExecuted::Overloaded));
}

#[tokio::test]
async fn what_was_accepted_is_finished_at_the_end_and_nothing_new_is_taken() {
    let house = House::open().await;
    let requests = (0..50).map(|_| house.request("ReceiveStock", None, receipt("A", 1))).collect();
    let receivers = house.commands.submit(&merchant(), requests).unwrap();
    assert!(house.commands.shutdown(Duration::from_secs(60)).await);
    for receiver in receivers {
        granted(&receiver.await.unwrap());
    }
    let late = house.commands.submit(&merchant(), vec![house.request("ReceiveStock", None, receipt("A", 1))]);
    assert_eq!(late.err(), Some(NotExecuted::ShuttingDown));
}

#[tokio::test(start_paused = true)]
async fn a_writer_without_work_goes_and_comes_back() {
    let house = House::open().await;
    assert_eq!(house.commands.active_merchants(), 1);
    let_pass(Settings::default().idle * 2).await;
    assert_eq!(house.commands.active_merchants(), 0);
    granted(&house.send("CreateOrder", "o", order("A", 1)).await);
}

#[tokio::test]
async fn memory_stays_within_its_limit_and_what_was_forgotten_is_loaded_again() {
    let settings = Settings { cache_bytes: 40_000, ..Settings::default() };
    let house = House::over(Arc::new(MemoryJournal::new()), settings);
    house.stock_up().await;
    for round in 0..3 {
        for number in 0..40 {
            let sku = format!("S{number}");
            let granted =
                granted(&house.send("ReceiveStock", &format!("{round}-{number}"), receipt(&sku, 1)).await);
            assert_eq!(granted["available"], round + 1, "{sku}");
        }
    }
}

#[tokio::test]
async fn what_became_of_a_key_can_be_asked() {
    let house = House::open().await;
    let key = |name: &str| OutcomeKey { sender: "tester".into(), key: name.into() };
    let merchant = merchant();
    let state = |name: &'static str| house.commands.state_of(&merchant, key(name));
    assert_eq!(state("o").await, Ok(CommandState::NotFound));
    let reply = house.send("CreateOrder", "o", order("A", 1)).await;
    let Ok(CommandState::Answered(answer)) = state("o").await else { panic!("not answered") };
    assert_eq!(answer.body, body(&reply));
}

#[tokio::test]
async fn a_command_that_panics_fails_alone_and_leaves_nothing() {
    let house = House::open().await;
    let requests = ["web", "PANIC", "web"].into_iter().enumerate().map(|(number, channel)| {
        let mut wanted = order("A", 1);
        wanted["channel"] = json!(channel);
        house.request("CreateOrder", Some(&format!("o{number}")), wanted)
    });
    let replies = house.send_all(requests.collect()).await;
    granted(&replies[0]);
    assert_eq!(replies[1], Reply::Failed);
    granted(&replies[2]);
    assert_eq!(house.position().await, 3 + 2 * 4);
    house.verify().await;
}

#[tokio::test]
async fn a_batch_is_bounded_by_what_it_answers_too() {
    let settings = Settings { batch_bytes: 20_000, ..Settings::default() };
    let house = House::over(Arc::new(MemoryJournal::new()), settings);
    house.stock_up().await;
    let mut wanted = order("A", 1);
    wanted["attributes"] = json!({ "note": "x".repeat(400) });
    let created = granted(&house.send("CreateOrder", "o", wanted).await);
    let before = house.journal.head("default").await.unwrap().batch;
    let pay = |number: usize| {
        let fields = json!({ "orderId": created["orderId"], "paymentRef": format!("p{number}") });
        house.request("ConfirmPayment", Some(&format!("p{number}")), fields)
    };
    for reply in house.send_all((0..100).map(pay).collect()).await {
        granted(&reply);
    }
    let batches = house.journal.head("default").await.unwrap().batch - before;
    assert!(batches >= 5, "a hundred answers of more than a kilobyte went into {batches} batches");
    house.verify().await;
}

#[tokio::test]
async fn a_snapshot_that_was_not_made_here_is_not_believed() {
    let journal = Arc::new(MemoryJournal::new());
    let house = House::over(journal.clone(), Settings { snapshot_every: 1, ..Settings::default() });
    house.stock_up().await;
    assert!(house.commands.shutdown(Duration::from_secs(60)).await);
    let request = LoadRequest { streams: vec!["stock-A".into()], ..LoadRequest::default() };
    let loaded = journal.load("default", &request).await.unwrap().streams.remove(0).unwrap();
    let mut forged = loaded.snapshot.expect("a snapshot was kept");
    let text = String::from_utf8_lossy(&forged.state).into_owned();
    let place = forged.state.windows(2).position(|bytes| bytes == b"10").unwrap_or_else(|| panic!("{text}"));
    forged.state[place..place + 2].copy_from_slice(b"99");
    forged.version += 1;
    journal.save_snapshots("default", vec![Snapshot { version: forged.version, ..forged }]).await.unwrap();
    let house = House::over(journal, Settings::default());
    assert_eq!(refused(&house.send("CreateOrder", "o", order("A", 11)).await), "insufficient_stock");
}

#[tokio::test]
async fn an_answer_that_changed_nothing_has_the_position_of_the_orders_last_change() {
    let journal = Arc::new(MemoryJournal::new());
    let over = || House::over(journal.clone(), Settings { snapshot_every: 1, ..Settings::default() });
    let house = over();
    house.stock_up().await;
    let created = granted(&house.send("CreateOrder", "o", order("A", 1)).await);
    assert_eq!(created["position"], house.position().await);
    let pay = || json!({ "orderId": created["orderId"], "paymentRef": "money" });
    let paid = granted(&house.send("ConfirmPayment", "paid", pay()).await);
    assert_eq!(paid["position"], house.position().await);
    granted(&house.send("ReceiveStock", "more", receipt("A", 1)).await);
    let again = granted(&house.send("ConfirmPayment", "again", pay()).await);
    assert_eq!(again["position"], paid["position"], "from memory");
    let same = granted(&house.send("CreateOrder", "other", order("A", 1)).await);
    assert_eq!(same["position"], house.position().await);
    // From a snapshot, and from events alone.
    assert!(house.commands.shutdown(Duration::from_secs(60)).await);
    for (key, without_snapshot) in [("from a snapshot", false), ("from events", true)] {
        if without_snapshot {
            let stream =
                journal.read("default", paid["position"].as_u64().unwrap() - 1, 1).await.unwrap()[0].stream;
            let unusable = Snapshot { stream, type_version: 0, version: 1_000_000, state: Vec::new() };
            journal.save_snapshots("default", vec![unusable]).await.unwrap();
        }
        let restarted = over();
        let again = granted(&restarted.send("ConfirmPayment", key, pay()).await);
        assert_eq!(again["position"], paid["position"], "{key}");
    }
}
