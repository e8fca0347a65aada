//! Keys to personal data, and their destruction.

use super::{Fixture, for_every_journal};
use crate::tests::support::{Command, TestWriter, all_events, append, assert_clean, verified};
use crate::{Batch, CommandRecord, Journal, SubjectKey};

for_every_journal!(
    a_new_subject_key_is_stored_with_the_sealed_data,
    destroying_a_key_does_not_change_any_hash,
    destroying_a_missing_key_is_no_error,
    a_key_created_after_a_destruction_in_one_batch_stays,
    a_key_destroyed_in_the_batch_that_creates_it_is_gone,
    a_key_is_destroyed_without_an_event_too,
    a_failed_batch_destroys_no_key,
    a_key_is_not_in_debug_output,
);

async fn key(journal: &dyn Journal, subject: &str) -> Option<Vec<u8>> {
    journal.subject_key("m", subject).await.unwrap()
}

fn created(order: &str) -> Command {
    Command::default()
        .sealed_event(order, "{}", b"\x01ciphertext\x00\xff")
        .create_key(order, b"\x00wrapped\xff")
        .accepted(order)
}

async fn a_new_subject_key_is_stored_with_the_sealed_data(fixture: &mut impl Fixture) {
    let mut writer = TestWriter::new("m");
    writer.write(fixture.journal(), vec![created("order-1"), Command::events("order-2", 1)]).await;
    fixture.reopen().await;
    let events = all_events(fixture.journal(), "m").await;
    assert_eq!(events[0].sealed.as_deref(), Some(&b"\x01ciphertext\x00\xff"[..]));
    assert_eq!(events[1].sealed, None);
    assert_eq!(key(fixture.journal(), "order-1").await.as_deref(), Some(&b"\x00wrapped\xff"[..]));
    assert_eq!(key(fixture.journal(), "order-2").await, None);
}

async fn destroying_a_key_does_not_change_any_hash(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    writer.write(journal, vec![created("order-1"), created("order-2")]).await;
    let before = all_events(journal, "m").await;
    let erased = Command::with_events(&[("order-1", "erased")]).destroy_key("order-1").accepted("erase");
    writer.write(journal, vec![erased]).await;

    assert_eq!(key(journal, "order-1").await, None);
    assert!(key(journal, "order-2").await.is_some());
    assert_eq!(all_events(journal, "m").await[..2], before, "the events do not change");
    assert_clean(journal, "m", 3).await;
    fixture.reopen().await;
    assert_eq!(key(fixture.journal(), "order-1").await, None);
    assert_clean(fixture.journal(), "m", 3).await;
}

async fn destroying_a_missing_key_is_no_error(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    for _ in 0..2 {
        writer
            .write(journal, vec![Command::events("order-1", 1).destroy_key("order-1").destroy_key("unknown")])
            .await;
    }
    assert_eq!(key(journal, "order-1").await, None);
}

async fn a_key_created_after_a_destruction_in_one_batch_stays(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    writer.write(journal, vec![Command::events("old", 1).create_key("old", b"first")]).await;
    let replaced = |order, new_key: &[u8]| {
        vec![
            Command::events(order, 1).destroy_key(order),
            Command::events(order, 1).create_key(order, new_key),
        ]
    };
    writer.write(journal, [replaced("old", b"second"), replaced("new", b"only")].concat()).await;
    assert_eq!(key(journal, "old").await.as_deref(), Some(&b"second"[..]));
    assert_eq!(key(journal, "new").await.as_deref(), Some(&b"only"[..]));
}

async fn a_key_destroyed_in_the_batch_that_creates_it_is_gone(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    writer
        .write(journal, vec![created("order-1"), Command::events("order-1", 1).destroy_key("order-1")])
        .await;
    assert_eq!(key(journal, "order-1").await, None);
    assert_clean(journal, "m", 2).await;
}

async fn a_key_is_destroyed_without_an_event_too(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    writer.write(journal, vec![created("order-1")]).await;
    let batch = writer.write(journal, vec![Command::default().destroy_key("order-1")]).await;
    assert!(batch.identity().is_some(), "the batch is not empty");
    assert_eq!(key(journal, "order-1").await, None);
    assert_eq!(verified(journal, "m").await.batches, 2);
    assert_clean(journal, "m", 1).await;
}

async fn a_failed_batch_destroys_no_key(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    let stale =
        writer.seal(vec![Command::events("order-2", 1).destroy_key("order-1").create_key("order-2", b"key")]);
    writer.write(journal, vec![created("order-1")]).await;
    let rejected =
        writer.seal(vec![Command::events("order-1", 1).destroy_key("order-1").accepted("order-1")]);
    for batch in [stale, rejected] {
        assert!(append(journal, &batch).await.is_err());
    }
    assert!(key(journal, "order-1").await.is_some());
    assert_eq!(key(journal, "order-2").await, None);
}

#[allow(clippy::unused_async, reason = "the signature of every case")]
async fn a_key_is_not_in_debug_output(_: &mut impl Fixture) {
    let subject_keys = vec![SubjectKey { subject: "order-1".into(), key: b"secret".to_vec() }];
    let record = CommandRecord { subject_keys, ..CommandRecord::default() };
    let bytes = format!("{:?}", b"secret");
    assert!(!format!("{record:?}").contains(bytes.trim_matches(['[', ']'])));
    let batch = Batch::seal("m".into(), [1; 16], crate::Head::default(), vec![record]);
    assert!(!format!("{batch:?}").contains(bytes.trim_matches(['[', ']'])));
}
