//! Outcomes: the stored answers to idempotency keys.

use super::{Fixture, for_every_journal};
use crate::tests::support::{
    ALL_REFUSALS_PRUNABLE, Command, TestWriter, all_events, append, assert_clean, outcome_key, verified,
};
use crate::{AppendError, Journal, LoadRequest, Outcome, OutcomeKind, verify};

for_every_journal!(
    a_stored_acceptance_is_loaded_unchanged,
    a_stored_rejection_is_loaded_unchanged,
    outcomes_of_other_senders_and_keys_are_not_loaded,
    a_batch_with_a_used_idempotency_key_is_rejected_entirely,
    an_idempotency_key_used_twice_in_one_batch_is_rejected,
    outcomes_are_read_by_batch_and_ordinal,
    only_rejections_before_the_time_are_pruned,
    verification_accepts_missing_rejections_only_before_the_given_time,
    rejections_of_a_batch_that_ends_after_the_time_are_not_pruned,
    a_pruned_idempotency_key_can_be_used_again,
);

async fn stored_outcome(journal: &dyn Journal, sender: &str, key: &str) -> Option<Outcome> {
    let request = LoadRequest { outcomes: vec![outcome_key(sender, key)], ..LoadRequest::default() };
    journal.load("m", &request).await.unwrap().outcomes.remove(0)
}

async fn a_stored_acceptance_is_loaded_unchanged(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    writer.write(journal, vec![Command::events("a", 3)]).await;
    let answer = "{\"status\":201,\"text\":\"späť\\u0000\"}";
    let batch = writer
        .write(
            journal,
            vec![
                Command::events("a", 1).at(7),
                Command::events("b", 2).outcome("shop", "key", OutcomeKind::Created, answer).at(8),
            ],
        )
        .await;
    fixture.reopen().await;

    let stored = stored_outcome(fixture.journal(), "shop", "key").await.unwrap();
    let expected = Outcome {
        key: outcome_key("shop", "key"),
        fingerprint: batch.outcomes[0].fingerprint,
        kind: OutcomeKind::Created,
        first_position: 5,
        last_position: 6,
        answer: answer.into(),
        batch: 2,
        ordinal: 0,
        at: 8,
    };
    assert_eq!(stored, expected);
    assert_ne!(stored.fingerprint, [0; 32]);
}

async fn a_stored_rejection_is_loaded_unchanged(fixture: &mut impl Fixture) {
    let mut writer = TestWriter::new("m");
    let commands = vec![
        Command::events("a", 2),
        Command::default().outcome("shop", "key", OutcomeKind::Refused, "").at(3),
    ];
    let batch = writer.write(fixture.journal(), commands).await;
    fixture.reopen().await;

    let stored = stored_outcome(fixture.journal(), "shop", "key").await.unwrap();
    assert_eq!(stored, batch.outcomes[0]);
    assert_eq!((stored.kind, stored.answer.len()), (OutcomeKind::Refused, 0));
    assert_eq!((stored.first_position, stored.last_position), (3, 2), "a rejection has no events");
}

async fn outcomes_of_other_senders_and_keys_are_not_loaded(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    let command = |sender, answer| Command::events("a", 1).outcome(sender, "key", OutcomeKind::Done, answer);
    writer.write(journal, vec![command("shop", "to the shop")]).await;
    assert_eq!(stored_outcome(journal, "warehouse", "key").await, None);
    assert_eq!(stored_outcome(journal, "shop", "KEY").await, None);
    assert_eq!(stored_outcome(journal, "key", "shop").await, None);

    writer.write(journal, vec![command("warehouse", "to the warehouse")]).await;
    assert_eq!(stored_outcome(journal, "shop", "key").await.unwrap().answer, b"to the shop");
    assert_eq!(stored_outcome(journal, "warehouse", "key").await.unwrap().answer, b"to the warehouse");
}

async fn a_batch_with_a_used_idempotency_key_is_rejected_entirely(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    let first = writer
        .write(journal, vec![Command::events("a", 1).accepted("accepted"), Command::rejected("rejected")])
        .await;
    for key in ["accepted", "rejected"] {
        let again = Command::events("b", 1).outcome("shop", key, OutcomeKind::Done, "again");
        let others =
            Command::events("c", 1).accepted("other").claim("order_ref", "1", "c").create_key("c", b"k");
        let batch = writer.seal(vec![others, again]);
        let result = append(journal, &batch).await;
        assert!(matches!(result, Err(AppendError::Refused(_))), "{result:?}");
    }
    assert_eq!(journal.head("m").await.unwrap(), *first.next());
    assert_eq!(stored_outcome(journal, "shop", "accepted").await.as_ref(), Some(&first.outcomes[0]));
    assert_eq!(stored_outcome(journal, "shop", "rejected").await.as_ref(), Some(&first.outcomes[1]));
    assert_eq!(stored_outcome(journal, "shop", "other").await, None);
    assert_eq!(journal.subject_key("m", "c").await.unwrap(), None);
    assert_eq!(all_events(journal, "m").await.len(), 1);
    assert_clean(journal, "m", 1).await;
}

