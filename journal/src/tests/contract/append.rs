//! Appending: positions, and the condition on the head.

use super::{Fixture, for_every_journal};
use crate::tests::support::{Command, TestWriter, all_events, append, assert_clean, positions, verified};
use crate::{AppendError, Hash, Head};

for_every_journal!(
    positions_are_dense_from_1_across_batches_and_commands,
    a_merchant_without_batches_has_the_default_head_and_is_not_listed,
    the_head_equals_the_next_head_of_the_last_batch,
    a_batch_decided_on_an_older_head_fails_with_the_current_head,
    a_batch_decided_on_another_hash_at_the_same_position_has_forked,
    a_batch_of_an_older_epoch_fails_with_the_current_head,
    a_batch_of_a_future_epoch_fails_with_the_current_head,
    a_batch_with_a_wrong_position_fails_with_the_current_head,
    a_batch_decided_on_a_later_head_has_forked,
    a_first_batch_decided_on_a_nonzero_hash_has_forked,
    a_first_batch_cannot_be_appended_twice,
    only_the_first_of_two_batches_decided_on_one_head_is_written,
    an_empty_batch_checks_the_head_and_writes_nothing,
    an_empty_batch_on_another_head_fails,
    a_batch_of_rejections_moves_the_hash_and_not_the_position,
    the_time_of_the_head_is_that_of_the_last_decision_and_never_decreases,
    a_raised_epoch_fences_only_batches_sealed_before,
    the_epoch_of_a_merchant_without_events_can_be_raised,
    a_batch_is_found_by_number_and_id_after_its_commit,
    an_append_of_no_batches_has_no_results,
);

/// Appends a first batch of one event, and returns its writer.
async fn with_first_batch(fixture: &impl Fixture) -> TestWriter {
    let mut writer = TestWriter::new("m");
    writer.write(fixture.journal(), vec![Command::events("a", 1).accepted("first")]).await;
    writer
}

/// Fails unless a batch decided on `on` is rejected with the current head.
async fn assert_moved(fixture: &impl Fixture, on: Head, writer: &mut TestWriter) {
    let before = fixture.journal().head("m").await.unwrap();
    for commands in [vec![Command::events("b", 1)], vec![]] {
        let batch = writer.seal_on(on, commands);
        let result = append(fixture.journal(), &batch).await;
        assert_eq!(result, Err(AppendError::HeadMoved(Box::new(before))));
    }
    assert_eq!(fixture.journal().head("m").await.unwrap(), before, "nothing was written");
}

async fn assert_forked(fixture: &impl Fixture, on: Head, writer: &mut TestWriter) {
    let before = fixture.journal().head("m").await.unwrap();
    for commands in [vec![Command::events("b", 1)], vec![]] {
        let batch = writer.seal_on(on, commands);
        assert_eq!(append(fixture.journal(), &batch).await, Err(AppendError::Forked));
    }
    assert_eq!(fixture.journal().head("m").await.unwrap(), before, "nothing was written");
}

async fn positions_are_dense_from_1_across_batches_and_commands(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    writer.write(journal, vec![Command::events("a", 2), Command::events("b", 1)]).await;
    writer.write(journal, vec![Command::rejected("no")]).await;
    writer.write(journal, vec![Command::with_events(&[("b", "x"), ("a", "y"), ("c", "z")])]).await;

    let events = all_events(journal, "m").await;
    assert_eq!(positions(&events), [1, 2, 3, 4, 5, 6]);
    let ends: Vec<u64> = events.iter().map(|event| event.command_end).collect();
    assert_eq!(ends, [2, 2, 3, 6, 6, 6]);
    let streams: Vec<_> =
        events.iter().map(|event| (&*event.stream_name, event.stream, event.version)).collect();
    assert_eq!(
        streams,
        [("a", 1, 1), ("a", 1, 2), ("b", 3, 1), ("b", 3, 2), ("a", 1, 3), ("c", 6, 1)],
        "a stream's number is the position of its first event"
    );
    assert_clean(journal, "m", 6).await;
}

async fn a_merchant_without_batches_has_the_default_head_and_is_not_listed(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    let empty = writer.seal(vec![]);
    assert_eq!(append(journal, &empty).await, Ok(()));
    let stale = writer.seal_on(Head { position: 1, ..Head::default() }, vec![Command::events("a", 1)]);
    assert!(append(journal, &stale).await.is_err());

    assert_eq!(journal.head("m").await.unwrap(), Head::default());
    assert_eq!(journal.heads().await.unwrap(), []);
    assert_eq!(journal.merchants().await.unwrap(), [""; 0]);
    assert_clean(journal, "m", 0).await;
}

