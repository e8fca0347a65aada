//! Bundles whose components are not in memory.

use super::*;

/// More bundles than a command may load state for, one after the other.
const BUNDLES: usize = 20;

/// A writer that has just started, over a journal with bundles of one component each.
async fn restarted() -> Fixture {
    let fixture = Fixture::open().await;
    for number in 0..BUNDLES {
        let (part, bundle) = (format!("PART-{number}"), format!("SET-{number}"));
        accepted(&fixture.send("ReceiveStock", &part, receipt(&part, 10)).await);
        let policy = json!({ "sku": bundle, "components": [{ "sku": part, "quantity": 1 }] });
        accepted(&fixture.send("SetStockPolicy", &bundle, policy).await);
    }
    let parts: Vec<_> =
        (0..BUNDLES).map(|number| json!({ "sku": format!("PART-{number}"), "quantity": 1 })).collect();
    let large = json!({ "sku": "ALL", "components": parts });
    accepted(&fixture.send("SetStockPolicy", "all", large).await);
    assert!(fixture.commands.shutdown(Duration::from_secs(60)).await);
    Fixture::over(fixture.journal, Settings::default())
}

#[tokio::test]
async fn an_order_loads_the_components_of_all_bundles_together() {
    let fixture = restarted().await;
    let lines: Vec<_> =
        (0..BUNDLES).map(|number| json!({ "sku": format!("SET-{number}"), "quantity": 1 })).collect();
    let order = json!({ "channel": "web", "payment": "not_required", "lines": lines });
    let created = accepted(&fixture.send("CreateOrder", "order", order).await);
    assert_eq!(created["lines"].as_array().unwrap().len(), BUNDLES);
}

#[tokio::test]
async fn the_policy_of_a_bundle_is_answered_with_all_components() {
    let fixture = restarted().await;
    let shares: Vec<_> =
        (0..BUNDLES).map(|number| json!({ "sku": format!("PART-{number}"), "quantity": 2 })).collect();
    let policy = json!({ "sku": "ALL", "components": shares });
    let set = accepted(&fixture.send("SetStockPolicy", "twice", policy).await);
    assert_eq!(set["available"], 5);
}
