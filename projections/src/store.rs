//! The read models' database.

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::error::ViewError;

/// The database's file within its directory.
const FILE: &str = "views.db";
/// Rows read or written by one statement, far below SQLite's limit of bound values.
pub(crate) const CHUNK: usize = 500;
/// How many connections read.
const READERS: u32 = 4;

/// The read models' database: one connection that writes, several that read.
#[derive(Debug, Clone)]
pub struct ViewStore {
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
}

impl ViewStore {
    /// Opens or creates the read models in a directory.
    pub async fn open(directory: &Path) -> Result<Self, ViewError> {
        let options = SqliteConnectOptions::new()
            .filename(directory.join(FILE))
            .create_if_missing(true)
            .page_size(8_192)
            .journal_mode(SqliteJournalMode::Wal)
            // What is lost in a crash is folded again: the checkpoint is lost with it.
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(5))
            .pragma("cache_size", "-64000")
            .statement_cache_capacity(256)
            .optimize_on_close(true, None);
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        sqlx::migrate!("../migrations/sqlite/views").run(&writer).await?;
        let readers =
            SqlitePoolOptions::new().max_connections(READERS).connect_with(options.read_only(true)).await?;
        Ok(Self { writer, readers })
    }

    /// Closes all connections, once what they do is done.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
