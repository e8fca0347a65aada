//! Formats of journals: which events may be written to which.
//!
//! Programs of two versions may write to one store for a while, side by side. What an older one cannot read it must never
//! find there, so a newer one writes new types and versions of events only where the journal's format says that it may.

/// Types of events, their versions and the format that a journal must have for them. What is not here belongs to the first.
const LATER: &[(&str, u32, u32)] = &[];

/// The least format of a journal to which events of a type and version may be written.
pub fn needed_for(name: &str, version: u32) -> u32 {
    let is_it = |(later, since, _): &&(&str, u32, u32)| (*later, *since) == (name, version);
    LATER.iter().find(is_it).map_or(1, |(.., format)| *format)
}
