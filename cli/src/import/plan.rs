//! The plan of a file: its commands with the rows that each comes from, and the invalid rows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use holdfast_commands::AnyCommand;
use holdfast_domain::network::RegisterLocation;
use holdfast_domain::stock::CountStock;
use holdfast_domain::values::{LocationId, Sku, Timestamp};

use super::csv_file::{CsvFile, Fields};
use super::error::RowError;

/// A command and the rows that it comes from.
#[derive(Debug)]
pub struct PlannedCommand {
    /// The idempotency key.
    pub key: String,
    pub command: AnyCommand,
    pub rows: Vec<usize>,
}

#[derive(Debug)]
pub struct InvalidRow {
    pub row: usize,
    pub error: RowError,
}

#[derive(Debug, Default)]
pub struct Plan {
    /// The commands, in the order of the file.
    pub commands: Vec<PlannedCommand>,
    pub invalid_rows: Vec<InvalidRow>,
    /// Number of orders that have an invalid row, and therefore no command.
    pub invalid_orders: u64,
    /// Number of rows without a command: they change nothing.
    pub unchanged_rows: u64,
}

/// A row of a file with one thing per row.
struct PlannedRow {
    /// The thing: no two rows of a file may be about the same one.
    name: String,
    /// The idempotency key and the command; `None` if there is nothing to change.
    command: Option<(String, AnyCommand)>,
}

fn one_per_row(
    file: &CsvFile,
    mut plan_row: impl FnMut(&Fields<'_>) -> Result<PlannedRow, RowError>,
) -> Plan {
    let mut plan = Plan::default();
    let mut seen: HashMap<String, u64> = HashMap::new();
    for (index, row) in file.rows.iter().enumerate() {
        let planned = file.fields(row).and_then(|fields| plan_row(&fields)).and_then(|planned| {
            match seen.insert(planned.name, row.line) {
                Some(line) => Err(RowError::new("duplicate_row", format!("duplicate of line {line}"))),
                None => Ok(planned.command),
            }
        });
        match planned {
            Ok(Some((key, command))) => {
                plan.commands.push(PlannedCommand { key, command, rows: vec![index] });
            }
            Ok(None) => plan.unchanged_rows += 1,
            Err(error) => plan.invalid_rows.push(InvalidRow { row: index, error }),
        }
    }
    plan
}

/// A `RegisterLocation` for each row that differs from the known locations. `run` begins the keys.
pub fn locations(file: &CsvFile, known: &BTreeMap<LocationId, (f64, f64)>, run: &str) -> Plan {
    one_per_row(file, |fields| {
        let location: LocationId = fields.required("location")?;
        let place = (fields.degrees("latitude")?, fields.degrees("longitude")?);
        let register = || {
            let key = format!("{run}:location:{location}");
            (key, RegisterLocation::new(location.clone(), place.0, place.1).into())
        };
        let command = (known.get(&location) != Some(&place)).then(register);
        Ok(PlannedRow { name: location.to_string(), command })
    })
}

/// Values that apply to every row of a file of stock.
pub struct StockOptions {
    /// The location of rows that name none.
    pub location: Option<LocationId>,
    /// When the units were counted.
    pub counted_at: Timestamp,
    /// The locations that exist in the store.
    pub known_locations: BTreeSet<LocationId>,
}

/// What the stock export of Shopify says instead of a quantity if a location does not keep the SKU.
const NOT_STOCKED: &str = "not stocked";

/// A `CountStock` for each row at a known location that keeps the SKU.
pub fn stock(file: &CsvFile, options: &StockOptions) -> Plan {
    one_per_row(file, |fields| {
        let sku: Sku = fields.required("sku")?;
        let location = match fields.optional("location")?.or_else(|| options.location.clone()) {
            Some(location) => location,
            None => fields.required("location")?,
        };
        if !options.known_locations.contains(&location) {
            // Checked here, so that the row can be imported later: a rejection of the command would be final.
            return Err(RowError::new("unknown_location", format!("location {location} does not exist")));
        }
        // Location names contain no slash, so each pair has its own name.
        let name = format!("{location}/{sku}");
        if fields.text("on_hand")?.is_some_and(|text| text.eq_ignore_ascii_case(NOT_STOCKED)) {
            return Ok(PlannedRow { name, command: None });
        }
        let on_hand = fields.units("on_hand")?;
        let counted_at = options.counted_at;
        // The same count has the same key in every run, so that a repeated import writes nothing.
        let key = format!("import:count:{}:{on_hand}:{name}", counted_at.microseconds());
        let count = CountStock {
            sku,
            location,
            on_hand,
            counted_at,
            reason: None,
            expected: None,
            occurred_at: None,
            not_after: None,
        };
        Ok(PlannedRow { name, command: Some((key, count.into())) })
    })
}
