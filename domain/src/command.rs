//! Commands from outside: the fields as they were supplied, before defaults are applied.

use crate::values::Timestamp;

/// A command from outside. Its serialized form is canonical: the fields as supplied, without absent ones.
pub trait Command: serde::Serialize + serde::de::DeserializeOwned + schemars::JsonSchema + Send {
    /// The name of the command in bulk requests and fingerprints. It never changes.
    const NAME: &'static str;

    /// When the fact happened; absent if the sender does not say so. It is stored, and is never the decision time.
    fn occurred_at(&self) -> Option<Timestamp>;

    /// The time after which the command is refused.
    fn not_after(&self) -> Option<Timestamp>;
}

/// Declares commands: each gets the two common fields, strict deserialization and its name. A field `= sealed` is
/// personal data and never printed.
macro_rules! commands {
    ($(
        $(#[$doc:meta])* $name:ident {
            $( $(#[$field_doc:meta])* $field:ident : $kind:ty $(= $sealed:ident)? ),* $(,)?
        }
    )*) => {
        $(
            $(#[$doc])*
            #[serde_with::skip_serializing_none]
            #[serde_with::apply(Update => #[serde(default, skip_serializing_if = "crate::values::Update::is_keep")])]
            #[derive(Clone, PartialEq, ::serde::Serialize, ::serde::Deserialize, ::schemars::JsonSchema)]
            #[serde(rename_all = "camelCase", deny_unknown_fields)]
            #[allow(missing_docs, reason = "documented where the name does not say it")]
            pub struct $name {
                $( $(#[$field_doc])* pub $field: $kind, )*
                /// When the fact happened. Default: unknown. It is stored, and does not change the decision time.
                pub occurred_at: Option<$crate::values::Timestamp>,
                /// After this time, the command is refused with `command_expired`. Default: never.
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
