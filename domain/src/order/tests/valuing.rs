//! The events that ship, cancel or return units have their share of the line's price. The shares add up.

use std::sync::atomic::{AtomicU32, Ordering};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::values::Amount;

/// One line of A.
fn create_line(currency: Option<&str>, line: Value) -> OrderCommand {
    let line: Value = read(json!({ "sku": "A" }), line);
    create_with(json!({ "currency": currency, "lines": [line] }))
}

/// So many A for a total in euros, reserved and paid.
fn sold(quantity: u32, total: &str) -> Order {
    let create = create_line(Some("EUR"), json!({ "quantity": quantity, "total": total }));
    given([create, reserve(&[("DC-1", &[("A", u64::from(quantity))])]), pay("money")])
}

/// Units in a package of their own.
fn ship_some(quantity: u32) -> OrderCommand {
    static PACKAGES: AtomicU32 = AtomicU32::new(0);
    let number = PACKAGES.fetch_add(1, Ordering::Relaxed).to_string();
    ship(1, &[json!({ "trackingNumber": number, "lines": [{ "line": 1, "quantity": quantity }] })])
}

fn cancel_some(quantity: u32) -> OrderCommand {
    let lines = json!([{ "line": 1, "quantity": quantity }]);
    let fields = json!({ "orderId": order_id(), "reason": "too many", "lines": lines });
    OrderCommand::CancelOrder(read(fields, json!({})))
}

/// The values that an event tells.
fn values(event: &OrderEvent) -> Vec<Option<String>> {
    let values: Vec<Option<Amount>> = match event {
        OrderEvent::ShipmentCreated(created) => {
            created.packages.iter().flat_map(|package| &package.lines).map(|units| units.value).collect()
        }
        OrderEvent::ShipmentCancelled(cancelled) => cancelled.lines.iter().map(|units| units.value).collect(),
        OrderEvent::OrderCancelled(cancelled) => cancelled.lines.iter().map(|units| units.value).collect(),
        OrderEvent::ReturnReceived(received) => received.lines.iter().map(|units| units.value).collect(),
        _ => Vec::new(),
    };
    values.into_iter().map(|value| value.map(|value| value.to_string())).collect()
}

/// The values that one command after the other leads to, in the order of events.
fn values_of(order: &Order, commands: impl IntoIterator<Item = OrderCommand>) -> Vec<Option<String>> {
    let mut order = order.clone();
    let mut all = Vec::new();
    for command in commands {
        all.extend(when(&order, command.clone()).iter().flat_map(values));
        order = after(&order, command);
    }
    all
}

fn some(amounts: &[&str]) -> Vec<Option<String>> {
    amounts.iter().map(|amount| Some((*amount).to_owned())).collect()
}

#[test]
fn values_of_partial_shipments_add_up_to_the_total() {
    let bit_by_bit = [ship_some(1), ship_some(1), ship_some(1)];
    assert_eq!(values_of(&sold(3, "10.00"), bit_by_bit), some(&["3.33", "3.34", "3.33"]));
    assert_eq!(values_of(&sold(3, "10.00"), [ship_some(1), ship_some(2)]), some(&["3.33", "6.67"]));
}

#[test]
fn packages_that_leave_together_add_up_too() {
    let one = || json!({ "lines": [{ "line": 1, "quantity": 1 }] });
    let order = sold(3, "10.00");
    assert_eq!(values_of(&order, [ship(1, &[one(), one(), one()])]), some(&["3.33", "3.34", "3.33"]));
}

#[test]
fn values_of_shipped_and_cancelled_units_add_up() {
    for (quantity, total) in [(2, "0.05"), (3, "10.00"), (7, "1.00")] {
        let leaves_first = [ship_some(1), cancel_some(1), accept_cancellation(1)];
        let ends_first = [cancel_some(1), ship_some(1)];
        for commands in [&leaves_first[..], &ends_first[..]] {
            let rest = (quantity > 2).then(|| ship_all(1));
            let values = values_of(&sold(quantity, total), commands.iter().cloned().chain(rest));
            assert_eq!(sum(&values), total, "{values:?}");
        }
    }
}

