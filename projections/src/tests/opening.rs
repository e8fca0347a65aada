//! Opening a store: its schema, and the generation that serves.

use std::collections::BTreeSet;

use tokio::task::JoinSet;

use super::{Fixture, Postgres, for_every_store};
use crate::{Statement, ViewError, ViewStore, generation};

for_every_store! {
    a_store_of_a_newer_program_is_not_opened,
    nodes_that_start_at_once_agree_on_a_generation,
}

async fn a_store_of_a_newer_program_is_not_opened<F: Fixture>(fixture: &F) {
    let store = fixture.open().await.unwrap();
    let mut later = Statement::new("INSERT INTO ");
    later.push(F::MIGRATIONS).push(" (version, description, success, checksum, execution_time)");
    later.push(" VALUES (99, 'later', TRUE, ").push_bind(&[1_u8][..]).push(", 0)");
    store.writer().await.unwrap().execute(later).await.unwrap();
    store.close().await;
    let Err(ViewError::SchemaTooNew { found: 99, known: 2 }) = fixture.open().await else {
        panic!("it was opened");
    };
}

async fn nodes_that_start_at_once_agree_on_a_generation(fixture: &impl Fixture) {
    let store = fixture.open().await.unwrap();
    for (version, expected) in [(7, 1), (8, 2), (8, 2), (7, 3)] {
        let mut nodes = JoinSet::new();
        for _ in 0..8 {
            let store = store.clone();
            nodes.spawn(async move { generation::serving(&store, "a_projection", version).await.unwrap() });
        }
        let found: BTreeSet<i64> = nodes.join_all().await.into_iter().collect();
        assert_eq!(found, BTreeSet::from([expected]));
    }
    let serving = Statement::new("SELECT generation FROM generation WHERE state = 'serving'");
    let serving = store.reader().await.unwrap().fetch(serving).await.unwrap();
    assert_eq!(serving.iter().map(|row| row.integer(0).unwrap()).collect::<Vec<_>>(), [3]);
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
