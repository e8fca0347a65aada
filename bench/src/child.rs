//! A server in a process of its own, as it is in production.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use super::error::BenchError;
use super::place::Place;

/// How long a server may take until it listens.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many of the last lines of its output are kept.
const LINES: usize = 20;

/// What stands before the address in what a server says.
const BEFORE_ADDRESS: &str = " at http://";

/// A server that is ended when this goes.
pub struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts a subcommand of this very program over a store. The store's URL may carry a password: it is handed over
    /// where other users do not see it.
    pub async fn start(subcommand: &str, place: &Place) -> Result<Self, BenchError> {
        let program = std::env::current_exe().map_err(BenchError::Spawn)?;
        let mut command = Command::new(program);
        // No setting of whoever measures: what is measured is the same everywhere.
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_setting(name)) {
            command.env_remove(name);
        }
        if let Some(file) = place.master_key() {
            command.env("HOLDFAST_MASTER_KEY_FILE", file);
        }
        let mut child = command
            .args([subcommand, "--listen", "127.0.0.1:0"])
            .env("HOLDFAST_DATABASE", place.database())
            .env("HOLDFAST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(BenchError::Spawn)?;
        let said = child.stderr.take().ok_or(BenchError::Silent)?;
        let mut lines = BufReader::new(said).lines();
        let address = tokio::time::timeout(PATIENCE, address_said(&mut lines));
        let address = address.await.map_err(|_| BenchError::Silent)??;
        // A pipe that nobody reads fills up, and then the server stands still.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How much memory it holds, in KiB. None where the system does not tell.
    pub fn resident_kib(&self) -> Option<u64> {
        resident_kib(self.child.id()?)
    }

    /// Ends it, the hard way: its store is thrown away.
    pub async fn end(mut self) -> Result<(), BenchError> {
        self.child.kill().await.map_err(BenchError::Spawn)
    }
}

/// Whether a variable of the environment is a setting of this program.
fn is_setting(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with("HOLDFAST_")
}

/// The address that a server says it listens on; what else it said where it ends without.
async fn address_said(lines: &mut Lines<BufReader<ChildStderr>>) -> Result<SocketAddr, BenchError> {
    let mut last = VecDeque::with_capacity(LINES);
    while let Some(line) = lines.next_line().await.map_err(BenchError::Spawn)? {
        if let Some(address) = address_in(&line) {
            return Ok(address);
        }
        if last.len() == LINES {
            last.pop_front();
        }
        last.push_back(line);
    }
    let said = last.iter().find_map(|line| line.strip_prefix("error: ")).map(str::to_owned);
    let said = said.or_else(|| last.pop_back());
    Err(BenchError::NotServing(said.unwrap_or_else(|| "it says nothing".to_owned())))
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.rsplit_once(BEFORE_ADDRESS)?;
    rest.split_whitespace().next()?.parse().ok()
}

/// How much memory a process holds, in KiB.
fn resident_kib(process: u32) -> Option<u64> {
    resident_in(&std::fs::read_to_string(format!("/proc/{process}/status")).ok()?)
}

fn resident_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_what_a_server_says() {
        let said = "holdfast 0.1.0 serves sqlite:./at http://x at http://127.0.0.1:41234";
        assert_eq!(address_in(said), Some("127.0.0.1:41234".parse().unwrap()));
        assert_eq!(address_in("  curl http://127.0.0.1:41234/readyz"), None);
        assert_eq!(address_in("nothing at http://here"), None);
    }

    #[test]
    fn memory_is_read_from_what_the_system_tells() {
        assert_eq!(resident_in("Name:\tholdfast\nVmRSS:\t   12345 kB\nThreads:\t3\n"), Some(12_345));
        assert_eq!(resident_in("Name:\tgone\n"), None);
    }
}
