//! The rules of a SKU.

use super::*;

#[test]
fn safety_stock_is_never_promised() {
    let item = given([receive(10, 1), policy(json!({ "safetyStock": { "DC-1": 4 } }))]);
    assert_eq!(at(&item, "DC-1"), [10, 0, 6]);
    assert_eq!(refusal(&item, reserve(&[("DC-1", 7)])).0, "insufficient_stock");
    assert_eq!(names(&when(&item, reserve(&[("DC-1", 6)]))), ["StockReserved"]);
}

#[test]
fn safety_stock_is_never_earmarked() {
    let kept = policy(json!({ "safetyStock": { "DC-1": 4 } }));
    let item = given([receive(5, 1), kept, wait(1, 9, 2), earmark()]);
    assert_eq!(item.levels[&place("DC-1")].earmarked, Units::new(1));
}

#[test]
fn rules_that_are_not_given_stay_and_the_same_rules_have_no_effect() {
    let rules = || policy(json!({ "backorderLimit": 5, "safetyStock": { "DC-1": 4, "DC-2": 1 } }));
    let item = given([receive(10, 1), rules(), policy(json!({ "safetyStock": { "DC-2": 0 } }))]);
    assert_eq!(
        (item.backorder_limit.map(Quantity::units), item.not_backorderable),
        (Some(Units::new(5)), false)
    );
    assert_eq!(at(&item, "DC-1"), [10, 0, 6]);
    assert_eq!(item.levels[&place("DC-2")].safety_stock, Units::ZERO);
    assert_eq!(when(&item, policy(json!({ "backorderLimit": 5 }))), []);
}

#[test]
fn a_sku_whose_lines_need_no_stock_needs_no_stock_records() {
    let rule = |requires_stock: Value| policy(json!({ "requiresStock": requires_stock }));
    assert_eq!(refusal(&StockItem::default(), rule(json!(true))).0, "unknown_sku");
    assert_eq!(refusal(&StockItem::default(), rule(json!(null))).0, "unknown_sku");
    let item = given([rule(json!(false))]);
    assert!(item.is_known() && item.requires_no_stock && item.levels.is_empty());
    assert_eq!(when(&item, rule(json!(false))), []);
    let other = given([rule(json!(false)), policy(json!({ "backorderLimit": 5 }))]);
    assert!(other.requires_no_stock, "rules that are not given stay");
    assert!(!given([rule(json!(false)), rule(json!(null))]).requires_no_stock);
}

#[test]
fn new_backorders_are_refused_beyond_the_limit() {
    let item = given([receive(1, 1), policy(json!({ "backorderLimit": 5 })), wait(1, 3, 2)]);
    assert_eq!(refusal(&item, wait(2, 3, 3)), ("backorder_limit_exceeded", None));
    assert_eq!(names(&when(&item, wait(2, 2, 3))), ["StockBackordered"]);
}

#[test]
fn existing_orders_are_backordered_beyond_the_limit() {
    let forced = |order| wait_with(order, 3, 3, |terms| terms.may_be_refused = false);
    let item = given([receive(1, 1), policy(json!({ "backorderable": false }))]);
    assert_eq!(refusal(&item, wait(1, 1, 2)), ("not_backorderable", None));
    assert_eq!(names(&when(&item, forced(2))), ["StockBackordered"]);
}
