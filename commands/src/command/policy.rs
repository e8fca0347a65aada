//! How a command is queued: the order that it is about, and how urgent it is.

use holdfast_domain::values::{OrderId, Priority};

use super::AnyCommand;

/// How urgent a command is, among those that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Urgency {
    /// A critical order.
    Critical,
    /// A report of what has happened, or an express order.
    Express,
    /// Anything else.
    Standard,
}

/// How a command is queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CommandPolicy {
    /// The order that it is about, where its fields say so: such commands never overtake each other.
    pub(crate) order_id: Option<OrderId>,
    /// How urgent it is.
    pub(crate) urgency: Urgency,
    /// Whether it is still taken when the queue is almost full: a report, or a critical order.
    pub(crate) may_fill_queue: bool,
}

impl CommandPolicy {
    /// Something that has happened: it is taken before what is only wished for.
    fn report(order_id: impl Into<Option<OrderId>>) -> Self {
        Self { order_id: order_id.into(), urgency: Urgency::Express, may_fill_queue: true }
    }

    /// Something that is wished for, and may be refused.
    fn request(order_id: impl Into<Option<OrderId>>) -> Self {
        Self { order_id: order_id.into(), urgency: Urgency::Standard, may_fill_queue: false }
    }

    fn new_order(order_id: Option<OrderId>, priority: Option<Priority>) -> Self {
        let urgency = match priority {
            Some(Priority::Critical) => Urgency::Critical,
            Some(Priority::Express) => Urgency::Express,
            Some(Priority::Standard) | None => Urgency::Standard,
        };
        Self { order_id, urgency, may_fill_queue: urgency == Urgency::Critical }
    }
}

impl AnyCommand {
    /// How it is queued.
    pub(crate) fn policy(&self) -> CommandPolicy {
        use CommandPolicy as Policy;
        match self {
            Self::CreateOrder(command) => Policy::new_order(command.order_id, command.priority),
            Self::ConfirmPayment(command) => Policy::report(command.order_id),
            Self::AuthorizePayment(command) => Policy::report(command.order_id),
            Self::FailPayment(command) => Policy::report(command.order_id),
            Self::VoidPayment(command) => Policy::report(command.order_id),
            Self::AcceptFulfillmentOrder(command) => Policy::report(command.fulfillment_order_id.order()),
            Self::RejectFulfillmentOrder(command) => Policy::report(command.fulfillment_order_id.order()),
            Self::AcceptCancellation(command) => Policy::report(command.fulfillment_order_id.order()),
            Self::RejectCancellation(command) => Policy::report(command.fulfillment_order_id.order()),
            Self::AcceptAmendment(command) => Policy::report(command.fulfillment_order_id.order()),
            Self::RejectAmendment(command) => Policy::report(command.fulfillment_order_id.order()),
            Self::ShortPick(command) => Policy::report(command.fulfillment_order_id.order()),
            Self::PickItems(command) => Policy::report(command.fulfillment_order_id.order()),
            Self::PackItems(command) => Policy::report(command.fulfillment_order_id.order()),
            Self::MarkReadyForPickup(command) => Policy::report(command.fulfillment_order_id.order()),
            Self::ShipItems(command) => Policy::report(command.fulfillment_order_id.order()),
            Self::TrackShipment(command) => Policy::report(command.shipment_id.order()),
            Self::ConfirmDelivery(command) => Policy::report(command.shipment_id.order()),
            Self::ReceiveReturn(command) => Policy::report(command.return_id.order()),
            Self::TrackParcel(_)
            | Self::ReceiveStock(_)
            | Self::CountStock(_)
            | Self::AdjustStock(_)
            | Self::ChangeStockCondition(_)
            | Self::ShipTransfer(_)
            | Self::ReceiveTransfer(_) => Policy::report(None),
            Self::HoldOrder(command) => Policy::request(command.order_id),
            Self::ReleaseHold(command) => Policy::request(command.order_id),
            Self::CancelOrder(command) => Policy::request(command.order_id),
            Self::AmendOrder(command) => Policy::request(command.order_id),
            Self::AttendOrder(command) => Policy::request(command.order_id),
            Self::RequestReturn(command) => Policy::request(command.order_id),
            Self::ErasePersonalData(command) => Policy::request(command.order_id),
            Self::MoveFulfillmentOrder(command) => Policy::request(command.fulfillment_order_id.order()),
            Self::FillBackorders(_)
            | Self::ExpectSupply(_)
            | Self::CancelSupply(_)
            | Self::RegisterLocation(_)
            | Self::PauseLocation(_)
            | Self::ResumeLocation(_)
            | Self::SetMerchantPolicy(_)
            | Self::SetStockPolicy(_)
            | Self::RegisterMerchant(_) => Policy::request(None),
        }
    }
}
