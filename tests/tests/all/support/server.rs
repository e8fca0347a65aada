//! The program as its users run it: a process of its own, spoken to over HTTP.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::store::TestStore;

/// Longer than anything should take: a test that hangs says so.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The program: the one that `tests/run` has built with the tests, or one that is built now, once.
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
            .expect("cargo runs");
        assert!(build.success(), "the program does not build");
        let test = std::env::current_exe().expect("this test has a path");
        let target = test.parent().and_then(Path::parent).expect("a target directory");
        target.join("holdfast")
    })
}

/// How many of the last lines that a server said are told where a test fails.
const LAST_LINES: usize = 200;

/// The last that a server said.
type Said = Arc<Mutex<VecDeque<String>>>;

/// A server on a free port.
pub struct TestServer {
    child: Mutex<Child>,
    said: Said,
    pub address: String,
    client: reqwest::Client,
}

/// An answer over HTTP.
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

    /// The body of a success.
    pub fn accepted(&self) -> Value {
        assert!(self.status.is_success(), "{self:?}");
        self.json()
    }

    /// The code of a problem.
    pub fn code(&self) -> String {
        assert_eq!(self.content_type, "application/problem+json", "{self:?}");
        self.json()["code"].as_str().expect("a code").to_owned()
    }
}

impl TestServer {
    /// Starts a server over a store and waits until it is ready.
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
        let said = Said::default();
        let address = find_address(&mut child, &said);
        let server = Self { child: Mutex::new(child), said, address, client: reqwest::Client::new() };
        server.wait_until_ready().await;
        server
    }

    /// Waits until the server would take work.
    pub async fn wait_until_ready(&self) {
        self.until(true).await;
    }

    /// Waits until the server says that it would not take work.
    pub async fn wait_until_not_ready(&self) {
        self.until(false).await;
    }

    async fn until(&self, ready: bool) {
        let started = Instant::now();
        loop {
            let answer = self.client.get(self.url("/readyz")).timeout(PATIENCE).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success() == ready) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "the server does not get there");
            tokio::task::yield_now().await;
        }
    }

    /// Waits until every read model has come to a position of the journal.
    pub async fn wait_for_projections(&self, position: u64) {
        let started = Instant::now();
        loop {
            let projections = self.get("/v1/projections").await.accepted();
            let all = projections["items"].as_array().expect("items");
            if all.iter().all(|one| one["position"].as_u64() >= Some(position)) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "{}", self.diagnostics().await);
            tokio::task::yield_now().await;
        }
    }

    /// Starts the server again, where it was, after it was killed.
    pub async fn restart(&self, store: &TestStore) {
        let address = self.address.strip_prefix("http://").expect("an address");
        let mut child = store
            .command(&["serve", "--listen", address])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        assert_eq!(find_address(&mut child, &self.said), self.address);
        *self.child.lock().expect("nobody panicked with it") = child;
        self.wait_until_ready().await;
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Sends a request; an error where no answer came.
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
        let answer = request.timeout(PATIENCE).send().await?;
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
        self.try_send(Method::POST, path, Some(key), body).await.expect("an answer")
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
        Self::answer(request).await.expect("an answer")
    }

    /// Sends a command that is meant for one version of what it changes.
    pub async fn post_if_match(&self, path: &str, key: &str, version: u64, body: &Value) -> HttpResponse {
        let request = self.client.post(self.url(path)).header("Idempotency-Key", key);
        let request = request.header("If-Match", format!("\"{version}\""));
        let request = request.header("Content-Type", "application/json").body(body.to_string());
        Self::answer(request).await.expect("an answer")
    }

    pub async fn put(&self, path: &str, body: &Value) -> HttpResponse {
        let body = Some(body.to_string().into_bytes());
        self.try_send(Method::PUT, path, None, body).await.expect("an answer")
    }

    pub async fn get(&self, path: &str) -> HttpResponse {
        self.try_send(Method::GET, path, None, None).await.expect("an answer")
    }

    pub async fn graphql(&self, query: &str) -> Value {
        let body = Some(json!({ "query": query }).to_string().into_bytes());
        let answer = self.try_send(Method::POST, "/graphql", None, body).await.expect("an answer").accepted();
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"].clone()
    }

    /// Registers a location and receives stock there.
    pub async fn add_stock(&self, location: &str, sku: &str, quantity: u64) {
        let coordinates = json!({ "latitude": 40.7, "longitude": -74.0 });
        self.put(&format!("/v1/locations/{location}"), &coordinates).await.accepted();
        let receipt = json!({ "sku": sku, "location": location, "quantity": quantity });
        self.post("/v1/stock/receive", &format!("receive-{location}-{sku}"), &receipt).await.accepted();
    }

    /// What somebody needs who has to find out why a test fails: how far the read models are, and what the server said.
    pub async fn diagnostics(&self) -> String {
        let projections = self.try_send(Method::GET, "/v1/projections", None, None).await;
        let projections = projections.map_or_else(|error| error.to_string(), |answer| answer.text);
        let said = self.said.lock().expect("nobody panicked with it");
        let said: Vec<&str> = said.iter().rev().map(String::as_str).collect();
        format!("{projections}\n{}", said.join("\n"))
    }

    /// Asks the server to end, and waits until it has.
    pub async fn stop(&self) {
        let number = self.child.lock().expect("nobody panicked with it").id().to_string();
        let told = Command::new("kill").args(["-TERM", &number]).status().expect("kill runs");
        assert!(told.success(), "the server is there");
        let started = Instant::now();
        while self.child.lock().expect("nobody panicked with it").try_wait().expect("its state").is_none() {
            assert!(started.elapsed() < PATIENCE, "the server does not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Ends the server at once, as a crash would, while others still speak to it.
    pub fn kill_now(&self) {
        let mut child = self.child.lock().expect("nobody panicked with it");
        child.kill().expect("the server is killed");
        child.wait().expect("the server ends");
    }

    /// Ends the server at once, as a crash would.
    pub fn kill(self) {
        self.kill_now();
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Ok(child) = self.child.get_mut() {
            // Already ended where it was killed.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Reads what the server says until it tells its address, and drains the rest so that it never blocks.
fn find_address(child: &mut Child, said: &Said) -> String {
    let (found, addresses) = mpsc::channel();
    let outputs: [Box<dyn std::io::Read + Send>; 2] = [
        Box::new(child.stdout.take().expect("standard output")),
        Box::new(child.stderr.take().expect("standard error")),
    ];
    for output in outputs {
        let (found, said) = (found.clone(), Arc::clone(said));
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some(start) = line.find("http://127.0.0.1:") {
                    let port =
                        line[start + 17..].chars().take_while(char::is_ascii_digit).collect::<String>();
                    // Nobody listens any more once the first was found.
                    let _ = found.send(format!("http://127.0.0.1:{port}"));
                }
                let mut said = said.lock().expect("nobody panicked with it");
                said.truncate(LAST_LINES - 1);
                said.push_front(line);
            }
        });
    }
    addresses.recv_timeout(PATIENCE).expect("the server tells its address")
}

/// An order of one line that needs no payment.
pub fn order(sku: &str, quantity: u64) -> Value {
    json!({ "channel": "web", "lines": [{ "sku": sku, "quantity": quantity }], "payment": "not_required" })
}
