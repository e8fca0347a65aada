//! Every question about lists is answered by an index: read off what the databases say they would do, at a million orders.

use holdfast_domain::order::OrderStatus;
use holdfast_domain::values::Timestamp;

use super::{Fixture, MERCHANT, for_every_store};
use crate::read_models::orders::statements;
use crate::store::Scope;
use crate::{FulfillmentOrderFilter, OrderFilter, OrderSort, Stage, Statement, ViewStore};

for_every_store! {
    every_question_about_lists_is_answered_by_an_index_at_a_million_orders,
}

const SCOPE: Scope<'_> = Scope { merchant: MERCHANT, generation: 1 };

/// A million orders, from three channels and of a thousand SKUs, of which one in a thousand waits for supply.
const ORDERS: &str =
    "INSERT INTO order_status (merchant, generation, order_id, first_position, position, version,
    changed_at, status, channel, customer_ref, due_at, backordered, stuck, state, stale)
    SELECT 'default', 1, 'o' || i, i * 4, i * 4 + 3, 4, i * 1000,
        CASE i % 100 WHEN 0 THEN 'reserved' WHEN 1 THEN 'picking' ELSE 'delivered' END,
        'channel-' || (i % 3), 'c' || (i % 50000), NULL, i % 1000 = 0, i % 1000 = 1, ";
const TERMS: [(&str, &str); 2] = [("sku", "i % 1000"), ("channel_ref", "i")];
const PARTS: &str = "INSERT INTO fulfillment_order (merchant, generation, fulfillment_order_id, order_id,
    first_position, number, location, status, ready, stage, stage_since, priority_rank, due_at)
    SELECT 'default', 1, 'o' || i || '.1', 'o' || i, i * 4, 1, 'DC-' || (i % 5),
        CASE i % 100 WHEN 0 THEN 'open' WHEN 1 THEN 'picking' ELSE 'delivered' END, i % 100 < 2,
        CASE WHEN i % 100 < 2 THEN 'pick' END, i, i % 3, i * 1000 FROM ";

/// Numbers from one to a million.
fn numbers(store: &ViewStore) -> &'static str {
    if store.is_shared() {
        "generate_series(1, 1000000) AS numbers (i)"
    } else {
        "(WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 1000000)
          SELECT i FROM numbers)"
    }
}

async fn fill(store: &ViewStore) {
    let mut writer = store.writer().await.unwrap();
    // What takes longer than a statement may is cut into pieces by the limit of the server.
    if store.is_shared() {
        writer.execute(Statement::new("SET statement_timeout = 0")).await.unwrap();
    }
    let mut orders = Statement::new(ORDERS);
    orders.push_bind(&b"{}"[..]).push(", FALSE FROM ").push(numbers(store));
    writer.execute(orders).await.unwrap();
    for (kind, value) in TERMS {
        let mut terms =
            Statement::new("INSERT INTO order_term (merchant, generation, kind, value, first_position) ");
        terms
            .push("SELECT 'default', 1, '")
            .push(kind)
            .push("', 'v' || (")
            .push(value)
            .push("), i * 4 FROM ");
        terms.push(numbers(store));
        writer.execute(terms).await.unwrap();
    }
    let mut parts = Statement::new(PARTS);
    parts.push(numbers(store));
    writer.execute(parts).await.unwrap();
    writer.execute(Statement::new("ANALYZE")).await.unwrap();
}

/// What a database would do for a statement.
async fn plan(store: &ViewStore, asked: Statement) -> String {
    let mut explained = Statement::new(if store.is_shared() { "EXPLAIN " } else { "EXPLAIN QUERY PLAN " });
    let (text, detail) = (asked.text, if store.is_shared() { 0 } else { 3 });
    explained.text.to_mut().push_str(&text);
    explained.values = asked.values;
    let rows = store.reader().await.unwrap().fetch(explained).await.unwrap();
    let lines: Vec<&str> = rows.iter().map(|row| row.text(detail).unwrap()).collect();
    lines.join("\n")
}

