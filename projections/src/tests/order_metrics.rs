//! The read model `metrics`. Its sums do not depend on how many events are applied at once.

use std::sync::Arc;

use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::Timestamp;
use holdfast_journal::Journal;
use holdfast_journal::test_support::MemoryJournal;
use serde_json::json;

use super::events::{StreamEvent, created, delivered};
use super::{Fixture, MERCHANT, TestNode, append_at, for_every_store};
use crate::{GenerationState, GroupBy, Measure, Metrics, MetricsFilter, Period, PeriodMetrics, ViewError};

for_every_store! {
    events_are_summed_by_period_channel_and_location,
    a_shortage_is_a_failed_attempt_and_an_order_is_backordered_once,
    reports_that_are_taken_back_are_not_counted,
    the_time_to_ship_is_measured_from_the_last_pack_to_the_shipment_that_stands,
    a_rebuild_gives_the_same_sums,
}

const SECOND: i64 = 1_000_000;

fn filter(period: Period, group_by: GroupBy) -> MetricsFilter {
    let time = Timestamp::from_microseconds;
    MetricsFilter { period, from: time(0), to: time(7_200 * SECOND), channel: None, location: None, group_by }
}

async fn metrics(node: &TestNode, filter: &MetricsFilter) -> Vec<PeriodMetrics> {
    let generation = node.projections.progress().generation(Metrics::NAME).unwrap();
    Metrics::new(&node.store).by_period(MERCHANT, generation, filter).await.unwrap()
}

/// The occurrences and total of a measure in each group.
fn all(metrics: &[PeriodMetrics], measure: Measure) -> Vec<(u64, u64)> {
    let amounts = metrics.iter().map(|metrics| metrics.measure(measure));
    amounts.map(|amounts| (amounts.occurrences, amounts.total)).collect()
}

/// Two orders from creation to delivery, of different channels and locations, at fixed seconds.
async fn two_orders(node: &TestNode) {
    let (slow, fast) = (delivered(1, "A"), delivered(2, "A"));
    let at = [0, 0, 0, 10, 60, 90, 190, 3_700];
    for (event, second) in slow.into_iter().zip(at) {
        append_at(&*node.journal, vec![event], second * SECOND).await;
    }
    for (event, second) in fast.into_iter().zip([3_700, 3_700, 3_700, 3_700, 3_701, 3_702, 3_703, 3_703]) {
        append_at(&*node.journal, vec![event], second * SECOND).await;
    }
    node.wait_caught_up().await.unwrap();
}

