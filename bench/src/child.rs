//! A server process.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use crate::environment::BenchStore;
use crate::error::BenchError;

/// A server must listen within this time.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Number of output lines to search for the reason of a failed start.
const MAX_LINES: usize = 20;

/// The text before the address in a server's output.
const ADDRESS_PREFIX: &str = " at http://";

/// A server process; it is killed when this is dropped.
pub struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts a subcommand of this program on a store. The URL is passed in the environment, which other users cannot
    /// read: it may contain a password.
    pub async fn start(subcommand: &str, store: &BenchStore) -> Result<Self, BenchError> {
        let program = std::env::current_exe().map_err(BenchError::Spawn)?;
        let mut command = Command::new(program);
        // The user's settings do not apply: every run measures the same.
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_setting(name)) {
            command.env_remove(name);
        }
        if let Some(file) = store.master_key() {
            command.env("HOLDFAST_MASTER_KEY_FILE", file);
        }
        let mut child = command
            .args([subcommand, "--listen", "127.0.0.1:0"])
            .env("HOLDFAST_DATABASE", store.database())
            .env("HOLDFAST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(BenchError::Spawn)?;
        let stderr = child.stderr.take().ok_or(BenchError::Silent)?;
        let mut lines = BufReader::new(stderr).lines();
        let address = tokio::time::timeout(START_TIMEOUT, read_address(&mut lines));
        let address = address.await.map_err(|_| BenchError::Silent)??;
        // If the pipe filled up, the server would block.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, address })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Resident memory in KiB; `None` if the operating system does not report it.
    pub fn resident_kib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        resident_in(&status)
    }

    pub async fn kill(mut self) -> Result<(), BenchError> {
        self.child.kill().await.map_err(BenchError::Spawn)
    }
}

fn is_setting(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with("HOLDFAST_")
}

/// Reads the address from a server's output. If the server ends without one, returns its error message.
async fn read_address(lines: &mut Lines<BufReader<ChildStderr>>) -> Result<SocketAddr, BenchError> {
    let mut last = VecDeque::with_capacity(MAX_LINES);
    while let Some(line) = lines.next_line().await.map_err(BenchError::Spawn)? {
        if let Some(address) = address_in(&line) {
            return Ok(address);
        }
        if last.len() == MAX_LINES {
            last.pop_front();
        }
        last.push_back(line);
    }
    let reason = last.iter().find_map(|line| line.strip_prefix("error: ")).map(str::to_owned);
    let reason = reason.or_else(|| last.pop_back());
    Err(BenchError::NotServing(reason.unwrap_or_else(|| "it printed nothing".to_owned())))
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.rsplit_once(ADDRESS_PREFIX)?;
    rest.split_whitespace().next()?.parse().ok()
}

fn resident_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_output_of_a_server() {
        let line = "holdfast 0.1.0 serves sqlite:./at http://x at http://127.0.0.1:41234";
        assert_eq!(address_in(line), Some("127.0.0.1:41234".parse().unwrap()));
        assert_eq!(address_in("  curl http://127.0.0.1:41234/readyz"), None);
        assert_eq!(address_in("nothing at http://here"), None);
    }

    #[test]
    fn memory_is_read_from_the_process_status() {
        assert_eq!(resident_in("Name:\tholdfast\nVmRSS:\t   12345 kB\nThreads:\t3\n"), Some(12_345));
        assert_eq!(resident_in("Name:\tgone\n"), None);
    }
}
