//! Every list query uses an index: the test checks the query plans of both databases over a million orders.

use holdfast_domain::order::OrderStatus;
use holdfast_domain::values::Timestamp;

use super::{Fixture, MERCHANT, for_every_store};
use crate::read_models::cart_reservations::holding;
use crate::read_models::orders::statements;
use crate::store::{Scope, Statement};
use crate::{FulfillmentOrderFilter, OrderFilter, OrderSort, Stage, ViewStore};

for_every_store! {
    every_list_query_uses_an_index,
}

const SCOPE: Scope<'_> = Scope { merchant: MERCHANT, generation: 1 };

/// A million orders of three channels and a thousand SKUs. One in a thousand is backordered.
const ORDERS: &str =
    "INSERT INTO order_status (merchant, generation, order_id, first_position, position, version,
    changed_at, status, channel, customer_ref, due_at, backordered, stuck, state, stale)
    SELECT 'default', 1, 'o' || i, i * 4, i * 4 + 3, 4, i * 1000,
        CASE i % 100 WHEN 0 THEN 'reserved' WHEN 1 THEN 'picking' ELSE 'delivered' END,
        'channel-' || (i % 3), 'c' || (i % 50000), NULL, i % 1000 = 0, i % 1000 = 1, ";
const TERMS: [(&str, &str); 2] = [("sku", "i % 1000"), ("channel_ref", "i")];
const FULFILLMENT_ORDERS: &str =
    "INSERT INTO fulfillment_order (merchant, generation, fulfillment_order_id, order_id,
    first_position, number, location, status, actionable, stage, stage_since, priority_rank, due_at)
    SELECT 'default', 1, 'o' || i || '.1', 'o' || i, i * 4, 1, 'DC-' || (i % 5),
        CASE i % 100 WHEN 0 THEN 'open' WHEN 1 THEN 'picking' ELSE 'delivered' END, i % 100 < 2,
        CASE WHEN i % 100 < 2 THEN 'pick' END, i, i % 3, i * 1000 FROM ";

/// One in fifty carts is open.
const CART_UNITS: &str =
    "INSERT INTO cart_unit (merchant, generation, reservation_id, sku, location, first_position,
    reserved) SELECT 'default', 1, 'c' || i, 'v' || (i % 3), 'DC-' || (i % 5), i * 4, i % 50 = 0 FROM ";

/// The number of orders, and of carts.
const ORDER_COUNT: u64 = 1_000_000;
/// The number of rows that one statement inserts: few enough for the time limit of a statement on a busy machine.
const ROWS_PER_STATEMENT: u64 = 100_000;

/// Appends a table of the numbers `i` in a range.
fn push_numbers(statement: &mut Statement, store: &ViewStore, (first, last): (u64, u64)) {
    if store.is_shared() {
        statement.push("generate_series(").push_bind_all([first, last]).push(") AS numbers (i)");
    } else {
        statement.push("(WITH RECURSIVE numbers (i) AS (SELECT ").push_bind(first);
        statement.push(" UNION ALL SELECT i + 1 FROM numbers WHERE i < ").push_bind(last);
        statement.push(") SELECT i FROM numbers)");
    }
}

async fn fill(store: &ViewStore) {
    let mut writer = store.writer().await.unwrap();
    for first in (1..=ORDER_COUNT).step_by(usize::try_from(ROWS_PER_STATEMENT).unwrap()) {
        let range = (first, first + ROWS_PER_STATEMENT - 1);
        let mut orders = Statement::new(ORDERS);
        orders.push_bind(&b"{}"[..]).push(", FALSE FROM ");
        push_numbers(&mut orders, store, range);
        writer.execute(orders).await.unwrap();
        for (kind, value) in TERMS {
            let mut terms = Statement::new(
                "INSERT INTO order_term (merchant, generation, kind, value, first_position)
                 SELECT 'default', 1, '",
            );
            terms.push(kind).push("', 'v' || (").push(value).push("), i * 4 FROM ");
            push_numbers(&mut terms, store, range);
            writer.execute(terms).await.unwrap();
        }
        let mut fulfillment_orders = Statement::new(FULFILLMENT_ORDERS);
        push_numbers(&mut fulfillment_orders, store, range);
        writer.execute(fulfillment_orders).await.unwrap();
        let mut cart_units = Statement::new(CART_UNITS);
        push_numbers(&mut cart_units, store, range);
        writer.execute(cart_units).await.unwrap();
    }
    writer.execute(Statement::new("ANALYZE")).await.unwrap();
}

