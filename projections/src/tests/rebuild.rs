//! Rebuilds next to the serving generation: activation, comparison, rollback and deletion.

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::OrderId;
use holdfast_journal::Journal;
use holdfast_journal::test_support::MemoryJournal;
use serde_json::json;

use super::events::{created, delivered, received, sku};
use super::{Fixture, MERCHANT, TIMEOUT, TestNode, append, for_every_store};
use crate::runtime::generation::GenerationState::{Serving, Standby};
use crate::runtime::generation::{self, Generation, GenerationState};
use crate::store::Statement;
use crate::{Availability, AvailabilityFilter, OrderFilter, Orders, ViewError, ViewStore};

for_every_store! {
    a_rebuild_replaces_the_serving_generation_while_events_arrive,
    an_interrupted_build_is_completed_after_a_restart,
    a_rollback_activates_the_standby_generation,
    a_comparison_finds_wrong_rows_and_a_differing_generation_does_not_serve,
    a_check_of_correct_rows_finds_no_problem,
    an_unused_generation_is_deleted_with_its_rows,
    projections_are_rebuilt_in_parallel_and_each_only_once,
    a_generation_of_an_older_version_becomes_a_standby,
    the_rows_do_not_depend_on_the_batch_size,
    a_rollback_activates_the_generation_that_served_last,
    generation_numbers_are_never_reused,
    a_compared_rebuild_does_not_join_a_build_without_comparison,
}

fn journal() -> Arc<dyn Journal> {
    Arc::new(MemoryJournal::new())
}

