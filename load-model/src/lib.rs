//! A generated merchant and the life of its orders, as commands: one description for the demo, the benchmark and tests.
//!
//! [`Scenario`] generates a whole day of a merchant from a seed. [`OrderLife`] has the commands of one order from creation
//! to delivery, and [`simple`] the smallest order and the stock that it needs. [`bulk_lines`] encodes commands for HTTP.

mod bulk;
mod order_life;
pub mod random;
mod scenario;
pub mod simple;

use holdfast_domain::values::{QuantityError, Sku, TextError};

pub use bulk::bulk_lines;
pub use order_life::{OrderLife, Step};
pub use scenario::{PlannedOrder, Scenario};

/// A generated value is invalid: a defect of the generator.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A generated text is invalid.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A generated quantity is invalid.
    #[error(transparent)]
    Quantity(#[from] QuantityError),
    /// A distribution has no ranks.
    #[error(transparent)]
    Weights(#[from] rand::distr::weighted::Error),
}

/// The name of the SKU with a popularity rank, counted from 0: `SKU-00001` is the most popular one.
#[derive(Debug, Clone, Copy)]
pub struct SkuName(pub usize);

impl std::fmt::Display for SkuName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SKU-{:05}", self.0 + 1)
    }
}

/// The SKU with a popularity rank, counted from 0.
pub fn sku(rank: usize) -> Result<Sku, ModelError> {
    Ok(Sku::new(&SkuName(rank).to_string())?)
}
