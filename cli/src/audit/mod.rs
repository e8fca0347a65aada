//! `holdfast audit`: what happened, who did it, and what it led to.

mod command;
mod order;
mod says;
mod stock;

use holdfast_domain::values::MerchantId;

use super::{CliError, Store};
use holdfast_api::reading::AsOf;
use holdfast_terminal::output::Printer;

pub use order::{Trail, show, trail};

/// What can be audited.
#[derive(Debug, clap::Subcommand)]
pub enum Subject {
    /// Every event of an order: when, what, because of which command, by whom, the status after it, and what changed.
    Order(order::Arguments),
    /// Every movement of a SKU: when, what, because of which command, by whom, and what was there after it.
    Stock(stock::Arguments),
    /// Everything that followed from a command, or that came with one correlation id, across all streams.
    Command(command::Arguments),
}

/// What all of them are told.
#[derive(Debug, clap::Args)]
struct Common {
    #[command(flatten)]
    store: Store,
    /// Whose it is.
    #[arg(long, value_name = "MERCHANT", env = "HOLDFAST_MERCHANT", default_value = "default")]
    merchant: MerchantId,
    /// Write JSON, an object a line, instead of tables.
    #[arg(long)]
    json: bool,
}

/// Shows it.
pub async fn run(subject: &Subject, printer: &mut Printer) -> Result<(), CliError> {
    match subject {
        Subject::Order(arguments) => order::run(arguments, printer).await,
        Subject::Stock(arguments) => stock::run(arguments, printer).await,
        Subject::Command(arguments) => command::run(arguments, printer).await,
    }
}

/// As of when, for a sentence.
fn when(as_of: Option<AsOf>) -> String {
    match as_of {
        None => String::new(),
        Some(AsOf::Position(position)) => format!(" as of position {position}"),
        Some(AsOf::Time(time)) => format!(" as of {time}"),
    }
}

/// The command, and what it belongs to.
fn because<'a>(command: &str, ids: impl IntoIterator<Item = (&'static str, Option<&'a String>)>) -> String {
    let ids = ids.into_iter().filter_map(|(what, id)| Some(format!(", {what} {}", id?)));
    ids.fold(command.to_owned(), |because, id| because + &id)
}

/// Who did it.
fn by(actor: Option<&str>, principal: &str) -> String {
    match actor {
        Some(actor) => format!("{actor} ({principal})"),
        None => principal.to_owned(),
    }
}
