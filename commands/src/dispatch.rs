//! Every command by name: one list that bulk requests, fingerprints, schemas and handlers share.

use holdfast_domain::Command;
use holdfast_domain::network::{PauseLocation, RegisterLocation, ResumeLocation};
use holdfast_domain::order::{
    AcceptAmendment, AcceptCancellation, AcceptFulfillmentOrder, AmendOrder, AttendOrder, AuthorizePayment,
    CancelOrder, ConfirmDelivery, ConfirmPayment, CreateOrder, ErasePersonalData, FailPayment, HoldOrder,
    MarkReadyForPickup, MoveFulfillmentOrder, PackItems, PickItems, ReceiveReturn, RejectAmendment,
    RejectCancellation, RejectFulfillmentOrder, ReleaseHold, RequestReturn, ShipItems, ShortPick,
    TrackParcel, TrackShipment, VoidPayment,
};
use holdfast_domain::policy::{RegisterMerchant, SetMerchantPolicy};
use holdfast_domain::stock::{
    AdjustStock, CancelSupply, ChangeStockCondition, CountStock, ExpectSupply, FillBackorders, ReceiveStock,
    ReceiveTransfer, SetStockPolicy, ShipTransfer,
};
use holdfast_domain::values::{OrderId, Priority, Timestamp};
use schemars::{Schema, SchemaGenerator};

use crate::handlers::Handle;
use crate::world::{Grant, Stop, World};
use crate::writer::Lane;

/// A command's name and the JSON Schema of its fields.
pub struct CommandSchema {
    /// The name.
    pub name: &'static str,
    /// Makes the schema.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

macro_rules! every_command {
    ($($name:ident),* $(,)? ; by itself: $($own:ident),* $(,)?) => {
        every_command!(@all $($name,)* $($own,)*);

        /// Every command that a caller may give.
        pub const COMMANDS: &[CommandSchema] = &[
            $( CommandSchema {
                name: <$name as Command>::NAME,
                schema: |generator| generator.subschema_for::<$name>(),
            } ),*
        ];
    };
    (@all $($name:ident,)*) => {
        /// Any command.
        #[derive(Debug, Clone, PartialEq)]
        pub enum AnyCommand {
            $(
                #[allow(missing_docs, reason = "documented at the command of the same name")]
                $name(Box<$name>),
            )*
        }

        $(
            impl From<$name> for AnyCommand {
                fn from(command: $name) -> Self {
                    Self::$name(Box::new(command))
                }
            }
        )*

        impl AnyCommand {
            /// Its name.
            pub fn name(&self) -> &'static str {
                match self { $( Self::$name(_) => <$name as Command>::NAME, )* }
            }

            /// Reads a command of a name from a deserialiser; nothing for a name that no command has.
            pub fn read<'de, D: serde::Deserializer<'de>>(name: &str, fields: D) -> Option<Result<Self, D::Error>> {
                match name {
                    $( <$name as Command>::NAME => Some(
                        <$name as serde::Deserialize>::deserialize(fields).map(Self::from)
                    ), )*
                    _ => None,
                }
            }

            /// The fields as supplied, absent ones left out: what its fingerprint covers.
            pub fn canonical(&self) -> Result<Vec<u8>, serde_json::Error> {
                match self { $( Self::$name(command) => serde_json::to_vec(command), )* }
            }

            /// When it happened, where the sender says so.
            pub fn occurred_at(&self) -> Option<Timestamp> {
                match self { $( Self::$name(command) => command.occurred_at(), )* }
            }

            /// The moment after which it must not be carried out.
            pub fn not_after(&self) -> Option<Timestamp> {
                match self { $( Self::$name(command) => command.not_after(), )* }
            }

            pub(crate) fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
                match self { $( Self::$name(command) => command.handle(world), )* }
            }
        }
    };
}

impl AnyCommand {
    /// How urgent it is, among those that wait.
    pub(crate) fn lane(&self) -> Lane {
        let by_priority = |priority| match priority {
            Some(Priority::Critical) => Lane::Critical,
            Some(Priority::Express) => Lane::Express,
            Some(Priority::Standard) | None => Lane::Standard,
        };
        match self {
            Self::CreateOrder(order) => by_priority(order.priority),
            command if command.is_urgent() => Lane::Express,
            _ => Lane::Standard,
        }
    }

