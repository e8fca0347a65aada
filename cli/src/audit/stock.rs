//! `holdfast audit stock`: every movement of a SKU, with what was there after it.
//!
//! A hot SKU has millions of events: they are read page by page and printed as they are read.

use comfy_table::{ColumnConstraint, Table, Width};
use holdfast_domain::stock::{Movement, StockRefusal};
use holdfast_domain::values::{LocationId, Sku};
use holdfast_journal::Event;

use super::{Common, because, by, when};
use crate::CliError;
use holdfast_api::history::stock::{StockMovement, StockReplay};
use holdfast_api::reading::AsOf;
use holdfast_terminal::output::{self, Printer, Progress};

const EXAMPLES: &str = "\
Examples:
  holdfast audit stock MUG --database sqlite:./shop
  holdfast audit stock MUG --location DC-NEWARK --from 1200
  holdfast audit stock MUG --as-of 2026-03-01T12:00:00Z --json | jq .locations

The store is only read: a server may run over it meanwhile. Movements are printed as they are read, however many
there are.";

/// Movements in one table.
const ROWS: usize = 200;

const HEADINGS: [&str; 11] = [
    "position",
    "time",
    "event",
    "location",
    "quantity",
    "on hand",
    "reserved",
    "earmarked",
    "available",
    "because of",
    "by",
];

/// The least width of each column, so that one table after the other looks alike.
const WIDTHS: [u16; 11] = [8, 27, 20, 10, 8, 7, 8, 9, 9, 20, 5];

/// What `audit stock` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Which SKU.
    sku: Sku,
    #[command(flatten)]
    common: Common,
    /// Only what was about this location.
    #[arg(long, value_name = "LOCATION")]
    location: Option<LocationId>,
    /// Only from this position of the journal on.
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    from: u64,
    /// Only what was committed by then: a position of the journal, or a time by RFC 3339 with its offset.
    #[arg(long, value_name = "POSITION|TIME")]
    as_of: Option<AsOf>,
}

/// Shows a SKU's movements.
pub async fn run(arguments: &Arguments, printer: &mut Printer) -> Result<(), CliError> {
    let Arguments { sku, common, location, from, as_of } = arguments;
    let Common { store, merchant, json } = common;
    let journal = store.database()?.journal_to_read().await?;
    // What is written while this runs is for the next time.
    let head = journal.head(merchant.as_str()).await?.position;
    let up_to = match as_of {
        None => head,
        Some(moment) => moment.position(&*journal, merchant.as_str()).await?.min(head),
    };
    let mut replay = StockReplay::new(&journal, merchant.as_str(), sku, None, up_to);
    let mut progress = (*from > 0).then(|| Progress::new("folding", (*from).min(up_to)));
    let mut shown = Shown::new(*json);
    while let Some(event) = replay.next().await? {
        if event.position < *from {
            replay.pass(&event)?;
            if let Some(progress) = &mut progress {
                progress.set(event.position);
            }
            continue;
        }
        progress.take().into_iter().for_each(Progress::finish);
        if let Some(movement) = replay.tell(&event, location.as_ref())? {
            shown.add(event, movement, printer)?;
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
            when: when(*as_of),
        });
    }
    shown.end(printer);
    if !json {
        let count = output::number(shown.movements);
        printer.line(format!("Movements of {sku} of merchant {merchant}, up to position {up_to}: {count}"));
    }
    Ok(())
}

/// What is shown of movements, some at a time.
struct Shown {
    json: bool,
    movements: u64,
    waiting: usize,
    table: Table,
}

impl Shown {
    fn new(json: bool) -> Self {
        Self { json, movements: 0, waiting: 0, table: table() }
    }

    fn add(&mut self, event: Event, movement: Movement, printer: &mut Printer) -> Result<(), CliError> {
        let told = StockMovement::of((event, movement))?;
        self.movements += 1;
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
    output::right(&mut table, &[0, 4, 5, 6, 7, 8]);
    table
}

/// A row for each location, the first of which says what happened.
fn rows(told: &StockMovement) -> Vec<[String; 11]> {
    let StockMovement { event, movement } = told;
    let text = |number: Option<i64>| number.map_or(String::new(), |number| number.to_string());
    let mut rows: Vec<[String; 11]> = movement
        .locations
        .iter()
        .map(|there| {
            let mut row: [String; 11] = Default::default();
            row[3] = there.location.to_string();
            row[4] = text(there.quantity);
            let numbers = [there.on_hand, there.reserved, there.earmarked, there.available];
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
        first[2].clone_from(&event.kind);
        let order = movement.order_id.map(|id| id.to_string());
        let (correlation, after) = (event.correlation_id.as_ref(), event.causation_id.as_ref());
        let ids = [("order", order.as_ref()), ("correlation", correlation), ("after", after)];
        first[9] = because(&event.command, ids);
        first[10] = by(event.actor.as_deref(), &event.principal);
    }
    rows
}
