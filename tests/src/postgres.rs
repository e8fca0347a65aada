//! PostgreSQL for tests: an empty schema on a shared server, or a cluster that one test stops, replicates and
//! promotes. The script `tests/postgres` does the work; it finds or installs the programs.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a fixture may assume what its test assumes: where the assumption is wrong, the test fails"
)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use crate::report_skipped;

/// The environment variable with the URL of the shared server, or `skip`.
const SHARED: &str = "HOLDFAST_TEST_POSTGRES";

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/postgres");

/// A PostgreSQL cluster that belongs to one test. Dropping it, or the end of the test's process, removes it.
pub struct Cluster {
    directory: PathBuf,
    url: String,
    directories: Arc<ClusterDirectories>,
}

impl Cluster {
    /// Starts a new cluster with these server settings in addition to the default ones. `None` if PostgreSQL is not
    /// available: the test is then reported as skipped.
    pub fn start(settings: &[(&str, &str)]) -> Option<Self> {
        if shared_server().as_deref() == Some("skip") {
            report_skipped("PostgreSQL");
            return None;
        }
        Some(Self::new(settings))
    }

    fn new(settings: &[(&str, &str)]) -> Self {
        let directories = ClusterDirectories::new();
        let directory = directories.root.path().join("primary");
        let settings: Vec<_> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut arguments = vec!["start", text(&directory)];
        arguments.extend(settings.iter().map(String::as_str));
        let url = script(&arguments);
        Self { directory, url, directories: Arc::new(directories) }
    }

    /// The URL of the database `postgres`, as a superuser. A restart does not change it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops the server as a crash would: it writes nothing more.
    pub fn stop_immediately(&self) {
        script(&["stop", text(&self.directory), "immediate"]);
    }

    /// Starts the stopped server, and waits until it accepts connections.
    pub fn restart(&self) {
        script(&["start", text(&self.directory)]);
    }

    /// Starts a standby of this cluster, which is read-only until it is promoted. `name` is its name in
    /// `synchronous_standby_names`: lower-case letters and underscores.
    #[must_use]
    pub fn standby(&self, name: &str) -> Self {
        let directory = self.directories.root.path().join(name);
        let url = script(&["standby", text(&directory), text(&self.directory)]);
        Self { directory, url, directories: Arc::clone(&self.directories) }
    }

    /// Makes a standby the primary, and waits until it accepts writes.
    pub fn promote(&self) {
        script(&["promote", text(&self.directory)]);
    }

    /// Changes a setting that needs no restart, and waits until it takes effect.
    pub fn set(&self, name: &str, value: &str) {
        let value = value.replace('\'', "''");
        let change = format!("ALTER SYSTEM SET {name} = '{value}'");
        script(&["sql", &self.url, &change, "SELECT pg_reload_conf()"]);
        // New sessions have the setting now. The server's own processes get theirs, such as the standbys that a
        // commit waits for, from the checkpointer, which reads the settings before each checkpoint.
        self.sql("CHECKPOINT");
    }

    /// Runs statements as one transaction in a new session. Returns the rows of the last statement: one line
    /// each, columns separated by `|`.
    pub fn sql(&self, statements: &str) -> String {
        script(&["sql", &self.url, statements])
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        warn(run(&["stop", text(&self.directory), "immediate"]));
    }
}

/// A schema that belongs to one test, on a server that tests share. Dropping it drops the schema and its tables.
pub struct Schema {
    name: String,
    server: String,
    url: String,
    /// The cluster, if this process started it: it ends with its last schema.
    _cluster: Option<Arc<Cluster>>,
}

impl Schema {
    /// Creates an empty schema on the server of `HOLDFAST_TEST_POSTGRES`; without that variable, on a cluster that
    /// the tests of this process share. `None` if PostgreSQL is not available: the test is then reported as skipped.
    pub fn fresh() -> Option<Self> {
        let (server, cluster) = match shared_server() {
            Some(server) if server == "skip" => {
                report_skipped("PostgreSQL");
                return None;
            }
            Some(server) => (server, None),
            None => {
                let cluster = shared_cluster();
                (cluster.url.clone(), Some(cluster))
            }
        };
        let name = unique_name();
        script(&["sql", &server, &format!("CREATE SCHEMA {name}")]);
        Some(Self { url: with_search_path(&server, &name), name, server, _cluster: cluster })
    }

