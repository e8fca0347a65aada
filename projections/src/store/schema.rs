//! Versions of the database schema.

use sqlx::migrate::{MigrateError, Migrator};

use crate::error::ViewError;

/// The files of the migrations of one database. Both databases have files of the same names.
macro_rules! migration_files {
    ($database:literal) => {
        $crate::store::schema::migration_files!(
            $database: "0001_runtime", "0002_orders", "0003_availability", "0004_order_metrics", "0005_causation",
            "0006_cart_reservations"
        )
    };
    ($database:literal: $($name:literal),*) => {
        &[$((
            $name,
            include_str!(concat!("../../../migrations/", $database, "/views/", $name, ".sql")),
        )),*]
    };
}

pub(super) use migration_files;

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

#[cfg(test)]
mod tests {
    use super::super::{postgres, sqlite};

    #[test]
    fn every_file_of_a_migration_is_part_of_the_program() {
        for (directory, schema) in [("sqlite", sqlite::schema()), ("postgres", postgres::schema())] {
            let directory = format!("{}/../migrations/{directory}/views", env!("CARGO_MANIFEST_DIR"));
            let files = std::fs::read_dir(&directory).unwrap().map(|file| file.unwrap().file_name());
            let mut files: Vec<String> =
                files.map(|name| name.to_str().unwrap().replace(".sql", "")).collect();
            files.sort();
            let known: Vec<String> = schema.migrator.iter().map(|one| one.description.to_string()).collect();
            assert_eq!(known, files, "in {directory}");
            for (migration, name) in schema.migrator.iter().zip(files) {
                assert!(name.starts_with(&format!("{:04}_", migration.version)), "{name}");
            }
        }
    }
}
