//! A circuit breaker: while the database does not respond, calls fail at once instead of waiting for their timeouts.
//!
//! See Nygard, "Release It!", 2007. Without it, all callers would wait in vain, and all of them would call a database
//! that has just come back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::{AppendError, JournalError};

/// The number of failures in a row that opens the circuit.
const MAX_FAILURES: u32 = 5;
/// The maximum duration of a call: more than the server allows a statement, for a server that no longer responds.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);
/// The time between two trial calls while the circuit is open.
const TRIAL_INTERVAL: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
struct Circuit {
    failures: u32,
    /// The time of the next trial call. `None` while the circuit is closed.
    open_until: Option<Instant>,
}

impl Circuit {
    /// True if a call must fail now. While the circuit is open, one call per interval is let through as a trial.
    fn rejects(&mut self, now: Instant) -> bool {
        match self.open_until {
            Some(until) if now < until => true,
            Some(_) => {
                self.open_until = Some(now + TRIAL_INTERVAL);
                false
            }
            None => false,
        }
    }

    fn record(&mut self, failed: bool, now: Instant) {
        if !failed {
            if self.open_until.is_some() {
                tracing::info!("the database responds again");
            }
            *self = Self::default();
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures == MAX_FAILURES {
            tracing::error!("the database does not respond; commands are not executed until it does");
        }
        if self.failures >= MAX_FAILURES {
            self.open_until = Some(now + TRIAL_INTERVAL);
        }
    }
}

/// Decides whether the database is called, from the results of the calls before.
#[derive(Debug, Default)]
pub(super) struct CircuitBreaker(Mutex<Circuit>);

impl CircuitBreaker {
    fn circuit(&self) -> MutexGuard<'_, Circuit> {
        // No code can panic while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, failed: bool) {
        self.circuit().record(failed, Instant::now());
    }

    /// The reason why the database must not be called now, if there is one.
    pub(super) fn rejection(&self) -> Option<String> {
        let rejects = self.circuit().rejects(Instant::now());
        rejects.then(|| "recent calls have failed; the next attempt follows within a second".to_owned())
    }

    /// Calls the database unless the circuit is open.
    pub(super) async fn call<T>(
        &self,
        call: impl Future<Output = Result<T, JournalError>>,
    ) -> Result<T, JournalError> {
        match self.rejection() {
            Some(reason) => Err(JournalError::Unavailable(reason)),
            None => self.call_always(call).await,
        }
    }

    /// Calls the database even if the circuit is open.
    pub(super) async fn call_always<T>(
        &self,
        call: impl Future<Output = Result<T, JournalError>>,
    ) -> Result<T, JournalError> {
        let timed_out = || Err(JournalError::Unavailable("the database does not respond".to_owned()));
        let result = tokio::time::timeout(CALL_TIMEOUT, call).await.unwrap_or_else(|_| timed_out());
        self.record(matches!(result, Err(JournalError::Unavailable(_))));
        result
    }

    /// Records the results of one append.
    pub(super) fn record_append(&self, results: &[Result<(), AppendError>]) {
        let failed = |result: &Result<(), AppendError>| {
            matches!(result, Err(AppendError::Unavailable(_) | AppendError::Unknown(_)))
        };
        self.record(!results.is_empty() && results.iter().all(failed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_circuit_lets_one_trial_call_through_per_interval() {
        let started_at = Instant::now();
        let mut circuit = Circuit::default();
        for _ in 1..MAX_FAILURES {
            circuit.record(true, started_at);
        }
        assert!(!circuit.rejects(started_at), "still closed");
        circuit.record(true, started_at);
        assert!(circuit.rejects(started_at));

        let later = started_at + TRIAL_INTERVAL;
        assert!(!circuit.rejects(later), "one trial call");
        assert!(circuit.rejects(later), "only one");
        circuit.record(true, later);
        assert!(circuit.rejects(later + TRIAL_INTERVAL / 2));
        assert!(!circuit.rejects(later + TRIAL_INTERVAL));
        circuit.record(false, later + TRIAL_INTERVAL);
        assert!(!circuit.rejects(later + TRIAL_INTERVAL));
    }

    #[test]
    fn failures_with_a_success_in_between_do_not_add_up() {
        let mut circuit = Circuit::default();
        for _ in 0..MAX_FAILURES {
            circuit.record(true, Instant::now());
            circuit.record(false, Instant::now());
        }
        assert!(!circuit.rejects(Instant::now()));
    }

    fn fail() -> impl Future<Output = Result<(), JournalError>> {
        std::future::ready(Err(JournalError::Unavailable("test".to_owned())))
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_circuit_makes_calls_only_where_they_are_always_made() {
        let breaker = CircuitBreaker::default();
        for _ in 0..MAX_FAILURES {
            breaker.call(fail()).await.unwrap_err();
        }
        let not_made = async { panic!("the database was called") };
        let rejected: Result<(), _> = breaker.call(not_made).await;
        assert!(matches!(rejected, Err(JournalError::Unavailable(_))));
        assert_eq!(breaker.call_always(async { Ok(7) }).await, Ok(7));
        assert_eq!(breaker.call(async { Ok(8) }).await, Ok(8), "the success has closed the circuit");
    }

    #[tokio::test(start_paused = true)]
    async fn an_append_fails_if_every_batch_of_it_fails_for_the_database() {
        let unavailable = || Err(AppendError::Unavailable("test".to_owned()));
        for (results, is_open) in [
            (vec![unavailable(), unavailable()], true),
            (vec![unavailable(), Err(AppendError::Forked)], false),
            (vec![], false),
        ] {
            let breaker = CircuitBreaker::default();
            for _ in 0..MAX_FAILURES {
                breaker.record_append(&results);
            }
            assert_eq!(breaker.rejection().is_some(), is_open, "{results:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_never_ends_times_out_and_counts_as_a_failure() {
        let breaker = CircuitBreaker::default();
        for _ in 0..MAX_FAILURES {
            let timed_out: Result<(), _> = breaker.call(std::future::pending()).await;
            assert!(matches!(timed_out, Err(JournalError::Unavailable(_))));
        }
        assert!(breaker.rejection().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn damaged_data_does_not_open_the_circuit() {
        let breaker = CircuitBreaker::default();
        for _ in 0..MAX_FAILURES {
            let corrupt: Result<(), _> =
                breaker.call(async { Err(JournalError::Corrupt("test".to_owned())) }).await;
            assert!(matches!(corrupt, Err(JournalError::Corrupt(_))));
        }
        assert_eq!(breaker.rejection(), None);
    }
}
