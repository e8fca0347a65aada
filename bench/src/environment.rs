//! Stores for the cases: temporary directories, and schemas of a PostgreSQL database.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdfast_api::app::KEY_FILE;
use holdfast_commands::MasterKey;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tempfile::TempDir;

use crate::error::BenchError;

/// Creates stores, and removes the schemas it created.
#[derive(Clone)]
pub struct BenchEnvironment {
    directory: PathBuf,
    postgres: Option<Postgres>,
    schemas: Arc<Mutex<Schemas>>,
}

#[derive(Default)]
struct Schemas {
    created: u32,
    /// The names of those that were not removed yet.
    existing: Vec<String>,
}

#[derive(Clone)]
struct Postgres {
    url: String,
    options: PgConnectOptions,
}

/// The place of one store.
pub enum BenchStore {
    /// A directory, removed when this is dropped.
    Directory(TempDir),
    /// A schema, removed by [`BenchEnvironment::clear`].
    Schema(Box<Schema>),
}

pub struct Schema {
    /// The URL for `--database`.
    pub url: String,
    pub options: PgConnectOptions,
    /// Contains the master key. An embedded store has it next to its data.
    keys: TempDir,
}

impl BenchEnvironment {
    /// `directory` defaults to the directory for temporary files.
    pub fn new(directory: Option<PathBuf>, postgres: Option<&str>) -> Result<Self, BenchError> {
        let directory = directory.unwrap_or_else(std::env::temp_dir);
        let postgres = postgres.map(Postgres::new).transpose()?;
        Ok(Self { directory, postgres, schemas: Arc::default() })
    }

    /// True if embedded stores lie in a file system in memory.
    pub fn is_in_memory(&self) -> bool {
        let Ok(directory) = self.directory.canonicalize() else { return false };
        in_memory(&directory, &std::fs::read_to_string("/proc/self/mounts").unwrap_or_default())
    }

    pub fn has_postgres(&self) -> bool {
        self.postgres.is_some()
    }

    pub async fn postgres_version(&self) -> Result<Option<String>, BenchError> {
        let Some(postgres) = &self.postgres else { return Ok(None) };
        let mut connection = postgres.options.connect().await?;
        let version = sqlx::query_scalar("SHOW server_version").fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(Some(version))
    }

    pub fn create_directory(&self) -> Result<BenchStore, BenchError> {
        temporary_directory(&self.directory).map(BenchStore::Directory)
    }

    pub async fn create_schema(&self) -> Result<BenchStore, BenchError> {
        let postgres = self.postgres.as_ref().ok_or(BenchError::NotPostgres)?;
        let keys = temporary_directory(&std::env::temp_dir())?;
        MasterKey::from_file(&keys.path().join(KEY_FILE), true)?;
        let name = {
            let mut schemas = self.schemas();
            schemas.created += 1;
            let name = format!("bench_{}_{}", std::process::id(), schemas.created);
            schemas.existing.push(name.clone());
            name
        };
        postgres.execute(&format!("CREATE SCHEMA {name}")).await?;
        let url = format!("{}{}options=-c%20search_path%3D{name}", postgres.url, postgres.separator());
        let options =
            postgres.options.clone().options([("synchronous_commit", "on"), ("search_path", &name)]);
        Ok(BenchStore::Schema(Box::new(Schema { url, options, keys })))
    }

    /// Removes every schema, after the servers in them ended. A schema that cannot be removed is tried again next time.
    pub async fn clear(&self) -> Result<(), BenchError> {
        let Some(postgres) = &self.postgres else { return Ok(()) };
        let existing = self.schemas().existing.clone();
        for name in existing {
            postgres.execute(&format!("DROP SCHEMA IF EXISTS {name} CASCADE")).await?;
            self.schemas().existing.retain(|other| *other != name);
        }
        Ok(())
    }

    fn schemas(&self) -> MutexGuard<'_, Schemas> {
        self.schemas.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn temporary_directory(parent: &Path) -> Result<TempDir, BenchError> {
    let unusable = |source| BenchError::Directory { directory: parent.to_owned(), source };
    std::fs::create_dir_all(parent).map_err(unusable)?;
    tempfile::Builder::new().prefix("holdfast-bench-").tempdir_in(parent).map_err(unusable)
}

impl Postgres {
    fn new(url: &str) -> Result<Self, BenchError> {
        let is_postgres = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        let options = url.parse().ok().filter(|_| is_postgres).ok_or(BenchError::NotPostgres)?;
        Ok(Self { url: url.to_owned(), options })
    }

    /// The separator before one more parameter of the URL.
    fn separator(&self) -> char {
        if self.url.contains('?') { '&' } else { '?' }
    }

    /// Executes a statement that contains no names from outside this program.
    async fn execute(&self, statement: &str) -> Result<(), BenchError> {
        let mut connection = self.options.connect().await?;
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
        Ok(connection.close().await?)
    }
}

impl BenchStore {
    /// The URL for `--database`.
    pub fn database(&self) -> String {
        match self {
            Self::Directory(directory) => format!("sqlite:{}", directory.path().display()),
            Self::Schema(schema) => schema.url.clone(),
        }
    }

    /// The file with the master key, unless it is in the store's directory.
    pub fn master_key(&self) -> Option<PathBuf> {
        self.schema().ok().map(|schema| schema.keys.path().join(KEY_FILE))
    }

    pub fn schema(&self) -> Result<&Schema, BenchError> {
        match self {
            Self::Schema(schema) => Ok(schema),
            Self::Directory(_) => Err(BenchError::NotPostgres),
        }
    }
}

fn in_memory(directory: &Path, mounts: &str) -> bool {
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let nearest = mounts.filter(|(path, _)| directory.starts_with(path)).max_by_key(|(path, _)| path.len());
    nearest.is_some_and(|(_, kind)| ["tmpfs", "ramfs"].contains(&kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_of_another_database_is_rejected_and_not_repeated() {
        for url in ["sqlite:./x", "mysql://me:secret@host/x", "postgres", "postgres://me:secret@host:port/"] {
            let error = BenchEnvironment::new(None, Some(url)).err().unwrap();
            assert!(matches!(error, BenchError::NotPostgres), "{url}");
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn a_parameter_is_added_to_a_url_with_or_without_parameters() {
        let separator = |url: &str| Postgres::new(url).unwrap().separator();
        assert_eq!(separator("postgres://me@127.0.0.1/shop"), '?');
        assert_eq!(separator("postgres://me@127.0.0.1/shop?sslmode=disable"), '&');
    }

    #[test]
    fn the_nearest_mount_determines_whether_a_directory_is_in_memory() {
        let mounts = "/dev/vda / ext4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n/dev/vdb /run/disk ext4 rw 0 0\n";
        assert!(in_memory(Path::new("/run/user/x"), mounts));
        assert!(!in_memory(Path::new("/run/disk/x"), mounts));
        assert!(!in_memory(Path::new("/running"), mounts));
        assert!(!in_memory(Path::new("/tmp"), ""));
    }
}
