//! What an order is asked to decide: commands from outside with what is known of them, and what follows from others.

use std::collections::BTreeMap;

use super::choices::{PaymentTerms, SourcingBasis};
use super::commands::{
    AcceptAmendment, AcceptCancellation, AcceptFulfillmentOrder, AmendOrder, AuthorizePayment, CancelOrder,
    ConfirmDelivery, ConfirmPayment, CreateOrder, ErasePersonalData, FailPayment, HoldOrder,
    MarkReadyForPickup, MoveFulfillmentOrder, PackItems, PickItems, ReceiveReturn, RejectAmendment,
    RejectCancellation, RejectFulfillmentOrder, ReleaseHold, RequestReturn, ShipItems, ShortPick,
    TrackShipment, VoidPayment,
};
use super::contents::PromisedDates;
use crate::policy::{Criterion, OnShortage, ReserveAt, Rules};
use crate::sourcing::{Demand, Sourced};
use crate::stock::Allocation;
use crate::values::{LocationId, OrderId, Period, Sku, Text, Timestamp, Units};

/// The rules that hold for a new order, of its channel's policy, and what is known of its sending.
#[derive(Debug, Clone, PartialEq)]
pub struct CreationTerms {
    /// The order's id, given or made.
    pub order_id: OrderId,
    /// When units are reserved for it.
    pub reserve_at: ReserveAt,
    /// What holds where the order does not say.
    pub on_shortage: OnShortage,
    /// What holds where the order does not say.
    pub allow_split: bool,
    /// What holds where the order does not say, and must be paid.
    pub reserve_for: Option<Period>,
    /// A keyed digest of the request.
    pub content: Text<64>,
}

impl CreationTerms {
    /// The terms of a new order under the rules of its channel. An order that needs no payment waits for none,
    /// whatever the rules say.
    pub fn of(order_id: OrderId, order: &CreateOrder, rules: &Rules, content: Text<64>) -> Self {
        let is_free = order.payment == Some(PaymentTerms::NotRequired);
        Self {
            order_id,
            reserve_at: if is_free { ReserveAt::Creation } else { rules.reserve_at },
            on_shortage: rules.on_shortage,
            allow_split: rules.allow_split,
            reserve_for: rules.reserve_for,
            content,
        }
    }
}

/// What made the order be sourced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReservationTrigger {
    /// Its creation or growth, which may be refused.
    Creation,
    /// Something that happened to an order that is there: that is a fact and not refused for want of units.
    Existing,
    /// A location that gave back what it was to ship: what cannot be had elsewhere waits for supply.
    Shortfall,
}

impl ReservationTrigger {
    /// Whether an order takes what can be had where not all of it can.
    pub fn takes_part(self, on_shortage: OnShortage) -> bool {
        self == Self::Shortfall || matches!(on_shortage, OnShortage::CancelRemainder | OnShortage::Backorder)
    }
}

/// Whether the location that is to take a part over has its units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takeover {
    /// It has.
    Possible,
    /// It has too few of some by now.
    Impossible,
}

/// Hold the units that sourcing found.
#[derive(Debug, Clone, PartialEq)]
pub struct ReserveInventory {
    /// What sourcing found.
    pub sourced: Sourced,
    /// What it preferred.
    pub criteria: Vec<Criterion>,
    /// On what distances were based.
    pub basis: SourcingBasis,
    /// What made the order be sourced.
    pub trigger: ReservationTrigger,
    /// When each location can send, where that is known.
    pub promises: Promises,
    /// Units of a SKU that the order's channel may still promise, reserved or backordered; no limit for a SKU that is absent.
    pub quotas: Demand,
    /// Where what is missing is in stock and only leaves too late: the earliest time at which a location could ship it,
    /// or none where no location has capacity.
    pub ships_too_late: Option<Option<Timestamp>>,
    /// The moment of decision.
    pub at: Timestamp,
}

