//! The domain's enums with GraphQL's names. Clients treat them as open: values may be added.

use async_graphql::Enum;

macro_rules! enums {
    ($( $(#[$doc:meta])* $name:ident = $domain:tt { $( $(#[$variant_doc:meta])* $variant:ident ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
            #[graphql(remote = $domain)]
            pub(in crate::graphql) enum $name { $( $(#[$variant_doc])* $variant, )* }
        )*
    };
}

enums! {
    /// Which orders come first.
    OrderSort = "holdfast_projections::OrderSort" {
        /// What was created last.
        NewestFirst,
        /// What was created first.
        OldestFirst,
        /// What was changed last. An order that changes meanwhile may be missed.
        LatestChangeFirst,
        /// What has not been changed for longest. An order that changes meanwhile comes again.
        EarliestChangeFirst,
    }
    /// What a location has to do next with a fulfillment order. Values may be added.
    Stage = "holdfast_projections::Stage" {
        /// It was asked something and has not answered.
        Answer,
        /// Goods are to be taken from their places.
        Pick,
        /// Picked goods are to be put into parcels.
        Pack,
        /// Parcels are to leave, or to be got ready for who fetches them.
        Ship,
        /// It waits for the customer to fetch it.
        HandOver,
    }
    /// How long what is summed together is.
    Period = "holdfast_projections::Period" {
        /// A minute.
        Minute,
        /// An hour.
        Hour,
    }
    /// What metrics are grouped by, in addition to the period.
    GroupBy = "holdfast_projections::GroupBy" {
        /// Nothing.
        None,
        /// The order's channel.
        Channel,
        /// The location; what belongs to no location is a group of its own.
        Location,
    }
    /// The one-word answer to "where is my order?". Values may be added.
    OrderStatus = "holdfast_domain::order::OrderStatus" {
        /// Taken; nothing is held for it yet.
        Created,
        /// Something of it waits for supply.
        Backordered,
        /// Everything not cancelled is held for it.
        Reserved,
        /// It waits for somebody's decision.
        OnHold,
        /// Picking has begun.
        Picking,
        /// Everything left to ship is packed.
        Packed,
        /// Some of it has left.
        PartiallyShipped,
        /// All of it has left.
        Shipped,
        /// All of it has left and the carrier has reported.
        InTransit,
        /// Some of it arrived.
        PartiallyDelivered,
        /// All of it arrived.
        Delivered,
        /// A parcel was lost, refused or sent back.
        DeliveryFailed,
        /// Nothing of it will be delivered.
        Cancelled,
        /// Some of it came back.
        PartiallyReturned,
        /// All of it came back.
        Returned,
    }
    /// What is held for an order.
    ReservationStatus = "holdfast_domain::order::ReservationStatus" {
        /// Nothing yet.
        None,
        /// Some of it.
        Partial,
        /// All of it.
        Reserved,
        /// Something waits for supply.
        Backordered,
        /// What was held was given back.
        Released,
    }
    /// How far the warehouses are.
    FulfillmentStatus = "holdfast_domain::order::FulfillmentStatus" {
        /// Nothing was handed to a location.
        None,
        /// Handed over, not begun.
        Open,
        /// Accepted by the warehouse.
        Accepted,
        /// Being picked.
        Picking,
        /// All picked.
        Picked,
        /// All packed.
        Packed,
        /// Some has left.
        PartiallyShipped,
        /// All has left.
        Shipped,
    }
    /// How far the carriers are.
    DeliveryStatus = "holdfast_domain::order::DeliveryStatus" {
        /// Nothing has left, or no carrier has reported.
        None,
        /// On its way.
        InTransit,
        /// On the last vehicle.
        OutForDelivery,
        /// Nobody was there.
        Attempted,
        /// Some of it arrived.
        PartiallyDelivered,
        /// All of it arrived.
        Delivered,
        /// A parcel was lost, refused or sent back.
        Failed,
    }
    /// How far the money is.
    PaymentStatus = "holdfast_domain::order::PaymentStatus" {
        /// Not this system's business.
        NotRequired,
        /// Awaited.
        Pending,
        /// Promised.
        Authorized,
        /// There.
        Confirmed,
        /// Refused.
        Failed,
        /// Taken back.
        Voided,
    }
    /// What came back.
    ReturnStatus = "holdfast_domain::order::ReturnStatus" {
        /// Nothing.
        None,
        /// It is announced.
        Requested,
        /// Some of it.
        Partial,
        /// All of it.
        Returned,
    }
    /// What was cancelled.
    CancellationStatus = "holdfast_domain::order::CancellationStatus" {
        /// Nothing.
        None,
        /// The warehouse was asked.
        Requested,
        /// Some of it.
        Partial,
        /// All of it.
        Cancelled,
    }
    /// How far one location is with its part of an order.
    FulfillmentOrderStatus = "holdfast_domain::order::FulfillmentOrderStatus" {
        /// Not begun.
        Open,
        /// Accepted by the warehouse.
        Accepted,
        /// Being picked.
        Picking,
        /// All picked.
        Picked,
        /// All packed.
        Packed,
        /// Waits to be fetched by the customer.
        ReadyForPickup,
        /// All has left.
        Shipped,
        /// All has arrived.
        Delivered,
        /// All was given back.
        Cancelled,
    }
    /// How urgent an order is.
    Priority = "holdfast_domain::values::Priority" {
        /// As everyone.
        Standard,
        /// Before standard.
        Express,
        /// Before everything.
        Critical,
    }
    /// Whether goods may leave before they are paid.
    PaymentTerms = "holdfast_domain::order::PaymentTerms" {
        /// Not before payment is confirmed.
        Required,
        /// Payment is not this system's business.
        NotRequired,
    }
    /// How goods reach the customer.
    DeliveryMethod = "holdfast_domain::order::DeliveryMethod" {
        /// By a carrier.
        Ship,
        /// Fetched at a location.
        Pickup,
        /// Brought by a location's own people.
        Local,
        /// Sent by a supplier.
        Dropship,
        /// Not at all.
        None,
    }
    /// Why an order must wait.
    HoldReason = "holdfast_domain::order::HoldReason" {
        /// The money is not there yet.
        AwaitingPayment,
        /// It may be fraud.
        FraudRisk,
        /// Nobody can be reached there.
        IncorrectAddress,
        /// Nothing could be reserved when it was to be.
        InventoryOutOfStock,
        /// The customer wants it so.
        CustomerRequest,
        /// It is not to leave yet.
        Scheduled,
        /// Something else.
        Other,
    }
    /// What a carrier says of a parcel, normalised.
    TrackingStatus = "holdfast_domain::order::TrackingStatus" {
        /// Announced, not yet handed over.
        LabelCreated,
        /// In the carrier's hands.
        PickedUp,
        /// On its way.
        InTransit,
        /// On the last vehicle.
        OutForDelivery,
        /// Nobody was there.
        AttemptedDelivery,
        /// Late.
        Delayed,
        /// Waits to be fetched.
        ReadyForPickup,
        /// Handed over.
        Delivered,
        /// Lost or refused.
        Failure,
        /// On its way back or there.
        ReturnedToSender,
    }
    /// What became of an order's personal data.
    PersonalDataState = "holdfast_domain::order::PersonalDataState" {
        /// None was given.
        None,
        /// It is kept, sealed.
        Sealed,
        /// Its key was destroyed.
        Erased,
    }
    /// When units are reserved for an order.
    ReserveAt = "holdfast_domain::policy::ReserveAt" {
        /// In the same decision as the order's creation.
        Creation,
        /// When its payment is confirmed.
        Payment,
    }
    /// What becomes of an order when not everything is there.
    OnShortage = "holdfast_domain::policy::OnShortage" {
        /// The order is refused whole.
        Reject,
        /// What is there is reserved, the rest of the order cancelled.
        CancelRemainder,
        /// What is missing waits for supply.
        Backorder,
        /// The order waits for somebody's decision, and nothing is reserved for it.
        Hold,
    }
    /// What sourcing prefers.
    SourcingCriterion = "holdfast_domain::policy::Criterion" {
        /// As few locations, and so parcels, as possible.
        FewestLocations,
        /// The shortest way to the customer, by unit.
        Nearest,
        /// The lowest rank that the merchant gave its locations, by unit.
        Rank,
        /// The location that has most of what is wanted, by unit, so that stock evens out.
        MostStock,
        /// The location from which goods can leave first; a set has left when its last location has.
        EarliestShip,
    }
}
