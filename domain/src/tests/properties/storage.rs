//! Events of the network and the policy are read as they were written, and states as they were stored.

use proptest::prelude::*;

use super::{as_stored, is_what_its_events_make_of_it, location};
use crate::Decide;
use crate::network::{Network, NetworkCommand, RegisterLocation};
use crate::order::{OrderCreated, OrderEvent, PersonalData};
use crate::policy::{Criterion, OnShortage, Policy, PolicyCommand, ReserveAt, SetMerchantPolicy};
use crate::promising::transit::{TransitRow, TransitTable};
use crate::promising::working_days::Closures;
use crate::stream::{DomainEvent, StreamId};
use crate::values::{Text, Update};
use cqrs_es::Aggregate;
use std::fmt::Debug;

fn register(number: usize, place: (f64, f64), rank: u32) -> NetworkCommand {
    NetworkCommand::RegisterLocation(RegisterLocation {
        rank: rank.into(),
        ..RegisterLocation::new(location(number), place.0, place.1)
    })
}

fn transit_row() -> impl Strategy<Value = TransitRow> {
    let from = prop::option::of((0_usize..3).prop_map(location));
    let country = prop::option::of(prop::sample::select(vec!["US", "NZ", "XX"]));
    (from, country, 0..370_u32).prop_map(|(from, country, days)| TransitRow {
        from,
        country: country.and_then(|code| Text::new(code).ok()),
        region: None,
        service_level: None,
        days,
        working_days: None,
        closures: Closures::default(),
    })
}

fn update<T: Debug + Clone + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Update<T>> {
    prop_oneof![Just(Update::Keep), Just(Update::Clear), value.prop_map(Update::Set)]
}

fn set_policy() -> impl Strategy<Value = PolicyCommand> {
    let reserve_at = update(prop::sample::select(vec![ReserveAt::Creation, ReserveAt::Payment]));
    let rules = vec![OnShortage::Reject, OnShortage::CancelRemainder, OnShortage::Hold];
    let criteria = vec![Criterion::Rank, Criterion::Nearest, Criterion::EarliestShip, Criterion::MostStock];
    let sourcing = update(prop::sample::subsequence(criteria, 0..=4));
    let split = (update(any::<bool>()), update(0..102_u32));
    let transit = update(prop::collection::vec(transit_row(), 0..4).prop_map(TransitTable::new));
    (reserve_at, update(prop::sample::select(rules)), split, sourcing, transit).prop_map(
        |(reserve_at, on_shortage, (allow_split, split_limit), sourcing, transit)| {
            PolicyCommand::SetMerchantPolicy(SetMerchantPolicy {
                reserve_at,
                work_at: Update::Keep,
                on_shortage,
                allow_split,
                split_limit,
                sourcing,
                reserve_for: Update::Keep,
                stuck_after: Update::Keep,
                cart_reservation_for: Update::Keep,
                returns_lapse_after: Update::Keep,
                transit,
                channels: Update::Keep,
                occurred_at: None,
                not_after: None,
            })
        },
    )
}

proptest! {
    #[test]
    fn a_place_on_the_globe_is_stored_to_the_last_bit(
        places in prop::collection::vec((0_usize..3, (-90.0..=90.0, -180.0..=180.0), 0_u32..9), 1..6)
    ) {
        let mut network = Network::default();
        let mut events = Vec::new();
        for (number, place, rank) in places {
            for event in network.decide(&register(number, place, rank)).unwrap() {
                network.apply(event.clone());
                events.push(event);
            }
            prop_assert_eq!(network.decide(&register(number, place, rank)), Ok(vec![]));
        }
        let stored = events.iter().map(|event| {
            match as_stored(&StreamId::Network, &DomainEvent::Network(event.clone())) {
                DomainEvent::Network(event) => event,
                other => panic!("{other:?}"),
            }
        });
        is_what_its_events_make_of_it(&network, stored);
    }

    #[test]
    fn a_customers_place_is_sealed_to_the_last_bit(latitude in -90.0..=90.0, longitude in -180.0..=180.0) {
        let personal = PersonalData {
            latitude: Some(latitude), longitude: Some(longitude), ..PersonalData::default()
        };
        let json = serde_json::to_vec(&personal).unwrap();
        prop_assert_eq!(serde_json::from_slice::<PersonalData>(&json).unwrap(), personal);
    }

    #[test]
    fn replaying_events_gives_the_same_policy(commands in prop::collection::vec(set_policy(), 1..8)) {
        let mut policy = Policy::default();
        let mut events = Vec::new();
        for command in &commands {
            for event in policy.decide(command).unwrap_or_default() {
                policy.apply(event.clone());
                events.push(event);
            }
            prop_assert!(!policy.rules.sourcing.is_empty());
            prop_assert!(policy.rules.split_limit.is_none_or(|limit| (1..=100).contains(&limit)));
            prop_assert!(policy.rules.transit.rows().iter().all(|row| row.days <= 365));
        }
        let stored = events.iter().map(|event| {
            match as_stored(&StreamId::Policy, &DomainEvent::Policy(event.clone())) {
                DomainEvent::Policy(event) => event,
                other => panic!("{other:?}"),
            }
        });
        is_what_its_events_make_of_it(&policy, stored);
    }
}

#[test]
fn an_event_of_another_program_is_refused_by_its_name_and_version() {
    use crate::DecodeError::{Malformed, UnknownType, UnknownVersion};
    let decode = |name, version, payload: &[u8]| OrderEvent::decode(name, version, payload).unwrap_err();
    assert_eq!(decode("OrderPainted", 1, b"{}"), UnknownType("OrderPainted".into()));
    assert_eq!(decode("StockReceived", 1, b"{}"), UnknownType("StockReceived".into()));
    assert_eq!(decode("OrderCreated", 4, b"{}"), UnknownVersion("OrderCreated".into(), 4));
    assert_eq!(decode("OrderCreated", 0, b"{}"), UnknownVersion("OrderCreated".into(), 0));
    for payload in [&b""[..], b"{}", b"[]", b"{\"orderId\":1}"] {
        assert!(matches!(decode("OrderCreated", 1, payload), Malformed(name, _) if name == "OrderCreated"));
    }
}

#[test]
fn every_type_of_event_has_a_schema_of_its_own() {
    let names: Vec<_> = OrderEvent::schemas().into_iter().map(|(name, _)| name).collect();
    let types: Vec<_> = OrderEvent::TYPES.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, types);
    let created = serde_json::to_string(&schemars::schema_for!(OrderCreated)).unwrap();
    assert!(created.contains("hasPersonalData") && !created.contains("\"personal\""));
}
