//! The plan of a file: its commands with the rows that each comes from, and the invalid rows.

use std::collections::{BTreeSet, HashMap};

use holdfast_commands::AnyCommand;
use holdfast_domain::network::RegisterLocation;
use holdfast_domain::stock::{CountStock, ReceiveStock};
use holdfast_domain::values::{LocationId, Quantity, Reference, Sku, Timestamp, Units};

use super::csv_file::{CsvFile, Fields, on_hand};
use super::error::RowError;

/// A command and the rows that it comes from.
#[derive(Debug)]
pub struct PlannedCommand {
    /// The idempotency key: the same whenever the same thing is imported.
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
    /// Number of orders that have no valid row.
    pub orders_without_valid_row: u64,
}

/// A plan with one command per row. Two rows may not have the same key.
fn one_per_row(
    file: &CsvFile,
    mut command_of: impl FnMut(&Fields<'_>) -> Result<(String, AnyCommand), RowError>,
) -> Plan {
    let mut plan = Plan::default();
    let mut seen: HashMap<String, u64> = HashMap::new();
    for (index, row) in file.rows.iter().enumerate() {
        let planned = file.fields(row).and_then(|fields| command_of(&fields)).and_then(|(key, command)| {
            match seen.insert(key.clone(), row.line) {
                // The key would replay the earlier command, and this row would be lost silently.
                Some(line) => Err(RowError::new("duplicate_row", format!("duplicate of line {line}"))),
                None => Ok(PlannedCommand { key, command, rows: vec![index] }),
            }
        });
        match planned {
            Ok(command) => plan.commands.push(command),
            Err(error) => plan.invalid_rows.push(InvalidRow { row: index, error }),
        }
    }
    plan
}

/// The columns that a file of locations must have.
pub const LOCATION_COLUMNS: [&str; 3] = ["location", "latitude", "longitude"];

/// A `RegisterLocation` for each row.
pub fn locations(file: &CsvFile) -> Plan {
    one_per_row(file, |fields| {
        let location: LocationId = fields.required("location")?;
        let key = format!("import:location:{location}");
        let (latitude, longitude) = (fields.required("latitude")?, fields.required("longitude")?);
        let command = RegisterLocation::new(location, latitude, longitude);
        Ok((key, command.into()))
    })
}

/// The columns that a file of stock must have.
pub const STOCK_COLUMNS: [&str; 3] = ["sku", "location", "on_hand"];

/// A `ReceiveStock` for each row at a known location, or a count of zero units if the row has no units on hand.
pub fn stock(file: &CsvFile, known: &BTreeSet<LocationId>, reference: &Reference) -> Plan {
    one_per_row(file, |fields| {
        let sku: Sku = fields.required("sku")?;
        let location: LocationId = fields.required("location")?;
        if !known.contains(&location) {
            // Checked here, so that the row can be imported later: a rejection of the command would be final.
            return Err(RowError::new("unknown_location", format!("location {location} does not exist")));
        }
        // Location names contain no slash, so each pair has its own key.
        let key = format!("import:stock:{location}/{sku}");
        let command: AnyCommand = match fields.required_with("on_hand", on_hand)? {
            Some(quantity) => receipt(sku, location, quantity, reference).into(),
            None => zero_count(sku, location).into(),
        };
        Ok((key, command))
    })
}

fn receipt(sku: Sku, location: LocationId, quantity: Quantity, reference: &Reference) -> ReceiveStock {
    ReceiveStock {
        sku,
        location,
        quantity,
        condition: None,
        lots: None,
        serials: None,
        supply_id: None,
        close_supply: None,
        reference: Some(reference.clone()),
        occurred_at: None,
        not_after: None,
    }
}

/// Registers the SKU without units: a count of zero at the beginning of time, before the first movement. It removes no
/// units that were received since, and a repeated import sends the same command.
fn zero_count(sku: Sku, location: LocationId) -> CountStock {
    CountStock {
        sku,
        location,
        on_hand: Units::ZERO,
        counted_at: Timestamp::default(),
        reason: None,
        expected: None,
        occurred_at: None,
        not_after: None,
    }
}
