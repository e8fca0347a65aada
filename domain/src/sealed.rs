//! Personal data is never printed, so that no log line and no message reveals it.

use std::fmt;

/// Prints whether there is a value, and not the value.
pub(crate) struct Sealed<'a, T>(pub(crate) &'a Option<T>);

impl<T> fmt::Debug for Sealed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Some(..)" } else { "None" })
    }
}

/// Implements `Debug` as derived, except for the fields `= sealed`.
macro_rules! debug_without_sealed {
    ($name:ident { $( $field:ident $(= $sealed:ident)? ),* }) => {
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($name))
                    $( .field(stringify!($field), $crate::sealed::shown!(self.$field $(, $sealed)?)) )*
                    .finish()
            }
        }
    };
}

/// The printed form of a field.
macro_rules! shown {
    ($value:expr) => {
        &$value
    };
    ($value:expr, sealed) => {
        &$crate::sealed::Sealed(&$value)
    };
}

pub(crate) use {debug_without_sealed, shown};
