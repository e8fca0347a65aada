//! Orders: the rows with the same reference and channel are one order, wherever they are in the file.

use std::collections::{BTreeSet, HashMap};

use holdfast_domain::order::{CreateOrder, NewLine, PaymentTerms};
use holdfast_domain::policy::OnShortage;
use holdfast_domain::values::{ChannelName, Currency, Reference, Sku, Timestamp};

use super::csv_file::{CsvFile, Fields, amount, quantity};
use super::error::RowError;
use super::plan::{InvalidRow, Plan, PlannedCommand};

/// The columns that a file of orders must have. `placed_at`, `customer_ref` and `line_total_usd` are optional.
pub const COLUMNS: [&str; 4] = ["order_ref", "channel", "sku", "quantity"];

/// Options that apply to every order of a file.
pub struct OrderOptions {
    pub currency: Currency,
    /// What to do when stock is short; `None` for the merchant's policy.
    pub on_shortage: Option<OnShortage>,
    /// The SKUs that exist in the store.
    pub known_skus: BTreeSet<Sku>,
}

/// The fields that all rows of an order must have in common.
#[derive(Debug, PartialEq)]
struct Header {
    placed_at: Option<Timestamp>,
    customer_ref: Option<Reference>,
}

/// An order while its rows are collected.
struct Draft {
    channel: ChannelName,
    reference: Reference,
    /// The header of the first valid row.
    header: Option<Header>,
    lines: Vec<NewLine>,
    rows: Vec<usize>,
}

pub fn skus(file: &CsvFile) -> BTreeSet<Sku> {
    let sku = |row| file.fields(row).and_then(|fields| fields.required("sku")).ok();
    file.rows.iter().filter_map(sku).collect()
}

/// A `CreateOrder` for each order that has a valid row.
pub fn orders(file: &CsvFile, options: &OrderOptions) -> Plan {
    let mut plan = Plan::default();
    let mut drafts: Vec<Draft> = Vec::new();
    let mut indices: HashMap<(ChannelName, Reference), usize> = HashMap::new();
    for (index, row) in file.rows.iter().enumerate() {
        let added = file.fields(row).and_then(|fields| {
            let name: (ChannelName, Reference) = (fields.required("channel")?, fields.required("order_ref")?);
            let draft = *indices.entry(name.clone()).or_insert_with(|| {
                drafts.push(Draft::new(name));
                drafts.len() - 1
            });
            // The draft exists: it was added with its index.
            drafts.get_mut(draft).map_or(Ok(()), |draft| draft.add(index, &fields, &options.known_skus))
        });
        if let Err(error) = added {
            plan.invalid_rows.push(InvalidRow { row: index, error });
        }
    }
    for draft in drafts {
        match draft.finish(options) {
            Some(command) => plan.commands.push(command),
            None => plan.orders_without_valid_row += 1,
        }
    }
    plan
}

impl Draft {
    fn new((channel, reference): (ChannelName, Reference)) -> Self {
        Self { channel, reference, header: None, lines: Vec::new(), rows: Vec::new() }
    }

    /// Adds a row if it is valid.
    fn add(&mut self, index: usize, fields: &Fields<'_>, known: &BTreeSet<Sku>) -> Result<(), RowError> {
        let header = Header {
            placed_at: fields.optional("placed_at")?,
            customer_ref: fields.optional("customer_ref")?,
        };
        let line = line(fields)?;
        if !known.contains(&line.sku) {
            return Err(RowError::new("unknown_sku", format!("SKU {} does not exist", line.sku)));
        }
        if self.header.as_ref().is_some_and(|first| *first != header) {
            let reason = "placed_at or customer_ref differs from the first row of the order";
            return Err(RowError::new("rows_disagree", reason));
        }
        self.header = Some(header);
        self.lines.push(line);
        self.rows.push(index);
        Ok(())
    }

