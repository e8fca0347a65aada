//! Single faults of the journal.

use std::sync::atomic::AtomicUsize;

use holdfast_journal::{JournalAdmin as _, OutcomeKey};
use serde_json::json;

use super::faulty_journal::{Fault, FaultyJournal};
use super::*;
use crate::{CommandState, NotExecuted};

/// A fixture with a fault in one append, counted from 0 after the initial stock.
async fn fixture_with(number: usize, fault: Fault) -> (Fixture, Arc<FaultyJournal>) {
    let armed = Arc::new(AtomicUsize::new(usize::MAX));
    let count = Arc::clone(&armed);
    let journal = Arc::new(FaultyJournal::new(move |_| {
        let remaining = count.load(Ordering::SeqCst);
        if remaining == usize::MAX {
            return Fault::None;
        }
        count.store(remaining.wrapping_sub(1), Ordering::SeqCst);
        if remaining == 0 { fault } else { Fault::None }
    }));
    let fixture = Fixture::over(journal.clone(), Settings::default());
    fixture.stock_up().await;
    armed.store(number, Ordering::SeqCst);
    (fixture, journal)
}

#[tokio::test(start_paused = true)]
async fn a_command_that_was_not_executed_can_be_retried() {
    let (fixture, _) = fixture_with(0, Fault::Unavailable).await;
    let first = fixture.send("CreateOrder", "o", order("A", 10)).await;
    assert_eq!(first, Reply::NotExecuted(NotExecuted::StoreUnavailable));
    assert!(!is_replay(&fixture.send("CreateOrder", "o", order("A", 10)).await));
    fixture.verify().await;
}

