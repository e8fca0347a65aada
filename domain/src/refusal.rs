//! What all refusals have in common.

/// What kind of "no" it is, for callers that only sort by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// What the command is about does not exist.
    NotFound,
    /// The command is well formed but means nothing here, such as an unknown SKU.
    Invalid,
    /// The state of things does not allow it now.
    Conflict,
    /// It was made for a version that is no longer the current one.
    Outdated,
}

/// Why a command was refused: a code for machines, the `Display` text for people.
pub trait Refusal: std::error::Error {
    /// The stable code. Never renamed.
    fn code(&self) -> &'static str;

    /// What kind of refusal it is.
    fn class(&self) -> Class;

    /// The field that it is about, as a JSON pointer into the command.
    fn pointer(&self) -> Option<String> {
        None
    }

    /// More for machines, by name.
    fn details(&self) -> Option<(&'static str, serde_json::Value)> {
        None
    }
}
