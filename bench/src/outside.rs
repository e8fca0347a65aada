//! What is done over HTTP before a load and looked at after it, as any client could.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::BenchError;
use super::load::connection::Connection;
use super::load::requests::sku;

/// Where all goods lie.
const LOCATION: &str = "DC-NEWARK";

/// How many units of each SKU there are: more than any load orders.
pub const UNITS: u64 = 1_000_000_000;

/// How many commands go into one request.
const COMMANDS: usize = 1_000;

/// How many SKUs are asked for at once.
const SKUS_AT_ONCE: u32 = 250;

/// How long the read models may take to follow.
const PATIENCE: Duration = Duration::from_secs(180);

/// How long to wait before asking again how far they are.
pub const PAUSE: Duration = Duration::from_millis(20);

/// A client that does one thing after the other.
pub struct Outside {
    address: SocketAddr,
    connection: Connection,
}

#[derive(Deserialize)]
struct Items<T> {
    items: Vec<T>,
}

#[derive(Deserialize)]
struct ReadModel {
    lag: u64,
}

#[derive(Deserialize)]
struct Stock {
    locations: Vec<AtLocation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AtLocation {
    on_hand: u64,
    reserved: u64,
}

impl Outside {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Result<Self, BenchError> {
        Ok(Self { address, connection: Connection::open(address).await? })
    }

    /// Makes a location known, and puts so many SKUs there.
    pub async fn stock(&mut self, skus: u32) -> Result<(), BenchError> {
        let location = r#"{"latitude":40.7,"longitude":-74.2}"#;
        self.send("PUT", &format!("/v1/locations/{LOCATION}"), "application/json", location).await?;
        let receipts: Vec<String> = (0..skus as usize).map(receipt).collect();
        for receipts in receipts.chunks(COMMANDS) {
            self.granted(&receipts.join("\n"), receipts.len() as u64).await?;
        }
        self.caught_up().await.map(|_| ())
    }

    /// Sends so many commands, a line each, of which every one must be granted.
    pub async fn granted(&mut self, lines: &str, commands: u64) -> Result<(), BenchError> {
        let answer = self.send("POST", "/v1/commands", "application/x-ndjson", lines).await?;
        let with_status = |status: &[u8]| memchr::memmem::find_iter(&answer, status).count() as u64;
        let granted = with_status(b",\"status\":200,\"body\":") + with_status(b",\"status\":201,\"body\":");
        if granted == commands { Ok(()) } else { Err(answered("many commands", 200, &answer)) }
    }

    /// Has an operator's request carried out.
    pub async fn operate(&mut self, path: &str) -> Result<Vec<u8>, BenchError> {
        let request = format!("POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-length: 0\r\n\r\n", self.address);
        let answer = self.connection.call(request.as_bytes()).await?;
        if answer.status == 202 {
            Ok(answer.body.to_vec())
        } else {
            Err(answered(path, answer.status, answer.body))
        }
    }

    /// Waits until the server says that it is ready.
    pub async fn ready(&mut self) -> Result<(), BenchError> {
        let request = format!("GET /readyz HTTP/1.1\r\nhost: {}\r\n\r\n", self.address);
        let began = Instant::now();
        while self.connection.call(request.as_bytes()).await?.status != 200 {
            if began.elapsed() > PATIENCE {
                return Err(BenchError::Silent);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Waits until the read models have followed, and gives by how many events the slowest was behind at first.
    pub async fn caught_up(&mut self) -> Result<u64, BenchError> {
        let began = Instant::now();
        let behind = self.lag().await?;
        let mut lag = behind;
        while lag > 0 {
            if began.elapsed() > PATIENCE {
                return Err(BenchError::Behind(lag));
            }
            tokio::time::sleep(PAUSE).await;
            lag = self.lag().await?;
        }
        Ok(behind)
    }

    async fn lag(&mut self) -> Result<u64, BenchError> {
        let models: Items<ReadModel> = self.get("/v1/projections").await?;
        Ok(models.items.iter().map(|model| model.lag).max().unwrap_or(0))
    }

    /// Checks that nothing is oversold and that as much is reserved as was granted.
    pub async fn check(&mut self, skus: u32, granted: u64) -> Result<(), BenchError> {
        let (mut reserved, mut oversold) = (0, 0);
        for first in (0..skus).step_by(SKUS_AT_ONCE as usize) {
            let mut path = "/v1/availability?".to_owned();
            for rank in first..skus.min(first + SKUS_AT_ONCE) {
                // Nothing that is written into memory fails.
                let _ = write!(path, "sku={}&", sku(rank as usize));
            }
            let stock: Items<Stock> = self.get(path.trim_end_matches('&')).await?;
            for place in stock.items.iter().flat_map(|stock| &stock.locations) {
                reserved += place.reserved;
                oversold += u64::from(place.reserved > place.on_hand);
            }
        }
        judge(granted, reserved, oversold)
    }

    /// Reads something.
    pub async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, BenchError> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.address);
        let answer = self.connection.call(request.as_bytes()).await?;
        if answer.status != 200 {
            return Err(answered(path, answer.status, answer.body));
        }
        Ok(serde_json::from_slice(answer.body)?)
    }

    async fn send(
        &mut self,
        method: &str,
        path: &str,
        kind: &str,
        body: &str,
    ) -> Result<Vec<u8>, BenchError> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len(),
        );
        let answer = self.connection.call(request.as_bytes()).await?;
        if answer.status != 200 {
            return Err(answered(path, answer.status, answer.body));
        }
        Ok(answer.body.to_vec())
    }
}

/// What was found, judged.
pub fn judge(granted: u64, reserved: u64, oversold: u64) -> Result<(), BenchError> {
    if oversold > 0 {
        return Err(BenchError::Oversold(oversold));
    }
    if granted != reserved {
        return Err(BenchError::Miscounted { granted, reserved });
    }
    Ok(())
}

fn receipt(rank: usize) -> String {
    let sku = sku(rank);
    format!(
        "{{\"key\":\"stock-{sku}\",\"command\":\"ReceiveStock\",\"sku\":\"{sku}\",\
         \"location\":\"{LOCATION}\",\"quantity\":{UNITS}}}"
    )
}

fn answered(what: &str, status: u16, body: &[u8]) -> BenchError {
    let body = String::from_utf8_lossy(body).chars().take(300).collect();
    BenchError::Answered { what: what.chars().take(60).collect(), status, body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_much_reserved_and_too_little_granted_are_both_found() {
        assert!(judge(5, 5, 0).is_ok());
        assert!(matches!(judge(5, 6, 0), Err(BenchError::Miscounted { granted: 5, reserved: 6 })));
        assert!(matches!(judge(5, 4, 0), Err(BenchError::Miscounted { .. })));
        assert!(matches!(judge(5, 5, 1), Err(BenchError::Oversold(1))));
    }

    #[test]
    fn a_receipt_is_a_command() {
        let receipt: serde_json::Value = serde_json::from_str(&receipt(0)).unwrap();
        assert_eq!(receipt["sku"], "SKU-00001");
        assert_eq!(receipt["quantity"], 1_000_000_000);
    }
}
