//! Outcomes: what was answered is answered again.

use super::{Fixture, for_every_journal};
use crate::testing::{
    Command, KEEP_NO_REFUSALS, Scribe, all_events, append, assert_clean, outcome_key, verified,
};
use crate::{AppendError, Journal, LoadRequest, Outcome, OutcomeKind, verify};

for_every_journal!(
    a_grant_is_replayed_exactly_as_it_was_stored,
    a_refusal_is_replayed_exactly_as_it_was_stored,
    outcomes_of_other_senders_and_other_keys_are_not_found,
    a_key_that_was_answered_before_is_refused_and_nothing_is_written,
    a_key_that_is_answered_twice_in_one_batch_is_refused,
    outcomes_are_read_by_batch_and_ordinal,
    only_refusals_older_than_the_time_are_pruned,
    pruned_refusals_may_be_missing_only_when_that_is_said,
    a_batch_that_lasted_beyond_the_time_keeps_its_refusals,
    a_pruned_key_can_be_used_again,
);

async fn replayed(journal: &dyn Journal, sender: &str, key: &str) -> Option<Outcome> {
    let request = LoadRequest { outcomes: vec![outcome_key(sender, key)], ..LoadRequest::default() };
    journal.load("m", &request).await.unwrap().outcomes.remove(0)
}

