//! Several nodes over one database: addresses, reads after writes, upgrades and faults.

mod faults;
mod node_addresses;
mod read_your_writes;
mod upgrade;
