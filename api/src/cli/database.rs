//! Where a store is, as it is given on the command line.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where a store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// Embedded, in a directory.
    Sqlite(PathBuf),
}

/// Why a text does not say where a store is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// A store that this program has no journal for.
    #[error(
        "{0} is not supported by this version: give sqlite: and a directory, such as sqlite:./holdfast-data"
    )]
    Unsupported(String),
    /// The directory is missing.
    #[error("the directory is missing: give sqlite: and a directory, such as sqlite:./holdfast-data")]
    NoDirectory,
    /// `//host/...` means nothing to an embedded store.
    #[error("an embedded store has no host: write sqlite:{0} without the two slashes")]
    Host(String),
}

impl Database {
    /// The directory of an embedded store.
    pub fn directory(&self) -> &Path {
        match self {
            Self::Sqlite(directory) => directory,
        }
    }
}

impl FromStr for Database {
    type Err = DatabaseError;

    fn from_str(text: &str) -> Result<Self, DatabaseError> {
        let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
        if scheme != "sqlite" {
            // A URL of a server may carry a password: only its scheme is repeated.
            let named = if scheme.is_empty() { "a database without a scheme" } else { scheme };
            return Err(DatabaseError::Unsupported(named.to_owned()));
        }
        if let Some(path) = rest.strip_prefix("//") {
            return Err(DatabaseError::Host(path.to_owned()));
        }
        if rest.is_empty() {
            return Err(DatabaseError::NoDirectory);
        }
        Ok(Self::Sqlite(PathBuf::from(rest)))
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(directory) => write!(f, "sqlite:{}", directory.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_after_sqlite_is_an_embedded_store() {
        for directory in ["./shop", "shop", "/var/lib/shop", "a b", "C:\\shop"] {
            let text = format!("sqlite:{directory}");
            let database: Database = text.parse().unwrap();
            assert_eq!(database, Database::Sqlite(directory.into()));
            assert_eq!(database.to_string(), text);
        }
    }

    #[test]
    fn anything_else_is_refused_and_no_password_is_repeated() {
        let refused = |text: &str| text.parse::<Database>().unwrap_err();
        assert_eq!(refused("sqlite:"), DatabaseError::NoDirectory);
        assert_eq!(refused("sqlite:///x"), DatabaseError::Host("/x".to_owned()));
        assert!(matches!(refused("./shop"), DatabaseError::Unsupported(_)));
        assert!(matches!(refused(""), DatabaseError::Unsupported(_)));
        let server = refused("postgres://me:secret@host/shop");
        assert!(server.to_string().starts_with("postgres is not supported"), "{server}");
        assert!(!server.to_string().contains("secret"));
    }
}
