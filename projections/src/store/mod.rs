//! The database of the read models: SQLite for one node, PostgreSQL for several.
//!
//! A read model describes its reads and writes once, with [`Statement`], [`Upsert`] and [`ViewConnection`]. The modules
//! `sqlite` and `postgres` contain what differs between the two databases.

mod connection;
mod insert;
mod postgres;
mod row;
mod schema;
mod sqlite;
mod statement;
mod table;
#[cfg(test)]
mod tests;
mod upsert;
mod view_store;

pub use connection::{Tables, ViewConnection};
pub use insert::Presence;
pub use row::Row;
pub use statement::{Statement, Value};
pub use table::{ColumnKind, Scope, Table, TableColumn};
pub use upsert::Upsert;
pub use view_store::ViewStore;
