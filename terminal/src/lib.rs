//! What command-line programs share: results on standard output, progress on standard error, and signals.

pub mod output;
mod signals;
mod wire_name;

pub use signals::stop_signal;
pub use wire_name::wire_name;
