//! Errors of the benchmark.

use std::io;
use std::path::PathBuf;

use holdfast_api::app::OpenError;
use holdfast_api::database::DatabaseError;
use holdfast_api::server::ServeError;
use holdfast_commands::VaultError;
use holdfast_commands::client::SendError;
use holdfast_domain::values::TextError;
use holdfast_journal::{AppendError, JournalError};
use holdfast_load_model::ModelError;

use crate::load::connection::CallError;

/// Why the benchmark, or one of its server processes, failed.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    #[error("cannot listen for signals: {0}")]
    Signals(io::Error),
    #[error("interrupted")]
    Interrupted,
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error("--database: {0}")]
    Database(#[from] DatabaseError),
    #[error("--only: there is no case {0}; --list shows the cases, and `cold` cases require --orders")]
    UnknownCase(String),
    #[error("the selected cases require PostgreSQL: specify --database")]
    NothingToDo,
    /// The URL is not repeated: it may contain a password.
    #[error("--database: expected a PostgreSQL URL such as postgres://user@127.0.0.1/holdfast")]
    NotPostgres,
    #[error("cannot use directory {directory}: {source}")]
    Directory { directory: PathBuf, source: io::Error },
    #[error("cannot write {file}: {source}")]
    File { file: PathBuf, source: io::Error },
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    /// A defect.
    #[error("a task of the benchmark ended unexpectedly")]
    TaskEnded,
    #[error("cannot start the server process: {0}")]
    Spawn(io::Error),
    #[error("the server process did not start: {0}")]
    NotServing(String),
    #[error("the server process did not report its address in time")]
    Silent,
    #[error("the server was not ready in time")]
    NotReady,
    #[error(transparent)]
    Call(#[from] CallError),
    /// A request failed that must succeed. `body` is the beginning of the answer.
    #[error("{request} failed with status {status}: {body}")]
    Failed { request: String, status: u16, body: String },
    #[error("a command to record was not accepted: {0}")]
    NotAccepted(&'static str),
    #[error("cannot encode a request or decode an answer: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the read models are still {0} events behind after the timeout")]
    Behind(u64),
    #[error("{0} SKUs at locations are oversold")]
    Oversold(u64),
    #[error("{accepted} orders were accepted, but {reserved} units are reserved")]
    Miscounted { accepted: u64, reserved: u64 },
    #[error("PostgreSQL: {0}")]
    Sql(#[from] sqlx::Error),
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Key(#[from] VaultError),
    #[error("cannot append a batch: {0}")]
    Append(#[from] AppendError),
    #[error("the rate depends on case {0}, which was not measured")]
    NoRate(String),
    #[error("cannot create a histogram: {0}")]
    Histogram(#[from] hdrhistogram::CreationError),
    #[error("cannot draw the chart: {0}")]
    Chart(String),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Name(#[from] TextError),
    #[error(transparent)]
    Send(#[from] SendError),
}

impl BenchError {
    /// The exit status: 130 after SIGINT, as shells report it; 2 for wrong arguments, as clap does; else 1.
    pub fn status(&self) -> u8 {
        match self {
            Self::Interrupted => 130,
            Self::UnknownCase(_) | Self::NothingToDo | Self::NotPostgres | Self::Database(_) => 2,
            _ => 1,
        }
    }
}
