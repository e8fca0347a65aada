//! `holdfast audit order`: the timeline of an order, and what it led to.

use comfy_table::Table;
use holdfast_domain::order::OrderStatus;
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{MerchantId, OrderId, Timestamp};
use holdfast_journal::{Event, Journal, JournalError};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::says::says;
use super::{Common, because, by, when};
use crate::CliError;
use holdfast_api::history::HistoryItem;
use holdfast_api::history::difference::Difference;
use holdfast_api::history::order::OrderReplay;
use holdfast_api::reading::AsOf;
use holdfast_terminal::output::{self, Printer};

const EXAMPLES: &str = "\
Examples:
  holdfast audit order 0198c0de-0000-7000-8000-000000000001
  holdfast audit order 0198c0de-0000-7000-8000-000000000001 --as-of 1200
  holdfast audit order 0198c0de-0000-7000-8000-000000000001 --differences
  holdfast audit order 0198c0de-0000-7000-8000-000000000001 --as-of 2026-03-01T12:00:00Z --json

The store is only read: a server may run over it meanwhile. Personal data is sealed and not shown.";

/// What `audit order` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The order's id: a UUID.
    id: OrderId,
    #[command(flatten)]
    common: Common,
    /// Only what was committed by then: a position of the journal, or a time by RFC 3339 with its offset.
    #[arg(long, value_name = "POSITION|TIME")]
    as_of: Option<AsOf>,
    /// Tell for each event what of the order was not as before.
    #[arg(long)]
    differences: bool,
}

/// An order's timeline.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trail {
    merchant: MerchantId,
    order_id: OrderId,
    status: OrderStatus,
    version: u64,
    position: u64,
    events: Vec<Entry>,
}

/// One event of it.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    position: u64,
    version: u64,
    recorded_at: Timestamp,
    event: String,
    says: String,
    command: String,
    principal: String,
    actor: Option<String>,
    key: Option<String>,
    correlation_id: Option<String>,
    causation_id: Option<String>,
    occurred_at: Option<Timestamp>,
    event_id: Uuid,
    command_end: u64,
    /// The status after it.
    status: OrderStatus,
    /// What was not as before.
    differences: Vec<Difference>,
    /// The order after it; only where it is printed.
    state: Option<Box<RawValue>>,
    data: Box<RawValue>,
}

/// Shows an order's timeline.
pub async fn run(arguments: &Arguments, printer: &mut Printer) -> Result<(), CliError> {
    let Common { store, merchant, json } = &arguments.common;
    let journal = store.database()?.journal_to_read().await?;
    let trail = trail(&*journal, merchant, arguments.id, arguments.as_of, *json).await?;
    if *json {
        return Ok(printer.json(&trail)?);
    }
    show(&trail, printer);
    if arguments.differences {
        show_differences(&trail, printer);
    }
    Ok(())
}

/// Reads an order's timeline, perhaps with the whole order after each event.
pub async fn trail(
    journal: &dyn Journal,
    merchant: &MerchantId,
    id: OrderId,
    as_of: Option<AsOf>,
    with_states: bool,
) -> Result<Trail, CliError> {
    let up_to = match as_of {
        None => u64::MAX,
        Some(moment) => moment.position(journal, merchant.as_str()).await?,
    };
    let stored = journal.read_stream(merchant.as_str(), &StreamId::Order(id).to_string(), up_to).await?;
    let Some(last) = stored.last() else {
        return Err(CliError::unknown_order(merchant, id, when(as_of)));
    };
    let mut replay = OrderReplay::default();
    let mut events = Vec::with_capacity(stored.len());
    for event in &stored {
        events.push(entry(&mut replay, event, with_states)?);
    }
    Ok(Trail {
        merchant: merchant.clone(),
        order_id: id,
        status: replay.status(),
        version: last.version,
        position: last.command_end,
        events,
    })
}

fn entry(replay: &mut OrderReplay, event: &Event, with_state: bool) -> Result<Entry, JournalError> {
    let says = says(&replay.pass(event)?);
    let differences = replay.differences(event)?;
    let state = with_state.then(|| serde_json::value::to_raw_value(replay.state())).transpose();
    let state = state.map_err(|error| JournalError::corrupt_at(event.position, error))?;
    let told = HistoryItem::of(event)?;
    Ok(Entry {
        position: told.position,
        version: told.version,
        recorded_at: told.at,
        event: told.kind,
        says,
        command: told.command,
        principal: told.principal,
        actor: told.actor,
        key: told.key,
        correlation_id: told.correlation_id,
        causation_id: told.causation_id,
        occurred_at: told.occurred_at,
        event_id: told.event_id,
        command_end: told.command_end,
        status: replay.status(),
        differences,
        state,
        data: told.data,
    })
}

/// Prints a timeline.
pub fn show(trail: &Trail, printer: &mut Printer) {
    let Trail { merchant, order_id, status, position, .. } = trail;
    printer.line(format!("Order {order_id} of merchant {merchant}"));
    printer.table(&timeline(trail));
    printer.line(format!("Status: {}, since position {position}", status.name()));
}

fn timeline(trail: &Trail) -> Table {
    let headings = ["position", "time", "event", "what it says", "because of", "by", "status"];
    let mut table = output::table(&headings);
    for entry in &trail.events {
        let ids = [("correlation", entry.correlation_id.as_ref()), ("after", entry.causation_id.as_ref())];
        table.add_row([
            entry.position.to_string(),
            entry.recorded_at.to_string(),
            entry.event.clone(),
            entry.says.clone(),
            because(&entry.command, ids),
            by(entry.actor.as_deref(), &entry.principal),
            entry.status.name().to_owned(),
        ]);
    }
    output::right(&mut table, &[0]);
    table
}

fn show_differences(trail: &Trail, printer: &mut Printer) {
    let text = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
    for entry in &trail.events {
        printer.line(format!("\n{} {}", entry.position, entry.event));
        for Difference { pointer, before, after } in &entry.differences {
            printer.line(format!("  {pointer}: {} -> {}", text(before.as_ref()), text(after.as_ref())));
        }
    }
}
