//! End to end, fault and property tests of the whole house, and what they need of other programs.

pub mod postgres;
