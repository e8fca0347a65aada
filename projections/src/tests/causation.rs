//! The read model `causation`.

use std::sync::Arc;

use holdfast_journal::Journal;
use holdfast_journal::test_support::MemoryJournal;

use super::events::{created, received};
use super::{Fixture, MERCHANT, TestNode, append, append_with, for_every_store};
use crate::read_models::causation::CausationProjection;
use crate::runtime::apply::apply;
use crate::runtime::projection::{Projection, RecordedEvent};
use crate::store::Scope;
use crate::{Causation, CommandLink, CommandRange};

for_every_store! {
    commands_are_found_by_correlation_and_causation_id,
    a_command_is_complete_after_a_retry_of_its_parked_stream,
}

fn range(first: u64, last: u64) -> CommandRange {
    CommandRange { last, first }
}

async fn found(node: &TestNode, link: CommandLink<'_>, after: u64, most: usize) -> Vec<CommandRange> {
    Causation::new(&node.store).commands(MERCHANT, 1, link, after, most).await.unwrap()
}

async fn commands_are_found_by_correlation_and_causation_id(fixture: &impl Fixture) {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let case = r#"{"command":"X","correlationId":"case 7","principal":"local"}"#;
    append_with(&*journal, vec![created(1, "A"), received(1, "A")], Some(case)).await;
    append(&*journal, vec![received(2, "A")]).await;
    append_with(&*journal, vec![received(3, "A")], Some(r#"{"causationId":"e-1"}"#)).await;
    let both = r#"{"correlationId":"case 7","causationId":"e-1"}"#;
    append_with(&*journal, vec![received(4, "A"), received(1, "B"), received(5, "A")], Some(both)).await;
    append_with(&*journal, vec![received(6, "A")], Some(r#"{"correlationId":"Case 7"}"#)).await;
    append_with(&*journal, vec![received(7, "A")], Some("not JSON")).await;
    let node = TestNode::open(fixture, &journal).await;
    node.wait_caught_up().await.unwrap();
    let case = CommandLink::Correlation("case 7");
    assert_eq!(found(&node, case, 0, 10).await, [range(1, 2), range(5, 7)]);
    assert_eq!(found(&node, case, 0, 1).await, [range(1, 2)]);
    assert_eq!(found(&node, case, 2, 10).await, [range(5, 7)]);
    assert_eq!(found(&node, case, 6, 10).await, [range(5, 7)], "the command ends after position 6");
    assert_eq!(found(&node, case, u64::MAX, 10).await, []);
    assert_eq!(found(&node, CommandLink::Causation("e-1"), 0, 10).await, [range(4, 4), range(5, 7)]);
    assert_eq!(found(&node, CommandLink::Causation("case 7"), 0, 10).await, []);
    assert_eq!(found(&node, CommandLink::Correlation("Case 7"), 0, 10).await, [range(8, 8)]);
    let ids: Vec<String> = (0..1_200).map(|number| format!("e-{number}")).collect();
    let mut following = Causation::new(&node.store).caused_by(MERCHANT, 1, &ids, 10).await.unwrap();
    following.sort_unstable();
    assert_eq!(following, [range(4, 4), range(5, 7)]);
    let one = Causation::new(&node.store).caused_by(MERCHANT, 1, &ids, 1).await.unwrap();
    assert_eq!(one.len(), 1);
    let state = node.projections.progress().state(Causation::NAME, MERCHANT);
    assert_eq!((state.position, state.folded, state.parked), (9, 9, 0), "every event counts as folded");
    node.close().await;
}

/// An event of a command with correlation ID `case 7`.
fn recorded(position: u64, version: u64, command_end: u64) -> RecordedEvent {
    let (stream, _, event) = received(version, "A");
    let metadata = Arc::from(*br#"{"correlationId":"case 7"}"#);
    RecordedEvent { position, version, command_end, recorded_at: 1, stream, event, metadata }
}

async fn a_command_is_complete_after_a_retry_of_its_parked_stream(fixture: &impl Fixture) {
    let store = fixture.open().await.unwrap();
    let mut connection = store.writer().await.unwrap();
    let scope = Scope { merchant: MERCHANT, generation: 1 };
    for (first, last) in [(6, 7), (9, 9), (30_000, 30_001)] {
        let events = vec![recorded(first, 2, last)];
        apply::<CausationProjection>(&mut connection.scoped(scope), events, &[]).await.unwrap();
    }
    let known =
        CausationProjection::load(&mut connection.scoped(scope), &[7, 30_001, 10, 50_000]).await.unwrap();
    let mut keys: Vec<u64> = known.keys().copied().collect();
    keys.sort_unstable();
    assert_eq!(keys, [7, 30_001], "only the requested keys");
    // A retry folds the first event of a stream that was parked.
    let events = vec![recorded(5, 1, 7)];
    apply::<CausationProjection>(&mut connection.scoped(scope), events, &[]).await.unwrap();
    drop(connection);
    let all = Causation::new(&store)
        .commands(MERCHANT, 1, CommandLink::Correlation("case 7"), 0, 10)
        .await
        .unwrap();
    assert_eq!(all, [range(5, 7), range(9, 9), range(30_000, 30_001)]);
    store.close().await;
}
