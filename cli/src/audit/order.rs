//! `holdfast audit order`: the events of an order and what each of them changed.

use comfy_table::Table;
use holdfast_api::history::EventEnvelope;
use holdfast_api::history::difference::Difference;
use holdfast_api::history::order::OrderReplay;
use holdfast_api::queries::AsOf;
use holdfast_domain::order::OrderStatus;
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{MerchantId, OrderId};
use holdfast_journal::{Event, Journal, JournalError};
use holdfast_terminal::output::{self, Printer};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::event_summary::event_summary;
use super::{Common, actor_cell, as_of_phrase, command_cell};
use crate::error::CliError;

const EXAMPLES: &str = "\
Examples:
  holdfast audit order 0198c0de-0000-7000-8000-000000000001
  holdfast audit order 0198c0de-0000-7000-8000-000000000001 --as-of 1200
  holdfast audit order 0198c0de-0000-7000-8000-000000000001 --differences
  holdfast audit order 0198c0de-0000-7000-8000-000000000001 --as-of 2026-03-01T12:00:00Z --json

The command only reads: a server may use the store at the same time. Personal data is encrypted and not shown.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Order id, a UUID.
    id: OrderId,
    #[command(flatten)]
    common: Common,
    /// Only what was committed up to this journal position or time (RFC 3339 with an offset).
    #[arg(long, value_name = "POSITION|TIME")]
    as_of: Option<AsOf>,
    /// Print the fields that each event changed.
    #[arg(long)]
    differences: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditTrail {
    merchant: MerchantId,
    order_id: OrderId,
    status: OrderStatus,
    version: u64,
    position: u64,
    events: Vec<Entry>,
}

#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(flatten)]
    event: EventEnvelope,
    summary: String,
    /// The status after the event.
    status: OrderStatus,
    differences: Vec<Difference>,
    /// The whole order after the event; only in JSON.
    state: Option<Box<RawValue>>,
}

pub async fn run(arguments: &Arguments, printer: &mut Printer) -> Result<(), CliError> {
    let Common { store, merchant, json } = &arguments.common;
    let journal = store.database()?.journal_to_read().await?;
    let trail = read_trail(&*journal, merchant, arguments.id, arguments.as_of, *json).await?;
    if *json {
        return Ok(printer.json(&trail)?);
    }
    print_trail(&trail, printer);
    if arguments.differences {
        print_differences(&trail, printer);
    }
    Ok(())
}

/// Reads the audit trail of an order; `with_states` adds the whole order after each event.
pub async fn read_trail(
    journal: &dyn Journal,
    merchant: &MerchantId,
    id: OrderId,
    as_of: Option<AsOf>,
    with_states: bool,
) -> Result<AuditTrail, CliError> {
    let up_to = match as_of {
        None => u64::MAX,
        Some(as_of) => as_of.position(journal, merchant.as_str()).await?,
    };
    let stored = journal.read_stream(merchant.as_str(), &StreamId::Order(id).to_string(), up_to).await?;
    let Some(last) = stored.last() else {
        return Err(CliError::unknown_order(merchant, id, as_of_phrase(as_of)));
    };
    let mut replay = OrderReplay::default();
    let mut events = Vec::with_capacity(stored.len());
    for event in &stored {
        events.push(entry(&mut replay, event, with_states)?);
    }
    Ok(AuditTrail {
        merchant: merchant.clone(),
        order_id: id,
        status: replay.status(),
        version: last.version,
        position: last.command_end,
        events,
    })
}

fn entry(replay: &mut OrderReplay, event: &Event, with_state: bool) -> Result<Entry, JournalError> {
    let summary = event_summary(&replay.apply(event)?);
    let differences = replay.differences(event)?;
    let state = with_state.then(|| serde_json::value::to_raw_value(replay.state())).transpose();
    let state = state.map_err(|error| JournalError::corrupt_at(event.position, error))?;
    Ok(Entry { event: EventEnvelope::of(event)?, summary, status: replay.status(), differences, state })
}

pub fn print_trail(trail: &AuditTrail, printer: &mut Printer) {
    let AuditTrail { merchant, order_id, status, position, .. } = trail;
    printer.line(format!("Order {order_id} of merchant {merchant}"));
    printer.table(&event_table(trail));
    printer.line(format!("Status: {} since position {position}", status.name()));
}

fn event_table(trail: &AuditTrail) -> Table {
    let headings = ["position", "time", "event", "summary", "command", "by", "status"];
    let mut table = output::table(&headings);
    for Entry { event, summary, status, .. } in &trail.events {
        let ids = [
            ("correlation", event.metadata.correlation_id.as_ref()),
            ("caused by", event.metadata.causation_id.as_ref()),
        ];
        table.add_row([
            event.position.to_string(),
            event.at.to_string(),
            event.kind.clone(),
            summary.clone(),
            command_cell(&event.metadata.command, ids),
            actor_cell(event.metadata.actor.as_deref(), &event.metadata.principal),
            status.name().to_owned(),
        ]);
    }
    output::align_right(&mut table, &[0]);
    table
}

fn print_differences(trail: &AuditTrail, printer: &mut Printer) {
    let text = |value: Option<&Value>| value.map_or("(absent)".to_owned(), Value::to_string);
    for entry in &trail.events {
        printer.line(format!("\n{} {}", entry.event.position, entry.event.kind));
        for Difference { pointer, before, after } in &entry.differences {
            printer.line(format!("  {pointer}: {} -> {}", text(before.as_ref()), text(after.as_ref())));
        }
    }
}
