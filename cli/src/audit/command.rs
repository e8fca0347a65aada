//! `holdfast audit command`: everything that followed from a command, or that belongs together, across all streams.
//!
//! The journal itself is looked through from the command on, so that no read model has to be trusted, and printed as it is
//! read: what is kept in memory are the ids of the events that were found.

use std::sync::Arc;

use clap::Args;
use comfy_table::{ColumnConstraint, Table, Width};
use holdfast_commands::Metadata;
use holdfast_domain::values::{IdempotencyKey, MerchantId};
use holdfast_journal::{Event, Journal, LoadRequest, OutcomeKey};

use super::{Common, by};
use crate::CliError;
use holdfast_api::history::command::{CommandItem, FollowedCommand, Following, command_at};
use holdfast_api::reading::AsOf;
use holdfast_terminal::output::{self, Printer, Progress};

const EXAMPLES: &str = "\
Examples:
  holdfast audit command --position 1200 --database sqlite:./shop
  holdfast audit command --key order-1001
  holdfast audit command --correlation case-7 --from 100000 --json | jq .command

A command follows from an event that its Causation-Id names, and what is done without anybody asking names the
event that it was due because of. The store is only read: a server may run over it meanwhile. All of the journal
from the command on is looked through; of a long one, GET /v1/consequences and GET /v1/events?correlationId= are
told sooner, from an index.";

/// Events read at once.
const PAGE: usize = 1_000;
/// Commands in one table.
const ROWS: usize = 100;

const HEADINGS: [&str; 7] = ["position", "time", "command", "event", "of", "because of", "by"];

/// The least width of each column, so that one table after the other looks alike.
const WIDTHS: [u16; 7] = [8, 27, 20, 20, 20, 20, 5];

/// What `audit command` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    common: Common,
    /// Whose key it is: the credential that the command came by.
    #[arg(long, value_name = "SENDER", default_value = "local", requires = "key")]
    sender: String,
    /// With --correlation: only from this position of the journal on.
    #[arg(long, value_name = "POSITION", default_value_t = 0, requires = "correlation")]
    from: u64,
    /// Only what was committed by then: a position of the journal, or a time by RFC 3339 with its offset.
    #[arg(long, value_name = "POSITION|TIME")]
    as_of: Option<AsOf>,
}

/// Which command, or which commands.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// The command that an event at this position is of, and what followed from it.
    #[arg(long, value_name = "POSITION")]
    position: Option<u64>,
    /// The command with this idempotency key, and what followed from it.
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
    /// Every command that came with this correlation id, and what followed from them.
    #[arg(long, value_name = "ID")]
    correlation: Option<String>,
}

/// Shows it.
pub async fn run(arguments: &Arguments, printer: &mut Printer) -> Result<(), CliError> {
    let Common { store, merchant, json } = &arguments.common;
    let journal = store.database()?.journal_to_read().await?;
    // What is written while this runs is for the next time.
    let head = journal.head(merchant.as_str()).await?.position;
    let up_to = match arguments.as_of {
        None => head,
        Some(moment) => moment.position(&*journal, merchant.as_str()).await?.min(head),
    };
    let mut shown = Shown::new(*json);
    let mut following = Following::default();
    let correlation = arguments.which.correlation.as_deref();
    let after = match correlation {
        Some(_) => {
            let first = command_at(&*journal, merchant.as_str(), arguments.from).await?;
            first.first().map_or(arguments.from, |first| first.position).saturating_sub(1)
        }
        None => {
            let root = root(&*journal, merchant, arguments).await?;
            let end = root.last().map_or(0, |last| last.position);
            if end > up_to || end == 0 {
                return Err(CliError::UnknownCommand { merchant: merchant.clone() });
            }
            shown.add(&following.take(None, root), printer)?;
            end
        }
    };
    let mut progress = Progress::new("looking", up_to.saturating_sub(after).max(1));
    let mut position = after;
    while position < up_to && !printer.is_closed() {
        let page = journal.read(merchant.as_str(), position, PAGE).await?;
        let Some(last) = page.last().map(|last| last.position) else { break };
        for events in page.chunk_by(|one, next| one.command_end == next.command_end) {
            let Some(first) = events.first().filter(|first| first.command_end <= up_to) else { continue };
            let cause = following.cause(first);
            if cause.is_some() || correlation.is_some_and(|id| belongs(first, id)) {
                let found = following.take(cause, events.to_vec());
                progress.aside(|| shown.add(&found, printer))?;
            }
        }
        position = last;
        progress.set(position.min(up_to) - after);
    }
    progress.finish();
    shown.end(printer);
    if !json {
        let (commands, events) = (output::number(shown.commands), output::number(shown.events));
        printer.line(format!(
            "Commands of merchant {merchant}, up to position {up_to}: {commands}, events: {events}"
        ));
    }
    Ok(())
}

/// Whether an event's command came with a correlation id.
fn belongs(event: &Event, id: &str) -> bool {
    Metadata::of(event).is_ok_and(|came_with| came_with.correlation_id.as_deref() == Some(id))
}

/// The events of the command that is asked about; none where there is none, or it did nothing.
async fn root(
    journal: &dyn Journal,
    merchant: &MerchantId,
    arguments: &Arguments,
) -> Result<Vec<Event>, CliError> {
    let position = match &arguments.which.key {
        None => arguments.which.position.unwrap_or(0),
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

/// What is shown of commands, some at a time.
struct Shown {
    json: bool,
    commands: u64,
    events: u64,
    waiting: usize,
    table: Table,
}

impl Shown {
    fn new(json: bool) -> Self {
        Self { json, commands: 0, events: 0, waiting: 0, table: table() }
    }

    fn add(&mut self, followed: &FollowedCommand, printer: &mut Printer) -> Result<(), CliError> {
        let Some(told) = CommandItem::of(followed)? else { return Ok(()) };
        self.commands += 1;
        self.events += told.events.len() as u64;
        if self.json {
            return Ok(printer.json(&told)?);
        }
        for row in rows(&told) {
            self.table.add_row(row);
        }
        self.waiting += 1;
        if self.waiting == ROWS {
            self.end(printer);
        }
        Ok(())
    }

    fn end(&mut self, printer: &mut Printer) {
        if self.waiting > 0 {
            printer.table(&self.table);
            (self.table, self.waiting) = (table(), 0);
        }
    }
}

fn table() -> Table {
    let mut table = output::table(&HEADINGS);
    let least = |width: &u16| ColumnConstraint::LowerBoundary(Width::Fixed(*width));
    table.set_constraints(WIDTHS.iter().map(least));
    output::right(&mut table, &[0]);
    table
}

/// A row for each event, the first of which says by which command, set in by how far that is from the first.
fn rows(told: &CommandItem) -> Vec<[String; 7]> {
    let mut rows = Vec::with_capacity(told.events.len());
    for (place, event) in told.events.iter().enumerate() {
        let mut row: [String; 7] = Default::default();
        row[0] = event.position.to_string();
        row[3].clone_from(&event.kind);
        row[4].clone_from(&event.stream);
        if place == 0 {
            let deep = usize::try_from(told.depth).unwrap_or(0).min(20);
            row[1] = told.at.to_string();
            row[2] = format!("{}{}", "> ".repeat(deep), told.command);
            let cause = told.caused_by.map(|position| format!("event {position}"));
            let together = told.correlation_id.as_ref().map(|id| format!("correlation {id}"));
            row[5] = cause.into_iter().chain(together).collect::<Vec<_>>().join(", ");
            row[6] = by(told.actor.as_deref(), &told.principal);
        }
        rows.push(row);
    }
    rows
}
