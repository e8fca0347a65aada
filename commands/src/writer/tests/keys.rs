//! Idempotency keys: the same key returns the same answer, accepted or refused.

use holdfast_domain::stock::MAX_MOVEMENTS;

use super::*;

#[tokio::test]
async fn the_answer_of_an_accepted_command_is_replayed_byte_for_byte() {
    let fixture = Fixture::open().await;
    let first = fixture.send("CreateOrder", "o", order("A", 1)).await;
    let position = fixture.position().await;
    accepted(&fixture.send("ReceiveStock", "more", receipt("A", 1)).await);
    let second = fixture.send("CreateOrder", "o", order("A", 1)).await;
    assert!(!is_replay(&first) && is_replay(&second));
    assert_eq!(body(&first), body(&second));
    assert_eq!(fixture.position().await, position + 1, "the replay writes nothing");
}

#[tokio::test]
async fn a_refusal_is_replayed_even_if_the_command_would_now_be_accepted() {
    let fixture = Fixture::open().await;
    let first = fixture.send("CreateOrder", "o", order("A", 11)).await;
    accepted(&fixture.send("ReceiveStock", "more", receipt("A", 5)).await);
    let second = fixture.send("CreateOrder", "o", order("A", 11)).await;
    assert_eq!(refused(&second), "insufficient_stock");
    assert_eq!(body(&first), body(&second));
}

#[tokio::test]
async fn a_transient_refusal_is_not_stored_for_the_key() {
    let fixture = Fixture::open().await;
    let move_one =
        |key: usize| fixture.request("ReceiveStock", Some(&format!("more-{key}")), receipt("A", 1));
    let count = json!({ "sku": "A", "location": "DC-1", "onHand": 5, "countedAt": "1970-01-01T00:00:00Z" });
    for reply in fixture.send_all((0..MAX_MOVEMENTS).map(move_one).collect()).await {
        accepted(&reply);
    }
    // More movements in one batch than the state remembers.
    let mut requests: Vec<_> = (MAX_MOVEMENTS..3 * MAX_MOVEMENTS).map(move_one).collect();
    requests.push(fixture.request("CountStock", Some("count"), count.clone()));
    let replies = fixture.send_all(requests).await;
    assert_eq!(refused(replies.last().unwrap()), "count_too_old");
    let again = fixture.send("CountStock", "count", count).await;
    accepted(&again);
    assert!(!is_replay(&again));
}

#[tokio::test]
async fn concurrent_commands_with_the_same_key_are_decided_once() {
    let fixture = Fixture::open().await;
    let requests = (0..8).map(|_| fixture.request("CreateOrder", Some("o"), order("A", 4))).collect();
    let replies = fixture.send_all(requests).await;
    assert_eq!(replies.iter().filter(|reply| is_replay(reply)).count(), 7);
    for reply in &replies {
        assert_eq!(body(reply), body(&replies[0]));
    }
    accepted(&fixture.send("CreateOrder", "p", order("A", 6)).await);
}

#[tokio::test]
async fn a_key_with_other_content_is_rejected_before_and_after_the_commit() {
    let fixture = Fixture::open().await;
    let requests = vec![
        fixture.request("CreateOrder", Some("o"), order("A", 1)),
        fixture.request("CreateOrder", Some("o"), order("A", 2)),
    ];
    let replies = fixture.send_all(requests).await;
    accepted(&replies[0]);
    assert_eq!(replies[1], Reply::KeyReused);
    assert_eq!(fixture.send("CreateOrder", "o", order("A", 2)).await, Reply::KeyReused);
    assert_eq!(fixture.send("ReceiveStock", "o", receipt("A", 1)).await, Reply::KeyReused);
}

#[tokio::test]
async fn keys_of_different_senders_are_independent() {
    let fixture = Fixture::open().await;
    accepted(&fixture.send("CreateOrder", "o", order("A", 1)).await);
    let command = AnyCommand::read("CreateOrder", order("A", 2)).unwrap().unwrap();
    let key = IdempotencyKey::new("o").unwrap();
    let caller = Caller { merchant: &merchant(), sender: &Sender("another sender".into()), key: Some(&key) };
    let other = fixture.commands.request(caller, command, Metadata::default()).unwrap();
    assert!(!is_replay(&fixture.send_all(vec![other]).await[0]));
}

#[tokio::test]
async fn keys_survive_a_restart() {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let fixture = Fixture::over(Arc::clone(&journal), Settings::default());
    fixture.stock_up().await;
    let first = fixture.send("CreateOrder", "o", order("A", 1)).await;
    assert!(fixture.commands.shutdown(Duration::from_secs(60)).await);
    let fixture = Fixture::over(journal, Settings::default());
    let second = fixture.send("CreateOrder", "o", order("A", 1)).await;
    assert!(is_replay(&second));
    assert_eq!(body(&first), body(&second));
}

#[tokio::test]
async fn fingerprints_ignore_the_order_of_fields_and_time_offsets_but_not_absent_fields() {
    let fixture = Fixture::open().await;
    let text = |json: &str| serde_json::from_str::<Value>(json).unwrap();
    let first = text(
        r#"{"channel":"web","lines":[{"sku":"A","quantity":1}],"placedAt":"2026-01-01T01:00:00+01:00"}"#,
    );
    let same =
        text(r#"{"placedAt":"2026-01-01T00:00:00Z","lines":[{"quantity":1,"sku":"A"}],"channel":"web"}"#);
    let with_default = text(
        r#"{"channel":"web","lines":[{"sku":"A","quantity":1}],"placedAt":"2026-01-01T00:00:00Z","payment":"required"}"#,
    );
    accepted(&fixture.send("CreateOrder", "o", first).await);
    assert!(is_replay(&fixture.send("CreateOrder", "o", same).await));
    assert_eq!(fixture.send("CreateOrder", "o", with_default).await, Reply::KeyReused);
}

#[tokio::test(start_paused = true)]
async fn refusals_expire_and_accepted_outcomes_do_not() {
    let settings = Settings { refusals_kept: Duration::from_secs(60), ..Settings::default() };
    let fixture = Fixture::over(Arc::new(MemoryJournal::new()), settings);
    fixture.stock_up().await;
    accepted(&fixture.send("CreateOrder", "granted", order("A", 1)).await);
    assert_eq!(refused(&fixture.send("CreateOrder", "refused", order("A", 100)).await), "insufficient_stock");
    fixture.clock.set(1_000_000 + 61_000_000);
    advance(Duration::from_secs(3_601)).await;
    assert!(is_replay(&fixture.send("CreateOrder", "granted", order("A", 1)).await));
    assert!(!is_replay(&fixture.send("CreateOrder", "refused", order("A", 100)).await));
    let since = crate::refusals_kept_since(&*fixture.clock, Duration::from_secs(60));
    let found = holdfast_journal::verify(&*fixture.journal, "default", since, |_| {}).await.unwrap();
    assert_eq!(found.findings, []);
}
