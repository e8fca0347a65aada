//! Concurrent reads and writes, and reading damaged records.

use rusqlite::Connection;

use super::{alter, new_directory, open};
use crate::tests::support::{
    Command, SENDER, TestWriter, all_events, append, assert_clean, outcome_key, payloads, positions,
};
use crate::{
    AppendError, Batch, BatchStore as _, Claim, ClaimKey, CommandRecord, EventLog as _, Head, JournalError,
    LoadRequest, VerificationSource as _,
};

#[tokio::test]
async fn a_number_beyond_the_range_of_sqlite_is_rejected() {
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
async fn a_panicking_job_affects_only_its_caller() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut writer = TestWriter::new("m");
    for _ in 0..3 {
        let panicking = |_: &mut Connection| panic!("a panic that a test asked for");
        let result: Result<(), _> = journal.writer.run(panicking).await;
        assert!(matches!(result, Err(JournalError::Unavailable(_))));
        let result: Result<(), _> = journal.readers.run(panicking).await;
        assert!(matches!(result, Err(JournalError::Unavailable(_))));
    }
    writer.write(&journal, vec![Command::events("a", 1)]).await;
    assert_clean(&journal, "m", 1).await;
}

#[tokio::test]
async fn reading_skips_a_gap() {
    let directory = new_directory();
    let mut writer = TestWriter::new("m");
    writer.write(&open(&directory), (0..30).map(|_| Command::events("a", 1)).collect()).await;
    alter(&directory, "DELETE FROM event WHERE position BETWEEN 5 AND 25");
    let journal = open(&directory);
    let page = journal.read("m", 4, 2).await.unwrap();
    assert_eq!(positions(&page), [26, 27], "an empty page would look like the end");
}

#[tokio::test]
async fn a_damaged_command_end_does_not_hide_the_events_that_follow() {
    let directory = new_directory();
    let mut writer = TestWriter::new("m");
    writer.write(&open(&directory), (0..30).map(|_| Command::events("a", 1)).collect()).await;
    alter(&directory, "UPDATE event SET command_end = 9223372036854775807 WHERE position = 4");
    let page = open(&directory).read("m", 0, 4).await.unwrap();
    assert_eq!(positions(&page), [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_merchant_with_a_deleted_head_is_still_listed() {
    let directory = new_directory();
    {
        let journal = open(&directory);
        for merchant in ["a", "b", "c"] {
            TestWriter::new(merchant).write(&journal, vec![Command::events("a", 1)]).await;
        }
    }
    alter(&directory, "DELETE FROM journal_head WHERE merchant = 'b'");
    assert_eq!(open(&directory).merchants().await.unwrap(), ["a", "b", "c"]);
}

#[tokio::test]
async fn reads_do_not_wait_for_the_writer() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut writer = TestWriter::new("m");
    writer.write(&journal, vec![Command::with_events(&[("a", "seen")]).accepted("key")]).await;
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
