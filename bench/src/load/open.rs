//! An open loop: requests become due at a fixed rate, independently of answers.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{BenchError, Connection, Counters, Load, Requests, connect};

/// Interval between looks for due requests. The scheduler's own clock is too coarse: it ticks in milliseconds.
const TICK: Duration = Duration::from_micros(250);

/// The due times of the requests.
#[derive(Debug, Clone, Copy)]
struct Schedule {
    starts: Instant,
    rate: f64,
    /// Number of requests.
    total: u32,
}

impl Schedule {
    fn new(starts: Instant, ends: Instant, rate: f64) -> Self {
        #[allow(clippy::cast_sign_loss, reason = "rates and durations are not negative")]
        let total = ((ends - starts).as_secs_f64() * rate) as u32;
        Self { starts, rate, total }
    }

    /// The due time of a request, counted from 0.
    fn due(&self, number: u32) -> Instant {
        self.starts + Duration::from_secs_f64(f64::from(number) / self.rate)
    }

    /// The number of requests that are due.
    fn due_by(&self, now: Instant) -> u32 {
        #[allow(clippy::cast_sign_loss, reason = "rates and durations are not negative")]
        let count = (now.saturating_duration_since(self.starts).as_secs_f64() * self.rate) as u32;
        count.saturating_add(1).min(self.total)
    }
}

/// The state that all connections share.
struct OpenLoop {
    schedule: Schedule,
    /// One permit for each due request that was not sent yet.
    due: Arc<Semaphore>,
    /// The number of the next request.
    next: Cell<u32>,
    counters: Rc<Counters>,
    timed: bool,
}

/// Runs until every due request is answered. Latencies are recorded if `timed`.
pub async fn run(load: &Load, rate: f64, counters: &Rc<Counters>, timed: bool) -> Result<(), BenchError> {
    let connections = connect(load, 0, load.connections).await?;
    let schedule = Schedule::new(Instant::now(), counters.window.ends, rate.max(1.0));
    let due = Arc::new(Semaphore::new(0));
    start_clock(schedule, Arc::clone(&due))?;
    let state = Rc::new(OpenLoop { schedule, due, next: Cell::new(0), counters: Rc::clone(counters), timed });
    let mut tasks = JoinSet::new();
    for (connection, requests) in connections {
        tasks.spawn_local(send(connection, requests, Rc::clone(&state)));
    }
    counters.join(tasks).await;
    let unsent = schedule.total.saturating_sub(state.next.get());
    if unsent > 0 {
        counters.failed("due and never sent", u64::from(unsent));
    }
    Ok(())
}

/// Adds a permit for each request when it becomes due, on its own thread.
fn start_clock(schedule: Schedule, due: Arc<Semaphore>) -> Result<(), BenchError> {
    let run = move || {
        let mut added = 0;
        while added < schedule.total && !due.is_closed() {
            let now_due = schedule.due_by(Instant::now());
            due.add_permits((now_due - added) as usize);
            added = now_due;
            let until_next = schedule.due(added).saturating_duration_since(Instant::now());
            std::thread::sleep(until_next.clamp(TICK, Duration::from_millis(100)));
        }
    };
    std::thread::Builder::new().name("bench-clock".to_owned()).spawn(run).map_err(BenchError::Thread)?;
    Ok(())
}

async fn send(mut connection: Connection, mut requests: Requests, state: Rc<OpenLoop>) {
    while state.next.get() < state.schedule.total {
        let Ok(permit) = state.due.acquire().await else { return };
        permit.forget();
        let number = state.next.get();
        state.next.set(number + 1);
        if number + 1 >= state.schedule.total {
            // No further request will become due: release the connections that wait for one.
            state.due.close();
        }
        let due = state.schedule.due(number);
        let kind = requests.prepare();
        match connection.call(requests.bytes()).await {
            Ok(answer) => {
                let timed = state.timed && state.counters.window.contains(due);
                state.counters.answered(kind, &answer, due, timed);
                requests.remember_order(answer.body);
            }
            Err(error) => return state.counters.unanswered(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_become_due_at_the_rate() {
        let starts = Instant::now();
        let schedule = Schedule::new(starts, starts + Duration::from_secs(3), 400.0);
        assert_eq!(schedule.total, 1_200);
        assert_eq!(schedule.due(0), starts);
        assert_eq!(schedule.due(400), starts + Duration::from_secs(1));
        assert_eq!(schedule.due_by(starts), 1);
        assert_eq!(schedule.due_by(starts + Duration::from_millis(1_001)), 401);
        assert_eq!(schedule.due_by(starts + Duration::from_secs(9)), 1_200);
    }
}
