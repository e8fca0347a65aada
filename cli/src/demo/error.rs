//! Errors of the demo. Those that report an internal error are defects.

use std::io;
use std::path::PathBuf;

use holdfast_commands::client::SendError;
use holdfast_domain::values::TextError;
use holdfast_load_model::ModelError;

#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("directory {0} is not empty: give an empty or new directory")]
    NotEmpty(PathBuf),
    #[error("cannot use directory {directory}: {source}")]
    Directory { directory: PathBuf, source: io::Error },
    #[error("internal error: invalid generated data: {0}")]
    Model(#[from] ModelError),
    #[error("internal error: command {key} was not accepted: {answer}")]
    Rejected { key: String, answer: String },
    #[error("internal error: the command queue is full")]
    QueueFull,
    #[error(transparent)]
    Send(#[from] SendError),
    #[error("internal error: a worker task panicked")]
    WorkerPanicked,
    #[error("internal error: cannot create a histogram: {0}")]
    Histogram(hdrhistogram::CreationError),
    #[error("oversold: {0} SKUs at locations; please report this with the seed")]
    Oversold(u64),
    #[error("journal verification failed")]
    NotVerified,
}

impl From<TextError> for DemoError {
    fn from(error: TextError) -> Self {
        Self::Model(error.into())
    }
}
