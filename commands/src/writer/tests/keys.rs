//! The same key gives the same answer, grant or refusal.

use super::*;

#[tokio::test]
async fn a_grant_is_replayed_to_the_letter() {
    let house = House::open().await;
    let first = house.send("CreateOrder", "o", order("A", 1)).await;
    let position = house.position().await;
    granted(&house.send("ReceiveStock", "more", receipt("A", 1)).await);
    let second = house.send("CreateOrder", "o", order("A", 1)).await;
    assert!(!is_replay(&first) && is_replay(&second));
    assert_eq!(body(&first), body(&second));
    assert_eq!(house.position().await, position + 1, "the replay writes nothing");
}

#[tokio::test]
async fn a_refusal_is_replayed_even_when_it_would_be_granted_now() {
    let house = House::open().await;
    let first = house.send("CreateOrder", "o", order("A", 11)).await;
    granted(&house.send("ReceiveStock", "more", receipt("A", 5)).await);
    let second = house.send("CreateOrder", "o", order("A", 11)).await;
    assert_eq!(refused(&second), "insufficient_stock");
    assert_eq!(body(&first), body(&second));
}

#[tokio::test]
async fn the_same_key_sent_at_the_same_moment_is_decided_once() {
    let house = House::open().await;
    let requests = (0..8).map(|_| house.request("CreateOrder", Some("o"), order("A", 4))).collect();
    let replies = house.send_all(requests).await;
    assert_eq!(replies.iter().filter(|reply| is_replay(reply)).count(), 7);
    for reply in &replies {
        assert_eq!(body(reply), body(&replies[0]));
    }
    granted(&house.send("CreateOrder", "p", order("A", 6)).await);
}

#[tokio::test]
async fn another_content_under_the_same_key_is_refused_stored_or_under_way() {
    let house = House::open().await;
    let requests = vec![
        house.request("CreateOrder", Some("o"), order("A", 1)),
        house.request("CreateOrder", Some("o"), order("A", 2)),
    ];
    let replies = house.send_all(requests).await;
    granted(&replies[0]);
    assert_eq!(replies[1], Reply::KeyReused);
    assert_eq!(house.send("CreateOrder", "o", order("A", 2)).await, Reply::KeyReused);
    assert_eq!(house.send("ReceiveStock", "o", receipt("A", 1)).await, Reply::KeyReused);
}

#[tokio::test]
async fn the_same_key_of_another_sender_is_another_key() {
    let house = House::open().await;
    granted(&house.send("CreateOrder", "o", order("A", 1)).await);
    let command = AnyCommand::read("CreateOrder", order("A", 2)).unwrap().unwrap();
    let key = IdempotencyKey::new("o").unwrap();
    let caller = Caller { merchant: &merchant(), sender: &Sender("somebody else".into()), key: Some(&key) };
    let other = house.commands.request(caller, command, Metadata::default()).unwrap();
    assert!(!is_replay(&house.send_all(vec![other]).await[0]));
}

#[tokio::test]
async fn keys_outlive_the_program() {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let house = House::over(Arc::clone(&journal), Settings::default());
    house.stock_up().await;
    let first = house.send("CreateOrder", "o", order("A", 1)).await;
    assert!(house.commands.shutdown(Duration::from_secs(60)).await);
    let house = House::over(journal, Settings::default());
    let second = house.send("CreateOrder", "o", order("A", 1)).await;
    assert!(is_replay(&second));
    assert_eq!(body(&first), body(&second));
}

#[tokio::test]
async fn a_fingerprint_covers_the_fields_as_supplied_whatever_their_order_and_offset() {
    let house = House::open().await;
    let text = |json: &str| serde_json::from_str::<Value>(json).unwrap();
    let first = text(
        r#"{"channel":"web","lines":[{"sku":"A","quantity":1}],"placedAt":"2026-01-01T01:00:00+01:00"}"#,
    );
    let same =
        text(r#"{"placedAt":"2026-01-01T00:00:00Z","lines":[{"quantity":1,"sku":"A"}],"channel":"web"}"#);
    let with_default = text(
        r#"{"channel":"web","lines":[{"sku":"A","quantity":1}],"placedAt":"2026-01-01T00:00:00Z","payment":"required"}"#,
    );
    granted(&house.send("CreateOrder", "o", first).await);
    assert!(is_replay(&house.send("CreateOrder", "o", same).await));
    assert_eq!(house.send("CreateOrder", "o", with_default).await, Reply::KeyReused);
}

#[tokio::test(start_paused = true)]
async fn refusals_are_kept_for_a_time_and_grants_for_ever() {
    let settings = Settings { refusals_kept: Duration::from_secs(60), ..Settings::default() };
    let house = House::over(Arc::new(MemoryJournal::new()), settings);
    house.stock_up().await;
    granted(&house.send("CreateOrder", "granted", order("A", 1)).await);
    assert_eq!(refused(&house.send("CreateOrder", "refused", order("A", 100)).await), "insufficient_stock");
    house.clock.set(1_000_000 + 61_000_000);
    let_pass(Duration::from_secs(3_601)).await;
    assert!(is_replay(&house.send("CreateOrder", "granted", order("A", 1)).await));
    assert!(!is_replay(&house.send("CreateOrder", "refused", order("A", 100)).await));
    let since = crate::refusals_kept_since(&*house.clock, Duration::from_secs(60));
    let found = holdfast_journal::verify(&*house.journal, "default", since, |_| {}).await.unwrap();
    assert_eq!(found.findings, []);
}
