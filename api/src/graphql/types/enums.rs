//! The domain's enums with GraphQL's names. Clients treat them as open: values may be added.

use async_graphql::Enum;
use serde::{Deserialize, Serialize};

macro_rules! enums {
    ($( $(#[$doc:meta])* $name:ident = $domain:tt { $( $(#[$variant_doc:meta])* $variant:ident ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Deserialize, Serialize)]
            #[graphql(remote = $domain)]
            #[serde(rename_all = "snake_case")]
            pub(in crate::graphql) enum $name { $( $(#[$variant_doc])* $variant, )* }
        )*
    };
}

enums! {
    /// The order of a list of orders.
    OrderSort = "holdfast_projections::OrderSort" {
        /// Created last comes first.
        NewestFirst,
        /// Created first comes first.
        OldestFirst,
        /// Changed last comes first. An order that changes while the list is read may be missed.
        LatestChangeFirst,
        /// Unchanged for longest comes first. An order that changes while the list is read may be returned twice.
        EarliestChangeFirst,
    }
    /// What a location has to do next with a fulfillment order. Values may be added.
    Stage = "holdfast_projections::Stage" {
        /// Accept or reject a pending request, such as a cancellation.
        Answer,
        /// Pick the units.
        Pick,
        /// Pack the picked units.
        Pack,
        /// Ship the packages, or make them ready for pickup.
        Ship,
        /// Hand the goods over when the customer comes.
        HandOver,
    }
    /// The length of a period of metrics.
    Period = "holdfast_projections::Period" {
        /// A minute.
        Minute,
        /// An hour.
        Hour,
    }
    /// What metrics are grouped by, in addition to the period.
    GroupBy = "holdfast_projections::GroupBy" {
        /// No grouping.
        None,
        /// The order's channel.
        Channel,
        /// The location. Metrics without a location, such as orders created, form a group of their own.
        Location,
    }
    /// The overall status of an order. Values may be added.
    OrderStatus = "holdfast_domain::order::OrderStatus" {
        /// Created; nothing is reserved or backordered.
        Created,
        /// At least one unit is backordered.
        Backordered,
        /// All units that are not cancelled are reserved.
        Reserved,
        /// A hold is in force.
        OnHold,
        /// Picking has started.
        Picking,
        /// All units that are still to be shipped are packed.
        Packed,
        /// Some units have shipped.
        PartiallyShipped,
        /// All units have shipped.
        Shipped,
        /// All units have shipped, and the carrier has reported.
        InTransit,
        /// Some units are delivered.
        PartiallyDelivered,
        /// All units are delivered.
        Delivered,
        /// A package was lost, refused or sent back.
        DeliveryFailed,
        /// All units are cancelled.
        Cancelled,
        /// Some units were returned.
        PartiallyReturned,
        /// All units were returned.
        Returned,
    }
    /// How much of an order is reserved.
    ReservationStatus = "holdfast_domain::order::ReservationStatus" {
        /// Nothing is reserved yet.
        None,
        /// Some units are reserved.
        Partial,
        /// All units are reserved.
        Reserved,
        /// At least one unit is backordered.
        Backordered,
        /// The reservation was released.
        Released,
    }
    /// How far the locations are with an order.
    FulfillmentStatus = "holdfast_domain::order::FulfillmentStatus" {
        /// No location has a fulfillment order.
        None,
        /// Assigned to locations; not started.
        Open,
        /// Accepted by a location.
        Accepted,
        /// Picking has started.
        Picking,
        /// All units are picked.
        Picked,
        /// All units are packed.
        Packed,
        /// Some units have shipped.
        PartiallyShipped,
        /// All units have shipped.
        Shipped,
    }
    /// How far the carriers are with an order.
    DeliveryStatus = "holdfast_domain::order::DeliveryStatus" {
        /// Nothing has shipped, or no carrier has reported.
        None,
        /// In transit.
        InTransit,
        /// Out for delivery.
        OutForDelivery,
        /// A delivery attempt failed.
        Attempted,
        /// Some units are delivered.
        PartiallyDelivered,
        /// All units are delivered.
        Delivered,
        /// A package was lost, refused or sent back.
        Failed,
    }
    /// The state of an order's payment.
    PaymentStatus = "holdfast_domain::order::PaymentStatus" {
        /// The order may ship without a payment.
        NotRequired,
        /// No payment is reported yet.
        Pending,
        /// The payment is authorized.
        Authorized,
        /// The payment is confirmed.
        Confirmed,
        /// The payment failed.
        Failed,
        /// The payment was voided.
        Voided,
    }
    /// How much of an order was returned.
    ReturnStatus = "holdfast_domain::order::ReturnStatus" {
        /// Nothing.
        None,
        /// A return is announced; nothing is received.
        Requested,
        /// Some units were received.
        Partial,
        /// All units were received.
        Returned,
    }
    /// How much of an order is cancelled.
    CancellationStatus = "holdfast_domain::order::CancellationStatus" {
        /// Nothing.
        None,
        /// A cancellation request is pending with a location.
        Requested,
        /// Some units are cancelled.
        Partial,
        /// All units are cancelled.
        Cancelled,
    }
    /// How far a location is with a fulfillment order.
    FulfillmentOrderStatus = "holdfast_domain::order::FulfillmentOrderStatus" {
        /// Not started.
        Open,
        /// Accepted by the location.
        Accepted,
        /// Picking has started.
        Picking,
        /// All units are picked.
        Picked,
        /// All units are packed.
        Packed,
        /// Ready to be collected by the customer.
        ReadyForPickup,
        /// All units have shipped.
        Shipped,
        /// All units are delivered.
        Delivered,
        /// All units are cancelled or moved to other locations.
        Cancelled,
    }
    /// The priority of an order in queues and on boards.
    Priority = "holdfast_domain::values::Priority" {
        /// The default.
        Standard,
        /// Before standard.
        Express,
        /// Before express.
        Critical,
    }
    /// Whether an order may ship before it is paid.
    PaymentTerms = "holdfast_domain::order::PaymentTerms" {
        /// It ships only after its payment is confirmed.
        Required,
        /// It ships without a payment.
        NotRequired,
    }
    /// How goods reach the customer.
    DeliveryMethod = "holdfast_domain::order::DeliveryMethod" {
        /// Shipped by a carrier.
        Ship,
        /// Collected by the customer at a location.
        Pickup,
        /// Delivered by a location's own staff.
        Local,
        /// Shipped by a supplier.
        Dropship,
        /// No delivery.
        None,
    }
    /// Why an order is on hold.
    HoldReason = "holdfast_domain::order::HoldReason" {
        /// The payment is missing.
        AwaitingPayment,
        /// Suspected fraud.
        FraudRisk,
        /// The address is wrong.
        IncorrectAddress,
        /// Units were out of stock when they should have been reserved.
        InventoryOutOfStock,
        /// The customer requested the hold.
        CustomerRequest,
        /// The order must not ship yet.
        Scheduled,
        /// Another reason.
        Other,
    }
    /// A carrier's report about a package, normalised.
    TrackingStatus = "holdfast_domain::order::TrackingStatus" {
        /// Announced; the carrier does not have the package yet.
        LabelCreated,
        /// The carrier has the package.
        PickedUp,
        /// In transit.
        InTransit,
        /// Out for delivery.
        OutForDelivery,
        /// A delivery attempt failed.
        AttemptedDelivery,
        /// Delayed.
        Delayed,
        /// Ready to be collected by the customer.
        ReadyForPickup,
        /// Delivered.
        Delivered,
        /// Lost or refused.
        Failure,
        /// On the way back to the sender, or returned to the sender.
        ReturnedToSender,
    }
    /// The state of an order's personal data.
    PersonalDataState = "holdfast_domain::order::PersonalDataState" {
        /// The order has none.
        None,
        /// Stored encrypted.
        Sealed,
        /// Erased: the key was destroyed.
        Erased,
    }
    /// When units are reserved for an order.
    ReserveAt = "holdfast_domain::policy::ReserveAt" {
        /// When the order is created.
        Creation,
        /// When the payment is confirmed.
        Payment,
    }
    /// What happens to an order if not all of its units are available.
    OnShortage = "holdfast_domain::policy::OnShortage" {
        /// The order is rejected.
        Reject,
        /// The available units are reserved, the rest is cancelled.
        CancelRemainder,
        /// The available units are reserved, the rest is backordered.
        Backorder,
        /// The order is put on hold, and nothing is reserved.
        Hold,
    }
    /// A criterion by which sourcing compares locations.
    SourcingCriterion = "holdfast_domain::policy::Criterion" {
        /// As few locations, and so packages, as possible.
        FewestLocations,
        /// The shortest distance to the customer, per unit.
        Nearest,
        /// The lowest rank, per unit.
        Rank,
        /// The most available stock, per unit, so that stock evens out.
        MostStock,
        /// The earliest time of shipping; of several locations, that of the last.
        EarliestShip,
    }
}
