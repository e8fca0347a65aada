//! Steps on locations and policies.

use serde_json::{Value, json};

use super::{CHANNELS, Draft, LOCATIONS, Merchant, Step};
use crate::walk::random::Random;

pub const STEPS: &[Step] = &[
    Step { operation: "RegisterLocation", weight: 5, draft: register },
    Step { operation: "PauseLocation", weight: 9, draft: pause },
    Step { operation: "ResumeLocation", weight: 16, draft: resume },
    Step { operation: "SetMerchantPolicy", weight: 7, draft: set_policy },
    Step { operation: "RegisterMerchant", weight: 2, draft: register_merchant },
];

/// Degrees north and east.
fn coordinates(location: &str) -> (f64, f64) {
    match location {
        "LOC-1" => (40.7, -74.2),
        "LOC-2" => (34.0, -118.2),
        _ => (51.3, 12.4),
    }
}

/// The body that registers a location. One location in three has a small daily capacity.
pub fn location(random: &mut Random, location: &str) -> Draft {
    let (latitude, longitude) = coordinates(location);
    let mut body = json!({ "latitude": latitude, "longitude": longitude, "rank": random.below(3) });
    if random.chance(33) {
        body["dailyCapacity"] = random.between(4, 12).into();
        body["timezone"] = "America/New_York".into();
    }
    Draft::with_id("location", location, body)
}

fn register(random: &mut Random, _: &Merchant) -> Option<Draft> {
    let name = random.pick(&LOCATIONS);
    let body = match random.below(4) {
        0 => json!({ "rank": random.below(3) }),
        1 => json!({ "dailyCapacity": random.between(4, 12), "timezone": "America/New_York" }),
        2 => json!({ "cutOff": "16:00", "timezone": "America/New_York" }),
        _ => {
            json!({ "workingDays": ["monday", "tuesday", "thursday", random.pick(&["friday", "saturday"])] })
        }
    };
    Some(Draft::with_id("location", name, body))
}

fn pause(random: &mut Random, _: &Merchant) -> Option<Draft> {
    Some(Draft::with_id("location", random.pick(&LOCATIONS), json!({ "reason": "stocktaking" })))
}

fn resume(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let paused =
        |name: &&&str| merchant.model.locations.get(**name).is_some_and(|location| location.is_paused);
    let paused: Vec<&str> = LOCATIONS.iter().filter(paused).copied().collect();
    let name = random.any(&paused).copied().unwrap_or(LOCATIONS[0]);
    Some(Draft::with_id("location", name, json!({})))
}

fn set_policy(random: &mut Random, _: &Merchant) -> Option<Draft> {
    Some(Draft::new(policy(random)))
}

/// A policy with one setting, for all channels or for one.
pub fn policy(random: &mut Random) -> Value {
    let sourcing = random.pick(&["fewest_locations", "nearest", "rank", "most_stock", "earliest_ship"]);
    let rule = match random.below(6) {
        0 => json!({ "reserveAt": if random.chance(40) { "payment" } else { "creation" } }),
        1 => json!({ "onShortage": random.pick(&["reject", "backorder", "hold", "cancel_remainder"]) }),
        2 => json!({ "splitLimit": random.between(1, 3) }),
        3 => json!({ "sourcing": [sourcing] }),
        4 => json!({ "reserveFor": format!("PT{}S", random.between(2, 5)) }),
        _ => json!({ "allowSplit": random.chance(70) }),
    };
    if random.chance(40) {
        return json!({ "channels": { random.pick(&CHANNELS): rule } });
    }
    let mut rule = rule;
    if random.chance(20) {
        rule["stuckAfter"] = "PT1S".into();
    }
    if random.chance(20) {
        rule["cartReservationFor"] = "PT2S".into();
    }
    rule
}

fn register_merchant(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let name = format!("merchant number {}", random.below(100));
    Some(Draft::with_id("merchant", &merchant.name, json!({ "name": name })))
}
