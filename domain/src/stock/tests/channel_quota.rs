//! Channel quotas.

use super::*;

/// The quota is introduced, changed or removed before the orders of the other tests are created.
fn limit(units: Option<u64>) -> StockCommand {
    limit_at(units, 0)
}

fn limit_at(units: Option<u64>, second: i64) -> StockCommand {
    let fields = json!({ "sku": "A", "channelLimits": { "web": units } });
    StockCommand::SetStockPolicy(serde_json::from_value(fields).unwrap(), time(second))
}

/// Units that the channel may still promise to an order that is created now.
fn left(item: &StockItem) -> Option<u64> {
    item.channel_quotas.get(&web()).map(|quota| quota.remaining().number())
}

/// Ten are there, of which the channel may promise so many.
fn limited(to: u64) -> StockItem {
    given([receive(10, 1), limit(Some(to))])
}

fn withdraw(order: u128, quantity: u64) -> StockCommand {
    StockCommand::WithdrawBackorder { order: order_ref(order_number(order)), quantity: Units::new(quantity) }
}

fn expire(second: i64) -> StockCommand {
    StockCommand::ExpireReservations(time(second))
}

fn ship_unreserved(location: &str, quantity: u64) -> StockCommand {
    ship_with(location, quantity, quantity, 3)
}

#[test]
fn a_channel_promises_the_units_that_its_quota_leaves() {
    let item = after(&limited(4), reserve(&[("DC-1", 3)]));
    assert_eq!((left(&item), at(&item, "DC-1")), (Some(1), [10, 3, 7]));
    assert_eq!(item.remaining_quota(&web(), ordered()), Some(Units::new(1)));
    assert_eq!(refusal(&item, wait(1, 2, 2)), ("channel_limit_exceeded", None));
    assert_eq!(left(&after(&item, reserve(&[("DC-1", 1)]))), Some(0));
}

#[test]
fn units_that_move_to_another_location_count_once() {
    let item = after(&after(&limited(4), reserve(&[("DC-1", 4)])), limit(Some(1)));
    let item = after(&after(&item, release(&[("DC-1", 4)])), reserve(&[("DC-1", 4)]));
    assert_eq!((left(&item), at(&item, "DC-1")), (Some(0), [10, 4, 6]));
    assert_eq!(left(&after(&item, release(&[("DC-1", 4)]))), Some(1));
}

#[test]
fn a_quota_does_not_limit_other_channels() {
    let order = OrderRef { channel: ChannelName::new("shop").unwrap(), ..order_ref(order_id()) };
    let allocations = allocations(&[("DC-1", 9)]);
    let elsewhere = reserve_by(order, allocations, None);
    let item = after(&limited(4), elsewhere);
    assert_eq!((left(&item), at(&item, "DC-1")), (Some(4), [10, 9, 1]));
}

#[test]
fn released_units_are_promised_again() {
    let item = after(&after(&limited(4), reserve(&[("DC-1", 4)])), release(&[("DC-1", 3)]));
    assert_eq!(left(&item), Some(3));
}

#[test]
fn shorted_units_are_promised_again() {
    let item = after(&after(&limited(4), reserve(&[("DC-1", 4)])), short("DC-1", 3, 2));
    assert_eq!((left(&item), at(&item, "DC-1")), (Some(3), [7, 1, 6]));
    assert_eq!(left(&after(&item, reserve(&[("DC-1", 3)]))), Some(0), "they are found elsewhere");
}

#[test]
fn shipped_units_count_permanently() {
    let item = after(&after(&limited(4), reserve(&[("DC-1", 4)])), ship("DC-1", 4, 2));
    assert_eq!(left(&item), Some(0));
}

#[test]
fn backordered_units_count() {
    let item = after(&limited(4), wait(1, 3, 2));
    assert_eq!(left(&item), Some(1));
    assert_eq!(refusal(&item, wait(2, 2, 3)), ("channel_limit_exceeded", None));
    assert_eq!(left(&after(&item, withdraw(1, 2))), Some(3));
    let served = after(&after(&item, earmark()), fill(1, &[("DC-1", 3)]));
    assert_eq!(left(&served), Some(1), "they are not promised a second time");
}

#[test]
fn expired_units_are_promised_again() {
    let item = after(&limited(4), reserve_until(&[("DC-1", 3)], Some(time(70))));
    assert_eq!(left(&after(&item, expire(69))), Some(1));
    assert_eq!(left(&after(&item, expire(70))), Some(4));
}

