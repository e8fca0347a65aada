//! The program as its users run it: a separate process, over HTTP.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::store::TestStore;

/// How long a test waits for a response, or for a state of a server, before it fails.
pub const SERVER_TIMEOUT: Duration = Duration::from_secs(120);

/// The program: the one of `HOLDFAST_TEST_PROGRAM`, or one that is built now, once per process.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(built) = std::env::var_os("HOLDFAST_TEST_PROGRAM") {
            return built.into();
        }
        let build = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--jobs", "2", "-p", "holdfast", "--bin", "holdfast"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("cargo starts");
        assert!(build.success(), "the program does not build");
        let test = std::env::current_exe().expect("this test has a path");
        let target = test.parent().and_then(Path::parent).expect("a target directory");
        target.join("holdfast")
    })
}

/// The most log lines of a server that a failed test shows.
const MAX_LOG_LINES: usize = 200;

/// The last log lines of a server, the newest first.
type LogLines = Arc<Mutex<VecDeque<String>>>;

/// A server on a free port.
pub struct TestServer {
    child: Mutex<Child>,
    log: LogLines,
    pub address: String,
    client: reqwest::Client,
}

/// A response over HTTP.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpResponse {
    pub status: StatusCode,
    pub text: String,
    pub content_type: String,
    pub replayed: bool,
    pub position: Option<u64>,
    pub retry_after: Option<String>,
}

impl HttpResponse {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e} in {self:?}"))
    }

    /// The JSON body of a successful response. Panics if it is not one.
    pub fn accepted(&self) -> Value {
        assert!(self.status.is_success(), "{self:?}");
        self.json()
    }

    /// Asserts that this is a problem response with a status and a code.
    #[track_caller]
    pub fn assert_refused(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.code().as_str()), (status, code), "{self:?}");
    }

    /// The code of a problem response. Panics if it is not one.
    pub fn code(&self) -> String {
        assert_eq!(self.content_type, "application/problem+json", "{self:?}");
        self.json()["code"].as_str().expect("a code").to_owned()
    }
}

impl TestServer {
    /// Starts a server on a store, and waits until it is ready.
    pub async fn start(store: &TestStore) -> Self {
        Self::start_with(store, &[]).await
    }

    /// Starts a server with more arguments, and waits until it is ready.
    pub async fn start_with(store: &TestStore, arguments: &[&str]) -> Self {
        let mut child = store
            .command(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let log = LogLines::default();
        let address = find_address(&mut child, &log);
        let server = Self { child: Mutex::new(child), log, address, client: reqwest::Client::new() };
        server.wait_until_ready().await;
        server
    }

    /// Waits until `/readyz` reports the server as ready.
    pub async fn wait_until_ready(&self) {
        self.wait_for_readiness(true).await;
    }

    /// Waits until `/readyz` reports the server as not ready.
    pub async fn wait_until_not_ready(&self) {
        self.wait_for_readiness(false).await;
    }

    async fn wait_for_readiness(&self, ready: bool) {
        let started = Instant::now();
        loop {
            let answer = self.client.get(self.url("/readyz")).timeout(SERVER_TIMEOUT).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success() == ready) {
                return;
            }
            assert!(
                started.elapsed() < SERVER_TIMEOUT,
                "the server is never {}",
                if ready { "ready" } else { "not ready" }
            );
            tokio::task::yield_now().await;
        }
    }

    /// Waits until every read model includes a position of the journal.
    pub async fn wait_for_projections(&self, position: u64) {
        let started = Instant::now();
        loop {
            let projections = self.get("/v1/projections").await.accepted();
            let all = projections["items"].as_array().expect("items");
            if all.iter().all(|one| one["position"].as_u64() >= Some(position)) {
                return;
            }
            assert!(started.elapsed() < SERVER_TIMEOUT, "{}", self.diagnostics().await);
            tokio::task::yield_now().await;
        }
    }