async fn the_head_equals_the_next_head_of_the_last_batch(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    for (number, time) in [(1, 10), (2, 20), (3, 30)] {
        let batch = writer.write(journal, vec![Command::events("a", 2).at(time)]).await;
        let head = journal.head("m").await.unwrap();
        assert_eq!(head, *batch.next());
        assert_eq!((head.position, head.batch, head.time), (number * 2, number, time));
        assert_eq!(head.event_hash, batch.events()[1].hash);
    }
    assert_eq!(journal.heads().await.unwrap(), [("m".to_owned(), writer.head)]);
}

async fn a_batch_decided_on_an_older_head_fails_with_the_current_head(fixture: &mut impl Fixture) {
    let mut writer = with_first_batch(fixture).await;
    let old = writer.head;
    writer.write(fixture.journal(), vec![Command::events("a", 1)]).await;
    assert_moved(fixture, old, &mut writer).await;
    assert_moved(fixture, Head::default(), &mut writer).await;
}

async fn a_batch_decided_on_another_hash_at_the_same_position_has_forked(fixture: &mut impl Fixture) {
    let mut writer = with_first_batch(fixture).await;
    assert_forked(fixture, Head { hash: Hash([7; 32]), ..writer.head }, &mut writer).await;

    // The same after a further batch: the history differs at the expected batch.
    let other = Head { hash: Hash([7; 32]), ..writer.head };
    writer.write(fixture.journal(), vec![Command::events("a", 1)]).await;
    assert_forked(fixture, other, &mut writer).await;
}

async fn a_batch_of_an_older_epoch_fails_with_the_current_head(fixture: &mut impl Fixture) {
    let mut writer = with_first_batch(fixture).await;
    let raised = fixture.journal().raise_epoch("m").await.unwrap();
    assert_eq!(raised, Head { epoch: 1, ..writer.head });
    let old = writer.head;
    assert_moved(fixture, old, &mut writer).await;
}

async fn a_batch_of_a_future_epoch_fails_with_the_current_head(fixture: &mut impl Fixture) {
    let mut writer = with_first_batch(fixture).await;
    assert_moved(fixture, Head { epoch: 1, ..writer.head }, &mut writer).await;
}

async fn a_batch_with_a_wrong_position_fails_with_the_current_head(fixture: &mut impl Fixture) {
    let mut writer = with_first_batch(fixture).await;
    assert_moved(fixture, Head { position: 2, ..writer.head }, &mut writer).await;
    assert_moved(fixture, Head { position: 0, ..writer.head }, &mut writer).await;
}

async fn a_batch_decided_on_a_later_head_has_forked(fixture: &mut impl Fixture) {
    let mut writer = with_first_batch(fixture).await;
    let mut later = writer.clone();
    later.prepare(vec![Command::events("a", 1)]);
    assert_forked(fixture, later.head, &mut writer).await;
    assert_forked(fixture, Head { batch: 1_000_000, ..later.head }, &mut writer).await;
}

async fn a_first_batch_decided_on_a_nonzero_hash_has_forked(fixture: &mut impl Fixture) {
    let mut writer = TestWriter::new("m");
    assert_forked(fixture, Head { hash: Hash([7; 32]), ..Head::default() }, &mut writer).await;
}

async fn a_first_batch_cannot_be_appended_twice(fixture: &mut impl Fixture) {
    let mut writer = TestWriter::new("m");
    let first = writer.prepare(vec![Command::events("a", 1)]);
    assert_eq!(append(fixture.journal(), &first).await, Ok(()));
    let again = append(fixture.journal(), &first).await;
    assert_eq!(again, Err(AppendError::HeadMoved(Box::new(writer.head))));
}

async fn only_the_first_of_two_batches_decided_on_one_head_is_written(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = with_first_batch(fixture).await;
    let loser = writer.seal(vec![Command::with_events(&[("a", "loser")])]);
    let winner = writer.write(journal, vec![Command::with_events(&[("a", "winner")])]).await;
    assert_eq!(append(journal, &loser).await, Err(AppendError::HeadMoved(Box::new(*winner.next()))));
    assert_eq!(all_events(journal, "m").await[1..], *winner.events());
    assert_clean(journal, "m", 2).await;
}

async fn an_empty_batch_checks_the_head_and_writes_nothing(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = with_first_batch(fixture).await;
    for commands in [vec![], vec![Command::default().at(1_000)]] {
        let batch = writer.seal(commands);
        assert_eq!(batch.identity(), None);
        assert_eq!(append(journal, &batch).await, Ok(()));
    }
    assert_eq!(journal.head("m").await.unwrap(), writer.head);
    assert_eq!(journal.batches("m", 0, 10).await.unwrap().len(), 1);
}

