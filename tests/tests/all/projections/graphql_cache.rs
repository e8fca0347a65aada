//! A GraphQL client with a normalised cache, Apollo Client, whose cache is not configured.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::node::client;
use crate::support::server::TestServer;
use crate::support::store::{TestStore, on_every_store};

on_every_store!(apollo_shows_a_change_wherever_the_order_is_shown,);

/// What the client printed: a JSON object per line.
fn run(server: &TestServer, order: &str) -> Option<Vec<Value>> {
    let directory = client("apollo")?;
    let output = Command::new("node")
        .arg("--conditions=development")
        .arg(directory.join("client.mjs"))
        .args([&server.address, order])
        .output()
        .expect("node runs");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    Some(text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect())
}

async fn apollo_shows_a_change_wherever_the_order_is_shown(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let wanted = json!({
        "channel": "web", "payment": "not_required", "lines": [{"sku": "MUG", "quantity": 2}],
        "shipTo": {"name": "Grace Hopper", "city": "Arlington", "country": "US"},
    });
    let created = server.post("/v1/orders", "order", &wanted).await;
    let position = created.position.expect("a position");
    let order = created.accepted()["orderId"].as_str().expect("an id").to_owned();
    server.get(&format!("/v1/orders?minPosition={position}")).await.accepted();

    let Some(lines) = run(&server, &order) else { return };
    let warnings: Vec<&Value> = lines.iter().filter(|line| line.get("warning").is_some()).collect();
    assert!(warnings.is_empty(), "{warnings:?}");
    let step = |name: &str| {
        let at = lines.iter().position(|line| line["step"] == name);
        at.unwrap_or_else(|| panic!("{name} is not in {lines:?}"))
    };
    // What a watcher shows at a step.
    let shown = |watcher: &str, at: usize| {
        let mut seen = lines[..at].iter().filter(|line| line["watcher"] == watcher);
        seen.next_back().unwrap_or_else(|| panic!("{watcher} shows nothing: {lines:?}"))
    };
    let detail = |at: usize| {
        let seen = shown("detail", at);
        (seen["status"].clone(), seen["name"].clone(), seen["picked"][0].clone(), seen["parts"][0].clone())
    };
    let expected = |status: &str, picked: u64, part: &str| {
        (json!(status), json!("Grace Hopper"), json!(picked), json!(part))
    };
    let (watched, picked, held, past) = (step("watched"), step("picked"), step("held"), step("past"));
    assert_eq!(detail(watched), expected("RESERVED", 0, "OPEN"));
    assert_eq!(shown("list", watched)["status"], "RESERVED");

    assert_eq!(lines[picked]["errors"], json!([]));
    assert_eq!(detail(picked), expected("PICKING", 2, "PICKED"));
    assert_eq!(shown("list", picked)["status"], "PICKING");

    assert_eq!(lines[held]["status"], 200);
    assert_eq!(detail(held), expected("ON_HOLD", 2, "PICKED"), "read again by node(id)");
    assert_eq!(shown("list", held)["status"], "ON_HOLD");

    assert_eq!((&lines[past]["status"], &lines[past]["same"]), (&json!("PICKING"), &json!(false)));
    assert_eq!(shown("detail", lines.len())["status"], "ON_HOLD", "the past does not replace the present");
    let requests = [watched, picked, held, past].map(|at| lines[at]["requests"].as_u64().expect("a number"));
    assert_eq!(requests, [2, 3, 4, 6], "no watcher had to ask again");
}
