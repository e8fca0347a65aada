//! Clients in TypeScript and Python that generators make from `/openapi.json`: each creates, ships and returns an order.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::node;
use crate::support::python;
use crate::support::server::TestServer;
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    a_generated_typescript_client_creates_ships_and_returns_an_order,
    a_generated_python_client_creates_ships_and_returns_an_order,
);

/// Runs a program that must succeed, and returns what it printed.
fn run(command: &mut Command) -> String {
    let output = command.output().expect("the program runs");
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{text}\n{errors}");
    text.into_owned()
}

/// Writes the description of the server's API to a file.
async fn describe(server: &TestServer, file: &Path) {
    let description = server.get("/openapi.json").await.accepted();
    std::fs::write(file, description.to_string()).expect("a file");
}

/// The steps of a client and the order's status after each.
fn steps(printed: &str) -> Vec<(String, String)> {
    let step = |line: &str| {
        let step: Value = serde_json::from_str(line).expect("JSON");
        (step["step"].as_str().unwrap().to_owned(), step["status"].as_str().unwrap().to_owned())
    };
    printed.lines().map(step).collect()
}

fn expected() -> Vec<(String, String)> {
    [
        ("created", "reserved"),
        ("picked", "picking"),
        ("packed", "packed"),
        ("delivered", "delivered"),
        ("returned", "returned"),
        ("unknown", "unknown_order"),
    ]
    .map(|(step, status)| (step.to_owned(), status.to_owned()))
    .to_vec()
}

async fn a_generated_typescript_client_creates_ships_and_returns_an_order(store: TestStore) {
    let Some(client) = node::client("typescript") else { return };
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let directory = tempfile::tempdir().expect("a directory");
    let generated = directory.path();
    describe(&server, &generated.join("openapi.json")).await;
    for file in ["client.ts", "tsconfig.json", "package.json"] {
        std::fs::copy(client.join(file), generated.join(file)).expect("a file of the client");
    }
    let packages = client.join("node_modules");
    std::os::unix::fs::symlink(&packages, generated.join("node_modules")).expect("a link");
    let tool = |name: &str| {
        let mut command = Command::new(packages.join(".bin").join(name));
        command.current_dir(generated);
        command
    };
    run(tool("openapi-typescript").args(["openapi.json", "--output", "schema.d.ts"]));
    run(tool("tsc").args(["--project", "."]));
    let printed = run(Command::new("node").current_dir(generated).args(["client.js", &server.address]));
    assert_eq!(steps(&printed), expected());
}

async fn a_generated_python_client_creates_ships_and_returns_an_order(store: TestStore) {
    let Some(client) = python::client("python") else { return };
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let directory = tempfile::tempdir().expect("a directory");
    let description = directory.path().join("openapi.json");
    describe(&server, &description).await;
    let python = || {
        let mut command = Command::new("python3");
        let paths = std::env::join_paths([client.packages.as_path(), directory.path()]).expect("paths");
        command.env("PYTHONPATH", paths).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    };
    let mut generate = python();
    generate.args([
        "-m",
        "openapi_python_client",
        "generate",
        "--meta",
        "none",
        "--fail-on-warning",
        "--path",
    ]);
    generate.arg(&description).arg("--config").arg(client.directory.join("config.yaml"));
    run(generate.arg("--output-path").arg(directory.path().join("holdfast_client")));
    let printed = run(python().arg(client.directory.join("client.py")).arg(&server.address));
    assert_eq!(steps(&printed), expected());
}
