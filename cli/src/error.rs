//! Errors of the subcommands, and the exit status of each.

use std::io;
use std::net::SocketAddr;

use holdfast_api::app::OpenError;
use holdfast_api::database::DatabaseError;
use holdfast_api::server::ServeError;
use holdfast_commands::client::SendError;
use holdfast_domain::order::OrderRefusal;
use holdfast_domain::stock::StockRefusal;
use holdfast_domain::values::{MerchantId, OrderId};
use holdfast_export::ExportError;
use holdfast_journal::JournalError;
use holdfast_projections::ViewError;
use tracing_subscriber::filter::ParseError;

use crate::demo::DemoError;
use crate::import::ImportError;
use crate::verify::CheckpointError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    #[error("--database: {0}")]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    View(#[from] ViewError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(
        "--node-listen {0} means all addresses of this machine; give the one that other nodes can reach with \
         --node-address"
    )]
    NodeAddress(SocketAddr),
    #[error("--node-listen requires PostgreSQL: an embedded store has only one node")]
    OneNodeOnly,
    #[error(transparent)]
    Send(#[from] SendError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Demo(#[from] DemoError),
    #[error("{action}: {source}")]
    System { action: &'static str, source: io::Error },
    #[error("invalid log filter: {0}")]
    LogFilter(#[from] ParseError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error("cannot encode the result as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("merchant {merchant}: {refusal}{as_of}")]
    UnknownOrder { merchant: MerchantId, refusal: OrderRefusal, as_of: String },
    #[error("merchant {merchant}: {refusal}{as_of}")]
    UnknownSku { merchant: MerchantId, refusal: StockRefusal, as_of: String },
    #[error("merchant {merchant}: no such command, or it wrote no events by then")]
    UnknownCommand { merchant: MerchantId },
    #[error("merchant {0} does not exist in this store")]
    UnknownMerchant(MerchantId),
    #[error("interrupted")]
    Interrupted,
    #[error(
        "shutdown timed out before all accepted commands were finished; look up their outcomes by idempotency key"
    )]
    Unfinished,
}

impl CliError {
    /// The error for an order that does not exist at a position or time.
    pub fn unknown_order(merchant: &MerchantId, id: OrderId, as_of: String) -> Self {
        Self::UnknownOrder { merchant: merchant.clone(), refusal: OrderRefusal::UnknownOrder(id), as_of }
    }

    /// Converts an error of the operating system.
    pub fn system(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { action, source }
    }

    /// The exit status: 130 after SIGINT, as shells report it; 2 for wrong arguments, as clap does; otherwise 1.
    pub fn status(&self) -> u8 {
        match self {
            Self::Interrupted => 130,
            Self::Database(_) => 2,
            Self::Export(error) if error.is_about_arguments() => 2,
            _ => 1,
        }
    }
}
