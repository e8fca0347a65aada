//! The division into batches does not matter: the same commands lead to the same events.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;

fn order_id(number: usize) -> String {
    uuid::Uuid::from_u128(number as u128 + 1).to_string()
}

/// A command made from numbers, so that proptest can shrink a failing history.
fn command((kind, number, quantity): (u8, usize, u32)) -> (&'static str, Value) {
    let id = order_id(number);
    let part = format!("{id}.f1");
    match kind {
        0 | 1 => ("ReceiveStock", receipt(["A", "B"][number % 2], quantity)),
        2..=4 => {
            let sku = ["A", "B"][quantity as usize % 2];
            let lines = json!([{ "sku": sku, "quantity": quantity }]);
            let rules = ["reject", "backorder", "cancel_remainder", "hold"];
            let rule = rules[number % 4];
            let fields = json!({
                "orderId": id, "channel": "web", "lines": lines, "onShortage": rule, "payment": "not_required",
            });
            ("CreateOrder", fields)
        }
        5 => ("CancelOrder", json!({ "orderId": id, "reason": "why not" })),
        6 => {
            let changes = json!([{ "op": "setQuantity", "line": 1, "quantity": quantity }]);
            ("AmendOrder", json!({ "orderId": id, "changes": changes }))
        }
        7 => ("PickItems", json!({ "fulfillmentOrderId": part, "all": true })),
        8 => ("RejectFulfillmentOrder", json!({ "fulfillmentOrderId": part, "reason": "closed" })),
        9 => ("MoveFulfillmentOrder", json!({ "fulfillmentOrderId": part, "location": "DC-2" })),
        _ => {
            let package = json!({ "carrier": "UPS", "trackingNumber": format!("1Z{number}") });
            ("ShipItems", json!({ "fulfillmentOrderId": part, "packages": [package] }))
        }
    }
}

/// The events of commands that are sent in groups and decided in batches of at most `batch`.
async fn events(commands: &[(u8, usize, u32)], group: usize, batch: usize) -> Vec<(String, Vec<u8>)> {
    let settings = Settings { batch, idle: Duration::from_millis(1), ..Settings::default() };
    let fixture = Fixture::over(Arc::new(MemoryJournal::new()), settings);
    fixture.stock_up().await;
    for commands in commands.chunks(group) {
        let request = |&numbers: &(u8, usize, u32)| {
            let (name, fields) = command(numbers);
            // Without keys, all commands of a group stay in order.
            fixture.request(name, None, fields)
        };
        fixture.send_all(commands.iter().map(request).collect()).await;
    }
    let events = fixture.journal.read("default", 0, 10_000).await.unwrap();
    let all =
        events.iter().map(|event| (format!("{} {}", event.stream_name, event.kind), event.payload.clone()));
    all.collect()
}

#[test]
fn batch_boundaries_do_not_change_the_events() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let numbers = (0_u8..11, 0_usize..6, 1_u32..8);
    let histories = (prop::collection::vec(numbers, 1..40), 2_usize..12, 1_usize..8);
    let same = runner.run(&histories, |(commands, group, batch)| {
        runtime.block_on(async {
            let one_by_one = events(&commands, 1, 1).await;
            prop_assert_eq!(events(&commands, group, batch).await, one_by_one.clone());
            prop_assert_eq!(events(&commands, commands.len(), 1_024).await, one_by_one);
            Ok(())
        })
    });
    same.unwrap();
}
