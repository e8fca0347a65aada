//! Commands that belong together.

use std::sync::Arc;

use holdfast_journal::{Journal, MemoryJournal};

use super::events::{created, received};
use super::{Fixture, House, MERCHANT, append, append_with, for_every_store};
use crate::read_models::causation::CausationProjection;
use crate::runtime::apply::fold_into;
use crate::{Causation, CommandLink, CommandRange, Projection, RecordedEvent, Scope};

for_every_store! {
    commands_are_found_by_what_came_with_them,
    a_command_of_which_a_stream_was_parked_is_found_whole_once_that_is_folded,
}

fn span(first: u64, last: u64) -> CommandRange {
    CommandRange { last, first }
}

async fn found(house: &House, link: CommandLink<'_>, after: u64, most: usize) -> Vec<CommandRange> {
    Causation::new(&house.store).commands(MERCHANT, 1, link, after, most).await.unwrap()
}

async fn commands_are_found_by_what_came_with_them(fixture: &impl Fixture) {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let case = r#"{"command":"X","correlationId":"case 7","principal":"local"}"#;
    append_with(&*journal, vec![created(1, "A"), received(1, "A")], Some(case)).await;
    append(&*journal, vec![received(2, "A")]).await;
    append_with(&*journal, vec![received(3, "A")], Some(r#"{"causationId":"e-1"}"#)).await;
    let both = r#"{"correlationId":"case 7","causationId":"e-1"}"#;
    append_with(&*journal, vec![received(4, "A"), received(1, "B"), received(5, "A")], Some(both)).await;
    append_with(&*journal, vec![received(6, "A")], Some(r#"{"correlationId":"Case 7"}"#)).await;
    append_with(&*journal, vec![received(7, "A")], Some("not JSON")).await;
    let house = House::open(fixture, &journal).await;
    house.caught_up().await.unwrap();
    let case = CommandLink::Correlation("case 7");
    assert_eq!(found(&house, case, 0, 10).await, [span(1, 2), span(5, 7)]);
    assert_eq!(found(&house, case, 0, 1).await, [span(1, 2)]);
    assert_eq!(found(&house, case, 2, 10).await, [span(5, 7)]);
    assert_eq!(found(&house, case, 6, 10).await, [span(5, 7)], "it is not over at position 6");
    assert_eq!(found(&house, case, u64::MAX, 10).await, []);
    assert_eq!(found(&house, CommandLink::Causation("e-1"), 0, 10).await, [span(4, 4), span(5, 7)]);
    assert_eq!(found(&house, CommandLink::Causation("case 7"), 0, 10).await, []);
    assert_eq!(found(&house, CommandLink::Correlation("Case 7"), 0, 10).await, [span(8, 8)]);
    let ids: Vec<String> = (0..1_200).map(|number| format!("e-{number}")).collect();
    let mut following = Causation::new(&house.store).caused_by(MERCHANT, 1, &ids, 10).await.unwrap();
    following.sort_unstable();
    assert_eq!(following, [span(4, 4), span(5, 7)]);
    let one = Causation::new(&house.store).caused_by(MERCHANT, 1, &ids, 1).await.unwrap();
    assert_eq!(one.len(), 1);
    let state = house.projections.progress().state(Causation::NAME, MERCHANT);
    assert_eq!((state.position, state.folded, state.parked), (9, 9, 0), "every event was looked at");
    house.close().await;
}

/// An event of a command that ends at a position.
fn recorded(position: u64, version: u64, command_end: u64) -> RecordedEvent {
    let (stream, _, event) = received(version, "A");
    let metadata = Arc::from(*br#"{"correlationId":"case 7"}"#);
    RecordedEvent { position, version, command_end, recorded_at: 1, stream, event, metadata }
}

async fn a_command_of_which_a_stream_was_parked_is_found_whole_once_that_is_folded(fixture: &impl Fixture) {
    let store = fixture.open().await.unwrap();
    let mut connection = store.writer().await.unwrap();
    let scope = Scope { merchant: MERCHANT, generation: 1 };
    for (first, last) in [(6, 7), (9, 9), (30_000, 30_001)] {
        let events = vec![recorded(first, 2, last)];
        fold_into::<CausationProjection>(&mut connection, scope, events, &[]).await.unwrap();
    }
    let known = CausationProjection::load(&mut connection, scope, &[7, 30_001, 10, 50_000]).await.unwrap();
    let mut keys: Vec<u64> = known.keys().copied().collect();
    keys.sort_unstable();
    assert_eq!(keys, [7, 30_001], "what was not asked for is left out");
    // The first event of a stream that was parked until now.
    let events = vec![recorded(5, 1, 7)];
    fold_into::<CausationProjection>(&mut connection, scope, events, &[]).await.unwrap();
    drop(connection);
    let all = Causation::new(&store)
        .commands(MERCHANT, 1, CommandLink::Correlation("case 7"), 0, 10)
        .await
        .unwrap();
    assert_eq!(all, [span(5, 7), span(9, 9), span(30_000, 30_001)]);
    store.close().await;
}
