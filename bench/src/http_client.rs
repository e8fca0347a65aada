//! An HTTP client that prepares a server before a load and checks its stock after it.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use holdfast_domain::values::Sku;
use holdfast_load_model::{Step, bulk_lines, simple, sku};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::BenchError;
use crate::load::connection::Connection;
use crate::load::requests::count_created;

/// Units of each SKU: more than any load orders.
pub const UNITS: u32 = 1_000_000_000;

/// Commands per bulk request.
const BATCH_SIZE: usize = 1_000;
/// SKUs per request for availability.
const SKUS_PER_REQUEST: u32 = 250;
/// The server must be ready, and its read models up to date, within this time.
const TIMEOUT: Duration = Duration::from_secs(180);
/// Interval between requests that wait for a state.
pub const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Sends one request after the other.
pub struct HttpClient {
    address: SocketAddr,
    connection: Connection,
}

/// A list resource.
#[derive(Deserialize)]
pub struct Items<T> {
    pub items: Vec<T>,
}

#[derive(Deserialize)]
struct ReadModel {
    lag: u64,
}

#[derive(Deserialize)]
struct Availability {
    locations: Vec<StockLevel>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StockLevel {
    on_hand: u64,
    reserved: u64,
}

impl HttpClient {
    pub async fn open(address: SocketAddr) -> Result<Self, BenchError> {
        Ok(Self { address, connection: Connection::open(address).await? })
    }

    /// Registers a location, receives stock of this many SKUs there, and waits for the read models.
    pub async fn prepare_stock(&mut self, skus: u32) -> Result<(), BenchError> {
        self.execute(&[simple::location()?]).await?;
        let receipts = (0..skus as usize).map(|rank| simple::receipt(sku(rank)?, UNITS.into()));
        let receipts: Vec<Step> = receipts.collect::<Result<_, _>>()?;
        for batch in receipts.chunks(BATCH_SIZE) {
            self.execute(batch).await?;
        }
        self.wait_for_read_models().await.map(|_| ())
    }

    /// Executes commands in one bulk request. Fails unless every one is accepted.
    pub async fn execute(&mut self, steps: &[Step]) -> Result<(), BenchError> {
        let answer = self.send("POST", "/v1/commands", &bulk_lines(steps)?, 200).await?;
        let count = |status: &[u8]| memchr::memmem::find_iter(&answer, status).count();
        let accepted = count(b",\"status\":200,\"body\":") + count(b",\"status\":201,\"body\":");
        if accepted == steps.len() { Ok(()) } else { Err(failed("a bulk request", 200, &answer)) }
    }

    /// Executes commands in one bulk request. Returns the number of those that created a resource.
    pub async fn count_created(&mut self, steps: &[Step]) -> Result<u64, BenchError> {
        Ok(count_created(&self.send("POST", "/v1/commands", &bulk_lines(steps)?, 200).await?))
    }

    /// Whether more units of a SKU are reserved than are on hand.
    pub async fn is_overcommitted(&mut self, sku: &Sku) -> Result<bool, BenchError> {
        let availability: Items<Availability> = self.get(&format!("/v1/availability?sku={sku}")).await?;
        let mut levels = availability.items.iter().flat_map(|item| &item.locations);
        Ok(levels.any(|level| level.reserved > level.on_hand))
    }

    pub async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, BenchError> {
        Ok(serde_json::from_slice(&self.send("GET", path, "", 200).await?)?)
    }

    /// Sends a POST request without a body; the server must answer with status 202.
    pub async fn post<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, BenchError> {
        Ok(serde_json::from_slice(&self.send("POST", path, "", 202).await?)?)
    }

    pub async fn wait_until_ready(&mut self) -> Result<(), BenchError> {
        let started_at = Instant::now();
        while self.request("GET", "/readyz", "").await?.0 != 200 {
            if started_at.elapsed() > TIMEOUT {
                return Err(BenchError::NotReady);
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Ok(())
    }

    /// Waits until the read models are up to date. Returns the number of events that the slowest one was behind at first.
    pub async fn wait_for_read_models(&mut self) -> Result<u64, BenchError> {
        let started_at = Instant::now();
        let mut first = None;
        loop {
            let models: Items<ReadModel> = self.get("/v1/projections").await?;
            let lag = models.items.iter().map(|model| model.lag).max().unwrap_or(0);
            let first = *first.get_or_insert(lag);
            if lag == 0 {
                return Ok(first);
            }
            if started_at.elapsed() > TIMEOUT {
                return Err(BenchError::Behind(lag));
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Checks that nothing is oversold and that the reserved units equal the accepted units.
    pub async fn check(&mut self, skus: u32, accepted: u64) -> Result<(), BenchError> {
        let (mut reserved, mut oversold) = (0, 0);
        for first in (0..skus).step_by(SKUS_PER_REQUEST as usize) {
            let mut path = "/v1/availability?".to_owned();
            for rank in first..skus.min(first + SKUS_PER_REQUEST) {
                // Writing to a string cannot fail.
                let _ = write!(path, "sku={}&", sku(rank as usize)?);
            }
            let availability: Items<Availability> = self.get(path.trim_end_matches('&')).await?;
            for level in availability.items.iter().flat_map(|sku| &sku.locations) {
                reserved += level.reserved;
                oversold += u64::from(level.reserved > level.on_hand);
            }
        }
        check_counts(accepted, reserved, oversold)
    }

    async fn send(
        &mut self,
        method: &str,
        path: &str,
        body: &str,
        expected: u16,
    ) -> Result<Vec<u8>, BenchError> {
        let (status, answer) = self.request(method, path, body).await?;
        if status == expected { Ok(answer.to_vec()) } else { Err(failed(path, status, answer)) }
    }

    async fn request(&mut self, method: &str, path: &str, body: &str) -> Result<(u16, &[u8]), BenchError> {
        let content_type = if body.is_empty() { "" } else { "content-type: application/x-ndjson\r\n" };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\n{content_type}content-length: {}\r\n\r\n{body}",
            self.address,
            body.len(),
        );
        let answer = self.connection.call(request.as_bytes()).await?;
        Ok((answer.status, answer.body))
    }
}

/// Fails if units are oversold, or if accepted orders of one unit each and reserved units differ.
pub fn check_counts(accepted: u64, reserved: u64, oversold: u64) -> Result<(), BenchError> {
    match oversold {
        0 if accepted == reserved => Ok(()),
        0 => Err(BenchError::Miscounted { accepted, reserved }),
        _ => Err(BenchError::Oversold(oversold)),
    }
}

fn failed(request: &str, status: u16, body: &[u8]) -> BenchError {
    let body = String::from_utf8_lossy(body).chars().take(300).collect();
    BenchError::Failed { request: request.chars().take(60).collect(), status, body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oversold_units_and_differing_counts_are_errors() {
        assert!(check_counts(5, 5, 0).is_ok());
        assert!(matches!(check_counts(5, 6, 0), Err(BenchError::Miscounted { accepted: 5, reserved: 6 })));
        assert!(matches!(check_counts(5, 4, 0), Err(BenchError::Miscounted { .. })));
        assert!(matches!(check_counts(5, 5, 1), Err(BenchError::Oversold(1))));
    }
}
