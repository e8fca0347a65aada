//! The write side: executes commands, exactly once per idempotency key.
//!
//! [`Commands::submit`] puts a [`Request`] on the bounded queue of its merchant. The merchant's writer decides it together
//! with other queued commands, appends events and outcomes in one conditional transaction, and then sends the [`Reply`]. The
//! folder `execution` contains the execution of each command.

mod answer;
mod budget;
mod claims;
pub mod client;
mod clock;
mod cluster;
mod command;
mod committer;
mod execution;
mod privacy;
mod process_manager;
mod raw_json;
mod request;
mod reservation_index;
mod retention;
mod service;
mod settings;
mod writer;

pub use answer::{Answer, CommandState, NotExecuted, Refused, Reply};
pub use claims::verify_claims;
pub use clock::{Clock, SystemClock};
pub use cluster::{LINK_QUEUE, Link, Membership, PeerGone, Peers};
pub use command::{AnyCommand, COMMANDS, CommandGroup, CommandSchema, InvalidGroup};
pub use execution::cached_stream::{decode, fold_cart_reservation, fold_order, stream_of};
pub use execution::{
    GroupAnswer, ReturnAnswer, ShipmentAnswer, StockAnswer, StockReportAnswer, SupplyAnswer, TransferAnswer,
};
pub use privacy::{MasterKey, Vault, VaultError};
pub use process_manager::{DueCommand, DueWork, ProcessManager};
pub use request::{Caller, Metadata, Request, Sender};
pub use reservation_index::ReservationIndex;
pub use retention::refusals_kept_since;
pub use service::Commands;
pub use settings::Settings;
