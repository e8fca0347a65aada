//! The journal on embedded SQLite: one file, one writing process, one writing thread.
//!
//! `synchronous=FULL`: a batch that was appended is on the disk. Appends run on a thread of their own and reads on
//! others, so that neither waits for the other (write-ahead logging).

mod append;
mod query;
mod schema;
#[cfg(test)]
mod tests;
mod thread;

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::Connection;
use tokio::sync::watch;

use crate::batch::{Batch, BatchSummary};
use crate::commits::Commits;
use crate::error::{AppendError, JournalError};
use crate::record::{Event, Head, LoadRequest, Loaded, Outcome, Snapshot};
use crate::tail::Tail;
use crate::{Finding, Journal};
use thread::ConnectionThread;

/// The database's file within its directory.
const FILE: &str = "journal.db";
/// Held by the process that may write.
const LOCK: &str = "journal.lock";
/// How often to ask for the lock before the store counts as in use.
const LOCK_TRIES: u32 = 50;
/// The time between two tries.
const LOCK_PAUSE: Duration = Duration::from_millis(20);
/// How many threads read.
const READERS: usize = 2;

/// A journal in a directory.
#[derive(Debug)]
pub struct SqliteJournal {
    /// Closed before the writer, whose connection, being the last, then leaves a single file behind.
    readers: ConnectionThread,
    writer: ConnectionThread,
    /// Whether the write-ahead log may hold a key that was destroyed.
    lingering: Arc<AtomicBool>,
    commits: Commits,
    tail: Tail,
    /// Let go of when the journal is.
    _lock: Option<File>,
}

impl SqliteJournal {
    /// Opens or creates the journal in a directory, for this process alone to write to.
    pub fn open(directory: &Path) -> Result<Self, JournalError> {
        let unavailable = |e: std::io::Error| JournalError::Unavailable(e.to_string());
        std::fs::create_dir_all(directory).map_err(unavailable)?;
        let lock = File::create(directory.join(LOCK)).map_err(unavailable)?;
        let mut tries = LOCK_TRIES;
        while let Err(error) = lock.try_lock() {
            match error {
                // The process before this one may just be ending.
                TryLockError::WouldBlock if tries > 0 => std::thread::sleep(LOCK_PAUSE),
                TryLockError::WouldBlock => return Err(JournalError::InUse(directory.display().to_string())),
                TryLockError::Error(error) => return Err(unavailable(error)),
            }
            tries -= 1;
        }
        let file = directory.join(FILE);
        let mut connection = schema::open_for_writing(&file)?;
        schema::migrate(&mut connection)?;
        // A crash may have come between the erasure of a key and the emptying of the log.
        let emptied = append::empty_the_log(&connection, Duration::ZERO);
        let journal = Self::start(connection, &file, Some(lock))?;
        journal.lingering.store(emptied.is_err(), Ordering::Relaxed);
        Ok(journal)
    }

