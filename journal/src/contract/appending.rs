//! Conditional append: positions, and what the condition is on.

use super::{Fixture, for_every_journal};
use crate::testing::{Command, Scribe, all_events, append, assert_clean, positions, verified};
use crate::{AppendError, Hash, Head};

for_every_journal!(
    positions_are_dense_from_1_across_batches_and_commands,
    a_merchant_nobody_wrote_for_has_the_default_head_and_is_not_listed,
    the_head_is_where_the_last_batch_leads,
    a_batch_decided_on_an_older_position_is_told_the_actual_head,
    a_batch_with_another_hash_at_the_same_position_has_forked,
    a_batch_of_an_older_epoch_is_told_the_actual_head,
    a_batch_of_an_epoch_that_was_never_raised_is_told_the_actual_head,
    a_wrong_position_alone_is_told_the_actual_head,
    a_batch_decided_on_more_than_the_journal_has_forked,
    a_first_batch_decided_on_a_hash_that_is_not_the_beginning_has_forked,
    a_first_batch_cannot_be_appended_twice,
    of_two_batches_decided_on_one_head_only_the_first_is_written,
    an_empty_batch_proves_the_head_and_writes_nothing,
    an_empty_batch_on_another_head_fails,
    refusals_alone_move_the_hash_and_are_chained,
    the_heads_time_is_the_last_decisions_and_never_runs_backwards,
    a_raised_epoch_fences_what_was_sealed_before_and_nothing_else,
    the_epoch_of_a_merchant_without_events_can_be_raised,
    a_batch_is_found_by_number_and_id_only_once_it_was_committed,
    nothing_appended_gives_no_results,
);

/// A journal with one batch of one event, and the scribe who wrote it.
async fn begun(fixture: &impl Fixture) -> Scribe {
    let mut scribe = Scribe::of("m");
    scribe.write(fixture.journal(), vec![Command::events("a", 1).granted("first")]).await;
    scribe
}

/// Fails unless a batch is refused because the head is another one, which it is told.
async fn assert_moved(fixture: &impl Fixture, on: Head, scribe: &mut Scribe) {
    let before = fixture.journal().head("m").await.unwrap();
    for commands in [vec![Command::events("b", 1)], vec![]] {
        let batch = scribe.seal_on(on, commands);
        let result = append(fixture.journal(), &batch).await;
        assert_eq!(result, Err(AppendError::HeadMoved(Box::new(before))));
    }
    assert_eq!(fixture.journal().head("m").await.unwrap(), before, "nothing was written");
}

async fn assert_forked(fixture: &impl Fixture, on: Head, scribe: &mut Scribe) {
    let before = fixture.journal().head("m").await.unwrap();
    for commands in [vec![Command::events("b", 1)], vec![]] {
        let batch = scribe.seal_on(on, commands);
        assert_eq!(append(fixture.journal(), &batch).await, Err(AppendError::Forked));
    }
    assert_eq!(fixture.journal().head("m").await.unwrap(), before, "nothing was written");
}

async fn positions_are_dense_from_1_across_batches_and_commands(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    scribe.write(journal, vec![Command::events("a", 2), Command::events("b", 1)]).await;
    scribe.write(journal, vec![Command::refused("no")]).await;
    scribe.write(journal, vec![Command::recording(&[("b", "x"), ("a", "y"), ("c", "z")])]).await;

    let events = all_events(journal, "m").await;
    assert_eq!(positions(&events), [1, 2, 3, 4, 5, 6]);
    let ends: Vec<u64> = events.iter().map(|event| event.command_end).collect();
    assert_eq!(ends, [2, 2, 3, 6, 6, 6]);
    let streams: Vec<_> =
        events.iter().map(|event| (&*event.stream_name, event.stream, event.version)).collect();
    assert_eq!(
        streams,
        [("a", 1, 1), ("a", 1, 2), ("b", 3, 1), ("b", 3, 2), ("a", 1, 3), ("c", 6, 1)],
        "a stream's number is its first event's position"
    );
    assert_clean(journal, "m", 6).await;
}

async fn a_merchant_nobody_wrote_for_has_the_default_head_and_is_not_listed(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    let empty = scribe.seal(vec![]);
    assert_eq!(append(journal, &empty).await, Ok(()));
    let stale = scribe.seal_on(Head { position: 1, ..Head::default() }, vec![Command::events("a", 1)]);
    assert!(append(journal, &stale).await.is_err());

    assert_eq!(journal.head("m").await.unwrap(), Head::default());
    assert_eq!(journal.heads().await.unwrap(), []);
    assert_eq!(journal.merchants().await.unwrap(), [""; 0]);
    assert_clean(journal, "m", 0).await;
}

