//! The aggregates as one command sees them: the state before it, and its own changes on top.

use std::collections::HashSet;
use std::sync::Arc;

use holdfast_domain::fulfillment::Aggregates;
use holdfast_domain::network::Network;
use holdfast_domain::order::{Order, OrderCommand, OrderEvent, OrderView, PersonalDataState};
use holdfast_domain::policy::Policy;
use holdfast_domain::stock::{StockCommand, StockItem};
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{LocationId, OrderId, Sku, Timestamp};
use holdfast_domain::workload::{Workload, WorkloadCommand};
use holdfast_domain::{Class, Refusal};
use holdfast_journal::{Claim, ClaimKey, CommandRecord, NewEvent, OutcomeKind, SubjectKey};

use super::cached_stream::{CachedStream, StoredAggregate};
use super::change_set::{ChangeSet, StateLayers};
use crate::answer::Refused;
use crate::claims::claimed_by;
use crate::privacy::Vault;
use crate::request::CommandContext;

/// Why a command's handler stopped.
#[derive(Debug)]
pub enum Stop {
    /// Something it needs is not in memory: it is loaded and the handler runs again.
    NotLoaded,
    /// The answer is no.
    Refused(Refused),
    /// A defect: it cannot be carried out.
    Failed(String),
}

impl Stop {
    /// The same; a refusal with this code is about the field at a JSON pointer.
    pub(super) fn about(self, code: &str, pointer: &str) -> Self {
        match self {
            Self::Refused(refused) if refused.code == code => Self::Refused(refused.at(pointer)),
            other => other,
        }
    }
}

impl<R: Refusal> From<R> for Stop {
    fn from(refusal: R) -> Self {
        Self::Refused(refusal.into())
    }
}

/// What a handler grants.
#[derive(Debug)]
pub struct Accepted {
    /// Whether something new exists.
    pub(crate) kind: OutcomeKind,
    /// The changed resource, as JSON.
    pub(crate) body: Vec<u8>,
}

/// What has to be loaded before a command can be decided.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    pub(crate) streams: HashSet<StreamId>,
    pub(crate) claims: HashSet<ClaimKey>,
    pub(crate) subject_keys: HashSet<Arc<str>>,
    /// Units of which SKU, and where, it must be known who holds.
    pub(crate) holders: HashSet<(Sku, LocationId)>,
    /// Whether the journal's format may have been raised since it was read.
    pub(crate) format: bool,
}

impl Needs {
    pub(crate) fn is_empty(&self) -> bool {
        self.streams.is_empty()
            && self.claims.is_empty()
            && self.subject_keys.is_empty()
            && self.holders.is_empty()
    }
}

/// The aggregates as one command sees them, and the changes that it makes.
///
/// A refusal leaves no trace: the changes before it are dropped with the unit of work.
pub struct UnitOfWork<'a> {
    layers: &'a mut StateLayers,
    needs: &'a mut Needs,
    vault: &'a Vault,
    context: &'a CommandContext,
    /// The moment of decision.
    pub at: Timestamp,
    /// The journal's position before the command.
    base: u64,
    own: ChangeSet,
    record: CommandRecord,
}

impl<'a> UnitOfWork<'a> {
    pub(crate) fn new(
        layers: &'a mut StateLayers,
        needs: &'a mut Needs,
        vault: &'a Vault,
        context: &'a CommandContext,
        at: Timestamp,
        base: u64,
    ) -> Self {
        let metadata = Some(Arc::clone(&context.metadata));
        let record = CommandRecord { metadata, at: at.microseconds(), ..CommandRecord::default() };
        Self { layers, needs, vault, context, at, base, own: ChangeSet::default(), record }
    }

    /// The command's changes and its record.
    pub(crate) fn finish(mut self) -> (ChangeSet, CommandRecord) {
        let position = self.position();
        self.own.streams.values_mut().for_each(|changed| changed.position = position);
        (self.own, self.record)
    }