fn sum(values: &[Option<String>]) -> String {
    let hundredths =
        |value: &Option<String>| -> i64 { value.clone().unwrap().replace('.', "").parse().unwrap() };
    let sum: i64 = values.iter().map(hundredths).sum();
    format!("{}.{:02}", sum / 100, sum % 100)
}

#[test]
fn values_of_partial_cancellations_add_up_to_the_total() {
    let order = given([create_line(Some("EUR"), json!({ "quantity": 3, "total": "10.00" }))]);
    assert_eq!(sum(&values_of(&order, [cancel_some(1), cancel_some(1), cancel_some(1)])), "10.00");
}

#[test]
fn amounts_of_a_grown_line_are_for_uncancelled_units() {
    let grown = json!([{ "op": "setQuantity", "line": 1, "quantity": 5, "total": "47.00" }]);
    let order = given([create_line(Some("EUR"), json!({ "quantity": 4, "total": "40.00" }))]);
    assert_eq!(values_of(&order, [cancel_some(1)]), some(&["10.00"]));
    let order = after(&after(&order, cancel_some(1)), amend(json!({ "changes": grown })));
    let order = after(&after(&order, reserve(&[("DC-1", &[("A", 5)])])), pay("money"));
    assert_eq!(values_of(&order, [ship_some(5)]), some(&["47.00"]));
    assert_eq!(
        sum(&values_of(&order, [ship_some(2), cancel_some(1), accept_cancellation(1), ship_some(2)])),
        "47.00"
    );
}

#[test]
fn units_of_several_parts_that_a_count_ends_together_have_each_a_price_of_their_own() {
    let create = create_line(Some("EUR"), json!({ "quantity": 2, "total": "10.01" }));
    let parts = reserve(&[("DC-1", &[("A", 1)]), ("DC-1", &[("A", 1)])]);
    let order = given([create, parts, pay("money"), accept(1), accept(2), cancel()]);
    let (location, sku) = (place("DC-1"), Sku::new("A").unwrap());
    let lose = OrderCommand::LoseUnits { location, sku, most: Units::new(2) };
    assert_eq!(sum(&values_of(&order, [lose])), "10.01");
}

#[test]
fn returned_units_have_their_sales_value() {
    let order = after(&after(&sold(3, "10.00"), ship_all(1)), request_return(&[(1, 3)]));
    let back =
        [receive_return(1, &[(1, 1, "restock"), (1, 1, "scrap")]), receive_return(1, &[(1, 1, "restock")])];
    assert_eq!(values_of(&order, back), some(&["3.33", "3.34", "3.33"]));
}

#[test]
fn without_a_total_it_is_the_unit_price_less_the_discount() {
    let create = create_line(Some("EUR"), json!({ "quantity": 3, "unit": "4.00", "discount": "1.00" }));
    let order = given([create, reserve(&[("DC-1", &[("A", 3)])]), pay("money")]);
    assert_eq!(values_of(&order, [ship_some(2), ship_some(1)]), some(&["7.33", "3.67"]));
    let create = create_line(Some("EUR"), json!({ "quantity": 3, "unit": "4.00" }));
    let order = given([create, reserve(&[("DC-1", &[("A", 3)])]), pay("money")]);
    assert_eq!(values_of(&order, [ship_some(2), ship_some(1)]), some(&["8.00", "4.00"]));
}

#[test]
fn a_currency_without_decimals_is_not_divided_further() {
    for (currency, expected) in [("JPY", ["33", "34", "33"]), ("KWD", ["33.333", "33.334", "33.333"])] {
        let create = create_line(Some(currency), json!({ "quantity": 3, "total": "100" }));
        let order = given([create, reserve(&[("DC-1", &[("A", 3)])]), pay("money")]);
        assert_eq!(
            values_of(&order, [ship_some(1), ship_some(1), ship_some(1)]),
            some(&expected),
            "{currency}"
        );
    }
}

