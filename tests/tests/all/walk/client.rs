//! An HTTP client for one merchant.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

/// A request that takes longer fails the walk.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// A command to send.
#[derive(Debug, Clone)]
pub struct Request {
    /// The operation's id in the OpenAPI document.
    pub operation: String,
    pub method: Method,
    pub path: String,
    /// The ids in the path, by the names of their fields.
    pub ids: Vec<(&'static str, String)>,
    pub body: Value,
    pub if_match: Option<u64>,
}

/// What the server answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub replayed: bool,
    /// The journal's position of the command, by the header.
    pub position: Option<u64>,
}

impl Answer {
    pub fn is_accepted(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The code of a problem. `None` if the command was accepted.
    pub fn code(&self) -> &str {
        if self.is_accepted() { "" } else { self.body["code"].as_str().unwrap_or("no code") }
    }
}

#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    address: String,
    merchant: String,
}

impl Client {
    pub fn new(address: &str, merchant: &str) -> Self {
        let http = reqwest::Client::builder().pool_max_idle_per_host(1).timeout(REQUEST_TIMEOUT);
        let http = http.build().expect("a client can be made");
        Self { http, address: address.to_owned(), merchant: merchant.to_owned() }
    }

    /// Sends a command; with `dry_run` nothing is written.
    pub async fn send(&self, request: &Request, key: &str, dry_run: bool) -> Answer {
        let query = if dry_run { "?dryRun=true" } else { "" };
        let url = format!("{}{}{query}", self.address, request.path);
        let mut call = self.http.request(request.method.clone(), url).header("Idempotency-Key", key);
        if let Some(version) = request.if_match {
            call = call.header("If-Match", format!("\"{version}\""));
        }
        self.answer(call.json(&request.body)).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.answer(self.http.get(format!("{}{path}", self.address))).await
    }

    async fn answer(&self, call: reqwest::RequestBuilder) -> Answer {
        let answer = call.header("Merchant", &self.merchant).send().await.expect("the server answers");
        let header = |name: &str| answer.headers().get(name)?.to_str().ok().map(str::to_owned);
        let replayed = header("idempotency-replayed").as_deref() == Some("true");
        let position = header("journal-position").and_then(|position| position.parse().ok());
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("the answer is complete");
        Answer {
            status,
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
            replayed,
            position,
        }
    }
}
