use super::*;
use crate::policy::ReserveAt;
use crate::values::Priority;

/// Every field that the contract has.
fn all_units() -> Value {
    json!({
        "orderId": order_id(),
        "channel": "web",
        "channelRef": "W-1",
        "customerRef": "C-9",
        "lines": [{
            "sku": "A", "quantity": 2, "requiresStock": false, "lineRef": "first", "unit": "10.50", "total": "21.00", "tax": "3.99",
            "discount": "0.50", "attributes": { "gift": "yes" }
        }],
        "currency": "EUR",
        "charges": [{ "code": "shipping", "amount": "4.90", "tax": "0.78" }],
        "shipTo": {
            "name": "Ada Lovelace", "company": "Engines", "street": ["St James's Square 12"], "city": "London",
            "region": "LDN", "postalCode": "SW1Y 4JH", "country": "GB", "latitude": 51.5, "longitude": -0.125,
            "phone": "+44 20 1234", "email": "ada@example.org", "instructions": "ring twice"
        },
        "delivery": {
            "method": "pickup", "location": "DC-1", "serviceLevel": "next day",
            "shipNotBefore": "2026-03-01T10:00:00Z", "shipBy": "2026-03-02T10:00:00Z",
            "deliverBy": "2026-03-03T10:00:00Z"
        },
        "onShortage": "cancel_remainder",
        "allowSplit": false,
        "priority": "express",
        "payment": "not_required",
        "reserveFor": "PT1H",
        "placedAt": "2026-02-28T10:00:00Z",
        "externalRefs": { "erp": "4711" },
        "attributes": { "campaign": "spring" }
    })
}

fn created(command: OrderCommand) -> OrderCreated {
    match when(&Order::default(), command).into_iter().next() {
        Some(OrderEvent::OrderCreated(created)) => created,
        other => panic!("{other:?} is not a creation"),
    }
}

fn created_under(terms: CreationTerms) -> OrderCreated {
    let OrderCommand::CreateOrder(fields, _, at) = create() else { unreachable!() };
    created(OrderCommand::CreateOrder(fields, terms, at))
}

#[test]
fn every_field_of_the_command_is_stored() {
    let created = created(create_with(all_units()));
    let mut expected = all_units();
    let fields = expected.as_object_mut().unwrap();
    let mut personal = fields.remove("shipTo").unwrap();
    let mut destination = json!({});
    for open in ["city", "region", "postalCode", "country"] {
        destination[open] = personal.as_object_mut().unwrap().remove(open).unwrap();
    }
    fields["lines"][0]["line"] = json!(1);
    fields.insert("destination".into(), destination);
    fields.insert("hasPersonalData".into(), json!(true));
    fields.insert("reserveAt".into(), json!("creation"));
    fields.insert("workAt".into(), json!("authorization"));
    fields.insert("content".into(), json!("digest"));
    fields.insert("at".into(), json!(time(1)));
    assert_eq!(serde_json::to_value(created.personal.as_ref()).unwrap(), personal);
    assert_eq!(serde_json::to_value(created).unwrap(), expected);
}

#[test]
fn an_order_is_a_single_event_that_knows_when_it_was_decided() {
    let events = when(&Order::default(), create());
    assert_eq!(names(&events), ["OrderCreated"]);
    assert_eq!(created(create()).at, time(1));
}

#[test]
fn lines_are_numbered_from_one_in_the_order_in_which_they_came() {
    let lines = created(create()).lines;
    let numbered: Vec<_> = lines.iter().map(|line| (line.line.number(), line.sku.as_str())).collect();
    assert_eq!(numbered, [(1, "A"), (2, "B")]);
}

#[test]
fn the_policy_gives_the_defaults() {
    let rules = Rules {
        reserve_at: ReserveAt::Payment,
        on_shortage: OnShortage::CancelRemainder,
        allow_split: false,
        ..Rules::default()
    };
    let created = created_under(CreationTerms { rules, ..terms() });
    assert_eq!(created.reserve_at, ReserveAt::Payment);
    assert_eq!(created.on_shortage, OnShortage::CancelRemainder);
    assert!(!created.allow_split);
    assert_eq!((created.priority, created.payment), (Priority::Standard, PaymentTerms::Required));
}

#[test]
fn the_command_overrides_the_policy() {
    let created = created(create_with(
        json!({ "onShortage": "cancel_remainder", "allowSplit": false, "priority": "critical" }),
    ));
    assert_eq!(created.on_shortage, OnShortage::CancelRemainder);
    assert!(!created.allow_split);
    assert_eq!(created.priority, Priority::Critical);
}

#[test]
fn personal_data_is_not_part_of_the_state() {
    let created = created(create_with(all_units()));
    assert!(created.personal.is_some());
    let order = given([create_with(all_units())]);
    assert_eq!(order.created.as_ref().unwrap().personal, None);
    assert_eq!(order.personal_data, PersonalDataState::Sealed);
}

#[test]
fn the_city_is_not_encrypted() {
    let order = given([create_with(json!({ "shipTo": { "city": "London", "country": "GB" } }))]);
    let created = order.created.as_ref().unwrap();
    assert_eq!(created.destination.as_ref().unwrap().city, Text::new("London").ok());
    assert!(!created.has_personal_data);
    assert_eq!(order.personal_data, PersonalDataState::None);
}

#[test]
fn an_order_without_an_address_has_neither_destination_nor_personal_data() {
    for ship_to in [json!({}), json!({ "shipTo": {} })] {
        let created = created(create_with(ship_to));
        assert_eq!((created.destination, created.personal), (None, None));
        assert!(!created.has_personal_data);
    }
}

#[test]
fn lines_with_the_same_sku_are_summed_before_anything_is_decided() {
    let lines =
        json!([{ "sku": "A", "quantity": 2 }, { "sku": "B", "quantity": 1 }, { "sku": "A", "quantity": 3 }]);
    let order = given([create_with(json!({ "lines": lines }))]);
    let demand: Vec<_> = order.pending_demand().into_iter().map(|(sku, n)| (sku.to_string(), n)).collect();
    assert_eq!(demand, [("A".to_owned(), Units::new(5)), ("B".to_owned(), Units::new(1))]);
}

#[test]
fn no_units_are_pending_after_reservation_or_cancellation() {
    assert!(given([create(), reserve_all()]).pending_demand().is_empty());
    assert!(given([create(), cancel()]).pending_demand().is_empty());
}

#[test]
fn the_largest_order_is_accepted() {
    let line =
        |number: usize| json!({ "sku": "A", "quantity": 1_000_000_000, "lineRef": format!("l{number}") });
    let lines: Vec<Value> = (0..2_000).map(line).collect();
    let charges: Vec<Value> = (0..50).map(|_| json!({ "code": "fee", "amount": "1" })).collect();
    let street: Vec<Value> = (0..5).map(|_| json!("Long Street")).collect();
    let order = given([create_with(json!({
        "lines": lines, "charges": charges, "currency": "EUR", "shipTo": { "street": street }
    }))]);
    assert_eq!(order.lines().len(), MAX_LINES);
    assert_eq!(order.pending_demand()[&Sku::new("A").unwrap()], Units::new(2_000_000_000_000));
}

#[test]
fn the_corners_of_the_globe_are_on_it() {
    for (latitude, longitude) in [(90.0, 180.0), (-90.0, -180.0), (0.0, 0.0)] {
        let ship_to = json!({ "shipTo": { "latitude": latitude, "longitude": longitude } });
        assert!(created(create_with(ship_to)).has_personal_data);
    }
}
