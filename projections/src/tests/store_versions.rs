//! Opening a store: its schema, and the generation that serves.

use tokio::task::JoinSet;

use super::{Fixture, Postgres, for_every_store};
use crate::GenerationState::{Building, Serving};
use crate::runtime::generation;
use crate::{Statement, ViewError, ViewStore};

for_every_store! {
    a_store_of_a_newer_program_is_not_opened,
    nodes_that_start_at_once_agree_on_a_generation,
    what_is_opened_to_be_read_is_neither_made_nor_changed,
    what_is_opened_to_be_read_is_of_this_version,
}

async fn a_store_of_a_newer_program_is_not_opened<F: Fixture>(fixture: &F) {
    let store = fixture.open().await.unwrap();
    let mut later = Statement::new("INSERT INTO ");
    later.push(F::MIGRATIONS).push(" (version, description, success, checksum, execution_time)");
    later.push(" VALUES (99, 'later', TRUE, ").push_bind(&[1_u8][..]).push(", 0)");
    store.writer().await.unwrap().execute(later).await.unwrap();
    store.close().await;
    let Err(ViewError::SchemaTooNew { found: 99, known: 3.. }) = fixture.open().await else {
        panic!("it was opened");
    };
}

async fn nodes_that_start_at_once_agree_on_a_generation(fixture: &impl Fixture) {
    let store = fixture.open().await.unwrap();
    let expected = [vec![(7, Serving)], vec![(7, Serving), (8, Building)]];
    for (version, expected) in [(7, &expected[0]), (7, &expected[0]), (8, &expected[1]), (7, &expected[1])] {
        let mut nodes = JoinSet::new();
        for _ in 0..8 {
            let store = store.clone();
            nodes.spawn(async move { generation::ensure(&store, "a_projection", version).await.unwrap() });
        }
        nodes.join_all().await;
        let all = generation::all(&mut store.writer().await.unwrap(), "a_projection").await.unwrap();
        assert_eq!(&all.iter().map(|known| (known.version, known.state)).collect::<Vec<_>>(), expected);
    }
    store.close().await;
}

async fn what_is_opened_to_be_read_is_neither_made_nor_changed(fixture: &impl Fixture) {
    for _ in 0..2 {
        // Opening it has not made it.
        assert!(matches!(fixture.open_existing().await, Err(ViewError::NotInitialized)));
    }
    let store = fixture.open().await.unwrap();
    generation::ensure(&store, "a_projection", 7).await.unwrap();
    let reading = fixture.open_existing().await.unwrap();
    let all = generation::all(&mut reading.reader().await.unwrap(), "a_projection").await.unwrap();
    assert_eq!(all.len(), 1);
    let change = Statement::new("DELETE FROM generation");
    let changed = reading.writer().await.unwrap().execute(change).await;
    assert!(changed.is_err(), "it can be read alone");
    reading.close().await;
    store.close().await;
    // Also when nobody writes.
    let reading = fixture.open_existing().await.unwrap();
    let all = generation::all(&mut reading.reader().await.unwrap(), "a_projection").await.unwrap();
    assert_eq!(all.len(), 1);
    reading.close().await;
}

async fn what_is_opened_to_be_read_is_of_this_version<F: Fixture>(fixture: &F) {
    let store = fixture.open().await.unwrap();
    let mut connection = store.writer().await.unwrap();
    let mut forget = Statement::new("DELETE FROM ");
    forget.push(F::MIGRATIONS).push(" WHERE version > 2");
    connection.execute(forget).await.unwrap();
    let refused = fixture.open_existing().await;
    assert!(matches!(refused, Err(ViewError::SchemaTooOld { found: 2, known: 3.. })));
    let mut later = Statement::new("UPDATE ");
    later.push(F::MIGRATIONS).push(" SET version = 99 WHERE version = 2");
    connection.execute(later).await.unwrap();
    let refused = fixture.open_existing().await;
    assert!(matches!(refused, Err(ViewError::SchemaTooNew { found: 99, known: 3.. })));
    drop(connection);
    store.close().await;
}

#[tokio::test]
async fn nodes_that_start_at_once_make_the_tables_once() {
    let Some(fixture) = Postgres::empty().await else { return };
    let mut nodes = JoinSet::new();
    for _ in 0..4 {
        let url = fixture.0.url().to_owned();
        nodes.spawn(async move { ViewStore::connect(&url).await });
    }
    for store in nodes.join_all().await {
        store.unwrap().close().await;
    }
}
