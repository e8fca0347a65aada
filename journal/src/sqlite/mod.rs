//! A journal on embedded SQLite: one file, one writing process, one writing thread.
//!
//! With `synchronous=FULL`, an appended batch is on the disk. Writes and reads run on different threads and do not block
//! each other, thanks to write-ahead logging.

mod admin;
mod append;
mod batch_store;
mod event_log;
mod query;
mod rows;
mod schema;
mod subject_keys;
#[cfg(test)]
mod tests;
mod thread;
mod verification_source;

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use crate::commit_signal::CommitSignal;
use crate::error::JournalError;
use crate::recent_events::RecentEvents;
use crate::traits::LeaseStore;
use schema::unavailable;
use thread::ConnectionThreads;

/// The name of the database file in the store's directory.
const DATABASE_FILE: &str = "journal.db";
/// The name of the file that the writing process keeps locked.
const LOCK_FILE: &str = "journal.lock";
/// The number of attempts to lock the file before the store counts as in use.
const LOCK_ATTEMPTS: u32 = 50;
/// The time between two attempts.
const LOCK_RETRY_INTERVAL: Duration = Duration::from_millis(20);
/// The number of threads that read.
const READERS: usize = 2;

/// A journal in a directory.
#[derive(Debug)]
pub struct SqliteJournal {
    /// Dropped before `writer`: the last connection to close leaves a single file.
    readers: ConnectionThreads,
    writer: ConnectionThreads,
    /// True if the write-ahead log may contain a destroyed key.
    destroyed_key_in_log: Arc<AtomicBool>,
    commit_signal: CommitSignal,
    recent_events: RecentEvents,
    /// Locked as long as the journal is open for writing.
    _lock: Option<File>,
}

/// Only one process writes: its leases are its own.
impl LeaseStore for SqliteJournal {}

impl SqliteJournal {
    /// Opens or creates the journal in a directory. No other process can write to it until it is dropped.
    pub fn open(directory: &Path) -> Result<Self, JournalError> {
        let io_error = |e: std::io::Error| JournalError::Unavailable(e.to_string());
        std::fs::create_dir_all(directory).map_err(io_error)?;
        let lock = File::create(directory.join(LOCK_FILE)).map_err(io_error)?;
        let mut attempts = LOCK_ATTEMPTS;
        while let Err(error) = lock.try_lock() {
            match error {
                // The previous process may be about to end.
                TryLockError::WouldBlock if attempts > 0 => std::thread::sleep(LOCK_RETRY_INTERVAL),
                TryLockError::WouldBlock => return Err(JournalError::InUse(directory.display().to_string())),
                TryLockError::Error(error) => return Err(io_error(error)),
            }
            attempts -= 1;
        }
        let file = directory.join(DATABASE_FILE);
        let mut connection = schema::open_for_writing(&file)?;
        schema::migrate(&mut connection)?;
        // The previous process may have crashed between destroying a key and truncating the log.
        let truncated = append::truncate_log(&connection, Duration::ZERO);
        let journal = Self::start(connection, &file, Some(lock))?;
        journal.destroyed_key_in_log.store(truncated.is_err(), Ordering::Relaxed);
        Ok(journal)
    }

    /// Opens an existing journal for reading. Another process may write to it at the same time.
    pub fn open_read_only(directory: &Path) -> Result<Self, JournalError> {
        let file = directory.join(DATABASE_FILE);
        if !file.is_file() {
            return Err(JournalError::Missing(directory.display().to_string()));
        }
        let connection = schema::open_for_reading(&file)?;
        if schema::check_version(&connection)? == 0 {
            return Err(JournalError::Missing(directory.display().to_string()));
        }
        Self::start(connection, &file, None)
    }

    fn start(writer: Connection, file: &Path, lock: Option<File>) -> Result<Self, JournalError> {
        let readers = (0..READERS).map(|_| schema::open_for_reading(file)).collect::<Result<_, _>>()?;
        Ok(Self {
            readers: ConnectionThreads::start("journal-reader", readers)?,
            writer: ConnectionThreads::start("journal-writer", vec![writer])?,
            destroyed_key_in_log: Arc::default(),
            commit_signal: CommitSignal::default(),
            recent_events: RecentEvents::default(),
            _lock: lock,
        })
    }

    /// Runs queries on a reading connection. All of them see the same state of the database.
    async fn query<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, JournalError> {
        let read_consistently = move |connection: &mut Connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
            let found = read(&transaction)?;
            transaction.finish()?;
            Ok(found)
        };
        self.readers.run(read_consistently).await?.map_err(unavailable)
    }

    /// Runs statements on the writing connection.
    async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, JournalError> {
        self.writer.run(write).await?.map_err(unavailable)
    }
}
