//! Steps on cart reservations: reserve, extend, cancel. `CreateOrder` converts them.

use serde_json::{Value, json};

use super::orders::new_line;
use super::{CHANNELS, Draft, LOCATIONS, Merchant, Step};
use crate::walk::random::Random;

pub const STEPS: &[Step] = &[
    Step { operation: "ReserveCart", weight: 60, draft: reserve },
    Step { operation: "ExtendCartReservation", weight: 16, draft: extend },
    Step { operation: "CancelCartReservation", weight: 16, draft: cancel },
];

/// The number of latest carts from which the steps choose.
const RECENT_CARTS: usize = 8;

fn period(random: &mut Random) -> String {
    format!("PT{}S", random.between(1, 5))
}

fn reserve(random: &mut Random, _: &Merchant) -> Option<Draft> {
    let lines: Vec<Value> = (0..random.between(1, 3)).map(|_| new_line(random)).collect();
    let mut body =
        json!({ "reservationId": random.uuid(), "channel": random.pick(&CHANNELS), "lines": lines });
    body["expiresAfter"] = if random.chance(2) { "P2D".into() } else { period(random).into() };
    if random.chance(15) {
        body["pickupLocation"] = random.pick(&LOCATIONS).into();
    }
    if random.chance(40) {
        body["destination"] = json!({ "country": "US", "postalCode": random.pick(&["07102", "90001"]) });
    }
    Some(Draft::new(body))
}

/// The id of a recent cart, in most cases an open one, or of none that exists.
pub fn cart(random: &mut Random, merchant: &Merchant) -> Option<String> {
    if random.chance(2) {
        return Some(random.uuid());
    }
    let mut carts: Vec<_> = merchant.model.carts.iter().collect();
    carts.sort_by_key(|(_, cart)| cart.since);
    let recent = &carts[carts.len().saturating_sub(RECENT_CARTS)..];
    let now = jiff::Timestamp::now().as_microsecond();
    let open: Vec<_> = recent.iter().filter(|(_, cart)| cart.is_open(now)).collect();
    let chosen = random.any(&open).copied().filter(|_| random.chance(90)).or_else(|| random.any(recent));
    chosen.map(|(id, _)| (*id).clone())
}

fn extend(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let id = cart(random, merchant)?;
    Some(Draft::with_id("reservationId", &id, json!({ "expiresAfter": period(random) })))
}

fn cancel(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let id = cart(random, merchant)?;
    Some(Draft::with_id("reservationId", &id, json!({ "reason": "the customer left" })))
}
