//! Builds beside the one that serves: in its place, compared with it, back again, and away.

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::OrderId;
use holdfast_journal::{Journal, MemoryJournal};
use serde_json::json;

use super::events::{created, delivered, received, sku};
use super::{Fixture, House, MERCHANT, PATIENCE, append, for_every_store};
use crate::runtime::generation::GenerationState::{Serving, Standby};
use crate::runtime::generation::{self, Generation, GenerationState};
use crate::{Availability, AvailabilityFilter, OrderFilter, Orders, Statement, ViewError, ViewStore};

for_every_store! {
    a_build_takes_the_place_of_the_one_that_serves_while_both_are_kept_up,
    a_build_that_was_left_half_way_is_finished_by_whoever_comes_next,
    the_former_build_is_kept_up_and_can_be_put_back,
    a_wrong_row_is_found_by_comparing_and_the_build_that_differs_does_not_serve,
    what_is_as_it_should_be_is_verified_and_nothing_is_left_of_the_check,
    a_build_that_nobody_needs_is_taken_away_row_by_row,
    several_are_built_at_once_and_none_twice,
    a_build_of_an_older_version_is_kept_and_does_not_take_the_place_of_a_newer_one,
    it_does_not_matter_how_many_events_are_folded_at_once,
    what_served_last_is_put_back_whatever_its_number,
    no_number_is_given_twice,
    what_is_to_be_compared_is_not_mixed_up_with_what_is_not,
}

fn journal() -> Arc<dyn Journal> {
    Arc::new(MemoryJournal::new())
}