async fn the_head_is_where_the_last_batch_leads(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    for (number, time) in [(1, 10), (2, 20), (3, 30)] {
        let batch = scribe.write(journal, vec![Command::events("a", 2).at(time)]).await;
        let head = journal.head("m").await.unwrap();
        assert_eq!(head, *batch.next());
        assert_eq!((head.position, head.batch, head.time), (number * 2, number, time));
        assert_eq!(head.event_hash, batch.events()[1].hash);
    }
    assert_eq!(journal.heads().await.unwrap(), [("m".to_owned(), scribe.head)]);
}

async fn a_batch_decided_on_an_older_position_is_told_the_actual_head(fixture: &mut impl Fixture) {
    let mut scribe = begun(fixture).await;
    let old = scribe.head;
    scribe.write(fixture.journal(), vec![Command::events("a", 1)]).await;
    assert_moved(fixture, old, &mut scribe).await;
    assert_moved(fixture, Head::default(), &mut scribe).await;
}

async fn a_batch_with_another_hash_at_the_same_position_has_forked(fixture: &mut impl Fixture) {
    let mut scribe = begun(fixture).await;
    assert_forked(fixture, Head { hash: Hash([7; 32]), ..scribe.head }, &mut scribe).await;

    // The same again where the journal has gone on since: history at the expected batch differs.
    let other = Head { hash: Hash([7; 32]), ..scribe.head };
    scribe.write(fixture.journal(), vec![Command::events("a", 1)]).await;
    assert_forked(fixture, other, &mut scribe).await;
}

async fn a_batch_of_an_older_epoch_is_told_the_actual_head(fixture: &mut impl Fixture) {
    let mut scribe = begun(fixture).await;
    let raised = fixture.journal().raise_epoch("m").await.unwrap();
    assert_eq!(raised, Head { epoch: 1, ..scribe.head });
    let old = scribe.head;
    assert_moved(fixture, old, &mut scribe).await;
}

async fn a_batch_of_an_epoch_that_was_never_raised_is_told_the_actual_head(fixture: &mut impl Fixture) {
    let mut scribe = begun(fixture).await;
    assert_moved(fixture, Head { epoch: 1, ..scribe.head }, &mut scribe).await;
}

async fn a_wrong_position_alone_is_told_the_actual_head(fixture: &mut impl Fixture) {
    let mut scribe = begun(fixture).await;
    assert_moved(fixture, Head { position: 2, ..scribe.head }, &mut scribe).await;
    assert_moved(fixture, Head { position: 0, ..scribe.head }, &mut scribe).await;
}

async fn a_batch_decided_on_more_than_the_journal_has_forked(fixture: &mut impl Fixture) {
    let mut scribe = begun(fixture).await;
    let mut ahead = scribe.clone();
    ahead.prepare(vec![Command::events("a", 1)]);
    assert_forked(fixture, ahead.head, &mut scribe).await;
    assert_forked(fixture, Head { batch: 1_000_000, ..ahead.head }, &mut scribe).await;
}

async fn a_first_batch_decided_on_a_hash_that_is_not_the_beginning_has_forked(fixture: &mut impl Fixture) {
    let mut scribe = Scribe::of("m");
    assert_forked(fixture, Head { hash: Hash([7; 32]), ..Head::default() }, &mut scribe).await;
}

async fn a_first_batch_cannot_be_appended_twice(fixture: &mut impl Fixture) {
    let mut scribe = Scribe::of("m");
    let first = scribe.prepare(vec![Command::events("a", 1)]);
    assert_eq!(append(fixture.journal(), &first).await, Ok(()));
    let again = append(fixture.journal(), &first).await;
    assert_eq!(again, Err(AppendError::HeadMoved(Box::new(scribe.head))));
}

async fn of_two_batches_decided_on_one_head_only_the_first_is_written(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = begun(fixture).await;
    let loser = scribe.seal(vec![Command::recording(&[("a", "loser")])]);
    let winner = scribe.write(journal, vec![Command::recording(&[("a", "winner")])]).await;
    assert_eq!(append(journal, &loser).await, Err(AppendError::HeadMoved(Box::new(*winner.next()))));
    assert_eq!(all_events(journal, "m").await[1..], *winner.events());
    assert_clean(journal, "m", 2).await;
}

async fn an_empty_batch_proves_the_head_and_writes_nothing(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = begun(fixture).await;
    for commands in [vec![], vec![Command::default().at(1_000)]] {
        let batch = scribe.seal(commands);
        assert_eq!(batch.identity(), None);
        assert_eq!(append(journal, &batch).await, Ok(()));
    }
    assert_eq!(journal.head("m").await.unwrap(), scribe.head);
    assert_eq!(journal.batches("m", 0, 10).await.unwrap().len(), 1);
}

