//! The location of a store, and opening its journal and read models.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use holdfast_journal::{Journal, JournalError, PostgresJournal, SqliteJournal};
use holdfast_projections::{ViewError, ViewStore};

/// The location of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// An embedded store in a directory, for one node.
    Sqlite(PathBuf),
    /// A database on a server, for any number of nodes.
    Postgres(PostgresUrl),
}

/// The URL of a PostgreSQL database. It may contain a password, which is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for PostgresUrl {
    /// Prints host and database, without user, password and parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = self.0.split_once("//").map_or("", |(_, rest)| rest);
        let address = rest.split(['?', '#']).next().unwrap_or("");
        let address = address.rsplit_once('@').map_or(address, |(_, address)| address);
        write!(f, "postgres://{address}")
    }
}

/// Why a text is not the location of a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// The scheme is unknown.
    #[error(
        "{0} is not supported: use sqlite:DIRECTORY, such as sqlite:./holdfast-data, or \
         postgres://user@host:5432/database"
    )]
    Unsupported(String),
    /// The directory is missing.
    #[error("the directory is missing: use sqlite:DIRECTORY, such as sqlite:./holdfast-data")]
    NoDirectory,
    /// The location of an embedded store begins with `//`.
    #[error("an embedded store has no host: use sqlite:{0}, without the two slashes")]
    Host(String),
    /// The server is missing.
    #[error("the server is missing: use a URL such as postgres://user@host:5432/database")]
    NoServer,
}

impl Database {
    /// The directory of an embedded store. `None` for a database on a server.
    pub fn directory(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(directory) => Some(directory),
            Self::Postgres(_) => None,
        }
    }

    /// Opens the journal for writing, and creates it if it does not exist. An embedded journal is locked for other processes.
    pub async fn journal(&self) -> Result<Arc<dyn Journal>, JournalError> {
        Ok(match self {
            Self::Sqlite(directory) => Arc::new(SqliteJournal::open(directory)?),
            Self::Postgres(url) => Arc::new(PostgresJournal::connect(&url.0).await?),
        })
    }

    /// Opens an existing journal for reading. Other processes may write to it.
    pub async fn journal_to_read(&self) -> Result<Arc<dyn Journal>, JournalError> {
        Ok(match self {
            Self::Sqlite(directory) => Arc::new(SqliteJournal::open_read_only(directory)?),
            Self::Postgres(url) => Arc::new(PostgresJournal::connect_existing(&url.0).await?),
        })
    }

    /// Opens the read models, and creates them if they do not exist.
    pub async fn views(&self) -> Result<ViewStore, ViewError> {
        match self {
            Self::Sqlite(directory) => ViewStore::open(directory).await,
            Self::Postgres(url) => ViewStore::connect(&url.0).await,
        }
    }

    /// Opens existing read models for reading, without migration. Other processes may write to them.
    pub async fn views_to_read(&self) -> Result<ViewStore, ViewError> {
        match self {
            Self::Sqlite(directory) => ViewStore::open_existing(directory).await,
            Self::Postgres(url) => ViewStore::connect_existing(&url.0).await,
        }
    }
}

impl FromStr for Database {
    type Err = DatabaseError;

    fn from_str(text: &str) -> Result<Self, DatabaseError> {
        let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
        match scheme {
            "sqlite" => match rest.strip_prefix("//") {
                Some(path) => Err(DatabaseError::Host(path.to_owned())),
                None if rest.is_empty() => Err(DatabaseError::NoDirectory),
                None => Ok(Self::Sqlite(PathBuf::from(rest))),
            },
            "postgres" | "postgresql" => match rest.strip_prefix("//") {
                Some(server) if !server.is_empty() => Ok(Self::Postgres(PostgresUrl(text.to_owned()))),
                _ => Err(DatabaseError::NoServer),
            },
            // The text may contain a password, so the error repeats the scheme only.
            "" => Err(DatabaseError::Unsupported("a database without a scheme".to_owned())),
            other => Err(DatabaseError::Unsupported(other.to_owned())),
        }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(directory) => write!(f, "sqlite:{}", directory.display()),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_with_a_directory_is_an_embedded_store() {
        for directory in ["./shop", "shop", "/var/lib/shop", "a b", "C:\\shop"] {
            let text = format!("sqlite:{directory}");
            let database: Database = text.parse().unwrap();
            assert_eq!(database, Database::Sqlite(directory.into()));
            assert_eq!(database.to_string(), text);
        }
    }

    #[test]
    fn a_server_is_printed_without_user_password_and_parameters() {
        for (text, shown) in [
            ("postgres://me:secret@host:5433/shop?sslmode=verify-full", "postgres://host:5433/shop"),
            ("postgresql://host/shop", "postgres://host/shop"),
            ("postgres://me:s@cret@host/shop?password=secret", "postgres://host/shop"),
        ] {
            let database: Database = text.parse().unwrap();
            assert_eq!(database.to_string(), shown);
            assert_eq!(format!("{database:?}"), format!("Postgres({shown})"));
            assert_eq!(database.directory(), None);
        }
    }

    #[test]
    fn other_texts_are_rejected_without_repeating_a_password() {
        let rejected = |text: &str| text.parse::<Database>().unwrap_err();
        assert_eq!(rejected("sqlite:"), DatabaseError::NoDirectory);
        assert_eq!(rejected("sqlite:///x"), DatabaseError::Host("/x".to_owned()));
        assert_eq!(rejected("postgres:shop"), DatabaseError::NoServer);
        assert_eq!(rejected("postgres://"), DatabaseError::NoServer);
        assert!(matches!(rejected("./shop"), DatabaseError::Unsupported(_)));
        assert!(matches!(rejected(""), DatabaseError::Unsupported(_)));
        let server = rejected("mysql://me:secret@host/shop");
        assert!(server.to_string().starts_with("mysql is not supported"), "{server}");
        assert!(!server.to_string().contains("secret"));
    }
}