/// Waits until something is so of a projection's builds.
pub(super) async fn until(
    house: &House,
    name: &str,
    is_so: impl Fn(&[Generation]) -> bool,
) -> Vec<Generation> {
    let looking = async {
        loop {
            let all = house.projections.progress().generations(name);
            if is_so(&all) {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap_or_else(|_| {
        panic!("it never came to be so: {:?}", house.projections.progress().generations(name))
    })
}

fn states(all: &[Generation]) -> Vec<(i64, GenerationState)> {
    all.iter().map(|known| (known.number, known.state)).collect()
}

/// Waits until this node answers from a build.
async fn answers_from(house: &House, name: &'static str, number: i64) {
    let looking = async {
        while house.projections.progress().generation(name) != Some(number) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap();
}

async fn available(house: &House) -> u64 {
    let generation = house.projections.progress().generation(Availability::NAME).unwrap();
    let view = Availability::new(&house.store)
        .get(MERCHANT, generation, &[sku("A")], &AvailabilityFilter::default())
        .await
        .unwrap();
    view[0].available.number()
}

async fn sql(store: &ViewStore, text: &'static str) -> u64 {
    store.writer().await.unwrap().execute(Statement::new(text)).await.unwrap()
}

async fn a_build_takes_the_place_of_the_one_that_serves_while_both_are_kept_up(fixture: &impl Fixture) {
    let house = House::open(fixture, &journal()).await;
    for round in 1..=30 {
        house.append(vec![received(round, "A"), created(round.into(), "A")]).await;
    }
    house.caught_up().await.unwrap();
    let asked = house.manager(Availability::NAME).rebuild(false).await.unwrap();
    assert_eq!(asked, 2);
    let mut seen = 0;
    for round in 31..=60 {
        house.append(vec![received(round, "A")]).await;
        house.caught_up().await.unwrap();
        let now = available(&house).await;
        assert_eq!(now, 5 * round, "what was told is never older than what was waited for");
        assert!(now >= seen);
        seen = now;
    }
    until(&house, Availability::NAME, |all| states(all) == [(1, Standby), (2, Serving)]).await;
    answers_from(&house, Availability::NAME, 2).await;
    house.append(vec![received(61, "A")]).await;
    house.caught_up().await.unwrap();
    assert_eq!(available(&house).await, 5 * 61);
    let state = house.projections.progress().state(Availability::NAME, MERCHANT);
    assert_eq!((state.generation, state.folded, state.parked), (2, 91, 0));
    assert_eq!(states(&house.projections.progress().generations(Orders::NAME)), [(1, Serving)]);
    house.close().await;
}

async fn a_build_that_was_left_half_way_is_finished_by_whoever_comes_next(fixture: &impl Fixture) {
    let journal = journal();
    let house = House::open(fixture, &journal).await;
    for round in 1..=5 {
        house.append(vec![received(round, "A")]).await;
    }
    house.caught_up().await.unwrap();
    house.close().await;
    // As a crash leaves it: begun, and nobody at it.
    let store = fixture.open().await.unwrap();
    let mut transaction = store.begin().await.unwrap();
    let all = generation::all(&mut transaction, Availability::NAME).await.unwrap();
    let version = all[0].version;
    let building = GenerationState::Building;
    generation::insert(&mut transaction, Availability::NAME, version, building, false, &all).await.unwrap();
    transaction.commit().await.unwrap();
    store.close().await;

    let house = House::open(fixture, &journal).await;
    assert_eq!(available(&house).await, 25, "it serves from the first moment");
    until(&house, Availability::NAME, |all| all.len() == 2 && all[1].state == Serving).await;
    answers_from(&house, Availability::NAME, 2).await;
    assert_eq!(available(&house).await, 25);
    house.close().await;
}

async fn the_former_build_is_kept_up_and_can_be_put_back(fixture: &impl Fixture) {
    let house = House::open(fixture, &journal()).await;
    house.append(vec![received(1, "A")]).await;
    let manager = house.manager(Availability::NAME);
    assert!(matches!(manager.roll_back(1).await, Err(ViewError::InvalidGeneration(_))), "there is no other");
    manager.rebuild(false).await.unwrap();
    answers_from(&house, Availability::NAME, 2).await;
    house.append(vec![received(2, "A")]).await;
    assert_eq!(manager.roll_back(2).await.unwrap(), 1);
    assert!(
        matches!(manager.roll_back(2).await, Err(ViewError::InvalidGeneration(_))),
        "it does not serve now"
    );
    answers_from(&house, Availability::NAME, 1).await;
    house.append(vec![received(3, "A")]).await;
    house.caught_up().await.unwrap();
    assert_eq!(available(&house).await, 15);
    until(&house, Availability::NAME, |all| states(all) == [(1, Serving), (2, Standby)]).await;
    house.close().await;
}

async fn a_wrong_row_is_found_by_comparing_and_the_build_that_differs_does_not_serve(fixture: &impl Fixture) {
    let house = House::open(fixture, &journal()).await;
    for number in 1..=12 {
        house.append(vec![created(number, "A")]).await;
    }
    house.caught_up().await.unwrap();
    // As a fold that was wrong would have left it.
    let changed = "UPDATE order_status SET channel = 'elsewhere' WHERE first_position IN (3, 7)";
    assert_eq!(sql(&house.store, changed).await, 2);
    assert_eq!(
        sql(&house.store, "DELETE FROM order_term WHERE first_position = 5 AND kind = 'sku'").await,
        1
    );
    let manager = house.manager(Orders::NAME);
    let check = manager.check().await.unwrap();
    let is_done =
        |all: &[Generation]| all.iter().any(|known| known.number == check && known.problem.is_some());
    let all = until(&house, Orders::NAME, is_done).await;
    let found = all.iter().find(|known| known.number == check).unwrap();
    assert_eq!(found.state, GenerationState::Dropping, "a check is thrown away");
    let problem = found.problem.as_deref().unwrap();
    assert!(problem.starts_with("3 of ") && problem.contains("differs in channel"), "{problem}");
    assert!(problem.contains("order_term sku A 5 is not in the one that serves"), "{problem}");

    let build = manager.rebuild(true).await.unwrap();
    let differs = |all: &[Generation]| {
        all.iter().any(|known| known.number == build && known.state == GenerationState::Differs)
    };
    until(&house, Orders::NAME, differs).await;
    assert_eq!(house.projections.progress().generation(Orders::NAME), Some(1), "nobody is told what differs");
    let anyway = manager.rebuild(false).await.unwrap();
    answers_from(&house, Orders::NAME, anyway).await;
    house.close().await;
}

async fn what_is_as_it_should_be_is_verified_and_nothing_is_left_of_the_check(fixture: &impl Fixture) {
    let house = House::open(fixture, &journal()).await;
    for number in 1..=12 {
        house.append(vec![created(number, "A"), received(number as u64, "A")]).await;
    }
    house.caught_up().await.unwrap();
    for name in [Orders::NAME, Availability::NAME] {
        let check = house.manager(name).check().await.unwrap();
        let is_done = |all: &[Generation]| {
            all.iter().any(|known| known.number == check && known.state == GenerationState::Dropping)
        };
        let all = until(&house, name, is_done).await;
        let found = all.iter().find(|known| known.number == check).unwrap();
        assert_eq!(found.problem, None);
        assert!(found.compared_rows.unwrap() > 0, "{found:?}");
        assert_eq!(house.projections.progress().generation(name), Some(1));
    }
    house.close().await;
}

async fn a_build_that_nobody_needs_is_taken_away_row_by_row(fixture: &impl Fixture) {
    let house = House::open(fixture, &journal()).await;
    for number in 1..=12 {
        house.append(vec![created(number, "A")]).await;
    }
    house.caught_up().await.unwrap();
    let manager = house.manager(Orders::NAME);
    manager.rebuild(false).await.unwrap();
    answers_from(&house, Orders::NAME, 2).await;
    let refused = manager.remove(2).await;
    assert!(matches!(refused, Err(ViewError::InvalidGeneration(_))), "it serves");
    assert!(matches!(manager.remove(9).await, Err(ViewError::InvalidGeneration(_))), "there is none");
    // Nobody has answered from it for long, and questions that were asked before are answered.
    sql(&house.store, "UPDATE generation SET seen_at = 0, state_at = 0 WHERE generation = 1").await;
    manager.remove(1).await.unwrap();
    sql(&house.store, "UPDATE generation SET state_at = 0 WHERE generation = 1").await;
    until(&house, Orders::NAME, |all| states(all) == [(2, Serving)]).await;
    for table in [
        "SELECT merchant FROM order_status WHERE generation = 1",
        "SELECT merchant FROM order_term WHERE generation = 1",
        "SELECT merchant FROM checkpoint WHERE generation = 1 AND projection = 'order_status'",
    ] {
        let rows = house.store.reader().await.unwrap().fetch(Statement::new(table)).await.unwrap();
        assert_eq!(rows.len(), 0, "{table}");
    }
    house.close().await;
}

async fn several_are_built_at_once_and_none_twice(fixture: &impl Fixture) {
    let journal = journal();
    for number in 1..=20 {
        append(&*journal, vec![created(number, "A"), received(number as u64, "A")]).await;
    }
    let house = House::open(fixture, &journal).await;
    let (orders, stock) = (house.manager(Orders::NAME), house.manager(Availability::NAME));
    let (one, again, other) =
        tokio::join!(orders.rebuild(false), orders.rebuild(false), stock.rebuild(false));
    assert_eq!((one.unwrap(), again.unwrap(), other.unwrap()), (2, 2, 2));
    answers_from(&house, Orders::NAME, 2).await;
    answers_from(&house, Availability::NAME, 2).await;
    house.close().await;
}

async fn it_does_not_matter_how_many_events_are_folded_at_once(fixture: &impl Fixture) {
    let house = House::open(fixture, &journal()).await;
    for event in delivered(1, "A").into_iter().take(3) {
        house.append(vec![event]).await;
        house.caught_up().await.unwrap();
    }
    let id = uuid::Uuid::from_u128(1);
    let moved =
        json!({ "fulfillmentOrderId": format!("{id}.f1"), "from": "DC-2", "to": "DC-3", "lines": [] });
    let stream = StreamId::Order(OrderId::new(id));
    let payload = moved.to_string();
    let event = DomainEvent::decode(&stream, "FulfillmentOrderMoved", 1, payload.as_bytes()).unwrap();
    house.append(vec![(stream, 4, event)]).await;
    house.caught_up().await.unwrap();
    let manager = house.manager(Orders::NAME);
    let build = manager.rebuild(true).await.unwrap();
    let is_built = |all: &[Generation]| {
        all.iter().any(|known| known.number == build && known.state != GenerationState::Building)
    };
    let all = until(&house, Orders::NAME, is_built).await;
    assert_eq!(all.iter().find(|known| known.number == build).unwrap().problem, None);
    answers_from(&house, Orders::NAME, build).await;
    for location in ["DC-2", "DC-3"] {
        let filter = OrderFilter { location: Some(location.parse().unwrap()), ..OrderFilter::default() };
        let found = Orders::new(&house.store).list(MERCHANT, build, &filter, None, 10).await.unwrap();
        assert_eq!(found.items.len(), 1, "{location}");
    }
    house.close().await;
}

async fn what_served_last_is_put_back_whatever_its_number(fixture: &impl Fixture) {
    let house = House::open(fixture, &journal()).await;
    house.append(vec![received(1, "A")]).await;
    let manager = house.manager(Availability::NAME);
    manager.rebuild(false).await.unwrap();
    answers_from(&house, Availability::NAME, 2).await;
    assert_eq!(manager.roll_back(2).await.unwrap(), 1);
    answers_from(&house, Availability::NAME, 1).await;
    manager.rebuild(false).await.unwrap();
    answers_from(&house, Availability::NAME, 3).await;
    assert_eq!(manager.roll_back(3).await.unwrap(), 1, "not the one that was rolled back from");
    house.close().await;
}

async fn no_number_is_given_twice(fixture: &impl Fixture) {
    let house = House::open(fixture, &journal()).await;
    house.append(vec![received(1, "A")]).await;
    house.caught_up().await.unwrap();
    let manager = house.manager(Availability::NAME);
    for expected in [2, 3] {
        assert_eq!(manager.check().await.unwrap(), expected);
        let is_over = |all: &[Generation]| {
            all.iter().any(|known| known.number == expected && known.state == GenerationState::Dropping)
        };
        until(&house, Availability::NAME, is_over).await;
        sql(&house.store, "UPDATE generation SET state_at = 0 WHERE state = 'dropping'").await;
        until(&house, Availability::NAME, |all| states(all) == [(1, Serving)]).await;
    }
    house.close().await;
}

async fn what_is_to_be_compared_is_not_mixed_up_with_what_is_not(fixture: &impl Fixture) {
    let store = fixture.open().await.unwrap();
    let house = House::over(store, &journal(), "the only one").await;
    let mut transaction = house.store.begin().await.unwrap();
    let all = generation::all(&mut transaction, Availability::NAME).await.unwrap();
    let (version, building) = (all[0].version, GenerationState::Building);
    generation::insert(&mut transaction, Availability::NAME, version, building, false, &all).await.unwrap();
    transaction.commit().await.unwrap();
    let manager = house.manager(Availability::NAME);
    match manager.rebuild(true).await {
        Err(ViewError::InvalidGeneration(why)) => assert!(why.contains("is not compared"), "{why}"),
        // It was built in the meantime.
        Ok(number) => assert_eq!(number, 3),
        Err(other) => panic!("{other}"),
    }
    house.close().await;
}

async fn a_build_of_an_older_version_is_kept_and_does_not_take_the_place_of_a_newer_one(
    fixture: &impl Fixture,
) {
    let store = fixture.open().await.unwrap();
    // As nodes of a newer version have left it.
    let newer = "INSERT INTO generation (projection, generation, version, state, seen_at, state_at)
                 VALUES ('availability', 1, 99, 'serving', 0, 0)";
    assert_eq!(sql(&store, newer).await, 1);
    let house = House::over(store, &journal(), "an older one").await;
    house.append(vec![received(1, "A")]).await;
    answers_from(&house, Availability::NAME, 2).await;
    house.append(vec![received(2, "A")]).await;
    house.caught_up().await.unwrap();
    assert_eq!(available(&house).await, 10, "it is kept up");
    let all = until(&house, Availability::NAME, |all| all.len() == 2).await;
    assert_eq!(states(&all), [(1, Serving), (2, Standby)]);
    house.close().await;
}