/// What orders are asked for, and the index that is to find them.
fn order_questions() -> Vec<(OrderFilter, &'static str)> {
    let all = OrderFilter::default;
    let sorted = |sort| OrderFilter { sort, ..all() };
    let moment = Timestamp::from_microseconds;
    let term = |name: &str| Some(name.parse().unwrap());
    vec![
        (all(), "order_status_first"),
        (sorted(OrderSort::OldestFirst), "order_status_first"),
        (sorted(OrderSort::LatestChangeFirst), "order_status_changed"),
        (sorted(OrderSort::EarliestChangeFirst), "order_status_changed"),
        (OrderFilter { status: Some(OrderStatus::Picking), ..all() }, "order_status_status"),
        (OrderFilter { channel: Some("channel-1".parse().unwrap()), ..all() }, "order_status_channel"),
        (OrderFilter { customer_ref: term("c77"), ..all() }, "order_status_customer"),
        (OrderFilter { channel_ref: term("v77"), ..all() }, "order_term"),
        (OrderFilter { tracking_number: term("v77"), ..all() }, "order_term"),
        (OrderFilter { sku: Some("v77".parse().unwrap()), ..all() }, "order_term"),
        (OrderFilter { location: Some("v3".parse().unwrap()), ..all() }, "order_term"),
        (OrderFilter { first_position: Some(2_000_000..=2_000_400), ..all() }, "order_status_first"),
        (OrderFilter { changed_after: Some(moment(999_999_000)), ..all() }, "order_status_changed"),
        (OrderFilter { changed_before: Some(moment(2_000)), ..all() }, "order_status_changed"),
        (
            OrderFilter { changed_after: Some(moment(5)), ..sorted(OrderSort::EarliestChangeFirst) },
            "order_status_changed",
        ),
        (OrderFilter { backordered: Some(true), ..all() }, "order_status_backordered"),
        (OrderFilter { stuck: Some(true), ..all() }, "order_status_stuck"),
    ]
}

fn uses(plan: &str, index: &str) -> bool {
    // The table of terms is its own index in SQLite, and has one of its key in PostgreSQL.
    let own = ["USING PRIMARY KEY", "order_term_pkey"];
    if index == "order_term" { own.iter().any(|own| plan.contains(own)) } else { plan.contains(index) }
}

fn walks_all(plan: &str) -> bool {
    plan.contains("Seq Scan") || plan.lines().any(|line| line.starts_with("SCAN ") && !line.contains("INDEX"))
}

async fn every_question_about_lists_is_answered_by_an_index_at_a_million_orders(fixture: &impl Fixture) {
    let store = fixture.open().await.unwrap();
    fill(&store).await;
    for (filter, index) in order_questions() {
        let plan = plan(&store, statements::orders(SCOPE, &filter, None, 51)).await;
        assert!(uses(&plan, index) && !walks_all(&plan), "{index} for {filter:?}:\n{plan}");
    }
    let location = || Some("DC-3".parse().unwrap());
    let status = Some(holdfast_domain::order::FulfillmentOrderStatus::Picking);
    for (filter, index) in [
        (FulfillmentOrderFilter { location: location(), status }, "fulfillment_order_work"),
        (FulfillmentOrderFilter { location: location(), status: None }, "fulfillment_order_ready_at"),
        (FulfillmentOrderFilter { location: None, status }, "fulfillment_order_status"),
        (FulfillmentOrderFilter { location: None, status: None }, "fulfillment_order_ready"),
    ] {
        let plan = plan(&store, statements::fulfillment_orders(SCOPE, &filter, None, 51)).await;
        assert!(uses(&plan, index) && !walks_all(&plan), "{index} for {filter:?}:\n{plan}");
    }
    let location = location().unwrap();
    for after in [None, Some("1.77.4.1")] {
        let plan = plan(&store, statements::board(SCOPE, &location, Stage::Pick, after, 51)).await;
        assert!(uses(&plan, "fulfillment_board") && !walks_all(&plan), "{plan}");
    }
    store.close().await;
}
