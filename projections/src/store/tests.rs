//! Writing and reading rows, on both databases.

use super::{Presence, Row, Scope, Statement, Tables, Upsert, ViewConnection, ViewStore};
use crate::tests::{Fixture, MERCHANT, Postgres, for_every_store};

for_every_store! {
    rows_with_columns_of_every_kind_are_written_and_found,
    an_upsert_changes_only_updated_columns,
    rows_with_only_key_columns_are_written_once,
    uncommitted_rows_are_rolled_back,
    values_are_bound_in_order,
}

/// More rows than one statement writes on SQLite.
const ROW_COUNT: i64 = 1_203;

const SCOPE: Scope<'static> = Scope { merchant: MERCHANT, generation: 1 };

struct Thing {
    name: String,
    size: i64,
    note: Option<String>,
    heavy: bool,
}

fn things() -> Vec<Thing> {
    let thing = |size: i64| Thing {
        name: format!("thing {size} \u{1f4e6}"),
        size,
        note: (size % 2 == 0).then(|| format!("note {size}")),
        heavy: size > 1_000,
    };
    (0..ROW_COUNT).map(thing).collect()
}

/// A store with a table of columns of every kind, and a table of key columns only.
async fn open(fixture: &impl Fixture) -> ViewStore {
    let store = fixture.open().await.unwrap();
    let mut connection = store.writer().await.unwrap();
    for table in [
        "CREATE TABLE thing (merchant TEXT, generation BIGINT, name TEXT, size BIGINT, note TEXT, raw BYTEA,
                             heavy BOOLEAN, PRIMARY KEY (merchant, generation, name))",
        "CREATE TABLE pair (merchant TEXT, generation BIGINT, name TEXT, size BIGINT,
                            PRIMARY KEY (merchant, generation, name, size))",
    ] {
        connection.execute(Statement::new(table)).await.unwrap();
    }
    drop(connection);
    store
}

async fn save(tables: &mut Tables<'_>, things: &[Thing]) {
    Upsert::into("thing", things, Presence::MayExist)
        .key("name", |thing| thing.name.as_str())
        .fixed("size", |thing| thing.size)
        .updated("note", |thing| thing.note.clone())
        .updated("raw", |thing| thing.size.to_be_bytes().to_vec())
        .updated("heavy", |thing| thing.heavy)
        .run(tables)
        .await
        .unwrap();
}

async fn find(tables: &mut Tables<'_>, names: &[String]) -> Vec<Row> {
    let select = "SELECT name, size, coalesce(note, 'none'), raw FROM thing";
    tables.find(select, "name", names).await.unwrap()
}

async fn count(connection: &mut ViewConnection, query: &'static str) -> i64 {
    connection.fetch(Statement::new(query)).await.unwrap()[0].integer(0).unwrap()
}

async fn rows_with_columns_of_every_kind_are_written_and_found(fixture: &impl Fixture) {
    let store = open(fixture).await;
    let mut connection = store.writer().await.unwrap();
    save(&mut connection.scoped(SCOPE), &things()).await;
    save(&mut connection.scoped(SCOPE), &[]).await;
    let mut names: Vec<String> = things().into_iter().map(|thing| thing.name).collect();
    names.push("unknown".to_owned());
    let found = find(&mut connection.scoped(SCOPE), &names).await;
    assert_eq!(found.len(), things().len());
    for row in &found {
        let size = row.integer(1).unwrap();
        let expected = &things()[usize::try_from(size).unwrap()];
        assert_eq!(row.text(0).unwrap(), expected.name);
        assert_eq!(row.text(2).unwrap(), expected.note.as_deref().unwrap_or("none"));
        assert_eq!(row.bytes(3).unwrap(), size.to_be_bytes());
    }
    assert_eq!(count(&mut connection, "SELECT count(*) FROM thing WHERE heavy").await, 202);
    assert!(find(&mut connection.scoped(SCOPE), &[]).await.is_empty());
    for other in [Scope { merchant: "another", ..SCOPE }, Scope { generation: 2, ..SCOPE }] {
        assert!(find(&mut connection.scoped(other), &names).await.is_empty());
    }
    drop(connection);
    store.close().await;
}