    /// Restarts a killed server at the same address.
    pub async fn restart(&self, store: &TestStore) {
        let address = self.address.strip_prefix("http://").expect("an address");
        let mut child = store
            .command(&["serve", "--listen", address])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        assert_eq!(find_address(&mut child, &self.log), self.address);
        *self.child.lock().expect("the lock is not poisoned") = child;
        self.wait_until_ready().await;
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Sends a request. Fails if no response arrives.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<Vec<u8>>,
    ) -> Result<HttpResponse, reqwest::Error> {
        let mut request = self.client.request(method, self.url(path));
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body);
        }
        Self::answer(request).await
    }

    async fn answer(request: reqwest::RequestBuilder) -> Result<HttpResponse, reqwest::Error> {
        let answer = request.timeout(SERVER_TIMEOUT).send().await?;
        let header =
            |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(HttpResponse {
            status: answer.status(),
            content_type: header("content-type").unwrap_or_default(),
            replayed: header("idempotency-replayed").as_deref() == Some("true"),
            position: header("journal-position").and_then(|position| position.parse().ok()),
            retry_after: header("retry-after"),
            text: answer.text().await?,
        })
    }

    pub async fn post(&self, path: &str, key: &str, body: &Value) -> HttpResponse {
        let body = Some(body.to_string().into_bytes());
        self.try_send(Method::POST, path, Some(key), body).await.expect("a response")
    }

    /// Sends a command with more headers.
    pub async fn post_with(
        &self,
        path: &str,
        key: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> HttpResponse {
        let request = self.client.post(self.url(path)).header("Idempotency-Key", key);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = request.header("Content-Type", "application/json").body(body.to_string());
        Self::answer(request).await.expect("a response")
    }

    pub async fn put(&self, path: &str, body: &Value) -> HttpResponse {
        let body = Some(body.to_string().into_bytes());
        self.try_send(Method::PUT, path, None, body).await.expect("a response")
    }

    pub async fn get(&self, path: &str) -> HttpResponse {
        self.try_send(Method::GET, path, None, None).await.expect("a response")
    }

    pub async fn graphql(&self, query: &str) -> Value {
        let body = Some(json!({ "query": query }).to_string().into_bytes());
        let answer =
            self.try_send(Method::POST, "/graphql", None, body).await.expect("a response").accepted();
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"].clone()
    }

    /// Registers a location and receives stock there.
    pub async fn add_stock(&self, location: &str, sku: &str, quantity: u64) {
        let coordinates = json!({ "latitude": 40.7, "longitude": -74.0 });
        self.put(&format!("/v1/locations/{location}"), &coordinates).await.accepted();
        self.receive(location, sku, quantity).await;
    }

    /// Receives units at a registered location. Returns the availability of the SKU.
    pub async fn receive(&self, location: &str, sku: &str, quantity: u64) -> Value {
        let receipt = json!({ "sku": sku, "location": location, "quantity": quantity });
        self.post("/v1/stock/receive", &new_key(), &receipt).await.accepted()
    }

    /// The state of the projections and the last log lines, for the message of a failed test.
    pub async fn diagnostics(&self) -> String {
        let projections = self.try_send(Method::GET, "/v1/projections", None, None).await;
        let projections = projections.map_or_else(|error| error.to_string(), |answer| answer.text);
        let log = self.log.lock().expect("the lock is not poisoned");
        let log: Vec<&str> = log.iter().rev().map(String::as_str).collect();
        format!("{projections}\n{}", log.join("\n"))
    }

    /// Terminates the server gracefully, and waits for its end.
    pub async fn stop(&self) {
        let number = self.child.lock().expect("the lock is not poisoned").id().to_string();
        let signalled = Command::new("kill").args(["-TERM", &number]).status().expect("kill starts");
        assert!(signalled.success(), "the server is running");
        let started = Instant::now();
        while self.child.lock().expect("the lock is not poisoned").try_wait().expect("its state").is_none() {
            assert!(started.elapsed() < SERVER_TIMEOUT, "the server does not end after SIGTERM");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Kills the server, as a crash would.
    pub fn kill(&self) {
        let mut child = self.child.lock().expect("the lock is not poisoned");
        child.kill().expect("the server is killed");
        child.wait().expect("the server ends");
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Ok(child) = self.child.get_mut() {
            // Fails if the test has already killed it.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Reads the output until the server prints its address. Threads read the rest, so that the server never blocks.
fn find_address(child: &mut Child, log: &LogLines) -> String {
    let (found, addresses) = mpsc::channel();
    let outputs: [Box<dyn std::io::Read + Send>; 2] = [
        Box::new(child.stdout.take().expect("standard output")),
        Box::new(child.stderr.take().expect("standard error")),
    ];
    for output in outputs {
        let (found, log) = (found.clone(), Arc::clone(log));
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some(start) = line.find("http://127.0.0.1:") {
                    let port =
                        line[start + 17..].chars().take_while(char::is_ascii_digit).collect::<String>();
                    // Only the first address is received.
                    let _ = found.send(format!("http://127.0.0.1:{port}"));
                }
                let mut log = log.lock().expect("the lock is not poisoned");
                log.truncate(MAX_LOG_LINES - 1);
                log.push_front(line);
            }
        });
    }
    addresses.recv_timeout(SERVER_TIMEOUT).expect("the server prints its address")
}

/// An idempotency key that no other command has. Keys are stored in clear, so it contains no part of the command.
pub fn new_key() -> String {
    static LAST: AtomicU64 = AtomicU64::new(0);
    format!("support-{}", LAST.fetch_add(1, Ordering::Relaxed))
}

/// The body of an order of one line that needs no payment.
pub fn order(sku: &str, quantity: u64) -> Value {
    json!({ "channel": "web", "lines": [{ "sku": sku, "quantity": quantity }], "payment": "not_required" })
}