    /// Opens an existing journal to read it, while another process may write to it.
    pub fn open_read_only(directory: &Path) -> Result<Self, JournalError> {
        let file = directory.join(FILE);
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
            readers: ConnectionThread::start("journal-reader", readers)?,
            writer: ConnectionThread::start("journal-writer", vec![writer])?,
            lingering: Arc::default(),
            commits: Commits::default(),
            tail: Tail::default(),
            _lock: lock,
        })
    }

    async fn read_with<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, JournalError> {
        self.readers.run(move |connection| query::consistent(connection, read)).await?
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn append(&self, batches: &Arc<[Batch]>) -> Vec<Result<(), AppendError>> {
        let (appending, lingering) = (Arc::clone(batches), Arc::clone(&self.lingering));
        let append = move |connection: &mut Connection| append::append(connection, &appending, &lingering);
        let unknown = |error: JournalError| vec![Err(AppendError::Unknown(error.to_string())); batches.len()];
        let results = self.writer.run(append).await.unwrap_or_else(unknown);
        self.tail.note(batches, &results);
        self.commits.note();
        results
    }

    fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }

    async fn head(&self, merchant: &str) -> Result<Head, JournalError> {
        let merchant = merchant.to_owned();
        self.read_with(move |connection| query::head(connection, &merchant)).await
    }

    async fn heads(&self) -> Result<Vec<(String, Head)>, JournalError> {
        self.read_with(query::heads).await
    }

    async fn merchants(&self) -> Result<Vec<String>, JournalError> {
        self.read_with(query::merchants).await
    }

    async fn raise_format(&self, merchant: &str, to: u32) -> Result<(), JournalError> {
        let merchant = merchant.to_owned();
        self.writer.run(move |connection| append::raise_format(connection, &merchant, to)).await?
    }

    async fn raise_epoch(&self, merchant: &str) -> Result<Head, JournalError> {
        let merchant = merchant.to_owned();
        self.writer.run(move |connection| append::raise_epoch(connection, &merchant)).await?
    }

    async fn has_batch(&self, merchant: &str, number: u64, id: [u8; 16]) -> Result<bool, JournalError> {
        let merchant = merchant.to_owned();
        // Asked of the writing connection, behind whatever was still under way.
        self.writer.run(move |connection| append::has_batch(connection, &merchant, number, id)).await?
    }

    async fn load(&self, merchant: &str, request: &LoadRequest) -> Result<Loaded, JournalError> {
        let (merchant, request) = (merchant.to_owned(), request.clone());
        self.read_with(move |connection| query::load(connection, &merchant, &request)).await
    }

    async fn read(&self, merchant: &str, after: u64, limit: usize) -> Result<Vec<Event>, JournalError> {
        if let Some(latest) = self.tail.read(merchant, after, limit) {
            return Ok(latest);
        }
        let merchant = merchant.to_owned();
        self.read_with(move |connection| query::read(connection, &merchant, after, limit)).await
    }

    async fn examine(
        &self,
        merchant: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Result<Event, Finding>>, JournalError> {
        let merchant = merchant.to_owned();
        self.read_with(move |connection| query::examine(connection, &merchant, after, limit)).await
    }

    async fn read_stream(&self, merchant: &str, name: &str, up_to: u64) -> Result<Vec<Event>, JournalError> {
        let (merchant, name) = (merchant.to_owned(), name.to_owned());
        self.read_with(move |connection| query::read_stream(connection, &merchant, &name, up_to)).await
    }

    async fn read_stream_page(
        &self,
        merchant: &str,
        name: &str,
        after_version: u64,
        up_to: u64,
        most: usize,
    ) -> Result<Vec<Event>, JournalError> {
        let (merchant, name) = (merchant.to_owned(), name.to_owned());
        let page = query::StreamPage { after_version, up_to, most };
        self.read_with(move |connection| query::read_stream_page(connection, &merchant, &name, page)).await
    }

    async fn position_at(&self, merchant: &str, time: i64) -> Result<u64, JournalError> {
        let merchant = merchant.to_owned();
        self.read_with(move |connection| query::position_at(connection, &merchant, time)).await
    }

    async fn subject_key(&self, merchant: &str, subject: &str) -> Result<Option<Vec<u8>>, JournalError> {
        let (merchant, subject) = (merchant.to_owned(), subject.to_owned());
        self.read_with(move |connection| query::subject_key(connection, &merchant, &subject)).await
    }

    async fn master_key_check(&self) -> Result<Option<Vec<u8>>, JournalError> {
        self.read_with(query::master_key_check).await
    }

    async fn keep_master_key_check(&self, digest: Vec<u8>) -> Result<(), JournalError> {
        self.writer.run(move |connection| append::keep_master_key_check(connection, &digest)).await?
    }

    async fn save_snapshots(&self, merchant: &str, snapshots: Vec<Snapshot>) -> Result<(), JournalError> {
        let merchant = merchant.to_owned();
        self.writer.run(move |connection| append::save_snapshots(connection, &merchant, &snapshots)).await?
    }

    async fn prune_refusals(&self, before: i64) -> Result<u64, JournalError> {
        self.writer.run(move |connection| append::prune_refusals(connection, before)).await?
    }

    async fn batches(
        &self,
        merchant: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<BatchSummary>, JournalError> {
        let merchant = merchant.to_owned();
        self.read_with(move |connection| query::batches(connection, &merchant, after, limit)).await
    }

    async fn outcomes(&self, merchant: &str, from: u64, to: u64) -> Result<Vec<Outcome>, JournalError> {
        let merchant = merchant.to_owned();
        self.read_with(move |connection| query::outcomes(connection, &merchant, from, to)).await
    }
}
