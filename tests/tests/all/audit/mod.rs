//! Histories, causal chains, states at a position, and the detection of tampering.

mod as_of;
mod causation;
mod stock_history;
mod tampering;