async fn a_grant_is_replayed_exactly_as_it_was_stored(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    scribe.write(journal, vec![Command::events("a", 3)]).await;
    let answer = "{\"status\":201,\"text\":\"späť\\u0000\"}";
    let batch = scribe
        .write(
            journal,
            vec![
                Command::events("a", 1).at(7),
                Command::events("b", 2).outcome("shop", "key", OutcomeKind::Created, answer).at(8),
            ],
        )
        .await;
    fixture.reopen().await;

    let stored = replayed(fixture.journal(), "shop", "key").await.unwrap();
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

async fn a_refusal_is_replayed_exactly_as_it_was_stored(fixture: &mut impl Fixture) {
    let mut scribe = Scribe::of("m");
    let commands = vec![
        Command::events("a", 2),
        Command::default().outcome("shop", "key", OutcomeKind::Refused, "").at(3),
    ];
    let batch = scribe.write(fixture.journal(), commands).await;
    fixture.reopen().await;

    let stored = replayed(fixture.journal(), "shop", "key").await.unwrap();
    assert_eq!(stored, batch.outcomes[0]);
    assert_eq!((stored.kind, stored.answer.len()), (OutcomeKind::Refused, 0));
    assert_eq!((stored.first_position, stored.last_position), (3, 2), "it has no events");
}

async fn outcomes_of_other_senders_and_other_keys_are_not_found(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    let command = |sender, answer| Command::events("a", 1).outcome(sender, "key", OutcomeKind::Done, answer);
    scribe.write(journal, vec![command("shop", "to the shop")]).await;
    assert_eq!(replayed(journal, "warehouse", "key").await, None);
    assert_eq!(replayed(journal, "shop", "KEY").await, None);
    assert_eq!(replayed(journal, "key", "shop").await, None);

    scribe.write(journal, vec![command("warehouse", "to the warehouse")]).await;
    assert_eq!(replayed(journal, "shop", "key").await.unwrap().answer, b"to the shop");
    assert_eq!(replayed(journal, "warehouse", "key").await.unwrap().answer, b"to the warehouse");
}

async fn a_key_that_was_answered_before_is_refused_and_nothing_is_written(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    let first = scribe
        .write(journal, vec![Command::events("a", 1).granted("granted"), Command::refused("refused")])
        .await;
    for key in ["granted", "refused"] {
        let again = Command::events("b", 1).outcome("shop", key, OutcomeKind::Done, "again");
        let others =
            Command::events("c", 1).granted("other").claiming("order_ref", "1", "c").keeping("c", b"k");
        let batch = scribe.seal(vec![others, again]);
        let result = append(journal, &batch).await;
        assert!(matches!(result, Err(AppendError::Refused(_))), "{result:?}");
    }
    assert_eq!(journal.head("m").await.unwrap(), *first.next());
    assert_eq!(replayed(journal, "shop", "granted").await.as_ref(), Some(&first.outcomes[0]));
    assert_eq!(replayed(journal, "shop", "refused").await.as_ref(), Some(&first.outcomes[1]));
    assert_eq!(replayed(journal, "shop", "other").await, None);
    assert_eq!(journal.subject_key("m", "c").await.unwrap(), None);
    assert_eq!(all_events(journal, "m").await.len(), 1);
    assert_clean(journal, "m", 1).await;
}

async fn a_key_that_is_answered_twice_in_one_batch_is_refused(fixture: &mut impl Fixture) {
    let mut scribe = Scribe::of("m");
    let batch = scribe.seal(vec![Command::events("a", 1).granted("key"), Command::refused("key")]);
    let result = append(fixture.journal(), &batch).await;
    assert!(matches!(result, Err(AppendError::Refused(_))), "{result:?}");
    assert_eq!(fixture.journal().head("m").await.unwrap(), scribe.head);
    assert_eq!(replayed(fixture.journal(), "shop", "key").await, None);
}

async fn outcomes_are_read_by_batch_and_ordinal(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    // The keys' order is not that of the outcomes.
    scribe.write(journal, vec![Command::refused("z"), Command::refused("y")]).await;
    scribe.write(journal, vec![Command::events("a", 1)]).await;
    scribe.write(journal, vec![Command::refused("x"), Command::events("a", 1), Command::refused("w")]).await;
    let keys = async |from, to| {
        let outcomes = journal.outcomes("m", from, to).await.unwrap();
        outcomes.iter().map(|outcome| outcome.key.key.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(keys(1, 3).await, ["z", "y", "x", "w"]);
    assert_eq!(keys(1, 2).await, ["z", "y"]);
    assert_eq!(keys(3, u64::MAX).await, ["x", "w"]);
    assert_eq!(keys(2, 2).await, [""; 0]);
}

async fn only_refusals_older_than_the_time_are_pruned(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    scribe.write(journal, vec![Command::events("a", 1).granted("old grant").at(1)]).await;
    scribe.write(journal, vec![Command::refused("old refusal").at(2)]).await;
    scribe.write(journal, vec![Command::refused("refusal of that time").at(3)]).await;
    scribe.write(journal, vec![Command::refused("new refusal").at(4)]).await;
    let mut neighbour = Scribe::of("n");
    neighbour.write(journal, vec![Command::refused("old refusal").at(1)]).await;

    assert_eq!(journal.prune_refusals(3).await.unwrap(), 2, "of every merchant");
    for (key, stays) in
        [("old grant", true), ("old refusal", false), ("refusal of that time", true), ("new refusal", true)]
    {
        assert_eq!(replayed(journal, "shop", key).await.is_some(), stays, "{key}");
    }
    assert_eq!(journal.prune_refusals(3).await.unwrap(), 0);
    assert_eq!(journal.prune_refusals(i64::MAX).await.unwrap(), 2);
    assert!(replayed(journal, "shop", "old grant").await.is_some(), "a grant is kept for ever");
    assert_eq!(journal.head("m").await.unwrap(), scribe.head);
}

async fn pruned_refusals_may_be_missing_only_when_that_is_said(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    scribe.write(journal, vec![Command::events("a", 2).granted("grant").at(1)]).await;
    scribe.write(journal, vec![Command::refused("old").at(2)]).await;
    scribe.write(journal, vec![Command::refused("new").at(3)]).await;
    journal.prune_refusals(3).await.unwrap();

    let kept_since = async |time| verify(journal, "m", time, |_| {}).await.unwrap();
    assert!(kept_since(3).await.is_clean());
    assert!(kept_since(KEEP_NO_REFUSALS).await.is_clean());
    let verification = kept_since(2).await;
    assert_eq!(verification.findings.len(), 1, "{verification:?}");
    assert_eq!(verification.findings[0].position, 2);
    assert_eq!(verified(journal, "m").await, verification);
}

async fn a_batch_that_lasted_beyond_the_time_keeps_its_refusals(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    // Pruning within a batch would look like tampering: a batch's row says when it was sealed, no more.
    scribe.write(journal, vec![Command::refused("early").at(2), Command::refused("late").at(4)]).await;
    assert_eq!(journal.prune_refusals(3).await.unwrap(), 0);
    assert!(verify(journal, "m", 3, |_| {}).await.unwrap().is_clean());
    assert_eq!(journal.prune_refusals(5).await.unwrap(), 2);
    assert!(verify(journal, "m", 5, |_| {}).await.unwrap().is_clean());
}

async fn a_pruned_key_can_be_used_again(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    scribe.write(journal, vec![Command::refused("key").at(1)]).await;
    journal.prune_refusals(2).await.unwrap();
    let batch = scribe.write(journal, vec![Command::events("a", 1).granted("key").at(2)]).await;
    assert_eq!(replayed(journal, "shop", "key").await.as_ref(), Some(&batch.outcomes[0]));
    assert!(verify(journal, "m", 2, |_| {}).await.unwrap().is_clean());
}