    fn finish(self, options: &OrderOptions) -> Option<PlannedCommand> {
        let Header { placed_at, customer_ref } = self.header?;
        // Channel names contain no slash, so each order has its own key.
        let key = format!("import:order:{}/{}", self.channel, self.reference);
        let has_totals = self.lines.iter().any(|line| line.total.is_some());
        let command = CreateOrder {
            order_id: None,
            channel: self.channel,
            channel_ref: Some(self.reference),
            customer_ref,
            lines: self.lines,
            currency: has_totals.then(|| options.currency.clone()),
            charges: None,
            ship_to: None,
            delivery: None,
            on_shortage: options.on_shortage,
            allow_split: None,
            priority: None,
            payment: Some(PaymentTerms::NotRequired),
            reserve_for: None,
            placed_at,
            external_refs: None,
            attributes: None,
            occurred_at: None,
            not_after: None,
        };
        Some(PlannedCommand { key, command: command.into(), rows: self.rows })
    }
}

fn line(fields: &Fields<'_>) -> Result<NewLine, RowError> {
    Ok(NewLine {
        sku: fields.required("sku")?,
        quantity: fields.required_with("quantity", quantity)?,
        line_ref: None,
        unit: None,
        total: fields.optional_with("line_total_usd", amount)?,
        tax: None,
        discount: None,
        attributes: None,
    })
}

#[cfg(test)]
mod tests {
    use holdfast_commands::AnyCommand;

    use super::*;

    const HEADING: &str = "order_ref,placed_at,channel,customer_ref,sku,quantity,line_total_usd\n";

    fn plan(rows: &str) -> Plan {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("orders.csv");
        std::fs::write(&path, format!("{HEADING}{rows}")).unwrap();
        let known_skus = ["A", "B"].map(|sku| Sku::new(sku).unwrap()).into();
        let options = OrderOptions { currency: Currency::new("USD").unwrap(), on_shortage: None, known_skus };
        orders(&CsvFile::read(&path, &COLUMNS).unwrap(), &options)
    }

    fn codes(plan: &Plan) -> Vec<&str> {
        plan.invalid_rows.iter().map(|row| row.error.code.as_str()).collect()
    }

    fn created(planned: &PlannedCommand) -> &CreateOrder {
        match &planned.command {
            AnyCommand::CreateOrder(order) => order,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rows_of_one_order_are_grouped_wherever_they_are() {
        let plan = plan("1,,web,c,A,1,1.00\n2,,web,c,A,1,\n1,,web,c,B,2,0.50\n1,,app,c,B,2,0.50\n");
        assert!(plan.invalid_rows.is_empty());
        let keys: Vec<&str> = plan.commands.iter().map(|planned| planned.key.as_str()).collect();
        assert_eq!(keys, ["import:order:web/1", "import:order:web/2", "import:order:app/1"]);
        assert_eq!(plan.commands[0].rows, [0, 2]);
        assert_eq!(created(&plan.commands[0]).lines.len(), 2);
        assert_eq!(created(&plan.commands[0]).currency.as_ref().unwrap().as_str(), "USD");
        assert_eq!(created(&plan.commands[1]).currency, None);
    }

    #[test]
    fn an_order_is_created_without_its_invalid_rows_or_not_at_all() {
        let plan = plan("1,,web,c,A,0,1.00\n1,,web,c,A,1,1.00\n2,,web,c,Z,1,1.00\n2,,web,c,,1,1.00\n");
        assert_eq!(codes(&plan), ["malformed_quantity", "unknown_sku", "malformed_sku"]);
        assert_eq!((plan.commands.len(), plan.orders_without_valid_row), (1, 1));
        assert_eq!(plan.commands[0].rows, [1]);
    }

    #[test]
    fn each_kind_of_invalid_row_has_its_own_code() {
        let plan = plan(
            "1,soon,web,c,A,1,1\n1,,web,c,A,x,1\n1,,web,c,A,1,1e3\n1,,w b,c,A,1,1\n,,web,c,A,1,1\n1,,web\n\
             1,,web,c,A,1,1\n1,,web,d,A,1,1\n",
        );
        assert_eq!(
            codes(&plan),
            [
                "malformed_placed_at",
                "malformed_quantity",
                "malformed_line_total_usd",
                "malformed_channel",
                "malformed_order_ref",
                "wrong_number_of_fields",
                "rows_disagree"
            ]
        );
        assert_eq!(plan.commands[0].rows, [6]);
    }
}
