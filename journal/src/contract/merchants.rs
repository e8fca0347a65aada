//! Several merchants in one journal, and in one call.

use super::{Fixture, for_every_journal};
use crate::testing::{Command, Scribe, all_events, append, assert_clean, outcome_key, payloads, positions};
use crate::{AppendError, ClaimKey, LoadRequest};

for_every_journal!(
    two_merchants_positions_are_independent,
    the_same_keys_claims_and_streams_are_free_for_every_merchant,
    one_merchants_moved_head_leaves_the_others_alone,
    one_merchants_refused_batch_leaves_the_others_alone,
    every_merchant_is_listed_in_order,
);

async fn two_merchants_positions_are_independent(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let (mut first, mut second) = (Scribe::of("first"), Scribe::of("second"));
    for _ in 0..3 {
        let batches =
            [first.prepare(vec![Command::events("a", 2)]), second.prepare(vec![Command::events("a", 1)])];
        assert_eq!(journal.append(&batches.into()).await, [Ok(()), Ok(())]);
    }
    assert_eq!(positions(&all_events(journal, "first").await), [1, 2, 3, 4, 5, 6]);
    assert_eq!(positions(&all_events(journal, "second").await), [1, 2, 3]);
    assert_clean(journal, "first", 6).await;
    assert_clean(journal, "second", 3).await;
}

async fn the_same_keys_claims_and_streams_are_free_for_every_merchant(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut request = LoadRequest::default();
    request.streams.push("order".into());
    request.claims.push(ClaimKey { kind: "order_ref", value: "1".into() });
    request.outcomes.push(outcome_key("shop", "key"));
    for (merchant, payload) in [("first", "x"), ("second", "y")] {
        let command = Command::recording(&[("order", payload)])
            .granted("key")
            .claiming("order_ref", "1", "order")
            .keeping("order", payload.as_bytes());
        Scribe::of(merchant).write(journal, vec![command]).await;
    }
    for (merchant, payload) in [("first", "x"), ("second", "y")] {
        let loaded = journal.load(merchant, &request).await.unwrap();
        assert_eq!(payloads(&loaded.streams[0].as_ref().unwrap().events), [payload]);
        assert_eq!(loaded.claims, [Some("order".into())]);
        assert!(loaded.outcomes[0].is_some());
        let key = journal.subject_key(merchant, "order").await.unwrap();
        assert_eq!(key.as_deref(), Some(payload.as_bytes()));
    }
    assert_eq!(journal.load("third", &request).await.unwrap().streams, [None]);
    assert_eq!(journal.subject_key("third", "order").await.unwrap(), None);
}

async fn one_merchants_moved_head_leaves_the_others_alone(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribes = ["first", "second", "third"].map(Scribe::of);
    let stale = scribes[1].seal(vec![Command::recording(&[("a", "stale")])]);
    scribes[1].write(journal, vec![Command::recording(&[("a", "moved")])]).await;
    let first = scribes[0].prepare(vec![Command::events("a", 1)]);
    let third = scribes[2].prepare(vec![Command::events("a", 1)]);

    let results = journal.append(&[first, stale, third].into()).await;
    let moved = AppendError::HeadMoved(Box::new(scribes[1].head));
    assert_eq!(results, [Ok(()), Err(moved), Ok(())]);
    for (merchant, scribe) in ["first", "second", "third"].into_iter().zip(&scribes) {
        assert_eq!(journal.head(merchant).await.unwrap(), scribe.head);
        assert_clean(journal, merchant, 1).await;
    }
    assert_eq!(payloads(&all_events(journal, "second").await), ["moved"]);
}

async fn one_merchants_refused_batch_leaves_the_others_alone(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribes = ["first", "second", "third"].map(Scribe::of);
    for scribe in &mut scribes {
        scribe.write(journal, vec![Command::events("a", 1).granted("key")]).await;
    }
    let first = scribes[0].prepare(vec![Command::events("a", 1)]);
    let duplicate = scribes[1].seal(vec![Command::events("a", 1), Command::events("b", 1).granted("key")]);
    let third = scribes[2].prepare(vec![Command::events("a", 1)]);

    let results = journal.append(&[first, duplicate, third].into()).await;
    assert!(matches!(results[..], [Ok(()), Err(AppendError::Refused(_)), Ok(())]), "{results:?}");
    assert_eq!(journal.head("second").await.unwrap(), scribes[1].head);
    for (merchant, events) in [("first", 2), ("second", 1), ("third", 2)] {
        assert_clean(journal, merchant, events).await;
    }
}

async fn every_merchant_is_listed_in_order(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut heads = Vec::new();
    for merchant in ["", "a", "a b", "é", "日本"] {
        let mut scribe = Scribe::of(merchant);
        scribe.write(journal, vec![Command::events("a", 1)]).await;
        heads.push((merchant.to_owned(), scribe.head));
    }
    let empty = Scribe::of("nobody").seal(vec![]);
    append(journal, &empty).await.unwrap();

    assert_eq!(journal.heads().await.unwrap(), heads);
    let merchants: Vec<String> = heads.into_iter().map(|(merchant, _)| merchant).collect();
    assert_eq!(journal.merchants().await.unwrap(), merchants);
}
