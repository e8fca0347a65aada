//! Which commands a file of orders has, and why its rows are rejected.

use holdfast_commands::AnyCommand;
use holdfast_domain::order::CreateOrder;

use super::*;
use crate::import::orders::{OrderOptions, orders};
use crate::import::plan::{Plan, PlannedCommand};

const HEADING: &str = "order_ref,placed_at,channel,customer_ref,sku,quantity,line_total_usd\n";

fn plan_of(text: &str) -> Plan {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("orders.csv");
    std::fs::write(&path, text).unwrap();
    let options = OrderOptions {
        channel: Some(ChannelName::new("shop").unwrap()),
        currency: None,
        on_shortage: None,
        known_skus: ["A", "B"].map(|sku| Sku::new(sku).unwrap()).into(),
        run: "run".to_owned(),
    };
    orders(&CsvFile::read(&path, columns::ORDERS, &Format::default()).unwrap(), &options)
}

fn plan(rows: &str) -> Plan {
    plan_of(&format!("{HEADING}{rows}"))
}

/// The index and the code of each invalid row.
fn codes(plan: &Plan) -> Vec<(usize, &str)> {
    plan.invalid_rows.iter().map(|row| (row.row, row.error.code.as_str())).collect()
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
    assert_eq!(keys, ["run:order:web/1", "run:order:web/2", "run:order:app/1"]);
    assert_eq!(plan.commands[0].rows, [0, 2]);
    assert_eq!(created(&plan.commands[0]).lines.len(), 2);
    assert_eq!(created(&plan.commands[0]).currency.as_ref().unwrap().as_str(), "USD");
    assert_eq!(created(&plan.commands[1]).currency, None);
}

#[test]
fn the_channel_of_an_order_may_be_in_any_of_its_rows() {
    let plan = plan("1,,,c,A,1,\n1,,web,,B,2,\n1,,app,c,A,1,\n1,,web,,A,1,\n1,,,,B,1,\n");
    assert_eq!(codes(&plan), []);
    let rows: Vec<_> =
        plan.commands.iter().map(|planned| (planned.key.as_str(), &planned.rows[..])).collect();
    assert_eq!(rows, [("run:order:web/1", &[0, 1, 3, 4][..]), ("run:order:app/1", &[2][..])]);
}

#[test]
fn values_of_an_order_may_be_in_one_of_its_rows_only() {
    let plan = plan("1,2026-01-01T00:00:00Z,web,c,A,1,\n1,,,,B,2,\n,,,,B,1,\n2,,,,A,1,\n2,,,d,B,1,\n");
    assert_eq!(codes(&plan), []);
    let [first, second] = &plan.commands[..] else { panic!("{plan:?}") };
    assert_eq!((&first.rows[..], &second.rows[..]), (&[0, 1, 2][..], &[3, 4][..]));
    assert_eq!(created(first).channel.as_str(), "web");
    assert_eq!(created(first).placed_at.unwrap().to_string(), "2026-01-01T00:00:00Z");
    assert_eq!(created(second).channel.as_str(), "shop");
    assert_eq!(created(second).customer_ref.as_ref().unwrap().as_str(), "d");
}

#[test]
fn one_invalid_row_rejects_its_order_and_no_other() {
    let plan = plan("1,,web,c,A,1,1.00\n2,,web,c,A,1,1.00\n1,,web,c,A,0,1.00\n1,,web,c,Z,1,1.00\n");
    assert_eq!(codes(&plan), [(0, "rejected_with_order"), (2, "malformed_quantity"), (3, "unknown_sku")]);
    assert_eq!((plan.commands.len(), plan.invalid_orders), (1, 1));
    assert_eq!(plan.commands[0].rows, [1]);
    let reason = &plan.invalid_rows[0].error.reason;
    assert!(reason.starts_with("line 4 of the same order is invalid: quantity '0'"), "{reason}");
}

#[test]
fn each_kind_of_invalid_row_has_its_own_code() {
    let plan = plan(
        "1,soon,web,c,A,1,1\n2,,web,c,A,x,1\n3,,web,c,A,1,1e3\n4,,w b,c,A,1,1\n5,,web\n6,,web,c,A,1,1\n\
         6,,web,d,A,1,1\n7,,web,c,A,1,1\n,,web,c,A,1,1\n",
    );
    assert_eq!(
        codes(&plan),
        [
            (0, "malformed_placed_at"),
            (1, "malformed_quantity"),
            (2, "malformed_line_total_usd"),
            (3, "malformed_channel"),
            (4, "wrong_number_of_fields"),
            (5, "rejected_with_order"),
            (6, "rows_disagree"),
            (7, "rejected_with_order"),
            (8, "malformed_order_ref"),
        ]
    );
    assert_eq!((plan.commands.len(), plan.invalid_orders), (0, 7));
}

