//! What only a journal with several nodes has to show.

use std::time::Duration;

use holdfast_tests::postgres::Schema;
use sqlx::{Connection, PgConnection};

use super::*;
use crate::testing::{Command, Scribe, append};

const LONG: Duration = Duration::from_secs(60);

fn node(name: &str) -> Node {
    Node { id: name.into(), address: format!("http://{name}").into() }
}

fn names(merchants: &[&str]) -> Vec<String> {
    merchants.iter().map(ToString::to_string).collect()
}

async fn claim(journal: &PostgresJournal, who: &str, merchants: &[&str], term: Duration) -> Vec<bool> {
    let tenures = journal.claim_leases(&node(who), &names(merchants), term).await.unwrap();
    tenures.iter().map(|tenure| *tenure == Tenure::Mine).collect()
}

#[tokio::test]
async fn a_lease_is_one_nodes_until_it_ends_and_its_change_of_hands_raises_the_epoch() {
    let Some(schema) = Schema::fresh() else { return };
    let journal = PostgresJournal::connect(schema.url()).await.unwrap();
    let mut scribe = Scribe::of("m");
    scribe.write(&journal, vec![Command::events("a", 1)]).await;
    assert_eq!(claim(&journal, "one", &["m"], LONG).await, [true]);
    let first = journal.head("m").await.unwrap().epoch;
    assert_eq!(claim(&journal, "one", &["m", "other"], LONG).await, [true, true], "renewed");
    assert_eq!(journal.head("m").await.unwrap().epoch, first, "nothing changed hands");

    let theirs = journal.claim_leases(&node("two"), &names(&["free", "m"]), LONG).await.unwrap();
    assert_eq!(theirs[0], Tenure::Mine, "in the order asked for");
    let Tenure::Theirs { address, left } = &theirs[1] else { panic!("{theirs:?}") };
    assert_eq!((&**address, *left > LONG / 2, *left <= LONG), ("http://one", true, true));

    journal.release_leases(&node("two"), &names(&["m"])).await.unwrap();
    assert_eq!(claim(&journal, "two", &["m"], LONG).await, [false], "nobody ends another's lease");
    journal.release_leases(&node("one"), &names(&["m"])).await.unwrap();
    let zombie = scribe.seal(vec![Command::events("a", 1)]);
    assert_eq!(claim(&journal, "two", &["m"], LONG).await, [true]);
    assert_eq!(journal.head("m").await.unwrap().epoch, first + 1);
    assert!(matches!(append(&journal, &zombie).await, Err(AppendError::HeadMoved(_))));
}

#[tokio::test]
async fn a_lease_that_has_run_out_is_anybodys_and_one_at_the_own_address_is_the_own() {
    let Some(schema) = Schema::fresh() else { return };
    let journal = PostgresJournal::connect(schema.url()).await.unwrap();
    let short = Duration::from_millis(1);
    assert_eq!(claim(&journal, "one", &["m"], short).await, [true]);
    while claim(&journal, "two", &["m"], LONG).await != [true] {}
    assert_eq!(claim(&journal, "one", &["m"], LONG).await, [false]);

    // The same node after a start anew.
    let again = Node { id: "two again".into(), address: node("two").address };
    let tenures = journal.claim_leases(&again, &names(&["m"]), LONG).await.unwrap();
    assert_eq!(tenures, [Tenure::Mine]);
    assert_eq!(claim(&journal, "two", &["m"], short).await, [true]);
}

#[tokio::test]
async fn what_one_node_appends_wakes_the_other() {
    let Some(schema) = Schema::fresh() else { return };
    let journal = PostgresJournal::connect(schema.url()).await.unwrap();
    let other = PostgresJournal::connect(schema.url()).await.unwrap();
    let mut woken = other.commits();
    // Once it has begun to listen.
    woken.changed().await.unwrap();
    Scribe::of("m").write(&journal, vec![Command::events("a", 1)]).await;
    tokio::time::timeout(LONG, woken.changed()).await.expect("it is told").unwrap();
}

#[tokio::test]
async fn a_schema_of_a_newer_program_is_refused() {
    let Some(schema) = Schema::fresh() else { return };
    PostgresJournal::connect(schema.url()).await.unwrap().close().await;
    let mut connection = PgConnection::connect(schema.url()).await.unwrap();
    sqlx::query(
        "INSERT INTO _holdfast_journal_migrations (version, description, success, checksum, execution_time)
         VALUES (99, 'later', true, '', 0)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let refused = PostgresJournal::connect(schema.url()).await.err();
    assert!(matches!(refused, Some(JournalError::SchemaTooNew { found: 99, .. })), "{refused:?}");
}

#[tokio::test]
async fn an_empty_database_is_no_journal_to_read_and_a_wrong_url_repeats_no_password() {
    let Some(schema) = Schema::fresh() else { return };
    let missing = PostgresJournal::connect_existing(schema.url()).await.err();
    assert!(matches!(missing, Some(JournalError::Missing(_))), "{missing:?}");
    for url in ["postgres://me:secret@127.0.0.1:1/shop", "postgres://me:secret@127.0.0.1:port/shop"] {
        let refused = PostgresJournal::connect(url).await.unwrap_err().to_string();
        assert!(!refused.contains("secret"), "{refused}");
    }
}

#[tokio::test]
async fn the_database_has_a_time_of_its_own() {
    let Some(schema) = Schema::fresh() else { return };
    let journal = PostgresJournal::connect(schema.url()).await.unwrap();
    let first = journal.time().await.unwrap().unwrap();
    assert!(journal.time().await.unwrap().unwrap() >= first);
    assert!(first > 1_700_000_000_000_000, "microseconds since 1970");
}
