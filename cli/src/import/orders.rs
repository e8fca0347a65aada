//! Orders: the rows with the same reference and channel are one order, wherever they are in the file.

use std::collections::{BTreeSet, HashMap};

use holdfast_domain::order::{Charge, CreateOrder, NewLine, PaymentTerms, ShipTo};
use holdfast_domain::policy::OnShortage;
use holdfast_domain::values::{Amount, ChannelName, Currency, Reference, Sku, Text, TextError};

use super::csv_file::{CsvFile, Fields, Row};
use super::error::RowError;
use super::plan::{InvalidRow, Plan, PlannedCommand};

/// Statuses of orders in shops that need no fulfillment, because goods have left.
const FULFILLED: [&str; 5] = ["fulfilled", "partial", "partially_fulfilled", "completed", "shipped"];
/// Statuses of orders in shops that need no fulfillment, because they are cancelled.
const CANCELLED: [&str; 6] = ["cancelled", "canceled", "refunded", "failed", "trash", "voided"];

/// Values that apply to every order of a file.
pub struct OrderOptions {
    /// The channel of orders that name none.
    pub channel: Option<ChannelName>,
    /// The currency of orders that name none.
    pub currency: Option<Currency>,
    /// What to do when stock is short; `None` for the merchant's policy.
    pub on_shortage: Option<OnShortage>,
    /// The SKUs that exist in the store.
    pub known_skus: BTreeSet<Sku>,
    /// The beginning of the idempotency keys.
    pub run: String,
}

pub fn skus(file: &CsvFile) -> BTreeSet<Sku> {
    let sku = |row| file.fields(row).and_then(|fields| fields.required("sku")).ok();
    file.rows.iter().filter_map(sku).collect()
}

/// A `CreateOrder` for each order whose rows are all valid.
pub fn orders(file: &CsvFile, options: &OrderOptions) -> Plan {
    let mut plan = Plan::default();
    for rows in group(file) {
        let order = OrderRows { file, rows };
        match order.command(options) {
            Ok((key, command)) => {
                plan.commands.push(PlannedCommand { key, command: command.into(), rows: order.rows });
            }
            Err(invalid) => {
                plan.invalid_orders += 1;
                plan.invalid_rows.extend(order.reject(invalid));
            }
        }
    }
    plan
}

/// The rows of an order while they are collected.
struct Group {
    has_channel: bool,
    rows: Vec<usize>,
}

/// The rows of each order. If a row or the rows above it have no channel, it belongs to the nearest order above with its
/// reference; without reference, to the order of the row above.
fn group(file: &CsvFile) -> Vec<Vec<usize>> {
    let mut groups: Vec<Group> = Vec::new();
    let mut by_name: HashMap<(&[u8], &[u8]), usize> = HashMap::new();
    let mut by_reference: HashMap<&[u8], usize> = HashMap::new();
    let mut above = None;
    for (index, row) in file.rows.iter().enumerate() {
        let (reference, channel) = (file.raw(row, "order_ref"), file.raw(row, "channel"));
        let nearest = || reference.map_or(above, |reference| by_reference.get(reference).copied());
        let found = match reference.zip(channel) {
            Some(name) => {
                by_name.get(&name).copied().or_else(|| nearest().filter(|at| !groups[*at].has_channel))
            }
            None => nearest(),
        };
        let group = found.unwrap_or(groups.len());
        if group == groups.len() {
            groups.push(Group { has_channel: false, rows: Vec::new() });
        }
        groups[group].rows.push(index);
        groups[group].has_channel |= channel.is_some();
        above = Some(group);
        if let Some(reference) = reference {
            by_reference.insert(reference, group);
            by_name.extend(channel.map(|channel| ((reference, channel), group)));
        }
    }
    groups.into_iter().map(|group| group.rows).collect()
}

/// The rows of one order.
struct OrderRows<'a> {
    file: &'a CsvFile,
    rows: Vec<usize>,
}

impl<'a> OrderRows<'a> {
    fn rows(&self) -> impl Iterator<Item = (usize, &'a Row)> {
        let rows = &self.file.rows;
        self.rows.iter().filter_map(move |index| Some((*index, rows.get(*index)?)))
    }

    /// The idempotency key and the command, or all invalid rows.
    fn command(&self, options: &OrderOptions) -> Result<(String, CreateOrder), Vec<InvalidRow>> {
        let mut invalid = Vec::new();
        let mut lines = Vec::new();
        for (index, row) in self.rows() {
            match self.check(index, row).and_then(|fields| line(&fields, &options.known_skus)) {
                Ok(line) => lines.push(line),
                Err(error) => invalid.push(InvalidRow { row: index, error }),
            }
        }
        if !invalid.is_empty() {
            return Err(invalid);
        }
        self.create(lines, options).map_err(|invalid| vec![invalid])
    }

