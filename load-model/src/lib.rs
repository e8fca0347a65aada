//! A made-up merchant and the life of its orders: one description for the demo, the benchmark and tests.

pub mod random;
pub mod world;