#[test]
fn units_without_a_price_have_no_value() {
    for create in [
        create_line(None, json!({ "quantity": 3 })),
        create_line(Some("EUR"), json!({ "quantity": 3 })),
        create_line(Some("EUR"), json!({ "quantity": 3, "tax": "1.00" })),
    ] {
        let order = given([create, reserve(&[("DC-1", &[("A", 3)])]), pay("money")]);
        assert_eq!(values_of(&order, [ship_some(3)]), [None]);
    }
}

#[test]
fn values_of_units_shipped_before_and_after_growth_add_up_to_the_new_total() {
    let order = after(&sold(2, "5.00"), ship_some(1));
    let grown = json!([{ "op": "setQuantity", "line": 1, "quantity": 4, "total": "9.00" }]);
    let order = after(&after(&order, amend(json!({ "changes": grown }))), reserve(&[("DC-1", &[("A", 2)])]));
    assert_eq!(values_of(&order, [ship_some(1), ship_all(2)]), some(&["2.17", "4.33"]));
}

/// The values of a line's units in all shipments.
fn charged(order: &Order) -> Option<Amount> {
    Amount::total(order.packages().flat_map(|package| &package.shipped.lines).map(|units| units.value))
}

#[test]
fn values_add_up_when_a_shipment_before_the_last_is_cancelled() {
    let shipped =
        [ship_some(1), ship_some(1)].into_iter().fold(sold(3, "10.00"), |order, next| after(&order, next));
    let order = after(&shipped, cancel_shipment(1, json!({})));
    assert_eq!(values_of(&order, [ship_some(1), ship_some(1)]), some(&["3.33", "3.33"]));
    let order = after(&after(&order, ship_some(1)), ship_some(1));
    assert_eq!(charged(&order), Some("10.00".parse().unwrap()));
}

#[test]
fn the_replacement_of_a_lost_package_costs_nothing_after_a_cancellation() {
    let lost = after(&after(&sold(3, "9.00"), ship_some(2)), track(1, "failure", 60));
    let order = after(&after(&lost, resend(1, json!({}))), cancel_some(1));
    let order = after(&order, reserve(&[("DC-1", &[("A", 2)])]));
    assert_eq!(values_of(&order, [ship_all(2)]), some(&["0.00"]));
    assert_eq!(charged(&order), order.amount_due());
}

#[test]
fn a_negative_price_is_divided_among_shipments() {
    assert_eq!(values_of(&sold(3, "-1.00"), [ship_some(1), ship_some(2)]), some(&["-0.33", "-0.67"]));
}

/// Three A worth 3.33, 3.34 and 3.33, shipped one by one.
fn shipped_one_by_one() -> Order {
    [ship_some(1), ship_some(1), ship_some(1)]
        .into_iter()
        .fold(sold(3, "10.00"), |order, next| after(&order, next))
}

#[test]
fn returned_units_have_the_values_with_which_they_shipped() {
    let order = after(&after(&shipped_one_by_one(), cancel_shipment(2, json!({}))), ship_some(1));
    let order = after(&order, request_return(&[(1, 3)]));
    let both = [receive_return(1, &[(1, 2, "restock")]), receive_return(1, &[(1, 1, "restock")])];
    assert_eq!(values_of(&order, both), some(&["6.66", "3.34"]));
}

