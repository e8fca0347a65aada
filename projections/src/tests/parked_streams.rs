//! An event that cannot be applied parks its stream. All other streams continue, and no event is skipped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ambassador::delegate_to_methods;
use async_trait::async_trait;
use holdfast_domain::stream::StreamId;
use holdfast_journal::test_support::MemoryJournal;
use holdfast_journal::{
    AppendError, Batch, BatchStore, BatchSummary, CommandRecord, Event, EventLog, Finding, Head, Journal,
    JournalAdmin, JournalError, LeaseStatus, LeaseStore, LoadRequest, Loaded, NewEvent, Node, Outcome,
    Snapshot, SubjectKeys, VerificationSource, ambassador_impl_BatchStore, ambassador_impl_JournalAdmin,
    ambassador_impl_LeaseStore, ambassador_impl_SubjectKeys, ambassador_impl_VerificationSource,
};
use tokio::sync::watch;

use super::events::{created, received, sku};
use super::{Fixture, MERCHANT, TIMEOUT, TestNode, append, for_every_store};
use crate::error::Result;
use crate::projections::Projections;
use crate::read_models::availability::{AvailabilityKey, AvailabilityProjection, AvailabilityRow};
use crate::runtime::projection::{Projection, RecordedEvent, RowsByKey};
use crate::store::{Presence, Table, Tables};
use crate::{Availability, AvailabilityFilter, Orders, RetryResult, ViewError};

for_every_store! {
    an_undecodable_payload_parks_only_its_own_stream,
    a_fold_that_panics_parks_the_stream_until_a_retry_succeeds,
    a_missing_event_halts_the_projection,
}

/// Appends an event with a payload that its type does not allow.
pub(super) async fn append_undecodable(journal: &dyn Journal, stream: &StreamId, version: u64) {
    let head = journal.head(MERCHANT).await.unwrap();
    let known = journal.read(MERCHANT, 0, 1_000_000).await.unwrap();
    let existing = known.iter().find(|event| *event.stream_name == stream.to_string()).unwrap().stream;
    let event = NewEvent {
        stream: existing,
        stream_name: stream.to_string().into(),
        version,
        kind: "StockReceived",
        type_version: 1,
        payload: b"{\"quantity\":\"many\"}".to_vec(),
        sealed: None,
    };
    let command = CommandRecord { events: vec![event], at: 9_000, ..CommandRecord::default() };
    let batch = Batch::seal(MERCHANT.into(), uuid::Uuid::now_v7().into_bytes(), head, vec![command]);
    journal.append(&Arc::from([batch])).await.remove(0).unwrap();
}

async fn an_undecodable_payload_parks_only_its_own_stream(fixture: &impl Fixture) {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let node = TestNode::open(fixture, &journal).await;
    node.append(vec![received(1, "A"), received(1, "B"), created(1, "A")]).await;
    append_undecodable(&*journal, &StreamId::Stock(sku("A")), 2).await;
    node.append(vec![received(3, "A"), received(2, "B"), created(2, "A")]).await;
    node.wait_caught_up().await.unwrap();
    let progress = node.projections.progress();
    let stock = progress.state(Availability::NAME, MERCHANT);
    assert_eq!((stock.position, stock.folded, stock.parked, stock.halted), (7, 5, 2, None));
    let orders = progress.state(Orders::NAME, MERCHANT);
    assert_eq!((orders.folded, orders.parked), (7, 0), "the projection of orders ignores the event");
    let view = Availability::new(&node.store)
        .get(MERCHANT, 1, &[sku("A"), sku("B")], &AvailabilityFilter::default())
        .await
        .unwrap();
    let found: Vec<_> = view.iter().map(|view| (view.available.number(), view.stale)).collect();
    assert_eq!(found, [(5, true), (10, false)], "an old state, marked as stale");

    let manager = node.manager(Availability::NAME);
    let parked = manager.parked().await.unwrap();
    let [(merchant, stream)] = &parked[..] else { panic!("{parked:?}") };
    assert_eq!((merchant.as_str(), &stream.stream), (MERCHANT, &StreamId::Stock(sku("A")).to_string()));
    assert_eq!((stream.position, stream.events), (4, 2));
    assert!(stream.error.contains("StockReceived"), "{}", stream.error);
    assert_eq!(
        manager.retry().await.unwrap(),
        RetryResult { folded: 0, parked: 1 },
        "the event still cannot be decoded"
    );
    node.close().await;

    let node = TestNode::open(fixture, &journal).await;
    node.append(vec![received(4, "A")]).await;
    node.wait_caught_up().await.unwrap();
    let stock = node.projections.progress().state(Availability::NAME, MERCHANT);
    assert_eq!((stock.folded, stock.parked), (5, 3), "later events of the stream are parked too");
    node.close().await;
}

/// Whether the fold of [`Faulty`] has been fixed.
static IS_FIXED: AtomicBool = AtomicBool::new(false);
/// Held by the test that uses [`IS_FIXED`].
static LOCK: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The projection of availability, with a fold that panics at the second event of SKU `B` until it is fixed.
struct Faulty;

#[async_trait]
impl Projection for Faulty {
    const NAME: &'static str = "faulty";
    const VERSION: i64 = 1;
    const TABLES: &'static [Table] = AvailabilityProjection::TABLES;
    type Key = AvailabilityKey;
    type Row = AvailabilityRow;

