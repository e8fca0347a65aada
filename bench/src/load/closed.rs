//! A closed loop, which measures throughput: each connection sends its next request when the last one was answered.

use std::rc::Rc;
use std::time::Instant;

use tokio::task::JoinSet;

use super::{BenchError, Connection, Counters, Load, Requests, connect};

/// Runs until the window ends and every request is answered.
pub async fn run(load: &Load, counters: &Rc<Counters>) -> Result<(), BenchError> {
    let mut tasks = JoinSet::new();
    for (connection, requests) in connect(load, 0, load.connections).await? {
        tasks.spawn_local(send(connection, requests, Rc::clone(counters)));
    }
    counters.join(tasks).await;
    Ok(())
}

async fn send(mut connection: Connection, mut requests: Requests, counters: Rc<Counters>) {
    loop {
        let sent_at = Instant::now();
        if sent_at >= counters.window.ends {
            return;
        }
        let kind = requests.prepare();
        match connection.call(requests.bytes()).await {
            Ok(answer) => {
                let timed = counters.window.contains(Instant::now());
                counters.answered(kind, &answer, sent_at, timed);
                requests.remember_order(answer.body);
            }
            Err(error) => return counters.unanswered(&error),
        }
    }
}
