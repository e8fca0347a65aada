//! Packages that left a location together.

pub(super) mod ship;
