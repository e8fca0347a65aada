//! Reads the event feed from the beginning.

use serde_json::Value;

use crate::support::server::TestServer;

/// All events of the journal. Panics if their positions have a gap.
pub async fn all_events(server: &TestServer) -> Vec<Value> {
    let mut events: Vec<Value> = Vec::new();
    let mut after = 0;
    loop {
        let page = server.get(&format!("/v1/events?after={after}&limit=1000")).await.accepted();
        let items = page["items"].as_array().expect("items").clone();
        let Some(last) = items.last() else { break };
        after = last["position"].as_u64().expect("a position");
        events.extend(items);
    }
    for (event, expected) in events.iter().zip(1u64..) {
        assert_eq!(event["position"].as_u64(), Some(expected), "positions are dense");
    }
    events
}
