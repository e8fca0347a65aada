//! What the policies of SKUs say about the lines of a new order, a cart or an amendment.

use super::aggregates::Aggregates;
use crate::order::{BundlePart, Change, NewLine, OrderRefusal};
use crate::stock::BundleComponent;
use crate::stream::StreamId;
use crate::values::{Amount, Quantity, Sku};

/// Completes new lines by the policies of their SKUs: a bundle becomes a line for each of its components, and every line says
/// whether it requires stock. Shares of a price have `digits` decimal places, those of the currency.
pub fn complete_lines<A: Aggregates>(
    aggregates: &mut A,
    lines: Vec<NewLine>,
    digits: Option<u32>,
) -> Result<Vec<NewLine>, A::Error> {
    let mut completed = Vec::with_capacity(lines.len());
    for line in lines {
        completed.extend(complete_line(aggregates, line, digits)?);
    }
    Ok(completed)
}

/// Completes the lines that changes add, like those of a new order.
pub fn complete_changes<A: Aggregates>(
    aggregates: &mut A,
    changes: Vec<Change>,
    digits: Option<u32>,
) -> Result<Vec<Change>, A::Error> {
    let mut completed = Vec::with_capacity(changes.len());
    for change in changes {
        match change {
            Change::Add(line) => {
                completed.extend(complete_line(aggregates, line, digits)?.into_iter().map(Change::Add));
            }
            Change::SetQuantity(_) | Change::Remove(_) => completed.push(change),
        }
    }
    Ok(completed)
}

/// Whether a line requires stock: as it says itself, otherwise as the policy of its SKU says.
pub fn requires_stock<A: Aggregates>(
    aggregates: &mut A,
    sku: &Sku,
    stated: Option<bool>,
) -> Result<bool, A::Error> {
    stated.map_or_else(|| Ok(!aggregates.stock(sku)?.requires_no_stock), Ok)
}

fn complete_line<A: Aggregates>(
    aggregates: &mut A,
    line: NewLine,
    digits: Option<u32>,
) -> Result<Vec<NewLine>, A::Error> {
    let item = aggregates.stock(&line.sku)?;
    let mut lines = if item.is_bundle() {
        aggregates.require(item.components.iter().map(|component| StreamId::Stock(component.sku.clone())))?;
        component_lines(&line, &item.components, digits)?
    } else {
        vec![line]
    };
    for line in &mut lines {
        if line.bundle.is_some() && aggregates.stock(&line.sku)?.is_bundle() {
            return Err(OrderRefusal::NestedBundle(line.sku.clone()).into());
        }
        line.requires_stock = Some(requires_stock(aggregates, &line.sku, line.requires_stock)?);
    }
    Ok(lines)
}

/// The lines of a bundle's components. Each has its share of the amounts; the shares add up to the whole.
fn component_lines(
    line: &NewLine,
    components: &[BundleComponent],
    digits: Option<u32>,
) -> Result<Vec<NewLine>, OrderRefusal> {
    let bundles = line.quantity.units().number();
    let price = line.total.or_else(|| line.unit?.times_less(bundles, line.discount));
    let all: u64 = components.iter().map(BundleComponent::share).sum();
    // Without a currency, the order is refused for its amounts.
    let digits = digits.unwrap_or(0);
    let mut before = 0;
    let mut lines = Vec::with_capacity(components.len());
    for (number, component) in (1..).zip(components) {
        let share = component.share();
        let part = |amount: Option<Amount>| amount?.share(before, share, all, digits);
        let units = component.quantity.units().number().checked_mul(bundles);
        let quantity = units.and_then(|units| Quantity::new(i64::try_from(units).ok()?).ok());
        let too_large = || OrderRefusal::BundleTooLarge(line.sku.clone(), component.sku.clone());
        lines.push(NewLine {
            sku: component.sku.clone(),
            quantity: quantity.ok_or_else(too_large)?,
            requires_stock: line.requires_stock,
            line_ref: None,
            unit: None,
            total: part(price),
            tax: part(line.tax),
            discount: part(line.discount),
            attributes: line.attributes.clone(),
            bundle: Some(BundlePart {
                sku: line.sku.clone(),
                quantity: line.quantity,
                line_ref: line.line_ref.clone(),
                component: number,
            }),
        });
        before += share;
    }
    Ok(lines)
}
