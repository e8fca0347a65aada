//! The load: requests over many connections, from one thread, and what came of them.

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

use tokio::task::LocalSet;

use super::error::BenchError;
use connection::{Answer, CallError, Connection};
use requests::{Asked, Choice, Demand, Form, Requests, created};
use tally::{Tally, Window};

/// How long answers are waited for once nothing new is asked.
const PATIENCE: Duration = Duration::from_secs(30);

/// How requests follow each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// Each connection asks as soon as it is answered.
    Closed,
    /// So many requests a second are due, whatever becomes of those before. Latency counts from when one was due,
    /// so that a stall is not hidden by the requests that it held back.
    Open(f64),
    /// The same, and beside it orders whose way into the read model is timed: latency counts from the answer to the
    /// order until it is found among its customer's orders.
    Visible(f64),
}

/// What is asked, how, and for how long.
#[derive(Debug, Clone)]
pub struct Load {
    /// Of whom: connections go to each in turn.
    pub addresses: Vec<SocketAddr>,
    /// The number of the first connection: others have had the numbers below it.
    pub first: u32,
    /// Over how many connections.
    pub connections: u32,
    /// For which SKUs.
    pub demand: Demand,
    /// In what requests.
    pub form: Form,
    /// How fast.
    pub pace: Pace,
    /// How long before anything counts.
    pub warm_up: Duration,
    /// How long what happens counts.
    pub measured: Duration,
}

/// Runs something on a thread and a scheduler of its own, so that it is as cheap as it can be and waits for nobody.
pub async fn on_its_own_thread<T, W, F>(work: W) -> Result<T, BenchError>
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
            // Nobody waits any more: the bench was interrupted.
            let _ = done.send(result);
        })
        .map_err(BenchError::Thread)?;
    result.await.map_err(|_| BenchError::Lost)?
}

/// Runs a load.
pub async fn run(load: Load) -> Result<Tally, BenchError> {
    on_its_own_thread(move || async move {
        let shared = Shared::new(Window::after(load.warm_up, load.measured))?;
        match load.pace {
            Pace::Closed => closed::run(&load, &shared).await?,
            Pace::Open(rate) => open::run(&load, rate, &shared, true).await?,
            Pace::Visible(rate) => visible::run(&load, rate, &shared).await?,
        }
        shared.take()
    })
    .await
}

/// What all connections count into.
pub struct Shared {
    window: Window,
    tally: RefCell<Tally>,
}

impl Shared {
    /// Nothing counted yet.
    pub fn new(window: Window) -> Result<Rc<Self>, BenchError> {
        let tally = RefCell::new(Tally::new(window.length())?);
        Ok(Rc::new(Self { window, tally }))
    }

    /// Takes what was counted.
    pub fn take(&self) -> Result<Tally, BenchError> {
        Ok(self.tally.replace(Tally::new(self.window.length())?))
    }

    /// The window that counts.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Counts what was answered to a request. `since` is when it was asked or due, `timed` whether its latency counts.
    pub fn answered(&self, asked: Asked, answer: &Answer<'_>, since: Instant, timed: bool) {
        let now = Instant::now();
        let mut tally = self.tally.borrow_mut();
        let (good, of) = match asked {
            Asked::Read => (u64::from(answer.status == 200), 1),
            Asked::Orders(1) => (u64::from(answer.status == 201), 1),
            Asked::Orders(count) if answer.status == 200 => (created(answer.body), count),
            Asked::Orders(count) => (0, count),
        };
        if good < of {
            let what = if answer.status == 200 { "refused in bulk" } else { "status" };
            tally.failed(format!("{what} {}", answer.status), of - good);
        }
        if asked != Asked::Read {
            tally.granted += good;
            if self.window.holds(now) {
                tally.done += good;
            }
        }
        if timed && good > 0 {
            let latencies = if asked == Asked::Read { &mut tally.reads } else { &mut tally.changes };
            latencies.record(now - since);
        }
    }

    /// Counts one order that was granted without HTTP.
    pub fn granted(&self, since: Instant) {
        let now = Instant::now();
        let mut tally = self.tally.borrow_mut();
        tally.granted += 1;
        if self.window.holds(now) {
            tally.done += 1;
            tally.changes.record(now - since);
        }
    }

    /// Counts a request that got no answer.
    pub fn unanswered(&self, error: &CallError) {
        self.tally.borrow_mut().failed(error.to_string(), 1);
    }

    /// Counts what did not come to pass.
    pub fn failed(&self, what: &str, times: u64) {
        self.tally.borrow_mut().failed(what.to_owned(), times);
    }
}

/// Connections, each with the requests that go over it. `first` is the number of the first of them within the load.
async fn connect(load: &Load, first: u32, count: u32) -> Result<Vec<(Connection, Requests)>, BenchError> {
    let choice = Choice::new(load.demand, 0);
    let mut opened = Vec::with_capacity(count as usize);
    let addresses = load.addresses.iter().cycle();
    for (number, address) in (u64::from(load.first + first)..).zip(addresses).take(count as usize) {
        let connection = Connection::open(*address).await?;
        let requests = Requests::new(*address, load.form, choice.another(number), number);
        opened.push((connection, requests));
    }
    Ok(opened)
}
