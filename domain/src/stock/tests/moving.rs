//! Goods that change their place or their state.

use super::*;

fn on_its_way(item: &StockItem) -> u64 {
    item.transfers.values().map(|transfer| transfer.quantity.number()).sum()
}

/// Three of ten left DC-1 for DC-2.
fn sent() -> StockItem {
    given([receive(10, 1), transfer("t1", "DC-1", "DC-2", 3)])
}

fn beside(item: &StockItem) -> [u64; 2] {
    let bin = &item.bins[&place("DC-1")];
    [bin.quarantine, bin.damaged].map(Units::number)
}

#[test]
fn what_is_sent_is_neither_here_nor_there_until_it_arrives() {
    let item = sent();
    assert_eq!((at(&item, "DC-1"), at(&item, "DC-2"), on_its_way(&item)), ([7, 0, 7], [0, 0, 0], 3));
    assert_eq!(item.incoming_at(&place("DC-2")), Units::new(3));
    let item = after(&item, arrive("t1", 3, false));
    assert_eq!((at(&item, "DC-1"), at(&item, "DC-2"), on_its_way(&item)), ([7, 0, 7], [3, 0, 3], 0));
}

#[test]
fn it_may_arrive_bit_by_bit() {
    let item = after(&sent(), arrive("t1", 1, false));
    assert_eq!((at(&item, "DC-2"), on_its_way(&item)), ([1, 0, 1], 2));
    let item = after(&item, arrive("t1", 2, false));
    assert_eq!((at(&item, "DC-2"), on_its_way(&item)), ([3, 0, 3], 0));
    assert_eq!(refusal(&item, arrive("t1", 1, false)), ("transfer_closed", Some("/transferId".into())));
}

#[test]
fn what_does_not_arrive_is_lost_when_somebody_says_so() {
    let events = when(&sent(), arrive("t1", 1, true));
    let [StockEvent::TransferReceived(received)] = &events[..] else { panic!("{events:?}") };
    assert_eq!((received.quantity, received.lost), (Units::new(1), Units::new(2)));
    let item = after(&sent(), arrive("t1", 1, true));
    assert_eq!((at(&item, "DC-2"), on_its_way(&item), item.transfers.len()), ([1, 0, 1], 0, 0));
}

#[test]
fn all_of_it_may_be_lost() {
    let item = after(&sent(), arrive("t1", 0, true));
    assert_eq!(
        (on_its_way(&item), item.transfers.len(), item.incoming_at(&place("DC-2"))),
        (0, 0, Units::ZERO)
    );
}

#[test]
fn more_may_arrive_than_was_sent() {
    let item = after(&sent(), arrive("t1", 5, true));
    assert_eq!((at(&item, "DC-1"), at(&item, "DC-2"), on_its_way(&item)), ([7, 0, 7], [5, 0, 5], 0));
}

#[test]
fn only_what_is_promised_to_nobody_is_sent() {
    let kept = policy(json!({ "safetyStock": { "DC-1": 2 } }));
    let item = given([receive(10, 1), reserve(&[("DC-1", 4)]), kept, wait(1, 1, 2), earmark()]);
    assert_eq!(refusal(&item, transfer("t1", "DC-1", "DC-2", 4)).0, "insufficient_stock");
    assert_eq!(at(&after(&item, transfer("t1", "DC-1", "DC-2", 3)), "DC-1"), [7, 4, 0]);
}

#[test]
fn each_transfer_arrives_by_itself() {
    let item = after(&sent(), transfer("t2", "DC-1", "DC-3", 2));
    let item = after(&item, arrive("t2", 2, false));
    assert_eq!((at(&item, "DC-2"), at(&item, "DC-3"), on_its_way(&item)), ([0, 0, 0], [2, 0, 2], 3));
}

#[test]
fn a_transfer_moves_what_a_count_is_judged_by() {
    let item = after(&sent(), count(10, 4, 9));
    assert_eq!(at(&item, "DC-1"), [7, 0, 7], "what was counted before it left has left since");
}

#[test]
fn goods_change_their_state_where_they_are() {
    let item = given([receive(10, 1), turn("sellable", "quarantine", 4)]);
    assert_eq!((at(&item, "DC-1"), beside(&item)), ([6, 0, 6], [4, 0]));
    let item = after(&item, turn("quarantine", "damaged", 1));
    assert_eq!((at(&item, "DC-1"), beside(&item)), ([6, 0, 6], [3, 1]));
    let item = after(&item, turn("quarantine", "sellable", 3));
    assert_eq!((at(&item, "DC-1"), beside(&item)), ([9, 0, 9], [0, 1]));
}

#[test]
fn what_is_promised_stays_sellable_and_what_is_only_kept_need_not() {
    let kept = policy(json!({ "safetyStock": { "DC-1": 2 } }));
    let item = given([receive(10, 1), reserve(&[("DC-1", 4)]), kept]);
    assert_eq!(refusal(&item, turn("sellable", "damaged", 7)).0, "too_few_in_condition");
    assert_eq!(at(&after(&item, turn("sellable", "damaged", 6)), "DC-1"), [4, 4, 0]);
}

#[test]
fn what_is_set_aside_may_turn_out_to_be_damaged() {
    let item = given([receive(3, 1), wait(1, 3, 2), earmark(), turn("sellable", "damaged", 2), earmark()]);
    assert_eq!(item.bins[&place("DC-1")].earmarked, Units::new(1));
}
