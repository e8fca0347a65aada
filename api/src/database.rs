//! Where a store is, and what is kept there.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use holdfast_journal::{Journal, JournalError, PostgresJournal, SqliteJournal};
use holdfast_projections::{ViewError, ViewStore};

/// Where a store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// Embedded, in a directory.
    Sqlite(PathBuf),
    /// On a server, for any number of nodes.
    Postgres(PostgresUrl),
}

/// The URL of a PostgreSQL database. It may hold a password, which is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for PostgresUrl {
    /// Only where it leads to: neither who calls nor what else is said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = self.0.split_once("//").map_or("", |(_, rest)| rest);
        let place = rest.split(['?', '#']).next().unwrap_or("");
        let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
        write!(f, "postgres://{place}")
    }
}

/// Why a text does not say where a store is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// A store that this program has no journal for.
    #[error(
        "{0} is not supported: give sqlite: and a directory, such as sqlite:./holdfast-data, or postgres:// and \
         where the database is"
    )]
    Unsupported(String),
    /// The directory is missing.
    #[error("the directory is missing: give sqlite: and a directory, such as sqlite:./holdfast-data")]
    NoDirectory,
    /// `//host/...` means nothing to an embedded store.
    #[error("an embedded store has no host: write sqlite:{0} without the two slashes")]
    Host(String),
    /// Nothing follows `postgres:` by which a server could be found.
    #[error("the server is missing: give a URL such as postgres://user@host:5432/database")]
    NoServer,
}

impl Database {
    /// The directory of an embedded store.
    pub fn directory(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(directory) => Some(directory),
            Self::Postgres(_) => None,
        }
    }

    /// Opens or creates the journal, to write to it. An embedded one is this process's alone from now on.
    pub async fn journal(&self) -> Result<Arc<dyn Journal>, JournalError> {
        Ok(match self {
            Self::Sqlite(directory) => Arc::new(SqliteJournal::open(directory)?),
            Self::Postgres(url) => Arc::new(PostgresJournal::connect(&url.0).await?),
        })
    }

    /// Opens an existing journal to read it, while others may write to it.
    pub async fn journal_to_read(&self) -> Result<Arc<dyn Journal>, JournalError> {
        Ok(match self {
            Self::Sqlite(directory) => Arc::new(SqliteJournal::open_read_only(directory)?),
            Self::Postgres(url) => Arc::new(PostgresJournal::connect_existing(&url.0).await?),
        })
    }

    /// Opens or creates the read models.
    pub async fn views(&self) -> Result<ViewStore, ViewError> {
        match self {
            Self::Sqlite(directory) => ViewStore::open(directory).await,
            Self::Postgres(url) => ViewStore::connect(&url.0).await,
        }
    }

    /// Opens existing read models to read them, while others may write them. Nothing is made or brought up to date.
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
            // Whatever it is may carry a password: only its scheme is repeated.
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
    fn a_directory_after_sqlite_is_an_embedded_store() {
        for directory in ["./shop", "shop", "/var/lib/shop", "a b", "C:\\shop"] {
            let text = format!("sqlite:{directory}");
            let database: Database = text.parse().unwrap();
            assert_eq!(database, Database::Sqlite(directory.into()));
            assert_eq!(database.to_string(), text);
        }
    }

    #[test]
    fn a_server_is_shown_without_who_calls_and_what_else_is_said() {
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
    fn anything_else_is_refused_and_no_password_is_repeated() {
        let refused = |text: &str| text.parse::<Database>().unwrap_err();
        assert_eq!(refused("sqlite:"), DatabaseError::NoDirectory);
        assert_eq!(refused("sqlite:///x"), DatabaseError::Host("/x".to_owned()));
        assert_eq!(refused("postgres:shop"), DatabaseError::NoServer);
        assert_eq!(refused("postgres://"), DatabaseError::NoServer);
        assert!(matches!(refused("./shop"), DatabaseError::Unsupported(_)));
        assert!(matches!(refused(""), DatabaseError::Unsupported(_)));
        let server = refused("mysql://me:secret@host/shop");
        assert!(server.to_string().starts_with("mysql is not supported"), "{server}");
        assert!(!server.to_string().contains("secret"));
    }
}
