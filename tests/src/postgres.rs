//! PostgreSQL for tests: an empty schema on a server that they share, or a cluster that one test stops, follows
//! and promotes. Both through the script `tests/postgres`, which finds or installs the programs.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "what is assumed here is assumed by the test: where it is wrong, the test fails"
)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use crate::say_skipped;

/// The URL of the server that tests share, or `skip`.
const SHARED: &str = "HOLDFAST_TEST_POSTGRES";

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/postgres");

/// A cluster of a test's own. It is stopped and removed when it is dropped, or when the test's process dies.
pub struct Cluster {
    directory: PathBuf,
    url: String,
    home: Arc<Home>,
}

impl Cluster {
    /// Starts a new cluster with settings of the server beside the usual ones. `None`: PostgreSQL is not to be
    /// had here, which has been said loudly.
    pub fn start(settings: &[(&str, &str)]) -> Option<Self> {
        if shared_server().as_deref() == Some("skip") {
            say_skipped("PostgreSQL");
            return None;
        }
        Some(Self::new(settings))
    }

    fn new(settings: &[(&str, &str)]) -> Self {
        let home = Home::new();
        let directory = home.directory.path().join("primary");
        let settings: Vec<_> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut arguments = vec!["start", text(&directory)];
        arguments.extend(settings.iter().map(String::as_str));
        let url = script(&arguments);
        Self { directory, url, home: Arc::new(home) }
    }

    /// Where it listens: the database `postgres`, as a superuser. The same after a restart.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends the server at once, as a crash of it would: nothing is written any more.
    pub fn stop_immediately(&self) {
        script(&["stop", text(&self.directory), "immediate"]);
    }

    /// Starts the server again after it was stopped, and waits until it takes connections.
    pub fn restart(&self) {
        script(&["start", text(&self.directory)]);
    }

    /// A copy that follows this cluster, and is read-only until it is promoted. Under its name the setting
    /// `synchronous_standby_names` knows it: lower-case letters and underscores.
    #[must_use]
    pub fn standby(&self, name: &str) -> Self {
        let directory = self.home.directory.path().join(name);
        let url = script(&["standby", text(&directory), text(&self.directory)]);
        Self { directory, url, home: Arc::clone(&self.home) }
    }

    /// Makes a standby a primary, and waits until it takes writes.
    pub fn promote(&self) {
        script(&["promote", text(&self.directory)]);
    }

    /// Changes a setting of the running server and waits until it holds, where it needs no restart.
    pub fn set(&self, name: &str, value: &str) {
        let value = value.replace('\'', "''");
        let change = format!("ALTER SYSTEM SET {name} = '{value}'");
        script(&["sql", &self.url, &change, "SELECT pg_reload_conf()"]);
        // New sessions have the setting now. What concerns the server's own processes, such as whom a commit
        // waits for, is passed on by the checkpointer, which reads its settings before it does a checkpoint.
        self.sql("CHECKPOINT");
    }

    /// Runs statements, which are one transaction, in a session of their own. Gives the rows of the last one:
    /// a line each, columns parted by `|`.
    pub fn sql(&self, statements: &str) -> String {
        script(&["sql", &self.url, statements])
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        warn(run(&["stop", text(&self.directory), "immediate"]));
    }
}

/// A schema of a test's own on a server that tests share. It is dropped with everything in it.
pub struct Schema {
    name: String,
    server: String,
    url: String,
    /// Ends with the last schema that is on it.
    _cluster: Option<Arc<Cluster>>,
}

impl Schema {
    /// An empty schema on the server that `HOLDFAST_TEST_POSTGRES` tells; without it, on a cluster that the
    /// tests of this process share. `None`: PostgreSQL is not to be had here, which has been said loudly.
    pub fn fresh() -> Option<Self> {
        let (server, cluster) = match shared_server() {
            Some(server) if server == "skip" => {
                say_skipped("PostgreSQL");
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
        Some(Self { url: within(&server, &name), name, server, _cluster: cluster })
    }

    /// The schema's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's URL, with the schema as the one where names are looked up and tables are made.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs statements in the schema, as [`Cluster::sql`] does.
    pub fn sql(&self, statements: &str) -> String {
        script(&["sql", &self.url, statements])
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        // A session that the test left open must not hold up the others.
        let drop = format!("SET lock_timeout = '10s'; DROP SCHEMA {} CASCADE", self.name);
        warn(run(&["sql", &self.server, &drop]));
    }
}

/// The directory of a test's clusters, and the program that removes it with all that runs in it.
struct Home {
    directory: TempDir,
    keeper: Child,
}

impl Home {
    fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("holdfast-postgres-").tempdir();
        let directory = directory.expect("a temporary directory can be made");
        let keeper = command(&["keep", text(directory.path())]).stdin(Stdio::piped()).spawn();
        Self { directory, keeper: keeper.expect("bash runs") }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // It begins when its standard input ends; so it also does when this process is killed.
        self.keeper.stdin = None;
        warn(self.keeper.wait().map_err(|error| error.to_string()));
    }
}

fn shared_server() -> Option<String> {
    std::env::var(SHARED).ok().filter(|server| !server.is_empty())
}

fn shared_cluster() -> Arc<Cluster> {
    static CLUSTER: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
    // A test that failed to start one leaves the place empty for the next, which tries again.
    let mut place = CLUSTER.lock().unwrap_or_else(PoisonError::into_inner);
    place.upgrade().unwrap_or_else(|| {
        let cluster = Arc::new(Cluster::new(&[]));
        *place = Arc::downgrade(&cluster);
        cluster
    })
}

/// A name that no other test has, on whichever server.
fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    format!("holdfast_test_{now}_{}_{count}", std::process::id())
}

/// A server's URL with a schema as the search path, beside what the URL says already.
fn within(server: &str, schema: &str) -> String {
    let option = format!("-c%20search_path%3D{schema}");
    let (address, query) = server.split_once('?').unwrap_or((server, ""));
    let parameters = query.split('&').filter(|parameter| !parameter.is_empty());
    // Of two `options` some clients would hear the last one only.
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

/// What the script prints, or what it complains of.
fn run(arguments: &[&str]) -> Result<String, String> {
    let output = command(arguments).output().map_err(|error| format!("bash: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    } else {
        let complaint = String::from_utf8_lossy(&output.stderr);
        Err(format!("tests/postgres {}: {}\n{complaint}", arguments[0], output.status))
    }
}

fn script(arguments: &[&str]) -> String {
    run(arguments).unwrap_or_else(|complaint| panic!("{complaint}"))
}

/// In a drop: a panic there would hide the one that may be under way.
fn warn<T>(result: Result<T, String>) {
    if let Err(complaint) = result {
        eprintln!("{complaint}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_added_to_whatever_a_url_says() {
        for (server, expected) in [
            ("postgres://a@b:1/c", "postgres://a@b:1/c?options=-c%20search_path%3Ds"),
            ("postgres://b/c?", "postgres://b/c?options=-c%20search_path%3Ds"),
            ("postgres://b?sslmode=require", "postgres://b?sslmode=require&options=-c%20search_path%3Ds"),
            (
                "postgres://b?options=-c%20jit%3Doff&sslmode=disable",
                "postgres://b?sslmode=disable&options=-c%20jit%3Doff%20-c%20search_path%3Ds",
            ),
        ] {
            assert_eq!(within(server, "s"), expected);
        }
    }

    #[test]
    fn no_two_names_are_the_same() {
        assert_ne!(unique_name(), unique_name());
    }
}
