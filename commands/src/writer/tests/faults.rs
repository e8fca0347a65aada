//! One fault at a time.

use std::sync::atomic::AtomicUsize;

use holdfast_journal::{JournalAdmin as _, OutcomeKey};
use serde_json::json;

use super::faulty::{Fault, FaultyJournal};
use super::*;
use crate::{CommandState, NotExecuted};

/// A house whose append with a number, counted from 0 once it is stocked up, has a fault.
async fn house_with(number: usize, fault: Fault) -> (House, Arc<FaultyJournal>) {
    let armed = Arc::new(AtomicUsize::new(usize::MAX));
    let count = Arc::clone(&armed);
    let journal = Arc::new(FaultyJournal::new(move |_| {
        let left = count.load(Ordering::SeqCst);
        if left == usize::MAX {
            return Fault::None;
        }
        count.store(left.wrapping_sub(1), Ordering::SeqCst);
        if left == 0 { fault } else { Fault::None }
    }));
    let house = House::over(journal.clone(), Settings::default());
    house.stock_up().await;
    armed.store(number, Ordering::SeqCst);
    (house, journal)
}

#[tokio::test(start_paused = true)]
async fn what_was_not_executed_is_said_so_and_can_be_sent_again() {
    let (house, _) = house_with(0, Fault::Unavailable).await;
    let first = house.send("CreateOrder", "o", order("A", 10)).await;
    assert_eq!(first, Reply::NotExecuted(NotExecuted::StoreUnavailable));
    assert!(!is_replay(&house.send("CreateOrder", "o", order("A", 10)).await));
    house.verify().await;
}

