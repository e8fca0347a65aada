use super::*;

/// The packages of a shipment: each one's id and content.
fn shipped_packages(order: &Order, command: OrderCommand) -> Vec<(String, Vec<LineUnits>)> {
    let events = when(order, command);
    let [OrderEvent::ShipmentCreated(created)] = &events[..] else { panic!("{events:?}") };
    created.packages.iter().map(|package| (package.package_id.to_string(), package.lines.clone())).collect()
}

#[test]
fn a_shipment_has_packages_location_and_time() {
    let package = json!({
        "packageId": "box", "carrier": "DHL", "trackingNumber": "JJD1", "service": "express", "weight": 1200,
        "dimensions": { "length": 300, "width": 200, "height": 100 },
        "lines": [{ "line": 1, "quantity": 5, "lots": ["L1"], "serials": ["S1"] }]
    });
    let events = when(&paid_and_reserved(), ship(1, &[package]));
    let expected = json!({
        "type": "ShipmentCreated",
        "shipmentId": shipment_id(1), "fulfillmentOrderId": fulfillment_order_id(1), "location": "DC-1",
        "shippedAt": time(50),
        "packages": [{
            "packageId": "box", "carrier": "DHL", "trackingNumber": "JJD1", "service": "express", "weight": 1200,
            "dimensions": { "length": 300, "width": 200, "height": 100 },
            "lines": [{ "line": 1, "quantity": 5, "lots": ["L1"], "serials": ["S1"] }]
        }]
    });
    assert_eq!(serde_json::to_value(&events).unwrap(), json!([expected]));
}

#[test]
fn shipping_implies_picking_and_packing() {
    let order = on_its_way();
    assert_eq!(line(&order, 1), [0, 5, 5, 5, 0, 0]);
    assert_eq!(line(&order, 2), [0, 3, 3, 3, 0, 0]);
}

#[test]
fn shipping_packed_units_packs_nothing_more() {
    let order = after(&after(&paid_and_reserved(), pack_all(1)), ship_all(1));
    assert_eq!(line(&order, 1), [0, 5, 5, 5, 0, 0]);
}

#[test]
fn a_package_without_lines_has_the_remaining_units() {
    let packages = [json!({}), json!({ "lines": [{ "line": 1, "quantity": 2 }] })];
    assert_eq!(
        shipped_packages(&paid_and_reserved(), ship(1, &packages)),
        [("p1".to_owned(), units(&[(1, 3), (2, 3)])), ("p2".to_owned(), units(&[(1, 2)]))]
    );
}

#[test]
fn a_part_may_leave_first_and_the_rest_later() {
    let some = json!({ "lines": [{ "lineRef": "first", "quantity": 2 }] });
    let order = after(&paid_and_reserved(), ship(1, &[some]));
    assert_eq!(line(&order, 1), [3, 2, 2, 2, 0, 0]);
    assert_eq!(shipped_packages(&order, ship_all(1)), [("p1".to_owned(), units(&[(1, 3), (2, 3)]))]);
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
        shipped_packages(&paid_and_reserved(), ship(1, packages)).into_iter().map(|(id, _)| id).collect()
    };
    assert_eq!(ids(&[one(1), one(2), json!({})]), ["p1", "p2", "p3"]);
    let named = read(one(1), json!({ "packageId": "box" }));
    assert_eq!(ids(&[one(1), named]), ["p1", "box"]);
}

#[test]
fn generated_package_ids_avoid_given_ones() {
    let named = json!({ "packageId": "p2", "lines": [{ "line": 1, "quantity": 1 }] });
    let unnamed = json!({ "lines": [{ "line": 2, "quantity": 1 }] });
    let given = shipped_packages(&paid_and_reserved(), ship(1, &[named, unnamed, json!({})]));
    let ids: Vec<_> = given.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["p2", "p3", "p4"]);
}

