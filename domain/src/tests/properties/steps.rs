//! What may happen to a merchant's orders and stock, in any order.

use proptest::prelude::*;
use proptest::sample::Index;

use super::carts::{CartStep, cart_step};
use super::shop::{LOCATIONS, SKUS};

#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is tried either way")]
pub(super) struct Wish {
    pub(super) lines: Vec<(usize, u32)>,
    pub(super) shortage: usize,
    pub(super) priority: usize,
    pub(super) split: bool,
    pub(super) free: bool,
    pub(super) late: bool,
    pub(super) person: bool,
    /// Whether what is reserved holds for a short time only.
    pub(super) brief: bool,
    /// Whether the customer fetches it.
    pub(super) fetched: bool,
    /// Units of a line that needs no stock, of a SKU that is never in stock and of one that may be; with 0 there is none.
    pub(super) cards: u32,
    /// Seconds until it may leave; with 0 it may leave at once.
    pub(super) leaves_in: i64,
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    Receive {
        of: usize,
        at: usize,
        quantity: u32,
    },
    Count {
        of: usize,
        at: usize,
        on_hand: u32,
        seconds_ago: i64,
    },
    Adjust {
        of: usize,
        at: usize,
        delta: i64,
    },
    /// Goods are in another state.
    Turn {
        of: usize,
        at: usize,
        quantity: u32,
        kind: usize,
    },
    /// Goods leave for another location.
    Transfer {
        of: usize,
        at: usize,
        to: usize,
        quantity: u32,
    },
    /// Goods arrive from another location.
    Arrive {
        of: usize,
        transfer: Index,
        quantity: u32,
        close: bool,
    },
    /// Goods are expected; none of them any more where the quantity is 0.
    Expect {
        of: usize,
        at: usize,
        supply: u8,
        quantity: u32,
        due_in: i64,
    },
    /// Time passes.
    Pass {
        seconds: i64,
    },
    /// A line is added, has another quantity, or is taken out; or the address or the delivery is another.
    Amend {
        order: Index,
        change: usize,
        line: Index,
        quantity: u32,
    },
    /// Units of a line are cancelled.
    CancelLine {
        order: Index,
        line: Index,
        quantity: u32,
    },
    /// A part goes to another location.
    Move {
        order: Index,
        part: Index,
        at: usize,
    },
    Create(Wish),
    Cart(CartStep),
    Pay {
        order: Index,
        payment: u8,
    },
    /// A report about payments other than a confirmation: authorized, refunded, failed or voided.
    Report {
        order: Index,
        kind: usize,
    },
    /// All of it, or one part.
    Hold {
        order: Index,
        part: Option<Index>,
    },
    Release {
        order: Index,
        hold: Index,
    },
    /// Units that are never promised, and how many may be waited for.
    Rules {
        of: usize,
        at: usize,
        safety_stock: u32,
        limit: Option<u32>,
    },
    /// The backorder queue of a SKU is filled.
    Fill {
        of: usize,
    },
    /// Accept, reject, accept or reject a cancellation or an amendment, undo a rejection.
    HandOver {
        order: Index,
        part: Index,
        kind: usize,
    },
    Short {
        order: Index,
        part: Index,
        line: Index,
        quantity: Option<u32>,
    },
    Announce {
        order: Index,
        line: Index,
        quantity: u32,
    },
    /// Units of a return come back; with a quantity of 0 it is closed.
    ComeBack {
        order: Index,
        back: Index,
        line: Index,
        at: usize,
        quantity: u32,
        disposition: usize,
    },
    /// Pick, pack, ship, ship and report the rest missing, make ready for pickup, unpick, or unpack: all units, or so many of
    /// a line.
    Work {
        kind: usize,
        order: Index,
        part: Index,
        line: Index,
        quantity: Option<u32>,
    },
    Track {
        order: Index,
        shipment: Index,
        status: usize,
        seconds_ago: i64,
        raw: bool,
    },
    Deliver {
        order: Index,
        shipment: Index,
    },
    /// A shipment was reported by mistake.
    Unship {
        order: Index,
        shipment: Index,
        force: bool,
    },
    Relabel {
        order: Index,
        shipment: Index,
    },
    Resend {
        order: Index,
        shipment: Index,
    },
    /// Units of lines without stock are fulfilled: so many, or all; or that is taken back.
    Fulfill {
        order: Index,
        quantity: Option<u32>,
        undo: bool,
    },
    Cancel {
        order: Index,
    },
    Reopen {
        order: Index,
    },
    Erase {
        order: Index,
    },
}

/// In seconds: longer than any priority boost in a queue.
pub(super) const A_YEAR: i64 = 365 * 24 * 3_600;

pub(super) const SHORTAGES: [&str; 5] = ["reject", "cancel_remainder", "hold", "backorder", "backorder"];
pub(super) const PRIORITIES: [&str; 3] = ["standard", "express", "critical"];
pub(super) const REPORTS: [&str; 4] = ["authorize", "refund", "fail", "void"];

pub(super) const STATUSES: [&str; 6] =
    ["label_created", "in_transit", "out_for_delivery", "attempted_delivery", "failure", "delivered"];