async fn an_upsert_changes_only_updated_columns(fixture: &impl Fixture) {
    let store = open(fixture).await;
    let mut connection = store.writer().await.unwrap();
    let thing = |size: i64, note: &str| Thing {
        name: "a".to_owned(),
        size,
        note: Some(note.to_owned()),
        heavy: false,
    };
    save(&mut connection.scoped(SCOPE), &[thing(1, "first")]).await;
    save(&mut connection.scoped(SCOPE), &[thing(2, "second")]).await;
    let found = find(&mut connection.scoped(SCOPE), &["a".to_owned()]).await;
    assert_eq!((found[0].integer(1).unwrap(), found[0].text(2).unwrap()), (1, "second"));
    drop(connection);
    store.close().await;
}

async fn rows_with_only_key_columns_are_written_once(fixture: &impl Fixture) {
    let store = open(fixture).await;
    let mut connection = store.writer().await.unwrap();
    for _ in 0..2 {
        let things = things();
        let pairs = Upsert::into("pair", &things, Presence::MayExist);
        let pairs = pairs.key("name", |thing| thing.name.as_str()).key("size", |thing| thing.size);
        pairs.run(&mut connection.scoped(SCOPE)).await.unwrap();
    }
    assert_eq!(count(&mut connection, "SELECT count(*) FROM pair").await, ROW_COUNT);
    drop(connection);
    store.close().await;
}

async fn uncommitted_rows_are_rolled_back(fixture: &impl Fixture) {
    let store = open(fixture).await;
    let mut dropped = store.begin().await.unwrap();
    save(&mut dropped.scoped(SCOPE), &things()).await;
    drop(dropped);
    let mut committed = store.begin().await.unwrap();
    save(&mut committed.scoped(SCOPE), &things()[..3]).await;
    committed.commit().await.unwrap();
    let mut reader = store.reader().await.unwrap();
    assert_eq!(count(&mut reader, "SELECT count(*) FROM thing").await, 3);
    assert!(reader.execute(Statement::new("DELETE FROM thing")).await.is_err(), "readers are read-only");
    drop(reader);
    store.close().await;
}

async fn values_are_bound_in_order(fixture: &impl Fixture) {
    let store = open(fixture).await;
    let mut connection = store.writer().await.unwrap();
    save(&mut connection.scoped(SCOPE), &things()).await;
    let query = "SELECT size FROM thing WHERE merchant = $1 AND generation = $2 AND merchant = $1";
    let mut statement = Statement::new(query).bind(MERCHANT).bind(1_i64);
    statement.push(" AND size > ").push_bind(7_u64).push(" AND name <> ").push_bind("it's");
    statement.push(" AND raw <> ").push_bind(&8_i64.to_be_bytes()[..]).push(" ORDER BY size LIMIT ");
    statement.push_bind(2_i64);
    let rows = connection.fetch(statement).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.unsigned(0).unwrap()).collect::<Vec<_>>(), [9, 10]);
    drop(connection);
    store.close().await;
}

#[tokio::test]
async fn statistics_of_a_grown_table_are_updated() {
    let Some(fixture) = Postgres::empty().await else { return };
    let store = open(&fixture).await;
    let mut transaction = store.begin().await.unwrap();
    let larger: Vec<Thing> =
        things().into_iter().map(|thing| Thing { note: Some("x".repeat(400)), ..thing }).collect();
    save(&mut transaction.scoped(SCOPE), &larger).await;
    let statistics_query =
        "SELECT reltuples::bigint FROM pg_class WHERE oid IN ('thing'::regclass, 'pair'::regclass)
                 ORDER BY relname";
    transaction.update_statistics(&["thing", "pair"]).await.unwrap();
    let rows = transaction.fetch(Statement::new(statistics_query)).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.integer(0).unwrap()).collect::<Vec<_>>(), [-1, ROW_COUNT]);
    drop(transaction);
    store.close().await;
}