    /// The fields of a row that agrees with the rows above about the values of the order.
    fn check(&self, index: usize, row: &'a Row) -> Result<Fields<'a>, RowError> {
        let fields = self.file.fields(row)?;
        let of_order = self.file.header.columns.iter().filter(|(column, _)| column.is_of_order);
        let has_reference = self.file.raw(row, "order_ref").is_some();
        for (column, _) in of_order {
            let Some(value) = self.file.raw(row, column.name) else { continue };
            if !has_reference {
                // It may be the first row of another order.
                return Err(RowError::new("malformed_order_ref", "order_ref is empty"));
            }
            let first = self.first(column.name).filter(|(first, _)| *first < index);
            if let Some((_, first)) =
                first.filter(|(_, first)| self.file.raw(first, column.name) != Some(value))
            {
                let reason = format!("{} differs from line {} of the order", column.name, first.line);
                return Err(RowError::new("rows_disagree", reason));
            }
        }
        Ok(fields)
    }

    /// The first row that has a value.
    fn first(&self, column: &str) -> Option<(usize, &'a Row)> {
        self.rows().find(|(_, row)| self.file.raw(row, column).is_some())
    }

    /// A value of the order, from the first row that has it.
    fn value<T>(
        &self,
        column: &str,
        read: impl FnOnce(&Fields<'a>) -> Result<Option<T>, RowError>,
    ) -> Result<Option<T>, InvalidRow> {
        let Some((index, row)) = self.first(column) else { return Ok(None) };
        let value = self.file.fields(row).and_then(|fields| read(&fields));
        value.map_err(|error| InvalidRow { row: index, error })
    }

    fn optional<T, E: std::fmt::Display>(
        &self,
        column: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, InvalidRow> {
        self.value(column, |fields| fields.optional_with(column, parse))
    }

    /// An error of the order as a whole: at its first row.
    fn error(&self, code: &str, reason: String) -> InvalidRow {
        let row = self.rows.first().copied().unwrap_or_default();
        InvalidRow { row, error: RowError::new(code, reason) }
    }

    fn create(
        &self,
        lines: Vec<NewLine>,
        options: &OrderOptions,
    ) -> Result<(String, CreateOrder), InvalidRow> {
        self.check_status()?;
        let empty = |column: &str| self.error(&format!("malformed_{column}"), format!("{column} is empty"));
        let reference = self.optional("order_ref", Reference::new)?.ok_or_else(|| empty("order_ref"))?;
        let channel = self.optional("channel", ChannelName::new)?.or_else(|| options.channel.clone());
        let channel = channel.ok_or_else(|| empty("channel"))?;
        let charges = self.charges()?;
        let has_amounts = charges.is_some()
            || lines.iter().any(|line| line.unit.or(line.total).or(line.tax).or(line.discount).is_some());
        let currency = if has_amounts { Some(self.currency(options)?) } else { None };
        let key = format!("{}:order:{channel}/{reference}", options.run);
        let command = CreateOrder {
            channel_ref: Some(reference),
            customer_ref: self.optional("customer_ref", Reference::new)?,
            currency,
            charges,
            ship_to: self.ship_to()?,
            on_shortage: options.on_shortage,
            payment: Some(PaymentTerms::NotRequired),
            placed_at: self.value("placed_at", |fields| fields.time("placed_at"))?,
            ..CreateOrder::new(channel, lines)
        };
        Ok((key, command))
    }

    /// An order that the shop has cancelled, or of which goods have left, is not fulfilled again.
    fn check_status(&self) -> Result<(), InvalidRow> {
        let text = |column: &str| self.optional(column, |text| Ok::<_, TextError>(text.to_lowercase()));
        let status = text("status")?.unwrap_or_default();
        let financial_status = text("financial_status")?.unwrap_or_default();
        let normal = status.strip_prefix("wc-").unwrap_or(&status).replace([' ', '-'], "_");
        let is_cancelled = |status: &str| CANCELLED.contains(&status);
        if is_cancelled(&normal) || is_cancelled(&financial_status) || text("cancelled_at")?.is_some() {
            return Err(
                self.error("order_cancelled", "the shop has cancelled or refunded the order".to_owned())
            );
        }
        if FULFILLED.contains(&normal.as_str()) {
            return Err(
                self.error("order_fulfilled", format!("the shop has fulfilled the order: status '{status}'"))
            );
        }
        Ok(())
    }

    fn charges(&self) -> Result<Option<Vec<Charge>>, InvalidRow> {
        let amount = self.value("shipping_charge", |fields| fields.amount("shipping_charge"))?;
        let Some(amount) = amount.filter(|amount| *amount != Amount::ZERO) else { return Ok(None) };
        let code =
            Reference::new("shipping").map_err(|e| self.error("malformed_shipping_charge", e.to_string()))?;
        Ok(Some(vec![Charge { code, amount, tax: None }]))
    }

    fn currency(&self, options: &OrderOptions) -> Result<Currency, InvalidRow> {
        let error = |reason: &str| self.error("malformed_currency", reason.to_owned());
        let stated = self.optional("currency", |text| Currency::new(&text.to_uppercase()))?;
        if self.first("line_total_usd").is_none() {
            let currency = stated.or_else(|| options.currency.clone());
            return currency.ok_or_else(|| error("currency is empty; use --currency"));
        }
        let usd = Currency::new("USD").map_err(|e| error(&e.to_string()))?;
        if stated.is_some_and(|stated| stated != usd) {
            return Err(error("line_total_usd is in USD, currency names another one"));
        }
        Ok(usd)
    }

    /// The recipient and the address; `None` if the file has none.
    fn ship_to(&self) -> Result<Option<ShipTo>, InvalidRow> {
        let names = [self.optional("ship_first_name", text)?, self.optional("ship_last_name", text)?];
        let names = names.into_iter().flatten().collect::<Vec<Text<200>>>();
        let full_name = names.iter().map(Text::as_str).collect::<Vec<_>>().join(" ");
        let full_name = if full_name.is_empty() { None } else { text(&full_name).ok() };
        let street = [self.optional("ship_address1", text)?, self.optional("ship_address2", text)?];
        let street: Vec<_> = street.into_iter().flatten().collect();
        let address = ShipTo {
            name: self.optional("ship_name", text)?.or(full_name),
            company: self.optional("ship_company", text)?,
            street: (!street.is_empty()).then_some(street),
            city: self.optional("ship_city", text)?,
            region: self.optional("ship_region", text)?,
            // Shopify writes an apostrophe first, so that spreadsheets keep leading zeros.
            postal_code: self.optional("ship_postal_code", |code| text(code.trim_start_matches('\'')))?,
            country: self.optional("ship_country", |code| text(&code.to_uppercase()))?,
            phone: self.optional("ship_phone", |number| text(number.trim_start_matches('\'')))?,
            ..ShipTo::default()
        };
        if address == ShipTo::default() {
            return Ok(None);
        }
        Ok(Some(ShipTo { email: self.optional("email", text)?, ..address }))
    }

    /// All rows of the order, each with the reason why it is rejected.
    fn reject(&self, invalid: Vec<InvalidRow>) -> Vec<InvalidRow> {
        let mut errors: HashMap<usize, RowError> = HashMap::new();
        let first = invalid
            .first()
            .and_then(|first| Some((self.file.rows.get(first.row)?.line, first.error.reason.clone())));
        let (line, reason) = first.unwrap_or_default();
        for InvalidRow { row, error } in invalid {
            errors.entry(row).or_insert(error);
        }
        let other = || {
            RowError::new(
                "rejected_with_order",
                format!("line {line} of the same order is invalid: {reason}"),
            )
        };
        let reject = |row: &usize| InvalidRow { row: *row, error: errors.remove(row).unwrap_or_else(other) };
        self.rows.iter().map(reject).collect()
    }
}

fn text<const LIMIT: usize>(text: &str) -> Result<Text<LIMIT>, TextError> {
    Text::new(text)
}

/// Shopify and spreadsheets write `true` and `TRUE`.
fn yes_or_no(text: &str) -> Result<bool, &'static str> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err("must be true or false"),
    }
}

fn line(fields: &Fields<'_>, known: &BTreeSet<Sku>) -> Result<NewLine, RowError> {
    let line = NewLine {
        unit: fields.amount("unit_price")?,
        total: fields.amount("line_total")?.or(fields.amount("line_total_usd")?),
        tax: fields.amount("line_tax")?,
        discount: fields.amount("line_discount")?,
        requires_stock: fields.optional_with("requires_stock", yes_or_no)?,
        ..NewLine::new(fields.required("sku")?, fields.quantity("quantity")?)
    };
    if known.contains(&line.sku) || line.requires_stock == Some(false) {
        return Ok(line);
    }
    Err(RowError::new("unknown_sku", format!("SKU {} does not exist", line.sku)))
}