#[test]
fn expired_units_of_a_filled_backorder_are_promised_again() {
    let item = after(&after(&limited(4), wait(1, 3, 2)), earmark());
    let (order_id, allocations) = (order_number(1), allocations(&[("DC-1", 3)]));
    let filled = StockCommand::FillBackorder { order_id, allocations, until: Some(time(70)) };
    assert_eq!(left(&after(&after(&item, filled), expire(70))), Some(4));
}

#[test]
fn changing_a_limit_keeps_the_promised_units() {
    let item = after(&limited(4), reserve(&[("DC-1", 3)]));
    assert_eq!(left(&after(&item, limit(Some(7)))), Some(4));
    let lower = after(&item, limit(Some(2)));
    assert_eq!((left(&lower), at(&lower, "DC-1")), (Some(0), [10, 3, 7]));
    assert_eq!(left(&after(&lower, release(&[("DC-1", 2)]))), Some(1));
}

#[test]
fn a_removed_limit_limits_nothing() {
    let item = after(&limited(0), limit(None));
    assert_eq!((left(&item), names(&when(&item, reserve(&[("DC-1", 9)])))), (None, vec!["StockReserved"]));
}

#[test]
fn availability_of_a_channel_is_limited_by_its_quota() {
    let item = after(&limited(4), reserve(&[("DC-1", 1)]));
    let shop = ChannelName::new("shop").unwrap();
    let available = |channel: &ChannelName| item.within_quota(channel, Units::new(9));
    assert_eq!((available(&web()), available(&shop)), (Units::new(3), Units::new(9)));
}

#[test]
fn orders_older_than_the_quota_never_count() {
    let older = [
        receive(10, 1),
        reserve(&[("DC-1", 2)]),
        reserve_until(&[("DC-1", 1)], Some(time(70))),
        wait(1, 1, 2),
        limit_at(Some(4), 60),
    ];
    let item = given(older);
    assert_eq!((left(&item), item.remaining_quota(&web(), ordered())), (Some(4), None));
    let moved = after(&after(&item, release(&[("DC-1", 2)])), reserve(&[("DC-1", 2)]));
    assert_eq!(left(&moved), Some(4), "moving an older order uses nothing up");
    let new = wait_with(2, 4, 61, |terms| terms.order.ordered_at = time(60));
    let item = after(&item, new);
    assert_eq!(left(&item), Some(0));
    for frees in [release(&[("DC-1", 2)]), withdraw(1, 1), expire(70), short("DC-1", 1, 61)] {
        assert_eq!(left(&after(&item, frees.clone())), Some(0), "{frees:?} gives nothing back");
    }
    let filled = after(&after(&item, earmark()), fill(1, &[("DC-1", 1)]));
    assert_eq!(left(&after(&filled, ship_unreserved("DC-1", 1))), Some(0));
}

#[test]
fn a_quota_that_is_introduced_again_counts_from_then_on() {
    let item =
        given([receive(10, 1), limit(Some(4)), wait(1, 3, 2), limit_at(None, 50), limit_at(Some(4), 60)]);
    assert_eq!(left(&item), Some(4));
    assert_eq!(left(&after(&item, withdraw(1, 3))), Some(4));
    let changed = after(&item, limit_at(Some(5), 70));
    assert_eq!(changed.channel_quotas[&web()].since, time(60), "changing it changes no order's part in it");
}

#[test]
fn units_that_ship_unreserved_count() {
    let item = after(&after(&limited(4), reserve(&[("DC-1", 3)])), short("DC-1", 3, 2));
    assert_eq!(left(&item), Some(4));
    assert_eq!(left(&after(&item, ship_unreserved("DC-1", 3))), Some(1));
    let beyond = after(&after(&item, reserve(&[("DC-1", 3)])), ship_unreserved("DC-1", 3));
    assert_eq!((left(&beyond), beyond.channel_quotas[&web()].promised), (Some(0), Units::new(6)));
}

#[test]
fn units_of_a_lost_package_and_of_its_replacement_both_count() {
    let lost = after(&after(&limited(4), reserve(&[("DC-1", 2)])), ship("DC-1", 2, 2));
    assert_eq!(left(&lost), Some(2), "the units have left, although they were lost");
    let again = after(&lost, reserve(&[("DC-1", 2)]));
    assert_eq!(left(&again), Some(0));
    let replaced = after(&again, ship("DC-1", 2, 3));
    assert_eq!((left(&replaced), replaced.channel_quotas[&web()].promised), (Some(0), Units::new(4)));
}
