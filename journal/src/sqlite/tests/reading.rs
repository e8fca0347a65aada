//! Reading and writing beside each other, and reading what is damaged.

use rusqlite::Connection;

use super::{alter, new_directory, open};
use crate::testing::{
    Command, SENDER, Scribe, all_events, append, assert_clean, outcome_key, payloads, positions,
};
use crate::{AppendError, Batch, Claim, ClaimKey, CommandRecord, Head, Journal, JournalError, LoadRequest};

#[tokio::test]
async fn a_number_that_sqlite_cannot_hold_is_refused() {
    let directory = new_directory();
    let journal = open(&directory);
    let key = ClaimKey { kind: "order_ref", value: "W".into() };
    let record = CommandRecord { claims: vec![Claim { key, stream: u64::MAX }], ..CommandRecord::default() };
    let batch = Batch::seal("m".into(), [1; 16], Head::default(), vec![record]);
    let result = append(&journal, &batch).await;
    assert!(matches!(result, Err(AppendError::Refused(_))), "{result:?}");
    assert_eq!(journal.heads().await.unwrap(), []);
}

#[tokio::test]
async fn a_job_that_panics_harms_only_its_caller() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut scribe = Scribe::of("m");
    for _ in 0..3 {
        let panicking = |_: &mut Connection| panic!("a panic that a test asked for");
        let result: Result<(), _> = journal.writer.run(panicking).await;
        assert!(matches!(result, Err(JournalError::Unavailable(_))));
        let result: Result<(), _> = journal.readers.run(panicking).await;
        assert!(matches!(result, Err(JournalError::Unavailable(_))));
    }
    scribe.write(&journal, vec![Command::events("a", 1)]).await;
    assert_clean(&journal, "m", 1).await;
}

#[tokio::test]
async fn a_gap_is_passed_over_in_reading() {
    let directory = new_directory();
    let mut scribe = Scribe::of("m");
    scribe.write(&open(&directory), (0..30).map(|_| Command::events("a", 1)).collect()).await;
    alter(&directory, "DELETE FROM event WHERE position BETWEEN 5 AND 25");
    let journal = open(&directory);
    let page = journal.read("m", 4, 2).await.unwrap();
    assert_eq!(positions(&page), [26, 27], "an empty page would look like the end");
}

#[tokio::test]
async fn a_command_that_claims_to_end_far_away_does_not_swallow_what_follows() {
    let directory = new_directory();
    let mut scribe = Scribe::of("m");
    scribe.write(&open(&directory), (0..30).map(|_| Command::events("a", 1)).collect()).await;
    alter(&directory, "UPDATE event SET command_end = 9223372036854775807 WHERE position = 4");
    let page = open(&directory).read("m", 0, 4).await.unwrap();
    assert_eq!(positions(&page), [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_merchant_whose_head_was_removed_is_still_listed() {
    let directory = new_directory();
    {
        let journal = open(&directory);
        for merchant in ["a", "b", "c"] {
            Scribe::of(merchant).write(&journal, vec![Command::events("a", 1)]).await;
        }
    }
    alter(&directory, "DELETE FROM journal_head WHERE merchant = 'b'");
    assert_eq!(open(&directory).merchants().await.unwrap(), ["a", "b", "c"]);
}

#[tokio::test]
async fn reads_do_not_wait_for_the_writer() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut scribe = Scribe::of("m");
    scribe.write(&journal, vec![Command::recording(&[("a", "seen")]).granted("key")]).await;
    let (go_on, waiting) = std::sync::mpsc::channel::<()>();
    let busy = journal.writer.run(move |_| waiting.recv().is_ok());
    let reading = async {
        let request = LoadRequest { outcomes: vec![outcome_key(SENDER, "key")], ..LoadRequest::default() };
        let loaded = journal.load("m", &request).await.unwrap();
        let events = all_events(&journal, "m").await;
        go_on.send(()).unwrap();
        (loaded.outcomes[0].is_some(), payloads(&events) == ["seen"])
    };
    let (released, read) = tokio::join!(busy, reading);
    assert_eq!((released.unwrap(), read), (true, (true, true)));
}
