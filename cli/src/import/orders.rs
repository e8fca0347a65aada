//! Orders: the rows of one reference of one channel are one order, wherever they stand in the file.

use std::collections::{BTreeSet, HashMap};

use holdfast_domain::order::{CreateOrder, NewLine, PaymentTerms};
use holdfast_domain::policy::OnShortage;
use holdfast_domain::values::{ChannelName, Currency, Reference, Sku, Timestamp};

use super::plan::{Item, Plan, Rejected};
use super::sheet::{Count, Fault, Fields, Money, Sheet};

/// The columns that a file of orders must have; `placed_at`, `customer_ref` and `line_total_usd` may be there.
pub const COLUMNS: [&str; 4] = ["order_ref", "channel", "sku", "quantity"];

/// What holds for every order of a file.
pub struct Terms {
    /// The currency of its totals.
    pub currency: Currency,
    /// What becomes of an order that is short; the merchant's rule where not given.
    pub on_shortage: Option<OnShortage>,
    /// The SKUs that may be ordered.
    pub known: BTreeSet<Sku>,
}

/// What every row of an order says again.
#[derive(Debug, PartialEq)]
struct Head {
    placed_at: Option<Timestamp>,
    customer_ref: Option<Reference>,
}

struct Draft {
    channel: ChannelName,
    reference: Reference,
    /// As its first good row says.
    head: Option<Head>,
    lines: Vec<NewLine>,
    rows: Vec<usize>,
}

/// The SKUs that a file names, malformed ones left out.
pub fn skus(sheet: &Sheet) -> BTreeSet<Sku> {
    let sku = |row| sheet.fields(row).and_then(|fields| fields.required("sku")).ok();
    sheet.rows.iter().filter_map(sku).collect()
}

/// A `CreateOrder` for each order, of its good rows.
pub fn orders(sheet: &Sheet, terms: &Terms) -> Plan {
    let mut plan = Plan::default();
    let mut drafts: Vec<Draft> = Vec::new();
    let mut places: HashMap<(ChannelName, Reference), usize> = HashMap::new();
    for (index, row) in sheet.rows.iter().enumerate() {
        let judged = sheet.fields(row).and_then(|fields| {
            let name: (ChannelName, Reference) = (fields.required("channel")?, fields.required("order_ref")?);
            let place = *places.entry(name.clone()).or_insert_with(|| {
                drafts.push(Draft::new(name));
                drafts.len() - 1
            });
            // The index was just made, or was when the order's first row was read.
            drafts.get_mut(place).map_or(Ok(()), |draft| draft.take(index, &fields, &terms.known))
        });
        if let Err(fault) = judged {
            plan.rejected.push(Rejected { row: index, fault });
        }
    }
    for draft in drafts {
        match draft.finish(terms) {
            Some(item) => plan.items.push(item),
            None => plan.hopeless += 1,
        }
    }
    plan
}

impl Draft {
    fn new((channel, reference): (ChannelName, Reference)) -> Self {
        Self { channel, reference, head: None, lines: Vec::new(), rows: Vec::new() }
    }

    /// Takes a row, where it is good.
    fn take(&mut self, index: usize, fields: &Fields<'_>, known: &BTreeSet<Sku>) -> Result<(), Fault> {
        let head =
            Head { placed_at: fields.optional("placed_at")?, customer_ref: fields.optional("customer_ref")? };
        let line = line(fields)?;
        if !known.contains(&line.sku) {
            return Err(Fault::new("unknown_sku", format!("the SKU {} is not known", line.sku)));
        }
        if self.head.as_ref().is_some_and(|first| *first != head) {
            let reason = "placed_at or customer_ref is not that of the order's first row";
            return Err(Fault::new("rows_disagree", reason));
        }
        self.head = Some(head);
        self.lines.push(line);
        self.rows.push(index);
        Ok(())
    }

    fn finish(self, terms: &Terms) -> Option<Item> {
        let Head { placed_at, customer_ref } = self.head?;
        // A channel has no slash in its name, so no two orders have one key.
        let key = format!("import:order:{}/{}", self.channel, self.reference);
        let amounts = self.lines.iter().any(|line| line.total.is_some());
        let command = CreateOrder {
            order_id: None,
            channel: self.channel,
            channel_ref: Some(self.reference),
            customer_ref,
            lines: self.lines,
            currency: amounts.then(|| terms.currency.clone()),
            charges: None,
            ship_to: None,
            delivery: None,
            on_shortage: terms.on_shortage,
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
        Some(Item { key, command: command.into(), rows: self.rows })
    }
}

fn line(fields: &Fields<'_>) -> Result<NewLine, Fault> {
    Ok(NewLine {
        sku: fields.required("sku")?,
        quantity: fields.required::<Count>("quantity")?.0,
        line_ref: None,
        unit: None,
        total: fields.optional::<Money>("line_total_usd")?.map(|money| money.0),
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
        let known = ["A", "B"].map(|sku| Sku::new(sku).unwrap()).into();
        let terms = Terms { currency: Currency::new("USD").unwrap(), on_shortage: None, known };
        orders(&Sheet::read(&path, &COLUMNS).unwrap(), &terms)
    }

    fn codes(plan: &Plan) -> Vec<&str> {
        plan.rejected.iter().map(|rejected| rejected.fault.code.as_str()).collect()
    }

    fn created(item: &Item) -> &CreateOrder {
        match &item.command {
            AnyCommand::CreateOrder(order) => order,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rows_of_one_order_are_grouped_wherever_they_stand() {
        let plan = plan("1,,web,c,A,1,1.00\n2,,web,c,A,1,\n1,,web,c,B,2,0.50\n1,,app,c,B,2,0.50\n");
        assert!(plan.rejected.is_empty());
        let keys: Vec<&str> = plan.items.iter().map(|item| item.key.as_str()).collect();
        assert_eq!(keys, ["import:order:web/1", "import:order:web/2", "import:order:app/1"]);
        assert_eq!(plan.items[0].rows, [0, 2]);
        assert_eq!(created(&plan.items[0]).lines.len(), 2);
        assert_eq!(created(&plan.items[0]).currency.as_ref().unwrap().as_str(), "USD");
        assert_eq!(created(&plan.items[1]).currency, None);
    }

    #[test]
    fn an_order_goes_without_its_bad_lines_and_not_at_all_with_none_that_is_good() {
        let plan = plan("1,,web,c,A,0,1.00\n1,,web,c,A,1,1.00\n2,,web,c,Z,1,1.00\n2,,web,c,,1,1.00\n");
        assert_eq!(codes(&plan), ["malformed_quantity", "unknown_sku", "malformed_sku"]);
        assert_eq!((plan.items.len(), plan.hopeless), (1, 1));
        assert_eq!(plan.items[0].rows, [1]);
    }

    #[test]
    fn each_bad_row_is_told_from_the_others() {
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
        assert_eq!(plan.items[0].rows, [6]);
    }
}