/// What is known of the location that is to take a fulfillment order over.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MoveTarget {
    /// Whether nothing is sourced from it for now.
    pub is_paused: bool,
    /// When it can send, where that is known.
    pub promises: Promises,
}

/// When goods can leave locations and arrive, where that is known.
pub type Promises = BTreeMap<LocationId, PromisedDates>;

/// A decision asked of an order, with the moment of decision where the events tell it.
#[derive(Debug, Clone, PartialEq)]
pub enum OrderCommand {
    /// Begin.
    CreateOrder(Box<CreateOrder>, CreationTerms, Timestamp),
    /// Hold units.
    ReserveInventory(ReserveInventory),
    /// It is paid.
    ConfirmPayment(ConfirmPayment),
    /// A payment is promised.
    AuthorizePayment(AuthorizePayment),
    /// A payment failed.
    FailPayment(FailPayment),
    /// Payments were taken back.
    VoidPayment(VoidPayment),
    /// Let it wait.
    HoldOrder(HoldOrder, Timestamp),
    /// Let it wait no longer for this.
    ReleaseHold(ReleaseHold),
    /// A location takes a part on.
    AcceptFulfillmentOrder(AcceptFulfillmentOrder),
    /// A location does not take a part on.
    RejectFulfillmentOrder(RejectFulfillmentOrder),
    /// A location leaves a part.
    AcceptCancellation(AcceptCancellation, Promises, Takeover),
    /// A location goes on with a part.
    RejectCancellation(RejectCancellation),
    /// Goods are not where they should be.
    ShortPick(ShortPick),
    /// Goods are to come back.
    RequestReturn(RequestReturn),
    /// Goods came back.
    ReceiveReturn(ReceiveReturn),
    /// Let it wait until somebody decides what becomes of the units that nobody ships.
    AwaitDecision,
    /// Hold units that it waited for.
    FillBackorder {
        /// Of which SKU.
        sku: Sku,
        /// Where and how many.
        allocations: Vec<Allocation>,
        /// When each location can send, where that is known.
        promises: Promises,
        /// The moment of decision.
        at: Timestamp,
    },
    /// Units of it that a location held are not there.
    LoseUnits {
        /// Where.
        location: LocationId,
        /// Of which SKU.
        sku: Sku,
        /// How many at most.
        most: Units,
    },
    /// Units that it waits for are expected at another time.
    ChangePromise {
        /// Of which SKU.
        sku: Sku,
        /// When, where that is known.
        promised_at: Option<Timestamp>,
    },
    /// End it, or units of it.
    CancelOrder(CancelOrder),
    /// Something of it is to be other.
    AmendOrder(Box<AmendOrder>, Timestamp),
    /// Its location goes by what was asked.
    AcceptAmendment(AcceptAmendment),
    /// Its location goes on as it was told before.
    RejectAmendment(RejectAmendment),
    /// Let what locations were asked count, where nobody is left to answer.
    SettleAmendment(Timestamp),
    /// Another location takes a part over.
    MoveFulfillmentOrder(MoveFulfillmentOrder, MoveTarget),
    /// Release units at locations that the order must not ship from.
    Consolidate,
    /// Goods wait to be fetched.
    MarkReadyForPickup(MarkReadyForPickup, Timestamp),
    /// What was held for it until a moment that is past is free.
    ExpireReservation(Timestamp),
    /// Holds that stand until a moment that is past stand no more, and parcels of which nothing was heard are stuck.
    AttendOrder(Timestamp),
    /// Goods were taken from their places.
    PickItems(PickItems),
    /// Goods were put into parcels.
    PackItems(PackItems),
    /// Parcels left; how long a carrier may be silent of them, and when it was decided.
    ShipItems(ShipItems, Option<Period>, Timestamp),
    /// A carrier reported.
    TrackShipment(TrackShipment),
    /// Parcels were handed over.
    ConfirmDelivery(ConfirmDelivery, Timestamp),
    /// Record that the key is destroyed.
    ErasePersonalData(ErasePersonalData),
}
