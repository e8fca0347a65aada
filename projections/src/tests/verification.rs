//! Read models are proven by folding the journal a second time.

use std::sync::Arc;

use holdfast_domain::stream::StreamId;
use holdfast_journal::{Journal, MemoryJournal};

use super::events::{created, delivered, paused, received, sku};
use super::parked_streams::{Forgetful, unreadable};
use super::{Fixture, House, MERCHANT, append, append_with, for_every_store};
use crate::{Statement, Verification, VerificationReport, ViewError, ViewStore};

for_every_store! {
    what_the_journal_says_is_proven_wherever_it_is_kept,
    whatever_is_changed_added_or_removed_is_named,
    streams_that_cannot_be_folded_are_set_aside_in_both,
    what_serves_is_proven_at_the_position_that_it_has_reached,
    read_models_of_another_journal_are_not_what_this_one_says,
    what_the_journal_does_not_tell_any_more_is_found,
}

/// More rows than are compared at once, with texts that databases sort differently.
async fn a_house(fixture: &impl Fixture) -> House {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let house = House::open(fixture, &journal).await;
    append_with(&*journal, vec![paused(1, "DC-2")], Some(r#"{"correlationId":"case 7"}"#)).await;
    for (number, name) in (1..).zip(["A", "a", "B", "_", "a b", "Z", "%", "'"]) {
        house.append(vec![received(1, name)]).await;
        for happened in delivered(number, name) {
            house.append(vec![happened]).await;
        }
    }
    house.append((100..1_300).map(|number| created(number, "A")).collect()).await;
    house.caught_up().await.unwrap();
    house
}

/// What was found of each read model, all of which were compared.
async fn proofs(refold: &Verification, merchant: &str) -> Vec<VerificationReport> {
    refold.verify(merchant, |_| {}).await.into_iter().map(|proven| proven.result.unwrap()).collect()
}

async fn proven(house: &House) -> Vec<VerificationReport> {
    let directory = tempfile::tempdir().unwrap();
    let refold = Verification::in_directory(directory.path(), &house.journal, &house.store).await.unwrap();
    let mut told = 0;
    let all = refold.verify(MERCHANT, |events| told = told.max(events)).await;
    let proofs: Vec<VerificationReport> = all.into_iter().map(|proven| proven.result.unwrap()).collect();
    if proofs.iter().all(|proof| proof.different == 0) {
        assert_eq!(told, proofs.iter().map(|proof| proof.position).sum::<u64>());
    }
    refold.close().await;
    proofs
}

/// What was found to differ, of all read models.
async fn differences(house: &House) -> Vec<String> {
    let proofs = proven(house).await;
    let told: Vec<String> = proofs.iter().flat_map(|proof| proof.differences.clone()).collect();
    assert_eq!(proofs.iter().map(|proof| proof.different).sum::<u64>(), told.len() as u64);
    told
}

async fn sql(store: &ViewStore, statement: &'static str) {
    let changed = store.writer().await.unwrap().execute(Statement::new(statement)).await.unwrap();
    assert_eq!(changed, 1, "{statement}");
}

async fn what_the_journal_says_is_proven_wherever_it_is_kept(fixture: &impl Fixture) {
    let house = a_house(fixture).await;
    let proofs = proven(&house).await;
    let head = house.journal.head(MERCHANT).await.unwrap().position;
    let [orders, stock, metrics, causes] = &proofs[..] else { panic!("{proofs:?}") };
    assert_eq!((orders.position, orders.different, &orders.differences), (head, 0, &vec![]));
    assert_eq!((metrics.position, metrics.different, metrics.rows > 1_208), (head, 0, true));
    assert_eq!((causes.position, causes.different, causes.rows), (head, 0, 1));
    assert_eq!((stock.position, stock.different, stock.rows), (head, 0, 9), "eight SKUs and a location");
    // An order each; its name, its SKU, and of those that were delivered their location, parcel and part.
    assert_eq!(orders.rows, 1_208 * 3 + 8 * 3);
    let reading = fixture.open_existing().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let refold = Verification::in_directory(directory.path(), &house.journal, &reading).await.unwrap();
    assert_eq!(self::proofs(&refold, MERCHANT).await, proofs, "also by who can only read");
    assert!(self::proofs(&refold, "nobody").await.iter().all(|proof| proof.rows == 0));
    refold.close().await;
    reading.close().await;
    house.close().await;
}

async fn whatever_is_changed_added_or_removed_is_named(fixture: &impl Fixture) {
    let house = a_house(fixture).await;
    let id = "00000000-0000-0000-0000-000000000064";
    for (change, back, found) in [
        (
            "UPDATE order_status SET status = 'delivered' WHERE first_position = 74",
            "UPDATE order_status SET status = 'created' WHERE first_position = 74",
            format!("order_status {id} differs in status"),
        ),
        (
            "UPDATE order_status SET due_at = 5, customer_ref = 'x' WHERE first_position = 74",
            "UPDATE order_status SET due_at = NULL, customer_ref = NULL WHERE first_position = 74",
            format!("order_status {id} differs in customer_ref, due_at"),
        ),
        (
            "DELETE FROM order_term WHERE kind = 'sku' AND value = 'A' AND first_position = 74",
            "INSERT INTO order_term (merchant, generation, kind, value, first_position)
             VALUES ('default', 1, 'sku', 'A', 74)",
            "order_term sku A 74 is not in the one that serves".to_owned(),
        ),
        (
            "INSERT INTO order_term (merchant, generation, kind, value, first_position)
             VALUES ('default', 1, 'sku', 'zzz', 74)",
            "DELETE FROM order_term WHERE value = 'zzz'",
            "order_term sku zzz 74 is only in the one that serves".to_owned(),
        ),
        (
            "UPDATE fulfillment_order SET ready = NOT ready WHERE location = 'DC-2' AND first_position = 3",
            "UPDATE fulfillment_order SET ready = NOT ready WHERE location = 'DC-2' AND first_position = 3",
            "fulfillment_order 00000000-0000-0000-0000-000000000001.f1 differs in ready".to_owned(),
        ),
        (
            "UPDATE availability SET fillable = NOT fillable WHERE sku = 'a b'",
            "UPDATE availability SET fillable = NOT fillable WHERE sku = 'a b'",
            "availability a b differs in fillable".to_owned(),
        ),
        (
            "DELETE FROM paused_location",
            "INSERT INTO paused_location (merchant, generation, location) VALUES ('default', 1, 'DC-2')",
            "paused_location DC-2 is not in the one that serves".to_owned(),
        ),
    ] {
        assert_eq!(differences(&house).await, Vec::<String>::new(), "before {change}");
        sql(&house.store, change).await;
        assert_eq!(differences(&house).await, [found], "{change}");
        sql(&house.store, back).await;
    }
    house.close().await;
}

async fn streams_that_cannot_be_folded_are_set_aside_in_both(fixture: &impl Fixture) {
    let house = a_house(fixture).await;
    unreadable(&*house.journal, &StreamId::Stock(sku("A")), 2).await;
    house.append(vec![received(3, "A"), received(2, "B")]).await;
    house.caught_up().await.unwrap();
    assert_eq!(differences(&house).await, Vec::<String>::new());
    sql(&house.store, "UPDATE availability SET stale = NOT stale WHERE sku = 'A'").await;
    assert_eq!(differences(&house).await, ["availability A differs in stale"]);
    house.close().await;
}

async fn what_serves_is_proven_at_the_position_that_it_has_reached(fixture: &impl Fixture) {
    let house = a_house(fixture).await;
    let House { journal, store, projections } = house;
    projections.shutdown().await;
    let reached = journal.head(MERCHANT).await.unwrap().position;
    append(&*journal, vec![received(2, "A"), created(2_000, "A")]).await;
    let house = House { projections: crate::Projections::none(), journal, store };
    let proofs = proven(&house).await;
    assert!(proofs.iter().all(|proof| (proof.position, proof.different) == (reached, 0)), "{proofs:?}");

    // Another version of the program answers from another build.
    sql(&house.store, "UPDATE generation SET version = version - 1 WHERE projection = 'order_status'").await;
    let directory = tempfile::tempdir().unwrap();
    let refold = Verification::in_directory(directory.path(), &house.journal, &house.store).await.unwrap();
    let mut proven = refold.verify(MERCHANT, |_| {}).await.into_iter();
    let orders = proven.next().map(|orders| orders.result);
    assert!(matches!(orders, Some(Err(ViewError::Building("order_status")))), "{orders:?}");
    assert_eq!(
        proven.filter(|other| other.result.is_ok()).count(),
        3,
        "the others are compared all the same"
    );
    refold.close().await;
    house.close().await;
}

async fn read_models_of_another_journal_are_not_what_this_one_says(fixture: &impl Fixture) {
    let house = a_house(fixture).await;
    let House { journal, mut store, projections } = house;
    projections.shutdown().await;
    let head = journal.head(MERCHANT).await.unwrap().position;
    let as_long = (1..=head).map(|number| received(1, &format!("S{number}"))).collect();
    for events in [vec![received(1, "A")], as_long] {
        let other: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
        append(&*other, events).await;
        let house = House { journal: other, store, projections: crate::Projections::none() };
        let found = differences(&house).await;
        assert_eq!(found, ["what serves was not folded from this journal"; 4]);
        store = house.store;
    }
    store.close().await;
}

async fn what_the_journal_does_not_tell_any_more_is_found(fixture: &impl Fixture) {
    let house = a_house(fixture).await;
    let House { journal, store, projections } = house;
    projections.shutdown().await;
    let journal = Arc::new(Forgetful(journal)) as Arc<dyn Journal>;
    let house = House { journal, store, projections: crate::Projections::none() };
    let found = differences(&house).await;
    assert_eq!(found, ["the journal cannot be folded beyond position 4: an event is missing"; 4]);
    house.close().await;
}
