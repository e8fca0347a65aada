//! Stock: backorders, movements between locations, and promises.

mod backorders;
mod movements;
mod promises;
