//! The common form of all refusals.

/// The class of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The object of the command does not exist.
    NotFound,
    /// The command is well formed and invalid, such as an unknown SKU.
    Invalid,
    /// The current state does not allow it.
    Conflict,
    /// The current state does not allow it. The same command may succeed a little later, so the refusal does not become the outcome
    /// of the command's key.
    Transient,
    /// The command expects another version than the current one.
    Outdated,
}

/// Why a command was refused: a code for machines, the `Display` text for people.
pub trait Refusal: std::error::Error {
    /// The stable code, and the class.
    fn kind(&self) -> (&'static str, Class);

    /// The stable code.
    fn code(&self) -> &'static str {
        self.kind().0
    }

    /// The class.
    fn class(&self) -> Class {
        self.kind().1
    }

    /// A JSON pointer to the invalid field of the command; absent if the refusal is not about one.
    fn pointer(&self) -> Option<String> {
        None
    }

    /// Further data for machines, by name.
    fn details(&self) -> Option<(&'static str, serde_json::Value)> {
        None
    }
}