async fn events_are_summed_by_period_channel_and_location(fixture: &impl Fixture) {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let node = TestNode::open(fixture, &journal).await;
    two_orders(&node).await;
    let hours = metrics(&node, &filter(Period::Hour, GroupBy::None)).await;
    let begins_at: Vec<i64> = hours.iter().map(|hour| hour.begins_at.microseconds() / SECOND).collect();
    assert_eq!(begins_at, [0, 3_600]);
    assert_eq!(all(&hours, Measure::OrdersCreated), [(1, 1), (1, 1)]);
    assert_eq!(all(&hours, Measure::ReservationAttempts), [(1, 1), (1, 1)]);
    assert_eq!(all(&hours, Measure::UnitsReserved), [(1, 1), (1, 1)]);
    assert_eq!(all(&hours, Measure::ShipmentsCreated), [(1, 1), (1, 1)]);
    assert_eq!(all(&hours, Measure::Deliveries), [(0, 0), (2, 2)]);
    assert_eq!(all(&hours, Measure::CreatedToShipped), [(1, 190), (1, 3)]);
    assert_eq!(all(&hours, Measure::PickToPack), [(1, 30), (1, 1)]);
    assert_eq!(all(&hours, Measure::PackToShip), [(1, 100), (1, 1)]);
    assert_eq!(hours[0].measure(Measure::CreatedToShipped).quantile(0.5), Some(256));
    assert_eq!(hours[1].measure(Measure::CreatedToShipped).quantile(0.99), Some(4));
    assert_eq!(hours[0].measure(Measure::Deliveries).quantile(0.5), None);

    let minutes = metrics(&node, &filter(Period::Minute, GroupBy::None)).await;
    let shipped: Vec<i64> = minutes
        .iter()
        .filter(|minute| minute.measure(Measure::ShipmentsCreated).occurrences > 0)
        .map(|minute| minute.begins_at.microseconds() / SECOND)
        .collect();
    assert_eq!(shipped, [180, 3_660]);
    let by_channel = metrics(&node, &filter(Period::Hour, GroupBy::Channel)).await;
    let channels: Vec<(Option<&str>, u64)> = by_channel
        .iter()
        .map(|metrics| (metrics.group.as_deref(), metrics.measure(Measure::OrdersCreated).occurrences))
        .collect();
    assert_eq!(channels, [(Some("pos"), 1), (Some("pos"), 0), (Some("web"), 1)]);
    let at_dc_1 =
        MetricsFilter { location: Some("DC-1".parse().unwrap()), ..filter(Period::Hour, GroupBy::Location) };
    let at_dc_1 = metrics(&node, &at_dc_1).await;
    assert_eq!(all(&at_dc_1, Measure::ShipmentsCreated), [(1, 1)]);
    assert_eq!(all(&at_dc_1, Measure::OrdersCreated), [(0, 0)], "a created order belongs to no location");
    let first_hour = MetricsFilter {
        to: Timestamp::from_microseconds(3_600 * SECOND),
        channel: Some("web".parse().unwrap()),
        ..filter(Period::Hour, GroupBy::None)
    };
    assert_eq!(metrics(&node, &first_hour).await, []);
    let all = filter(Period::Minute, GroupBy::None);
    let few = Metrics::new(&node.store).by_period_up_to(MERCHANT, 1, &all, 3).await;
    assert!(matches!(few, Err(ViewError::TooManyMetrics(3))), "a partial result is an error");
    node.close().await;
}

fn event(number: u128, version: u64, name: &str, payload: &serde_json::Value) -> StreamEvent {
    let stream = created(number, "A").0;
    let event = DomainEvent::decode(&stream, name, 1, payload.to_string().as_bytes()).unwrap();
    (StreamId::clone(&stream), version, event)
}

async fn a_shortage_is_a_failed_attempt_and_an_order_is_backordered_once(fixture: &impl Fixture) {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let node = TestNode::open(fixture, &journal).await;
    let shortage = json!({ "criteria": [], "basis": "none", "chosen": [], "candidates": [],
        "shortages": [{ "sku": "A", "requested": 1, "available": 0 }] });
    let backordered = json!({ "lines": [{ "line": 1, "quantity": 1 }] });
    let events = vec![
        created(1, "A"),
        event(1, 2, "OrderSourced", &shortage),
        event(1, 3, "InventoryBackordered", &backordered),
        event(1, 4, "InventoryBackordered", &backordered),
    ];
    for event in events {
        node.append(vec![event]).await;
    }
    node.wait_caught_up().await.unwrap();
    let hours = metrics(&node, &filter(Period::Hour, GroupBy::None)).await;
    assert_eq!(all(&hours, Measure::ReservationAttempts), [(1, 0)]);
    assert_eq!(all(&hours, Measure::OrdersBackordered), [(1, 1)]);
    node.close().await;
}

