//! `metrics`: order counts, units and cycle times, by minute and hour, channel and location.

pub(crate) mod cells;
mod facts;
mod measure;
mod period;
mod projection;
mod query;

pub use cells::{MetricCell, MetricCursor};
pub use measure::Measure;
pub use period::Period;
pub use projection::MetricsProjection;
pub use query::{GroupBy, MeasureTotals, Metrics, MetricsFilter, PeriodMetrics};