#[test]
fn package_ids_are_unique_in_a_shipment() {
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
    assert_eq!(shipped_packages(&order, ship(1, &[some(3), some(2)])).len(), 2);
    let events = when(&order, ship(1, &[some(3), some(3)]));
    assert_eq!(names(&events), ["ShipmentCreated", "DiscrepancyRecorded", "DiscrepancyRecorded"]);
}

#[test]
fn shipped_units_do_not_ship_again() {
    let other = ship(1, &[json!({ "trackingNumber": "other" })]);
    assert_eq!(refusal(&on_its_way(), other), ("nothing_left", None));
    assert_eq!(when(&on_its_way(), ship_all(1)), [], "the same package again");
}

#[test]
fn one_package_of_a_shipment_reported_again_is_known() {
    let labelled = |number: &str, quantity: u32| json!({ "trackingNumber": number, "lines": [{ "line": 1, "quantity": quantity }] });
    let order = after(&paid_and_reserved(), ship(1, &[labelled("B1", 2), labelled("B2", 2)]));
    assert_eq!(when(&order, ship(1, &[labelled("B2", 2)])), []);
    assert_eq!(names(&when(&order, ship(1, &[labelled("B3", 1)])))[0], "ShipmentCreated");
}

#[test]
fn a_package_reported_again_with_more_details_is_recorded_as_a_discrepancy() {
    let with = |more: Value| {
        let line: Value = read(json!({ "line": 1, "quantity": 2 }), more);
        ship(1, &[json!({ "trackingNumber": "B1", "lines": [line] })])
    };
    let order = after(&paid_and_reserved(), with(json!({ "serials": ["S1"] })));
    assert_eq!(when(&order, with(json!({}))), []);
    assert_eq!(when(&order, with(json!({ "serials": ["S1"] }))), []);
    assert_eq!(names(&when(&order, with(json!({ "serials": ["S1", "S2"] })))), ["DiscrepancyRecorded"]);
    assert_eq!(names(&when(&order, with(json!({ "lots": ["L1"] })))), ["DiscrepancyRecorded"]);
}

#[test]
fn boxes_with_one_number_are_distinguished_by_their_details() {
    let of = |serial: &str| json!({ "trackingNumber": "B1", "lines": [{ "line": 1, "quantity": 1, "serials": [serial] }] });
    let order = after(&paid_and_reserved(), ship(1, &[of("S1"), of("S2")]));
    assert_eq!(when(&order, ship(1, &[of("S1"), of("S2")])), []);
    assert_eq!(when(&order, ship(1, &[of("S2"), of("S1")])), []);
    assert_eq!(names(&when(&order, ship(1, &[of("S1"), of("S3")]))), ["DiscrepancyRecorded"]);
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
fn the_shipping_time_defaults_to_occurred_at_and_then_to_now() {
    let left = |more: Value| {
        let fields = json!({
            "fulfillmentOrderId": fulfillment_order_id(1),
            "packages": [{ "carrier": "UPS", "trackingNumber": "1Z" }]
        });
        let order = after(&paid_and_reserved(), OrderCommand::ShipItems(read(fields, more), None, time(50)));
        order.shipments[0].shipped_at
    };
    assert_eq!(left(json!({})), time(50));
    assert_eq!(left(json!({ "occurredAt": time(40) })), time(40));
    assert_eq!(left(json!({ "occurredAt": time(40), "shippedAt": time(30) })), time(30));
}

#[test]
fn a_hundred_packages_may_leave_together() {
    let lines = json!([{ "sku": "A", "quantity": 200 }]);
    let order =
        given([create_with(json!({ "lines": lines })), reserve(&[("DC-1", &[("A", 200)])]), pay("money")]);
    let packages = |count: usize| vec![json!({ "lines": [{ "line": 1, "quantity": 1 }] }); count];
    assert_eq!(shipped_packages(&order, ship(1, &packages(100))).len(), 100);
    let refused = refusal(&order, ship(1, &packages(101)));
    assert_eq!(refused, ("package_count_out_of_range", Some("/packages".into())));
}