/// Waits until the generations of a projection satisfy a condition.
pub(super) async fn wait_until(
    node: &TestNode,
    name: &str,
    condition: impl Fn(&[Generation]) -> bool,
) -> Vec<Generation> {
    let condition_met = async {
        loop {
            let all = node.projections.progress().generations(name);
            if condition(&all) {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(TIMEOUT, condition_met).await.unwrap_or_else(|_| {
        panic!("the condition was not met: {:?}", node.projections.progress().generations(name))
    })
}

fn states(all: &[Generation]) -> Vec<(i64, GenerationState)> {
    all.iter().map(|known| (known.number, known.state)).collect()
}

/// Waits until queries of this node read a generation.
async fn wait_for_generation(node: &TestNode, name: &'static str, number: i64) {
    let condition_met = async {
        while node.projections.progress().generation(name) != Some(number) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(TIMEOUT, condition_met).await.unwrap();
}

async fn available(node: &TestNode) -> u64 {
    let generation = node.projections.progress().generation(Availability::NAME).unwrap();
    let view = Availability::new(&node.store)
        .get(MERCHANT, generation, &[sku("A")], &AvailabilityFilter::default())
        .await
        .unwrap();
    view[0].available.number()
}

async fn sql(store: &ViewStore, text: &'static str) -> u64 {
    store.writer().await.unwrap().execute(Statement::new(text)).await.unwrap()
}

async fn a_rebuild_replaces_the_serving_generation_while_events_arrive(fixture: &impl Fixture) {
    let node = TestNode::open(fixture, &journal()).await;
    for round in 1..=30 {
        node.append(vec![received(round, "A"), created(round.into(), "A")]).await;
    }
    node.wait_caught_up().await.unwrap();
    let number = node.manager(Availability::NAME).rebuild(false).await.unwrap();
    assert_eq!(number, 2);
    let mut seen = 0;
    for round in 31..=60 {
        node.append(vec![received(round, "A")]).await;
        node.wait_caught_up().await.unwrap();
        let now = available(&node).await;
        assert_eq!(now, 5 * round, "an answer includes the position that was waited for");
        assert!(now >= seen);
        seen = now;
    }
    wait_until(&node, Availability::NAME, |all| states(all) == [(1, Standby), (2, Serving)]).await;
    wait_for_generation(&node, Availability::NAME, 2).await;
    node.append(vec![received(61, "A")]).await;
    node.wait_caught_up().await.unwrap();
    assert_eq!(available(&node).await, 5 * 61);
    let state = node.projections.progress().state(Availability::NAME, MERCHANT);
    assert_eq!((state.generation, state.folded, state.parked), (2, 91, 0));
    assert_eq!(states(&node.projections.progress().generations(Orders::NAME)), [(1, Serving)]);
    node.close().await;
}

async fn an_interrupted_build_is_completed_after_a_restart(fixture: &impl Fixture) {
    let journal = journal();
    let node = TestNode::open(fixture, &journal).await;
    for round in 1..=5 {
        node.append(vec![received(round, "A")]).await;
    }
    node.wait_caught_up().await.unwrap();
    node.close().await;
    // As after a crash: the build has started, and no node works on it.
    let store = fixture.open().await.unwrap();
    let mut transaction = store.begin().await.unwrap();
    let all = generation::read_all(&mut transaction, Availability::NAME).await.unwrap();
    let version = all[0].version;
    let building = GenerationState::Building;
    generation::insert(&mut transaction, Availability::NAME, version, building, false, &all).await.unwrap();
    transaction.commit().await.unwrap();
    store.close().await;

    let node = TestNode::open(fixture, &journal).await;
    assert_eq!(available(&node).await, 25, "the serving generation answers during the build");
    wait_until(&node, Availability::NAME, |all| all.len() == 2 && all[1].state == Serving).await;
    wait_for_generation(&node, Availability::NAME, 2).await;
    assert_eq!(available(&node).await, 25);
    node.close().await;
}

async fn a_rollback_activates_the_standby_generation(fixture: &impl Fixture) {
    let node = TestNode::open(fixture, &journal()).await;
    node.append(vec![received(1, "A")]).await;
    let manager = node.manager(Availability::NAME);
    assert!(
        matches!(manager.roll_back(1).await, Err(ViewError::InvalidGeneration(_))),
        "no standby generation"
    );
    manager.rebuild(false).await.unwrap();
    wait_for_generation(&node, Availability::NAME, 2).await;
    node.append(vec![received(2, "A")]).await;
    assert_eq!(manager.roll_back(2).await.unwrap(), 1);
    assert!(
        matches!(manager.roll_back(2).await, Err(ViewError::InvalidGeneration(_))),
        "the generation does not serve any more"
    );
    wait_for_generation(&node, Availability::NAME, 1).await;
    node.append(vec![received(3, "A")]).await;
    node.wait_caught_up().await.unwrap();
    assert_eq!(available(&node).await, 15);
    wait_until(&node, Availability::NAME, |all| states(all) == [(1, Serving), (2, Standby)]).await;
    node.close().await;
}

async fn a_comparison_finds_wrong_rows_and_a_differing_generation_does_not_serve(fixture: &impl Fixture) {
    let node = TestNode::open(fixture, &journal()).await;
    for number in 1..=12 {
        node.append(vec![created(number, "A")]).await;
    }
    node.wait_caught_up().await.unwrap();
    // As a faulty fold would have written them.
    let changed = "UPDATE order_status SET channel = 'elsewhere' WHERE first_position IN (3, 7)";
    assert_eq!(sql(&node.store, changed).await, 2);
    assert_eq!(sql(&node.store, "DELETE FROM order_term WHERE first_position = 5 AND kind = 'sku'").await, 1);
    let manager = node.manager(Orders::NAME);
    let check = manager.check().await.unwrap();
    let is_done =
        |all: &[Generation]| all.iter().any(|known| known.number == check && known.problem.is_some());
    let all = wait_until(&node, Orders::NAME, is_done).await;
    let found = all.iter().find(|known| known.number == check).unwrap();
    assert_eq!(found.state, GenerationState::Dropping, "a checked generation is deleted");
    let problem = found.problem.as_deref().unwrap();
    assert!(problem.starts_with("3 of ") && problem.contains("differs in channel"), "{problem}");
    assert!(problem.contains("order_term sku A 5 is missing in the serving generation"), "{problem}");

    let build = manager.rebuild(true).await.unwrap();
    let differs = |all: &[Generation]| {
        all.iter().any(|known| known.number == build && known.state == GenerationState::Differs)
    };
    wait_until(&node, Orders::NAME, differs).await;
    assert_eq!(
        node.projections.progress().generation(Orders::NAME),
        Some(1),
        "queries do not read a differing generation"
    );
    let unconditional = manager.rebuild(false).await.unwrap();
    wait_for_generation(&node, Orders::NAME, unconditional).await;
    node.close().await;
}

async fn a_check_of_correct_rows_finds_no_problem(fixture: &impl Fixture) {
    let node = TestNode::open(fixture, &journal()).await;
    for number in 1..=12 {
        node.append(vec![created(number, "A"), received(number as u64, "A")]).await;
    }
    node.wait_caught_up().await.unwrap();
    for name in [Orders::NAME, Availability::NAME] {
        let check = node.manager(name).check().await.unwrap();
        let is_done = |all: &[Generation]| {
            all.iter().any(|known| known.number == check && known.state == GenerationState::Dropping)
        };
        let all = wait_until(&node, name, is_done).await;
        let found = all.iter().find(|known| known.number == check).unwrap();
        assert_eq!(found.problem, None);
        assert!(found.compared_rows.unwrap() > 0, "{found:?}");
        assert_eq!(node.projections.progress().generation(name), Some(1));
    }
    node.close().await;
}

async fn an_unused_generation_is_deleted_with_its_rows(fixture: &impl Fixture) {
    let node = TestNode::open(fixture, &journal()).await;
    for number in 1..=12 {
        node.append(vec![created(number, "A")]).await;
    }
    node.wait_caught_up().await.unwrap();
    let manager = node.manager(Orders::NAME);
    manager.rebuild(false).await.unwrap();
    wait_for_generation(&node, Orders::NAME, 2).await;
    let rejected = manager.remove(2).await;
    assert!(matches!(rejected, Err(ViewError::InvalidGeneration(_))), "the generation serves");
    assert!(matches!(manager.remove(9).await, Err(ViewError::InvalidGeneration(_))), "an unknown generation");
    // No node has read it for a long time, and the deletion delay has passed.
    sql(&node.store, "UPDATE generation SET last_used_at = 0, state_since = 0 WHERE generation = 1").await;
    manager.remove(1).await.unwrap();
    sql(&node.store, "UPDATE generation SET state_since = 0 WHERE generation = 1").await;
    wait_until(&node, Orders::NAME, |all| states(all) == [(2, Serving)]).await;
    for table in [
        "SELECT merchant FROM order_status WHERE generation = 1",
        "SELECT merchant FROM order_term WHERE generation = 1",
        "SELECT merchant FROM checkpoint WHERE generation = 1 AND projection = 'order_status'",
    ] {
        let rows = node.store.reader().await.unwrap().fetch(Statement::new(table)).await.unwrap();
        assert_eq!(rows.len(), 0, "{table}");
    }
    node.close().await;
}

async fn projections_are_rebuilt_in_parallel_and_each_only_once(fixture: &impl Fixture) {
    let journal = journal();
    for number in 1..=20 {
        append(&*journal, vec![created(number, "A"), received(number as u64, "A")]).await;
    }
    let node = TestNode::open(fixture, &journal).await;
    let (orders, stock) = (node.manager(Orders::NAME), node.manager(Availability::NAME));
    let (one, again, other) =
        tokio::join!(orders.rebuild(false), orders.rebuild(false), stock.rebuild(false));
    assert_eq!((one.unwrap(), again.unwrap(), other.unwrap()), (2, 2, 2));
    wait_for_generation(&node, Orders::NAME, 2).await;
    wait_for_generation(&node, Availability::NAME, 2).await;
    node.close().await;
}

async fn the_rows_do_not_depend_on_the_batch_size(fixture: &impl Fixture) {
    let node = TestNode::open(fixture, &journal()).await;
    for event in delivered(1, "A").into_iter().take(3) {
        node.append(vec![event]).await;
        node.wait_caught_up().await.unwrap();
    }
    let id = uuid::Uuid::from_u128(1);
    let moved =
        json!({ "fulfillmentOrderId": format!("{id}.f1"), "from": "DC-2", "to": "DC-3", "lines": [] });
    let stream = StreamId::Order(OrderId::new(id));
    let payload = moved.to_string();
    let event = DomainEvent::decode(&stream, "FulfillmentOrderMoved", 1, payload.as_bytes()).unwrap();
    node.append(vec![(stream, 4, event)]).await;
    node.wait_caught_up().await.unwrap();
    let manager = node.manager(Orders::NAME);
    let build = manager.rebuild(true).await.unwrap();
    let is_built = |all: &[Generation]| {
        all.iter().any(|known| known.number == build && known.state != GenerationState::Building)
    };
    let all = wait_until(&node, Orders::NAME, is_built).await;
    assert_eq!(all.iter().find(|known| known.number == build).unwrap().problem, None);
    wait_for_generation(&node, Orders::NAME, build).await;
    for location in ["DC-2", "DC-3"] {
        let filter = OrderFilter { location: Some(location.parse().unwrap()), ..OrderFilter::default() };
        let found = Orders::new(&node.store).list(MERCHANT, build, &filter, None, 10).await.unwrap();
        assert_eq!(found.items.len(), 1, "{location}");
    }
    node.close().await;
}

async fn a_rollback_activates_the_generation_that_served_last(fixture: &impl Fixture) {
    let node = TestNode::open(fixture, &journal()).await;
    node.append(vec![received(1, "A")]).await;
    let manager = node.manager(Availability::NAME);
    manager.rebuild(false).await.unwrap();
    wait_for_generation(&node, Availability::NAME, 2).await;
    assert_eq!(manager.roll_back(2).await.unwrap(), 1);
    wait_for_generation(&node, Availability::NAME, 1).await;
    manager.rebuild(false).await.unwrap();
    wait_for_generation(&node, Availability::NAME, 3).await;
    assert_eq!(manager.roll_back(3).await.unwrap(), 1, "not the one that was rolled back from");
    node.close().await;
}

async fn generation_numbers_are_never_reused(fixture: &impl Fixture) {
    let node = TestNode::open(fixture, &journal()).await;
    node.append(vec![received(1, "A")]).await;
    node.wait_caught_up().await.unwrap();
    let manager = node.manager(Availability::NAME);
    for expected in [2, 3] {
        assert_eq!(manager.check().await.unwrap(), expected);
        let is_over = |all: &[Generation]| {
            all.iter().any(|known| known.number == expected && known.state == GenerationState::Dropping)
        };
        wait_until(&node, Availability::NAME, is_over).await;
        sql(&node.store, "UPDATE generation SET state_since = 0 WHERE state = 'dropping'").await;
        wait_until(&node, Availability::NAME, |all| states(all) == [(1, Serving)]).await;
    }
    node.close().await;
}

async fn a_compared_rebuild_does_not_join_a_build_without_comparison(fixture: &impl Fixture) {
    let store = fixture.open().await.unwrap();
    let node = TestNode::with_store(store, &journal(), "the only node").await;
    let mut transaction = node.store.begin().await.unwrap();
    let all = generation::read_all(&mut transaction, Availability::NAME).await.unwrap();
    let (version, building) = (all[0].version, GenerationState::Building);
    generation::insert(&mut transaction, Availability::NAME, version, building, false, &all).await.unwrap();
    transaction.commit().await.unwrap();
    let manager = node.manager(Availability::NAME);
    match manager.rebuild(true).await {
        Err(ViewError::InvalidGeneration(why)) => assert!(why.contains("is not compared"), "{why}"),
        // The build has completed meanwhile.
        Ok(number) => assert_eq!(number, 3),
        Err(other) => panic!("{other}"),
    }
    node.close().await;
}

async fn a_generation_of_an_older_version_becomes_a_standby(fixture: &impl Fixture) {
    let store = fixture.open().await.unwrap();
    // As created by nodes of a newer version.
    let newer =
        "INSERT INTO generation (projection, generation, version, state, must_match, started_at, state_since)
                 VALUES ('availability', 1, 99, 'serving', FALSE, 0, 0)";
    assert_eq!(sql(&store, newer).await, 1);
    let node = TestNode::with_store(store, &journal(), "an older node").await;
    node.append(vec![received(1, "A")]).await;
    wait_for_generation(&node, Availability::NAME, 2).await;
    node.append(vec![received(2, "A")]).await;
    node.wait_caught_up().await.unwrap();
    assert_eq!(available(&node).await, 10, "a standby generation is kept up to date");
    let all = wait_until(&node, Availability::NAME, |all| all.len() == 2).await;
    assert_eq!(states(&all), [(1, Serving), (2, Standby)]);
    node.close().await;
}