#[tokio::test(start_paused = true)]
async fn the_outcome_of_an_unknown_commit_is_found() {
    for fault in [Fault::AnswerLost, Fault::RequestLost, Fault::ArrivesLate, Fault::ArrivesTooLate] {
        let (fixture, _) = fixture_with(0, fault).await;
        let requests =
            (0..3).map(|n| fixture.request("CreateOrder", Some(&format!("o{n}")), order("A", 4))).collect();
        let replies = fixture.send_all(requests).await;
        accepted(&replies[0]);
        accepted(&replies[1]);
        assert_eq!(refused(&replies[2]), "insufficient_stock", "{fault:?}");
        assert_eq!(fixture.position().await, 3 + 2 * 4, "{fault:?}");
        fixture.verify().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_without_a_key_is_executed_once() {
    for fault in [Fault::AnswerLost, Fault::RequestLost, Fault::ArrivesLate, Fault::ArrivesTooLate] {
        let (fixture, _) = fixture_with(0, fault).await;
        let reply =
            fixture.send_all(vec![fixture.request("ReceiveStock", None, receipt("A", 5))]).await.remove(0);
        assert_eq!(accepted(&reply)["available"], 15, "{fault:?}");
        assert_eq!(fixture.position().await, 4, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_is_answered_after_the_timeout_and_found_by_key_later() {
    for (fault, expected) in [(Fault::AnswerLost, true), (Fault::RequestLost, false)] {
        let (fixture, journal) = fixture_with(0, fault).await;
        journal.unreachable_for(20);
        let reply = fixture.send("CreateOrder", "o", order("A", 1)).await;
        assert_eq!(reply, Reply::OutcomeUnknown);
        let key = OutcomeKey { sender: "tester".into(), key: "o".into() };
        let state = fixture.commands.state_of(&merchant(), key).await.unwrap();
        assert_eq!(matches!(state, CommandState::Answered(_)), expected, "{fault:?} {state:?}");
        assert_eq!(is_replay(&fixture.send("CreateOrder", "o", order("A", 1)).await), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_decides_again_after_another_node_has_written() {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let (one, other) = (
        Fixture::over(Arc::clone(&journal), Settings::default()),
        Fixture::over(journal, Settings::default()),
    );
    one.stock_up().await;
    accepted(&other.send("CreateOrder", "a", order("A", 6)).await);
    assert_eq!(refused(&one.send("CreateOrder", "b", order("A", 6)).await), "insufficient_stock");
    accepted(&one.send("CreateOrder", "c", order("A", 4)).await);
    assert_eq!(refused(&other.send("CreateOrder", "d", order("A", 1)).await), "insufficient_stock");
    assert!(is_replay(&other.send("CreateOrder", "c", order("A", 4)).await));
    one.verify().await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_without_a_key_is_conditional_on_the_head() {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let (one, other) = (
        Fixture::over(Arc::clone(&journal), Settings::default()),
        Fixture::over(journal, Settings::default()),
    );
    one.stock_up().await;
    accepted(&one.send("CreateOrder", "a", order("A", 10)).await);
    accepted(&other.send("ReceiveStock", "more", receipt("A", 5)).await);
    let reply = one.send_all(vec![one.request("CreateOrder", None, order("A", 5))]).await.remove(0);
    assert_eq!(accepted(&reply)["status"], "reserved", "on stale state it would be refused");
}

#[tokio::test(start_paused = true)]
async fn a_forked_history_stops_the_writer_permanently() {
    let (fixture, _) = fixture_with(0, Fault::Forked).await;
    let forked = Reply::NotExecuted(NotExecuted::HistoryForked);
    assert_eq!(fixture.send("CreateOrder", "o", order("A", 1)).await, forked);
    assert_eq!(fixture.send("CreateOrder", "p", order("A", 1)).await, forked);
    advance(Settings::default().idle * 3).await;
    assert_eq!(fixture.send("CreateOrder", "q", order("A", 1)).await, forked);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_the_store_rejects_fails_alone() {
    let journal = Arc::new(FaultyJournal::new(|batch| {
        let poisoned =
            batch.events().iter().any(|event| event.payload.windows(6).any(|part| part == b"POISON"));
        if poisoned { Fault::Refused } else { Fault::None }
    }));
    let fixture = Fixture::over(journal, Settings::default());
    fixture.stock_up().await;
    let requests = (0..9).map(|n| {
        let channel = if n == 5 { "POISON" } else { "web" };
        let mut wanted = order("A", 1);
        wanted["channel"] = json!(channel);
        fixture.request("CreateOrder", Some(&format!("o{n}")), wanted)
    });
    let replies = fixture.send_all(requests.collect()).await;
    for (number, reply) in replies.iter().enumerate() {
        if number == 5 {
            assert_eq!(*reply, Reply::Failed);
        } else {
            accepted(reply);
        }
    }
    fixture.verify().await;
}

#[tokio::test(start_paused = true)]
async fn commands_on_top_of_a_failed_batch_are_decided_again() {
    // The writer decides the second batch while the first is being committed.
    let (fixture, _) = fixture_with(0, Fault::RequestLost).await;
    let first =
        fixture.commands.submit(&merchant(), vec![fixture.request("CreateOrder", Some("o"), order("A", 10))]);
    tokio::task::yield_now().await;
    let second =
        fixture.commands.submit(&merchant(), vec![fixture.request("CreateOrder", Some("p"), order("A", 10))]);
    let mut replies = Vec::new();
    for receiver in first.unwrap().into_iter().chain(second.unwrap()) {
        replies.push(receiver.await.unwrap());
    }
    accepted(&replies[0]);
    assert_eq!(refused(&replies[1]), "insufficient_stock");
    fixture.verify().await;
}

#[tokio::test]
async fn an_unreadable_stream_fails_only_the_commands_that_need_it() {
    let (fixture, journal) = fixture_with(usize::MAX, Fault::None).await;
    journal.make_unreadable("stock-C");
    let receive = |sku: &str| fixture.request("ReceiveStock", Some(sku), receipt(sku, 1));
    let requests = ["B", "D", "C", "E"].into_iter().map(receive).collect();
    let replies = fixture.send_all(requests).await;
    assert_eq!(replies[2], Reply::Failed);
    for number in [0, 1, 3] {
        accepted(&replies[number]);
    }
    fixture.verify().await;
}

#[tokio::test(start_paused = true)]
async fn events_of_a_newer_format_are_written_only_after_the_format_is_raised() {
    let (fixture, journal) = fixture_with(usize::MAX, Fault::None).await;
    let before = fixture.position().await;
    journal.set_format("default", 0);
    let elsewhere = Fixture::over(journal.clone(), Settings::default());
    let too_old = Reply::NotExecuted(NotExecuted::FormatTooOld);
    let requests = (0..3).map(|n| elsewhere.request("CreateOrder", Some(&format!("o{n}")), order("A", 2)));
    assert_eq!(elsewhere.send_all(requests.collect()).await, vec![too_old.clone(); 3]);
    let refusal = elsewhere.send("CreateOrder", "many", order("A", 2_000)).await;
    assert_eq!(refused(&refusal), "insufficient_stock", "a command without events is answered");
    assert_eq!(fixture.position().await, before);
    assert_eq!(
        elsewhere.send("CreateOrder", "o0", order("A", 2)).await,
        too_old,
        "its outcome was not stored"
    );

    journal.raise_format("default", 1).await.unwrap();
    assert!(!is_replay(&elsewhere.send("CreateOrder", "o0", order("A", 2)).await), "no restart is necessary");
    assert_eq!(fixture.position().await, before + 4);
    fixture.verify().await;
}
