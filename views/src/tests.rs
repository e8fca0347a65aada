use holdfast_domain::order::{Order, PersonalData};
use holdfast_domain::stock::StockItem;
use serde::Deserialize;
use serde_json::json;

use super::*;

#[test]
fn what_does_not_exist_has_no_view() {
    assert_eq!(OrderView::of(&Order::default(), 0, 0), None);
    assert_eq!(AvailabilityView::of(&StockItem::default(), |_| false), None);
}

#[test]
fn an_address_does_not_print_personal_data() {
    let personal = json!({ "name": "Ada Lovelace", "email": "ada@example.com", "latitude": 51.5 });
    let personal = PersonalData::deserialize(personal).ok();
    assert!(personal.is_some());
    let printed = format!("{:?}", ShipToView { destination: None, personal });
    assert!(!["Ada", "example", "51.5"].iter().any(|secret| printed.contains(secret)), "{printed}");
}
