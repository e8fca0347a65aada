//! Claims of unique names: the claims of each event, and their verification.

use std::collections::HashMap;
use std::sync::Arc;

use holdfast_domain::order::{OrderEvent, package_key};
use holdfast_domain::stock::{StockEvent, StockReceived};
use holdfast_domain::stream::DomainEvent;
use holdfast_domain::values::{ChannelName, Reference};
use holdfast_journal::{ClaimKey, Finding, Journal, JournalError, LoadRequest};
use sha2::{Digest, Sha256};

use crate::execution::cached_stream::decode;
use crate::privacy::to_hex;

const EVENTS_PER_PAGE: usize = 1_000;
/// Verification stops after this many findings.
const MAX_FINDINGS: usize = 100;

// The name of a channel contains no slash, so that the claim is unambiguous.
pub(crate) fn channel_reference(channel: &ChannelName, reference: &Reference) -> ClaimKey {
    ClaimKey { kind: "channel_ref", value: Arc::from(format!("{channel}/{reference}")) }
}

pub(crate) fn tracking_number(carrier: &Reference, number: &Reference) -> ClaimKey {
    ClaimKey { kind: "tracking_number", value: Arc::from(package_key(carrier, number)) }
}

pub(crate) fn transfer(id: &Reference) -> ClaimKey {
    ClaimKey { kind: "transfer", value: Arc::from(id.as_str()) }
}

pub(crate) fn supply(id: &Reference) -> ClaimKey {
    ClaimKey { kind: "supply", value: Arc::from(id.as_str()) }
}

/// The claims of goods that arrived under a reference: their name, and their name with a digest of their content. None without
/// a reference. Names have no control characters, so that the claims are unambiguous.
pub(crate) fn receipt(received: &StockReceived) -> Option<[ClaimKey; 2]> {
    let StockReceived { sku, location, quantity, condition, lots, serials, supply_id, closes_supply, .. } =
        received;
    let name = format!("{}\u{1f}{sku}\u{1f}{location}", received.reference.as_ref()?);
    let content = serde_json::json!([quantity, condition, lots, serials, supply_id, closes_supply]);
    let digest = to_hex(&Sha256::digest(content.to_string()));
    let claim = |value: String| ClaimKey { kind: "receipt", value: Arc::from(value) };
    Some([claim(name.clone()), claim(format!("{name}\u{1f}{digest}"))])
}

/// The maximum number of orders that are found by a tracking number: carriers reuse numbers.
const MAX_USES: usize = 16;

/// The claim key for the `number`-th stream (from 1) that uses a name. `None` if no further stream may use it.
pub(crate) fn nth_use(name: &ClaimKey, number: usize) -> Option<ClaimKey> {
    match (name.kind, number) {
        (_, 1) => Some(name.clone()),
        // A name has no control characters: this claim is of no other tracking number.
        ("tracking_number", 2..=MAX_USES) => {
            Some(ClaimKey { kind: name.kind, value: format!("{}\u{1f}{number}", name.value).into() })
        }
        _ => None,
    }
}

/// The names that an event claims for its stream. A name stays with the first stream, except for tracking numbers.
pub(crate) fn claimed_by(event: &DomainEvent) -> Vec<ClaimKey> {
    match event {
        DomainEvent::Order(OrderEvent::OrderCreated(created)) => {
            let reference = created.channel_ref.as_ref();
            reference.map(|reference| channel_reference(&created.channel, reference)).into_iter().collect()
        }
        DomainEvent::Order(OrderEvent::ShipmentCreated(created)) => {
            let packages = created.packages.iter();
            packages.map(|package| tracking_number(&package.carrier, &package.tracking_number)).collect()
        }
        DomainEvent::Order(OrderEvent::PackageRelabelled(label)) => {
            vec![tracking_number(&label.carrier, &label.tracking_number)]
        }
        DomainEvent::Stock(StockEvent::StockReceived(received)) => {
            receipt(received).into_iter().flatten().collect()
        }
        DomainEvent::Stock(StockEvent::TransferShipped(shipped)) => vec![transfer(&shipped.transfer_id)],
        DomainEvent::Stock(StockEvent::SupplyExpected(expected)) => vec![supply(&expected.supply_id)],
        _ => Vec::new(),
    }
}

/// Compares a merchant's stored claims with the claims of its events. Stops at the first event that cannot be read: damaged
/// events are found by the verification of the journal.
pub async fn verify_claims(journal: &dyn Journal, merchant: &str) -> Result<Vec<Finding>, JournalError> {
    let mut findings = Vec::new();
    // The streams of a name, in the order of their claims.
    let mut owners: HashMap<ClaimKey, Vec<Arc<str>>> = HashMap::new();
    let mut position = 0;
    while findings.len() < MAX_FINDINGS {
        let events = match journal.read(merchant, position, EVENTS_PER_PAGE).await {
            Ok(events) => events,
            Err(JournalError::Corrupt(_)) => break,
            Err(error) => return Err(error),
        };
        let Some(last) = events.last() else { break };
        position = last.position;
        let mut claiming = Vec::new();
        let mut request = LoadRequest::default();
        for event in &events {
            for claim in decode(event).map(|event| claimed_by(&event)).unwrap_or_default() {
                let known = owners.entry(claim.clone()).or_default();
                let use_of_name =
                    nth_use(&claim, known.len() + 1).filter(|_| !known.contains(&event.stream_name));
                if let Some(claim) = use_of_name {
                    known.push(Arc::clone(&event.stream_name));
                    request.claims.push(claim);
                    claiming.push(event);
                }
            }
        }
        let stored = journal.load(merchant, &request).await?.claims;
        for ((claim, event), found) in request.claims.iter().zip(claiming).zip(stored) {
            if found.as_ref() != Some(&event.stream_name) {
                let problem = format!(
                    "the claim {} {} does not belong to {}",
                    claim.kind, claim.value, event.stream_name
                );
                findings.push(Finding { position: event.position, problem });
            }
        }
    }
    Ok(findings)
}
