//! Loading the state that commands need, in as few reads as possible.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use holdfast_domain::stream::{StreamId, UnknownStream};
use holdfast_domain::values::{LocationId, Sku, Timestamp};
use holdfast_journal::{JournalError, LoadRequest, LoadedStream, OutcomeKey};

use super::Writer;
use super::idempotency_key::Outcomes;
use super::submission::Submission;
use crate::execution::Needs;
use crate::execution::cached_stream::CachedStream;

/// The most streams in one read. Each may have hundreds of events after its snapshot.
const MAX_STREAMS: usize = 256;

impl Writer {
    /// Loads the state that all these commands need. Executing them finds their needs; the decisions are dropped.
    pub(super) async fn load_for(
        &mut self,
        submissions: impl Iterator<Item = &Submission>,
        outcomes: &mut Outcomes,
    ) -> Result<(), JournalError> {
        let mut needs = Needs::default();
        let mut keys = Vec::new();
        for submission in submissions {
            let request = &submission.request;
            if let Some(key) = &request.identity {
                match outcomes.get(key) {
                    Some(Some(_)) => continue,
                    Some(None) => {}
                    None if self.decided_with(key).is_some() => continue,
                    None => keys.push(key.clone()),
                }
            }
            needs.merge(self.needs_of(request));
        }
        self.load(needs, keys, outcomes).await
    }

    async fn load(
        &mut self,
        needs: Needs,
        keys: Vec<OutcomeKey>,
        outcomes: &mut Outcomes,
    ) -> Result<(), JournalError> {
        let journal = Arc::clone(&self.shared.journal);
        let merchant = self.merchant.to_string();
        if needs.format {
            self.head.format = journal.head(&merchant).await?.format;
            self.format_is_fresh = true;
        }
        let mut streams: Vec<StreamId> = needs.streams.into_iter().collect();
        let rest = streams.split_off(streams.len().min(MAX_STREAMS));
        let request = LoadRequest {
            streams: streams.iter().map(|stream| stream.to_string().into()).collect(),
            claims: needs.claims.into_iter().collect(),
            outcomes: keys,
        };
        let loaded = journal.load(&merchant, &request).await?;
        self.cache(streams, loaded.streams).await?;
        for streams in rest.chunks(MAX_STREAMS) {
            let names = streams.iter().map(|stream| stream.to_string().into()).collect();
            let request = LoadRequest { streams: names, ..LoadRequest::default() };
            let loaded = journal.load(&merchant, &request).await?;
            self.cache(streams.to_vec(), loaded.streams).await?;
        }
        for (claim, name) in request.claims.into_iter().zip(loaded.claims) {
            let stream = name.map(|name| name.parse()).transpose();
            let stream = stream.map_err(|error: UnknownStream| {
                JournalError::Corrupt(format!("claim {}: {error}", claim.kind))
            })?;
            self.layers.committed.insert_claim(claim, stream);
        }
        outcomes.extend(request.outcomes.into_iter().zip(loaded.outcomes));
        self.look_up_reservations(needs.reserving_orders, needs.reserving_carts).await;
        let mut times: HashMap<(Sku, LocationId), Vec<Timestamp>> = HashMap::new();
        for (sku, location, time) in needs.past_on_hand {
            times.entry((sku, location)).or_default().push(time);
        }
        for ((sku, location), times) in times {
            for (time, past) in self.past_on_hand(&sku, &location, &times).await? {
                self.layers.past_on_hand.insert((sku.clone(), location.clone(), time), past);
            }
        }
        for subject in needs.subject_keys {
            let key = journal.subject_key(&merchant, &subject).await?;
            self.layers.committed.insert_subject_key(subject, key);
        }
        Ok(())
    }

    /// Looks up the orders and carts that may hold units of SKUs at locations.
    async fn look_up_reservations(
        &mut self,
        of_orders: HashSet<(Sku, LocationId)>,
        of_carts: HashSet<(Sku, LocationId)>,
    ) {
        let (merchant, position) = (&self.merchant, self.head.position);
        let index = self.shared.reservation_index.get();
        for (sku, location) in of_orders {
            let orders = match index {
                Some(index) => index.reserving_orders(merchant, &sku, &location, position).await,
                None => None,
            };
            self.layers.reserving_orders.insert((sku, location), orders);
        }
        for (sku, location) in of_carts {
            let carts = match index {
                Some(index) => index.reserving_carts(merchant, &sku, &location, position).await,
                None => None,
            };
            self.layers.reserving_carts.insert((sku, location), carts);
        }
    }

    /// Caches loaded streams. They stay cached if a later part of the load fails.
    async fn cache(
        &mut self,
        streams: Vec<StreamId>,
        loaded: Vec<Option<LoadedStream>>,
    ) -> Result<(), JournalError> {
        for (stream, found) in streams.into_iter().zip(loaded) {
            let cached = match found {
                None => CachedStream::empty(&stream),
                Some(found) => match CachedStream::load(&stream, &found, &self.shared.vault)? {
                    Some(cached) => cached,
                    None => {
                        let (merchant, name) = (self.merchant.as_str(), stream.to_string());
                        let events = self.shared.journal.read_stream(merchant, &name, u64::MAX).await?;
                        CachedStream::replay(&stream, &events)?
                    }
                },
            };
            self.layers.committed.insert(stream, cached);
        }
        Ok(())
    }
}
