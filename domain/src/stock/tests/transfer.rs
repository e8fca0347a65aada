//! Transfers between locations.

use super::*;

fn on_its_way(item: &StockItem) -> u64 {
    item.transfers.values().map(|transfer| transfer.quantity.number()).sum()
}

/// Three of ten left DC-1 for DC-2.
fn sent() -> StockItem {
    given([receive(10, 1), transfer("t1", "DC-1", "DC-2", 3)])
}

#[test]
fn units_of_a_transfer_are_at_no_location_until_they_arrive() {
    let item = sent();
    assert_eq!((at(&item, "DC-1"), at(&item, "DC-2"), on_its_way(&item)), ([7, 0, 7], [0, 0, 0], 3));
    assert_eq!(item.incoming_at(&place("DC-2")), Units::new(3));
    let item = after(&item, arrive("t1", 3, false));
    assert_eq!((at(&item, "DC-1"), at(&item, "DC-2"), on_its_way(&item)), ([7, 0, 7], [3, 0, 3], 0));
}

#[test]
fn a_transfer_may_arrive_in_parts() {
    let item = after(&sent(), arrive("t1", 1, false));
    assert_eq!((at(&item, "DC-2"), on_its_way(&item)), ([1, 0, 1], 2));
    let item = after(&item, arrive("t1", 2, false));
    assert_eq!((at(&item, "DC-2"), on_its_way(&item)), ([3, 0, 3], 0));
    assert_eq!(refusal(&item, arrive("t1", 1, false)), ("transfer_closed", Some("/transferId".into())));
}

#[test]
fn closing_a_transfer_loses_the_rest() {
    let events = when(&sent(), arrive("t1", 1, true));
    let [StockEvent::TransferReceived(received)] = &events[..] else { panic!("{events:?}") };
    assert_eq!((received.quantity, received.lost), (Units::new(1), Units::new(2)));
    let item = after(&sent(), arrive("t1", 1, true));
    assert_eq!((at(&item, "DC-2"), on_its_way(&item), item.transfers.len()), ([1, 0, 1], 0, 0));
}

#[test]
fn a_transfer_may_be_lost_completely() {
    let item = after(&sent(), arrive("t1", 0, true));
    assert_eq!(
        (on_its_way(&item), item.transfers.len(), item.incoming_at(&place("DC-2"))),
        (0, 0, Units::ZERO)
    );
}

#[test]
fn more_units_may_arrive_than_were_sent() {
    let item = after(&sent(), arrive("t1", 5, true));
    assert_eq!((at(&item, "DC-1"), at(&item, "DC-2"), on_its_way(&item)), ([7, 0, 7], [5, 0, 5], 0));
}

#[test]
fn reserved_and_earmarked_units_and_safety_stock_may_be_transferred() {
    let item = reserved_and_earmarked();
    assert_eq!(at(&after(&item, transfer("t1", "DC-1", "DC-2", 7)), "DC-1"), [3, 4, 0]);
    assert_eq!(refusal(&item, transfer("t1", "DC-1", "DC-2", 11)).0, "insufficient_stock");
}

#[test]
fn a_requested_transfer_takes_available_units_only() {
    let item = reserved_and_earmarked();
    let request = |quantity: u32| {
        let fields = json!({
            "sku": "A", "from": "DC-1", "to": "DC-2", "quantity": quantity, "onlyAvailable": true
        });
        let id = Reference::new("t1").unwrap();
        StockCommand::ShipTransfer(serde_json::from_value(fields).unwrap(), id, time(5))
    };
    assert_eq!(refusal(&item, request(4)).0, "insufficient_stock");
    assert_eq!(at(&after(&item, request(3)), "DC-1"), [7, 4, 0]);
}

/// Ten units at DC-1, three of them available.
fn reserved_and_earmarked() -> StockItem {
    let safety_stock = policy(json!({ "safetyStock": { "DC-1": 2 } }));
    given([receive(10, 1), reserve(&[("DC-1", 4)]), safety_stock, wait(1, 1, 2), earmark()])
}

#[test]
fn transfers_arrive_separately() {
    let item = after(&sent(), transfer("t2", "DC-1", "DC-3", 2));
    let item = after(&item, arrive("t2", 2, false));
    assert_eq!((at(&item, "DC-2"), at(&item, "DC-3"), on_its_way(&item)), ([0, 0, 0], [2, 0, 2], 3));
}

#[test]
fn a_transfer_is_a_movement_for_counts() {
    let item = after(&sent(), count(10, 4, 9));
    assert_eq!(at(&item, "DC-1"), [7, 0, 7], "what was counted before it left has left since");
}