    /// The schema's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's URL with the schema as the search path: tables are created and found there.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs statements in the schema, like [`Cluster::sql`].
    pub fn sql(&self, statements: &str) -> String {
        script(&["sql", &self.url, statements])
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        // A session that the test did not close must not delay the other tests.
        let drop = format!("SET lock_timeout = '10s'; DROP SCHEMA {} CASCADE", self.name);
        warn(run(&["sql", &self.server, &drop]));
    }
}

/// The directory with all clusters of a test, and the process that stops the clusters and removes the directory.
struct ClusterDirectories {
    root: TempDir,
    remover: Child,
}

impl ClusterDirectories {
    fn new() -> Self {
        let root = tempfile::Builder::new().prefix("holdfast-postgres-").tempdir();
        let root = root.expect("a temporary directory can be created");
        let remover = command(&["remove-on-exit", text(root.path())]).stdin(Stdio::piped()).spawn();
        Self { root, remover: remover.expect("bash starts") }
    }
}

impl Drop for ClusterDirectories {
    fn drop(&mut self) {
        // The process starts to remove when its standard input ends, which it also does if this process is killed.
        self.remover.stdin = None;
        warn(self.remover.wait().map_err(|error| error.to_string()));
    }
}

fn shared_server() -> Option<String> {
    std::env::var(SHARED).ok().filter(|server| !server.is_empty())
}

fn shared_cluster() -> Arc<Cluster> {
    static CLUSTER: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
    // If a test fails to start the cluster, the next test tries again.
    let mut shared = CLUSTER.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let cluster = Arc::new(Cluster::new(&[]));
        *shared = Arc::downgrade(&cluster);
        cluster
    })
}

/// A name that is unique among all tests on all servers.
fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    format!("holdfast_test_{now}_{}_{count}", std::process::id())
}

/// A server's URL with a schema as the search path; options that the URL has already are kept.
fn with_search_path(server: &str, schema: &str) -> String {
    let option = format!("-c%20search_path%3D{schema}");
    let (address, query) = server.split_once('?').unwrap_or((server, ""));
    let parameters = query.split('&').filter(|parameter| !parameter.is_empty());
    // Some clients read only the last of several `options`.
    let (options, mut others): (Vec<_>, Vec<_>) =
        parameters.map(str::to_owned).partition(|parameter| parameter.starts_with("options="));
    others.push(match options.last() {
        Some(options) => format!("{options}%20{option}"),
        None => format!("options={option}"),
    });
    format!("{address}?{}", others.join("&"))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the temporary directory's name is UTF-8")
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new("bash");
    command.arg(SCRIPT).args(arguments).stdin(Stdio::null());
    command
}

/// Runs the script. Returns what it prints, or its status and standard error if it fails.
fn run(arguments: &[&str]) -> Result<String, String> {
    let output = command(arguments).output().map_err(|error| format!("bash: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    } else {
        let errors = String::from_utf8_lossy(&output.stderr);
        Err(format!("tests/postgres {}: {}\n{errors}", arguments[0], output.status))
    }
}

fn script(arguments: &[&str]) -> String {
    run(arguments).unwrap_or_else(|error| panic!("{error}"))
}

/// Prints an error of a `drop`: a panic there would hide the panic of the failed test.
fn warn<T>(result: Result<T, String>) {
    if let Err(error) = result {
        eprintln!("{error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_path_is_added_to_the_options_of_a_url() {
        for (server, expected) in [
            ("postgres://a@b:1/c", "postgres://a@b:1/c?options=-c%20search_path%3Ds"),
            ("postgres://b/c?", "postgres://b/c?options=-c%20search_path%3Ds"),
            ("postgres://b?sslmode=require", "postgres://b?sslmode=require&options=-c%20search_path%3Ds"),
            (
                "postgres://b?options=-c%20jit%3Doff&sslmode=disable",
                "postgres://b?sslmode=disable&options=-c%20jit%3Doff%20-c%20search_path%3Ds",
            ),
        ] {
            assert_eq!(with_search_path(server, "s"), expected);
        }
    }

    #[test]
    fn schema_names_are_unique() {
        assert_ne!(unique_name(), unique_name());
    }
}
