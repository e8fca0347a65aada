//! The house put together: journal, write side and read side over one store.

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

use crate::database::Database;
use crate::due_work::ReadModelDueWork;
use crate::reading::Reading;
use crate::reservation_index::OrderReservationIndex;

/// The file that holds the master key of an embedded store.
pub const KEY_FILE: &str = "master.key";

/// Feeds and subscriptions that may be open at once.
pub const MOST_FOLLOWERS: usize = 1_000;

/// How long what was accepted may take to finish at the end.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The read models.
    #[error(transparent)]
    Views(#[from] ViewError),
    /// The master key.
    #[error(transparent)]
    Key(#[from] VaultError),
    /// The master key that the store was written under is not there.
    #[error(
        "{0} is missing: the store was written under this key. Put it back from your backup; without it neither \
         personal data nor what was answered to a key can be told"
    )]
    KeyMissing(PathBuf),
    /// The master key is another one.
    #[error("{0} is not the key that the store was written under: put the right one back from your backup")]
    WrongKey(PathBuf),
    /// A database on a server has no directory that the master key could be in.
    #[error("a database on a server needs --master-key-file, the same on every node")]
    NoKeyFile,
    /// The directory.
    #[error("the directory {directory} cannot be used: {reason}")]
    Directory {
        /// Which.
        directory: PathBuf,
        /// Why.
        reason: String,
    },
}

/// A running house.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let directory = tempfile::tempdir().unwrap();
/// let app = holdfast_api::App::open(directory.path()).await.unwrap();
/// assert_eq!(app.reading.merchants().await.unwrap(), ["default"]);
/// app.shutdown().await;
/// # });
/// ```
pub struct App {
    /// The log.
    pub journal: Arc<dyn Journal>,
    /// The write side.
    pub commands: Commands,
    /// Every question that can be asked.
    pub reading: Reading,
    /// Ends first: it gives commands.
    process_manager: Mutex<Option<ProcessManager>>,
    /// Says to what stays open that it is to end.
    pub closing: watch::Sender<bool>,
    /// Places for those who follow a journal.
    pub followers: Arc<Semaphore>,
    /// Whether GraphQL tells its schema.
    pub introspection: bool,
    /// What can be asked of each read model, by name.
    pub managers: Vec<Arc<dyn ProjectionManager>>,
    projections: Mutex<Option<Projections>>,
    views: ViewStore,
}

/// What a house needs to know beside where its store is.
pub struct Options {
    /// The master key's file; for an embedded store `master.key` in its directory where nothing else is said.
    pub master_key_file: Option<PathBuf>,
    /// What this node is to others over the same database.
    pub membership: Membership,
    /// The limits of the write side.
    pub settings: Settings,
    /// Whether GraphQL tells its schema.
    pub introspection: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            master_key_file: None,
            membership: Membership::alone(),
            settings: Settings::default(),
            introspection: true,
        }
    }
}

impl App {
    /// Opens or creates the embedded store in a directory and starts everything over it.
    pub async fn open(directory: &Path) -> Result<Self, OpenError> {
        Self::start(&Database::Sqlite(directory.to_owned()), Options::default()).await
    }

    /// Opens or creates a store and starts everything over it.
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
        // The journal first: an embedded one takes the lock that keeps a second process out.
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
        let reading = Reading::new(&journal, &views, projections.progress(), commands.vault());
        let due_work = ReadModelDueWork::new(&views, projections.progress().clone());
        let index = OrderReservationIndex::new(&views, projections.progress().clone());
        commands.set_reservation_index(Arc::new(index));
        let process_manager = Mutex::new(Some(ProcessManager::start(commands.clone(), due_work)));
        Ok(Self {
            journal,
            commands,
            reading,
            process_manager,
            closing: watch::Sender::new(false),
            followers: Arc::new(Semaphore::new(MOST_FOLLOWERS)),
            introspection: options.introspection,
            managers,
            projections: Mutex::new(Some(projections)),
            views,
        })
    }

    /// Waits until every read model includes what a merchant's journal holds now, and returns that position.
    ///
    /// It waits as long as the read models make progress: applying a long import takes longer than one query may wait.
    pub async fn wait_for_projections(&self, merchant: &MerchantId) -> Result<u64, ViewError> {
        let merchant = merchant.as_str();
        let position = self.journal.head(merchant).await?.position;
        loop {
            let before = self.applied_positions(merchant);
            match self.reading.wait_for_all(merchant, position).await {
                Err(ViewError::Behind { .. }) if self.applied_positions(merchant) > before => {}
                done => return done.map(|()| position),
            }
        }
    }

    /// Sum of the positions that a merchant's read models have reached.
    fn applied_positions(&self, merchant: &str) -> u64 {
        let states = self.reading.progress().states();
        states.iter().filter(|(_, owner, _)| owner == merchant).map(|(_, _, state)| state.position).sum()
    }

    /// Takes nothing new, finishes what was accepted, and closes the store. Gives whether everything was finished.
    pub async fn shutdown(&self) -> bool {
        self.closing.send_replace(true);
        drop(self.process_manager.lock().unwrap_or_else(PoisonError::into_inner).take());
        let finished = self.commands.shutdown(PATIENCE).await;
        let projections = self.projections.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(projections) = projections {
            projections.shutdown().await;
        }
        self.views.close().await;
        self.journal.close().await;
        finished
    }
}

/// The store's master key: a new one for a new store, and for any other the one that it was written under.
async fn master_key(journal: &dyn Journal, file: &Path) -> Result<MasterKey, OpenError> {
    match journal.master_key_check().await? {
        None => {
            let key = MasterKey::from_file(file, true)?;
            journal.save_master_key_check(key.check().to_vec()).await?;
            // Another node may have been first, under another key.
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
    async fn what_one_merchant_wrote_and_cannot_be_read_halts_no_other() {
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
        let wait = |merchant: &'static str| app.reading.wait_for(merchant, 1);
        wait("default").await.unwrap();
        assert!(matches!(wait("aaa").await, Err(ViewError::Halted { .. })));
        assert!(app.reading.progress().state(Orders::NAME, "aaa").halted.is_some());
        let listed = app.reading.orders("aaa", &OrderFilter::default(), None, 10).await;
        assert!(matches!(listed, Err(ViewError::Halted { .. })), "an empty list would be a lie");
        app.reading.orders("default", &OrderFilter::default(), None, 10).await.unwrap();
        app.shutdown().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_store_opens_only_under_the_key_it_was_written_under() {
        let directory = tempfile::tempdir().unwrap();
        let open = || App::open(directory.path());
        let key = directory.path().join(KEY_FILE);
        open().await.unwrap().shutdown().await;
        let right = std::fs::read(&key).unwrap();

        std::fs::remove_file(&key).unwrap();
        assert!(matches!(open().await.err(), Some(OpenError::KeyMissing(_))));
        assert!(!key.exists(), "no other key was made");
        std::fs::write(&key, "00".repeat(32)).unwrap();
        assert!(matches!(open().await.err(), Some(OpenError::WrongKey(_))));
        std::fs::write(&key, right).unwrap();
        open().await.unwrap().shutdown().await;
    }
}
