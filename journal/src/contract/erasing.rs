//! Personal data: sealed in the events, under keys that can be destroyed.

use super::{Fixture, for_every_journal};
use crate::testing::{Command, Scribe, all_events, append, assert_clean, verified};
use crate::{Batch, CommandRecord, Journal, SubjectKey};

for_every_journal!(
    a_subjects_key_is_kept_with_what_it_sealed,
    erasing_destroys_the_key_and_leaves_all_proofs,
    erasing_what_has_no_key_is_no_error,
    a_key_made_after_an_erasure_in_one_batch_stays,
    a_key_erased_in_the_batch_that_makes_it_is_gone,
    erasing_without_an_event_is_done_all_the_same,
    a_batch_that_fails_erases_nothing,
    a_key_is_not_shown_in_debug_output,
);

async fn key(journal: &dyn Journal, subject: &str) -> Option<Vec<u8>> {
    journal.subject_key("m", subject).await.unwrap()
}

fn created(order: &str) -> Command {
    Command::default()
        .sealed_event(order, "{}", b"\x01ciphertext\x00\xff")
        .keeping(order, b"\x00wrapped\xff")
        .granted(order)
}

async fn a_subjects_key_is_kept_with_what_it_sealed(fixture: &mut impl Fixture) {
    let mut scribe = Scribe::of("m");
    scribe.write(fixture.journal(), vec![created("order-1"), Command::events("order-2", 1)]).await;
    fixture.reopen().await;
    let events = all_events(fixture.journal(), "m").await;
    assert_eq!(events[0].sealed.as_deref(), Some(&b"\x01ciphertext\x00\xff"[..]));
    assert_eq!(events[1].sealed, None);
    assert_eq!(key(fixture.journal(), "order-1").await.as_deref(), Some(&b"\x00wrapped\xff"[..]));
    assert_eq!(key(fixture.journal(), "order-2").await, None);
}

async fn erasing_destroys_the_key_and_leaves_all_proofs(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    scribe.write(journal, vec![created("order-1"), created("order-2")]).await;
    let before = all_events(journal, "m").await;
    let erased = Command::recording(&[("order-1", "erased")]).erasing("order-1").granted("erase");
    scribe.write(journal, vec![erased]).await;

    assert_eq!(key(journal, "order-1").await, None);
    assert!(key(journal, "order-2").await.is_some());
    assert_eq!(all_events(journal, "m").await[..2], before, "the events stay, sealed as they are");
    assert_clean(journal, "m", 3).await;
    fixture.reopen().await;
    assert_eq!(key(fixture.journal(), "order-1").await, None);
    assert_clean(fixture.journal(), "m", 3).await;
}

async fn erasing_what_has_no_key_is_no_error(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    for _ in 0..2 {
        scribe.write(journal, vec![Command::events("order-1", 1).erasing("order-1").erasing("nobody")]).await;
    }
    assert_eq!(key(journal, "order-1").await, None);
}

async fn a_key_made_after_an_erasure_in_one_batch_stays(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    scribe.write(journal, vec![Command::events("old", 1).keeping("old", b"first")]).await;
    let anew = |order, new_key: &[u8]| {
        vec![Command::events(order, 1).erasing(order), Command::events(order, 1).keeping(order, new_key)]
    };
    scribe.write(journal, [anew("old", b"second"), anew("new", b"only")].concat()).await;
    assert_eq!(key(journal, "old").await.as_deref(), Some(&b"second"[..]));
    assert_eq!(key(journal, "new").await.as_deref(), Some(&b"only"[..]));
}

async fn a_key_erased_in_the_batch_that_makes_it_is_gone(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    scribe.write(journal, vec![created("order-1"), Command::events("order-1", 1).erasing("order-1")]).await;
    assert_eq!(key(journal, "order-1").await, None);
    assert_clean(journal, "m", 2).await;
}

async fn erasing_without_an_event_is_done_all_the_same(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    scribe.write(journal, vec![created("order-1")]).await;
    let batch = scribe.write(journal, vec![Command::default().erasing("order-1")]).await;
    assert!(batch.identity().is_some(), "it leaves something");
    assert_eq!(key(journal, "order-1").await, None);
    assert_eq!(verified(journal, "m").await.batches, 2);
    assert_clean(journal, "m", 1).await;
}

async fn a_batch_that_fails_erases_nothing(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    let mut scribe = Scribe::of("m");
    let stale =
        scribe.seal(vec![Command::events("order-2", 1).erasing("order-1").keeping("order-2", b"key")]);
    scribe.write(journal, vec![created("order-1")]).await;
    let refused = scribe.seal(vec![Command::events("order-1", 1).erasing("order-1").granted("order-1")]);
    for batch in [stale, refused] {
        assert!(append(journal, &batch).await.is_err());
    }
    assert!(key(journal, "order-1").await.is_some());
    assert_eq!(key(journal, "order-2").await, None);
}

#[allow(clippy::unused_async, reason = "as every case")]
async fn a_key_is_not_shown_in_debug_output(_: &mut impl Fixture) {
    let subject_keys = vec![SubjectKey { subject: "order-1".into(), key: b"secret".to_vec() }];
    let record = CommandRecord { subject_keys, ..CommandRecord::default() };
    let bytes = format!("{:?}", b"secret");
    assert!(!format!("{record:?}").contains(bytes.trim_matches(['[', ']'])));
    let batch = Batch::seal("m".into(), [1; 16], crate::Head::default(), vec![record]);
    assert!(!format!("{batch:?}").contains(bytes.trim_matches(['[', ']'])));
}
