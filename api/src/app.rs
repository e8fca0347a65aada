//! The application: journal, write side and read side over one store.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use holdfast_commands::{
    Commands, MasterKey, Membership, ProcessManager, Settings, SystemClock, Vault, VaultError,
};
use holdfast_domain::values::MerchantId;
use holdfast_journal::{Journal, JournalError};
use holdfast_projections::{ProjectionManager, Projections, ViewError, ViewStore};
use tokio::sync::{Semaphore, watch};

use crate::cors::Origin;
use crate::database::Database;
use crate::due_work::ReadModelDueWork;
use crate::persisted_queries::PersistedQueries;
use crate::queries::Queries;
use crate::reservation_index::ReadModelReservationIndex;

/// The file in the directory of an embedded store that contains its master key.
pub const KEY_FILE: &str = "master.key";

/// The most event feeds and subscriptions that are open at once.
pub const MAX_READERS: usize = 1_000;

/// How long a shutdown waits for accepted commands.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The journal cannot be opened.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The read models cannot be opened.
    #[error(transparent)]
    Views(#[from] ViewError),
    /// The master key cannot be read or created.
    #[error(transparent)]
    Key(#[from] VaultError),
    /// The store exists, but its master key does not.
    #[error(
        "master key {0} is missing: restore it from your backup; without it personal data and stored answers cannot be \
         decrypted"
    )]
    KeyMissing(PathBuf),
    /// The store was written with another master key.
    #[error("{0} is not the master key of this store: restore the right one from your backup")]
    WrongKey(PathBuf),
    /// A database on a server has no directory for the master key.
    #[error("a PostgreSQL database needs --master-key-file, with the same key on every node")]
    NoKeyFile,
    /// The directory of the store cannot be created.
    #[error("cannot create the directory {directory}: {reason}")]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// The error of the operating system.
        reason: String,
    },
}

/// A running application.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let directory = tempfile::tempdir().unwrap();
/// let app = holdfast_api::App::open(directory.path()).await.unwrap();
/// assert_eq!(app.queries.merchants().await.unwrap(), ["default"]);
/// app.shutdown().await;
/// # });
/// ```
pub struct App {
    /// The journal.
    pub journal: Arc<dyn Journal>,
    /// The write side.
    pub commands: Commands,
    /// The read side.
    pub queries: Queries,
    /// Stopped first, because it submits commands.
    process_manager: Mutex<Option<ProcessManager>>,
    /// Tells feeds and subscriptions to end.
    pub closing: watch::Sender<bool>,
    /// A permit for each open feed and subscription.
    pub readers: Arc<Semaphore>,
    /// Whether GraphQL introspection is enabled.
    pub introspection: bool,
    /// The origins whose web pages may send requests, besides pages from loopback addresses.
    pub cors_origins: Vec<Origin>,
    /// The GraphQL queries that clients may name by their digests.
    pub(crate) persisted_queries: PersistedQueries,
    /// The manager of each read model.
    pub managers: Vec<Arc<dyn ProjectionManager>>,
    projections: Mutex<Option<Projections>>,
    views: ViewStore,
}

/// How an application is started.
pub struct Options {
    /// The file with the master key. Default for an embedded store: `master.key` in its directory.
    pub master_key_file: Option<PathBuf>,
    /// The identity of this node among the nodes of the same database.
    pub membership: Membership,
    /// The limits of the write side.
    pub settings: Settings,
    /// Whether GraphQL introspection is enabled.
    pub introspection: bool,
    /// The origins whose web pages may send requests. Default: none but pages of this machine, which may not read answers.
    pub cors_origins: Vec<Origin>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            master_key_file: None,
            membership: Membership::alone(),
            settings: Settings::default(),
            introspection: true,
            cors_origins: Vec::new(),
        }
    }
}

impl App {
    /// Starts over the embedded store in a directory, which is created if it does not exist.
    pub async fn open(directory: &Path) -> Result<Self, OpenError> {
        Self::start(&Database::Sqlite(directory.to_owned()), Options::default()).await
    }

    /// Starts over a store, which is created if it does not exist.
    pub async fn start(database: &Database, options: Options) -> Result<Self, OpenError> {
        let key_file = options.master_key_file.or_else(|| Some(database.directory()?.join(KEY_FILE)));
        let key_file = key_file.ok_or(OpenError::NoKeyFile)?;
        if let Some(directory) = database.directory() {
            let unusable = |e: std::io::Error| OpenError::Directory {
                directory: directory.to_owned(),
                reason: e.to_string(),
            };
            std::fs::create_dir_all(directory).map_err(unusable)?;
        }
        // The journal is opened first: an embedded one locks the directory against other processes.
        let journal = database.journal().await?;
        let vault = Vault::new(&master_key(&*journal, &key_file).await?);
        let views = database.views().await?;
        let node = options.membership.node.id.to_string();
        let commands = Commands::start_node(
            Arc::clone(&journal),
            vault,
            Arc::new(SystemClock),
            options.settings,
            options.membership,
        );
        let projections = Projections::start(&journal, &views, &journal.commits(), &node).await?;
        let managers = projections.managers();
        let queries = Queries::new(&journal, &views, projections.progress(), commands.vault());
        let due_work = ReadModelDueWork::new(&views, projections.progress().clone());
        let index = ReadModelReservationIndex::new(&views, projections.progress().clone());
        commands.set_reservation_index(Arc::new(index));
        let process_manager = Mutex::new(Some(ProcessManager::start(commands.clone(), due_work)));
        Ok(Self {
            journal,
            commands,
            queries,
            process_manager,
            closing: watch::Sender::new(false),
            readers: Arc::new(Semaphore::new(MAX_READERS)),
            introspection: options.introspection,
            cors_origins: options.cors_origins,
            persisted_queries: PersistedQueries::default(),
            managers,
            projections: Mutex::new(Some(projections)),
            views,
        })
    }

