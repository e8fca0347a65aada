//! `holdfast audit stock`: every movement of a SKU, with the stock after it.
//!
//! A SKU can have millions of events: they are read and printed page by page.

use holdfast_api::history::EventEnvelope;
use holdfast_api::history::stock::{StockMovement, StockReplay};
use holdfast_api::queries::AsOf;
use holdfast_domain::stock::{AdjustmentReason, StockRefusal};
use holdfast_domain::values::{LocationId, Sku};
use holdfast_terminal::output::{self, Printer, Progress};
use holdfast_terminal::wire_name;

use super::listing::{Columns, Listing};
use super::{Common, actor_cell, as_of_phrase, command_cell, last_position};
use crate::error::CliError;

const EXAMPLES: &str = "\
Examples:
  holdfast audit stock MUG --database sqlite:./shop
  holdfast audit stock MUG --location DC-NEWARK --from 1200
  holdfast audit stock MUG --as-of 2026-03-01T12:00:00Z --json | jq .locations

The command only reads: a server may use the store at the same time. Movements are printed as they are read, so
there is no limit.";

const COLUMNS: Columns<11> = Columns {
    headings: [
        "position",
        "time",
        "event",
        "location",
        "quantity",
        "on hand",
        "reserved",
        "earmarked",
        "available",
        "command",
        "by",
    ],
    min_widths: [8, 27, 20, 10, 8, 7, 8, 9, 9, 20, 5],
    numbers: &[0, 4, 5, 6, 7, 8],
};

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// SKU.
    sku: Sku,
    #[command(flatten)]
    common: Common,
    /// Only movements at this location.
    #[arg(long, value_name = "LOCATION")]
    location: Option<LocationId>,
    /// Only movements from this journal position.
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    from: u64,
    /// Only what was committed up to this journal position or time (RFC 3339 with an offset).
    #[arg(long, value_name = "POSITION|TIME")]
    as_of: Option<AsOf>,
}

pub async fn run(arguments: &Arguments, printer: &mut Printer) -> Result<(), CliError> {
    let Arguments { sku, common, location, from, as_of } = arguments;
    let Common { store, merchant, json } = common;
    let journal = store.database()?.journal_to_read().await?;
    let up_to = last_position(&*journal, merchant, *as_of).await?;
    let mut replay = StockReplay::new(&journal, merchant.as_str(), sku, None, up_to);
    let mut progress = (*from > 0).then(|| Progress::new("replaying", (*from).min(up_to)));
    let mut listing = Listing::new(&COLUMNS, *json);
    while let Some(event) = replay.next().await? {
        if event.position < *from {
            replay.apply(&event)?;
            if let Some(progress) = &mut progress {
                progress.set(event.position);
            }
            continue;
        }
        progress.take().into_iter().for_each(Progress::finish);
        if let Some(movement) = replay.movement(&event, location.as_ref())? {
            listing.add(&StockMovement::of((event, movement))?, rows, printer)?;
        }
        if printer.is_closed() {
            return Ok(());
        }
    }
    progress.take().into_iter().for_each(Progress::finish);
    if !replay.item().is_known() {
        return Err(CliError::UnknownSku {
            merchant: merchant.clone(),
            refusal: StockRefusal::UnknownSku(sku.clone()),
            as_of: as_of_phrase(*as_of),
        });
    }
    listing.flush(printer);
    if !json {
        let count = output::number(listing.items);
        printer.line(format!("Movements of {sku} for merchant {merchant} up to position {up_to}: {count}"));
    }
    Ok(())
}

/// The type of an event, and the reason of an adjustment, such as `StockAdjusted (found)`.
fn event_cell(event: &EventEnvelope) -> String {
    #[derive(serde::Deserialize)]
    struct Adjusted {
        reason: AdjustmentReason,
    }
    let adjusted = (event.kind == "StockAdjusted").then(|| serde_json::from_str(event.data.get()));
    match adjusted {
        Some(Ok(Adjusted { reason })) => format!("{} ({})", event.kind, wire_name(&reason)),
        _ => event.kind.clone(),
    }
}

/// One row per location; the first one also has the event.
fn rows(item: &StockMovement) -> Vec<[String; 11]> {
    let StockMovement { event, movement } = item;
    let text = |number: Option<i64>| number.map_or(String::new(), |number| number.to_string());
    let mut rows: Vec<[String; 11]> = movement
        .locations
        .iter()
        .map(|level| {
            let mut row: [String; 11] = Default::default();
            row[3] = level.location.to_string();
            row[4] = text(level.quantity);
            let numbers = [level.on_hand, level.reserved, level.earmarked, level.available];
            for (cell, number) in row[5..9].iter_mut().zip(numbers) {
                *cell = number.to_string();
            }
            row
        })
        .collect();
    if rows.is_empty() {
        let mut row: [String; 11] = Default::default();
        row[4] = text(movement.quantity);
        rows.push(row);
    }
    if let Some(first) = rows.first_mut() {
        first[0] = event.position.to_string();
        first[1] = event.at.to_string();
        first[2] = event_cell(event);
        let order = movement.order_id.map(|id| id.to_string());
        let (correlation, cause) =
            (event.metadata.correlation_id.as_ref(), event.metadata.causation_id.as_ref());
        let ids = [("order", order.as_ref()), ("correlation", correlation), ("caused by", cause)];
        first[9] = command_cell(&event.metadata.command, ids);
        first[10] = actor_cell(event.metadata.actor.as_deref(), &event.metadata.principal);
    }
    rows
}