async fn an_idempotency_key_used_twice_in_one_batch_is_rejected(fixture: &mut impl Fixture) {
    let mut writer = TestWriter::new("m");
    let batch = writer.seal(vec![Command::events("a", 1).accepted("key"), Command::rejected("key")]);
    let result = append(fixture.journal(), &batch).await;
    assert!(matches!(result, Err(AppendError::Refused(_))), "{result:?}");
    assert_eq!(fixture.journal().head("m").await.unwrap(), writer.head);
    assert_eq!(stored_outcome(fixture.journal(), "shop", "key").await, None);
}

async fn outcomes_are_read_by_batch_and_ordinal(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    // The order of the keys differs from that of the outcomes.
    writer.write(journal, vec![Command::rejected("z"), Command::rejected("y")]).await;
    writer.write(journal, vec![Command::events("a", 1)]).await;
    writer
        .write(journal, vec![Command::rejected("x"), Command::events("a", 1), Command::rejected("w")])
        .await;
    let keys = async |from, to| {
        let outcomes = journal.outcomes("m", from, to).await.unwrap();
        outcomes.iter().map(|outcome| outcome.key.key.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(keys(1, 3).await, ["z", "y", "x", "w"]);
    assert_eq!(keys(1, 2).await, ["z", "y"]);
    assert_eq!(keys(3, u64::MAX).await, ["x", "w"]);
    assert_eq!(keys(2, 2).await, [""; 0]);
}

async fn only_rejections_before_the_time_are_pruned(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    writer.write(journal, vec![Command::events("a", 1).accepted("old acceptance").at(1)]).await;
    writer.write(journal, vec![Command::rejected("old rejection").at(2)]).await;
    writer.write(journal, vec![Command::rejected("rejection at that time").at(3)]).await;
    writer.write(journal, vec![Command::rejected("new rejection").at(4)]).await;
    let mut neighbour = TestWriter::new("n");
    neighbour.write(journal, vec![Command::rejected("old rejection").at(1)]).await;

    assert_eq!(journal.prune_refusals(3).await.unwrap(), 2, "prunes rejections of every merchant");
    for (key, stays) in [
        ("old acceptance", true),
        ("old rejection", false),
        ("rejection at that time", true),
        ("new rejection", true),
    ] {
        assert_eq!(stored_outcome(journal, "shop", key).await.is_some(), stays, "{key}");
    }
    assert_eq!(journal.prune_refusals(3).await.unwrap(), 0);
    assert_eq!(journal.prune_refusals(i64::MAX).await.unwrap(), 2);
    assert!(
        stored_outcome(journal, "shop", "old acceptance").await.is_some(),
        "acceptances are never pruned"
    );
    assert_eq!(journal.head("m").await.unwrap(), writer.head);
}

async fn verification_accepts_missing_rejections_only_before_the_given_time(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    writer.write(journal, vec![Command::events("a", 2).accepted("accepted").at(1)]).await;
    writer.write(journal, vec![Command::rejected("old").at(2)]).await;
    writer.write(journal, vec![Command::rejected("new").at(3)]).await;
    journal.prune_refusals(3).await.unwrap();

    let kept_since = async |time| verify(journal, "m", time, |_| {}).await.unwrap();
    assert!(kept_since(3).await.is_clean());
    assert!(kept_since(ALL_REFUSALS_PRUNABLE).await.is_clean());
    let verification = kept_since(2).await;
    assert_eq!(verification.findings.len(), 1, "{verification:?}");
    assert_eq!(verification.findings[0].position, 2);
    assert_eq!(verified(journal, "m").await, verification);
}

async fn rejections_of_a_batch_that_ends_after_the_time_are_not_pruned(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    // Verification knows only when the batch was sealed: pruning a part of it would look like damage.
    writer.write(journal, vec![Command::rejected("early").at(2), Command::rejected("late").at(4)]).await;
    assert_eq!(journal.prune_refusals(3).await.unwrap(), 0);
    assert!(verify(journal, "m", 3, |_| {}).await.unwrap().is_clean());
    assert_eq!(journal.prune_refusals(5).await.unwrap(), 2);
    assert!(verify(journal, "m", 5, |_| {}).await.unwrap().is_clean());
}

async fn a_pruned_idempotency_key_can_be_used_again(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writer = TestWriter::new("m");
    writer.write(journal, vec![Command::rejected("key").at(1)]).await;
    journal.prune_refusals(2).await.unwrap();
    let batch = writer.write(journal, vec![Command::events("a", 1).accepted("key").at(2)]).await;
    assert_eq!(stored_outcome(journal, "shop", "key").await.as_ref(), Some(&batch.outcomes[0]));
    assert!(verify(journal, "m", 2, |_| {}).await.unwrap().is_clean());
}