async fn an_empty_batch_on_another_head_fails(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = with_first_batch(fixture).await;
    let proof = writer.seal(vec![]);
    writer.write(journal, vec![Command::rejected("no")]).await;
    assert_eq!(append(journal, &proof).await, Err(AppendError::HeadMoved(Box::new(writer.head))));
}

async fn a_batch_of_rejections_moves_the_hash_and_not_the_position(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = with_first_batch(fixture).await;
    let before = writer.head;
    writer.write(journal, vec![Command::rejected("one"), Command::rejected("two").at(9)]).await;
    let head = journal.head("m").await.unwrap();
    assert_eq!((head.position, head.event_hash, head.batch, head.time), (1, before.event_hash, 2, 9));
    assert_ne!(head.hash, before.hash);

    // Another rejection at the same place leads to another hash.
    let mut other = with_first_batch_prepared();
    other.prepare(vec![Command::rejected("other"), Command::rejected("two").at(9)]);
    assert_eq!(other.head.event_hash, head.event_hash);
    assert_ne!(other.head.hash, head.hash);
    writer.write(journal, vec![Command::events("a", 1).at(9)]).await;
    let verification = verified(journal, "m").await;
    assert_eq!((verification.batches, verification.outcomes), (3, 3));
    assert_clean(journal, "m", 2).await;
}

/// The writer of [`with_first_batch`], without a journal.
fn with_first_batch_prepared() -> TestWriter {
    let mut writer = TestWriter::new("m");
    writer.prepare(vec![Command::events("a", 1).accepted("first")]);
    writer
}

async fn the_time_of_the_head_is_that_of_the_last_decision_and_never_decreases(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    let mut times = Vec::new();
    for (first, second) in [(5, 5), (7, 6), (3, 4)] {
        writer
            .write(journal, vec![Command::events("a", 1).at(first), Command::events("a", 1).at(second)])
            .await;
        times.push(journal.head("m").await.unwrap().time);
    }
    assert_eq!(times, [5, 7, 7]);
}

async fn a_raised_epoch_fences_only_batches_sealed_before(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = with_first_batch(fixture).await;
    let mut neighbour = TestWriter::new("n");
    let zombie = writer.seal(vec![Command::with_events(&[("a", "zombie")])]);
    writer.head = journal.raise_epoch("m").await.unwrap();
    writer.head = journal.raise_epoch("m").await.unwrap();
    assert_eq!(writer.head.epoch, 2);

    assert_eq!(append(journal, &zombie).await, Err(AppendError::HeadMoved(Box::new(writer.head))));
    writer.write(journal, vec![Command::with_events(&[("a", "alive")])]).await;
    neighbour.write(journal, vec![Command::events("b", 1)]).await;
    assert_eq!(journal.head("m").await.unwrap().epoch, 2, "the epoch stays");
    assert_eq!(journal.head("n").await.unwrap().epoch, 0);
    assert_eq!(journal.batches("m", 1, 1).await.unwrap()[0].epoch, 2);
    assert_clean(journal, "m", 2).await;
}

async fn the_epoch_of_a_merchant_without_events_can_be_raised(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    let zombie = writer.seal(vec![Command::events("a", 1)]);
    let raised = journal.raise_epoch("m").await.unwrap();
    assert_eq!(raised, Head { epoch: 1, ..Head::default() });
    assert_eq!(journal.heads().await.unwrap(), [("m".to_owned(), raised)]);
    assert_clean(journal, "m", 0).await;

    assert_eq!(append(journal, &zombie).await, Err(AppendError::HeadMoved(Box::new(raised))));
    writer.head = raised;
    writer.write(journal, vec![Command::events("a", 1)]).await;
    assert_clean(journal, "m", 1).await;
}

async fn a_batch_is_found_by_number_and_id_after_its_commit(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = with_first_batch(fixture).await;
    let batch = writer.prepare(vec![Command::rejected("no")]);
    let (number, id) = batch.identity().unwrap();
    assert!(!journal.has_batch("m", number, id).await.unwrap(), "not yet");

    append(journal, &batch).await.unwrap();
    assert!(journal.has_batch("m", number, id).await.unwrap());
    assert!(!journal.has_batch("m", number, [7; 16]).await.unwrap(), "another batch has this number");
    assert!(!journal.has_batch("m", number - 1, id).await.unwrap());
    assert!(!journal.has_batch("m", u64::MAX, id).await.unwrap());
    assert!(!journal.has_batch("n", number, id).await.unwrap());
}

async fn an_append_of_no_batches_has_no_results(fixture: &mut impl Fixture) {
    assert_eq!(fixture.journal().append(&[].into()).await, []);
}
