//! `holdfast audit command`: everything that a command caused, or every command with a correlation id, across all streams.
//!
//! It scans the journal from the command on, so that it depends on no read model, and prints while it reads: only the ids
//! of the events found stay in memory.

use std::sync::Arc;

use clap::Args;
use holdfast_api::history::command::{CausalChain, CausedCommand, CommandItem, command_at};
use holdfast_api::queries::AsOf;
use holdfast_commands::Metadata;
use holdfast_domain::values::{IdempotencyKey, MerchantId};
use holdfast_journal::{Event, Journal, LoadRequest, OutcomeKey};
use holdfast_terminal::output::{self, Printer, Progress};

use super::listing::{Columns, Listing};
use super::{Common, actor_cell, last_position};
use crate::error::CliError;

const EXAMPLES: &str = "\
Examples:
  holdfast audit command --position 1200 --database sqlite:./shop
  holdfast audit command --key order-1001
  holdfast audit command --correlation case-7 --from 100000 --json | jq .command

A command is caused by the event that its Causation-Id names. Commands of the process manager name the event that
made them due. The command only reads: a server may use the store at the same time. It scans the whole journal from
the command on; for a long journal, GET /v1/consequences and GET /v1/events?correlationId= are faster, because they
use an index.";

/// Events read from the journal per page.
const PAGE_SIZE: usize = 1_000;
const COLUMNS: Columns<7> = Columns {
    headings: ["position", "time", "command", "event", "stream", "cause", "by"],
    min_widths: [8, 27, 20, 20, 20, 20, 5],
    numbers: &[0],
};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    common: Common,
    /// With --key: the principal that sent the command.
    #[arg(long, value_name = "SENDER", default_value = "local", requires = "key")]
    sender: String,
    /// With --correlation: only commands from this journal position.
    #[arg(long, value_name = "POSITION", default_value_t = 0, requires = "correlation")]
    from: u64,
    /// Only what was committed up to this journal position or time (RFC 3339 with an offset).
    #[arg(long, value_name = "POSITION|TIME")]
    as_of: Option<AsOf>,
}

/// The commands to start from.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Selection {
    /// The command that wrote the event at this journal position, and everything that it caused.
    #[arg(long, value_name = "POSITION")]
    position: Option<u64>,
    /// The command with this idempotency key, and everything that it caused.
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
    /// Every command with this correlation id, and everything that they caused.
    #[arg(long, value_name = "ID")]
    correlation: Option<String>,
}

/// Prints commands and what they caused.
pub async fn run(arguments: &Arguments, printer: &mut Printer) -> Result<(), CliError> {
    let Common { store, merchant, json } = &arguments.common;
    let journal = store.database()?.journal_to_read().await?;
    let up_to = last_position(&*journal, merchant, arguments.as_of).await?;
    let mut listing = Listing::new(&COLUMNS, *json);
    let mut events = 0;
    let mut add = |command: &CausedCommand, listing: &mut Listing<7>, printer: &mut Printer| {
        if let Some(item) = CommandItem::of(command)? {
            events += item.events.len() as u64;
            listing.add(&item, rows, printer)?;
        }
        Ok::<(), CliError>(())
    };
    let mut chain = CausalChain::default();
    let correlation = arguments.selection.correlation.as_deref();
    let after = match correlation {
        Some(_) => {
            let first = command_at(&*journal, merchant.as_str(), arguments.from).await?;
            first.first().map_or(arguments.from, |first| first.position).saturating_sub(1)
        }
        None => {
            let root = root(&*journal, merchant, arguments).await?;
            let end = root.last().map(|last| last.position).filter(|end| *end <= up_to);
            let end = end.ok_or_else(|| CliError::UnknownCommand { merchant: merchant.clone() })?;
            add(&chain.add(None, root), &mut listing, printer)?;
            end
        }
    };
    let mut progress = Progress::new("scanning", up_to.saturating_sub(after).max(1));
    let mut position = after;
    while position < up_to && !printer.is_closed() {
        let page = journal.read(merchant.as_str(), position, PAGE_SIZE).await?;
        let Some(last) = page.last().map(|last| last.position) else { break };
        for command in page.chunk_by(|one, next| one.command_end == next.command_end) {
            let Some(first) = command.first().filter(|first| first.command_end <= up_to) else { continue };
            let cause = chain.cause(first);
            if cause.is_some() || correlation.is_some_and(|id| has_correlation(first, id)) {
                let found = chain.add(cause, command.to_vec());
                progress.suspend(|| add(&found, &mut listing, printer))?;
            }
        }
        position = last;
        progress.set(position.min(up_to) - after);
    }
    progress.finish();
    listing.flush(printer);
    if !json {
        let (commands, events) = (output::number(listing.items), output::number(events));
        printer.line(format!(
            "Commands of merchant {merchant} up to position {up_to}: {commands}, events: {events}"
        ));
    }
    Ok(())
}

/// True if the command of an event has a correlation id.
fn has_correlation(event: &Event, id: &str) -> bool {
    Metadata::of(event).is_ok_and(|metadata| metadata.correlation_id.as_deref() == Some(id))
}

/// The events of the selected command; empty if there is no such command or it wrote no events.
async fn root(
    journal: &dyn Journal,
    merchant: &MerchantId,
    arguments: &Arguments,
) -> Result<Vec<Event>, CliError> {
    let position = match &arguments.selection.key {
        None => arguments.selection.position.unwrap_or(0),
        Some(key) => {
            let sender: Arc<str> = arguments.sender.as_str().into();
            let outcomes = vec![OutcomeKey { sender, key: key.as_str().into() }];
            let request = LoadRequest { outcomes, ..LoadRequest::default() };
            let found = journal.load(merchant.as_str(), &request).await?.outcomes.pop().flatten();
            found
                .filter(|found| found.first_position <= found.last_position)
                .map_or(0, |found| found.last_position)
        }
    };
    Ok(command_at(journal, merchant.as_str(), position).await?)
}

/// One row per event; the first one also has the command, indented by its distance from the first command.
fn rows(item: &CommandItem) -> Vec<[String; 7]> {
    let mut rows = Vec::with_capacity(item.events.len());
    for (index, event) in item.events.iter().enumerate() {
        let mut row: [String; 7] = Default::default();
        row[0] = event.position.to_string();
        row[3].clone_from(&event.kind);
        row[4].clone_from(&event.stream);
        if index == 0 {
            let depth = usize::try_from(item.depth).unwrap_or(0).min(20);
            row[1] = item.at.to_string();
            row[2] = format!("{}{}", "> ".repeat(depth), item.metadata.command);
            let cause = item.caused_by.map(|position| format!("event {position}"));
            let correlation = item.metadata.correlation_id.as_ref().map(|id| format!("correlation {id}"));
            row[5] = cause.into_iter().chain(correlation).collect::<Vec<_>>().join(", ");
            row[6] = actor_cell(item.metadata.actor.as_deref(), &item.metadata.principal);
        }
        rows.push(row);
    }
    rows
}
