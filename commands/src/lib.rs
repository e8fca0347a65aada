//! The write side: command handlers, idempotency and the writer.
//!
//! A [`Request`] is given to [`Commands::submit`], which puts it on its merchant's bounded queue. The merchant's
//! writer decides it together with what else waits, appends events and outcomes in one conditional transaction,
//! and answers with a [`Reply`] once that is durable. The folder `execution` carries
//! commands out: following `CreateOrder` from there takes you through everything that happens to it.

mod answer;
mod budget;
mod claims;
pub mod client;
mod clock;
mod command;
mod committer;
mod execution;
mod holders;
mod nodes;
mod privacy;
mod process_manager;
mod request;
mod retention;
mod service;
mod settings;
mod writer;

pub use answer::{Answer, CommandState, NotExecuted, Refused, Reply};
pub use claims::verify_claims;
pub use clock::{Clock, SystemClock};
pub use command::{AnyCommand, COMMANDS, CommandSchema};
pub use execution::cached_stream::{decode, fold_order, stream_of};
pub use execution::{
    CountAnswer, LocationView, PolicyView, ReturnAnswer, ShipmentAnswer, SupplyAnswer, TransferAnswer,
};
pub use holders::Holders;
pub use nodes::{LINK_QUEUE, Link, Membership, PeerGone, Peers};
pub use privacy::{MasterKey, Vault, VaultError};
pub use process_manager::{DueCommand, DueWork, ProcessManager};
pub use request::{Caller, Metadata, Request, Sender};
pub use retention::refusals_kept_since;
pub use service::Commands;
pub use settings::Settings;
