use super::*;

fn delivered() -> Order {
    after(&on_its_way(), confirm_delivery(1, json!({})))
}

fn returned(order: &Order) -> Vec<u64> {
    order.line_totals().iter().map(|line| line.returned.number()).collect()
}

#[test]
fn shipped_units_can_be_returned() {
    let order = after(&delivered(), request_return(&[(1, 2)]));
    assert_eq!(order.returns[0].id, return_id(1));
    assert_eq!(order.status_axes().returned, ReturnStatus::Requested);
    assert_eq!(order.status(), OrderStatus::Delivered, "as long as nothing has come");
}

#[test]
fn returns_are_limited_to_shipped_units() {
    let order = after(&delivered(), request_return(&[(1, 2)]));
    let too_many = ("quantity_exceeds_returnable", Some("/lines".into()));
    assert_eq!(refusal(&order, request_return(&[(1, 4)])), too_many);
    assert_eq!(refusal(&order, request_return(&[(1, 2), (1, 2)])), too_many);
    assert_eq!(names(&when(&order, request_return(&[(1, 3), (2, 3)]))), ["ReturnRequested"]);
    assert_eq!(refusal(&paid_and_reserved(), request_return(&[(1, 1)])), too_many);
}

#[test]
fn returned_units_are_counted_by_line_and_disposition() {
    let order = after(&delivered(), request_return(&[(1, 2), (2, 1)]));
    let order = after(&order, receive_return(1, &[(1, 1, "restock"), (1, 1, "scrap")]));
    assert_eq!((returned(&order), order.status()), (vec![2, 0], OrderStatus::PartiallyReturned));
    assert_eq!(order.returns[0].lines[0].scrapped, Units::new(1));
}

#[test]
fn an_order_of_which_all_came_back_is_returned() {
    let order = after(&delivered(), request_return(&[(1, 5), (2, 3)]));
    let order = after(&order, receive_return(1, &[(1, 5, "restock"), (2, 3, "quarantine")]));
    assert_eq!(order.status(), OrderStatus::Returned);
    assert_eq!(order.status_axes().returned, ReturnStatus::Returned);
}

#[test]
fn more_than_was_announced_is_recorded_and_that_it_was_so() {
    let order = after(&delivered(), request_return(&[(1, 1)]));
    let events = when(&order, receive_return(1, &[(1, 2, "restock")]));
    assert_eq!(names(&events), ["ReturnReceived", "DiscrepancyRecorded"]);
    let other = when(&order, receive_return(1, &[(2, 1, "restock")]));
    assert_eq!(names(&other), ["ReturnReceived", "DiscrepancyRecorded"]);
    let order = after(&order, receive_return(1, &[(2, 1, "restock")]));
    assert_eq!(returned(&order), [0, 1]);
}

#[test]
fn a_line_is_named_by_one_of_its_names() {
    let by = |names: Value| {
        let line: Value = read(json!({ "quantity": 1 }), names);
        let fields = json!({ "orderId": order_id(), "lines": [line], "reason": "too small" });
        OrderCommand::RequestReturn(read(fields, json!({})), a_week(), time(98))
    };
    let OrderEvent::ReturnRequested(requested) = &when(&delivered(), by(json!({ "lineRef": "first" })))[0]
    else {
        panic!("no return")
    };
    assert_eq!(requested.lines, units(&[(1, 1)]));
    for wrong in [json!({}), json!({ "line": 9 }), json!({ "line": 1, "lineRef": "first" })] {
        assert_eq!(refusal(&delivered(), by(wrong)), ("unknown_line", Some("/lines/0".into())));
    }
}

#[test]
fn a_closed_return_gives_back_the_units_that_did_not_come() {
    let order = after(&delivered(), request_return(&[(1, 3)]));
    let order = after(&order, receive_return(1, &[(1, 1, "restock")]));
    assert_eq!(order.returnable()[0], Units::new(2));
    let order = after(&order, close_return(1));
    assert_eq!((order.returnable()[0], order.returns[0].is_open()), (Units::new(4), false));
    assert_eq!(refusal(&order, close_return(1)), ("return_not_open", Some("/returnId".into())));
    let order = after(&order, request_return(&[(1, 4)]));
    assert_eq!(order.returns[1].id, return_id(2));
}

#[test]
fn a_return_that_is_closed_before_a_unit_came_leaves_no_trace_in_the_status() {
    let order = after(&after(&delivered(), request_return(&[(1, 3)])), close_return(1));
    assert_eq!(order.status_axes().returned, ReturnStatus::None);
}

#[test]
fn units_that_come_after_the_return_was_closed_are_recorded_with_a_discrepancy() {
    let order = after(&after(&delivered(), request_return(&[(1, 3)])), close_return(1));
    let events = when(&order, receive_return(1, &[(1, 1, "restock")]));
    assert_eq!(names(&events), ["ReturnReceived", "DiscrepancyRecorded"]);
}

#[test]
fn a_return_lapses_when_units_are_missing_after_its_term() {
    let order = after(&delivered(), request_return(&[(1, 3)]));
    let lapses_at = a_week().after(time(98));
    assert_eq!((order.returns[0].lapses_at, order.due_at()), (Some(lapses_at), Some(lapses_at)));
    let attend = |order: &Order, at| when(order, OrderCommand::AttendOrder(at));
    assert_eq!(attend(&order, time(99)), []);
    assert_eq!(names(&attend(&order, lapses_at)), ["ReturnClosed"]);
    let lapsed = after(&order, OrderCommand::AttendOrder(lapses_at));
    assert_eq!((lapsed.due_at(), lapsed.returnable()[0]), (None, Units::new(5)));
    let complete = after(&order, receive_return(1, &[(1, 3, "restock")]));
    assert_eq!((complete.due_at(), attend(&complete, lapses_at)), (None, vec![]));
}
