//! A merchant's locations: where goods are kept and orders ship from.

mod commands;
mod decide;
mod events;
mod evolve;
mod refusals;
mod state;
#[cfg(test)]
mod tests;

pub use commands::{NetworkCommand, PauseLocation, RegisterLocation, ResumeLocation};
pub use events::{
    LocationChanged, LocationDetails, LocationPaused, LocationRegistered, LocationResumed, NetworkEvent,
};
pub use refusals::NetworkRefusal;
pub use state::{Location, Network};

use decide::decide;
use evolve::evolve;

crate::aggregate::pure_aggregate!(Network, "network", NetworkCommand, NetworkEvent, NetworkRefusal);
