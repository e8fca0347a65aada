//! Unique names: what an event claims, and whether the journal's claims are what its events say.

use std::collections::HashSet;
use std::sync::Arc;

use holdfast_domain::order::OrderEvent;
use holdfast_domain::stock::StockEvent;
use holdfast_domain::stream::DomainEvent;
use holdfast_domain::values::{ChannelName, Reference};
use holdfast_journal::{ClaimKey, Finding, Journal, JournalError, LoadRequest};

use crate::execution::cached_stream::decode;

/// Events looked at together.
const PAGE: usize = 1_000;
/// After so many findings the claims are known to be bad enough.
const MOST_FINDINGS: usize = 100;

/// The claim of a channel's name for an order.
pub(crate) fn channel_reference(channel: &ChannelName, reference: &Reference) -> ClaimKey {
    // Neither may contain a slash.
    ClaimKey { kind: "channel_ref", value: Arc::from(format!("{channel}/{reference}")) }
}

/// The claim of a parcel's number.
pub(crate) fn tracking_number(carrier: &Reference, number: &Reference) -> ClaimKey {
    // Neither may contain a slash.
    ClaimKey { kind: "tracking_number", value: Arc::from(format!("{carrier}/{number}")) }
}

/// The claim of a transfer's id.
pub(crate) fn transfer(id: &Reference) -> ClaimKey {
    ClaimKey { kind: "transfer", value: Arc::from(id.as_str()) }
}

/// The claim of a supply's id.
pub(crate) fn supply(id: &Reference) -> ClaimKey {
    ClaimKey { kind: "supply", value: Arc::from(id.as_str()) }
}

/// What an event claims for its stream. Carriers use numbers again: whoever is first keeps the claim.
pub(crate) fn claimed_by(event: &DomainEvent) -> Vec<ClaimKey> {
    match event {
        DomainEvent::Order(OrderEvent::OrderCreated(created)) => {
            let reference = created.channel_ref.as_ref();
            reference.map(|reference| channel_reference(&created.channel, reference)).into_iter().collect()
        }
        DomainEvent::Order(OrderEvent::ShipmentCreated(created)) => {
            let parcels = created.packages.iter();
            parcels.map(|parcel| tracking_number(&parcel.carrier, &parcel.tracking_number)).collect()
        }
        DomainEvent::Stock(StockEvent::TransferShipped(shipped)) => vec![transfer(&shipped.transfer_id)],
        DomainEvent::Stock(StockEvent::SupplyExpected(expected)) => vec![supply(&expected.supply_id)],
        _ => Vec::new(),
    }
}

/// Compares a merchant's claims with what its events claim. Damage to events is not looked for here: what follows an
/// event that cannot be read is left out.
pub async fn verify_claims(journal: &dyn Journal, merchant: &str) -> Result<Vec<Finding>, JournalError> {
    let mut findings = Vec::new();
    let mut seen = HashSet::new();
    let mut position = 0;
    while findings.len() < MOST_FINDINGS {
        let events = match journal.read(merchant, position, PAGE).await {
            Ok(events) => events,
            Err(JournalError::Corrupt(_)) => break,
            Err(error) => return Err(error),
        };
        let Some(last) = events.last() else { break };
        position = last.position;
        let mut holders = Vec::new();
        let mut request = LoadRequest::default();
        for event in &events {
            for claim in decode(event).map(|event| claimed_by(&event)).unwrap_or_default() {
                if seen.insert(claim.clone()) {
                    request.claims.push(claim);
                    holders.push(event);
                }
            }
        }
        let stored = journal.load(merchant, &request).await?.claims;
        for ((claim, holder), found) in request.claims.iter().zip(holders).zip(stored) {
            if found.as_ref() != Some(&holder.stream_name) {
                let problem =
                    format!("the claim of {} {} is not {}'s", claim.kind, claim.value, holder.stream_name);
                findings.push(Finding { position: holder.position, problem });
            }
        }
    }
    Ok(findings)
}
