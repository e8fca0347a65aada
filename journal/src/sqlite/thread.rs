//! Connections on threads of their own: SQLite blocks, the caller must not.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::error::JournalError;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Jobs that wait at most. Every caller waits for its own, so this bounds callers, not work.
const QUEUE: usize = 256;

/// One thread for every connection, all taking jobs from one queue. They end when this is dropped.
#[derive(Debug)]
pub(super) struct ConnectionThread {
    jobs: Option<mpsc::Sender<Job>>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl ConnectionThread {
    pub(super) fn start(name: &str, connections: Vec<Connection>) -> Result<Self, JournalError> {
        let (jobs, queue) = mpsc::channel::<Job>(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        let mut threads = Vec::with_capacity(connections.len());
        for mut connection in connections {
            let queue = Arc::clone(&queue);
            let work = move || {
                loop {
                    let job = queue.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
                    match job {
                        // A job that panics has rolled back while unwinding, and leaves its caller unanswered.
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

    /// Runs a job on a connection. An error means that it is not known whether it ran.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Result<T, JournalError> {
        let gone = || JournalError::Unavailable("the connection's thread gave no answer".to_owned());
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Nobody waiting any more is no error: the job has done its work.
            let _ = reply.send(job(connection));
        });
        self.jobs.as_ref().ok_or_else(gone)?.send(job).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    }
}

impl Drop for ConnectionThread {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}
