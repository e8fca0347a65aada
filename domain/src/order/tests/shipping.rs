use super::*;

/// The parcels of a shipment: each one's id and content.
fn parcels(order: &Order, command: OrderCommand) -> Vec<(String, Vec<LineUnits>)> {
    let events = when(order, command);
    let [OrderEvent::ShipmentCreated(created)] = &events[..] else { panic!("{events:?}") };
    created.packages.iter().map(|package| (package.package_id.to_string(), package.lines.clone())).collect()
}

#[test]
fn a_shipment_says_what_left_from_where_and_when() {
    let package = json!({
        "packageId": "box", "carrier": "DHL", "trackingNumber": "JJD1", "service": "express", "weight": 1200,
        "dimensions": { "length": 300, "width": 200, "height": 100 },
        "lines": [{ "line": 1, "quantity": 5, "lots": ["L1"], "serials": ["S1"] }]
    });
    let events = when(&paid_and_reserved(), ship(1, &[package]));
    let expected = json!({
        "type": "ShipmentCreated",
        "shipmentId": shipment_id(1), "fulfillmentOrderId": fulfillment_order_id(1), "location": "DC-1",
        "shippedAt": moment(50),
        "packages": [{
            "packageId": "box", "carrier": "DHL", "trackingNumber": "JJD1", "service": "express", "weight": 1200,
            "dimensions": { "length": 300, "width": 200, "height": 100 },
            "lines": [{ "line": 1, "quantity": 5, "lots": ["L1"], "serials": ["S1"] }]
        }]
    });
    assert_eq!(serde_json::to_value(&events).unwrap(), json!([expected]));
}

#[test]
fn shipping_from_open_on_implies_what_was_not_reported() {
    let order = on_its_way();
    assert_eq!(line(&order, 1), [0, 5, 5, 5, 0, 0]);
    assert_eq!(line(&order, 2), [0, 3, 3, 3, 0, 0]);
}

#[test]
fn shipping_what_was_packed_packs_nothing_more() {
    let order = after(&after(&paid_and_reserved(), pack_all(1)), ship_all(1));
    assert_eq!(line(&order, 1), [0, 5, 5, 5, 0, 0]);
}

#[test]
fn the_package_that_does_not_say_holds_what_the_others_do_not() {
    let packages = [json!({}), json!({ "lines": [{ "line": 1, "quantity": 2 }] })];
    assert_eq!(
        parcels(&paid_and_reserved(), ship(1, &packages)),
        [("p1".to_owned(), units(&[(1, 3), (2, 3)])), ("p2".to_owned(), units(&[(1, 2)]))]
    );
}

#[test]
fn a_part_may_leave_first_and_the_rest_later() {
    let some = json!({ "lines": [{ "lineRef": "first", "quantity": 2 }] });
    let order = after(&paid_and_reserved(), ship(1, &[some]));
    assert_eq!(line(&order, 1), [3, 2, 2, 2, 0, 0]);
    assert_eq!(parcels(&order, ship_all(1)), [("p1".to_owned(), units(&[(1, 3), (2, 3)]))]);
    let order = after(&order, ship_all(1));
    let ids: Vec<_> = order.shipments.iter().map(|shipment| shipment.id).collect();
    assert_eq!(ids, [shipment_id(1), shipment_id(2)]);
    assert_eq!(line(&order, 1), [0, 5, 5, 5, 0, 0]);
}

#[test]
fn a_shipment_is_one_locations_business() {
    let order = given([create(), reserve_at_two(), pay("money"), ship_all(2)]);
    assert_eq!(line(&order, 1), [4, 1, 1, 1, 0, 0]);
    assert_eq!(order.shipments[0].fulfillment_order_id, fulfillment_order_id(2));
}

