//! A journal in memory, for tests and simulations. Not part of the product: see the feature `test-support`.

mod memory;
mod without_fence;

pub use memory::MemoryJournal;
pub use without_fence::without_fence;
