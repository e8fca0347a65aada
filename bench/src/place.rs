//! Where stores are made and taken away again: temporary directories, and schemas of a PostgreSQL.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdfast_api::app::KEY_FILE;
use holdfast_commands::MasterKey;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tempfile::TempDir;

use super::error::BenchError;

/// What everything that is made begins with.
const PREFIX: &str = "bench";

/// Where places are made.
#[derive(Clone)]
pub struct Ground {
    directory: PathBuf,
    postgres: Option<Server>,
    /// The schemas that are not taken away yet, and how many there ever were.
    schemas: Arc<Mutex<Schemas>>,
}

#[derive(Default)]
struct Schemas {
    made: u32,
    there: Vec<String>,
}

/// A PostgreSQL, as it was given.
#[derive(Clone)]
struct Server {
    url: String,
    options: PgConnectOptions,
}

/// A place for one store.
pub enum Place {
    /// A directory that goes away with this.
    Directory(TempDir),
    /// A schema that [`Ground::clear`] takes away.
    Schema(Box<Schema>),
}

/// A schema, and how to work in it.
pub struct Schema {
    /// As `--database` takes it.
    pub url: String,
    /// As sqlx takes it.
    pub options: PgConnectOptions,
    /// Holds the master key, which an embedded store has beside its data.
    keys: TempDir,
}

impl Ground {
    /// Under a directory, and where there is one, in a PostgreSQL.
    pub fn new(directory: Option<PathBuf>, postgres: Option<&str>) -> Result<Self, BenchError> {
        let directory = directory.unwrap_or_else(std::env::temp_dir);
        let postgres = postgres.map(Server::of).transpose()?;
        Ok(Self { directory, postgres, schemas: Arc::default() })
    }

    /// Where directories are made.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Whether there is a PostgreSQL.
    pub fn has_postgres(&self) -> bool {
        self.postgres.is_some()
    }

    /// What the PostgreSQL says that it is.
    pub async fn postgres_version(&self) -> Result<Option<String>, BenchError> {
        let Some(server) = &self.postgres else { return Ok(None) };
        let mut connection = server.options.connect().await?;
        let version = sqlx::query_scalar("SHOW server_version").fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(Some(version))
    }

    /// A new directory.
    pub fn directory_of_its_own(&self) -> Result<Place, BenchError> {
        temporary(&self.directory).map(Place::Directory)
    }

    /// A new schema.
    pub async fn schema_of_its_own(&self) -> Result<Place, BenchError> {
        let server = self.postgres.as_ref().ok_or(BenchError::NotPostgres)?;
        let keys = temporary(&std::env::temp_dir())?;
        MasterKey::from_file(&keys.path().join(KEY_FILE), true)?;
        let name = {
            let mut schemas = self.schemas();
            schemas.made += 1;
            let name = format!("{PREFIX}_{}_{}", std::process::id(), schemas.made);
            schemas.there.push(name.clone());
            name
        };
        server.run(&format!("CREATE SCHEMA {name}")).await?;
        let path = format!("-c search_path={name}");
        let (separator, encoded) = (server.separator(), path.replace(' ', "%20").replace('=', "%3D"));
        let url = format!("{}{separator}options={encoded}", server.url);
        let options = server.options.clone().options([("synchronous_commit", "on"), ("search_path", &name)]);
        Ok(Place::Schema(Box::new(Schema { url, options, keys })))
    }

    /// Takes away every schema that was made; what cannot be taken away now, may be later. Whatever works in them
    /// should have ended.
    pub async fn clear(&self) -> Result<(), BenchError> {
        let Some(server) = &self.postgres else { return Ok(()) };
        let there = self.schemas().there.clone();
        for name in there {
            server.run(&format!("DROP SCHEMA IF EXISTS {name} CASCADE")).await?;
            self.schemas().there.retain(|there| *there != name);
        }
        Ok(())
    }

    fn schemas(&self) -> MutexGuard<'_, Schemas> {
        self.schemas.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A directory that goes away with what is given.
fn temporary(within: &Path) -> Result<TempDir, BenchError> {
    let unusable = |source| BenchError::Directory { directory: within.to_owned(), source };
    std::fs::create_dir_all(within).map_err(unusable)?;
    tempfile::Builder::new().prefix("holdfast-bench-").tempdir_in(within).map_err(unusable)
}

impl Server {
    fn of(url: &str) -> Result<Self, BenchError> {
        let known = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        let options = PgConnectOptions::from_str(url).map_err(|_| BenchError::NotPostgres);
        if known { Ok(Self { url: url.to_owned(), options: options? }) } else { Err(BenchError::NotPostgres) }
    }

    /// What parts one more parameter from the URL.
    fn separator(&self) -> char {
        if self.url.contains('?') { '&' } else { '?' }
    }

    /// Names in `statement` are made here, never read from anywhere.
    async fn run(&self, statement: &str) -> Result<(), BenchError> {
        let mut connection = self.options.connect().await?;
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
        Ok(connection.close().await?)
    }
}

impl Place {
    /// As `--database` takes it.
    pub fn database(&self) -> String {
        match self {
            Self::Directory(directory) => format!("sqlite:{}", directory.path().display()),
            Self::Schema(schema) => schema.url.clone(),
        }
    }

    /// The file with the master key, where it does not lie beside the data.
    pub fn master_key(&self) -> Option<PathBuf> {
        match self {
            Self::Directory(_) => None,
            Self::Schema(schema) => Some(schema.keys.path().join(KEY_FILE)),
        }
    }

    /// The schema, where it is one.
    pub fn schema(&self) -> Result<&Schema, BenchError> {
        match self {
            Self::Schema(schema) => Ok(schema),
            Self::Directory(_) => Err(BenchError::NotPostgres),
        }
    }
}

/// Whether a directory lies in memory, where nothing that is written needs to wait for a disk. As far as this
/// system tells.
pub fn lies_in_memory(directory: &Path) -> bool {
    let Ok(directory) = directory.canonicalize() else { return false };
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    in_memory(&directory, &mounts)
}

fn in_memory(directory: &Path, mounts: &str) -> bool {
    let mounted = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let nearest = mounted.filter(|(at, _)| directory.starts_with(at)).max_by_key(|(at, _)| at.len());
    nearest.is_some_and(|(_, kind)| ["tmpfs", "ramfs"].contains(&kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_postgres_is_refused_and_not_repeated() {
        for url in ["sqlite:./x", "mysql://me:secret@host/x", "postgres", "postgres://me:secret@host:port/"] {
            let refused = Ground::new(None, Some(url)).err().unwrap();
            assert!(matches!(refused, BenchError::NotPostgres), "{url}");
            assert!(!refused.to_string().contains("secret"));
        }
    }

    #[test]
    fn one_more_parameter_is_parted_from_the_url() {
        let separator = |url: &str| Server::of(url).unwrap().separator();
        assert_eq!(separator("postgres://me@127.0.0.1/shop"), '?');
        assert_eq!(separator("postgres://me@127.0.0.1/shop?sslmode=disable"), '&');
    }

    #[test]
    fn the_nearest_mount_says_whether_a_directory_lies_in_memory() {
        let mounts = "/dev/vda / ext4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n/dev/vdb /run/disk ext4 rw 0 0\n";
        assert!(in_memory(Path::new("/run/user/x"), mounts));
        assert!(!in_memory(Path::new("/run/disk/x"), mounts));
        assert!(!in_memory(Path::new("/running"), mounts));
        assert!(!in_memory(Path::new("/tmp"), ""));
    }
}
