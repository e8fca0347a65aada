//! Care for PostgreSQL connections and statistics, and migrations that are part of the program. The journal and the read models
//! share it.

use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Row, SqlSafeStr};

/// The time in which a connection that is returned to its pool must respond.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(3);

/// Selects the tables that have grown fourfold since the server last analyzed them.
const GROWN_TABLES: &str = "
SELECT quote_ident(relname) FROM unnest($1::text[]) AS wanted (name) JOIN pg_class ON oid = to_regclass(name)
WHERE pg_relation_size(oid) > 4 * current_setting('block_size')::bigint * greatest(relpages, 8)";

/// A file of a migration: its name without the extension, such as `0001_orders`, and its statements.
pub type MigrationFile = (&'static str, &'static str);

/// Runs the migrations of these files, in their order. The version of each is its place, from 1.
///
/// `sqlx::migrate!` would do the same, but compiles all of sqlx a second time, for the compiler itself.
pub fn migrator(files: &[MigrationFile]) -> Migrator {
    let migration = |(version, (name, statements)): (i64, &MigrationFile)| {
        Migration::new(version, (*name).into(), MigrationType::Simple, (*statements).into_sql_str(), false)
    };
    Migrator::with_migrations((1..).zip(files).map(migration).collect())
}

/// Checks that a connection still responds, before its pool reuses it: a call on it may have been abandoned. An error
/// removes the connection from the pool.
pub async fn responds(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let response = tokio::time::timeout(RESPONSE_TIMEOUT, connection.ping()).await;
    response.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map(|()| true)
}

/// Analyzes those tables that have grown fourfold since the server last did. The server itself does so about once a
/// minute; until then its plans are made for tables that are nearly empty.
pub async fn analyze_grown_tables(connection: &mut PgConnection, tables: &[&str]) -> Result<(), sqlx::Error> {
    for row in sqlx::query(GROWN_TABLES).bind(tables).fetch_all(&mut *connection).await? {
        let table: String = row.try_get(0)?;
        sqlx::query(AssertSqlSafe(format!("ANALYZE {table}"))).execute(&mut *connection).await?;
    }
    Ok(())
}

/// True if a journal has grown fourfold, beyond a few hundred events, between two of its positions: then
/// [`analyze_grown_tables`] is worth a call.
pub fn has_grown_fourfold(from: u64, to: u64) -> bool {
    let power_of_four = |position: u64| position.checked_ilog(4).unwrap_or(0).max(4);
    power_of_four(from) < power_of_four(to)
}

#[cfg(test)]
mod tests {
    use super::has_grown_fourfold;

    #[test]
    fn a_journal_has_grown_fourfold_when_it_passes_a_power_of_four() {
        assert!(has_grown_fourfold(1_000, 1_024));
        assert!(has_grown_fourfold(1_023, 5_000));
        assert!(!has_grown_fourfold(0, 100), "too few events");
        assert!(!has_grown_fourfold(1_024, 4_095));
        assert!(!has_grown_fourfold(7, 7));
    }
}