fn wish() -> impl Strategy<Value = Wish> {
    let lines = prop::collection::vec((0..SKUS, 1_u32..8), 1..4);
    let yes = any::<bool>;
    let rules = (0..SHORTAGES.len(), 0..PRIORITIES.len());
    let cards = prop_oneof![3 => Just(0), 1 => 1_u32..4];
    let leaves_in = prop_oneof![3 => Just(0), 1 => 1_i64..90];
    let rare = (prop::bool::weighted(0.3), prop::bool::weighted(0.2), cards, leaves_in);
    (lines, rules, yes(), yes(), yes(), yes(), rare).prop_map(
        |(lines, (shortage, priority), split, free, late, person, (brief, fetched, cards, leaves_in))| Wish {
            lines,
            shortage,
            priority,
            split,
            free,
            late,
            person,
            brief,
            fetched,
            cards,
            leaves_in,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    let (of, at) = (0..SKUS, 0..LOCATIONS);
    let place = move || (of.clone(), at.clone());
    let work = (0_usize..7, index(), index(), index(), prop::option::of(1_u32..5));
    prop_oneof![
        4 => (place(), 1_u32..16).prop_map(|((of, at), quantity)| Step::Receive { of, at, quantity }),
        1 => (place(), 0_u32..20, 0_i64..9)
            .prop_map(|((of, at), on_hand, seconds_ago)| Step::Count { of, at, on_hand, seconds_ago }),
        1 => (place(), prop_oneof![-9_i64..0, 1_i64..10])
            .prop_map(|((of, at), delta)| Step::Adjust { of, at, delta }),
        6 => wish().prop_map(Step::Create),
        6 => more(),
        6 => cart_step().prop_map(Step::Cart),
        4 => (index(), 0_u8..2).prop_map(|(order, payment)| Step::Pay { order, payment }),
        1 => (index(), 0..REPORTS.len()).prop_map(|(order, kind)| Step::Report { order, kind }),
        1 => (index(), prop::option::of(index())).prop_map(|(order, part)| Step::Hold { order, part }),
        2 => (index(), index()).prop_map(|(order, hold)| Step::Release { order, hold }),
        1 => (place(), 0_u32..6, prop::option::of(1_u32..9))
            .prop_map(|((of, at), safety_stock, limit)| Step::Rules { of, at, safety_stock, limit }),
        6 => (0..SKUS).prop_map(|of| Step::Fill { of }),
        6 => (index(), index(), 0_usize..10).prop_map(|(order, part, kind)| Step::HandOver { order, part, kind }),
        2 => (index(), index(), index(), prop::option::of(1_u32..5))
            .prop_map(|(order, part, line, quantity)| Step::Short { order, part, line, quantity }),
        2 => (index(), index(), 1_u32..5)
            .prop_map(|(order, line, quantity)| Step::Announce { order, line, quantity }),
        2 => (index(), index(), index(), 0..LOCATIONS, 0_u32..5, 0_usize..3).prop_map(
            |(order, back, line, at, quantity, disposition)| {
                Step::ComeBack { order, back, line, at, quantity, disposition }
            }
        ),
        8 => work.prop_map(|(kind, order, part, line, quantity)| Step::Work { kind, order, part, line, quantity }),
        4 => (index(), index(), 0..STATUSES.len(), 0_i64..9, any::<bool>()).prop_map(
            |(order, shipment, status, seconds_ago, raw)| Step::Track { order, shipment, status, seconds_ago, raw }
        ),
        2 => (index(), index()).prop_map(|(order, shipment)| Step::Deliver { order, shipment }),
        2 => (index(), index(), any::<bool>())
            .prop_map(|(order, shipment, force)| Step::Unship { order, shipment, force }),
        1 => (index(), index()).prop_map(|(order, shipment)| Step::Relabel { order, shipment }),
        2 => (index(), index()).prop_map(|(order, shipment)| Step::Resend { order, shipment }),
        3 => (index(), prop::option::of(1_u32..4), prop::bool::weighted(0.3))
            .prop_map(|(order, quantity, undo)| Step::Fulfill { order, quantity, undo }),
        2 => index().prop_map(|order| Step::Cancel { order }),
        1 => index().prop_map(|order| Step::Reopen { order }),
        1 => index().prop_map(|order| Step::Erase { order }),
    ]
}

/// What is changed, moved or expected, and time.
fn more() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    let (of, at) = (0..SKUS, 0..LOCATIONS);
    let place = move || (of.clone(), at.clone());
    prop_oneof![
        (place(), 1_u32..6, 0_usize..3).prop_map(|((of, at), quantity, kind)| Step::Turn {
            of,
            at,
            quantity,
            kind
        }),
        (place(), 0..LOCATIONS, 1_u32..6).prop_map(|((of, at), to, quantity)| Step::Transfer {
            of,
            at,
            to,
            quantity
        }),
        (0..SKUS, index(), 0_u32..6, any::<bool>())
            .prop_map(|(of, transfer, quantity, close)| Step::Arrive { of, transfer, quantity, close }),
        (place(), 0_u8..2, prop_oneof![1 => Just(0), 2 => 1_u32..9], 1_i64..60).prop_map(
            |((of, at), supply, quantity, due_in)| { Step::Expect { of, at, supply, quantity, due_in } }
        ),
        (1_i64..12).prop_map(|seconds| Step::Pass { seconds }),
        (index(), 0_usize..12, index(), 1_u32..9).prop_map(|(order, change, line, quantity)| Step::Amend {
            order,
            change,
            line,
            quantity
        }),
        (index(), index(), 1_u32..5).prop_map(|(order, line, quantity)| Step::CancelLine {
            order,
            line,
            quantity
        }),
        (index(), index(), 0..LOCATIONS).prop_map(|(order, part, at)| Step::Move { order, part, at }),
    ]
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..70)
}