    /// Where the command comes from.
    pub fn context(&self) -> &'a CommandContext {
        self.context
    }

    /// The journal's position after the events so far.
    pub fn position(&self) -> u64 {
        self.base + self.record.events.len() as u64
    }

    /// Asks for streams and claims that will be needed, so that they are loaded together.
    pub fn want(
        &mut self,
        streams: impl IntoIterator<Item = StreamId>,
        claims: impl IntoIterator<Item = ClaimKey>,
    ) -> Result<(), Stop> {
        for stream in streams {
            if !self.own.streams.contains_key(&stream) && self.layers.stream(&stream).is_none() {
                self.needs.streams.insert(stream);
            }
        }
        for claim in claims {
            if self.layers.claim(&claim).is_none() {
                self.needs.claims.insert(claim);
            }
        }
        if self.needs.is_empty() { Ok(()) } else { Err(Stop::NotLoaded) }
    }

    fn kept(&mut self, stream: &StreamId) -> Result<&CachedStream, Stop> {
        if self.own.streams.contains_key(stream) {
            return self.own.streams.get(stream).ok_or(Stop::NotLoaded);
        }
        if let Some(kept) = self.layers.stream(stream) {
            return Ok(kept);
        }
        self.needs.streams.insert(stream.clone());
        Err(Stop::NotLoaded)
    }

    fn state<A: StoredAggregate>(&mut self, stream: &StreamId) -> Result<Arc<A>, Stop> {
        let kept = self.kept(stream)?;
        A::of(&kept.entity).cloned().ok_or_else(|| Stop::Failed(format!("{stream} holds another aggregate")))
    }

    /// An order, which must have the version of `If-Match` where that was given.
    pub fn check_version(&mut self, id: OrderId) -> Result<Arc<Order>, Stop> {
        let order = self.order(id)?;
        let version = self.kept(&StreamId::Order(id))?.version;
        match self.context.if_match.filter(|expected| order.created.is_some() && *expected != version) {
            Some(expected) => Err(Stop::Refused(Refused::new(
                "precondition_failed",
                Class::Outdated,
                format!("the order has version {version}, not {expected}"),
            ))),
            None => Ok(order),
        }
    }

    /// The stream that has a claim.
    pub fn claim(&mut self, key: &ClaimKey) -> Result<Option<StreamId>, Stop> {
        if let Some(stream) = self.own.claims.get(key) {
            return Ok(Some(stream.clone()));
        }
        match self.layers.claim(key) {
            Some(found) => Ok(found.cloned()),
            None => {
                self.needs.claims.insert(key.clone());
                Err(Stop::NotLoaded)
            }
        }
    }

    /// Orders that may hold units of a SKU at a location: those that the index names, and those of commands that are not
    /// committed yet.
    pub fn reservation_holders(&mut self, sku: &Sku, location: &LocationId) -> Result<Vec<OrderId>, Stop> {
        let Some(known) = self.layers.holders.get(&(sku.clone(), location.clone())) else {
            self.needs.holders.insert((sku.clone(), location.clone()));
            return Err(Stop::NotLoaded);
        };
        let Some(mut holders) = known.clone() else { return Ok(Vec::new()) };
        let uncommitted = self.layers.in_flight.streams.keys().chain(self.layers.open.streams.keys());
        let orders = uncommitted.filter_map(|stream| match stream {
            StreamId::Order(id) => Some(*id),
            _ => None,
        });
        holders.extend(orders);
        holders.sort();
        holders.dedup();
        Ok(holders)
    }

    /// Destroys the key to an order's personal data.
    pub fn erase_subject(&mut self, id: OrderId) {
        self.record.erased_subjects.push(subject(id));
    }

    /// Decides on an aggregate and records the events; gives the state after them and the events.
    pub fn decide<A: StoredAggregate>(
        &mut self,
        stream: &StreamId,
        command: &A::Command,
    ) -> Result<(Arc<A>, Vec<A::Event>), Stop>
    where
        A::Error: Refusal,
    {
        let events = self.state::<A>(stream)?.decide(command)?;
        for event in &events {
            self.apply::<A>(stream, event.clone())?;
        }
        Ok((self.state(stream)?, events))
    }

    fn apply<A: StoredAggregate>(&mut self, stream: &StreamId, event: A::Event) -> Result<(), Stop> {
        let position = self.position() + 1;
        if !self.own.streams.contains_key(stream) {
            let kept = self.kept(stream)?.clone();
            self.own.streams.insert(stream.clone(), kept);
        }
        let happened = A::event(event.clone());
        let claims = claimed_by(&happened);
        let stored = self.stored(stream, happened)?;
        let Some(kept) = self.own.streams.get_mut(stream) else { return Err(Stop::NotLoaded) };
        if kept.version == 0 {
            kept.stream = position;
        }
        kept.version += 1;
        kept.bytes += stored.payload.len();
        if let Some(state) = A::of_mut(&mut kept.entity) {
            Arc::make_mut(state).apply(event);
        }
        let number = kept.stream;
        self.record.events.push(NewEvent { stream: number, version: kept.version, ..stored });
        for key in claims {
            if self.claim(&key)?.is_none() {
                self.own.claims.insert(key.clone(), stream.clone());
                self.record.claims.push(Claim { key, stream: number });
            }
        }
        Ok(())
    }

    /// The event as the journal takes it, what is personal sealed.
    fn stored(&mut self, stream: &StreamId, mut event: DomainEvent) -> Result<NewEvent, Stop> {
        let failed = |e: serde_json::Error| Stop::Failed(e.to_string());
        let sealed = match (&mut event, stream) {
            (DomainEvent::Order(event), StreamId::Order(id)) => {
                match event.take_personal().map_err(failed)? {
                    Some(clear) => self.seal(event, *id, &clear)?,
                    None => None,
                }
            }
            _ => None,
        };
        Ok(NewEvent {
            stream_name: stream.to_string().into(),
            stream: 0,
            version: 0,
            kind: event.name(),
            type_version: event.version(),
            payload: event.payload().map_err(failed)?,
            sealed,
        })
    }

    /// Seals under the order's key: a new one for a new order. Where the key was destroyed nothing is kept.
    fn seal(&mut self, event: &OrderEvent, id: OrderId, clear: &[u8]) -> Result<Option<Vec<u8>>, Stop> {
        let failed = |e: crate::VaultError| Stop::Failed(e.to_string());
        let subject = subject(id);
        let created = matches!(event, OrderEvent::OrderCreated(_));
        if !created && self.order(id)?.personal_data == PersonalDataState::Erased {
            return Ok(None);
        }
        let known = if created { None } else { self.subject_key(&subject)? };
        let key = match known {
            Some(key) => key,
            None => self.new_subject_key(&subject)?,
        };
        self.vault.seal(&key, &subject, clear).map(Some).map_err(failed)
    }

    fn subject_key(&mut self, subject: &Arc<str>) -> Result<Option<Vec<u8>>, Stop> {
        if let Some(key) = self.own.subject_keys.get(subject) {
            return Ok(Some(key.clone()));
        }
        if let Some(known) = self.layers.subject_key(subject) {
            return Ok(known.cloned());
        }
        self.needs.subject_keys.insert(Arc::clone(subject));
        Err(Stop::NotLoaded)
    }

    fn new_subject_key(&mut self, subject: &Arc<str>) -> Result<Vec<u8>, Stop> {
        let key = self.vault.new_key(subject).map_err(|e| Stop::Failed(e.to_string()))?;
        self.own.subject_keys.insert(Arc::clone(subject), key.clone());
        self.record.subject_keys.push(SubjectKey { subject: Arc::clone(subject), key: key.clone() });
        Ok(key)
    }

    /// An order as it is now, as the outside sees it, with the position of the command that last changed it.
    pub fn order_view(&mut self, id: OrderId) -> Result<OrderView, Stop> {
        let order = self.order(id)?;
        let stream = StreamId::Order(id);
        let is_changed = self.own.streams.contains_key(&stream);
        let kept = self.kept(&stream)?;
        let (version, changed_at) = (kept.version, kept.position);
        let position = if is_changed { self.position() } else { changed_at };
        let view = OrderView::of(&order, version, position);
        view.ok_or_else(|| Stop::Failed(format!("order {id} does not exist")))
    }

    /// A grant whose body is an order.
    pub fn accept_order(&mut self, kind: OutcomeKind, id: OrderId) -> Result<Accepted, Stop> {
        let view = self.order_view(id)?;
        accepted(kind, &view)
    }
}

