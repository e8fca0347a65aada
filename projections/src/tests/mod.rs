//! Tests of the runtime, the rebuilds and the read models: over a journal in memory, on SQLite and on PostgreSQL.

mod apply;
mod cart_reservations;
mod causation;
mod events;
mod order_metrics;
mod parked_streams;
mod query_plans;
mod read_snapshot;
mod rebuild;
mod several_nodes;
mod stock_snapshot;
mod store_equivalence;
mod store_versions;
mod verification;

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_journal::{Batch, CommandRecord, Journal, NewEvent};
use holdfast_tests::postgres::Schema;
use tempfile::TempDir;

use crate::{
    Availability, CartReservations, Causation, Metrics, Orders, ProjectionManager, Projections, ViewError,
    ViewStore,
};

pub(crate) const MERCHANT: &str = "default";
const TIMEOUT: Duration = Duration::from_secs(60);

/// An empty database for a test.
pub(crate) trait Fixture: Sized {
    /// The table of applied migrations.
    const MIGRATIONS: &'static str;

    /// `None` if its server is not available, which has been reported.
    async fn empty() -> Option<Self>;

    /// Opens the read models. Every call opens the same ones.
    async fn open(&self) -> Result<ViewStore, ViewError>;

    /// Opens the existing read models read-only.
    async fn open_existing(&self) -> Result<ViewStore, ViewError>;
}

pub(crate) struct Sqlite(TempDir);

impl Fixture for Sqlite {
    const MIGRATIONS: &'static str = "_sqlx_migrations";

    async fn empty() -> Option<Self> {
        Some(Self(tempfile::tempdir().unwrap()))
    }

    async fn open(&self) -> Result<ViewStore, ViewError> {
        ViewStore::open(self.0.path()).await
    }

    async fn open_existing(&self) -> Result<ViewStore, ViewError> {
        ViewStore::open_existing(self.0.path()).await
    }
}

pub(crate) struct Postgres(pub(crate) Schema);

impl Fixture for Postgres {
    const MIGRATIONS: &'static str = "_holdfast_views_migrations";

    async fn empty() -> Option<Self> {
        Schema::fresh().map(Self)
    }

    async fn open(&self) -> Result<ViewStore, ViewError> {
        ViewStore::connect(self.0.url()).await
    }

    async fn open_existing(&self) -> Result<ViewStore, ViewError> {
        ViewStore::connect_existing(self.0.url()).await
    }
}

/// Makes a test of each case for each database.
macro_rules! for_every_store {
    ($($case:ident,)*) => {
        $crate::tests::for_one_store!(sqlite, Sqlite, $($case,)*);
        $crate::tests::for_one_store!(postgres, Postgres, $($case,)*);
    };
}

macro_rules! for_one_store {
    ($module:ident, $fixture:ident, $($case:ident,)*) => {
        mod $module {
            $(#[tokio::test]
            async fn $case() {
                let fixture = <crate::tests::$fixture as crate::tests::Fixture>::empty().await;
                let Some(fixture) = fixture else { return };
                super::$case(&fixture).await;
            })*
        }
    };
}
pub(crate) use {for_every_store, for_one_store};

/// A node with a journal and running projections.
struct TestNode {
    journal: Arc<dyn Journal>,
    store: ViewStore,
    projections: Projections,
}

impl TestNode {
    async fn open(fixture: &impl Fixture, journal: &Arc<dyn Journal>) -> Self {
        Self::with_store(fixture.open().await.unwrap(), journal, "the only node").await
    }

    async fn with_store(store: ViewStore, journal: &Arc<dyn Journal>, name: &str) -> Self {
        let projections = Projections::start(journal, &store, &journal.commits(), name).await.unwrap();
        Self { journal: Arc::clone(journal), store, projections }
    }

    /// Appends events as one command.
    async fn append(&self, events: Vec<(StreamId, u64, DomainEvent)>) {
        append(&*self.journal, events).await;
    }

    /// The manager of a projection.
    fn manager(&self, name: &str) -> Arc<dyn ProjectionManager> {
        self.projections.managers().into_iter().find(|manager| manager.name() == name).unwrap()
    }

    /// Waits until every projection has reached the head of the journal.
    async fn wait_caught_up(&self) -> Result<(), ViewError> {
        self.wait_caught_up_for(TIMEOUT).await
    }

    async fn wait_caught_up_for(&self, timeout: Duration) -> Result<(), ViewError> {
        let position = self.journal.head(MERCHANT).await.unwrap().position;
        let progress = self.projections.progress();
        progress.wait_for(Orders::NAME, MERCHANT, position, timeout).await?;
        progress.wait_for(Metrics::NAME, MERCHANT, position, timeout).await?;
        progress.wait_for(Causation::NAME, MERCHANT, position, timeout).await?;
        progress.wait_for(CartReservations::NAME, MERCHANT, position, timeout).await?;
        progress.wait_for(Availability::NAME, MERCHANT, position, timeout).await
    }

    async fn close(self) {
        self.projections.shutdown().await;
        self.store.close().await;
    }
}

async fn append(journal: &dyn Journal, events: Vec<(StreamId, u64, DomainEvent)>) {
    append_with(journal, events, None).await;
}

/// Appends events as one command with metadata.
async fn append_with(
    journal: &dyn Journal,
    events: Vec<(StreamId, u64, DomainEvent)>,
    metadata: Option<&str>,
) {
    let head = journal.head(MERCHANT).await.unwrap();
    append_command(journal, (MERCHANT, 1_000 + head.position.cast_signed()), events, metadata).await;
}

/// Appends events as one command at a time in microseconds since 1970.
async fn append_at(journal: &dyn Journal, events: Vec<(StreamId, u64, DomainEvent)>, at: i64) {
    append_command(journal, (MERCHANT, at), events, None).await;
}

async fn append_command(
    journal: &dyn Journal,
    (merchant, at): (&str, i64),
    events: Vec<(StreamId, u64, DomainEvent)>,
    metadata: Option<&str>,
) {
    let head = journal.head(merchant).await.unwrap();
    let known = journal.read(merchant, 0, 1_000_000).await.unwrap();
    let record = |(index, (stream, version, event)): (usize, (StreamId, u64, DomainEvent))| {
        let existing =
            known.iter().find(|known| *known.stream_name == stream.to_string()).map(|known| known.stream);
        NewEvent {
            stream: existing.unwrap_or(head.position + 1 + index as u64),
            stream_name: stream.to_string().into(),
            version,
            kind: event.name(),
            type_version: event.version(),
            payload: event.payload().unwrap(),
            sealed: None,
        }
    };
    let events = events.into_iter().enumerate().map(record).collect();
    let metadata = metadata.map(|metadata| metadata.as_bytes().into());
    let command = CommandRecord { events, metadata, at, ..CommandRecord::default() };
    let batch = Batch::seal(merchant.into(), uuid::Uuid::now_v7().into_bytes(), head, vec![command]);
    journal.append(&Arc::from([batch])).await.remove(0).unwrap();
}
