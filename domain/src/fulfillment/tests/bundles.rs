//! Bundles: an order has a line for each component.

use super::*;
use crate::order::BundleLine;
use crate::stock::StockItem;
use crate::values::Amount;
use proptest::prelude::*;

/// The SKU of the bundle.
const SET: usize = 5;

/// A shop that sells two of A and one of B as a set.
fn shop_with_set() -> Shop {
    let mut shop = shop();
    shop.set_stock_policy(SET, &set(&[(A, 2, None), (B, 1, None)]));
    shop
}

/// The policy of a bundle: SKUs, units and shares of the price.
fn set(components: &[(usize, u64, Option<u64>)]) -> Value {
    let component = |(of, quantity, share): &(usize, u64, Option<u64>)| match share {
        Some(share) => json!({ "sku": sku(*of), "quantity": quantity, "priceShare": share }),
        None => json!({ "sku": sku(*of), "quantity": quantity }),
    };
    json!({ "components": components.iter().map(component).collect::<Vec<_>>() })
}

/// The components of an order's lines: SKU and units.
fn lines(shop: &Shop, order: usize) -> Vec<(String, u64)> {
    let line = |line: &crate::order::OrderedLine| (line.sku.to_string(), line.quantity.units().number());
    shop.orders[order].lines().iter().map(line).collect()
}

/// The totals of an order's lines.
fn totals(shop: &Shop, order: usize) -> Vec<String> {
    let total = |line: &crate::order::OrderedLine| line.total.unwrap().to_string();
    shop.orders[order].lines().iter().map(total).collect()
}

fn priced(of: usize, quantity: u32, price: &Value) -> Value {
    json!({ "currency": "EUR", "lines": [with(json!({ "sku": sku(of), "quantity": quantity }), price)] })
}

#[test]
fn an_order_of_a_bundle_reserves_its_components() {
    let mut shop = shop_with_set();
    shop.receive(A, 0, 7);
    shop.receive(B, 0, 2);
    let order = shop.order_of(&[(C, 1), (SET, 2)], &json!({}));
    let expected = [(sku(C).to_string(), 1), (sku(A).to_string(), 4), (sku(B).to_string(), 2)];
    assert_eq!(lines(&shop, order), expected);
    assert_eq!([shop.held_of_line(order, 2, 0), shop.held_of_line(order, 3, 0)], [4, 2]);
    let parts: Vec<Option<BundleLine>> =
        shop.orders[order].lines().iter().map(|line| line.bundle.clone()).collect();
    let part = |component| read(json!({ "sku": sku(SET), "quantity": 2, "component": component }));
    assert_eq!(parts, [None, Some(part(1)), Some(part(2))]);
    assert!(shop.items[&sku(SET)].levels.is_empty());
}

#[test]
fn a_bundle_is_refused_when_one_component_is_missing() {
    let mut shop = shop_with_set();
    shop.receive(A, 0, 7);
    let refused = shop.try_order(&[(SET, 1)], &json!({ "onShortage": "reject" })).unwrap_err();
    let message =
        format!("too few units are available: 0 of 1 {}; order fewer units, or receive stock first", sku(B));
    assert_eq!(refused.0, message);
}

#[test]
fn an_amendment_adds_the_components_of_a_bundle() {
    let mut shop = shop_with_set();
    shop.receive(A, 0, 7);
    shop.receive(B, 0, 2);
    let order = shop.order_of(&[(C, 1)], &json!({}));
    let add = json!({ "changes": [{ "op": "add", "sku": sku(SET), "quantity": 1 }] });
    shop.amend(order, &add).unwrap();
    assert_eq!(lines(&shop, order)[1..], [(sku(A).to_string(), 2), (sku(B).to_string(), 1)]);
}

#[test]
fn the_price_of_a_bundle_is_divided_by_the_shares_of_its_components() {
    let mut shop = shop();
    shop.set_stock_policy(SET, &set(&[(A, 2, Some(3)), (B, 1, Some(1)), (C, 1, Some(0))]));
    let order = shop.orders.len();
    shop.try_order(&[], &priced(SET, 3, &json!({ "unit": "9.99" }))).unwrap();
    assert_eq!(totals(&shop, order), ["22.48", "7.49", "0.00"]);
    let total = json!({ "unit": "9.99", "total": "25.00", "discount": "4.97", "tax": "1.01" });
    shop.try_order(&[], &priced(SET, 3, &total)).unwrap();
    assert_eq!(totals(&shop, order + 1), ["18.75", "6.25", "0.00"]);
    let amounts: Vec<_> = shop.orders[order + 1]
        .lines()
        .iter()
        .map(|line| (line.tax.unwrap().to_string(), line.discount.unwrap().to_string()))
        .collect();
    let expected = [("0.76", "3.73"), ("0.25", "1.24"), ("0.00", "0.00")];
    assert_eq!(amounts, expected.map(|(tax, discount)| (tax.to_owned(), discount.to_owned())));
    let discounted = json!({ "unit": "9.99", "discount": "4.97" });
    shop.try_order(&[], &priced(SET, 3, &discounted)).unwrap();
    assert_eq!(totals(&shop, order + 2), ["18.75", "6.25", "0.00"]);
    let refused = shop.try_order(&[], &priced(SET, 3, &json!({ "unit": "999999999999999" }))).unwrap_err();
    assert_eq!(refused.0, "the price of the bundle at /lines/0 is too large");
}

