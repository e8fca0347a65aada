//! What the policies of SKUs say about the lines of a new order, a cart or an amendment.

use super::aggregates::Aggregates;
use crate::order::{Change, NewLine};

/// Completes new lines by the policies of their SKUs: whether they require stock, where they do not say it.
pub fn complete_lines<'a, A: Aggregates>(
    aggregates: &mut A,
    lines: impl IntoIterator<Item = &'a mut NewLine>,
) -> Result<(), A::Error> {
    for line in lines.into_iter().filter(|line| line.requires_stock.is_none()) {
        line.requires_stock = Some(!aggregates.stock(&line.sku)?.requires_no_stock);
    }
    Ok(())
}

/// The lines that changes add, each with the index of its change.
pub fn added_lines(changes: &mut [Change]) -> impl Iterator<Item = (usize, &mut NewLine)> {
    changes.iter_mut().enumerate().filter_map(|(index, change)| match change {
        Change::Add(line) => Some((index, line)),
        Change::SetQuantity(_) | Change::Remove(_) => None,
    })
}
