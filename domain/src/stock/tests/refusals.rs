//! A row for every refusal: state, command, code, pointer and class.

use super::*;
use crate::Class;

type Row = (StockItem, StockCommand, (&'static str, Option<&'static str>, Class));

/// An item that has as many units of a kind as are ever recorded at one place, less four.
fn nearly_full(kind: &str) -> StockItem {
    let level = json!({ kind: Units::LIMIT.number() - 4 });
    serde_json::from_value(json!({ "sku": "A", "levels": { "DC-1": level } })).unwrap()
}

fn rows() -> Vec<Row> {
    use Class::{Conflict, Invalid, Transient};
    let new = StockItem::default();
    let item = given([receive(10, 1), reserve(&[("DC-1", 3)])]);
    let lots = json!([{ "lot": "L1", "quantity": 2 }]);
    let full = ("too_many_units", Some("/quantity"), Conflict);
    let in_condition = |condition: &str| receive_with(json!({ "quantity": 5, "condition": condition }), 2);
    let mut forgetful = new.clone();
    for second in 1..200 {
        forgetful = after(&forgetful, receive(1, second));
    }
    vec![
        (new.clone(), adjust(1, 1), ("unknown_sku", Some("/sku"), Invalid)),
        (new.clone(), reserve(&[("DC-1", 1)]), ("unknown_sku", None, Invalid)),
        (new.clone(), release(&[("DC-1", 1)]), ("unknown_sku", None, Invalid)),
        (new.clone(), ship("DC-1", 1, 1), ("unknown_sku", None, Invalid)),
        (item.clone(), reserve(&[("DC-1", 8)]), ("insufficient_stock", None, Conflict)),
        (item.clone(), release(&[("DC-1", 4)]), ("not_reserved", None, Conflict)),
        (item.clone(), short("DC-1", 4, 2), ("not_reserved", None, Conflict)),
        (item.clone(), ship("DC-1", 4, 2), ("not_reserved", None, Conflict)),
        (item.clone(), fill(1, &[("DC-1", 1)]), ("not_backordered", None, Conflict)),
        (after(&item, wait(1, 2, 2)), fill(1, &[("DC-1", 1)]), ("insufficient_stock", None, Conflict)),
        (new.clone(), policy(json!({})), ("unknown_sku", Some("/sku"), Invalid)),
        (
            item.clone(),
            policy(json!({ "safetyStock": { "DC-1": 1_000_000_001_u64 } })),
            ("safety_stock_out_of_range", Some("/safetyStock"), Invalid),
        ),
        (
            after(&item, policy(json!({ "backorderable": false }))),
            wait(1, 1, 2),
            ("not_backorderable", None, Conflict),
        ),
        (
            after(&item, policy(json!({ "backorderLimit": 1 }))),
            wait(1, 2, 2),
            ("backorder_limit_exceeded", None, Conflict),
        ),
        (item.clone(), adjust(-11, 2), ("adjustment_below_zero", Some("/delta"), Conflict)),
        (
            item.clone(),
            StockCommand::AdjustStock(
                read(json!({ "delta": 1, "reason": "found", "expected": 9 }), json!({})),
                time(2),
            ),
            ("stock_changed", Some("/expected"), Conflict),
        ),
        (nearly_full("onHand"), receive(5, 2), full),
        (nearly_full("quarantine"), in_condition("quarantine"), full),
        (nearly_full("damaged"), in_condition("damaged"), full),
        (nearly_full("onHand"), adjust(5, 2), ("too_many_units", Some("/delta"), Conflict)),
        (item.clone(), count(1_000_000_001, 2, 2), ("count_out_of_range", Some("/onHand"), Invalid)),
        (forgetful, count(1, 1, 300), ("count_too_old", Some("/countedAt"), Transient)),
        (
            new,
            receive_with(json!({ "quantity": 1, "lots": lots }), 1),
            ("lots_exceed_quantity", Some("/lots"), Invalid),
        ),
    ]
}