#[test]
fn packages_that_are_not_named_are_numbered() {
    let one = |line: usize| json!({ "lines": [{ "line": line, "quantity": 1 }] });
    let ids = |packages: &[Value]| -> Vec<String> {
        parcels(&paid_and_reserved(), ship(1, packages)).into_iter().map(|(id, _)| id).collect()
    };
    assert_eq!(ids(&[one(1), one(2), json!({})]), ["p1", "p2", "p3"]);
    let named = read(one(1), json!({ "packageId": "box" }));
    assert_eq!(ids(&[one(1), named]), ["p1", "box"]);
}

#[test]
fn a_number_that_a_sender_took_as_a_name_is_not_given_again() {
    let named = json!({ "packageId": "p2", "lines": [{ "line": 1, "quantity": 1 }] });
    let unnamed = json!({ "lines": [{ "line": 2, "quantity": 1 }] });
    let given = parcels(&paid_and_reserved(), ship(1, &[named, unnamed, json!({})]));
    let ids: Vec<_> = given.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["p2", "p3", "p4"]);
}

#[test]
fn the_same_name_is_given_to_one_package_of_a_shipment() {
    let named = |line: usize| json!({ "packageId": "box", "lines": [{ "line": line, "quantity": 1 }] });
    let order = paid_and_reserved();
    let twice = ship(1, &[named(1), named(2)]);
    assert_eq!(refusal(&order, twice), ("package_id_not_unique", Some("/packages".into())));
    let order = after(&order, ship(1, &[named(1)]));
    assert_eq!(names(&when(&order, ship(1, &[named(2)]))), ["ShipmentCreated"]);
}

#[test]
fn a_line_in_several_packages_is_judged_by_its_sum() {
    let some = |count: u32| json!({ "lines": [{ "line": 1, "quantity": count }] });
    let order = paid_and_reserved();
    assert_eq!(parcels(&order, ship(1, &[some(3), some(2)])).len(), 2);
    assert_eq!(refusal(&order, ship(1, &[some(3), some(3)])), ("quantity_exceeds_open", None));
}

#[test]
fn what_has_left_does_not_leave_again() {
    assert_eq!(refusal(&on_its_way(), ship_all(1)), ("nothing_left", None));
}

#[test]
fn no_package_is_empty() {
    let all = json!({ "lines": [{ "line": 1, "quantity": 5 }, { "line": 2, "quantity": 3 }] });
    let order = paid_and_reserved();
    assert_eq!(refusal(&order, ship(1, &[all, json!({})])), ("nothing_left", None));
    let nothing = json!({ "lines": [] });
    let expected = ("lines_missing", Some("/packages/1/lines".into()));
    assert_eq!(refusal(&order, ship(1, &[json!({}), nothing])), expected);
}

#[test]
fn a_shipment_left_when_the_sender_says_else_when_it_happened_else_now() {
    let left = |more: Value| {
        let fields = json!({
            "fulfillmentOrderId": fulfillment_order_id(1),
            "packages": [{ "carrier": "UPS", "trackingNumber": "1Z" }]
        });
        let order =
            after(&paid_and_reserved(), OrderCommand::ShipItems(read(fields, more), None, moment(50)));
        order.shipments[0].shipped_at
    };
    assert_eq!(left(json!({})), moment(50));
    assert_eq!(left(json!({ "occurredAt": moment(40) })), moment(40));
    assert_eq!(left(json!({ "occurredAt": moment(40), "shippedAt": moment(30) })), moment(30));
}

#[test]
fn a_hundred_packages_may_leave_together() {
    let lines = json!([{ "sku": "A", "quantity": 200 }]);
    let order =
        given([create_with(json!({ "lines": lines })), reserve(&[("DC-1", &[("A", 200)])]), pay("money")]);
    let packages = |count: usize| vec![json!({ "lines": [{ "line": 1, "quantity": 1 }] }); count];
    assert_eq!(parcels(&order, ship(1, &packages(100))).len(), 100);
    let refused = refusal(&order, ship(1, &packages(101)));
    assert_eq!(refused, ("package_count_out_of_range", Some("/packages".into())));
}
