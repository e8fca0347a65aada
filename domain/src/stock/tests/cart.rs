//! Units that carts have reserved.

use super::*;
use crate::values::CartReservationId;

fn cart(from: &[(&str, u64)], until: i64) -> CartUnits {
    CartUnits {
        reservation_id: CartReservationId::new(order_id().uuid()),
        channel: ChannelName::new("web").unwrap(),
        reserved_at: ordered(),
        until: time(until),
        allocations: allocations(from),
    }
}

fn hold(from: &[(&str, u64)], until: i64) -> StockCommand {
    StockCommand::ReserveForCart(cart(from, until))
}

fn let_go(from: &[(&str, u64)], until: i64) -> StockCommand {
    StockCommand::ReleaseFromCart(cart(from, until))
}

fn expire(second: i64) -> StockCommand {
    StockCommand::ExpireReservations(time(second))
}

fn promised(item: &StockItem) -> u64 {
    item.channel_quotas[&ChannelName::new("web").unwrap()].promised.number()
}

fn limited() -> StockItem {
    let limit = json!({ "sku": "A", "channelLimits": { "web": 8 } });
    given([receive(10, 1), StockCommand::SetStockPolicy(serde_json::from_value(limit).unwrap(), time(1))])
}

#[test]
fn carts_and_orders_share_the_units_of_a_location() {
    let item = given([receive(10, 1), hold(&[("DC-1", 4)], 60), reserve(&[("DC-1", 5)])]);
    assert_eq!(at(&item, "DC-1"), [10, 9, 1]);
    assert_eq!(refusal(&item, hold(&[("DC-1", 2)], 60)).0, "insufficient_stock");
    assert_eq!(refusal(&item, reserve(&[("DC-1", 2)])).0, "insufficient_stock");
}

#[test]
fn carts_that_end_at_the_same_time_are_counted_together() {
    let item = given([receive(10, 1), hold(&[("DC-1", 2)], 60), hold(&[("DC-1", 3)], 60)]);
    assert_eq!(item.carts.len(), 1);
    let item = after(&item, let_go(&[("DC-1", 2)], 60));
    assert_eq!((item.carts.len(), at(&item, "DC-1")), (1, [10, 3, 7]));
    let item = after(&item, let_go(&[("DC-1", 3)], 60));
    assert_eq!((item.carts.len(), at(&item, "DC-1")), (0, [10, 0, 10]));
}

#[test]
fn expiry_frees_the_units_of_ended_carts_and_of_no_others() {
    let item = given([
        receive(20, 1),
        hold(&[("DC-1", 2)], 60),
        hold(&[("DC-1", 3)], 120),
        reserve_until(&[("DC-1", 4)], Some(time(60))),
        reserve_for(order_number(2), &[("DC-1", 5)], None),
    ]);
    assert_eq!(when(&item, expire(59)), []);
    let item = after(&item, expire(60));
    assert_eq!((at(&item, "DC-1"), item.carts.len()), ([20, 8, 12], 1));
    let item = after(&item, expire(120));
    assert_eq!((at(&item, "DC-1"), item.carts.len()), ([20, 5, 15], 0));
}

#[test]
fn an_extended_cart_ends_at_its_new_time() {
    let item = given([receive(10, 1), hold(&[("DC-1", 2)], 60), hold(&[("DC-1", 3)], 60)]);
    let item = after(&item, StockCommand::ExtendCart(cart(&[("DC-1", 2)], 60), time(120)));
    let item = after(&item, expire(60));
    assert_eq!(at(&item, "DC-1"), [10, 2, 8]);
    assert_eq!(at(&after(&item, expire(120)), "DC-1"), [10, 0, 10]);
}

#[test]
fn an_extension_needs_no_available_units() {
    let item = given([receive(2, 1), hold(&[("DC-1", 2)], 60), count(1, 2, 3)]);
    let item = after(&item, StockCommand::ExtendCart(cart(&[("DC-1", 2)], 60), time(120)));
    assert_eq!(at(&item, "DC-1"), [1, 2, 0]);
}

#[test]
fn units_that_no_cart_has_until_a_time_are_not_released() {
    let item = given([receive(10, 1), hold(&[("DC-1", 2)], 60), reserve(&[("DC-1", 5)])]);
    assert_eq!(refusal(&item, let_go(&[("DC-1", 3)], 60)).0, "not_reserved");
    assert_eq!(refusal(&item, let_go(&[("DC-1", 1)], 120)).0, "not_reserved");
    assert_eq!(refusal(&after(&item, expire(60)), let_go(&[("DC-1", 2)], 60)).0, "not_reserved");
}

#[test]
fn carts_count_towards_the_quota_of_their_channel_until_they_end() {
    let item = after(&limited(), hold(&[("DC-1", 5)], 60));
    let item = after(&item, hold(&[("DC-1", 1)], 120));
    assert_eq!(promised(&item), 6);
    let item = after(&item, let_go(&[("DC-1", 2)], 60));
    assert_eq!(promised(&item), 4);
    assert_eq!(promised(&after(&item, expire(60))), 1);
}

#[test]
fn a_new_quota_counts_no_older_cart() {
    let limit = |limit: Value| {
        let rules = json!({ "sku": "A", "channelLimits": { "web": limit } });
        StockCommand::SetStockPolicy(serde_json::from_value(rules).unwrap(), time(20))
    };
    let item = after(&after(&limited(), hold(&[("DC-1", 5)], 60)), limit(Value::Null));
    let item = after(&item, limit(json!(9)));
    assert_eq!(promised(&item), 0);
    let item = after(&item, let_go(&[("DC-1", 2)], 60));
    assert_eq!((promised(&item), promised(&after(&item, expire(60)))), (0, 0));
}