#[tokio::test(start_paused = true)]
async fn a_commit_of_unknown_outcome_is_found_out_about() {
    for fault in [Fault::AnswerLost, Fault::RequestLost, Fault::ArrivesLate, Fault::ArrivesTooLate] {
        let (house, _) = house_with(0, fault).await;
        let requests =
            (0..3).map(|n| house.request("CreateOrder", Some(&format!("o{n}")), order("A", 4))).collect();
        let replies = house.send_all(requests).await;
        granted(&replies[0]);
        granted(&replies[1]);
        assert_eq!(refused(&replies[2]), "insufficient_stock", "{fault:?}");
        assert_eq!(house.position().await, 3 + 2 * 4, "{fault:?}");
        house.verify().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_without_a_key_is_not_carried_out_twice_either() {
    for fault in [Fault::AnswerLost, Fault::RequestLost, Fault::ArrivesLate, Fault::ArrivesTooLate] {
        let (house, _) = house_with(0, fault).await;
        let reply =
            house.send_all(vec![house.request("ReceiveStock", None, receipt("A", 5))]).await.remove(0);
        assert_eq!(granted(&reply)["available"], 15, "{fault:?}");
        assert_eq!(house.position().await, 4, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn callers_are_told_when_nobody_can_find_out_and_the_key_tells_later() {
    for (fault, expected) in [(Fault::AnswerLost, true), (Fault::RequestLost, false)] {
        let (house, journal) = house_with(0, fault).await;
        journal.unreachable_for(20);
        let reply = house.send("CreateOrder", "o", order("A", 1)).await;
        assert_eq!(reply, Reply::OutcomeUnknown);
        let key = OutcomeKey { sender: "tester".into(), key: "o".into() };
        let state = house.commands.state_of(&merchant(), key).await.unwrap();
        assert_eq!(matches!(state, CommandState::Answered(_)), expected, "{fault:?} {state:?}");
        assert_eq!(is_replay(&house.send("CreateOrder", "o", order("A", 1)).await), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn another_node_writes_and_this_one_decides_again() {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let (one, other) =
        (House::over(Arc::clone(&journal), Settings::default()), House::over(journal, Settings::default()));
    one.stock_up().await;
    granted(&other.send("CreateOrder", "a", order("A", 6)).await);
    assert_eq!(refused(&one.send("CreateOrder", "b", order("A", 6)).await), "insufficient_stock");
    granted(&one.send("CreateOrder", "c", order("A", 4)).await);
    assert_eq!(refused(&other.send("CreateOrder", "d", order("A", 1)).await), "insufficient_stock");
    assert!(is_replay(&other.send("CreateOrder", "c", order("A", 4)).await));
    one.verify().await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_without_a_key_is_fenced_too() {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let (one, other) =
        (House::over(Arc::clone(&journal), Settings::default()), House::over(journal, Settings::default()));
    one.stock_up().await;
    granted(&one.send("CreateOrder", "a", order("A", 10)).await);
    granted(&other.send("ReceiveStock", "more", receipt("A", 5)).await);
    let reply = one.send_all(vec![one.request("CreateOrder", None, order("A", 5))]).await.remove(0);
    assert_eq!(granted(&reply)["status"], "reserved", "decided on stale state it would have been refused");
}

#[tokio::test(start_paused = true)]
async fn a_forked_history_stops_the_writer_for_good() {
    let (house, _) = house_with(0, Fault::Forked).await;
    let forked = Reply::NotExecuted(NotExecuted::HistoryForked);
    assert_eq!(house.send("CreateOrder", "o", order("A", 1)).await, forked);
    assert_eq!(house.send("CreateOrder", "p", order("A", 1)).await, forked);
    let_pass(Settings::default().idle * 3).await;
    assert_eq!(house.send("CreateOrder", "q", order("A", 1)).await, forked);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_the_store_refuses_fails_alone() {
    let journal = Arc::new(FaultyJournal::new(|batch| {
        let poisoned =
            batch.events().iter().any(|event| event.payload.windows(6).any(|part| part == b"POISON"));
        if poisoned { Fault::Refused } else { Fault::None }
    }));
    let house = House::over(journal, Settings::default());
    house.stock_up().await;
    let requests = (0..9).map(|n| {
        let channel = if n == 5 { "POISON" } else { "web" };
        let mut wanted = order("A", 1);
        wanted["channel"] = json!(channel);
        house.request("CreateOrder", Some(&format!("o{n}")), wanted)
    });
    let replies = house.send_all(requests.collect()).await;
    for (number, reply) in replies.iter().enumerate() {
        if number == 5 {
            assert_eq!(*reply, Reply::Failed);
        } else {
            granted(reply);
        }
    }
    house.verify().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_decided_on_top_of_a_failed_batch_is_thrown_away() {
    // While the first batch waits for its answer, the second is decided on top of it.
    let (house, _) = house_with(0, Fault::RequestLost).await;
    let first =
        house.commands.submit(&merchant(), vec![house.request("CreateOrder", Some("o"), order("A", 10))]);
    tokio::task::yield_now().await;
    let second =
        house.commands.submit(&merchant(), vec![house.request("CreateOrder", Some("p"), order("A", 10))]);
    let mut replies = Vec::new();
    for receiver in first.unwrap().into_iter().chain(second.unwrap()) {
        replies.push(receiver.await.unwrap());
    }
    granted(&replies[0]);
    assert_eq!(refused(&replies[1]), "insufficient_stock");
    house.verify().await;
}

#[tokio::test]
async fn a_stream_that_cannot_be_read_fails_only_who_needs_it() {
    let (house, journal) = house_with(usize::MAX, Fault::None).await;
    journal.make_unreadable("stock-C");
    let receive = |sku: &str| house.request("ReceiveStock", Some(sku), receipt(sku, 1));
    let requests = ["B", "D", "C", "E"].into_iter().map(receive).collect();
    let replies = house.send_all(requests).await;
    assert_eq!(replies[2], Reply::Failed);
    for number in [0, 1, 3] {
        granted(&replies[number]);
    }
    house.verify().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_journal_may_not_hold_yet_is_written_once_its_format_is_raised_and_not_before() {
    let (house, journal) = house_with(usize::MAX, Fault::None).await;
    let before = house.position().await;
    journal.set_format("default", 0);
    let elsewhere = House::over(journal.clone(), Settings::default());
    let too_old = Reply::NotExecuted(NotExecuted::FormatTooOld);
    let requests = (0..3).map(|n| elsewhere.request("CreateOrder", Some(&format!("o{n}")), order("A", 2)));
    assert_eq!(elsewhere.send_all(requests.collect()).await, vec![too_old.clone(); 3]);
    let refusal = elsewhere.send("CreateOrder", "many", order("A", 2_000)).await;
    assert_eq!(refused(&refusal), "insufficient_stock", "what writes no event is answered");
    assert_eq!(house.position().await, before);
    assert_eq!(elsewhere.send("CreateOrder", "o0", order("A", 2)).await, too_old, "nothing was kept of it");

    journal.raise_format("default", 1).await.unwrap();
    assert!(
        !is_replay(&elsewhere.send("CreateOrder", "o0", order("A", 2)).await),
        "nobody was started again"
    );
    assert_eq!(house.position().await, before + 4);
    house.verify().await;
}