async fn an_empty_batch_on_another_head_fails(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = begun(fixture).await;
    let proof = scribe.seal(vec![]);
    scribe.write(journal, vec![Command::refused("no")]).await;
    assert_eq!(append(journal, &proof).await, Err(AppendError::HeadMoved(Box::new(scribe.head))));
}

async fn refusals_alone_move_the_hash_and_are_chained(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = begun(fixture).await;
    let before = scribe.head;
    scribe.write(journal, vec![Command::refused("one"), Command::refused("two").at(9)]).await;
    let head = journal.head("m").await.unwrap();
    assert_eq!((head.position, head.event_hash, head.batch, head.time), (1, before.event_hash, 2, 9));
    assert_ne!(head.hash, before.hash);

    // Another refusal at the same place would lead elsewhere: what follows depends on it.
    let mut other = begun_elsewhere();
    other.prepare(vec![Command::refused("other"), Command::refused("two").at(9)]);
    assert_eq!(other.head.event_hash, head.event_hash);
    assert_ne!(other.head.hash, head.hash);
    scribe.write(journal, vec![Command::events("a", 1).at(9)]).await;
    let verification = verified(journal, "m").await;
    assert_eq!((verification.batches, verification.outcomes), (3, 3));
    assert_clean(journal, "m", 2).await;
}

/// The scribe of [`begun`], without a journal.
fn begun_elsewhere() -> Scribe {
    let mut scribe = Scribe::of("m");
    scribe.prepare(vec![Command::events("a", 1).granted("first")]);
    scribe
}

async fn the_heads_time_is_the_last_decisions_and_never_runs_backwards(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    let mut times = Vec::new();
    for (first, second) in [(5, 5), (7, 6), (3, 4)] {
        scribe
            .write(journal, vec![Command::events("a", 1).at(first), Command::events("a", 1).at(second)])
            .await;
        times.push(journal.head("m").await.unwrap().time);
    }
    assert_eq!(times, [5, 7, 7]);
}

async fn a_raised_epoch_fences_what_was_sealed_before_and_nothing_else(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = begun(fixture).await;
    let mut neighbour = Scribe::of("n");
    let zombie = scribe.seal(vec![Command::recording(&[("a", "zombie")])]);
    scribe.head = journal.raise_epoch("m").await.unwrap();
    scribe.head = journal.raise_epoch("m").await.unwrap();
    assert_eq!(scribe.head.epoch, 2);

    assert_eq!(append(journal, &zombie).await, Err(AppendError::HeadMoved(Box::new(scribe.head))));
    scribe.write(journal, vec![Command::recording(&[("a", "alive")])]).await;
    neighbour.write(journal, vec![Command::events("b", 1)]).await;
    assert_eq!(journal.head("m").await.unwrap().epoch, 2, "the epoch stays");
    assert_eq!(journal.head("n").await.unwrap().epoch, 0);
    assert_eq!(journal.batches("m", 1, 1).await.unwrap()[0].epoch, 2);
    assert_clean(journal, "m", 2).await;
}

async fn the_epoch_of_a_merchant_without_events_can_be_raised(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    let zombie = scribe.seal(vec![Command::events("a", 1)]);
    let raised = journal.raise_epoch("m").await.unwrap();
    assert_eq!(raised, Head { epoch: 1, ..Head::default() });
    assert_eq!(journal.heads().await.unwrap(), [("m".to_owned(), raised)]);
    assert_clean(journal, "m", 0).await;

    assert_eq!(append(journal, &zombie).await, Err(AppendError::HeadMoved(Box::new(raised))));
    scribe.head = raised;
    scribe.write(journal, vec![Command::events("a", 1)]).await;
    assert_clean(journal, "m", 1).await;
}

async fn a_batch_is_found_by_number_and_id_only_once_it_was_committed(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = begun(fixture).await;
    let batch = scribe.prepare(vec![Command::refused("no")]);
    let (number, id) = batch.identity().unwrap();
    assert!(!journal.has_batch("m", number, id).await.unwrap(), "it is not there yet");

    append(journal, &batch).await.unwrap();
    assert!(journal.has_batch("m", number, id).await.unwrap());
    assert!(!journal.has_batch("m", number, [7; 16]).await.unwrap(), "another one has the number");
    assert!(!journal.has_batch("m", number - 1, id).await.unwrap());
    assert!(!journal.has_batch("m", u64::MAX, id).await.unwrap());
    assert!(!journal.has_batch("n", number, id).await.unwrap());
}

async fn nothing_appended_gives_no_results(fixture: &mut impl Fixture) {
    assert_eq!(fixture.journal().append(&[].into()).await, []);
}
