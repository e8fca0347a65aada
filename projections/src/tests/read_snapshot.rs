//! Read models at one moment, from end to end.

use std::sync::Arc;

use holdfast_journal::{Journal, MemoryJournal};

use super::events::{created, delivered, paused, received};
use super::{Fixture, House, MERCHANT, for_every_store};
use crate::store::ViewConnection;
use crate::{OrderRow, ReadSnapshot, Statement, ViewError, ViewStore};

for_every_store! {
    all_of_a_moment_is_as_it_was_then,
    orders_are_told_as_they_changed,
    a_moment_is_one_in_which_all_have_come_equally_far,
    a_moment_that_would_come_too_late_is_taken_as_it_is,
}

async fn a_house(fixture: &impl Fixture, orders: u128) -> House {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let house = House::open(fixture, &journal).await;
    for number in 1..=orders {
        house.append(vec![created(number, "A"), received(1, &format!("S{number}"))]).await;
    }
    house.caught_up().await.unwrap();
    house
}

fn names(orders: &[OrderRow]) -> Vec<String> {
    orders.iter().map(|row| row.view().unwrap().channel_ref.unwrap().to_string()).collect()
}

/// All orders of a moment, two at a time.
async fn all(moment: &mut ReadSnapshot) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), 0);
    loop {
        let page = moment.orders(after, 2).await.unwrap();
        let Some(last) = page.last() else { return found };
        after = last.first_position;
        found.extend(names(&page));
    }
}

/// All SKUs of a moment, two at a time.
async fn stock(moment: &mut ReadSnapshot) -> Vec<(String, u64)> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = moment.stock(after.as_ref(), 2).await.unwrap();
        let Some(last) = page.last() else { return found };
        after = Some(last.sku.clone());
        found.extend(page.iter().map(|view| (view.sku.to_string(), view.available.number())));
    }
}

async fn all_of_a_moment_is_as_it_was_then(fixture: &impl Fixture) {
    let house = a_house(fixture, 5).await;
    let reading = fixture.open_existing().await.unwrap();
    let mut moment = ReadSnapshot::open(&reading, MERCHANT, 0).await.unwrap();
    let head = house.journal.head(MERCHANT).await.unwrap();
    for reached in [
        moment.orders_position().unwrap(),
        moment.stock_position().unwrap(),
        moment.metrics_position().unwrap(),
    ] {
        assert_eq!((reached.position, &reached.hash[..]), (10, &head.event_hash.0[..]));
        assert_eq!((reached.generation, reached.parked), (1, 0));
    }
    house.append(vec![created(6, "A"), received(1, "S6"), received(2, "S1"), paused(1, "DC-1")]).await;
    house.caught_up().await.unwrap();

    let names: Vec<String> = (1..=5).map(|number| format!("R{number}")).collect();
    assert_eq!(all(&mut moment).await, names, "in the order in which they were created");
    let there: Vec<(String, u64)> = (1..=5).map(|number| (format!("S{number}"), 5)).collect();
    assert_eq!((stock(&mut moment).await, moment.sku_count().await.unwrap()), (there, 5));

    let mut now = ReadSnapshot::open(&reading, MERCHANT, 0).await.unwrap();
    assert_eq!((all(&mut now).await.len(), now.sku_count().await.unwrap()), (6, 6));
    assert!(stock(&mut now).await.iter().all(|(_, available)| *available == 0), "the location is paused");
    let mut nobody = ReadSnapshot::open(&reading, "nobody", 0).await.unwrap();
    assert_eq!((nobody.orders_position().unwrap().position, all(&mut nobody).await), (0, vec![]));
    drop((moment, now, nobody));
    reading.close().await;
    house.close().await;
}

async fn orders_are_told_as_they_changed(fixture: &impl Fixture) {
    let house = a_house(fixture, 4).await;
    let since = house.journal.read(MERCHANT, 7, 1).await.unwrap()[0].recorded_at;
    let mut second = delivered(2, "A").into_iter();
    for happened in second.by_ref().skip(1).take(2) {
        house.append(vec![happened]).await;
    }
    house.append(vec![created(5, "A")]).await;
    house.caught_up().await.unwrap();
    let mut moment = ReadSnapshot::open(&house.store, MERCHANT, 0).await.unwrap();
    let everything = moment.changed_orders((0, 0), 10).await.unwrap();
    assert_eq!(names(&everything), ["R1", "R3", "R4", "R2", "R5"]);
    let some = moment.changed_orders((since, i64::MAX.cast_unsigned()), 1).await.unwrap();
    assert_eq!(names(&some), ["R2"]);
    let after = (some[0].changed_at, some[0].first_position);
    assert_eq!(names(&moment.changed_orders(after, 10).await.unwrap()), ["R5"]);
    drop(moment);
    house.close().await;
}

/// Takes the checkpoints of projections back, as if they were behind.
async fn at(store: &ViewStore, projections: &[&'static str], position: u64) {
    let mut connection: ViewConnection = store.writer().await.unwrap();
    for projection in projections {
        let change = Statement::new("UPDATE checkpoint SET position = $1, folded = $1 WHERE projection = $2");
        connection.execute(change.bind(position).bind(*projection)).await.unwrap();
    }
}

const ORDERS: &[&str] = &["order_status"];
const ALL: &[&str] = &["order_status", "availability", "metrics"];

async fn a_moment_is_one_in_which_all_have_come_equally_far(fixture: &impl Fixture) {
    let house = a_house(fixture, 2).await;
    house.projections.shutdown().await;
    for (behind, wanted) in [(&ALL[..1], 0), (&ALL[1..2], 0), (&ALL[2..], 0), (ALL, 4)] {
        at(&house.store, behind, 3).await;
        let moment = ReadSnapshot::now(&house.store, MERCHANT).await.unwrap();
        assert_eq!((moment.is_at(wanted), moment.is_at(3)), (false, behind == ALL));
        drop(moment);
        let (moment, ()) = tokio::join!(ReadSnapshot::open(&house.store, MERCHANT, wanted), async {
            tokio::task::yield_now().await;
            at(&house.store, behind, 4).await;
        });
        let moment = moment.unwrap();
        for reached in [moment.orders_position(), moment.stock_position(), moment.metrics_position()] {
            assert_eq!(reached.unwrap().position, 4);
        }
    }
    house.store.close().await;
}

async fn a_moment_that_would_come_too_late_is_taken_as_it_is(fixture: &impl Fixture) {
    let house = a_house(fixture, 2).await;
    house.projections.shutdown().await;
    at(&house.store, ORDERS, 3).await;
    let moment = ReadSnapshot::open(&house.store, MERCHANT, 0).await.unwrap();
    assert_eq!(
        (moment.orders_position().unwrap().position, moment.stock_position().unwrap().position),
        (3, 4)
    );
    drop(moment);
    let mut connection = house.store.writer().await.unwrap();
    let older =
        Statement::new("UPDATE generation SET version = version - 1 WHERE projection = 'availability'");
    connection.execute(older).await.unwrap();
    drop(connection);
    let mut moment = ReadSnapshot::open(&house.store, MERCHANT, 0).await.unwrap();
    assert!(matches!(moment.stock_position(), Err(ViewError::Building("availability"))));
    assert!(matches!(moment.sku_count().await, Err(ViewError::Building("availability"))));
    assert_eq!(all(&mut moment).await.len(), 2, "others are there all the same");
    drop(moment);
    house.store.close().await;
}