#[test]
fn a_unit_that_is_cancelled_after_its_shipment_has_the_value_of_the_shipment() {
    let order = after(&shipped_one_by_one(), cancel_shipment(2, json!({})));
    assert_eq!(values_of(&order, [cancel_some(1), accept_cancellation(1)]), some(&["3.34"]));
    let order = after(&after(&order, cancel_some(1)), accept_cancellation(1));
    assert_eq!((charged(&order), order.amount_due()), (Amount::parse("6.66"), Amount::parse("6.66")));
    let again = [cancel_shipment(3, json!({})), ship_some(1)];
    assert_eq!(values_of(&order, again), some(&["3.33", "3.33"]), "and no cent is charged twice");
}

#[test]
fn units_beyond_those_sold_are_charged_when_they_take_the_place_of_a_cancelled_shipment() {
    let order = after(&after(&sold(3, "10.00"), ship_some(3)), ship_some(2));
    let order_without = after(&order, cancel_shipment(1, json!({})));
    assert_eq!(values_of(&order, [cancel_shipment(1, json!({}))]), some(&["3.33"]), "two units stay charged");
    assert_eq!(charged(&order_without), Amount::parse("6.67"));
    let rest = [cancel_some(1), accept_cancellation(1)];
    assert_eq!(values_of(&order_without, rest), some(&["3.33"]));
    let back = after(&order_without, request_return(&[(1, 2)]));
    assert_eq!(values_of(&back, [receive_return(1, &[(1, 2, "restock")])]), some(&["6.67"]));
}

#[test]
fn what_was_returned_stays_charged_when_another_shipment_is_cancelled() {
    let create = create_line(Some("EUR"), json!({ "quantity": 2, "total": "0.15" }));
    let order = given([create, reserve(&[("DC-1", &[("A", 2)])]), pay("money"), ship_some(1), ship_some(1)]);
    assert_eq!(
        values_of(&order, [request_return(&[(1, 1)]), receive_return(1, &[(1, 1, "restock")])]),
        some(&["0.08"])
    );
    let order = after(&after(&order, request_return(&[(1, 1)])), receive_return(1, &[(1, 1, "restock")]));
    assert_eq!(values_of(&order, [cancel_shipment(1, json!({}))]), some(&["0.07"]));
    assert_eq!(charged(&after(&order, cancel_shipment(1, json!({})))), Amount::parse("0.08"));
}

#[test]
fn units_that_an_amendment_cancels_are_cancelled_at_its_price() {
    let order = given([create_line(Some("EUR"), json!({ "quantity": 4, "total": "40.00" }))]);
    let less = json!([{ "op": "setQuantity", "line": 1, "quantity": 2, "total": "18.00" }]);
    let amended = amend(json!({ "changes": less }));
    assert_eq!(values_of(&order, [amended.clone()]), some(&["0.00"]));
    assert_eq!(after(&order, amended).amount_due(), Amount::parse("18.00"));
}

/// The sum of the values that an order's events tell, in hundredths: shipped, cancelled, returned.
#[derive(Debug, Default)]
struct EventSums {
    shipped: i64,
    cancelled: i64,
    returned: i64,
}

impl EventSums {
    /// The order after a command. A command that is refused changes nothing.
    fn after(&mut self, order: &Order, command: OrderCommand) -> Order {
        let Ok(events) = order.decide(&command) else { return order.clone() };
        let hundredths = |event: &OrderEvent| -> i64 {
            let value = |value: Option<String>| value.unwrap().replace('.', "").parse::<i64>().unwrap();
            values(event).into_iter().map(value).sum()
        };
        for event in &events {
            match event {
                OrderEvent::ShipmentCreated(_) => self.shipped += hundredths(event),
                OrderEvent::ShipmentCancelled(cancelled) => {
                    let value = |lines: &[LineUnits]| -> i64 {
                        let values = lines.iter().filter_map(|units| units.value);
                        values.map(|value| value.to_string().replace('.', "").parse::<i64>().unwrap()).sum()
                    };
                    self.shipped -= value(&cancelled.lines);
                    self.cancelled += value(&cancelled.cancelled);
                }
                OrderEvent::OrderCancelled(_) => self.cancelled += hundredths(event),
                OrderEvent::ReturnReceived(_) => self.returned += hundredths(event),
                _ => {}
            }
        }
        after(order, command)
    }
}

