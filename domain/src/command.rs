//! Commands as they arrive: the fields of the contract, checked, before any default is filled in.

use crate::values::Timestamp;

/// A command from outside. Its serialised form is canonical: the fields as supplied, absent ones left out.
pub trait Command: serde::Serialize + serde::de::DeserializeOwned + schemars::JsonSchema + Send {
    /// Its name in bulk requests and fingerprints. Never renamed.
    const NAME: &'static str;

    /// When the fact happened, where the sender says so. Data, never decision time.
    fn occurred_at(&self) -> Option<Timestamp>;

    /// The moment after which the command must not be carried out.
    fn not_after(&self) -> Option<Timestamp>;
}

/// Declares commands: each gets the two common fields, strict deserialisation and its name. A field `= sealed`
/// is personal and never printed.
macro_rules! commands {
    ($(
        $(#[$doc:meta])* $name:ident {
            $( $(#[$field_doc:meta])* $field:ident : $kind:ty $(= $sealed:ident)? ),* $(,)?
        }
    )*) => {
        $(
            $(#[$doc])*
            #[serde_with::skip_serializing_none]
            #[derive(Clone, PartialEq, ::serde::Serialize, ::serde::Deserialize, ::schemars::JsonSchema)]
            #[serde(rename_all = "camelCase", deny_unknown_fields)]
            pub struct $name {
                $( $(#[$field_doc])* pub $field: $kind, )*
                /// When it happened, where that is not now. Kept as data.
                pub occurred_at: Option<$crate::values::Timestamp>,
                /// Refused with `command_expired` when it would be decided after this moment.
                pub not_after: Option<$crate::values::Timestamp>,
            }

            $crate::sealed::debug_without_sealed!($name {
                $( $field $(= $sealed)?, )* occurred_at, not_after
            });

            impl $crate::Command for $name {
                const NAME: &'static str = stringify!($name);
                fn occurred_at(&self) -> Option<$crate::values::Timestamp> {
                    self.occurred_at
                }
                fn not_after(&self) -> Option<$crate::values::Timestamp> {
                    self.not_after
                }
            }
        )*
    };
}

pub(crate) use commands;
