//! Reports after which fewer units are on hand than are reserved.

use super::*;
use crate::fulfillment::change_stock;
use crate::order::OrderCommand;
use crate::values::{OrderId, Reference};

impl Shop {
    fn report(&mut self, command: &StockCommand) -> Vec<OrderId> {
        change_stock(self, &sku(A), command).unwrap()
    }

    /// Every report that takes three units of A at the first location off on hand.
    fn reports_of_three_units(&self) -> [StockCommand; 4] {
        let (now, here) = (self.now(), json!({ "sku": sku(A), "location": location(0) }));
        let lost = json!({ "delta": -3, "reason": "lost" });
        let damaged = json!({ "from": "sellable", "to": "damaged", "quantity": 3, "reason": "wet" });
        let sent = json!({ "sku": sku(A), "from": location(0), "to": location(1), "quantity": 3 });
        let counted = json!({ "onHand": 2, "countedAt": now });
        [
            StockCommand::AdjustStock(read(with(here.clone(), &lost)), now),
            StockCommand::ChangeStockCondition(read(with(here.clone(), &damaged)), now),
            StockCommand::ShipTransfer(read(sent), Reference::new("t1").unwrap(), now),
            StockCommand::CountStock(read(with(here, &counted)), now),
        ]
    }
}

/// An urgent order and a later one that is not urgent have reserved two units each, of five at the first location.
fn reserved() -> Shop {
    let mut shop = shop();
    shop.receive(A, 0, 5);
    shop.order_of(&[(A, 2)], &json!({ "priority": "critical" }));
    shop.order_of(&[(A, 2)], &json!({}));
    shop
}

#[test]
fn the_least_urgent_order_loses_units_that_are_no_longer_on_hand() {
    for report in reserved().reports_of_three_units() {
        let mut shop = reserved();
        shop.receive(A, 1, 2);
        assert_eq!(shop.report(&report), [order_id(1)], "{report:?}");
        assert_eq!(shop.held_of_line(0, 1, 0), 2, "{report:?}");
        assert_eq!((shop.held_of_line(1, 1, 0), shop.held_of_line(1, 1, 1)), (0, 2), "{report:?}");
    }
}

#[test]
fn units_that_are_at_no_other_location_are_backordered() {
    for report in reserved().reports_of_three_units() {
        let mut shop = reserved();
        assert_eq!(shop.report(&report), [order_id(1)], "{report:?}");
        assert_eq!((shop.held_of_line(1, 1, 0), shop.backordered(1, 1)), (0, 2), "{report:?}");
    }
}

#[test]
fn a_count_is_right_however_many_units_moved_since() {
    let mut shop = shop();
    shop.receive(A, 0, 5);
    let counted_at = json!(shop.now());
    for _ in 0..300 {
        shop.second += 1;
        shop.receive(A, 0, 1);
    }
    shop.second += 1;
    let fields = json!({ "sku": sku(A), "location": location(0), "onHand": 3, "countedAt": counted_at });
    shop.report(&StockCommand::CountStock(read(fields), shop.now()));
    assert_eq!(
        shop.items[&sku(A)].levels[&location(0)].on_hand,
        Units::new(303),
        "two of the five were lost"
    );
}

#[test]
fn picked_units_stay_reserved() {
    for report in reserved().reports_of_three_units() {
        let mut shop = reserved();
        let all = json!({ "all": true });
        shop.on_part(1, 1, |this| OrderCommand::PickItems(read(with(this, &all)))).unwrap();
        assert_eq!(shop.report(&report), [order_id(0)], "{report:?}");
        assert_eq!(shop.held_of_line(1, 1, 0), 2, "{report:?}");
    }
}

#[test]
fn a_report_of_what_happened_before_the_latest_count_takes_no_units() {
    let mut shop = reserved();
    let occurred_at = json!(shop.now());
    shop.second += 10;
    shop.count_of(A, 0, 5);
    shop.second += 10;
    for report in shop.reports_of_three_units().into_iter().take(3) {
        let mut shop = shop.clone();
        let late = match report {
            StockCommand::AdjustStock(command, at) => StockCommand::AdjustStock(
                read(with(json!(command), &json!({ "occurredAt": occurred_at }))),
                at,
            ),
            StockCommand::ChangeStockCondition(command, at) => StockCommand::ChangeStockCondition(
                read(with(json!(command), &json!({ "occurredAt": occurred_at }))),
                at,
            ),
            StockCommand::ShipTransfer(command, id, at) => StockCommand::ShipTransfer(
                read(with(json!(command), &json!({ "occurredAt": occurred_at }))),
                id,
                at,
            ),
            other => other,
        };
        assert_eq!(shop.report(&late), [], "{late:?}");
        assert_eq!((shop.held_of_line(0, 1, 0), shop.held_of_line(1, 1, 0)), (2, 2), "{late:?}");
    }
}
