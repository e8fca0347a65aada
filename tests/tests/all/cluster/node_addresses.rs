//! The address for messages between nodes, separate from the address for clients.

use crate::support::server::{TestServer, order};
use crate::support::store::TestStore;

/// The status of a plain GET.
async fn status(url: &str) -> u16 {
    reqwest::get(url).await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_call_each_other_at_an_address_that_serves_no_client() {
    let Some(store) = TestStore::postgres() else { return };
    let node_listen = ["--node-listen", "127.0.0.1:0"];
    let one = TestServer::start_with(&store, &node_listen).await;
    let other = TestServer::start_with(&store, &node_listen).await;
    one.add_stock("DC-1", "TEA", 10).await;
    for (number, node) in [&one, &other, &one, &other].into_iter().enumerate() {
        node.post("/v1/orders", &format!("key-{number}"), &order("TEA", 1)).await.accepted();
    }

    let address = store.sql("SELECT DISTINCT address FROM writer_lease").unwrap();
    assert!(
        address.starts_with("http://127.0.0.1:") && !address.contains('\n'),
        "{address}: one node writes for all"
    );
    for client in [&one, &other] {
        assert!(!client.url("/").starts_with(&address));
        assert_eq!(status(&client.url("/internal/node")).await, 404, "the path is for nodes only");
    }
    assert_eq!(status(&format!("{address}/v1/orders")).await, 404, "the path is for clients only");
    assert_eq!(status(&format!("{address}/internal/node")).await, 400, "a WebSocket is expected");
}

#[test]
fn a_node_that_listens_on_all_interfaces_needs_a_node_address() {
    let Some(store) = TestStore::postgres() else { return };
    let refused = store.run(&["serve", "--listen", "127.0.0.1:0", "--node-listen", "0.0.0.0:0"]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("--node-address"), "{said}");
}
