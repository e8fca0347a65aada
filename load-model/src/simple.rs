//! The smallest order, the stock that it needs, and one location.

use holdfast_domain::network::RegisterLocation;
use holdfast_domain::order::{CreateOrder, NewLine, PaymentTerms};
use holdfast_domain::stock::ReceiveStock;
use holdfast_domain::values::{ChannelName, LocationId, Quantity, Sku};

use crate::{ModelError, Step};

/// The name of the only location.
pub const LOCATION: &str = "DC-NEWARK";

/// Registers the only location.
pub fn location() -> Result<Step, ModelError> {
    let location = RegisterLocation::new(LocationId::new(LOCATION)?, 40.74, -74.17);
    Ok(Step { key: format!("location/{LOCATION}"), command: location.into() })
}

/// Units of a SKU arrive at the only location.
pub fn receipt(sku: Sku, units: i64) -> Result<Step, ModelError> {
    let key = format!("stock/{sku}");
    Ok(Step { key, command: receive(sku, LOCATION, units)?.into() })
}

/// An order for one unit of a SKU that needs no payment.
pub fn order(sku: Sku) -> Result<CreateOrder, ModelError> {
    let payment = Some(PaymentTerms::NotRequired);
    let lines = vec![line(sku, 1)?];
    Ok(CreateOrder { payment, ..CreateOrder::new(ChannelName::new("web")?, lines) })
}

/// A line without a price.
pub(crate) fn line(sku: Sku, quantity: i64) -> Result<NewLine, ModelError> {
    Ok(NewLine::new(sku, Quantity::new(quantity)?))
}

/// Opening stock at a location.
pub(crate) fn receive(sku: Sku, location: &str, units: i64) -> Result<ReceiveStock, ModelError> {
    Ok(ReceiveStock {
        sku,
        location: LocationId::new(location)?,
        quantity: Quantity::new(units)?,
        condition: None,
        lots: None,
        serials: None,
        supply_id: None,
        close_supply: None,
        reference: None,
        occurred_at: None,
        not_after: None,
    })
}
