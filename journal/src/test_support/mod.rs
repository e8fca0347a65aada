//! A journal in memory, for tests and simulations. Not part of the product: see the feature `test-support`.

mod memory;
mod unfenced;

pub use memory::MemoryJournal;
pub use unfenced::unfenced;
