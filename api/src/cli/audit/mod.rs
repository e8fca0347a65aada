//! `holdfast audit order`: the timeline of an order, and what it led to.

mod says;

use std::fmt::Display;

use comfy_table::Table;
use cqrs_es::Aggregate as _;
use holdfast_commands::{Metadata, decode};
use holdfast_domain::order::{Order, OrderStatus};
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{MerchantId, OrderId, Timestamp};
use holdfast_journal::{Event, Journal, JournalError};
use serde::Serialize;

use super::output::{self, Printer};
use super::{CliError, Store};
use crate::reading::AsOf;
use says::says;

const EXAMPLES: &str = "\
Examples:
  holdfast audit order 0198c0de-0000-7000-8000-000000000001
  holdfast audit order 0198c0de-0000-7000-8000-000000000001 --as-of 1200
  holdfast audit order 0198c0de-0000-7000-8000-000000000001 --as-of 2026-03-01T12:00:00Z --json

The store is only read: a server may run over it meanwhile. Personal data is sealed and not shown.";

/// What can be audited.
#[derive(Debug, clap::Subcommand)]
pub enum Subject {
    /// Every event of an order: when, what, by which command, by whom, and the status after it.
    Order(Arguments),
}

/// What `audit order` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The order's id: a UUID.
    id: OrderId,
    #[command(flatten)]
    store: Store,
    /// Whose order it is.
    #[arg(long, value_name = "MERCHANT", env = "HOLDFAST_MERCHANT", default_value = "default")]
    merchant: MerchantId,
    /// Only what was committed by then: a position of the journal, or a time by RFC 3339 with its offset.
    #[arg(long, value_name = "POSITION|TIME")]
    as_of: Option<AsOf>,
    /// Write one JSON object instead of a table.
    #[arg(long)]
    json: bool,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    /// The status after the command, at its last event.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<OrderStatus>,
    data: serde_json::Value,
}

/// Shows an order's timeline.
pub async fn run(arguments: &Arguments, printer: &mut Printer) -> Result<(), CliError> {
    let journal = arguments.store.database()?.journal_to_read().await?;
    let trail = trail(&*journal, &arguments.merchant, arguments.id, arguments.as_of).await?;
    if arguments.json {
        return printer.json(&trail);
    }
    show(&trail, printer);
    Ok(())
}

/// Reads an order's timeline.
pub async fn trail(
    journal: &dyn Journal,
    merchant: &MerchantId,
    id: OrderId,
    as_of: Option<AsOf>,
) -> Result<Trail, CliError> {
    let up_to = match as_of {
        None => u64::MAX,
        Some(AsOf::Position(position)) => position,
        Some(AsOf::Time(time)) => journal.position_at(merchant.as_str(), time.microseconds()).await?,
    };
    let stored = journal.read_stream(merchant.as_str(), &StreamId::Order(id).to_string(), up_to).await?;
    let Some(last) = stored.last() else {
        return Err(CliError::unknown_order(merchant, id, when(as_of)));
    };
    let mut order = Order::default();
    let mut events = Vec::with_capacity(stored.len());
    for (index, event) in stored.iter().enumerate() {
        let ends = stored.get(index + 1).is_none_or(|next| next.command_end != event.command_end);
        events.push(entry(&mut order, event, ends)?);
    }
    Ok(Trail {
        merchant: merchant.clone(),
        order_id: id,
        status: order.status(),
        version: last.version,
        position: last.command_end,
        events,
    })
}

fn when(as_of: Option<AsOf>) -> String {
    match as_of {
        None => String::new(),
        Some(AsOf::Position(position)) => format!(" as of position {position}"),
        Some(AsOf::Time(time)) => format!(" as of {time}"),
    }
}

fn entry(order: &mut Order, event: &Event, ends: bool) -> Result<Entry, JournalError> {
    let corrupt = |what: &dyn Display| JournalError::corrupt_at(event.position, what);
    let DomainEvent::Order(decoded) = decode(event)? else { return Err(corrupt(&"not an order's event")) };
    let metadata = Metadata::of(event)?;
    let data = serde_json::from_slice(&event.payload).map_err(|error| corrupt(&error))?;
    let says = says(&decoded);
    order.apply(decoded);
    Ok(Entry {
        position: event.position,
        version: event.version,
        recorded_at: Timestamp::from_microseconds(event.recorded_at),
        event: event.kind.to_string(),
        says,
        command: metadata.command,
        principal: metadata.principal,
        actor: metadata.actor,
        status: ends.then(|| order.status()),
        data,
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
    let mut table = output::table(&["position", "time", "event", "what it says", "command", "by", "status"]);
    for entry in &trail.events {
        let by = match &entry.actor {
            Some(actor) => format!("{actor} ({})", entry.principal),
            None => entry.principal.clone(),
        };
        table.add_row([
            entry.position.to_string(),
            entry.recorded_at.to_string(),
            entry.event.clone(),
            entry.says.clone(),
            entry.command.clone(),
            by,
            entry.status.map_or(String::new(), |status| status.name().to_owned()),
        ]);
    }
    output::right(&mut table, &[0]);
    table
}