#[test]
fn a_line_without_stock_may_have_a_sku_that_is_not_known() {
    let rows = "1,GIFT-CARD,1,false\n1,A,1,\n2,A,1,TRUE\n3,GIFT-CARD,1,true\n4,A,1,maybe\n";
    let own = plan_of(&format!("order_ref,sku,quantity,requires_stock\n{rows}"));
    assert_eq!(codes(&own), [(3, "unknown_sku"), (4, "malformed_requires_stock")]);
    let said = |planned: &PlannedCommand| -> Vec<Option<bool>> {
        created(planned).lines.iter().map(|line| line.requires_stock).collect()
    };
    assert_eq!(
        own.commands.iter().map(said).collect::<Vec<_>>(),
        [vec![Some(false), None], vec![Some(true)]]
    );
    let shopify =
        plan_of("Name,Lineitem sku,Lineitem quantity,Lineitem requires shipping\n#1,GIFT-CARD,1,false\n");
    assert_eq!(said(&shopify.commands[0]), [Some(false)]);
}

#[test]
fn an_amount_needs_a_currency() {
    let without = plan_of("order_ref,sku,quantity,unit_price\n1,A,1,2.50\n2,A,1,\n");
    assert_eq!(codes(&without), [(0, "malformed_currency")]);
    let with = plan_of("order_ref,sku,quantity,unit_price,currency\n1,A,1,2.50,eur\n");
    assert_eq!(created(&with.commands[0]).currency.as_ref().unwrap().as_str(), "EUR");
    let mixed = plan_of("order_ref,sku,quantity,line_total_usd,currency\n1,A,1,2.50,eur\n");
    assert_eq!(codes(&mixed), [(0, "malformed_currency")]);
}

#[test]
fn the_export_of_shopify_is_read() {
    let plan = plan_of(
        "Name,Email,Financial Status,Fulfillment Status,Currency,Shipping,Created at,Lineitem quantity,\
         Lineitem name,Lineitem price,Lineitem sku,Shipping Name,Shipping Address1,Shipping Address2,\
         Shipping City,Shipping Zip,Shipping Province,Shipping Country,Cancelled at\n\
         #1001,jo@shop.example,paid,unfulfilled,EUR,4.90,2025-10-07 09:50:26 +0200,2,Mug,12.50,A,Jo Doe,\
         Main St 1,,Bonn,'01234,NW,DE,\n\
         #1001,jo@shop.example,,,,,,1,Cap,20.00,B,,,,,,,,\n\
         #1002,al@shop.example,paid,fulfilled,EUR,0.00,2025-10-07 10:00:00 +0200,1,Mug,12.50,A,,,,,,,,\n\
         #1003,al@shop.example,paid,,EUR,0.00,2025-10-07 10:00:00 +0200,1,Mug,12.50,A,,,,,,,,2025-10-08\n\
         #1004,al@shop.example,refunded,unfulfilled,EUR,0.00,2025-10-07 10:00:00 +0200,1,Mug,12.50,A,,,,,,,,\n",
    );
    assert_eq!(codes(&plan), [(2, "order_fulfilled"), (3, "order_cancelled"), (4, "order_cancelled")]);
    let order = created(&plan.commands[0]);
    assert_eq!(order.channel_ref.as_ref().unwrap().as_str(), "#1001");
    assert_eq!(order.placed_at.unwrap().to_string(), "2025-10-07T07:50:26Z");
    assert_eq!(order.lines.len(), 2);
    assert_eq!(order.lines[0].unit.unwrap().to_string(), "12.50");
    assert_eq!(order.charges.as_ref().unwrap()[0].amount.to_string(), "4.90");
    let ship_to = serde_json::to_value(&order.ship_to).unwrap();
    let expected = serde_json::json!({
        "name": "Jo Doe", "street": ["Main St 1"], "city": "Bonn", "postalCode": "01234", "region": "NW",
        "country": "DE", "email": "jo@shop.example",
    });
    assert_eq!(ship_to, expected);
}

#[test]
fn the_exports_of_woocommerce_plugins_are_read() {
    let rows = "77,wc-processing,2025-10-07 09:50:26 +0000,Jo,Doe,Main St 1,80331,DE,A,3,EUR,30.00\n";
    for headings in [
        "order_number,status,date,shipping_first_name,shipping_last_name,shipping_address_1,shipping_postcode,\
         shipping_country,item_sku,item_quantity,order_currency,item_total\n",
        "Order Number,Order Status,Order Date,First Name (Shipping),Last Name (Shipping),\
         Address 1&2 (Shipping),Postcode (Shipping),Country Code (Shipping),SKU,Quantity,Currency,Item Total\n",
    ] {
        let plan = plan_of(&format!("{headings}{rows}"));
        assert_eq!(codes(&plan), []);
        let order = created(&plan.commands[0]);
        assert_eq!(order.lines[0].total.unwrap().to_string(), "30.00");
        let ship_to = serde_json::to_value(&order.ship_to).unwrap();
        assert_eq!((&ship_to["name"], &ship_to["postalCode"]), (&"Jo Doe".into(), &"80331".into()));
    }
}
