//! Telling the other nodes that something was appended, and hearing it from them.
//!
//! NOTIFY within the append would make every merchant's append wait for every other's: it goes out after the commit,
//! on another connection, one for all that was appended meanwhile, with the name of who says it: a node need not hear
//! itself. It only wakes: whoever misses it looks now and then.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::{PgListener, PgPool, PgPoolOptions};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::commits::Commits;

/// The least time between two announcements.
const PAUSE: Duration = Duration::from_millis(10);
/// The time before listening is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// The tasks that announce and listen. They end when this is dropped.
#[derive(Debug, Default)]
pub(super) struct Announcing {
    pub(super) commits: Arc<Commits>,
    appended: Arc<Notify>,
    tasks: JoinSet<()>,
}

impl Announcing {
    pub(super) fn start(pool: &PgPool) -> Self {
        let mut announcing = Self::default();
        let appended = Arc::clone(&announcing.appended);
        let name: Arc<str> = uuid::Uuid::now_v7().to_string().into();
        announcing.tasks.spawn(announce(pool.clone(), appended, Arc::clone(&name)));
        announcing.tasks.spawn(listen(pool.clone(), Arc::clone(&announcing.commits), name));
        announcing
    }

    /// This node has appended something.
    pub(super) fn note(&self) {
        self.commits.note();
        self.appended.notify_one();
    }
}

/// The channel of a schema: a database may hold several journals.
async fn channel(pool: &PgPool) -> Result<String, sqlx::Error> {
    let row = sqlx::query("SELECT 'holdfast_' || left(current_schema(), 50)").fetch_one(pool).await?;
    row.try_get(0)
}

async fn announce(pool: PgPool, appended: Arc<Notify>, name: Arc<str>) {
    loop {
        appended.notified().await;
        let told = sqlx::query("SELECT pg_notify('holdfast_' || left(current_schema(), 50), $1)");
        if let Err(error) = told.bind(&*name).execute(&pool).await {
            tracing::debug!(%error, "other nodes were not told of new events: they will look");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn listen(pool: PgPool, commits: Arc<Commits>, name: Arc<str>) {
    loop {
        if let Err(error) = listen_once(&pool, &commits, &name).await {
            tracing::debug!(%error, "other nodes cannot be heard: new events are looked for");
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Listens until the connection is lost.
async fn listen_once(pool: &PgPool, commits: &Commits, name: &str) -> Result<(), sqlx::Error> {
    let own = PgPoolOptions::new().max_connections(1).connect_lazy_with((*pool.connect_options()).clone());
    let channel = channel(&own).await?;
    let mut listener = PgListener::connect_with(&own).await?;
    listener.listen(&channel).await?;
    // What was announced before is looked for once.
    commits.note();
    while let Some(told) = listener.try_recv().await? {
        if told.payload() != name {
            commits.note();
        }
    }
    Ok(())
}
