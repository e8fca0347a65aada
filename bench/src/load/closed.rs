//! Closed loop: each connection asks again as soon as it is answered. What is measured is how much is done.

use std::rc::Rc;
use std::time::Instant;

use tokio::task::JoinSet;

use super::{BenchError, Connection, Load, PATIENCE, Requests, Shared, connect};

/// Runs it until the window ends and everything that was asked is answered.
pub async fn run(load: &Load, shared: &Rc<Shared>) -> Result<(), BenchError> {
    let mut tasks = JoinSet::new();
    for (connection, requests) in connect(load, 0, load.connections).await? {
        tasks.spawn_local(ask(connection, requests, Rc::clone(shared)));
    }
    let everyone = async { while tasks.join_next().await.is_some() {} };
    let limit = load.warm_up + load.measured + PATIENCE;
    if tokio::time::timeout(limit, everyone).await.is_err() {
        shared.failed("not answered in time", tasks.len() as u64);
    }
    Ok(())
}

async fn ask(mut connection: Connection, mut requests: Requests, shared: Rc<Shared>) {
    loop {
        let began = Instant::now();
        if began >= shared.window().ends {
            return;
        }
        let asked = requests.next();
        match connection.call(requests.text()).await {
            Ok(answer) => {
                let timed = shared.window().holds(Instant::now());
                shared.answered(asked, &answer, began, timed);
                requests.taken(answer.body);
            }
            Err(error) => return shared.unanswered(&error),
        }
    }
}
