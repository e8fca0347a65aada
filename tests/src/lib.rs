//! End to end, fault and property tests of the whole house.

pub mod postgres;
