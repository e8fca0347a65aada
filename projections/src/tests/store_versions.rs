//! Opening a store: the version of its schema, and its first generation.

use tokio::task::JoinSet;

use super::{Fixture, Postgres, for_every_store};
use crate::GenerationState::{Building, Serving};
use crate::runtime::generation;
use crate::store::Statement;
use crate::{ViewError, ViewStore};

for_every_store! {
    a_store_of_a_newer_program_is_rejected,
    nodes_that_start_together_create_one_generation,
    opening_read_only_neither_creates_nor_changes_a_store,
    opening_read_only_requires_the_same_schema_version,
}

async fn a_store_of_a_newer_program_is_rejected<F: Fixture>(fixture: &F) {
    let store = fixture.open().await.unwrap();
    let mut later = Statement::new("INSERT INTO ");
    later.push(F::MIGRATIONS).push(" (version, description, success, checksum, execution_time)");
    later.push(" VALUES (99, 'later', TRUE, ").push_bind(&[1_u8][..]).push(", 0)");
    store.writer().await.unwrap().execute(later).await.unwrap();
    store.close().await;
    let Err(ViewError::SchemaTooNew { found: 99, known: 3.. }) = fixture.open().await else {
        panic!("the store was opened");
    };
}

async fn nodes_that_start_together_create_one_generation(fixture: &impl Fixture) {
    let store = fixture.open().await.unwrap();
    let expected = [vec![(7, Serving)], vec![(7, Serving), (8, Building)]];
    for (version, expected) in [(7, &expected[0]), (7, &expected[0]), (8, &expected[1]), (7, &expected[1])] {
        let mut nodes = JoinSet::new();
        for _ in 0..8 {
            let store = store.clone();
            nodes.spawn(async move { generation::ensure(&store, "a_projection", version).await.unwrap() });
        }
        nodes.join_all().await;
        let all = generation::read_all(&mut store.writer().await.unwrap(), "a_projection").await.unwrap();
        assert_eq!(&all.iter().map(|known| (known.version, known.state)).collect::<Vec<_>>(), expected);
    }
    store.close().await;
}

async fn opening_read_only_neither_creates_nor_changes_a_store(fixture: &impl Fixture) {
    for _ in 0..2 {
        // The first attempt has not created it.
        assert!(matches!(fixture.open_existing().await, Err(ViewError::NotInitialized)));
    }
    let store = fixture.open().await.unwrap();
    generation::ensure(&store, "a_projection", 7).await.unwrap();
    let read_only = fixture.open_existing().await.unwrap();
    let all = generation::read_all(&mut read_only.reader().await.unwrap(), "a_projection").await.unwrap();
    assert_eq!(all.len(), 1);
    let change = Statement::new("DELETE FROM generation");
    let changed = read_only.writer().await.unwrap().execute(change).await;
    assert!(changed.is_err(), "the store is read-only");
    read_only.close().await;
    store.close().await;
    // Also without a writer.
    let read_only = fixture.open_existing().await.unwrap();
    let all = generation::read_all(&mut read_only.reader().await.unwrap(), "a_projection").await.unwrap();
    assert_eq!(all.len(), 1);
    read_only.close().await;
}

async fn opening_read_only_requires_the_same_schema_version<F: Fixture>(fixture: &F) {
    let store = fixture.open().await.unwrap();
    let mut connection = store.writer().await.unwrap();
    let mut forget = Statement::new("DELETE FROM ");
    forget.push(F::MIGRATIONS).push(" WHERE version > 2");
    connection.execute(forget).await.unwrap();
    let rejected = fixture.open_existing().await;
    assert!(matches!(rejected, Err(ViewError::SchemaTooOld { found: 2, known: 3.. })));
    let mut later = Statement::new("UPDATE ");
    later.push(F::MIGRATIONS).push(" SET version = 99 WHERE version = 2");
    connection.execute(later).await.unwrap();
    let rejected = fixture.open_existing().await;
    assert!(matches!(rejected, Err(ViewError::SchemaTooNew { found: 99, known: 3.. })));
    drop(connection);
    store.close().await;
}

#[tokio::test]
async fn nodes_that_start_together_create_the_tables_once() {
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
