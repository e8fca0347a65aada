//! Versions of the database schema.

use sqlx::migrate::{MigrateError, Migrator};

use crate::error::ViewError;

/// The migrations of one database, and how to ask which of them it has.
pub(super) struct Schema {
    pub(super) migrator: Migrator,
    /// Returns a row if the table of migrations exists.
    pub(super) has_migrations: &'static str,
    /// Returns the version of the last successful migration.
    pub(super) last_migration: &'static str,
}

impl Schema {
    /// The error for a failed migration. A migration that this program does not know means that a newer program has
    /// changed the schema.
    pub(super) fn error(&self, error: MigrateError) -> ViewError {
        let known = self.version();
        match error {
            MigrateError::VersionMissing(found) if found > known => ViewError::SchemaTooNew { found, known },
            other => ViewError::Schema(other),
        }
    }

    /// The version of the schema that this program knows.
    pub(super) fn version(&self) -> i64 {
        self.migrator.iter().map(|migration| migration.version).max().unwrap_or(0)
    }
}
