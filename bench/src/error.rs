//! Why something could not be measured.

use std::io;
use std::path::PathBuf;

use holdfast_api::app::OpenError;
use holdfast_api::database::DatabaseError;
use holdfast_api::server::ServeError;
use holdfast_commands::VaultError;
use holdfast_journal::{AppendError, JournalError};

use super::load::connection::CallError;

/// Why something could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// Signals cannot be received.
    #[error("cannot listen for signals: {0}")]
    Signals(io::Error),
    /// The user stopped the run.
    #[error("interrupted")]
    Interrupted,
    /// A server process cannot open its store.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A server process cannot serve.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A server process got an invalid database URL.
    #[error("--database: {0}")]
    Database(#[from] DatabaseError),
    /// No case has this name or belongs to this group.
    #[error("--only: there is no case {0}; --list shows them, and those called cold need --orders")]
    UnknownCase(String),
    /// Nothing is left to measure.
    #[error("nothing is left to measure: these cases need a PostgreSQL, which --database names")]
    NothingToDo,
    /// What is given for a PostgreSQL is none. The text is not repeated: it may carry a password.
    #[error("--database: give postgres:// and what follows, such as postgres://user@127.0.0.1/holdfast")]
    NotPostgres,
    /// A place for a store cannot be had.
    #[error("{directory} cannot be used: {source}")]
    Directory {
        /// Where.
        directory: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A result cannot be written.
    #[error("{file} cannot be written: {source}")]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A thread cannot be had.
    #[error("a thread cannot be started: {0}")]
    Thread(io::Error),
    /// What ran the load ended unexpectedly: a defect.
    #[error("a part of the bench ended unexpectedly")]
    Lost,
    /// The server cannot be started.
    #[error("the server cannot be started: {0}")]
    Spawn(io::Error),
    /// The server ended before it said where it listens.
    #[error("the server does not start: {0}")]
    NotServing(String),
    /// The server did not say where it listens.
    #[error("the server did not say in time where it listens")]
    Silent,
    /// A request got no answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// Something that must be granted was not.
    #[error("{what} was answered with status {status}: {body}")]
    Answered {
        /// What was asked.
        what: String,
        /// The status.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
    /// An answer is not what was asked for.
    #[error("an answer cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// The read models did not follow.
    #[error("the read models were still {0} events behind when they were waited for no longer")]
    Behind(u64),
    /// The one promise above all was broken.
    #[error("{0} SKUs at locations are oversold")]
    Oversold(u64),
    /// Grants and stock do not agree.
    #[error("{granted} orders were granted and {reserved} units are reserved")]
    Miscounted {
        /// Grants that were answered.
        granted: u64,
        /// Units that are reserved.
        reserved: u64,
    },
    /// The baseline's database.
    #[error("the database: {0}")]
    Sql(#[from] sqlx::Error),
    /// The embedded database.
    #[error("the embedded database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The journal cannot be opened or read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// There is no master key.
    #[error(transparent)]
    Key(#[from] VaultError),
    /// A batch was not appended.
    #[error("a batch was not appended: {0}")]
    Append(#[from] AppendError),
    /// What it is measured against was not measured.
    #[error("its rate follows from {0}, which was not measured")]
    NoRate(&'static str),
    /// Latencies cannot be counted: a defect.
    #[error("latencies cannot be counted: {0}")]
    Histogram(#[from] hdrhistogram::CreationError),
    /// The chart cannot be drawn: a defect.
    #[error("the chart cannot be drawn: {0}")]
    Chart(String),
}

impl BenchError {
    /// The exit status of the program: 130 after SIGINT, as shells report it; 2 for wrong arguments, as clap does; else 1.
    pub fn status(&self) -> u8 {
        match self {
            Self::Interrupted => 130,
            Self::UnknownCase(_) | Self::NothingToDo | Self::NotPostgres | Self::Database(_) => 2,
            _ => 1,
        }
    }
}
