//! Real faults under load. Each ends with every promise checked from the outside.

mod check;
mod database;
mod failover;
mod load;
mod network;
mod nodes;
mod proxy;
