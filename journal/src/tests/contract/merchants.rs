//! Several merchants in one journal and in one append.

use super::{Fixture, for_every_journal};
use crate::tests::support::{
    Command, TestWriter, all_events, append, assert_clean, outcome_key, payloads, positions,
};
use crate::{AppendError, ClaimKey, LoadRequest};

for_every_journal!(
    positions_of_two_merchants_are_independent,
    every_merchant_has_its_own_keys_claims_and_streams,
    a_moved_head_does_not_affect_other_merchants,
    a_rejected_batch_does_not_affect_other_merchants,
    every_merchant_is_listed_in_order,
);

async fn positions_of_two_merchants_are_independent(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let (mut first, mut second) = (TestWriter::new("first"), TestWriter::new("second"));
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

async fn every_merchant_has_its_own_keys_claims_and_streams(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut request = LoadRequest::default();
    request.streams.push("order".into());
    request.claims.push(ClaimKey { kind: "order_ref", value: "1".into() });
    request.outcomes.push(outcome_key("shop", "key"));
    for (merchant, payload) in [("first", "x"), ("second", "y")] {
        let command = Command::with_events(&[("order", payload)])
            .accepted("key")
            .claim("order_ref", "1", "order")
            .create_key("order", payload.as_bytes());
        TestWriter::new(merchant).write(journal, vec![command]).await;
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

async fn a_moved_head_does_not_affect_other_merchants(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writers = ["first", "second", "third"].map(TestWriter::new);
    let stale = writers[1].seal(vec![Command::with_events(&[("a", "stale")])]);
    writers[1].write(journal, vec![Command::with_events(&[("a", "moved")])]).await;
    let first = writers[0].prepare(vec![Command::events("a", 1)]);
    let third = writers[2].prepare(vec![Command::events("a", 1)]);

    let results = journal.append(&[first, stale, third].into()).await;
    let moved = AppendError::HeadMoved(Box::new(writers[1].head));
    assert_eq!(results, [Ok(()), Err(moved), Ok(())]);
    for (merchant, writer) in ["first", "second", "third"].into_iter().zip(&writers) {
        assert_eq!(journal.head(merchant).await.unwrap(), writer.head);
        assert_clean(journal, merchant, 1).await;
    }
    assert_eq!(payloads(&all_events(journal, "second").await), ["moved"]);
}

async fn a_rejected_batch_does_not_affect_other_merchants(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut writers = ["first", "second", "third"].map(TestWriter::new);
    for writer in &mut writers {
        writer.write(journal, vec![Command::events("a", 1).accepted("key")]).await;
    }
    let first = writers[0].prepare(vec![Command::events("a", 1)]);
    let duplicate = writers[1].seal(vec![Command::events("a", 1), Command::events("b", 1).accepted("key")]);
    let third = writers[2].prepare(vec![Command::events("a", 1)]);

    let results = journal.append(&[first, duplicate, third].into()).await;
    assert!(matches!(results[..], [Ok(()), Err(AppendError::Refused(_)), Ok(())]), "{results:?}");
    assert_eq!(journal.head("second").await.unwrap(), writers[1].head);
    for (merchant, events) in [("first", 2), ("second", 1), ("third", 2)] {
        assert_clean(journal, merchant, events).await;
    }
}

async fn every_merchant_is_listed_in_order(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut heads = Vec::new();
    for merchant in ["", "a", "a b", "é", "日本"] {
        let mut writer = TestWriter::new(merchant);
        writer.write(journal, vec![Command::events("a", 1)]).await;
        heads.push((merchant.to_owned(), writer.head));
    }
    let empty = TestWriter::new("unknown").seal(vec![]);
    append(journal, &empty).await.unwrap();

    assert_eq!(journal.heads().await.unwrap(), heads);
    let merchants: Vec<String> = heads.into_iter().map(|(merchant, _)| merchant).collect();
    assert_eq!(journal.merchants().await.unwrap(), merchants);
}