    /// The order that it is about, where its fields say so.
    pub(crate) fn about(&self) -> Option<OrderId> {
        Some(match self {
            Self::CreateOrder(command) => command.order_id?,
            Self::ConfirmPayment(command) => command.order_id,
            Self::AuthorizePayment(command) => command.order_id,
            Self::FailPayment(command) => command.order_id,
            Self::VoidPayment(command) => command.order_id,
            Self::HoldOrder(command) => command.order_id,
            Self::ReleaseHold(command) => command.order_id,
            Self::CancelOrder(command) => command.order_id,
            Self::AmendOrder(command) => command.order_id,
            Self::AttendOrder(command) => command.order_id,
            Self::RequestReturn(command) => command.order_id,
            Self::ErasePersonalData(command) => command.order_id,
            Self::AcceptFulfillmentOrder(command) => command.fulfillment_order_id.order(),
            Self::RejectFulfillmentOrder(command) => command.fulfillment_order_id.order(),
            Self::MoveFulfillmentOrder(command) => command.fulfillment_order_id.order(),
            Self::AcceptCancellation(command) => command.fulfillment_order_id.order(),
            Self::RejectCancellation(command) => command.fulfillment_order_id.order(),
            Self::AcceptAmendment(command) => command.fulfillment_order_id.order(),
            Self::RejectAmendment(command) => command.fulfillment_order_id.order(),
            Self::ShortPick(command) => command.fulfillment_order_id.order(),
            Self::PickItems(command) => command.fulfillment_order_id.order(),
            Self::PackItems(command) => command.fulfillment_order_id.order(),
            Self::MarkReadyForPickup(command) => command.fulfillment_order_id.order(),
            Self::ShipItems(command) => command.fulfillment_order_id.order(),
            Self::TrackShipment(command) => command.shipment_id.order(),
            Self::ConfirmDelivery(command) => command.shipment_id.order(),
            Self::ReceiveReturn(command) => command.return_id.order(),
            Self::TrackParcel(_)
            | Self::FillBackorders(_)
            | Self::ReceiveStock(_)
            | Self::CountStock(_)
            | Self::AdjustStock(_)
            | Self::ChangeStockCondition(_)
            | Self::ShipTransfer(_)
            | Self::ReceiveTransfer(_)
            | Self::ExpectSupply(_)
            | Self::CancelSupply(_)
            | Self::RegisterLocation(_)
            | Self::PauseLocation(_)
            | Self::ResumeLocation(_)
            | Self::SetMerchantPolicy(_)
            | Self::SetStockPolicy(_)
            | Self::RegisterMerchant(_) => return None,
        })
    }

    /// Whether it is to be taken when there is little room left: a report of what has happened, or a critical order.
    pub(crate) fn is_urgent(&self) -> bool {
        match self {
            Self::CreateOrder(order) => order.priority == Some(Priority::Critical),
            Self::ConfirmPayment(_)
            | Self::AuthorizePayment(_)
            | Self::FailPayment(_)
            | Self::VoidPayment(_)
            | Self::AcceptFulfillmentOrder(_)
            | Self::RejectFulfillmentOrder(_)
            | Self::AcceptCancellation(_)
            | Self::RejectCancellation(_)
            | Self::AcceptAmendment(_)
            | Self::RejectAmendment(_)
            | Self::ShortPick(_)
            | Self::ReceiveReturn(_)
            | Self::PickItems(_)
            | Self::PackItems(_)
            | Self::ShipItems(_)
            | Self::TrackShipment(_)
            | Self::TrackParcel(_)
            | Self::ConfirmDelivery(_)
            | Self::ReceiveStock(_)
            | Self::CountStock(_)
            | Self::AdjustStock(_)
            | Self::MarkReadyForPickup(_)
            | Self::ChangeStockCondition(_)
            | Self::ShipTransfer(_)
            | Self::ReceiveTransfer(_) => true,
            Self::CancelOrder(_)
            | Self::AmendOrder(_)
            | Self::MoveFulfillmentOrder(_)
            | Self::AttendOrder(_)
            | Self::ExpectSupply(_)
            | Self::CancelSupply(_)
            | Self::RequestReturn(_)
            | Self::HoldOrder(_)
            | Self::ReleaseHold(_)
            | Self::FillBackorders(_)
            | Self::ErasePersonalData(_)
            | Self::RegisterLocation(_)
            | Self::PauseLocation(_)
            | Self::ResumeLocation(_)
            | Self::SetMerchantPolicy(_)
            | Self::SetStockPolicy(_)
            | Self::RegisterMerchant(_) => false,
        }
    }
}

every_command!(
    CreateOrder,
    ConfirmPayment,
    AuthorizePayment,
    FailPayment,
    VoidPayment,
    HoldOrder,
    ReleaseHold,
    CancelOrder,
    AmendOrder,
    AcceptFulfillmentOrder,
    RejectFulfillmentOrder,
    MoveFulfillmentOrder,
    AcceptCancellation,
    RejectCancellation,
    AcceptAmendment,
    RejectAmendment,
    ShortPick,
    PickItems,
    PackItems,
    MarkReadyForPickup,
    ShipItems,
    TrackShipment,
    TrackParcel,
    ConfirmDelivery,
    RequestReturn,
    ReceiveReturn,
    ErasePersonalData,
    ReceiveStock,
    CountStock,
    AdjustStock,
    ChangeStockCondition,
    ShipTransfer,
    ReceiveTransfer,
    ExpectSupply,
    CancelSupply,
    RegisterLocation,
    PauseLocation,
    ResumeLocation,
    SetMerchantPolicy,
    SetStockPolicy,
    RegisterMerchant,
    ; by itself: FillBackorders, AttendOrder,
);
