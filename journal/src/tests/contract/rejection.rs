//! Batches that the store rejects: nothing of them is written.

use super::{Fixture, for_every_journal};
use crate::tests::support::{Command, TestWriter, all_events, append, assert_clean, outcome_key};
use crate::{AppendError, Batch, ClaimKey, CommandRecord, FORMAT, Head, Journal, LoadRequest, NewEvent};

for_every_journal!(
    a_claim_leads_to_the_stream_that_owns_it,
    a_claim_can_be_made_for_an_existing_stream,
    a_batch_with_a_taken_claim_is_rejected_entirely,
    a_claim_made_twice_in_one_batch_is_rejected,
    claims_of_another_kind_or_value_do_not_conflict,
    a_version_that_exists_in_the_stream_is_rejected,
    a_version_used_twice_in_one_batch_is_rejected,
    a_second_stream_with_the_same_name_is_rejected,
    a_stream_number_other_than_its_first_position_is_rejected,
    a_version_greater_than_the_position_is_rejected,
    a_second_key_of_a_subject_is_rejected,
    a_rejected_batch_does_not_move_the_head,
    a_journal_of_a_newer_format_is_readable_but_not_writable,
    a_format_is_never_lowered,
);

async fn claim_owners(journal: &dyn Journal, claims: &[(&'static str, &str)]) -> Vec<Option<String>> {
    let claims = claims.iter().map(|(kind, value)| ClaimKey { kind, value: (*value).into() }).collect();
    let request = LoadRequest { claims, ..LoadRequest::default() };
    let loaded = journal.load("m", &request).await.unwrap();
    loaded.claims.iter().map(|owner| owner.as_ref().map(ToString::to_string)).collect()
}

/// Fails unless a batch is rejected and changes nothing.
async fn assert_rejected(journal: &dyn Journal, batch: &Batch) {
    let head = journal.head("m").await.unwrap();
    let events = all_events(journal, "m").await;
    let result = append(journal, batch).await;
    assert!(matches!(result, Err(AppendError::Refused(_))), "{result:?}");
    assert_eq!(journal.head("m").await.unwrap(), head, "the head did not move");
    assert_eq!(all_events(journal, "m").await, events);
    assert_clean(journal, "m", head.position).await;
}

async fn a_claim_leads_to_the_stream_that_owns_it(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    let order = |name, reference| Command::events(name, 1).claim("order_ref", reference, name);
    writer.write(journal, vec![order("order-1", "W-1"), order("order-2", "W-2")]).await;
    let found =
        claim_owners(journal, &[("order_ref", "W-2"), ("order_ref", "W-3"), ("order_ref", "W-1")]).await;
    assert_eq!(found, [Some("order-2".into()), None, Some("order-1".into())], "in the request's order");
}

async fn a_claim_can_be_made_for_an_existing_stream(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    writer.write(journal, vec![Command::events("order-1", 2), Command::events("order-2", 1)]).await;
    writer.write(journal, vec![Command::events("order-1", 1).claim("tracking", "T", "order-1")]).await;
    assert_eq!(claim_owners(journal, &[("tracking", "T")]).await, [Some("order-1".into())]);
}

async fn a_batch_with_a_taken_claim_is_rejected_entirely(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    writer.write(journal, vec![Command::events("order-1", 1).claim("order_ref", "W", "order-1")]).await;
    let batch = writer.seal(vec![
        Command::events("order-2", 1).accepted("before").claim("order_ref", "V", "order-2"),
        Command::events("order-3", 1).accepted("taken").claim("order_ref", "W", "order-3"),
        Command::events("order-4", 1).accepted("after").create_key("order-4", b"key"),
    ]);
    assert_rejected(journal, &batch).await;

    let found = claim_owners(journal, &[("order_ref", "W"), ("order_ref", "V")]).await;
    assert_eq!(found, [Some("order-1".into()), None]);
    let outcomes = ["before", "taken", "after"].map(|key| outcome_key("shop", key)).to_vec();
    let streams = ["order-2", "order-3", "order-4"].map(Into::into).to_vec();
    let request = LoadRequest { streams, outcomes, ..LoadRequest::default() };
    let loaded = journal.load("m", &request).await.unwrap();
    assert_eq!(loaded.outcomes, [None, None, None]);
    assert_eq!(loaded.streams, [None, None, None]);
    assert_eq!(journal.subject_key("m", "order-4").await.unwrap(), None);
}

async fn a_claim_made_twice_in_one_batch_is_rejected(fixture: &mut impl Fixture) {
    let order = |name| Command::events(name, 1).claim("order_ref", "W", name);
    let batch = TestWriter::new("m").seal(vec![order("order-1"), order("order-2")]);
    assert_rejected(fixture.journal(), &batch).await;
    assert_eq!(claim_owners(fixture.journal(), &[("order_ref", "W")]).await, [None]);
}

async fn claims_of_another_kind_or_value_do_not_conflict(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    let taken = [("order_ref", "W"), ("tracking", "W"), ("order_ref", "w"), ("order_ref", "W ")];
    for (index, (kind, value)) in taken.into_iter().enumerate() {
        let name = format!("order-{index}");
        writer.write(journal, vec![Command::events(&name, 1).claim(kind, value, &name)]).await;
    }
    let expected: Vec<_> = (0..taken.len()).map(|index| Some(format!("order-{index}"))).collect();
    assert_eq!(claim_owners(journal, &taken).await, expected);
}

fn noted(stream_name: &str, stream: u64, version: u64) -> NewEvent {
    let (kind, type_version) = ("Noted", 1);
    let stream_name = stream_name.into();
    NewEvent { stream_name, stream, version, kind, type_version, payload: Vec::new(), sealed: None }
}

/// Seals events with the given numbers, without checking them.
fn misnumbered(head: Head, events: Vec<NewEvent>) -> Batch {
    Batch::seal("m".into(), [9; 16], head, vec![CommandRecord { events, ..CommandRecord::default() }])
}

async fn a_version_that_exists_in_the_stream_is_rejected(fixture: &mut impl Fixture) {
    let mut writer = TestWriter::new("m");
    writer.write(fixture.journal(), vec![Command::events("a", 3)]).await;
    let batch = misnumbered(writer.head, vec![noted("a", 1, 3)]);
    assert_rejected(fixture.journal(), &batch).await;
}

async fn a_version_used_twice_in_one_batch_is_rejected(fixture: &mut impl Fixture) {
    let batch = misnumbered(Head::default(), vec![noted("a", 1, 1), noted("a", 1, 2), noted("a", 1, 2)]);
    assert_rejected(fixture.journal(), &batch).await;
}

async fn a_second_stream_with_the_same_name_is_rejected(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let batch = misnumbered(Head::default(), vec![noted("a", 1, 1), noted("a", 2, 1)]);
    assert_rejected(journal, &batch).await;
    let mut writer = TestWriter::new("m");
    writer.write(journal, vec![Command::events("a", 1)]).await;
    let batch = misnumbered(writer.head, vec![noted("a", 2, 1)]);
    assert_rejected(journal, &batch).await;
}

async fn a_stream_number_other_than_its_first_position_is_rejected(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    writer.write(journal, vec![Command::events("a", 1)]).await;
    for event in [noted("b", 7, 1), noted("b", 2, 2), noted("b", 0, 1)] {
        assert_rejected(journal, &misnumbered(writer.head, vec![event])).await;
    }
}

async fn a_version_greater_than_the_position_is_rejected(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    writer.write(journal, vec![Command::events("a", 1)]).await;
    for version in [3, u64::MAX] {
        assert_rejected(journal, &misnumbered(writer.head, vec![noted("a", 1, version)])).await;
    }
}

async fn a_second_key_of_a_subject_is_rejected(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    // Replacing a key would destroy the data that it sealed.
    writer.write(journal, vec![Command::events("order-1", 1).create_key("order-1", b"first")]).await;
    let second = || Command::events("order-1", 1).create_key("order-1", b"second");
    assert_rejected(journal, &writer.seal(vec![second()])).await;
    let twice = || Command::events("order-2", 1).create_key("order-2", b"key");
    assert_rejected(journal, &writer.seal(vec![twice(), twice()])).await;
    assert_eq!(journal.subject_key("m", "order-1").await.unwrap().as_deref(), Some(&b"first"[..]));
    assert_eq!(journal.subject_key("m", "order-2").await.unwrap(), None);
}

async fn a_rejected_batch_does_not_move_the_head(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    writer.write(journal, vec![Command::events("a", 1).accepted("key")]).await;
    let duplicate = writer.seal(vec![Command::events("b", 1).accepted("key")]);
    assert_rejected(journal, &duplicate).await;
    writer.write(journal, vec![Command::events("b", 1).accepted("other")]).await;
    assert_clean(journal, "m", 2).await;
}

async fn a_journal_of_a_newer_format_is_readable_but_not_writable(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    writer.write(journal, vec![Command::events("a", 1)]).await;
    journal.raise_format("m", FORMAT + 1).await.unwrap();
    let result = append(journal, &writer.seal(vec![Command::events("a", 1)])).await;
    assert!(matches!(result, Err(AppendError::Unavailable(_))), "{result:?}");
    fixture.reopen().await;
    let journal = fixture.journal();
    assert_eq!(journal.head("m").await.unwrap(), Head { format: FORMAT + 1, ..writer.head });
    assert_clean(journal, "m", 1).await;
    TestWriter::new("n").write(journal, vec![Command::events("a", 1)]).await;
}

async fn a_format_is_never_lowered(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    writer.write(journal, vec![Command::events("a", 1)]).await;
    journal.raise_format("m", FORMAT - 1).await.unwrap();
    assert_eq!(journal.head("m").await.unwrap().format, FORMAT);
    journal.raise_format("unknown", FORMAT + 1).await.unwrap();
    assert_eq!(journal.head("unknown").await.unwrap(), Head::default());
    writer.write(journal, vec![Command::events("a", 1)]).await;
}
