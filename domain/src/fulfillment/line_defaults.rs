//! What the policies of SKUs say about the lines of a new order, a cart or an amendment.

use super::aggregates::Aggregates;
use crate::order::{Change, NewLine};
use crate::values::Sku;

/// Completes new lines by the policies of their SKUs: whether they require stock, where they do not say it.
pub fn complete_lines<'a, A: Aggregates>(
    aggregates: &mut A,
    lines: impl IntoIterator<Item = &'a mut NewLine>,
) -> Result<(), A::Error> {
    for line in lines {
        line.requires_stock = Some(requires_stock(aggregates, &line.sku, line.requires_stock)?);
    }
    Ok(())
}

/// Whether a line requires stock: as it says itself, otherwise as the policy of its SKU says.
pub fn requires_stock<A: Aggregates>(
    aggregates: &mut A,
    sku: &Sku,
    stated: Option<bool>,
) -> Result<bool, A::Error> {
    stated.map_or_else(|| Ok(!aggregates.stock(sku)?.requires_no_stock), Ok)
}

/// The lines that changes add, each with the index of its change.
pub fn added_lines(changes: &mut [Change]) -> impl Iterator<Item = (usize, &mut NewLine)> {
    changes.iter_mut().enumerate().filter_map(|(index, change)| match change {
        Change::Add(line) => Some((index, line)),
        Change::SetQuantity(_) | Change::Remove(_) => None,
    })
}
