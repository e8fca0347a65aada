//! Open loop: requests are due at a fixed rate, whatever becomes of those before.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{BenchError, Connection, Load, PATIENCE, Requests, Shared, connect};

/// How often what is due is looked for. The scheduler's own clock ticks in milliseconds, too coarsely for this.
const TICK: Duration = Duration::from_micros(250);

/// When requests are due.
#[derive(Debug, Clone, Copy)]
struct Schedule {
    begins: Instant,
    rate: f64,
    /// How many there are in all.
    total: u32,
}

impl Schedule {
    fn new(begins: Instant, ends: Instant, rate: f64) -> Self {
        #[allow(clippy::cast_sign_loss, reason = "neither a rate nor a time is negative")]
        let total = ((ends - begins).as_secs_f64() * rate) as u32;
        Self { begins, rate, total }
    }

    /// When the request of a number, counted from 0, is due.
    fn due(&self, number: u32) -> Instant {
        self.begins + Duration::from_secs_f64(f64::from(number) / self.rate)
    }

    /// How many are due at a moment.
    fn due_by(&self, now: Instant) -> u32 {
        #[allow(clippy::cast_sign_loss, reason = "neither a rate nor a time is negative")]
        let count = (now.saturating_duration_since(self.begins).as_secs_f64() * self.rate) as u32;
        count.saturating_add(1).min(self.total)
    }
}

/// What the connections of an open loop share.
struct Line {
    schedule: Schedule,
    /// One permit for each request that is due and not yet asked.
    due: Arc<Semaphore>,
    /// The number of the next request to ask.
    next: Cell<u32>,
    shared: Rc<Shared>,
    /// Whether their latencies are what is measured.
    timed: bool,
}

/// Runs it until everything that was due is answered.
pub async fn run(load: &Load, rate: f64, shared: &Rc<Shared>, timed: bool) -> Result<(), BenchError> {
    let connections = connect(load, 0, load.connections).await?;
    let schedule = Schedule::new(Instant::now(), shared.window().ends, rate.max(1.0));
    let due = Arc::new(Semaphore::new(0));
    keep_time(schedule, Arc::clone(&due))?;
    let line = Rc::new(Line { schedule, due, next: Cell::new(0), shared: Rc::clone(shared), timed });
    let mut tasks = JoinSet::new();
    for (connection, requests) in connections {
        tasks.spawn_local(ask(connection, requests, Rc::clone(&line)));
    }
    let everyone = async { while tasks.join_next().await.is_some() {} };
    let limit = load.warm_up + load.measured + PATIENCE;
    if tokio::time::timeout(limit, everyone).await.is_err() {
        shared.failed("not answered in time", tasks.len() as u64);
    }
    let unasked = schedule.total.saturating_sub(line.next.get());
    if unasked > 0 {
        shared.failed("due and never asked", u64::from(unasked));
    }
    Ok(())
}

/// Says on a thread of its own what is due.
fn keep_time(schedule: Schedule, due: Arc<Semaphore>) -> Result<(), BenchError> {
    let keep = move || {
        let mut told = 0;
        while told < schedule.total && !due.is_closed() {
            let by_now = schedule.due_by(Instant::now());
            due.add_permits((by_now - told) as usize);
            told = by_now;
            let until_next = schedule.due(told).saturating_duration_since(Instant::now());
            std::thread::sleep(until_next.clamp(TICK, Duration::from_millis(100)));
        }
    };
    std::thread::Builder::new().name("bench-clock".to_owned()).spawn(keep).map_err(BenchError::Thread)?;
    Ok(())
}

async fn ask(mut connection: Connection, mut requests: Requests, line: Rc<Line>) {
    while line.next.get() < line.schedule.total {
        let Ok(permit) = line.due.acquire().await else { return };
        permit.forget();
        let number = line.next.get();
        line.next.set(number + 1);
        if number + 1 >= line.schedule.total {
            // Whoever still waits for a request waits in vain.
            line.due.close();
        }
        let due = line.schedule.due(number);
        let asked = requests.next();
        match connection.call(requests.text()).await {
            Ok(answer) => {
                let timed = line.timed && line.shared.window().holds(due);
                line.shared.answered(asked, &answer, due, timed);
                requests.taken(answer.body);
            }
            Err(error) => return line.shared.unanswered(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_follows_the_rate() {
        let begins = Instant::now();
        let schedule = Schedule::new(begins, begins + Duration::from_secs(3), 400.0);
        assert_eq!(schedule.total, 1_200);
        assert_eq!(schedule.due(0), begins);
        assert_eq!(schedule.due(400), begins + Duration::from_secs(1));
        assert_eq!(schedule.due_by(begins), 1);
        assert_eq!(schedule.due_by(begins + Duration::from_millis(1_001)), 401);
        assert_eq!(schedule.due_by(begins + Duration::from_secs(9)), 1_200);
    }
}
