//! A read with `minPosition` includes that position on every node, also while read models are rebuilt.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::server::{TestServer, order};
use crate::support::store::TestStore;

/// Concurrent clients, and the writes that each reads back.
const CLIENTS: usize = 20;
const PAIRS: usize = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_on_another_node_includes_the_position_of_a_write() {
    let Some(store) = TestStore::postgres() else { return };
    let nodes = Arc::new([TestServer::start(&store).await, TestServer::start(&store).await]);
    nodes[0].add_stock("DC-1", "MUG", 1_000_000).await;
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        let nodes = Arc::clone(&nodes);
        clients.spawn(async move {
            for pair in 0..PAIRS {
                write_and_read(&nodes, client, pair).await;
                if client == 0 && pair % 100 == 50 {
                    for name in ["order_status", "availability"] {
                        let path = format!("/v1/projections/{name}/rebuild");
                        nodes[pair / 100 % 2].post(&path, "unused", &json!({})).await.accepted();
                    }
                }
            }
        });
    }
    while let Some(client) = clients.join_next().await {
        client.expect("no read was older than its write");
    }
    let stock = nodes[1].get("/v1/availability?sku=MUG").await.accepted();
    assert_eq!(stock["items"][0]["locations"][0]["reserved"], json!(CLIENTS * PAIRS), "{stock}");
}

async fn write_and_read(nodes: &[TestServer; 2], client: usize, pair: usize) {
    let (one, other) = (&nodes[pair % 2], &nodes[(pair + 1) % 2]);
    let taken = one.post("/v1/orders", &format!("{client}-{pair}"), &order("MUG", 1)).await.accepted();
    let position = taken["position"].as_u64().expect("a position");
    let id = taken["orderId"].as_str().expect("an id");
    // Uses each kind of query on a read model in turn.
    let answer = match pair % 4 {
        0 => {
            let seen = other.get(&format!("/v1/orders/{id}?minPosition={position}")).await.accepted();
            assert_eq!(seen["version"], taken["version"]);
            seen
        }
        1 => {
            let list = other.get(&format!("/v1/orders?limit=200&minPosition={position}")).await;
            assert!(list.position.expect("a position") >= position);
            assert!(ids(&list.json()).contains(&taken["orderId"]), "the newest come first");
            return;
        }
        2 => {
            let stock = other.get(&format!("/v1/availability?sku=MUG&minPosition={position}")).await;
            assert!(stock.position.expect("a position") >= position);
            return;
        }
        _ => {
            let query =
                format!("{{ order(id: \"{id}\", minPosition: \"{position}\") {{ version position }} }}");
            let seen = other.graphql(&query).await["order"].clone();
            assert_ne!(seen, Value::Null, "the order exists");
            return;
        }
    };
    assert!(answer["position"].as_u64().expect("a position") >= position, "{answer}");
}

fn ids(list: &Value) -> Vec<Value> {
    list["items"].as_array().expect("items").iter().map(|item| item["orderId"].clone()).collect()
}
