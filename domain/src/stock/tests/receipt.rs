//! Receipts.

use super::*;

#[test]
fn a_receipt_is_recorded_as_reported() {
    let command = receive_with(
        json!({
            "quantity": 10, "reference": "PO-1",
            "lots": [{ "lot": "L1", "quantity": 4, "expiresAt": time(999) }, { "lot": "L2", "quantity": 6 }]
        }),
        1,
    );
    let lot = |name: &str, quantity, expires_at| Lot {
        lot: Reference::new(name).unwrap(),
        quantity: Quantity::new(quantity).unwrap(),
        expires_at,
    };
    let received = StockReceived {
        sku: sku(),
        location: place("DC-1"),
        quantity: Quantity::new(10).unwrap(),
        condition: Condition::Sellable,
        lots: Some(vec![lot("L1", 4, Some(time(999))), lot("L2", 6, None)]),
        serials: None,
        supply_id: None,
        closes_supply: false,
        reference: Reference::new("PO-1").ok(),
        at: time(1),
        happened_at: None,
        reported_ahead_of_time: None,
    };
    assert_eq!(when(&StockItem::default(), command), [received.into()]);
}

#[test]
fn an_item_is_known_from_its_first_report() {
    assert!(!StockItem::default().is_known());
    for report in
        [receive(1, 1), count(0, 1, 1), receive_with(json!({ "quantity": 1, "condition": "damaged" }), 1)]
    {
        assert_eq!(given([report]).sku, Some(sku()));
    }
}

#[test]
fn only_sellable_units_are_on_hand() {
    let of = |condition: &str| receive_with(json!({ "quantity": 5, "condition": condition }), 1);
    let item = given([of("sellable"), of("quarantine"), of("damaged"), of("damaged"), receive(2, 2)]);
    assert_eq!(at(&item, "DC-1"), [7, 0, 7]);
    let level = &item.levels[&place("DC-1")];
    assert_eq!((level.quarantine, level.damaged), (Units::new(5), Units::new(10)));
}

#[test]
fn each_location_has_its_own_units() {
    let item = given([receive(3, 1), receive_with(json!({ "quantity": 4, "location": "DC-2" }), 2)]);
    assert_eq!((at(&item, "DC-1"), at(&item, "DC-2"), at(&item, "DC-3")), ([3, 0, 3], [4, 0, 4], [0, 0, 0]));
}

#[test]
fn lots_have_at_most_the_received_units() {
    let lots = |count: u32| {
        let lots = json!([{ "lot": "L1", "quantity": count }, { "lot": "L2", "quantity": 3 }]);
        receive_with(json!({ "quantity": 10, "lots": lots }), 1)
    };
    assert_eq!(at(&given([lots(6)]), "DC-1"), [10, 0, 10]);
    assert_eq!(at(&given([lots(7)]), "DC-1"), [10, 0, 10]);
    assert_eq!(refusal(&StockItem::default(), lots(8)), ("lots_exceed_quantity", Some("/lots".into())));
}