/// The query plan of a statement.
async fn plan(store: &ViewStore, query: Statement) -> String {
    let mut explained = Statement::new(if store.is_shared() { "EXPLAIN " } else { "EXPLAIN QUERY PLAN " });
    let (text, detail) = (query.text, if store.is_shared() { 0 } else { 3 });
    explained.text.to_mut().push_str(&text);
    explained.values = query.values;
    let rows = store.reader().await.unwrap().fetch(explained).await.unwrap();
    let lines: Vec<&str> = rows.iter().map(|row| row.text(detail).unwrap()).collect();
    lines.join("\n")
}

/// Filters of orders, each with the index that its query must use.
fn order_queries() -> Vec<(OrderFilter, &'static str)> {
    let all = OrderFilter::default;
    let sorted = |sort| OrderFilter { sort, ..all() };
    let time = Timestamp::from_microseconds;
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
        (OrderFilter { changed_after: Some(time(999_999_000)), ..all() }, "order_status_changed"),
        (OrderFilter { changed_before: Some(time(2_000)), ..all() }, "order_status_changed"),
        (
            OrderFilter { changed_after: Some(time(5)), ..sorted(OrderSort::EarliestChangeFirst) },
            "order_status_changed",
        ),
        (OrderFilter { backordered: Some(true), ..all() }, "order_status_backordered"),
        (OrderFilter { stuck: Some(true), ..all() }, "order_status_stuck"),
    ]
}

fn uses(plan: &str, index: &str) -> bool {
    // On SQLite the table is its own primary key index. On PostgreSQL the primary key has an index.
    let primary_key = ["USING PRIMARY KEY", "order_term_pkey"];
    if index == "order_term" {
        primary_key.iter().any(|name| plan.contains(name))
    } else {
        plan.contains(index)
    }
}

fn scans_table(plan: &str) -> bool {
    plan.contains("Seq Scan") || plan.lines().any(|line| line.starts_with("SCAN ") && !line.contains("INDEX"))
}

async fn every_list_query_uses_an_index(fixture: &impl Fixture) {
    let store = fixture.open().await.unwrap();
    fill(&store).await;
    for (filter, index) in order_queries() {
        let plan = plan(&store, statements::orders(SCOPE, &filter, None, 51)).await;
        assert!(uses(&plan, index) && !scans_table(&plan), "{index} for {filter:?}:\n{plan}");
    }
    let location = || Some("DC-3".parse().unwrap());
    let status = Some(holdfast_domain::order::FulfillmentOrderStatus::Picking);
    for (filter, index) in [
        (FulfillmentOrderFilter { location: location(), status }, "fulfillment_order_location_status"),
        (
            FulfillmentOrderFilter { location: location(), status: None },
            "fulfillment_order_location_actionable",
        ),
        (FulfillmentOrderFilter { location: None, status }, "fulfillment_order_status"),
        (FulfillmentOrderFilter { location: None, status: None }, "fulfillment_order_actionable"),
    ] {
        let plan = plan(&store, statements::fulfillment_orders(SCOPE, &filter, None, 51)).await;
        assert!(uses(&plan, index) && !scans_table(&plan), "{index} for {filter:?}:\n{plan}");
    }
    let location = location().unwrap();
    for after in [None, Some("1.77.4.1")] {
        let plan = plan(&store, statements::board(SCOPE, &location, Stage::Pick, after, 51)).await;
        assert!(uses(&plan, "fulfillment_board") && !scans_table(&plan), "{plan}");
    }
    let plan = plan(&store, holding(SCOPE, &"v1".parse().unwrap(), &location, 200)).await;
    assert!(uses(&plan, "cart_unit_reserved") && !scans_table(&plan), "{plan}");
    store.close().await;
}