async fn reports_that_are_taken_back_are_not_counted(fixture: &impl Fixture) {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let node = TestNode::open(fixture, &journal).await;
    let id = uuid::Uuid::from_u128(1);
    let (part, shipment, lines) =
        (format!("{id}.f1"), format!("{id}.s1"), json!([{ "line": 1, "quantity": 1 }]));
    let of_part = json!({ "fulfillmentOrderId": part, "lines": lines });
    let cancelled =
        json!({ "shipmentId": shipment, "fulfillmentOrderId": part, "lines": lines, "reason": "mistake" });
    let back = ["ItemUnpacked", "ItemPutBack"].map(|name| (name, &of_part));
    let again = ["ItemPicked", "ItemPacked"].map(|name| (name, &of_part));
    let taken_back = std::iter::once(("ShipmentCancelled", &cancelled)).chain(back).chain(again).zip(9..);
    let second = [0, 0, 0, 0, 10, 60, 90, 100, 200, 210, 220, 300, 307];
    let events = delivered(1, "A").into_iter();
    let events = events.chain(taken_back.map(|((name, fields), version)| event(1, version, name, fields)));
    for (index, (event, second)) in events.zip(second).enumerate() {
        append_at(&*node.journal, vec![event], second * SECOND).await;
        if index == 7 {
            node.wait_caught_up().await.unwrap();
            let hours = metrics(&node, &filter(Period::Hour, GroupBy::None)).await;
            assert_eq!(all(&hours, Measure::ShipmentsCreated), [(1, 1)]);
            assert_eq!(all(&hours, Measure::PickToPack), [(1, 50)]);
        }
    }
    node.wait_caught_up().await.unwrap();
    let hours = metrics(&node, &filter(Period::Hour, GroupBy::None)).await;
    for measure in
        [Measure::ShipmentsCreated, Measure::Deliveries, Measure::CreatedToShipped, Measure::PackToShip]
    {
        assert_eq!(all(&hours, measure), [(0, 0)], "{measure:?}");
    }
    assert_eq!(all(&hours, Measure::PickToPack), [(1, 7)], "the second pick counts");
    assert_eq!(hours[0].measure(Measure::CreatedToShipped).quantile(0.5), None);
    node.close().await;
}

async fn the_time_to_ship_is_measured_from_the_last_pack_to_the_shipment_that_stands(fixture: &impl Fixture) {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let node = TestNode::open(fixture, &journal).await;
    let id = uuid::Uuid::from_u128(1);
    let (part, lines) = (format!("{id}.f1"), json!([{ "line": 1, "quantity": 1 }]));
    let of_part = json!({ "fulfillmentOrderId": part, "lines": lines });
    let reserved = json!({ "fulfillmentOrders": [
        { "fulfillmentOrderId": part, "location": "DC-1", "lines": [{ "line": 1, "quantity": 2 }] }
    ], "waited": false });
    let shipped = |number: u32| {
        let package = json!({ "packageId": "p1", "carrier": "c", "trackingNumber": number.to_string(), "lines": lines });
        json!({ "shipmentId": format!("{id}.s{number}"), "fulfillmentOrderId": part, "location": "DC-1",
            "packages": [package], "shippedAt": "2026-01-01T00:00:00Z" })
    };
    let cancelled = |number: u32| json!({ "shipmentId": format!("{id}.s{number}"), "fulfillmentOrderId": part, "lines": lines, "reason": "no" });
    let steps = [
        (10, "InventoryReserved", reserved, (0, 0)),
        (100, "ItemPacked", of_part.clone(), (0, 0)),
        (105, "ShipmentCreated", shipped(1), (1, 5)),
        (200, "ItemPacked", of_part.clone(), (1, 5)),
        (230, "ShipmentCreated", shipped(2), (1, 5)),
        (300, "ShipmentCancelled", cancelled(1), (1, 30)),
        (400, "ShipmentCancelled", cancelled(2), (0, 0)),
        (420, "ShipmentCreated", shipped(3), (1, 220)),
    ];
    append_at(&*node.journal, vec![created(1, "A")], 0).await;
    for ((second, name, payload, expected), version) in steps.into_iter().zip(2..) {
        append_at(&*node.journal, vec![event(1, version, name, &payload)], second * SECOND).await;
        node.wait_caught_up().await.unwrap();
        let hours = metrics(&node, &filter(Period::Hour, GroupBy::None)).await;
        assert_eq!(all(&hours, Measure::PackToShip), [expected], "{name} at {second}");
    }
    node.close().await;
}

async fn a_rebuild_gives_the_same_sums(fixture: &impl Fixture) {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let node = TestNode::open(fixture, &journal).await;
    for number in 3..=8 {
        for event in delivered(number, "A") {
            node.append(vec![event]).await;
        }
        node.wait_caught_up().await.unwrap();
    }
    two_orders(&node).await;
    let before = metrics(&node, &filter(Period::Minute, GroupBy::Location)).await;
    let build = node.manager(Metrics::NAME).rebuild(true).await.unwrap();
    super::rebuild::wait_until(&node, Metrics::NAME, |all| {
        all.iter().any(|known| known.number == build && known.state == GenerationState::Serving)
    })
    .await;
    assert_eq!(metrics(&node, &filter(Period::Minute, GroupBy::Location)).await, before);
    node.close().await;
}
