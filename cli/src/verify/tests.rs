//! Whole verifications of small stores.

use std::path::Path;

use clap::Parser as _;
use holdfast_api::app::App;
use holdfast_commands::client::CommandClient;
use holdfast_domain::network::RegisterLocation;

use super::*;

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

async fn status(directory: &Path, more: &[&str]) -> u8 {
    let database = format!("sqlite:{}", directory.display());
    let line = [&["verify", "--database", &database], more].concat();
    let mut printer = Printer::to(Box::new(std::io::sink()));
    run(&Line::parse_from(line).arguments, &mut printer).await
}

async fn create_store(directory: &Path) {
    let app = App::open(directory).await.unwrap();
    let client = CommandClient::new(&app.commands, &MerchantId::new("default").unwrap(), "test");
    for name in ["L1", "L2"] {
        let fields = serde_json::json!({ "location": name, "latitude": 1.0, "longitude": 2.0 });
        let command: RegisterLocation = serde_json::from_value(fields).unwrap();
        client.send(name, command).await.unwrap();
    }
    assert!(app.shutdown().await);
}

fn change_an_event(directory: &Path) {
    let connection = rusqlite::Connection::open(directory.join("journal.db")).unwrap();
    let change = "UPDATE event SET payload = replace(payload, 'L2', 'L3') WHERE position = 2";
    assert_eq!(connection.execute(change, []).unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_store_gives_status_0() {
    let directory = tempfile::tempdir().unwrap();
    create_store(directory.path()).await;
    assert_eq!(status(directory.path(), &[]).await, 0);
    assert_eq!(status(directory.path(), &["--merchant", "default", "--json"]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_event_gives_status_1() {
    let directory = tempfile::tempdir().unwrap();
    create_store(directory.path()).await;
    change_an_event(directory.path());
    assert_eq!(status(directory.path(), &["--json"]).await, CHANGED);
}

fn change_views(directory: &Path, change: &str) {
    let connection = rusqlite::Connection::open(directory.join("views.db")).unwrap();
    assert_eq!(connection.execute(change, []).unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_read_model_gives_status_1_except_with_journal_only() {
    let directory = tempfile::tempdir().unwrap();
    create_store(directory.path()).await;
    let insert = "INSERT INTO paused_location (merchant, generation, location) VALUES ('default', 1, 'L1')";
    change_views(directory.path(), insert);
    assert_eq!(status(directory.path(), &["--json"]).await, CHANGED);
    assert_eq!(status(directory.path(), &["--journal-only"]).await, 0);
    change_views(directory.path(), "DELETE FROM paused_location");
    assert_eq!(status(directory.path(), &[]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn absent_read_models_are_not_a_failure() {
    let directory = tempfile::tempdir().unwrap();
    create_store(directory.path()).await;
    change_views(directory.path(), "UPDATE generation SET version = 1 WHERE projection = 'availability'");
    assert_eq!(status(directory.path(), &[]).await, 0, "a server of this version will rebuild it");
    let insert =
        "INSERT INTO command_link (merchant, generation, last_position, first_position, correlation_id)
                  VALUES ('default', 1, 1, 1, 'x')";
    change_views(directory.path(), insert);
    assert_eq!(status(directory.path(), &[]).await, CHANGED, "the other read models are compared");
    std::fs::remove_file(directory.path().join("views.db")).unwrap();
    assert_eq!(status(directory.path(), &[]).await, 0);
    assert!(!directory.path().join("views.db").exists(), "none was created");
    std::fs::write(directory.path().join("views.db"), "not a database".repeat(1_000)).unwrap();
    assert_eq!(status(directory.path(), &[]).await, UNREADABLE);
    change_an_event(directory.path());
    assert_eq!(status(directory.path(), &[]).await, CHANGED, "findings in the journal are still reported");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merchant_whose_head_was_removed_is_reported() {
    let directory = tempfile::tempdir().unwrap();
    create_store(directory.path()).await;
    let connection = rusqlite::Connection::open(directory.path().join("journal.db")).unwrap();
    assert_eq!(connection.execute("DELETE FROM journal_head", []).unwrap(), 1);
    drop(connection);
    assert_eq!(status(directory.path(), &[]).await, CHANGED);
    assert_eq!(status(directory.path(), &["--merchant", "default"]).await, CHANGED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_proves_later_that_the_journal_is_unchanged() {
    let directory = tempfile::tempdir().unwrap();
    create_store(directory.path()).await;
    let file = |name: &str| directory.path().join(name).display().to_string();
    let (checkpoint, key) = (file("checkpoint.json"), file("auditor.key"));
    let sign = ["--checkpoint", &checkpoint, "--signing-key", &key];
    assert_eq!(status(directory.path(), &sign).await, 0);
    let written: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&checkpoint).unwrap()).unwrap();
    assert_eq!(written["checkpoint"]["merchants"][0]["position"], 2);
    let public_key = written["publicKey"].as_str().unwrap().to_owned();
    let against = ["--against", &checkpoint, "--public-key", &public_key];
    assert_eq!(status(directory.path(), &against).await, 0);

    // New events do not change the old ones.
    let app = App::open(directory.path()).await.unwrap();
    let client = CommandClient::new(&app.commands, &MerchantId::new("default").unwrap(), "test");
    let fields = serde_json::json!({ "location": "L3", "latitude": 1.0, "longitude": 2.0 });
    let command: RegisterLocation = serde_json::from_value(fields).unwrap();
    client.send("L3", command).await.unwrap();
    assert!(app.shutdown().await);
    assert_eq!(status(directory.path(), &against).await, 0);

    // Another journal, which is valid itself.
    let other = tempfile::tempdir().unwrap();
    create_store(other.path()).await;
    assert_eq!(status(other.path(), &against).await, CHANGED);
    let nothing = tempfile::tempdir().unwrap();
    App::open(nothing.path()).await.unwrap().shutdown().await;
    assert_eq!(status(nothing.path(), &against).await, CHANGED, "the journal ends before the checkpoint");

    // A changed checkpoint, and one with another signature.
    let text = std::fs::read_to_string(&checkpoint).unwrap();
    std::fs::write(&checkpoint, text.replace("\"position\": 2", "\"position\": 1")).unwrap();
    assert_eq!(status(directory.path(), &against).await, CHANGED);
    let (other_checkpoint, other_key) = (file("other.json"), file("other.key"));
    let sign = ["--checkpoint", &other_checkpoint, "--signing-key", &other_key];
    assert_eq!(status(directory.path(), &sign).await, 0);
    assert_eq!(status(directory.path(), &["--against", &other_checkpoint]).await, 0);
    let wrong_key = ["--against", &other_checkpoint, "--public-key", &public_key];
    assert_eq!(status(directory.path(), &wrong_key).await, CHANGED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_journal_is_not_signed() {
    let directory = tempfile::tempdir().unwrap();
    create_store(directory.path()).await;
    change_an_event(directory.path());
    let (checkpoint, key) = (directory.path().join("checkpoint.json"), directory.path().join("auditor.key"));
    let names = [checkpoint.display().to_string(), key.display().to_string()];
    let sign = ["--checkpoint", &names[0], "--signing-key", &names[1]];
    assert_eq!(status(directory.path(), &sign).await, CHANGED);
    assert!(!checkpoint.exists() && !key.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_store_or_merchant_gives_status_2() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(status(&directory.path().join("nowhere"), &[]).await, UNREADABLE);
    create_store(directory.path()).await;
    assert_eq!(status(directory.path(), &["--merchant", "unknown"]).await, UNREADABLE);
}