/// A grant with a body.
pub fn accepted(kind: OutcomeKind, body: &impl serde::Serialize) -> Result<Accepted, Stop> {
    let body = serde_json::to_vec(body).map_err(|e| Stop::Failed(e.to_string()))?;
    Ok(Accepted { kind, body })
}

/// Whose personal data it is: an order's.
pub(crate) fn subject(id: OrderId) -> Arc<str> {
    StreamId::Order(id).to_string().into()
}

impl Aggregates for UnitOfWork<'_> {
    type Error = Stop;

    fn now(&self) -> Timestamp {
        self.at
    }

    fn require(&mut self, streams: impl IntoIterator<Item = StreamId>) -> Result<(), Stop> {
        self.want(streams, [])
    }

    fn order(&mut self, id: OrderId) -> Result<Arc<Order>, Stop> {
        self.state(&StreamId::Order(id))
    }

    fn stock(&mut self, sku: &Sku) -> Result<Arc<StockItem>, Stop> {
        self.state(&StreamId::Stock(sku.clone()))
    }

    fn network(&mut self) -> Result<Arc<Network>, Stop> {
        self.state(&StreamId::Network)
    }

    fn policy(&mut self) -> Result<Arc<Policy>, Stop> {
        self.state(&StreamId::Policy)
    }

    fn workload(&mut self, location: &LocationId) -> Result<Arc<Workload>, Stop> {
        self.state(&StreamId::Workload(location.clone()))
    }

    fn reservation_holders(&mut self, sku: &Sku, location: &LocationId) -> Result<Vec<OrderId>, Stop> {
        Self::reservation_holders(self, sku, location)
    }

    fn decide_order(
        &mut self,
        id: OrderId,
        command: &OrderCommand,
    ) -> Result<(Arc<Order>, Vec<OrderEvent>), Stop> {
        self.decide::<Order>(&StreamId::Order(id), command)
    }

    fn decide_stock(&mut self, sku: &Sku, command: &StockCommand) -> Result<bool, Stop> {
        let (_, events) = self.decide::<StockItem>(&StreamId::Stock(sku.clone()), command)?;
        Ok(!events.is_empty())
    }

    fn decide_workload(&mut self, location: &LocationId, command: &WorkloadCommand) -> Result<(), Stop> {
        self.decide::<Workload>(&StreamId::Workload(location.clone()), command).map(drop)
    }
}
