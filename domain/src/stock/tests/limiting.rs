//! A channel may promise only so many units.

use super::*;

fn limit(units: Option<u64>) -> StockCommand {
    policy(json!({ "channelLimits": { "web": units } }))
}

fn left(item: &StockItem) -> Option<u64> {
    item.left_for(&web()).map(Units::number)
}

/// Ten are there, of which the channel may promise so many.
fn limited(to: u64) -> StockItem {
    given([receive(10, 1), limit(Some(to))])
}

fn withdraw(order: u128, quantity: u64) -> StockCommand {
    let (order_id, quantity) = (order_number(order), Units::new(quantity));
    StockCommand::WithdrawBackorder { order_id, channel: web(), quantity }
}

fn expire(second: i64) -> StockCommand {
    StockCommand::ExpireReservations(moment(second))
}

#[test]
fn a_channel_promises_no_more_than_it_may_however_many_there_are() {
    let item = after(&limited(4), reserve(&[("DC-1", 3)]));
    assert_eq!((left(&item), at(&item, "DC-1")), (Some(1), [10, 3, 7]));
    assert_eq!(refusal(&item, reserve(&[("DC-1", 2)])), ("channel_limit_exceeded", None));
    assert_eq!(left(&after(&item, reserve(&[("DC-1", 1)]))), Some(0));
}

#[test]
fn what_is_held_elsewhere_instead_is_no_new_promise() {
    let item = after(&after(&limited(4), reserve(&[("DC-1", 4)])), limit(Some(1)));
    let (order_id, channel, allocations) = (order_id(), web(), allocations(&[("DC-1", 4)]));
    let again = StockCommand::ReserveInventory {
        order_id,
        channel,
        allocations,
        until: None,
        already_promised: true,
    };
    let item = after(&after(&item, release(&[("DC-1", 4)])), again);
    assert_eq!((left(&item), at(&item, "DC-1")), (Some(0), [10, 4, 6]));
}

#[test]
fn other_channels_are_not_limited_by_it() {
    let (order_id, channel) = (order_id(), ChannelName::new("shop").unwrap());
    let allocations = allocations(&[("DC-1", 9)]);
    let elsewhere = StockCommand::ReserveInventory {
        order_id,
        channel,
        allocations,
        until: None,
        already_promised: false,
    };
    let item = after(&limited(4), elsewhere);
    assert_eq!((left(&item), at(&item, "DC-1")), (Some(4), [10, 9, 1]));
}

#[test]
fn what_is_given_back_may_be_promised_again() {
    let item = after(&after(&limited(4), reserve(&[("DC-1", 4)])), release(&[("DC-1", 3)]));
    assert_eq!(left(&item), Some(3));
}

#[test]
fn what_is_missing_may_be_promised_again() {
    let item = after(&after(&limited(4), reserve(&[("DC-1", 4)])), short("DC-1", 3, 2));
    assert_eq!((left(&item), at(&item, "DC-1")), (Some(3), [7, 1, 6]));
    assert_eq!(names(&when(&item, reserve(&[("DC-1", 3)]))), ["StockReserved"], "they are found elsewhere");
}

#[test]
fn what_has_left_stays_promised() {
    let item = after(&after(&limited(4), reserve(&[("DC-1", 4)])), ship("DC-1", 4, 2));
    assert_eq!(left(&item), Some(0));
}

#[test]
fn who_waits_was_promised_units_too() {
    let item = after(&limited(4), wait(1, 3, 2));
    assert_eq!(left(&item), Some(1));
    assert_eq!(refusal(&item, wait(2, 2, 3)), ("channel_limit_exceeded", None));
    assert_eq!(left(&after(&item, withdraw(1, 2))), Some(3));
    let served = after(&after(&item, earmark()), fill(1, &[("DC-1", 3)]));
    assert_eq!(left(&served), Some(1), "they are not promised a second time");
}

#[test]
fn what_has_expired_may_be_promised_again() {
    let item = after(&limited(4), reserve_until(&[("DC-1", 3)], Some(moment(70))));
    assert_eq!(left(&after(&item, expire(69))), Some(1));
    assert_eq!(left(&after(&item, expire(70))), Some(4));
}

#[test]
fn what_was_waited_for_and_has_expired_may_be_promised_again() {
    let item = after(&after(&limited(4), wait(1, 3, 2)), earmark());
    let (order_id, allocations) = (order_number(1), allocations(&[("DC-1", 3)]));
    let filled = StockCommand::FillBackorder { order_id, allocations, until: Some(moment(70)) };
    assert_eq!(left(&after(&after(&item, filled), expire(70))), Some(4));
}

#[test]
fn another_limit_keeps_what_was_promised() {
    let item = after(&limited(4), reserve(&[("DC-1", 3)]));
    assert_eq!(left(&after(&item, limit(Some(7)))), Some(4));
    let lower = after(&item, limit(Some(2)));
    assert_eq!((left(&lower), at(&lower, "DC-1")), (Some(0), [10, 3, 7]));
    assert_eq!(left(&after(&lower, release(&[("DC-1", 2)]))), Some(1));
}

#[test]
fn without_a_limit_there_is_none() {
    let item = after(&limited(0), limit(None));
    assert_eq!((left(&item), names(&when(&item, reserve(&[("DC-1", 9)])))), (None, vec!["StockReserved"]));
}

#[test]
fn what_a_channel_may_not_promise_is_not_shown_as_available_to_it() {
    let item = after(&limited(4), reserve(&[("DC-1", 1)]));
    let view = || AvailabilityView::of(&item, |_| false).unwrap();
    let shop = ChannelName::new("shop").unwrap();
    assert_eq!(view().narrowed(&item, Some(&web()), None).available, Units::new(3));
    assert_eq!(view().narrowed(&item, Some(&shop), None).available, Units::new(9));
}
