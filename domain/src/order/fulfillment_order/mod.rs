//! The part of an order that one location fills.

pub(super) mod assignment;
pub(super) mod pick_pack;