    /// Waits until every read model includes the current end of a merchant's journal, and returns that position.
    ///
    /// It waits as long as the read models make progress: applying a long import takes longer than one query may wait.
    pub async fn wait_for_projections(&self, merchant: &MerchantId) -> Result<u64, ViewError> {
        let merchant = merchant.as_str();
        let position = self.journal.head(merchant).await?.position;
        loop {
            let before = self.applied_positions(merchant);
            match self.queries.wait_for_all(merchant, position).await {
                Err(ViewError::Behind { .. }) if self.applied_positions(merchant) > before => {}
                done => return done.map(|()| position),
            }
        }
    }

    /// Sum of the positions that a merchant's read models have reached.
    fn applied_positions(&self, merchant: &str) -> u64 {
        let states = self.queries.progress().states();
        states.iter().filter(|(_, owner, _)| owner == merchant).map(|(_, _, state)| state.position).sum()
    }

    /// Rejects new commands, finishes the accepted ones, and closes the store. Returns whether all were finished in time.
    pub async fn shutdown(&self) -> bool {
        self.closing.send_replace(true);
        drop(self.process_manager.lock().unwrap_or_else(PoisonError::into_inner).take());
        let finished = self.commands.shutdown(SHUTDOWN_TIMEOUT).await;
        let projections = self.projections.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(projections) = projections {
            projections.shutdown().await;
        }
        self.views.close().await;
        self.journal.close().await;
        finished
    }
}

/// The master key of a store. A new store gets a new one.
async fn master_key(journal: &dyn Journal, file: &Path) -> Result<MasterKey, OpenError> {
    match journal.master_key_check().await? {
        None => {
            let key = MasterKey::from_file(file, true)?;
            journal.save_master_key_check(key.check().to_vec()).await?;
            // Another node may have saved another key in the meantime.
            match journal.master_key_check().await? {
                Some(check) if *check != key.check() => Err(OpenError::WrongKey(file.to_owned())),
                _ => Ok(key),
            }
        }
        Some(_) if !file.exists() => Err(OpenError::KeyMissing(file.to_owned())),
        Some(check) => {
            let key = MasterKey::from_file(file, false)?;
            if key.check() == *check { Ok(key) } else { Err(OpenError::WrongKey(file.to_owned())) }
        }
    }
}

#[cfg(test)]
mod tests {
    use holdfast_commands::client::CommandClient;
    use holdfast_domain::network::RegisterLocation;
    use holdfast_domain::values::LocationId;
    use holdfast_projections::{OrderFilter, Orders};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn an_unreadable_event_halts_its_own_merchant_only() {
        let directory = tempfile::tempdir().unwrap();
        let app = App::open(directory.path()).await.unwrap();
        for merchant in ["aaa", "default"] {
            let client = CommandClient::new(&app.commands, &MerchantId::new(merchant).unwrap(), "test");
            let location = RegisterLocation::new(LocationId::new("DC-1").unwrap(), 1.0, 2.0);
            client.send("location", location).await.unwrap();
        }
        app.shutdown().await;
        drop(app);
        let journal = rusqlite::Connection::open(directory.path().join("journal.db")).unwrap();
        assert_eq!(
            journal.execute("UPDATE event SET type_version = -1 WHERE merchant = 'aaa'", []).unwrap(),
            1
        );
        drop(journal);

        let app = App::open(directory.path()).await.unwrap();
        let wait = |merchant: &'static str| app.queries.wait_for(merchant, 1);
        wait("default").await.unwrap();
        assert!(matches!(wait("aaa").await, Err(ViewError::Halted { .. })));
        assert!(app.queries.progress().state(Orders::NAME, "aaa").halted.is_some());
        let listed = app.queries.orders("aaa", &OrderFilter::default(), None, 10).await;
        assert!(matches!(listed, Err(ViewError::Halted { .. })), "an empty list would be wrong");
        app.queries.orders("default", &OrderFilter::default(), None, 10).await.unwrap();
        app.shutdown().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_store_opens_only_with_its_own_master_key() {
        let directory = tempfile::tempdir().unwrap();
        let open = || App::open(directory.path());
        let key = directory.path().join(KEY_FILE);
        open().await.unwrap().shutdown().await;
        let right = std::fs::read(&key).unwrap();

        std::fs::remove_file(&key).unwrap();
        assert!(matches!(open().await.err(), Some(OpenError::KeyMissing(_))));
        assert!(!key.exists(), "no other key was created");
        std::fs::write(&key, "00".repeat(32)).unwrap();
        assert!(matches!(open().await.err(), Some(OpenError::WrongKey(_))));
        std::fs::write(&key, right).unwrap();
        open().await.unwrap().shutdown().await;
    }
}
