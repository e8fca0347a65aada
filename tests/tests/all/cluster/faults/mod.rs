//! Faults of servers, network and database under load. Each test then checks all guarantees from the outside.

mod check;
mod database;
mod failover;
mod load;
mod network;
mod nodes;
mod proxy;
