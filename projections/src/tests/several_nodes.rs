//! Several nodes over one store.

use std::sync::Arc;
use std::time::Duration;

use holdfast_journal::{Journal, MemoryJournal, PostgresJournal};

use super::events::{created, received, sku};
use super::{Fixture, House, MERCHANT, PATIENCE, Postgres, append, append_command};
use crate::runtime::checkpoint::{Checkpoint, advance};
use crate::runtime::lease::Lease;
use crate::store::Scope;
use crate::{Availability, AvailabilityFilter, OrderFilter, Orders, ViewError, ViewStore};

/// What nobody is waiting for here happens at once or never.
const SOON: Duration = Duration::from_millis(300);

const SCOPE: Scope<'static> = Scope { merchant: MERCHANT, generation: 1 };

/// Lets no checkpoint be moved but by a node with the lease. Each session tells its node's name.
const WITNESS: &str = "
    CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM projection_lease AS held
            WHERE held.merchant = NEW.merchant AND held.projection = NEW.projection
              AND held.generation = NEW.generation
              AND held.node = current_setting('holdfast.node') AND held.until > clock_timestamp()
        ) THEN
            RAISE EXCEPTION 'node % folds without a lease', current_setting('holdfast.node');
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER witness BEFORE INSERT OR UPDATE ON checkpoint FOR EACH ROW EXECUTE FUNCTION witness()";

/// The same store, from a node's own connections.
async fn node(fixture: &Postgres, name: &str) -> ViewStore {
    ViewStore::connect(&format!("{}%20-c%20holdfast.node%3D{name}", fixture.0.url())).await.unwrap()
}

async fn journal_of(orders: u128) -> Arc<dyn Journal> {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    for number in 1..=orders {
        append(&*journal, vec![created(number, "A"), received(number as u64, "A")]).await;
    }
    journal
}

