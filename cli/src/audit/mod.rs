//! `holdfast audit`: the audit trail of an order, a SKU or a command.

mod command;
mod event_summary;
mod listing;
mod order;
mod stock;

use holdfast_api::queries::AsOf;
use holdfast_domain::values::MerchantId;
use holdfast_journal::Journal;
use holdfast_terminal::output::Printer;

use crate::Store;
use crate::error::CliError;

pub use order::{AuditTrail, print_trail, read_trail};

/// The subject of an audit trail.
#[derive(Debug, clap::Subcommand)]
pub enum Subject {
    /// Show every event of an order: time, summary, command, principal, status and changes.
    Order(order::Arguments),
    /// Show every movement of a SKU: time, command, principal, and the stock after it.
    Stock(stock::Arguments),
    /// Show everything that a command caused, or every command with a correlation id, across all streams.
    Command(command::Arguments),
}

#[derive(Debug, clap::Args)]
struct Common {
    #[command(flatten)]
    store: Store,
    /// The merchant.
    #[arg(long, value_name = "MERCHANT", env = "HOLDFAST_MERCHANT", default_value = "default")]
    merchant: MerchantId,
    /// Print JSON, one object per line, instead of tables.
    #[arg(long)]
    json: bool,
}

pub async fn run(subject: &Subject, printer: &mut Printer) -> Result<(), CliError> {
    match subject {
        Subject::Order(arguments) => order::run(arguments, printer).await,
        Subject::Stock(arguments) => stock::run(arguments, printer).await,
        Subject::Command(arguments) => command::run(arguments, printer).await,
    }
}

/// The position of the last event to show. Events that are written later are not shown.
async fn last_position(
    journal: &dyn Journal,
    merchant: &MerchantId,
    as_of: Option<AsOf>,
) -> Result<u64, CliError> {
    let head = journal.head(merchant.as_str()).await?.position;
    Ok(match as_of {
        None => head,
        Some(as_of) => as_of.position(journal, merchant.as_str()).await?.min(head),
    })
}

/// The requested position or time as the end of a sentence; empty for now.
fn as_of_phrase(as_of: Option<AsOf>) -> String {
    match as_of {
        None => String::new(),
        Some(AsOf::Position(position)) => format!(" as of position {position}"),
        Some(AsOf::Time(time)) => format!(" as of {time}"),
    }
}

/// A command and the ids that relate it to others.
fn command_cell<'a>(
    command: &str,
    ids: impl IntoIterator<Item = (&'static str, Option<&'a String>)>,
) -> String {
    let ids = ids.into_iter().filter_map(|(label, id)| Some(format!(", {label} {}", id?)));
    ids.fold(command.to_owned(), |cell, id| cell + &id)
}

/// The person who acted, if known, and the authenticated principal.
fn actor_cell(actor: Option<&str>, principal: &str) -> String {
    match actor {
        Some(actor) => format!("{actor} ({principal})"),
        None => principal.to_owned(),
    }
}
