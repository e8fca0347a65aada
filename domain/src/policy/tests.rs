//! The decisions about a policy.

use cqrs_es::Aggregate;

use super::*;
use crate::promising::transit::{Route, TransitTable};
use crate::values::{ChannelName, LocationId, Text};
use crate::{Class, Decide, Refusal};

fn set(json: &str) -> PolicyCommand {
    PolicyCommand::SetMerchantPolicy(serde_json::from_str(json).unwrap())
}

fn given(commands: &[PolicyCommand]) -> Policy {
    let mut policy = Policy::default();
    for command in commands {
        for event in policy.decide(command).unwrap() {
            policy.apply(event);
        }
    }
    policy
}

#[test]
fn rules_that_are_not_given_stay() {
    let policy = given(&[set(r#"{"reserveAt":"payment"}"#), set(r#"{"allowSplit":false}"#)]);
    assert_eq!(policy.rules.reserve_at, ReserveAt::Payment);
    assert!(!policy.rules.allow_split);
    assert_eq!(policy.rules.on_shortage, OnShortage::Reject);
}

#[test]
fn setting_the_same_rules_again_has_no_effect() {
    let policy = given(&[set(r#"{"allowSplit":false}"#)]);
    assert_eq!(policy.decide(&set(r#"{"allowSplit":false}"#)), Ok(vec![]));
}

#[test]
fn rules_of_a_channel_replace_the_merchants() {
    let policy = given(&[set(r#"{"channels":{"pos":{"onShortage":"cancel_remainder"}}}"#)]);
    let channel = |name: &str| policy.for_channel(&ChannelName::new(name).unwrap());
    assert_eq!(channel("pos").on_shortage, OnShortage::CancelRemainder);
    assert_eq!(channel("web").on_shortage, OnShortage::Reject);
}

#[test]
fn a_sourcing_order_names_each_criterion_at_most_once() {
    let twice = Policy::default().decide(&set(r#"{"sourcing":["rank","rank"]}"#)).unwrap_err();
    assert_eq!((twice.code(), twice.pointer()), ("invalid_sourcing_order", Some("/sourcing".into())));
}

#[test]
fn a_sourcing_order_names_at_least_one_criterion() {
    let none = Policy::default().decide(&set(r#"{"channels":{"pos":{"sourcing":[]}}}"#)).unwrap_err();
    assert_eq!(none.pointer().as_deref(), Some("/channels/pos/sourcing"));
    assert_eq!(none.class(), Class::Invalid);
}

#[test]
fn registering_a_merchant_without_a_name_keeps_its_name() {
    let register = |name: &str| {
        let json = format!(r#"{{"merchant":"acme"{name}}}"#);
        PolicyCommand::RegisterMerchant(serde_json::from_str(&json).unwrap())
    };
    assert!(!Policy::default().registered);
    let policy = given(&[register(r#","name":"Acme""#), set(r#"{"allowSplit":false}"#), register("")]);
    assert!(policy.registered && !policy.rules.allow_split);
    assert_eq!(policy.name, Text::new("Acme").ok());
    assert_eq!(policy.decide(&register(r#","name":"Acme""#)), Ok(vec![]));
}

#[test]
fn the_merchants_rules_hold_where_a_channel_has_none() {
    let policy = given(&[
        set(r#"{"channels":{"pos":{"allowSplit":false,"sourcing":["rank"],"reserveAt":"payment"}}}"#),
        set(r#"{"onShortage":"cancel_remainder","channels":{"web":{"allowSplit":true}}}"#),
    ]);
    let rules = policy.for_channel(&ChannelName::new("pos").unwrap());
    let expected = Rules {
        reserve_at: ReserveAt::Payment,
        on_shortage: OnShortage::CancelRemainder,
        allow_split: false,
        split_limit: None,
        sourcing: vec![Criterion::Rank],
        transit: TransitTable::default(),
        ..Rules::default()
    };
    assert_eq!(rules, expected);
    assert_eq!(policy.channels.len(), 2);
}

fn refused(json: &str) -> (&'static str, Option<String>) {
    let refusal = Policy::default().decide(&set(json)).unwrap_err();
    assert_eq!(refusal.class(), Class::Invalid);
    (refusal.code(), refusal.pointer())
}

#[test]
fn a_split_limit_is_1_to_100() {
    for limit in [0, 101, u32::MAX] {
        let expected = |pointer: &str| ("invalid_split_limit", Some(pointer.to_owned()));
        assert_eq!(refused(&format!(r#"{{"splitLimit":{limit}}}"#)), expected("/splitLimit"));
        let channel = format!(r#"{{"channels":{{"pos":{{"splitLimit":{limit}}}}}}}"#);
        assert_eq!(refused(&channel), expected("/channels/pos/splitLimit"));
    }
    let policy = given(&[
        set(r#"{"splitLimit":100,"channels":{"pos":{"splitLimit":1}}}"#),
        set(r#"{"allowSplit":true}"#),
    ]);
    let channel = |name: &str| policy.for_channel(&ChannelName::new(name).unwrap());
    assert_eq!(channel("pos").split_limit, Some(1));
    assert_eq!(channel("web").split_limit, Some(100));
}

#[test]
fn a_new_transit_table_replaces_all_rows() {
    let table = r#"{"transit":[{"days":5},{"country":"US","days":2}]}"#;
    let policy = given(&[set(table), set(r#"{"allowSplit":true}"#)]);
    let route = Route { country: Some("US"), ..Route::default() };
    let from = LocationId::new("DC-1").unwrap();
    let days = |policy: &Policy| policy.rules.transit.row(&from, &route).map(|row| row.days);
    assert_eq!(days(&policy), Some(2));
    assert_eq!(policy.decide(&set(table)), Ok(vec![]));
    assert_eq!(days(&given(&[set(table), set(r#"{"transit":[{"days":4}]}"#)])), Some(4));
    assert_eq!(given(&[set(table), set(r#"{"transit":[]}"#)]).rules, Rules::default());
}

#[test]
fn the_first_invalid_row_of_a_transit_table_is_refused() {
    let expected = |pointer: &str| ("invalid_transit_table", Some(pointer.to_owned()));
    assert_eq!(refused(r#"{"transit":[{"days":5},{"country":"US","days":366}]}"#), expected("/transit/1"));
    assert_eq!(refused(r#"{"transit":[{"country":"UK","days":3}]}"#), expected("/transit/0"));
    assert_eq!(refused(r#"{"transit":[{"region":"CA","days":3}]}"#), expected("/transit/0"));
    assert_eq!(refused(r#"{"transit":[{"days":5},{"days":6}]}"#), expected("/transit/1"));
    let rows: Vec<String> = (0..1_001).map(|n| format!(r#"{{"from":"DC-{n}","days":1}}"#)).collect();
    assert_eq!(refused(&format!(r#"{{"transit":[{}]}}"#, rows.join(","))), expected("/transit"));
}

#[test]
fn an_event_without_limits_and_terms_stays_readable() {
    let payload = r#"{"rules":{"reserveAt":"creation","workAt":"confirmation","onShortage":"reject","allowSplit":true,"sourcing":["nearest"]},"channels":{"pos":{"allowSplit":false}}}"#;
    let event = PolicyEvent::decode("MerchantPolicySet", 1, payload.as_bytes()).unwrap();
    let PolicyEvent::MerchantPolicySet(set) = event;
    assert_eq!(
        (set.rules.split_limit, set.rules.returns_lapse_after.to_string()),
        (None, "PT2160H".to_owned())
    );
}