/// What a node can tell.
async fn told(house: &House) -> String {
    let orders = Orders::new(&house.store).list(MERCHANT, 1, &OrderFilter::default(), None, 1_000).await;
    let stock =
        Availability::new(&house.store).get(MERCHANT, 1, &[sku("A")], &AvailabilityFilter::default()).await;
    format!("{:?} {:?}", orders.unwrap().items, stock.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_fold_one_journal_and_only_the_one_with_the_lease_moves_a_checkpoint() {
    let Some(fixture) = Postgres::empty().await else { return };
    let (one, other) = tokio::join!(node(&fixture, "one"), node(&fixture, "other"));
    fixture.0.sql(WITNESS);
    let journal = journal_of(10).await;
    let (one, other) = tokio::join!(House::over(one, &journal, "one"), House::over(other, &journal, "other"));
    for number in 11..=60 {
        append(&*journal, vec![created(number, "A"), received(number as u64, "A")]).await;
        if number % 10 == 0 {
            one.caught_up().await.unwrap();
        }
    }
    one.caught_up().await.unwrap();
    other.caught_up().await.unwrap();
    let state = other.projections.progress().state(Orders::NAME, MERCHANT);
    assert_eq!((state.position, state.folded, state.parked), (120, 120, 0));
    let shared = told(&one).await;
    assert_eq!(shared, told(&other).await);
    one.close().await;
    other.close().await;

    let Some(fixture) = Postgres::empty().await else { return };
    let alone = House::open(&fixture, &journal).await;
    alone.caught_up().await.unwrap();
    assert_eq!(shared, told(&alone).await, "two nodes or one");
    alone.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_lease_has_expired_is_followed_by_another() {
    let Some(fixture) = Postgres::empty().await else { return };
    let store = fixture.open().await.unwrap();
    for projection in [Orders::NAME, Availability::NAME] {
        Lease::take(&store, projection, SCOPE, "gone").await.unwrap().unwrap();
    }
    fixture.0.sql("UPDATE projection_lease SET until = now() + interval '1 hour'");
    let house = House::over(store, &journal_of(5).await, "here").await;
    let Err(ViewError::Behind { reached: 0, .. }) = house.caught_up_within(SOON).await else {
        panic!("it folds what another node is folding");
    };
    fixture.0.sql("UPDATE projection_lease SET until = now()");
    house.caught_up().await.unwrap();
    house.close().await;
    assert_eq!(fixture.0.sql("SELECT count(*) FROM projection_lease"), "0", "leases are given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_may_not_fold_knows_what_another_has_folded() {
    let Some(fixture) = Postgres::empty().await else { return };
    let (one, other) = (node(&fixture, "one").await, node(&fixture, "other").await);
    fixture.0.sql(WITNESS);
    for projection in [Orders::NAME, Availability::NAME] {
        Lease::take(&one, projection, SCOPE, "one").await.unwrap().unwrap();
    }
    fixture.0.sql("UPDATE projection_lease SET until = now() + interval '1 hour'");
    let journal = journal_of(5).await;
    let other = House::over(other, &journal, "other").await;
    assert!(matches!(other.caught_up_within(SOON).await, Err(ViewError::Behind { .. })));
    let one = House::over(one, &journal, "one").await;
    one.caught_up().await.unwrap();
    other.caught_up().await.unwrap();
    assert_eq!(told(&one).await, told(&other).await);
    one.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_node_has_written_and_does_not_fold_is_folded_here() {
    let Some(fixture) = Postgres::empty().await else { return };
    let writing: Arc<dyn Journal> = Arc::new(PostgresJournal::connect(fixture.0.url()).await.unwrap());
    let reading: Arc<dyn Journal> = Arc::new(PostgresJournal::connect(fixture.0.url()).await.unwrap());
    let house = House::over(fixture.open().await.unwrap(), &reading, "here").await;
    for number in 1..=5 {
        append(&*writing, vec![created(number, "A"), received(number as u64, "A")]).await;
    }
    assert!(writing.has_at_hand(MERCHANT, 0) && !reading.has_at_hand(MERCHANT, 0));
    house.caught_up().await.unwrap();
    assert_eq!(house.projections.progress().state(Orders::NAME, MERCHANT).folded, 10);
    house.close().await;
    writing.close().await;
    reading.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_of_the_server_took_back_is_folded_again_though_nothing_new_comes() {
    let Some(fixture) = Postgres::empty().await else { return };
    let house = House::over(fixture.open().await.unwrap(), &journal_of(3).await, "here").await;
    house.caught_up().await.unwrap();
    let before = told(&house).await;
    fixture.0.sql(
        "DELETE FROM checkpoint; DELETE FROM order_status; DELETE FROM order_term; DELETE FROM fulfillment_order;
         DELETE FROM availability; DELETE FROM command_link; DELETE FROM metric;
         DELETE FROM metric_order",
    );
    let folded = async {
        while fixture.0.sql("SELECT count(*) FROM checkpoint WHERE position = 6") != "4" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, folded).await.expect("it is folded again");
    assert_eq!(told(&house).await, before);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_of_the_server_took_back_is_folded_again_though_others_are_busy() {
    let Some(fixture) = Postgres::empty().await else { return };
    let journal = journal_of(3).await;
    let house = House::over(fixture.open().await.unwrap(), &journal, "here").await;
    house.caught_up().await.unwrap();
    let before = told(&house).await;
    fixture.0.sql(
        "DELETE FROM checkpoint WHERE projection = 'order_status'; DELETE FROM order_status;
         DELETE FROM order_term; DELETE FROM fulfillment_order",
    );
    let folded = async {
        let mut version = 1;
        let question = "SELECT count(*) FROM checkpoint
                        WHERE projection = 'order_status' AND merchant = 'default' AND position = 6";
        while fixture.0.sql(question) != "1" {
            // Nothing new comes for the merchant that has lost something, and never a quiet second.
            append_command(&*journal, ("another", 1), vec![received(version, "A")], None).await;
            version += 1;
        }
    };
    tokio::time::timeout(PATIENCE, folded).await.expect("it is folded again");
    assert_eq!(told(&house).await, before);
    house.close().await;
}

#[tokio::test]
async fn a_lease_is_one_nodes_until_it_expires_or_is_given_back() {
    let Some(fixture) = Postgres::empty().await else { return };
    let store = fixture.open().await.unwrap();
    let take = async |node: &'static str| Lease::take(&store, Orders::NAME, SCOPE, node).await.unwrap();
    take("one").await.unwrap();
    assert!(take("other").await.is_none());
    let mut lease = take("one").await.expect("its own");
    assert!(lease.renew().await.unwrap());
    let elsewhere = Scope { merchant: "another", ..SCOPE };
    let another = Lease::take(&store, Orders::NAME, elsewhere, "other").await.unwrap();
    assert!(another.is_some(), "every merchant has its own");

    fixture.0.sql("UPDATE projection_lease SET until = now()");
    let other = take("other").await.expect("expired");
    lease.give_back().await.unwrap();
    assert!(take("one").await.is_none(), "what another has is not given back");
    other.give_back().await.unwrap();
    assert!(take("one").await.is_some());
    store.close().await;
}

#[tokio::test]
async fn of_two_nodes_at_one_span_the_slower_has_nothing_to_take_back() {
    let Some(fixture) = Postgres::empty().await else { return };
    let store = fixture.open().await.unwrap();
    let at = |position: u64| Checkpoint { position, folded: position, ..Checkpoint::default() };
    for (from, to) in [(0, 3), (3, 6)] {
        let mut faster = store.begin().await.unwrap();
        let mut slower = store.begin().await.unwrap();
        advance(&mut faster, Orders::NAME, SCOPE, &at(from), &at(to)).await.unwrap();
        let (from, to) = (at(from), at(to + 1));
        // The slower one waits for what the faster one does not tell before it ends.
        let slow = advance(&mut slower, Orders::NAME, SCOPE, &from, &to);
        let (slow, fast) = tokio::join!(slow, faster.commit());
        fast.unwrap();
        assert!(matches!(slow, Err(ViewError::CheckpointMoved(_))));
    }
    store.close().await;
}
