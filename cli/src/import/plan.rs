//! What a file asks for: commands with the rows that each is made of, and the rows that make none.

use std::collections::{BTreeSet, HashMap};

use holdfast_commands::AnyCommand;
use holdfast_domain::network::RegisterLocation;
use holdfast_domain::stock::{CountStock, ReceiveStock};
use holdfast_domain::values::{LocationId, Quantity, Reference, Sku, Timestamp, Units};

use super::sheet::{Fault, Fields, OnHand, Sheet};

/// A command and the rows it is made of.
#[derive(Debug)]
pub struct Item {
    /// Its idempotency key: the same whenever the same thing is imported.
    pub key: String,
    /// The command.
    pub command: AnyCommand,
    /// The indices of its rows.
    pub rows: Vec<usize>,
}

/// A row that makes no command.
#[derive(Debug)]
pub struct Rejected {
    /// The row's index.
    pub row: usize,
    /// Why.
    pub fault: Fault,
}

/// What a file asks for.
#[derive(Debug, Default)]
pub struct Plan {
    /// Commands, in the file's order.
    pub items: Vec<Item>,
    /// Rows that make none.
    pub rejected: Vec<Rejected>,
    /// Things of which no row is good.
    pub hopeless: u64,
}

/// One command a row, of which no two may be about the same.
fn one_each(sheet: &Sheet, mut item: impl FnMut(&Fields<'_>) -> Result<(String, AnyCommand), Fault>) -> Plan {
    let mut plan = Plan::default();
    let mut seen: HashMap<String, u64> = HashMap::new();
    for (index, row) in sheet.rows.iter().enumerate() {
        let judged = sheet.fields(row).and_then(|fields| item(&fields)).and_then(|(key, command)| {
            match seen.insert(key.clone(), row.line) {
                // The key would replay, and what the row says would be lost without a word.
                Some(line) => Err(Fault::new("duplicate_row", format!("line {line} is about the same"))),
                None => Ok(Item { key, command, rows: vec![index] }),
            }
        });
        match judged {
            Ok(item) => plan.items.push(item),
            Err(fault) => plan.rejected.push(Rejected { row: index, fault }),
        }
    }
    plan
}

/// The columns that a file of locations must have.
pub const LOCATION_COLUMNS: [&str; 3] = ["location", "latitude", "longitude"];

/// A `RegisterLocation` for each row.
pub fn locations(sheet: &Sheet) -> Plan {
    one_each(sheet, |fields| {
        let location: LocationId = fields.required("location")?;
        let key = format!("import:location:{location}");
        let (latitude, longitude) = (fields.required("latitude")?, fields.required("longitude")?);
        let command = RegisterLocation::new(location, latitude, longitude);
        Ok((key, command.into()))
    })
}

/// The columns that a file of stock must have.
pub const STOCK_COLUMNS: [&str; 3] = ["sku", "location", "on_hand"];

/// A `ReceiveStock` for each row at a known location, and a count of none for each with nothing on hand.
pub fn stock(sheet: &Sheet, known: &BTreeSet<LocationId>, reference: &Reference) -> Plan {
    one_each(sheet, |fields| {
        let sku: Sku = fields.required("sku")?;
        let location: LocationId = fields.required("location")?;
        if !known.contains(&location) {
            // Judged here, so that the row can be imported once its location is known: a refusal would be final.
            return Err(Fault::new("unknown_location", format!("the location {location} is not known")));
        }
        // A location has no slash in its name, so no two pairs have one key.
        let key = format!("import:stock:{location}/{sku}");
        let command: AnyCommand = match fields.required::<OnHand>("on_hand")?.0 {
            Some(quantity) => received(sku, location, quantity, reference).into(),
            None => counted_none(sku, location).into(),
        };
        Ok((key, command))
    })
}

fn received(sku: Sku, location: LocationId, quantity: Quantity, reference: &Reference) -> ReceiveStock {
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

/// Makes the SKU known without adding a unit. None were there before the first movement, whatever was received
/// since: so the count takes nothing away, and a second import says the same, as its key demands.
fn counted_none(sku: Sku, location: LocationId) -> CountStock {
    CountStock {
        sku,
        location,
        on_hand: Units::ZERO,
        counted_at: Timestamp::default(),
        reason: None,
        occurred_at: None,
        not_after: None,
    }
}