/// A step of a random history.
fn step(kind: u32, number: u32) -> Vec<OrderCommand> {
    match kind {
        0 | 1 => vec![ship_some(number)],
        2 => vec![cancel_shipment(number, json!({}))],
        3 => vec![track(number, "failure", 60), resend(number, json!({}))],
        4 => vec![cancel_some(number)],
        5 => vec![request_return(&[(1, number)]), receive_return(number, &[(1, number, "restock")])],
        _ => vec![receive_return(number, &[(1, 1, "scrap")])],
    }
}

proptest! {
    /// After any history the values of cancelled units, of shipped units less those of cancelled shipments, and of open units add
    /// up to the price of the line. Returned values never exceed shipped ones.
    #[test]
    fn the_values_of_all_parts_of_a_line_add_up_to_its_price(
        quantity in 1_u32..8,
        cents in 1_i64..5_000,
        steps in vec((0_u32..7, 1_u32..6), 0..25),
    ) {
        let total = format!("{}.{:02}", cents / 100, cents % 100);
        let (mut order, mut sums) = (sold(quantity, &total), EventSums::default());
        let mut restored = false;
        for (kind, number) in steps {
            for command in step(kind, number) {
                let cancelled = order.line_totals()[0].cancelled;
                order = sums.after(&order, command);
                for part in 1..=u32::try_from(order.fulfillment_orders.len()).unwrap() {
                    order = sums.after(&order, accept_cancellation(part));
                }
                // Shipped units that were cancelled before: their value is charged again.
                restored |= order.line_totals()[0].cancelled < cancelled;
                let due = order.amount_due().unwrap();
                let in_shipments: Amount = charged(&order).unwrap_or(Amount::ZERO);
                prop_assert_eq!(hundredths(in_shipments), sums.shipped, "{:?}", order.shipments);
                prop_assert!(restored || hundredths(due) == cents - sums.cancelled, "{} {:?}", due, sums);
                prop_assert!(sums.returned <= sums.shipped, "{:?}", sums);
            }
            let pending = order.line_totals()[0].pending().number();
            order = sums.after(&order, reserve(&[("DC-1", &[("A", pending)])]));
        }
        for number in 1..=u32::try_from(order.fulfillment_orders.len()).unwrap() {
            order = sums.after(&order, ship_as(number));
        }
        // A lost package whose replacement was cancelled is paid back.
        let lost = order.packages().any(|package| package.is_resent);
        let due = hundredths(order.amount_due().unwrap());
        prop_assert!(sums.shipped == due || lost && sums.shipped > due, "{} {:?} {:?}", due, sums, order.shipments);
        prop_assert!(restored || due + sums.cancelled == cents);
        let shipped = order.line_totals()[0].shipped.saturating_sub(order.line_totals()[0].returned);
        if !lost && u32::try_from(shipped.number()).is_ok_and(|units| units > 0) {
            let number = u32::try_from(shipped.number()).unwrap();
            let back = request_return(&[(1, number)]);
            if order.decide(&back).is_ok() {
                order = sums.after(&order, back);
                let id = u32::try_from(order.returns.len()).unwrap();
                order = sums.after(&order, receive_return(id, &[(1, number, "restock")]));
                prop_assert_eq!(sums.returned, sums.shipped, "{:?}", order.shipments);
            }
        }
    }
}

/// An amount in hundredths.
fn hundredths(amount: Amount) -> i64 {
    let text = amount.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "00"));
    format!("{whole}{fraction:0<2}").parse().unwrap()
}

/// Everything left of a fulfillment order, in a package of its own.
fn ship_as(number: u32) -> OrderCommand {
    ship(number, &[json!({ "trackingNumber": format!("F{number}") })])
}
