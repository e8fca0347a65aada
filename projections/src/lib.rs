//! The read side: the projection runner and the read models.
//!
//! A [`Projection`] is a pure fold: an event names the row it touches, and `fold` says what it makes of the row.
//! The runner reads a span of the journal after the checkpoint, folds it in memory, and writes the rows and the
//! checkpoint in one transaction. Read models are disposable: delete `views.db`, or the tables, and they are folded
//! again. [`ViewStore`] is SQLite for one node or PostgreSQL for several, with the same result.

mod ahead;
mod availability;
mod causation;
mod checkpoint;
mod compare;
mod error;
mod folding;
mod generation;
mod giving_way;
mod keeper;
mod lease;
mod metrics;
mod moment;
mod order_status;
mod parked;
mod progress;
mod projection;
mod projections;
mod rebuild;
mod refold;
mod removal;
mod retry;
mod runner;
mod store;
#[cfg(test)]
mod tests;

pub use availability::{Asked, Availability, Fillable, Milestone};
pub use causation::{Causation, CommandSpan, Link};
pub use error::ViewError;
pub use generation::{Generation, GenerationState};
pub use metrics::{
    AfterCell, Amounts, Figures, Measure, MetricCell, Metrics, MetricsFilter, Parting, Period,
};
pub use moment::{Moment, Reached};
pub use order_status::{
    BoardEntry, BoardSummary, DueOrder, FulfillmentOrderFilter, FulfillmentOrderRow, OrderFilter, OrderRow,
    OrderSort, Orders, Page, Stage,
};
pub use parked::ParkedStream;
pub use progress::{Progress, ProjectionState};
pub use projection::{Kind, Projection, Recorded, Scope, Table, TableColumn};
pub use projections::{Manage, Projections};
pub use refold::{Proof, Proven, Refold};
pub use retry::Retried;
pub use store::{Column, Row, Statement, Upsert, Value, ViewConnection, ViewStore};
