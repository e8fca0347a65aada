//! Formats of journals: which events a journal may contain.
//!
//! During an upgrade, programs of two versions use one store. The older program must not find events that it cannot read:
//! the newer one writes new types and versions of events only if the journal's format allows them.

/// Types of events, their versions, and the format that a journal must have for them. All others need the first format.
const LATER: &[(&str, u32, u32)] = &[];

/// The lowest format of a journal that may contain events of a type and version.
pub fn needed_for(name: &str, version: u32) -> u32 {
    let is_it = |(later, since, _): &&(&str, u32, u32)| (*later, *since) == (name, version);
    LATER.iter().find(is_it).map_or(1, |(.., format)| *format)
}
