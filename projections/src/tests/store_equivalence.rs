//! SQLite and PostgreSQL give the same answers for the same journal.

use std::fmt::Debug;
use std::sync::Arc;

use holdfast_domain::order::{FulfillmentOrderStatus, OrderStatus};
use holdfast_domain::values::Timestamp;
use holdfast_journal::Journal;
use holdfast_journal::test_support::MemoryJournal;

use super::events::{created, delivered, paused, received, sku};
use super::{Fixture, MERCHANT, Postgres, Sqlite, TestNode, append};
use crate::store::{Row, Statement};
use crate::{
    Availability, AvailabilityFilter, FulfillmentOrderFilter, OrderFilter, OrderSort, Orders, Page, Stage,
    ViewStore,
};

/// A journal with orders in every status, receipts and a paused location.
async fn journal() -> Arc<dyn Journal> {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    append(&*journal, vec![paused(1, "DC-2")]).await;
    for number in 1..=24 {
        let wanted = ["A", "a", "B", "_"][number % 4];
        append(&*journal, vec![received(number.div_ceil(4) as u64, wanted)]).await;
        let stages = number % 9;
        if stages == 0 {
            append(&*journal, vec![created(number as u128, "Z")]).await;
        }
        for event in delivered(number as u128, "A").into_iter().take(stages) {
            append(&*journal, vec![event]).await;
        }
    }
    journal
}

/// All pages of a list, formatted.
async fn pages<T: Debug>(mut next: impl AsyncFnMut(Option<String>) -> Page<T>) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = next(after).await;
        all.push(format!("{page:?}"));
        match page.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

fn order_filters() -> Vec<OrderFilter> {
    let all = OrderFilter::default;
    let status = |status| OrderFilter { status: Some(status), ..all() };
    vec![
        all(),
        status(OrderStatus::Delivered),
        status(OrderStatus::Packed),
        OrderFilter { channel: Some("web".parse().unwrap()), ..all() },
        OrderFilter { channel_ref: Some("R7".parse().unwrap()), ..all() },
        OrderFilter { customer_ref: Some("C1".parse().unwrap()), ..all() },
        OrderFilter { tracking_number: Some("T16".parse().unwrap()), ..all() },
        OrderFilter { sku: Some(sku("A")), location: Some("DC-2".parse().unwrap()), ..all() },
        OrderFilter { changed_after: Some(Timestamp::from_microseconds(1_050)), ..all() },
        OrderFilter { changed_before: Some(Timestamp::from_microseconds(1_050)), ..all() },
        OrderFilter { first_position: Some(20..=60), sort: OrderSort::OldestFirst, ..all() },
        OrderFilter { sort: OrderSort::LatestChangeFirst, ..all() },
        OrderFilter { sku: Some(sku("A")), sort: OrderSort::EarliestChangeFirst, ..all() },
        OrderFilter { sku: Some(sku("A")), sort: OrderSort::OldestFirst, ..all() },
        OrderFilter { backordered: Some(false), stuck: Some(false), ..all() },
        OrderFilter {
            channel: Some("pos".parse().unwrap()),
            customer_ref: Some("C1".parse().unwrap()),
            sku: Some(sku("A")),
            ..all()
        },
    ]
}

fn fulfillment_order_filters() -> Vec<FulfillmentOrderFilter> {
    let at = |location: &str| Some(location.parse().unwrap());
    vec![
        FulfillmentOrderFilter::default(),
        FulfillmentOrderFilter { location: at("DC-1"), status: None },
        FulfillmentOrderFilter { location: None, status: Some(FulfillmentOrderStatus::Shipped) },
        FulfillmentOrderFilter { location: at("DC-2"), status: Some(FulfillmentOrderStatus::Picked) },
    ]
}

/// The answers to all queries of a store, and its search terms.
async fn all_answers(store: &ViewStore) -> Vec<Vec<String>> {
    let orders = Orders::new(store);
    let mut all = Vec::new();
    for filter in order_filters() {
        let list = async |after: Option<String>| {
            orders.list(MERCHANT, 1, &filter, after.as_deref(), 3).await.unwrap()
        };
        all.push(pages(list).await);
    }
    for filter in fulfillment_order_filters() {
        let list = async |after: Option<String>| {
            orders.fulfillment_orders(MERCHANT, 1, &filter, after.as_deref(), 2).await.unwrap()
        };
        all.push(pages(list).await);
    }
    for location in ["DC-1", "DC-2"] {
        let location = location.parse().unwrap();
        for stage in [Stage::Pick, Stage::Pack, Stage::Ship] {
            let list = async |after: Option<String>| {
                orders.board(MERCHANT, 1, (&location, stage), after.as_deref(), 1).await.unwrap()
            };
            all.push(pages(list).await);
        }
    }
    let summary = orders.board_summary(MERCHANT, 1, None, Timestamp::from_microseconds(1_050)).await.unwrap();
    all.push(summary.iter().map(|of| format!("{of:?}")).collect());
    let skus = ["A", "a", "B", "_", "unknown"].map(sku);
    let stock =
        Availability::new(store).get(MERCHANT, 1, &skus, &AvailabilityFilter::default()).await.unwrap();
    all.push(stock.iter().map(|view| format!("{view:?}")).collect());
    let terms = "SELECT kind, value, first_position FROM order_term ORDER BY kind, value, first_position";
    let rows = store.reader().await.unwrap().fetch(Statement::new(terms)).await.unwrap();
    let term =
        |row: &Row| format!("{} {} {}", row.text(0).unwrap(), row.text(1).unwrap(), row.integer(2).unwrap());
    all.push(rows.iter().map(term).collect());
    all
}

async fn answers_over<F: Fixture>(fixture: &F, journal: &Arc<dyn Journal>) -> Vec<Vec<String>> {
    let node = TestNode::open(fixture, journal).await;
    node.wait_caught_up().await.unwrap();
    let all = all_answers(&node.store).await;
    node.close().await;
    all
}

#[tokio::test]
async fn sqlite_and_postgresql_give_the_same_answers() {
    let Some(postgres) = Postgres::empty().await else { return };
    let sqlite = Sqlite::empty().await.unwrap();
    let journal = journal().await;
    let (one, other) = (answers_over(&sqlite, &journal).await, answers_over(&postgres, &journal).await);
    let empty = one.iter().filter(|answers| answers.iter().all(|answer| answer.contains("items: []")));
    assert_eq!(empty.count(), 0, "every filter has results");
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one, other);
    }
}
