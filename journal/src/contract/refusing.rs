//! What the store does not take: it refuses the whole batch and writes nothing of it.

use super::{Fixture, for_every_journal};
use crate::testing::{Command, Scribe, all_events, append, assert_clean, outcome_key};
use crate::{AppendError, Batch, ClaimKey, CommandRecord, FORMAT, Head, Journal, LoadRequest, NewEvent};

for_every_journal!(
    a_claim_names_the_stream_that_has_it,
    a_claim_can_be_for_a_stream_that_began_earlier,
    a_taken_claim_is_refused_and_nothing_of_its_batch_is_written,
    a_claim_made_twice_in_one_batch_is_refused,
    a_claim_of_another_kind_or_value_is_free,
    a_version_that_the_stream_has_already_is_refused,
    a_version_given_twice_in_one_batch_is_refused,
    a_second_stream_of_one_name_is_refused,
    a_stream_not_numbered_by_its_first_events_position_is_refused,
    a_version_beyond_its_position_is_refused,
    a_second_key_of_one_subject_is_refused,
    after_a_refusal_the_same_head_is_still_good,
    a_journal_of_a_newer_format_is_read_and_not_written,
    a_format_is_never_lowered,
);

async fn holders(journal: &dyn Journal, claims: &[(&'static str, &str)]) -> Vec<Option<String>> {
    let claims = claims.iter().map(|(kind, value)| ClaimKey { kind, value: (*value).into() }).collect();
    let request = LoadRequest { claims, ..LoadRequest::default() };
    let loaded = journal.load("m", &request).await.unwrap();
    loaded.claims.iter().map(|holder| holder.as_ref().map(ToString::to_string)).collect()
}

/// Fails unless a batch is refused and leaves everything as it was.
async fn assert_refused(journal: &dyn Journal, batch: &Batch) {
    let head = journal.head("m").await.unwrap();
    let events = all_events(journal, "m").await;
    let result = append(journal, batch).await;
    assert!(matches!(result, Err(AppendError::Refused(_))), "{result:?}");
    assert_eq!(journal.head("m").await.unwrap(), head, "the head has not moved");
    assert_eq!(all_events(journal, "m").await, events);
    assert_clean(journal, "m", head.position).await;
}

async fn a_claim_names_the_stream_that_has_it(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    let order = |name, reference| Command::events(name, 1).claiming("order_ref", reference, name);
    scribe.write(journal, vec![order("order-1", "W-1"), order("order-2", "W-2")]).await;
    let found = holders(journal, &[("order_ref", "W-2"), ("order_ref", "W-3"), ("order_ref", "W-1")]).await;
    assert_eq!(found, [Some("order-2".into()), None, Some("order-1".into())], "in the request's order");
}

async fn a_claim_can_be_for_a_stream_that_began_earlier(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    scribe.write(journal, vec![Command::events("order-1", 2), Command::events("order-2", 1)]).await;
    scribe.write(journal, vec![Command::events("order-1", 1).claiming("tracking", "T", "order-1")]).await;
    assert_eq!(holders(journal, &[("tracking", "T")]).await, [Some("order-1".into())]);
}

async fn a_taken_claim_is_refused_and_nothing_of_its_batch_is_written(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    scribe.write(journal, vec![Command::events("order-1", 1).claiming("order_ref", "W", "order-1")]).await;
    let batch = scribe.seal(vec![
        Command::events("order-2", 1).granted("before").claiming("order_ref", "V", "order-2"),
        Command::events("order-3", 1).granted("taken").claiming("order_ref", "W", "order-3"),
        Command::events("order-4", 1).granted("after").keeping("order-4", b"key"),
    ]);
    assert_refused(journal, &batch).await;

    let found = holders(journal, &[("order_ref", "W"), ("order_ref", "V")]).await;
    assert_eq!(found, [Some("order-1".into()), None]);
    let outcomes = ["before", "taken", "after"].map(|key| outcome_key("shop", key)).to_vec();
    let streams = ["order-2", "order-3", "order-4"].map(Into::into).to_vec();
    let request = LoadRequest { streams, outcomes, ..LoadRequest::default() };
    let loaded = journal.load("m", &request).await.unwrap();
    assert_eq!(loaded.outcomes, [None, None, None]);
    assert_eq!(loaded.streams, [None, None, None]);
    assert_eq!(journal.subject_key("m", "order-4").await.unwrap(), None);
}

async fn a_claim_made_twice_in_one_batch_is_refused(fixture: &mut impl Fixture) {
    let order = |name| Command::events(name, 1).claiming("order_ref", "W", name);
    let batch = Scribe::of("m").seal(vec![order("order-1"), order("order-2")]);
    assert_refused(fixture.journal(), &batch).await;
    assert_eq!(holders(fixture.journal(), &[("order_ref", "W")]).await, [None]);
}

async fn a_claim_of_another_kind_or_value_is_free(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    let taken = [("order_ref", "W"), ("tracking", "W"), ("order_ref", "w"), ("order_ref", "W ")];
    for (index, (kind, value)) in taken.into_iter().enumerate() {
        let name = format!("order-{index}");
        scribe.write(journal, vec![Command::events(&name, 1).claiming(kind, value, &name)]).await;
    }
    let expected: Vec<_> = (0..taken.len()).map(|index| Some(format!("order-{index}"))).collect();
    assert_eq!(holders(journal, &taken).await, expected);
}

fn noted(stream_name: &str, stream: u64, version: u64) -> NewEvent {
    let (kind, type_version) = ("Noted", 1);
    let stream_name = stream_name.into();
    NewEvent { stream_name, stream, version, kind, type_version, payload: Vec::new(), sealed: None }
}

/// Seals events as a scribe who counts wrongly would.
fn misnumbered(head: Head, events: Vec<NewEvent>) -> Batch {
    Batch::seal("m".into(), [9; 16], head, vec![CommandRecord { events, ..CommandRecord::default() }])
}

async fn a_version_that_the_stream_has_already_is_refused(fixture: &mut impl Fixture) {
    let mut scribe = Scribe::of("m");
    scribe.write(fixture.journal(), vec![Command::events("a", 3)]).await;
    let batch = misnumbered(scribe.head, vec![noted("a", 1, 3)]);
    assert_refused(fixture.journal(), &batch).await;
}

async fn a_version_given_twice_in_one_batch_is_refused(fixture: &mut impl Fixture) {
    let batch = misnumbered(Head::default(), vec![noted("a", 1, 1), noted("a", 1, 2), noted("a", 1, 2)]);
    assert_refused(fixture.journal(), &batch).await;
}

async fn a_second_stream_of_one_name_is_refused(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let batch = misnumbered(Head::default(), vec![noted("a", 1, 1), noted("a", 2, 1)]);
    assert_refused(journal, &batch).await;
    let mut scribe = Scribe::of("m");
    scribe.write(journal, vec![Command::events("a", 1)]).await;
    let batch = misnumbered(scribe.head, vec![noted("a", 2, 1)]);
    assert_refused(journal, &batch).await;
}

async fn a_stream_not_numbered_by_its_first_events_position_is_refused(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    scribe.write(journal, vec![Command::events("a", 1)]).await;
    for event in [noted("b", 7, 1), noted("b", 2, 2), noted("b", 0, 1)] {
        assert_refused(journal, &misnumbered(scribe.head, vec![event])).await;
    }
}

async fn a_version_beyond_its_position_is_refused(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    scribe.write(journal, vec![Command::events("a", 1)]).await;
    for version in [3, u64::MAX] {
        assert_refused(journal, &misnumbered(scribe.head, vec![noted("a", 1, version)])).await;
    }
}

async fn a_second_key_of_one_subject_is_refused(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    // Replacing a key would erase what it sealed without anybody having asked for it.
    scribe.write(journal, vec![Command::events("order-1", 1).keeping("order-1", b"first")]).await;
    let second = || Command::events("order-1", 1).keeping("order-1", b"second");
    assert_refused(journal, &scribe.seal(vec![second()])).await;
    let twice = || Command::events("order-2", 1).keeping("order-2", b"key");
    assert_refused(journal, &scribe.seal(vec![twice(), twice()])).await;
    assert_eq!(journal.subject_key("m", "order-1").await.unwrap().as_deref(), Some(&b"first"[..]));
    assert_eq!(journal.subject_key("m", "order-2").await.unwrap(), None);
}

async fn after_a_refusal_the_same_head_is_still_good(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    scribe.write(journal, vec![Command::events("a", 1).granted("key")]).await;
    let duplicate = scribe.seal(vec![Command::events("b", 1).granted("key")]);
    assert_refused(journal, &duplicate).await;
    scribe.write(journal, vec![Command::events("b", 1).granted("other")]).await;
    assert_clean(journal, "m", 2).await;
}

async fn a_journal_of_a_newer_format_is_read_and_not_written(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    scribe.write(journal, vec![Command::events("a", 1)]).await;
    journal.raise_format("m", FORMAT + 1).await.unwrap();
    let result = append(journal, &scribe.seal(vec![Command::events("a", 1)])).await;
    assert!(matches!(result, Err(AppendError::Unavailable(_))), "{result:?}");
    fixture.reopen().await;
    let journal = fixture.journal();
    assert_eq!(journal.head("m").await.unwrap(), Head { format: FORMAT + 1, ..scribe.head });
    assert_clean(journal, "m", 1).await;
    Scribe::of("n").write(journal, vec![Command::events("a", 1)]).await;
}

async fn a_format_is_never_lowered(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    scribe.write(journal, vec![Command::events("a", 1)]).await;
    journal.raise_format("m", FORMAT - 1).await.unwrap();
    assert_eq!(journal.head("m").await.unwrap().format, FORMAT);
    journal.raise_format("nobody", FORMAT + 1).await.unwrap();
    assert_eq!(journal.head("nobody").await.unwrap(), Head::default());
    scribe.write(journal, vec![Command::events("a", 1)]).await;
}
