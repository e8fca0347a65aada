//! The unit of work of one command: the state before the command, and its own changes on top.

mod aggregates;

use std::collections::HashSet;
use std::sync::Arc;

use holdfast_domain::fulfillment::Aggregates;
use holdfast_domain::order::{Order, OrderEvent, PersonalDataState};
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{LocationId, OrderId, Sku, Timestamp};
use holdfast_domain::{Class, Refusal};
use holdfast_journal::{Claim, ClaimKey, CommandRecord, NewEvent, OutcomeKind, SubjectKey};
use holdfast_views::OrderView;

use super::cached_stream::{CachedStream, StoredAggregate};
use super::change_set::{ChangeSet, StateLayers};
use crate::answer::Refused;
use crate::claims::{claimed_by, nth_use};
use crate::command::AnyCommand;
use crate::privacy::Vault;
use crate::request::CommandContext;

/// Why the execution of a command stopped.
#[derive(Debug)]
pub enum Stop {
    /// Required state is not in memory: the writer loads it and executes the command again.
    NotLoaded,
    /// The command is refused.
    Refused(Refused),
    /// The command fails because of a defect.
    Failed(String),
}

impl Stop {
    /// Sets the field at fault of a refusal with this code.
    pub(super) fn about(self, code: &str, pointer: &str) -> Self {
        match self {
            Self::Refused(refused) if refused.code == code => Self::Refused(refused.at(pointer)),
            other => other,
        }
    }

    /// Names a field of the command as its sender knows it.
    pub(super) fn about_field(self, pointer: &str, of_sender: &str) -> Self {
        match self {
            Self::Refused(refused) if refused.pointer.as_deref() == Some(pointer) => {
                Self::Refused(refused.at(of_sender))
            }
            other => other,
        }
    }
}

impl<R: Refusal> From<R> for Stop {
    fn from(refusal: R) -> Self {
        Self::Refused(refusal.into())
    }
}

/// The answer of an accepted command.
#[derive(Debug)]
pub struct Accepted {
    /// Whether the command created a resource.
    pub(crate) kind: OutcomeKind,
    /// The changed resource, as JSON.
    pub(crate) body: Vec<u8>,
}

/// The position of a stream that the current command has changed, until the command ends.
const CHANGING: u64 = u64::MAX;

/// The state that must be loaded before a command can be decided.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    pub(crate) streams: HashSet<StreamId>,
    pub(crate) claims: HashSet<ClaimKey>,
    pub(crate) subject_keys: HashSet<Arc<str>>,
    /// SKUs and locations whose reserving orders must be looked up.
    pub(crate) reserving_orders: HashSet<(Sku, LocationId)>,
    /// SKUs and locations whose carts must be looked up.
    pub(crate) reserving_carts: HashSet<(Sku, LocationId)>,
    /// SKUs, locations and times at which on hand must be computed from the journal.
    pub(crate) past_on_hand: HashSet<(Sku, LocationId, Timestamp)>,
    /// Whether the journal's format must be read again, because it may have been raised.
    pub(crate) format: bool,
}

impl Needs {
    pub(crate) fn merge(&mut self, other: Self) {
        self.streams.extend(other.streams);
        self.claims.extend(other.claims);
        self.subject_keys.extend(other.subject_keys);
        self.reserving_orders.extend(other.reserving_orders);
        self.reserving_carts.extend(other.reserving_carts);
        self.past_on_hand.extend(other.past_on_hand);
        self.format |= other.format;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.streams.is_empty()
            && self.claims.is_empty()
            && self.subject_keys.is_empty()
            && self.reserving_orders.is_empty()
            && self.reserving_carts.is_empty()
            && self.past_on_hand.is_empty()
    }
}

