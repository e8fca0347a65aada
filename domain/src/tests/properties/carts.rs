//! Carts next to orders: reserved, extended, cancelled, converted to orders and expired, in any order.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

use super::journey::{happens, read};
use super::shop::{Refused, SKUS, Shop};
use super::steps::steps;
use super::{as_stored, is_what_its_events_make_of_it, order_id, sku, time};
use crate::cart_reservation::{CartReservation, CartReservationStatus};
use crate::fulfillment::{self, Aggregates};
use crate::policy::ReserveAt;
use crate::stream::{DomainEvent, StreamId};
use crate::values::{CartReservationId, LocationId, Sku, Text, Units};

/// How long a cart lasts, in seconds.
const CART_SECONDS: i64 = 20;

/// A step on a cart.
#[derive(Debug, Clone)]
pub(super) enum CartStep {
    Reserve {
        lines: Vec<(usize, u32)>,
    },
    Extend {
        cart: Index,
    },
    Cancel {
        cart: Index,
    },
    Expire {
        cart: Index,
    },
    /// An order of one line takes the units over.
    Convert {
        cart: Index,
        of: usize,
        quantity: u32,
        reject: bool,
    },
}

pub(super) fn cart_step() -> impl Strategy<Value = CartStep> {
    let cart = any::<Index>;
    prop_oneof![
        4 => prop::collection::vec((0..SKUS, 1_u32..6), 1..3).prop_map(|lines| CartStep::Reserve { lines }),
        1 => cart().prop_map(|cart| CartStep::Extend { cart }),
        1 => cart().prop_map(|cart| CartStep::Cancel { cart }),
        2 => cart().prop_map(|cart| CartStep::Expire { cart }),
        3 => (cart(), 0..SKUS, 1_u32..6, any::<bool>())
            .prop_map(|(cart, of, quantity, reject)| CartStep::Convert { cart, of, quantity, reject }),
    ]
}

pub(super) fn take(shop: &mut Shop, step: &CartStep) -> Result<(), Refused> {
    let until = time(shop.second + CART_SECONDS);
    match step {
        CartStep::Reserve { lines } => {
            let id = CartReservationId::new(order_id(shop.carts.len()).uuid());
            let line = |(of, quantity): &(usize, u32)| json!({ "sku": sku(*of), "quantity": quantity });
            let lines: Vec<_> = lines.iter().map(line).collect();
            let command = read(json!({ "channel": "web", "lines": lines }));
            fulfillment::reserve_cart(shop, id, &command, Text::new("digest").unwrap(), until)
        }
        CartStep::Extend { cart } => fulfillment::extend_cart(shop, a_cart(shop, *cart)?, until),
        CartStep::Cancel { cart } => {
            let command = read(json!({ "reservationId": a_cart(shop, *cart)? }));
            fulfillment::cancel_cart(shop, &command)
        }
        CartStep::Expire { cart } => fulfillment::expire_cart(shop, a_cart(shop, *cart)?),
        CartStep::Convert { cart, of, quantity, reject } => {
            let fields = json!({
                "channel": "web",
                "lines": [{ "sku": sku(*of), "quantity": quantity }],
                "onShortage": if *reject { "reject" } else { "backorder" },
                "reservation": a_cart(shop, *cart)?,
            });
            shop.create(read(fields), ReserveAt::Payment)
        }
    }
}

fn a_cart(shop: &Shop, cart: Index) -> Result<CartReservationId, Refused> {
    let ids: Vec<_> = shop.carts.keys().copied().collect();
    ids.get(cart.index(ids.len().max(1))).copied().ok_or_else(|| "there is no cart yet".into())
}

impl Shop {
    /// Units of a SKU that open carts hold at a location.
    pub(super) fn held_by_carts(&self, sku: &Sku, place: &LocationId) -> Units {
        let now = self.now();
        let is_open = |cart: &&Arc<CartReservation>| cart.status(now) == Some(CartReservationStatus::Open);
        let units = self.carts.values().filter(is_open).filter_map(|cart| cart.units().remove(sku));
        let there = units.flat_map(|units| units.allocations).filter(|there| there.location == *place);
        there.map(|there| there.quantity).sum()
    }

    fn expire_carts(&mut self) {
        for id in self.carts.keys().copied().collect::<Vec<_>>() {
            fulfillment::expire_cart(self, id).unwrap();
        }
    }
}

proptest! {
    #[test]
    fn carts_and_orders_together_reserve_exactly_what_stock_items_have_reserved(steps in steps()) {
        happens(&steps, |_, step, shop| {
            let mut shop = shop.clone();
            (0..shop.orders.len()).try_for_each(|number| shop.bring_up_to_date(number)).unwrap();
            shop.expire_carts();
            for (of, at) in Shop::places() {
                let Some(item) = shop.items.get(&of) else { continue };
                let reserved = item.levels.get(&at).map_or(Units::ZERO, |level| level.reserved);
                assert_eq!(item.reserved_for_carts_at(&at), shop.held_by_carts(&of, &at), "{step:?}");
                assert_eq!(reserved, shop.held(&of, &at) + shop.held_by_carts(&of, &at), "{step:?}");
            }
        });
    }

    #[test]
    fn the_end_of_all_carts_leaves_the_units_of_orders_reserved_and_no_others(steps in steps()) {
        let mut shop = happens(&steps, |_, _, _| {});
        shop.second += CART_SECONDS;
        (0..shop.orders.len()).try_for_each(|number| shop.bring_up_to_date(number)).unwrap();
        shop.expire_carts();
        for (of, at) in Shop::places() {
            let Some(item) = shop.items.get(&of) else { continue };
            let reserved = item.levels.get(&at).map_or(Units::ZERO, |level| level.reserved);
            prop_assert_eq!((reserved, item.carts.len()), (shop.held(&of, &at), 0));
        }
    }

    #[test]
    fn no_cart_has_units_at_a_location_that_lacks_reserved_units(steps in steps()) {
        happens(&steps, |_, step, shop| {
            for (sku, item) in &shop.items {
                for (at, level) in &item.levels {
                    let is_overcommitted = !level.overcommitted().is_zero();
                    assert!(!is_overcommitted || item.reserved_for_carts_at(at).is_zero(), "{step:?}: {sku}");
                }
            }
        });
    }

    #[test]
    fn replaying_stored_events_gives_the_same_carts(steps in steps()) {
        let shop = happens(&steps, |_, _, _| {});
        let mut events: BTreeMap<CartReservationId, Vec<_>> = BTreeMap::new();
        for (stream, event) in &shop.journal {
            if let (StreamId::CartReservation(id), DomainEvent::CartReservation(event)) =
                (stream, as_stored(stream, event))
            {
                events.entry(*id).or_default().push(event);
            }
        }
        for (id, cart) in &shop.carts {
            is_what_its_events_make_of_it(&**cart, events.remove(id).unwrap_or_default());
        }
    }
}
