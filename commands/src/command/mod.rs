//! Every command by name: one list that bulk requests, fingerprints and schemas share.

mod policy;

pub(crate) use policy::Urgency;

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
use holdfast_domain::values::Timestamp;
use schemars::{Schema, SchemaGenerator};

/// A command's name and the JSON Schema of its fields.
pub struct CommandSchema {
    /// The name.
    pub name: &'static str,
    /// Makes the schema.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

macro_rules! every_command {
    ($($name:ident),* $(,)? ; background: $($own:ident),* $(,)?) => {
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
        }
    };
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
    ; background: FillBackorders, AttendOrder,
);
