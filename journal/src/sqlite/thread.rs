//! Connections on dedicated threads: SQLite blocks its thread, which must not be one of the asynchronous runtime.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::error::JournalError;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The maximum number of queued jobs.
const MAX_QUEUED_JOBS: usize = 256;

/// One thread for every connection. All threads take jobs from one queue, and end when this is dropped.
#[derive(Debug)]
pub(super) struct ConnectionThreads {
    jobs: Option<mpsc::Sender<Job>>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl ConnectionThreads {
    pub(super) fn start(name: &str, connections: Vec<Connection>) -> Result<Self, JournalError> {
        let (jobs, queue) = mpsc::channel::<Job>(MAX_QUEUED_JOBS);
        let queue = Arc::new(Mutex::new(queue));
        let mut threads = Vec::with_capacity(connections.len());
        for mut connection in connections {
            let queue = Arc::clone(&queue);
            let work = move || {
                loop {
                    let job = queue.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
                    match job {
                        // A job that panics rolls back and drops the sender of its caller's reply.
                        Some(job) => drop(catch_unwind(AssertUnwindSafe(|| job(&mut connection)))),
                        None => return,
                    }
                }
            };
            let started = thread::Builder::new().name(name.to_owned()).spawn(work);
            threads.push(started.map_err(|e| JournalError::Unavailable(e.to_string()))?);
        }
        Ok(Self { jobs: Some(jobs), threads })
    }

    /// Runs a job on a connection. After an error, the job may have run or not.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Result<T, JournalError> {
        let gone = || JournalError::Unavailable("the database thread has ended or panicked".to_owned());
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // The caller may have stopped waiting.
            let _ = reply.send(job(connection));
        });
        self.jobs.as_ref().ok_or_else(gone)?.send(job).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    }
}

impl Drop for ConnectionThreads {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // The panic of a thread was already reported.
            let _ = thread.join();
        }
    }
}
