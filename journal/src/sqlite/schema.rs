//! Opening the database file, and migrating its schema.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::JournalError;

/// The time to wait for a lock of another process, such as the sqlite3 tool.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The steps from each version of the schema to the next.
const MIGRATIONS: &[&str] = &[include_str!("../../../migrations/sqlite/journal/0001_journal.sql")];

pub(super) fn unavailable(error: rusqlite::Error) -> JournalError {
    match error {
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::Utf8Error(..) => JournalError::Corrupt(error.to_string()),
        other => match other.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
                JournalError::Corrupt(other.to_string())
            }
            _ => JournalError::Unavailable(other.to_string()),
        },
    }
}

pub(super) fn open_for_writing(file: &Path) -> Result<Connection, JournalError> {
    let open = || {
        let connection = Connection::open(file)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // Keeps large rows on one page. Has no effect after the first table was created.
        connection.pragma_update(None, "page_size", 8192)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        // Overwrites deleted rows: destroyed keys above all.
        connection.pragma_update(None, "secure_delete", true)?;
        connection.pragma_update(None, "cache_size", -64_000)?;
        connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
        // Savepoints keep changed pages in memory, not in a file.
        connection.pragma_update(None, "temp_store", "memory")?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    };
    open().map_err(unavailable)
}

pub(super) fn open_for_reading(file: &Path) -> Result<Connection, JournalError> {
    let open = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "cache_size", -32_000)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    };
    open().map_err(unavailable)
}

/// Migrates the schema to this program's version.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), JournalError> {
    let version = check_version(connection)?;
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(version as usize) {
        let mut apply = || {
            let transaction = connection.transaction()?;
            transaction.execute_batch(migration)?;
            transaction.pragma_update(None, "user_version", index + 1)?;
            transaction.commit()
        };
        apply().map_err(unavailable)?;
    }
    Ok(())
}

/// The version of the schema; 0 for a new file. An error if this program is too old for it.
pub(super) fn check_version(connection: &Connection) -> Result<u32, JournalError> {
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    let found: u32 =
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(unavailable)?;
    if found > known { Err(JournalError::SchemaTooNew { found, known }) } else { Ok(found) }
}
