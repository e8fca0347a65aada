//! The read side: read models, and the runtime that keeps them up to date.
//!
//! * `runtime`: reads the journal after a checkpoint, applies the events to rows in memory, and writes rows and
//!   checkpoint in one transaction. A `Projection` is a pure fold: an event names the row it changes, and `fold`
//!   computes the row's next state.
//! * `read_models`: the five read models and their queries.
//! * `rebuild`: builds, compares, activates and deletes generations of a read model, and verifies them against the
//!   journal.
//! * `store`: SQL for SQLite (one node) and PostgreSQL (several nodes), with the same results.
//!
//! Read models are disposable: delete `views.db`, or the tables, and they are rebuilt from the journal.

mod error;
mod projections;
mod read_models;
mod rebuild;
mod runtime;
mod store;
#[cfg(test)]
mod tests;

pub use error::ViewError;
pub use projections::{ProjectionManager, Projections};
pub use read_models::availability::{Availability, AvailabilityFilter, FillableSku, StockSnapshot};
pub use read_models::cart_reservations::CartReservations;
pub use read_models::causation::{Causation, CommandLink, CommandRange};
pub use read_models::due::Due;
pub use read_models::order_metrics::{
    GroupBy, Measure, MeasureTotals, MetricCell, MetricCursor, Metrics, MetricsFilter, Period, PeriodMetrics,
};
pub use read_models::orders::{
    BoardEntry, BoardSummary, FulfillmentOrderFilter, FulfillmentOrderRow, OrderFilter, OrderRow, OrderSort,
    Orders, Page, Stage,
};
pub use read_models::read_snapshot::{ReadSnapshot, SnapshotPosition};
pub use rebuild::verification::{Verification, VerificationReport, VerificationResult};
pub use runtime::generation::{Generation, GenerationState};
pub use runtime::parked::ParkedStream;
pub use runtime::progress::{Progress, ProjectionState};
pub use runtime::retry::RetryResult;
pub use store::ViewStore;