/// The aggregates as one command sees them, and the changes that it makes. A refused command drops its changes with the unit
/// of work.
pub struct UnitOfWork<'a> {
    layers: &'a mut StateLayers,
    needs: &'a mut Needs,
    vault: &'a Vault,
    context: &'a CommandContext,
    /// The context of the current command of a group.
    member: Option<CommandContext>,
    /// The time of the decision.
    pub at: Timestamp,
    /// The journal position before the command.
    base: u64,
    record: CommandRecord,
    /// The records of the earlier commands of a group.
    earlier: Vec<CommandRecord>,
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
        layers.command = ChangeSet::default();
        let record = new_record(context, at);
        Self { layers, needs, vault, context, member: None, at, base, record, earlier: Vec::new() }
    }

    /// Begins the next command of a group. It sees the changes of the earlier ones and has a record of its own.
    pub(crate) fn begin_member(&mut self, index: usize, command: &AnyCommand) -> Result<(), Stop> {
        if index > 0 {
            self.end_record();
        }
        let context = self.context.of_member(index, command, self.vault);
        let context = context.map_err(|error| Stop::Failed(error.to_string()))?;
        let record = std::mem::replace(&mut self.record, new_record(&context, self.at));
        if index > 0 {
            self.base += record.events.len() as u64;
            self.earlier.push(record);
        }
        self.member = Some(context);
        Ok(())
    }

    /// Drops the changes of the commands so far.
    pub(crate) fn drop_changes(&mut self) {
        self.layers.command = ChangeSet::default();
        self.record.events.clear();
    }

    /// The changes, and the record of the command; of a group, one for each command.
    pub(crate) fn finish(mut self) -> (ChangeSet, Vec<CommandRecord>) {
        self.end_record();
        self.earlier.push(self.record);
        (std::mem::take(&mut self.layers.command), self.earlier)
    }

    /// Sets the position of the streams that the current command has changed.
    fn end_record(&mut self) {
        let position = self.position();
        let streams = self.layers.command.streams.values_mut();
        streams.filter(|stream| stream.position == CHANGING).for_each(|stream| stream.position = position);
    }

    /// The inputs of the decision besides the command itself.
    pub fn context(&self) -> &CommandContext {
        self.member.as_ref().unwrap_or(self.context)
    }

    /// The journal position after the events so far.
    pub fn position(&self) -> u64 {
        self.base + self.record.events.len() as u64
    }

    /// Requires streams and claims, so that the writer loads them together.
    pub fn require_with_claims(
        &mut self,
        streams: impl IntoIterator<Item = StreamId>,
        claims: impl IntoIterator<Item = ClaimKey>,
    ) -> Result<(), Stop> {
        for stream in streams {
            if self.layers.stream(&stream).is_none() {
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

    fn cached(&mut self, stream: &StreamId) -> Result<&CachedStream, Stop> {
        let Some(cached) = self.layers.stream(stream) else {
            self.needs.streams.insert(stream.clone());
            return Err(Stop::NotLoaded);
        };
        Ok(cached)
    }

    fn state<A: StoredAggregate>(&mut self, stream: &StreamId) -> Result<Arc<A>, Stop> {
        let cached = self.cached(stream)?;
        A::of(&cached.entity)
            .cloned()
            .ok_or_else(|| Stop::Failed(format!("{stream} contains another aggregate")))
    }

    /// An order, which must have a version that `If-Match` allows.
    pub fn check_version(&mut self, id: OrderId) -> Result<Arc<Order>, Stop> {
        let order = self.order(id)?;
        let version = self.cached(&StreamId::Order(id))?.version;
        let is_allowed = self.context().if_match.as_ref().is_none_or(|allowed| allowed.contains(&version));
        if is_allowed || order.created.is_none() {
            return Ok(order);
        }
        Err(Stop::Refused(Refused::new(
            "precondition_failed",
            Class::Outdated,
            format!("the order has version {version}, which If-Match does not allow"),
        )))
    }

    /// The stream that has a claim.
    pub fn claim(&mut self, key: &ClaimKey) -> Result<Option<StreamId>, Stop> {
        let Some(found) = self.layers.claim(key) else {
            self.needs.claims.insert(key.clone());
            return Err(Stop::NotLoaded);
        };
        Ok(found.cloned())
    }

    /// Destroys the key to an order's personal data.
    pub fn erase_subject(&mut self, id: OrderId) {
        self.record.erased_subjects.push(subject(id));
    }

    /// Decides a command on an aggregate and records the events. Returns the state after them and the events.
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
        if !self.layers.command.streams.contains_key(stream) {
            let cached = self.cached(stream)?.clone();
            self.layers.command.streams.insert(stream.clone(), cached);
        }
        let happened = A::event(event.clone());
        let claims = claimed_by(&happened);
        let stored = self.stored(stream, happened)?;
        let Some(cached) = self.layers.command.streams.get_mut(stream) else { return Err(Stop::NotLoaded) };
        if cached.version == 0 {
            cached.stream = position;
        }
        cached.version += 1;
        cached.position = CHANGING;
        cached.bytes += stored.payload.len();
        cached.entity.apply(A::event(event));
        let number = cached.stream;
        self.record.events.push(NewEvent { stream: number, version: cached.version, ..stored });
        claims.iter().try_for_each(|key| self.make_claim(key, stream, number))
    }

    /// Claims a name for a stream, unless the stream has it already or no more streams may have it.
    fn make_claim(&mut self, name: &ClaimKey, stream: &StreamId, number: u64) -> Result<(), Stop> {
        for key in (1..).map_while(|count| nth_use(name, count)) {
            match self.claim(&key)? {
                Some(owner) if owner == *stream => break,
                Some(_) => {}
                None => {
                    self.layers.command.claims.insert(key.clone(), stream.clone());
                    self.record.claims.push(Claim { key, stream: number });
                    break;
                }
            }
        }
        Ok(())
    }

    /// The streams that have a name, in the order of their claims.
    pub fn owners(&mut self, name: &ClaimKey) -> Result<Vec<StreamId>, Stop> {
        let mut owners = Vec::new();
        for key in (1..).map_while(|count| nth_use(name, count)) {
            match self.claim(&key)? {
                Some(owner) => owners.push(owner),
                None => break,
            }
        }
        Ok(owners)
    }

    /// The event as the journal stores it, with its personal data encrypted.
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

    /// Encrypts personal data under the order's key, which is new for a new order. Returns `None` if the key was destroyed.
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
        let Some(found) = self.layers.subject_key(subject) else {
            self.needs.subject_keys.insert(Arc::clone(subject));
            return Err(Stop::NotLoaded);
        };
        Ok(found.cloned())
    }

    fn new_subject_key(&mut self, subject: &Arc<str>) -> Result<Vec<u8>, Stop> {
        let key = self.vault.new_key(subject).map_err(|e| Stop::Failed(e.to_string()))?;
        self.layers.command.subject_keys.insert(Arc::clone(subject), key.clone());
        self.record.subject_keys.push(SubjectKey { subject: Arc::clone(subject), key: key.clone() });
        Ok(key)
    }

    /// The view of an order, with the position of the command that last changed it.
    pub fn order_view(&mut self, id: OrderId) -> Result<OrderView, Stop> {
        let order = self.order(id)?;
        let stream = StreamId::Order(id);
        let cached = self.cached(&stream)?;
        let (version, changed_at) = (cached.version, cached.position);
        let position = if changed_at == CHANGING { self.position() } else { changed_at };
        let view = OrderView::of(&order, version, position);
        view.ok_or_else(|| Stop::Failed(format!("order {id} does not exist")))
    }

    /// The answer of an accepted command with an order as its body.
    pub fn accept_order(&mut self, kind: OutcomeKind, id: OrderId) -> Result<Accepted, Stop> {
        let view = self.order_view(id)?;
        accepted(kind, &view)
    }
}

fn new_record(context: &CommandContext, at: Timestamp) -> CommandRecord {
    let metadata = Some(Arc::clone(&context.metadata));
    CommandRecord { metadata, at: at.microseconds(), ..CommandRecord::default() }
}

/// The answer of an accepted command.
pub fn accepted(kind: OutcomeKind, body: &impl serde::Serialize) -> Result<Accepted, Stop> {
    let body = serde_json::to_vec(body).map_err(|e| Stop::Failed(e.to_string()))?;
    Ok(Accepted { kind, body })
}

/// The subject of an order's personal data.
pub(crate) fn subject(id: OrderId) -> Arc<str> {
    StreamId::Order(id).to_string().into()
}
