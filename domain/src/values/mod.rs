//! The values that everything else is made of. Each is checked once, where it comes in.

mod amount;
mod attributes;
mod day;
mod identity;
mod period;
mod priority;
mod quantity;
mod text;
mod time;
mod unique_map;
mod update;
mod written;

pub use amount::{Amount, AmountError};
pub use attributes::{Attributes, ExternalReferences};
pub use day::{Day, DayError};
pub use identity::{
    CartReservationId, FulfillmentOrderId, IdentityError, LineNumber, OrderId, ReturnId, ShipmentId,
};
pub use period::{Period, PeriodError};
pub use priority::Priority;
pub use quantity::{Delta, Quantity, QuantityError, Units};
pub use text::{
    ChannelName, Currency, IdempotencyKey, Literal, LocationId, MerchantId, Reference, Sku, Text, TextError,
};
pub use time::{Timestamp, TimestampError};
pub use update::Update;

pub(crate) use text::repeated;
pub(crate) use unique_map::updated_map;
