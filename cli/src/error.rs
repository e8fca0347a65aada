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
    /// `--database` is invalid.
    #[error("--database: {0}")]
    Database(#[from] DatabaseError),
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The read models cannot be read.
    #[error(transparent)]
    View(#[from] ViewError),
    /// The server cannot serve.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Other nodes cannot connect to an unspecified address.
    #[error(
        "--node-listen {0} means all addresses of this machine; give the one that other nodes can reach with \
         --node-address"
    )]
    NodeAddress(SocketAddr),
    /// An embedded store has only one node.
    #[error("--node-listen requires PostgreSQL: an embedded store has only one node")]
    OneNodeOnly,
    /// The outcome of a command is missing.
    #[error(transparent)]
    Send(#[from] SendError),
    /// A file cannot be imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The export failed.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The demo failed.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// An operation of the operating system failed.
    #[error("{action}: {source}")]
    System {
        /// What failed, such as "cannot start threads".
        action: &'static str,
        /// The error of the operating system.
        source: io::Error,
    },
    /// `--log` is invalid.
    #[error("invalid log filter: {0}")]
    LogFilter(#[from] ParseError),
    /// A signed checkpoint cannot be created or verified.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A result cannot be encoded.
    #[error("cannot encode the result as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The order does not exist.
    #[error("merchant {merchant}: {refusal}{as_of}")]
    UnknownOrder {
        /// The merchant.
        merchant: MerchantId,
        /// The domain's message for an unknown order.
        refusal: OrderRefusal,
        /// The requested position or time, such as " as of position 7"; empty for now.
        as_of: String,
    },
    /// The SKU does not exist.
    #[error("merchant {merchant}: {refusal}{as_of}")]
    UnknownSku {
        /// The merchant.
        merchant: MerchantId,
        /// The domain's message for an unknown SKU.
        refusal: StockRefusal,
        /// The requested position or time; empty for now.
        as_of: String,
    },
    /// The command does not exist or wrote no events.
    #[error("merchant {merchant}: no such command, or it wrote no events by then")]
    UnknownCommand {
        /// The merchant.
        merchant: MerchantId,
    },
    /// The merchant does not exist.
    #[error("merchant {0} does not exist in this store")]
    UnknownMerchant(MerchantId),
    /// A signal stopped the program.
    #[error("interrupted")]
    Interrupted,
    /// The shutdown timed out.
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
