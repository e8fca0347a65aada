//! Notification of other nodes about new events, by LISTEN and NOTIFY.
//!
//! A NOTIFY in the appending transaction would serialize the commits of all merchants. It is sent after the commit on
//! another connection instead, once for all appends of a short interval, with the name of the sender, so that a node
//! ignores its own. Notifications only wake: a node that misses one finds the events by polling.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::{PgListener, PgPool, PgPoolOptions};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::commit_signal::CommitSignal;

/// The minimum time between two notifications.
const NOTIFY_INTERVAL: Duration = Duration::from_millis(10);
/// The time between two attempts to listen.
const LISTEN_RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// The tasks that notify and listen. They end when this is dropped.
#[derive(Debug, Default)]
pub(super) struct Notifications {
    pub(super) commit_signal: Arc<CommitSignal>,
    appended: Arc<Notify>,
    tasks: JoinSet<()>,
}

impl Notifications {
    pub(super) fn start(pool: &PgPool) -> Self {
        let mut notifications = Self::default();
        let appended = Arc::clone(&notifications.appended);
        let sender: Arc<str> = uuid::Uuid::now_v7().to_string().into();
        notifications.tasks.spawn(notify(pool.clone(), appended, Arc::clone(&sender)));
        let signal = Arc::clone(&notifications.commit_signal);
        notifications.tasks.spawn(listen(pool.clone(), signal, sender));
        notifications
    }

    /// Wakes the readers of this node now and those of other nodes soon.
    pub(super) fn notify(&self) {
        self.commit_signal.notify();
        self.appended.notify_one();
    }
}

/// The channel of the schema: a database may hold several journals.
async fn channel(pool: &PgPool) -> Result<String, sqlx::Error> {
    let row = sqlx::query("SELECT 'holdfast_' || left(current_schema(), 50)").fetch_one(pool).await?;
    row.try_get(0)
}

async fn notify(pool: PgPool, appended: Arc<Notify>, sender: Arc<str>) {
    loop {
        appended.notified().await;
        let notification = sqlx::query("SELECT pg_notify('holdfast_' || left(current_schema(), 50), $1)");
        if let Err(error) = notification.bind(&*sender).execute(&pool).await {
            tracing::debug!(%error, "cannot notify other nodes of new events; they will find them by polling");
        }
        tokio::time::sleep(NOTIFY_INTERVAL).await;
    }
}

async fn listen(pool: PgPool, signal: Arc<CommitSignal>, sender: Arc<str>) {
    loop {
        if let Err(error) = listen_until_disconnected(&pool, &signal, &sender).await {
            tracing::debug!(%error, "cannot listen for new events of other nodes; they are found by polling");
        }
        tokio::time::sleep(LISTEN_RETRY_INTERVAL).await;
    }
}

async fn listen_until_disconnected(
    pool: &PgPool,
    signal: &CommitSignal,
    own_name: &str,
) -> Result<(), sqlx::Error> {
    let own = PgPoolOptions::new().max_connections(1).connect_lazy_with((*pool.connect_options()).clone());
    let channel = channel(&own).await?;
    let mut listener = PgListener::connect_with(&own).await?;
    listener.listen(&channel).await?;
    // Earlier notifications were missed: readers look once.
    signal.notify();
    while let Some(notification) = listener.try_recv().await? {
        if notification.payload() != own_name {
            signal.notify();
        }
    }
    Ok(())
}
