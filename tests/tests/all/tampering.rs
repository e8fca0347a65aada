//! A store that somebody has changed with the `sqlite3` tool.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::server::{Server, order, run};

/// Whether the tool is there. It is in CI; without it elsewhere, these tests say so loudly and end.
fn has_sqlite3() -> bool {
    let found = Command::new("sqlite3").arg("--version").output().is_ok_and(|output| output.status.success());
    assert!(found || std::env::var("CI").as_deref() != Ok("true"), "CI must have the sqlite3 tool");
    if !found {
        eprintln!("SKIPPED: the sqlite3 tool is not installed; run ./tests/run, which installs it");
    }
    found
}

fn sqlite3(directory: &Path, statement: &str) -> String {
    let output = Command::new("sqlite3").arg(directory.join("journal.db")).arg(statement).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A store with a few orders, closed.
async fn store() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path()).await;
    server.stock_up("DC-1", "A", 5).await;
    for number in 0..4 {
        server.post("/v1/orders", &format!("order-{number}"), &order("A", 1)).await.granted();
    }
    assert_eq!(server.post("/v1/orders", "refused", &order("A", 100)).await.status, 409);
    server.kill();
    directory
}

fn copy(store: &Path) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(store).unwrap() {
        let file: PathBuf = entry.unwrap().path();
        std::fs::copy(&file, directory.path().join(file.file_name().unwrap())).unwrap();
    }
    directory
}

#[tokio::test]
async fn whatever_is_changed_or_removed_is_named_by_its_position() {
    if !has_sqlite3() {
        return;
    }
    let store = store().await;
    let clean = run(&["verify"], store.path());
    assert!(clean.status.success(), "{clean:?}");
    let last: u64 = sqlite3(store.path(), "SELECT max(position) FROM event").parse().unwrap();
    let answer_of =
        |key: &str| format!("UPDATE outcome SET answer = replace(answer, 'a', 'b') WHERE key = '{key}'");
    let at =
        |key: &str| sqlite3(store.path(), &format!("SELECT last_position FROM outcome WHERE key = '{key}'"));
    let cases = [
        (
            "UPDATE event SET payload = CAST(replace(CAST(payload AS TEXT), 'web', 'wab') AS BLOB) WHERE position = 3"
                .to_owned(),
            "3".to_owned(),
        ),
        ("UPDATE event SET recorded_at = recorded_at + 1 WHERE position = 5".to_owned(), "5".to_owned()),
        ("UPDATE event SET type = 'OrderSourcee' WHERE position = 4".to_owned(), "4".to_owned()),
        ("DELETE FROM event WHERE position = 6".to_owned(), "6".to_owned()),
        (format!("DELETE FROM event WHERE position = {last}"), last.to_string()),
        (answer_of("order-1"), at("order-1")),
        (answer_of("refused"), at("refused")),
        ("DELETE FROM outcome WHERE key = 'order-2'".to_owned(), at("order-2")),
        ("UPDATE outcome SET kind = 3 WHERE key = 'order-0'".to_owned(), at("order-0")),
    ];
    for (statement, position) in cases {
        let copy = copy(store.path());
        sqlite3(copy.path(), &statement);
        let verified = run(&["verify", "--json"], copy.path());
        let said = String::from_utf8_lossy(&verified.stdout).into_owned();
        assert_eq!(verified.status.code(), Some(1), "{statement}: {said}");
        let found: serde_json::Value = serde_json::from_str(&said).unwrap();
        let named = found.to_string().contains(&format!("\"position\":{position}"));
        assert!(named, "{statement} should be found at {position}: {said}");
    }
}

/// Every file of the store, byte by byte.
fn is_anywhere(directory: &Path, secret: &str) -> Option<PathBuf> {
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.is_file()).find(|file| {
        std::fs::read(file).unwrap().windows(secret.len()).any(|bytes| bytes == secret.as_bytes())
    })
}

#[tokio::test]
async fn erased_personal_data_is_in_no_file_and_the_proof_holds() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path()).await;
    server.stock_up("DC-1", "A", 5).await;
    let mut wanted = order("A", 1);
    wanted["shipTo"] =
        json!({ "name": "Hedy Lamarr", "street": ["7 Spectrum Lane"], "city": "Vienna", "country": "AT" });
    let created = server.post("/v1/orders", "o", &wanted).await;
    let id = created.granted()["orderId"].as_str().unwrap().to_owned();
    let part = created.granted()["fulfillmentOrders"][0]["fulfillmentOrderId"].as_str().unwrap().to_owned();
    let parcel = json!({ "packages": [{ "carrier": "ups", "trackingNumber": "T1" }] });
    server.post(&format!("/v1/fulfillment-orders/{part}/ship"), "s", &parcel).await.granted();
    let scan = json!({ "status": "in_transit", "at": "2026-01-01T00:00:00Z", "raw": "left with Ms Lamarr" });
    let tracked = server.post(&format!("/v1/shipments/{id}.s1/track"), "t", &scan).await;
    let path = format!("/v1/orders/{id}?minPosition={}", tracked.position.unwrap());
    assert_eq!(server.get(&path).await.granted()["shipTo"]["name"], "Hedy Lamarr");

    let erased = server
        .post(&format!("/v1/orders/{id}/erase-personal-data"), "e", &json!({ "reason": "asked" }))
        .await;
    assert_eq!(erased.granted()["personalData"], "erased");
    let path = format!("/v1/orders/{id}?minPosition={}", erased.position.unwrap());
    let now = server.get(&path).await.granted();
    assert_eq!((now["shipTo"].get("name"), &now["shipTo"]["city"]), (None, &json!("Vienna")));
    for secret in ["Hedy", "Lamarr", "Spectrum Lane"] {
        assert_eq!(is_anywhere(directory.path(), secret), None, "{secret}");
    }
    assert!(
        is_anywhere(directory.path(), "Vienna").is_some(),
        "the search would find what is there in clear"
    );
    server.kill();
    for secret in ["Hedy", "Lamarr", "Spectrum Lane"] {
        assert_eq!(is_anywhere(directory.path(), secret), None, "{secret}");
    }
    let verified = run(&["verify"], directory.path());
    assert!(verified.status.success(), "{verified:?}");
}