    fn concerns(stream: &StreamId) -> bool {
        AvailabilityProjection::concerns(stream)
    }
    fn key(event: &RecordedEvent) -> Option<AvailabilityKey> {
        AvailabilityProjection::key(event)
    }
    fn fold(row: Option<AvailabilityRow>, event: RecordedEvent) -> AvailabilityRow {
        let is_faulty = event.stream == StreamId::Stock(sku("B")) && event.version == 2;
        assert!(IS_FIXED.load(Ordering::SeqCst) || !is_faulty, "the fold is faulty");
        AvailabilityProjection::fold(row, event)
    }
    async fn load(tables: &mut Tables<'_>, keys: &[AvailabilityKey]) -> Result<RowsByKey<Self>> {
        AvailabilityProjection::load(tables, keys).await
    }
    async fn save(
        tables: &mut Tables<'_>,
        rows: &[(AvailabilityKey, AvailabilityRow)],
        presence: Presence,
    ) -> Result<()> {
        AvailabilityProjection::save(tables, rows, presence).await
    }
    async fn mark_stale(tables: &mut Tables<'_>, streams: &[&str]) -> Result<()> {
        AvailabilityProjection::mark_stale(tables, streams).await
    }
}

async fn a_fold_that_panics_parks_the_stream_until_a_retry_succeeds(fixture: &impl Fixture) {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let store = fixture.open().await.unwrap();
    let mut projections = Projections::empty();
    let context = projections.context(&journal, &store, "the only node");
    let _lock = LOCK.lock().await;
    IS_FIXED.store(false, Ordering::SeqCst);
    projections.add::<Faulty>(&context, &journal.commits()).await.unwrap();
    for version in 1..=3 {
        append(&*journal, vec![received(version, "A"), received(version, "B")]).await;
    }
    projections.progress().wait_for(Faulty::NAME, MERCHANT, 6, TIMEOUT).await.unwrap();
    let found = async || {
        let skus = [sku("A"), sku("B")];
        let view =
            Availability::new(&store).get(MERCHANT, 1, &skus, &AvailabilityFilter::default()).await.unwrap();
        view.iter().map(|view| (view.available.number(), view.stale)).collect::<Vec<_>>()
    };
    assert_eq!(found().await, [(15, false), (5, true)]);
    let manager = projections.managers().remove(0);
    assert!(manager.parked().await.unwrap()[0].1.error.contains("the fold is faulty"));
    assert_eq!(manager.retry().await.unwrap(), RetryResult { folded: 0, parked: 1 });
    IS_FIXED.store(true, Ordering::SeqCst);
    assert_eq!(manager.retry().await.unwrap(), RetryResult { folded: 1, parked: 0 });
    assert_eq!(found().await, [(15, false), (15, false)]);
    assert_eq!(manager.parked().await.unwrap(), []);
    append(&*journal, vec![received(4, "B")]).await;
    projections.progress().wait_for(Faulty::NAME, MERCHANT, 7, TIMEOUT).await.unwrap();
    assert_eq!(found().await, [(15, false), (20, false)]);
    let state = projections.progress().state(Faulty::NAME, MERCHANT);
    assert_eq!((state.folded, state.parked), (7, 0));
    projections.shutdown().await;
    store.close().await;
}

/// A journal that omits its fourth event when it is read.
pub(super) struct JournalWithGap(pub(super) Arc<dyn Journal>);

#[delegate_to_methods]
#[delegate(BatchStore, target_ref = "inner")]
#[delegate(SubjectKeys, target_ref = "inner")]
#[delegate(LeaseStore, target_ref = "inner")]
#[delegate(VerificationSource, target_ref = "inner")]
#[delegate(JournalAdmin, target_ref = "inner")]
impl JournalWithGap {
    fn inner(&self) -> &dyn Journal {
        &*self.0
    }
}

#[async_trait]
impl EventLog for JournalWithGap {
    fn commits(&self) -> watch::Receiver<u64> {
        self.0.commits()
    }
    async fn head(&self, merchant: &str) -> Result<Head, JournalError> {
        self.0.head(merchant).await
    }
    async fn heads(&self) -> Result<Vec<(String, Head)>, JournalError> {
        self.0.heads().await
    }
    async fn read(&self, merchant: &str, after: u64, limit: usize) -> Result<Vec<Event>, JournalError> {
        let mut events = self.0.read(merchant, after, limit).await?;
        events.retain(|event| event.position != 4);
        Ok(events)
    }
    async fn read_stream(&self, merchant: &str, name: &str, up_to: u64) -> Result<Vec<Event>, JournalError> {
        self.0.read_stream(merchant, name, up_to).await
    }
    async fn read_stream_page(
        &self,
        merchant: &str,
        name: &str,
        after_version: u64,
        up_to: u64,
        limit: usize,
    ) -> Result<Vec<Event>, JournalError> {
        self.0.read_stream_page(merchant, name, after_version, up_to, limit).await
    }
    async fn position_at(&self, merchant: &str, time: i64) -> Result<u64, JournalError> {
        self.0.position_at(merchant, time).await
    }
}

async fn a_missing_event_halts_the_projection(fixture: &impl Fixture) {
    let memory: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    for version in 1..=6 {
        append(&*memory, vec![received(version, "A")]).await;
    }
    let node = TestNode::open(fixture, &(Arc::new(JournalWithGap(memory)) as Arc<dyn Journal>)).await;
    let Err(ViewError::Halted { reason, .. }) = node.wait_caught_up().await else {
        panic!("the event was skipped")
    };
    assert!(reason.contains("an event is missing"), "{reason}");
    let state = node.projections.progress().state(Orders::NAME, MERCHANT);
    assert_eq!((state.position, state.folded), (0, 0), "no part of the batch was applied");
    node.close().await;
}
