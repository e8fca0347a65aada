//! Thresholds: in stock, low and out.

use super::*;

fn low_at(units: u32) -> StockCommand {
    policy(json!({ "lowStockAt": units }))
}

fn record() -> StockCommand {
    StockCommand::RecordAvailabilityLevel(time(9))
}

/// The events of recording the level, and the item after them.
fn recorded(item: &StockItem) -> (Vec<StockEvent>, StockItem) {
    (when(item, record()), after(item, record()))
}

#[test]
fn each_crossing_of_a_threshold_has_one_event() {
    let (sku, at, threshold) = (sku(), time(9), Units::new(3));
    let back = |available: u64, level| {
        BackInStock { sku: sku.clone(), available: Units::new(available), level, at }.into()
    };
    let low = |available: u64| {
        let (sku, available) = (sku.clone(), Units::new(available));
        StockLow { sku, available, low_stock_at: threshold, at }.into()
    };
    let out = StockOut { sku: sku.clone(), at }.into();
    let mut item = given([receive(10, 1), low_at(3)]);
    for (units, expected) in [
        (-6, vec![]),
        (-1, vec![low(3)]),
        (-1, vec![]),
        (1, vec![]),
        (1, vec![back(4, AvailabilityLevel::InStock)]),
        (-4, vec![out]),
        (2, vec![back(2, AvailabilityLevel::Low)]),
        (8, vec![back(10, AvailabilityLevel::InStock)]),
    ] {
        let (events, next) = recorded(&after(&item, adjust(units, 2)));
        assert_eq!(events, expected, "{units} units");
        assert_eq!(recorded(&next).0, [], "recorded once");
        item = next;
    }
}

#[test]
fn reserved_units_and_safety_stock_are_not_available() {
    let item = given([receive(10, 1), policy(json!({ "lowStockAt": 0, "safetyStock": { "DC-1": 6 } }))]);
    assert_eq!(item.availability_level(), AvailabilityLevel::InStock);
    let (events, item) = recorded(&after(&item, reserve(&[("DC-1", 4)])));
    assert_eq!((names(&events), item.availability_level()), (vec!["StockOut"], AvailabilityLevel::Out));
    let elsewhere = receive_with(json!({ "location": "DC-2", "quantity": 1 }), 3);
    assert_eq!(names(&recorded(&after(&item, elsewhere)).0), ["BackInStock"]);
}

#[test]
fn a_sku_without_threshold_has_no_events() {
    let item = given([receive(10, 1), low_at(20)]);
    let (events, item) = recorded(&item);
    assert_eq!(names(&events), ["StockLow"]);
    let item = after(&item, policy(json!({ "lowStockAt": null })));
    assert_eq!((recorded(&item).0, item.availability_level()), (vec![], AvailabilityLevel::InStock));
    assert_eq!(recorded(&after(&item, adjust(-10, 2))).0, []);
    assert_eq!(names(&recorded(&after(&item, low_at(20))).0), ["StockLow"], "known by a new threshold");
}
