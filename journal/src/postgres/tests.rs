//! Properties of the journal on PostgreSQL only: leases, notifications and connections.

use std::time::Duration;

use holdfast_tests::postgres::Schema;
use sqlx::{Connection, PgConnection};

use super::PostgresJournal;
use crate::tests::support::{Command, TestWriter, append};
use crate::{
    AppendError, EventLog as _, JournalAdmin as _, JournalError, LeaseStatus, LeaseStore as _, Node,
};

const LONG: Duration = Duration::from_secs(60);

fn node(name: &str) -> Node {
    Node { id: name.into(), address: format!("http://{name}").into() }
}

fn names(merchants: &[&str]) -> Vec<String> {
    merchants.iter().map(ToString::to_string).collect()
}

async fn claim(journal: &PostgresJournal, who: &str, merchants: &[&str], term: Duration) -> Vec<bool> {
    let statuses = journal.claim_leases(&node(who), &names(merchants), term).await.unwrap();
    statuses.iter().map(|status| *status == LeaseStatus::Own).collect()
}

#[tokio::test]
async fn a_lease_is_exclusive_and_its_transfer_raises_the_epoch() {
    let Some(schema) = Schema::fresh() else { return };
    let journal = PostgresJournal::connect(schema.url()).await.unwrap();
    let mut writer = TestWriter::new("m");
    writer.write(&journal, vec![Command::events("a", 1)]).await;
    assert_eq!(claim(&journal, "one", &["m"], LONG).await, [true]);
    let first = journal.head("m").await.unwrap().epoch;
    assert_eq!(claim(&journal, "one", &["m", "other"], LONG).await, [true, true], "renewed");
    assert_eq!(journal.head("m").await.unwrap().epoch, first, "renewing does not raise the epoch");

    let theirs = journal.claim_leases(&node("two"), &names(&["free", "m"]), LONG).await.unwrap();
    assert_eq!(theirs[0], LeaseStatus::Own, "in the order of the request");
    let LeaseStatus::HeldBy { address, remaining } = &theirs[1] else { panic!("{theirs:?}") };
    assert_eq!((&**address, *remaining > LONG / 2, *remaining <= LONG), ("http://one", true, true));

    journal.release_leases(&node("two"), &names(&["m"])).await.unwrap();
    assert_eq!(
        claim(&journal, "two", &["m"], LONG).await,
        [false],
        "a node cannot release the lease of another"
    );
    journal.release_leases(&node("one"), &names(&["m"])).await.unwrap();
    let zombie = writer.seal(vec![Command::events("a", 1)]);
    assert_eq!(claim(&journal, "two", &["m"], LONG).await, [true]);
    assert_eq!(journal.head("m").await.unwrap().epoch, first + 1);
    assert!(matches!(append(&journal, &zombie).await, Err(AppendError::HeadMoved(_))));
}

#[tokio::test]
async fn an_expired_lease_and_a_lease_of_the_own_address_can_be_claimed() {
    let Some(schema) = Schema::fresh() else { return };
    let journal = PostgresJournal::connect(schema.url()).await.unwrap();
    let short = Duration::from_millis(1);
    assert_eq!(claim(&journal, "one", &["m"], short).await, [true]);
    while claim(&journal, "two", &["m"], LONG).await != [true] {}
    assert_eq!(claim(&journal, "one", &["m"], LONG).await, [false]);

    // The same node after a restart.
    let again = Node { id: "two restarted".into(), address: node("two").address };
    let statuses = journal.claim_leases(&again, &names(&["m"]), LONG).await.unwrap();
    assert_eq!(statuses, [LeaseStatus::Own]);
    assert_eq!(claim(&journal, "two", &["m"], short).await, [true]);
}

#[tokio::test]
async fn an_append_of_one_node_wakes_the_others() {
    let Some(schema) = Schema::fresh() else { return };
    let journal = PostgresJournal::connect(schema.url()).await.unwrap();
    let other = PostgresJournal::connect(schema.url()).await.unwrap();
    let mut woken = other.commits();
    // The first change means that it listens.
    woken.changed().await.unwrap();
    TestWriter::new("m").write(&journal, vec![Command::events("a", 1)]).await;
    tokio::time::timeout(LONG, woken.changed()).await.expect("the other node is notified").unwrap();
}

#[tokio::test]
async fn a_schema_of_a_newer_program_is_rejected() {
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
async fn connection_errors_are_specific_and_contain_no_password() {
    let Some(schema) = Schema::fresh() else { return };
    let missing = PostgresJournal::connect_existing(schema.url()).await.err();
    assert!(matches!(missing, Some(JournalError::Missing(_))), "{missing:?}");
    for url in ["postgres://me:secret@127.0.0.1:1/shop", "postgres://me:secret@127.0.0.1:port/shop"] {
        let refused = PostgresJournal::connect(url).await.unwrap_err().to_string();
        assert!(!refused.contains("secret"), "{refused}");
    }
}

#[tokio::test]
async fn the_time_is_that_of_the_database() {
    let Some(schema) = Schema::fresh() else { return };
    let journal = PostgresJournal::connect(schema.url()).await.unwrap();
    let first = journal.time().await.unwrap().unwrap();
    assert!(journal.time().await.unwrap().unwrap() >= first);
    assert!(first > 1_700_000_000_000_000, "microseconds since 1970");
}
