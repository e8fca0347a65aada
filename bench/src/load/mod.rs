//! The load: requests over many connections from one thread, and their results.

mod closed;
pub mod connection;
mod open;
pub mod requests;
pub mod tally;
mod visible;

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::{JoinSet, LocalSet};

use crate::error::BenchError;
use connection::{Answer, CallError, Connection};
use requests::{Choice, Demand, Form, RequestKind, Requests, count_created};
use tally::{Tally, Window};

/// Requests in flight at the end of the load must be answered within this time.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The mode of the requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LoadMode {
    /// Each connection sends its next request when the last one was answered.
    Closed,
    /// Requests become due at this rate per second, independently of answers. A latency is measured from the due time,
    /// so that a stall is not hidden by the requests that it delayed.
    Open(f64),
    /// An open loop, and additional orders that measure the delay from the answer to an order until the order appears
    /// in its customer's list.
    Visible(f64),
}

#[derive(Debug, Clone)]
pub struct Load {
    /// The servers; connections are distributed over them in turn.
    pub addresses: Vec<SocketAddr>,
    /// The number of the first connection. Earlier loads on the same store used the numbers below it.
    pub first: u32,
    pub connections: u32,
    pub demand: Demand,
    pub form: Form,
    pub mode: LoadMode,
    pub warm_up: Duration,
    pub measured: Duration,
}

/// Runs a task on its own thread with its own scheduler, so that other tasks do not delay it.
pub async fn on_own_thread<T, W, F>(work: W) -> Result<T, BenchError>
where
    T: Send + 'static,
    W: FnOnce() -> F + Send + 'static,
    F: Future<Output = Result<T, BenchError>>,
{
    let (done, result) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("bench-load".to_owned());
    thread
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let result = match runtime {
                Ok(runtime) => LocalSet::new().block_on(&runtime, work()),
                Err(error) => Err(BenchError::Thread(error)),
            };
            // The receiver is gone if the benchmark was interrupted.
            let _ = done.send(result);
        })
        .map_err(BenchError::Thread)?;
    result.await.map_err(|_| BenchError::TaskEnded)?
}

/// Runs a load.
pub async fn run(load: Load) -> Result<Tally, BenchError> {
    on_own_thread(move || async move {
        let counters = Counters::new(Window::after(load.warm_up, load.measured))?;
        match load.mode {
            LoadMode::Closed => closed::run(&load, &counters).await?,
            LoadMode::Open(rate) => open::run(&load, rate, &counters, true).await?,
            LoadMode::Visible(rate) => visible::run(&load, rate, &counters).await?,
        }
        counters.take()
    })
    .await
}

/// The counters of all connections.
pub struct Counters {
    pub window: Window,
    tally: RefCell<Tally>,
}

impl Counters {
    pub fn new(window: Window) -> Result<Rc<Self>, BenchError> {
        let tally = RefCell::new(Tally::new(window.length())?);
        Ok(Rc::new(Self { window, tally }))
    }

    /// Returns the counts and resets them.
    pub fn take(&self) -> Result<Tally, BenchError> {
        Ok(self.tally.replace(Tally::new(self.window.length())?))
    }

    /// Counts an answer. `since` is when the request was sent or due. The latency is recorded if `timed`.
    pub fn answered(&self, kind: RequestKind, answer: &Answer<'_>, since: Instant, timed: bool) {
        let now = Instant::now();
        let mut tally = self.tally.borrow_mut();
        let (accepted, total) = match kind {
            RequestKind::Read => (u64::from(answer.status == 200), 1),
            RequestKind::Orders(1) => (u64::from(answer.status == 201), 1),
            RequestKind::Orders(count) if answer.status == 200 => (count_created(answer.body), count),
            RequestKind::Orders(count) => (0, count),
        };
        if accepted < total {
            let failure = match answer.status {
                200 => "rejected in a bulk request".to_owned(),
                status => format!("status {status}"),
            };
            tally.failed(failure, total - accepted);
        }
        if kind != RequestKind::Read {
            tally.accepted += accepted;
            if self.window.contains(now) {
                tally.done += accepted;
            }
        }
        if timed && accepted > 0 {
            let latencies = if kind == RequestKind::Read { &mut tally.reads } else { &mut tally.commands };
            latencies.record(now - since);
        }
    }

    /// Counts an order that was accepted without HTTP.
    pub fn accepted(&self, since: Instant) {
        let now = Instant::now();
        let mut tally = self.tally.borrow_mut();
        tally.accepted += 1;
        if self.window.contains(now) {
            tally.done += 1;
            tally.commands.record(now - since);
        }
    }

    /// Records the delay until an order was visible, if its answer came at a time that counts.
    pub fn visible(&self, answered_at: Instant) {
        if self.window.contains(answered_at) {
            self.tally.borrow_mut().commands.record(answered_at.elapsed());
        }
    }

    /// Counts a request without an answer.
    pub fn unanswered(&self, error: &CallError) {
        self.failed(&error.to_string(), 1);
    }

    pub fn failed(&self, failure: &str, times: u64) {
        self.tally.borrow_mut().failed(failure.to_owned(), times);
    }

    /// Waits for the connections until the load has ended and its requests must be answered.
    async fn join(&self, mut connections: JoinSet<()>) {
        let all = async { while connections.join_next().await.is_some() {} };
        let limit = self.window.ends + ANSWER_TIMEOUT;
        if tokio::time::timeout_at(limit.into(), all).await.is_err() {
            self.failed("not answered in time", connections.len() as u64);
        }
    }
}

/// Opens connections, each with its generator of requests. `first` is the number of the first one within the load.
async fn connect(load: &Load, first: u32, count: u32) -> Result<Vec<(Connection, Requests)>, BenchError> {
    let choice = Choice::new(load.demand)?;
    let mut opened = Vec::with_capacity(count as usize);
    let addresses = load.addresses.iter().cycle();
    for (number, address) in (u64::from(load.first + first)..).zip(addresses).take(count as usize) {
        let connection = Connection::open(*address).await?;
        let requests = Requests::new(*address, load.form, choice.sequence(number), number)?;
        opened.push((connection, requests));
    }
    Ok(opened)
}
