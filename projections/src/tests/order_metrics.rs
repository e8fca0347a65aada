//! What is measured of orders on their way, whenever and however many events are folded at once.

use std::sync::Arc;

use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::Timestamp;
use holdfast_journal::{Journal, MemoryJournal};
use serde_json::json;

use super::events::{Happened, created, delivered};
use super::{Fixture, House, MERCHANT, append_at, for_every_store};
use crate::{GenerationState, GroupBy, Measure, Metrics, MetricsFilter, Period, PeriodMetrics, ViewError};

for_every_store! {
    what_happens_is_summed_by_minute_and_hour_channel_and_location,
    a_shortage_is_an_attempt_that_failed_and_an_order_waits_once,
    folding_anew_in_one_go_comes_to_the_same_sums,
}

const SECOND: i64 = 1_000_000;

fn asked(period: Period, by: GroupBy) -> MetricsFilter {
    let moment = Timestamp::from_microseconds;
    MetricsFilter {
        period,
        from: moment(0),
        to: moment(7_200 * SECOND),
        channel: None,
        location: None,
        group_by: by,
    }
}

async fn figures(house: &House, filter: &MetricsFilter) -> Vec<PeriodMetrics> {
    let generation = house.projections.progress().generation(Metrics::NAME).unwrap();
    Metrics::new(&house.store).by_period(MERCHANT, generation, filter).await.unwrap()
}

/// A measure in each of several figures: how often, and how much.
fn all(figures: &[PeriodMetrics], measure: Measure) -> Vec<(u64, u64)> {
    let amounts = figures.iter().map(|figures| figures.measure(measure));
    amounts.map(|amounts| (amounts.count, amounts.total)).collect()
}

/// Two orders on their way, one of each channel and location, with so many seconds from each event to the next.
async fn two_orders(house: &House) {
    let (slow, quick) = (delivered(1, "A"), delivered(2, "A"));
    let at = [0, 0, 0, 10, 60, 90, 190, 3_700];
    for (event, second) in slow.into_iter().zip(at) {
        append_at(&*house.journal, vec![event], second * SECOND).await;
    }
    for (event, second) in quick.into_iter().zip([3_700, 3_700, 3_700, 3_700, 3_701, 3_702, 3_703, 3_703]) {
        append_at(&*house.journal, vec![event], second * SECOND).await;
    }
    house.caught_up().await.unwrap();
}

async fn what_happens_is_summed_by_minute_and_hour_channel_and_location(fixture: &impl Fixture) {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let house = House::open(fixture, &journal).await;
    two_orders(&house).await;
    let hours = figures(&house, &asked(Period::Hour, GroupBy::None)).await;
    let began: Vec<i64> = hours.iter().map(|hour| hour.begins_at.microseconds() / SECOND).collect();
    assert_eq!(began, [0, 3_600]);
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

    let minutes = figures(&house, &asked(Period::Minute, GroupBy::None)).await;
    let shipped: Vec<i64> = minutes
        .iter()
        .filter(|minute| minute.measure(Measure::ShipmentsCreated).count > 0)
        .map(|minute| minute.begins_at.microseconds() / SECOND)
        .collect();
    assert_eq!(shipped, [180, 3_660]);
    let by_channel = figures(&house, &asked(Period::Hour, GroupBy::Channel)).await;
    let channels: Vec<(Option<&str>, u64)> = by_channel
        .iter()
        .map(|figures| (figures.group.as_deref(), figures.measure(Measure::OrdersCreated).count))
        .collect();
    assert_eq!(channels, [(Some("pos"), 1), (Some("pos"), 0), (Some("web"), 1)]);
    let at_one =
        MetricsFilter { location: Some("DC-1".parse().unwrap()), ..asked(Period::Hour, GroupBy::Location) };
    let at_one = figures(&house, &at_one).await;
    assert_eq!(all(&at_one, Measure::ShipmentsCreated), [(1, 1)]);
    assert_eq!(all(&at_one, Measure::OrdersCreated), [(0, 0)], "an order is of no location");
    let first_hour = MetricsFilter {
        to: Timestamp::from_microseconds(3_600 * SECOND),
        channel: Some("web".parse().unwrap()),
        ..asked(Period::Hour, GroupBy::None)
    };
    assert_eq!(figures(&house, &first_hour).await, []);
    let all = asked(Period::Minute, GroupBy::None);
    let few = Metrics::new(&house.store).by_period_up_to(MERCHANT, 1, &all, 3).await;
    assert!(matches!(few, Err(ViewError::TooManyMetrics(3))), "never a part of it as if it were all");
    house.close().await;
}

fn event(number: u128, version: u64, name: &str, payload: &serde_json::Value) -> Happened {
    let stream = created(number, "A").0;
    let event = DomainEvent::decode(&stream, name, 1, payload.to_string().as_bytes()).unwrap();
    (StreamId::clone(&stream), version, event)
}

async fn a_shortage_is_an_attempt_that_failed_and_an_order_waits_once(fixture: &impl Fixture) {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let house = House::open(fixture, &journal).await;
    let short = json!({ "criteria": [], "basis": "none", "chosen": [], "candidates": [],
        "shortages": [{ "sku": "A", "requested": 1, "available": 0 }] });
    let waits = json!({ "lines": [{ "line": 1, "quantity": 1 }] });
    let happened = vec![
        created(1, "A"),
        event(1, 2, "OrderSourced", &short),
        event(1, 3, "InventoryBackordered", &waits),
        event(1, 4, "InventoryBackordered", &waits),
    ];
    for event in happened {
        house.append(vec![event]).await;
    }
    house.caught_up().await.unwrap();
    let hours = figures(&house, &asked(Period::Hour, GroupBy::None)).await;
    assert_eq!(all(&hours, Measure::ReservationAttempts), [(1, 0)]);
    assert_eq!(all(&hours, Measure::OrdersBackordered), [(1, 1)]);
    house.close().await;
}

async fn folding_anew_in_one_go_comes_to_the_same_sums(fixture: &impl Fixture) {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let house = House::open(fixture, &journal).await;
    for number in 3..=8 {
        for event in delivered(number, "A") {
            house.append(vec![event]).await;
        }
        house.caught_up().await.unwrap();
    }
    two_orders(&house).await;
    let before = figures(&house, &asked(Period::Minute, GroupBy::Location)).await;
    let build = house.manager(Metrics::NAME).rebuild(true).await.unwrap();
    super::rebuild::until(&house, Metrics::NAME, |all| {
        all.iter().any(|known| known.number == build && known.state == GenerationState::Serving)
    })
    .await;
    assert_eq!(figures(&house, &asked(Period::Minute, GroupBy::Location)).await, before);
    house.close().await;
}