#[test]
fn two_lines_of_a_bundle_may_not_have_the_same_reference() {
    let mut shop = shop_with_set();
    let line = json!({ "sku": sku(SET), "quantity": 1, "lineRef": "row 1" });
    let plain = json!({ "sku": sku(A), "quantity": 1 });
    let refused = shop.try_order(&[], &json!({ "lines": [line, plain, line] })).unwrap_err();
    assert_eq!(refused.0, "/lines/2/lineRef is used by another line");
}

#[test]
fn nested_bundles_and_too_many_bundles_are_refused() {
    let mut shop = shop_with_set();
    shop.set_stock_policy(6, &set(&[(SET, 1, None)]));
    let nested = shop.try_order(&[(6, 1)], &json!({})).unwrap_err();
    let message = format!("{} is a bundle itself; remove it from the components of {}", sku(SET), sku(6));
    assert_eq!(nested.0, message);
    let many = shop.try_order(&[(SET, 1_000_000_000)], &json!({})).unwrap_err();
    let message =
        format!("1000000000 bundles {} have more than 1000000000 units of {}; order fewer", sku(SET), sku(A));
    assert_eq!(many.0, message);
    let lines = vec![json!({ "sku": sku(SET), "quantity": 1 }); 1_001];
    let refused = shop.try_order(&[], &json!({ "lines": lines })).unwrap_err();
    assert_eq!(refused.0, "an order has 1 to 2000 lines, not 2002; each component of a bundle is a line");
}

#[test]
fn components_require_stock_as_their_own_policies_say() {
    let mut shop = shop_with_set();
    shop.set_stock_policy(B, &json!({ "requiresStock": false }));
    let requires_stock = |stated: Value| {
        let mut shop = shop.clone();
        let order = shop.orders.len();
        let line = with(json!({ "sku": sku(SET), "quantity": 1 }), &stated);
        shop.try_order(&[], &json!({ "lines": [line] })).unwrap();
        shop.orders[order].lines().iter().map(|line| line.requires_stock).collect::<Vec<_>>()
    };
    assert_eq!(requires_stock(json!({})), [true, false]);
    assert_eq!(requires_stock(json!({ "requiresStock": true })), [true, false]);
    assert_eq!(requires_stock(json!({ "requiresStock": false })), [false, false]);
}

proptest! {
    /// The totals of the components add up to the price of the bundle.
    #[test]
    fn the_components_have_the_whole_price(
        shares in proptest::collection::vec(0..50_u64, 1..4),
        cents in 0..1_000_000_u64,
        quantity in 1..20_u32,
    ) {
        prop_assume!(shares.iter().any(|share| *share > 0));
        let mut shop = shop();
        let components: Vec<_> = shares.iter().enumerate().map(|(of, share)| (of, 1, Some(*share))).collect();
        shop.set_stock_policy(SET, &set(&components));
        let order = shop.orders.len();
        let unit = format!("{}.{:02}", cents / 100, cents % 100);
        shop.try_order(&[], &priced(SET, quantity, &json!({ "unit": unit }))).unwrap();
        let whole = cents * u64::from(quantity);
        let parts = totals(&shop, order).into_iter().map(|total| Amount::parse(&total));
        prop_assert_eq!(
            Amount::total(parts).unwrap().to_string(),
            format!("{}.{:02}", whole / 100, whole % 100)
        );
    }
}

#[test]
fn a_bundle_has_no_stock_of_its_own() {
    let mut shop = shop_with_set();
    let fields = json!({ "sku": sku(SET), "location": location(0), "quantity": 1 });
    let receive = StockCommand::ReceiveStock(read(fields), shop.now());
    let refused = shop.change_stock(&sku(SET), &receive).unwrap_err();
    let message = format!(
        "SKU {} is a bundle: it has no stock of its own; report the stock of its components",
        sku(SET)
    );
    assert_eq!(refused.0, message);
    shop.set_stock_policy(SET, &json!({ "components": null }));
    assert_eq!(StockItem::clone(&shop.items[&sku(SET)]).components, []);
}
