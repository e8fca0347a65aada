//! Names and versions of events, their payloads, and reading the payloads of all versions.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Why a stored payload cannot be read as an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// An unknown type.
    #[error("unknown event type {0}")]
    UnknownType(String),
    /// An unknown version of a type.
    #[error("unknown version {1} of event type {0}")]
    UnknownVersion(String, u32),
    /// The payload is not one of the type.
    #[error("malformed payload of event type {0}: {1}")]
    Malformed(String, String),
}

/// Turns the payload of one version into that of the next. It depends on nothing but the payload, so that a stored event
/// means the same on every node and in every year.
pub(crate) type Upcaster = fn(Value) -> Result<Value, serde_json::Error>;

/// Reads a payload of an older version through the upcasters of that version and of later ones. `upcasters` has one for
/// every older version, the oldest first, as [`complete`] has checked.
pub(crate) fn decode_older<P: DeserializeOwned>(
    name: &str,
    version: u32,
    payload: &[u8],
    upcasters: &[(u32, Upcaster)],
) -> Result<P, DecodeError> {
    if !upcasters.iter().any(|(older, _)| *older == version) {
        return Err(DecodeError::UnknownVersion(name.into(), version));
    }
    let malformed = |e: serde_json::Error| DecodeError::Malformed(name.into(), e.to_string());
    let mut value = serde_json::from_slice(payload).map_err(malformed)?;
    for (_, upcaster) in upcasters.iter().filter(|(older, _)| *older >= version) {
        value = upcaster(value).map_err(malformed)?;
    }
    serde_json::from_value(value).map_err(malformed)
}

/// Whether there is an upcaster from every version before the written one, the oldest first.
pub(crate) const fn complete(written: u32, older: &[u32]) -> bool {
    let mut index = 0;
    while index < older.len() {
        if older[index] as usize != index + 1 {
            return false;
        }
        index += 1;
    }
    older.len() + 1 == written as usize
}

/// Declares an aggregate's event enum from its payload structs, each with its written version and an upcaster from every
/// older version: `OrderHeld = 3 { 1 => order_held_1, 2 => order_held_2 }`. A missing upcaster does not compile.
///
/// Names are storage formats: they never change.
macro_rules! event_enum {
    ($(#[$doc:meta])* $name:ident {
        $( $variant:ident = $version:literal $({ $( $older:literal => $upcaster:path ),+ $(,)? })? ),* $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(tag = "type")]
        #[allow(clippy::large_enum_variant, reason = "events are moved once, from decision to journal")]
        pub enum $name {
            $(
                #[allow(missing_docs, reason = "documented at the payload of the same name")]
                $variant($variant),
            )*
        }

        impl $name {
            /// Every type name with its written version.
            pub const TYPES: &'static [(&'static str, u32)] = &[$((stringify!($variant), $version)),*];

            /// The type name.
            pub fn name(&self) -> &'static str {
                match self { $( Self::$variant(_) => stringify!($variant), )* }
            }

            /// The version of the payload.
            pub fn version(&self) -> u32 {
                match self { $( Self::$variant(_) => $version, )* }
            }

            /// The payload as JSON, without personal data.
            pub fn payload(&self) -> Result<Vec<u8>, serde_json::Error> {
                match self { $( Self::$variant(payload) => serde_json::to_vec(payload), )* }
            }

            /// Checks that this program reads payloads of a type and version.
            pub fn check(name: &str, version: u32) -> Result<(), $crate::DecodeError> {
                match Self::TYPES.iter().find(|(known, _)| *known == name) {
                    Some((_, written)) if (1..=*written).contains(&version) => Ok(()),
                    Some(_) => Err($crate::DecodeError::UnknownVersion(name.into(), version)),
                    None => Err($crate::DecodeError::UnknownType(name.into())),
                }
            }

            /// Reads a stored payload of any version.
            pub fn decode(name: &str, version: u32, payload: &[u8]) -> Result<Self, $crate::DecodeError> {
                match (name, version) {
                    $(
                        (stringify!($variant), $version) => serde_json::from_slice(payload)
                            .map(Self::$variant)
                            .map_err(|e| $crate::DecodeError::Malformed(name.into(), e.to_string())),
                        (stringify!($variant), _) => {
                            let upcasters: &[(u32, $crate::event::Upcaster)] = &[$( $( ($older, $upcaster) ),+ )?];
                            $crate::event::decode_older(name, version, payload, upcasters).map(Self::$variant)
                        }
                    )*
                    _ => Err($crate::DecodeError::UnknownType(name.into())),
                }
            }

            /// The JSON Schema of every payload in its written version, by type name.
            pub fn schemas() -> Vec<(&'static str, ::schemars::Schema)> {
                vec![$( (stringify!($variant), ::schemars::schema_for!($variant)) ),*]
            }
        }

        $(
            const _: () = assert!(
                $crate::event::complete($version, &[$( $( $older ),+ )?]),
                concat!(stringify!($variant), " needs an upcaster from every older version, oldest first")
            );
        )*

        $(
            impl From<$variant> for $name {
                fn from(payload: $variant) -> Self {
                    Self::$variant(payload)
                }
            }
        )*

        impl ::cqrs_es::DomainEvent for $name {
            fn event_type(&self) -> String {
                self.name().to_owned()
            }
            fn event_version(&self) -> String {
                self.version().to_string()
            }
        }
    };
}

/// Declares event payloads: camelCase, without absent optional fields. A field `= sealed` is personal data and never
/// printed. A field whose name says everything needs no documentation.
macro_rules! payloads {
    ($(
        $(#[$doc:meta])* $name:ident {
            $( $(#[$field_doc:meta])* $field:ident : $kind:ty $(= $sealed:ident)? ),* $(,)?
        }
    )*) => {
        $(
            #[serde_with::skip_serializing_none]
            #[derive(Clone, PartialEq, ::serde::Serialize, ::serde::Deserialize, ::schemars::JsonSchema)]
            #[serde(rename_all = "camelCase")]
            $(#[$doc])*
            #[allow(missing_docs, reason = "a name such as `quantity` says everything")]
            pub struct $name {
                $( $(#[$field_doc])* pub $field: $kind, )*
            }

            $crate::sealed::debug_without_sealed!($name { $( $field $(= $sealed)? ),* });
        )*
    };
}

/// Every line and SKU required stock before `requiresStock` existed: the field's default says so.
#[allow(clippy::unnecessary_wraps, reason = "as every upcaster")]
pub(crate) fn before_requires_stock(payload: Value) -> Result<Value, serde_json::Error> {
    Ok(payload)
}

/// The default of a field that is true unless it was written.
pub(crate) const fn default_true() -> bool {
    true
}

pub(crate) use {event_enum, payloads};