/// Reports that contradict themselves.
fn reports() -> Vec<Row> {
    use Class::Invalid;
    vec![
        (
            StockItem::default(),
            receive_with(json!({ "quantity": 2, "serials": ["SN1", "SN1"] }), 1),
            ("serial_not_unique", Some("/serials"), Invalid),
        ),
        (
            given([receive(1, 1)]),
            StockCommand::AdjustStock(read(json!({ "delta": 1, "reason": "counted" }), json!({})), time(5)),
            ("reason_not_permitted", Some("/reason"), Invalid),
        ),
    ]
}

/// What is moved, expected and limited.
#[allow(clippy::too_many_lines, reason = "one row per refusal")]
fn more_rows() -> Vec<Row> {
    use Class::{Conflict, Invalid};
    let new = StockItem::default();
    let item = given([receive(10, 1), reserve(&[("DC-1", 3)])]);
    let limited = |limit: u64| policy(json!({ "channelLimits": { "web": limit } }));
    let limits: serde_json::Map<_, _> = (0..101).map(|number| (format!("c{number}"), json!(1))).collect();
    let mut busy = item.clone();
    let mut expecting = item.clone();
    for number in 0..1_000 {
        let name = Reference::new(&format!("n{number}")).unwrap();
        let supply = Supply { location: place("DC-1"), quantity: Units::new(1), due_at: time(9) };
        expecting.supplies.insert(name.clone(), supply);
        let transfer = Transfer { from: place("DC-1"), to: place("DC-2"), quantity: Units::new(1) };
        busy.transfers.insert(name, transfer);
    }
    let serials = json!({ "quantity": 1, "serials": ["S1", "S2"] });
    vec![
        (after(&item, limited(2)), wait(1, 3, 2), ("channel_limit_exceeded", None, Conflict)),
        (
            item.clone(),
            limited(1_000_000_001),
            ("channel_limit_out_of_range", Some("/channelLimits"), Invalid),
        ),
        (
            item.clone(),
            policy(json!({ "channelLimits": limits })),
            ("too_many_limits", Some("/channelLimits"), Invalid),
        ),
        (
            item.clone(),
            policy(json!({ "lowStockAt": 1_000_000_001 })),
            ("low_stock_out_of_range", Some("/lowStockAt"), Invalid),
        ),
        (new.clone(), receive_with(serials, 1), ("serials_exceed_quantity", Some("/serials"), Invalid)),
        (
            new.clone(),
            receive_with(json!({ "quantity": 1, "closeSupply": true }), 1),
            ("supply_missing", Some("/supplyId"), Invalid),
        ),
        (expecting, expect("s1", "DC-1", 1, 9), ("too_many_supplies", None, Conflict)),
        (new.clone(), turn("sellable", "damaged", 1), ("unknown_sku", Some("/sku"), Invalid)),
        (item.clone(), turn("damaged", "damaged", 1), ("same_condition", Some("/to"), Invalid)),
        (
            item.clone(),
            turn("sellable", "damaged", 11),
            ("too_few_in_condition", Some("/quantity"), Conflict),
        ),
        (
            after(&item, transfer("t1", "DC-1", "DC-2", 1)),
            arrive("t1", 0, false),
            ("received_out_of_range", Some("/quantity"), Invalid),
        ),
        (
            after(&item, transfer("t1", "DC-1", "DC-2", 1)),
            arrive("t1", 1_000_000_001, true),
            ("received_out_of_range", Some("/quantity"), Invalid),
        ),
        (new, transfer("t1", "DC-1", "DC-2", 1), ("unknown_sku", Some("/sku"), Invalid)),
        (item.clone(), transfer("t1", "DC-1", "DC-1", 1), ("same_location", Some("/to"), Invalid)),
        (item.clone(), transfer("t1", "DC-1", "DC-2", 11), ("insufficient_stock", None, Conflict)),
        (busy, transfer("t1", "DC-1", "DC-2", 1), ("too_many_transfers", None, Conflict)),
        (item, arrive("t1", 1, false), ("transfer_closed", Some("/transferId"), Conflict)),
    ]
}

