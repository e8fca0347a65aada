//! All commands as one type, generated from the [table](table::command_table).

mod group;
mod policy;
mod table;

pub use group::{CommandGroup, InvalidGroup};
pub(crate) use policy::{CommandPolicy, Urgency};
pub(crate) use table::command_table;

use holdfast_domain::values::{OrderId, Timestamp};
use holdfast_domain::{Command, cart_reservation, network, order, policy as merchant, stock};
use schemars::{Schema, SchemaGenerator};

/// The name of a command and the JSON Schema of its fields.
pub struct CommandSchema {
    /// The name, such as `PickItems`.
    pub name: &'static str,
    /// Generates the schema.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

macro_rules! define_commands {
    (
        api { $($module:ident::$name:ident: $policy:ident($($order:tt)*) => $($run:ident)::+;)* }
        background { $($own_module:ident::$own:ident: $own_policy:ident($($own_order:tt)*) => $($own_run:ident)::+;)* }
    ) => {
        /// The commands that callers may send.
        pub const COMMANDS: &[CommandSchema] = &[
            $( CommandSchema {
                name: <$module::$name as Command>::NAME,
                schema: |generator| generator.subschema_for::<$module::$name>(),
            } ),*
        ];

        define_commands! {
            @all
            $($module::$name: $policy($($order)*);)*
            $($own_module::$own: $own_policy($($own_order)*);)*
        }
    };
    (@all $($module:ident::$name:ident: $policy:ident($($order:tt)*);)*) => {
        /// Any command.
        #[derive(Debug, Clone, PartialEq)]
        pub enum AnyCommand {
            $(
                #[allow(missing_docs, reason = "documented at the command of the same name")]
                $name(Box<$module::$name>),
            )*
            /// Several commands, all or none.
            Group(Box<CommandGroup>),
        }

        $(
            impl From<$module::$name> for AnyCommand {
                fn from(command: $module::$name) -> Self {
                    Self::$name(Box::new(command))
                }
            }
        )*

        impl AnyCommand {
            /// The name, such as `PickItems`.
            pub fn name(&self) -> &'static str {
                match self {
                    $( Self::$name(_) => <$module::$name as Command>::NAME, )*
                    Self::Group(_) => CommandGroup::NAME,
                }
            }

            /// Deserializes the command with a name; `None` if no command has the name.
            pub fn read<'de, D: serde::Deserializer<'de>>(name: &str, fields: D) -> Option<Result<Self, D::Error>> {
                match name {
                    $( <$module::$name as Command>::NAME => Some(
                        <$module::$name as serde::Deserialize>::deserialize(fields).map(Self::from)
                    ), )*
                    CommandGroup::NAME => {
                        Some(serde::Deserialize::deserialize(fields).map(|group| Self::Group(Box::new(group))))
                    }
                    _ => None,
                }
            }

            /// The JSON of the fields that were supplied, which the fingerprint covers.
            pub fn canonical(&self) -> Result<Vec<u8>, serde_json::Error> {
                match self {
                    $( Self::$name(command) => serde_json::to_vec(command), )*
                    Self::Group(group) => serde_json::to_vec(group),
                }
            }

            /// The time of the occurrence, if the caller states it. That of a group is with each of its commands.
            pub fn occurred_at(&self) -> Option<Timestamp> {
                match self {
                    $( Self::$name(command) => command.occurred_at(), )*
                    Self::Group(_) => None,
                }
            }

            /// The time after which the command is refused. That of a group is with each of its commands.
            pub fn not_after(&self) -> Option<Timestamp> {
                match self {
                    $( Self::$name(command) => command.not_after(), )*
                    Self::Group(_) => None,
                }
            }

            /// Whether the command creates or changes an order.
            pub fn is_about_order(&self) -> bool {
                self.policy().order_id.is_some() || matches!(self, Self::CreateOrder(_) | Self::TrackParcel(_))
            }

            /// How the command is queued.
            pub(crate) fn policy(&self) -> CommandPolicy {
                if let Self::CreateOrder(command) = self {
                    return CommandPolicy::new_order(command.order_id, command.priority);
                }
                match self {
                    $( Self::$name(command) => {
                        CommandPolicy::$policy(define_commands!(@order command $($order)*))
                    } )*
                    Self::Group(group) => CommandPolicy::group(group),
                }
            }
        }
    };
    (@order $command:ident) => {{
        let _ = $command;
        None
    }};
    (@order $command:ident $($order:tt)+) => {
        Some($command.$($order)+)
    };
}

command_table!(define_commands);

impl AnyCommand {
    /// The commands of a group; a command alone is its only member.
    pub(crate) fn members(&self) -> &[Self] {
        match self {
            Self::Group(group) => group.commands(),
            command => std::slice::from_ref(command),
        }
    }

    /// The order that the command creates or changes, if its fields identify it. `new_id` is the id of an order without one.
    pub(crate) fn order_id(&self, new_id: OrderId) -> Option<OrderId> {
        match self {
            Self::CreateOrder(order) => Some(order.order_id.unwrap_or(new_id)),
            command => command.policy().order_id,
        }
    }
}
