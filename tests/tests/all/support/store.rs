//! The store of a test: each end-to-end test runs on every kind of store.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use holdfast_api::app::Options;
use holdfast_api::database::Database;
use holdfast_tests::postgres::{Cluster, Schema};
use holdfast_tests::report_skipped;
use tempfile::TempDir;

use crate::support::server::program;

/// A store that belongs to one test, and is removed at its end.
pub struct TestStore {
    /// Contains the master key and, with SQLite, the database files.
    directory: TempDir,
    url: String,
    schema: Option<Schema>,
}

impl TestStore {
    /// An embedded store.
    #[expect(clippy::unnecessary_wraps, reason = "the same signature as `postgres`, for `on_every_store`")]
    pub fn sqlite() -> Option<Self> {
        let directory = tempfile::tempdir().expect("a temporary directory can be created");
        Some(Self { url: format!("sqlite:{}", directory.path().display()), directory, schema: None })
    }

    /// A schema on the shared PostgreSQL server. `None` if PostgreSQL is not available: the test is then skipped.
    pub fn postgres() -> Option<Self> {
        let schema = Schema::fresh()?;
        let url = schema.url().to_owned();
        Some(Self { schema: Some(schema), ..Self::at(&url) })
    }

    /// A PostgreSQL database by its URL, which may be the URL of a proxy.
    pub fn at(url: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be created");
        Self { directory, url: url.to_owned(), schema: None }
    }

    /// The database of a cluster that the test started.
    pub fn on(cluster: &Cluster) -> Self {
        Self::at(cluster.url())
    }

    /// Changes the URL by which the store is reached.
    pub fn set_url(&mut self, url: &str) {
        url.clone_into(&mut self.url);
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub fn database(&self) -> Database {
        self.url.parse().expect("a store")
    }

    pub fn options(&self) -> Options {
        Options { master_key_file: Some(self.key_file()), ..Options::default() }
    }

    fn key_file(&self) -> PathBuf {
        self.directory.path().join("master.key")
    }

    /// A command that runs a subcommand of the program on this store.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(arguments).args(["--database", &self.url]);
        command.env("HOLDFAST_LOG", "info,holdfast_projections=debug,holdfast_commands=debug");
        command.env_remove("HOLDFAST_DATABASE").env("HOLDFAST_MASTER_KEY_FILE", self.key_file());
        command
    }

    /// Runs a subcommand on this store, and waits for its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        // The proxy to the database may be a task of this runtime, so the runtime must not be blocked.
        tokio::task::block_in_place(|| self.command(arguments).output().expect("the program starts"))
    }

    /// Runs a statement on the journal's database, bypassing the program. `None` if sqlite3 is missing: the test is
    /// then reported as skipped.
    pub fn sql(&self, statement: &str) -> Option<String> {
        self.sql_of("journal.db", statement)
    }

    /// Runs a statement on the read models' database, like [`Self::sql`].
    pub fn views_sql(&self, statement: &str) -> Option<String> {
        self.sql_of("views.db", statement)
    }

    /// Runs a statement on a file of an embedded store, or on the PostgreSQL schema that has all tables.
    fn sql_of(&self, file: &str, statement: &str) -> Option<String> {
        match &self.schema {
            Some(schema) => Some(schema.sql(statement)),
            None => Some(self.sqlite3(file, statement)?.expect("the statement succeeds")),
        }
    }

    /// Whether this is an embedded store (SQLite).
    pub fn is_embedded(&self) -> bool {
        self.schema.is_none()
    }

    /// Runs a statement on a file of an embedded store; waits up to a second for a lock. Returns the rows, or the error.
    /// `None` if sqlite3 is missing: the test is then reported as skipped.
    pub fn sqlite3(&self, file: &str, statement: &str) -> Option<Result<String, String>> {
        let file = self.directory.path().join(file);
        let mut tool = Command::new("sqlite3");
        let Ok(output) = tool.args(["-cmd", ".timeout 1000"]).arg(file).arg(statement).output() else {
            report_skipped("the sqlite3 tool");
            return None;
        };
        let text = |bytes| String::from_utf8(bytes).expect("text").trim().to_owned();
        Some(if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) })
    }

    /// Copies the store. No server may be running on it.
    pub fn copy(&self) -> Option<Self> {
        let Some(schema) = &self.schema else {
            let copy = Self::sqlite()?;
            for entry in std::fs::read_dir(self.directory()).expect("the directory of the store can be read")
            {
                let file = entry.expect("a file").path();
                let name = file.file_name().expect("a name");
                std::fs::copy(&file, copy.directory().join(name)).expect("a copy");
            }
            return Some(copy);
        };
        let copy = Self::postgres()?;
        let tables = schema.sql(
            "SELECT format('CREATE TABLE %1$I (LIKE {from}.%1$I INCLUDING ALL);
                            INSERT INTO %1$I SELECT * FROM {from}.%1$I;', tablename)
             FROM pg_tables WHERE schemaname = current_schema()",
        );
        copy.sql(&tables.replace("{from}", schema.name()));
        Some(copy)
    }

    /// Searches the store for an unencrypted text: the bytes of every file, or every column of every table. Returns the
    /// first file or table that contains the text.
    pub fn find_text(&self, secret: &str) -> Option<String> {
        let Some(schema) = &self.schema else {
            let files = std::fs::read_dir(self.directory()).expect("the directory of the store can be read");
            let files = files.map(|entry| entry.expect("a file").path()).filter(|file| file.is_file());
            return files
                .filter(|file| {
                    let bytes = std::fs::read(file).expect("the file can be read");
                    bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
                })
                .map(|file| file.display().to_string())
                .next();
        };
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        let tables = schema.sql("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()");
        let found = |table: &&str| {
            let rows = format!(
                "SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%{secret}%' OR t::text LIKE '%{hex}%'"
            );
            schema.sql(&rows) != "0"
        };
        tables.lines().find(found).map(str::to_owned)
    }
}

/// Declares one test for each case and kind of store.
macro_rules! on_every_store {
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                if let Some(store) = crate::support::store::TestStore::sqlite() { super::$case(store).await }
            })*
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                if let Some(store) = crate::support::store::TestStore::postgres() { super::$case(store).await }
            })*
        }
    };
}
pub(crate) use on_every_store;