/// Commands on bundles and their components.
fn bundles() -> Vec<Row> {
    use Class::{Conflict, Invalid};
    let new = StockItem::default;
    let set = |components: Value| policy(json!({ "components": components }));
    let one = |sku: &str| json!({ "sku": sku, "quantity": 1 });
    let with_share = |share: u64| json!([{ "sku": "CUP", "quantity": 1, "priceShare": share }]);
    let many: Vec<_> = (0..51).map(|number| one(&format!("C{number}"))).collect();
    let bundle = given([set(json!([one("CUP")]))]);
    let without_stock = ("bundle_without_stock", Some("/sku"), Conflict);
    let not_unique = ("component_not_unique", Some("/components"), Invalid);
    let price_share = ("price_share_out_of_range", Some("/components"), Invalid);
    vec![
        (bundle.clone(), receive(1, 1), without_stock),
        (bundle.clone(), count(1, 1, 1), without_stock),
        (bundle, adjust(1, 1), without_stock),
        (given([receive(1, 1)]), set(json!([one("CUP")])), ("bundle_has_stock", Some("/sku"), Conflict)),
        (new(), set(many.into()), ("component_count_out_of_range", Some("/components"), Invalid)),
        (new(), set(json!([])), ("component_count_out_of_range", Some("/components"), Invalid)),
        (
            given([set(json!([one("CUP")]))]),
            policy(json!({ "backorderable": false })),
            ("bundle_with_rules", Some("/components"), Conflict),
        ),
        (new(), set(json!([one("CUP"), one("CUP")])), not_unique),
        (new(), set(json!([one("A")])), not_unique),
        (new(), set(with_share(0)), price_share),
        (new(), set(with_share(1_000_000_001)), price_share),
    ]
}

fn all_rows() -> impl Iterator<Item = Row> {
    rows().into_iter().chain(more_rows()).chain(reports()).chain(bundles())
}

#[test]
fn every_refusal_has_its_code_pointer_and_class() {
    for (item, command, (code, pointer, class)) in all_rows() {
        let refused = item.decide(&command).expect_err(code);
        assert_eq!(refused.code(), code);
        assert_eq!(refused.pointer().as_deref(), pointer, "{code}");
        assert_eq!(refused.class(), class, "{code}");
        assert!(refused.to_string().len() > 10, "{code} has words for people");
    }
}

#[test]
fn every_refusal_has_a_row() {
    let source = include_str!("../refusals.rs");
    let codes = source.split("fn kind(").nth(1).and_then(|rest| rest.split("fn pointer(").next()).unwrap();
    let mut without: Vec<&str> = codes.split('"').skip(1).step_by(2).collect();
    assert!(without.len() > 5, "the codes are found in the source");
    let tried: Vec<_> = all_rows().map(|(_, _, (code, ..))| code).collect();
    without.retain(|code| !tried.contains(code));
    let by_name = ["receipt_exists", "unknown_supply", "transfer_exists", "unknown_transfer"];
    assert_eq!(without, by_name, "commands are refused with these before a stock item is loaded");
}

#[test]
fn a_location_has_at_most_the_limit() {
    for command in [receive(4, 2), adjust(4, 2)] {
        let item = after(&nearly_full("onHand"), command);
        assert_eq!(item.levels[&place("DC-1")].on_hand, Units::LIMIT);
    }
    assert_eq!(at(&given([count(1_000_000_000, 1, 1)]), "DC-1")[0], 1_000_000_000);
}

#[test]
fn the_limit_applies_to_each_condition() {
    let damaged = receive_with(json!({ "quantity": 5, "condition": "damaged" }), 2);
    let item = after(&nearly_full("onHand"), damaged);
    assert_eq!(item.levels[&place("DC-1")].damaged, Units::new(5));
    assert_eq!(at(&after(&nearly_full("damaged"), receive(5, 2)), "DC-1"), [5, 0, 5]);
}
