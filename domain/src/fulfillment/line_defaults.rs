//! What the policies of SKUs say about the lines of a new order, a cart or an amendment.

use super::aggregates::Aggregates;
use crate::order::{BundleLine, Change, MAX_LINES, NewLine, OrderRefusal};
use crate::stock::{BundleComponent, StockItem};
use crate::stream::StreamId;
use crate::values::{Amount, Quantity};

/// Completes new lines by the policies of their SKUs: a bundle becomes a line for each of its components, and every line says
/// whether it requires stock. Shares of a price have `digits` decimal places, those of the currency.
pub fn complete_lines<A: Aggregates>(
    aggregates: &mut A,
    lines: Vec<NewLine>,
    digits: Option<u32>,
) -> Result<Vec<NewLine>, A::Error> {
    load_components(aggregates, lines.iter())?;
    let mut completed = Vec::with_capacity(lines.len());
    for (index, line) in lines.into_iter().enumerate() {
        complete(aggregates, line, digits, &format!("/lines/{index}"), |line| completed.push(line))?;
        if completed.len() > MAX_LINES {
            return Err(OrderRefusal::LineCount(completed.len()).into());
        }
    }
    Ok(completed)
}

/// Completes the lines that changes add, like those of a new order.
pub fn complete_changes<A: Aggregates>(
    aggregates: &mut A,
    changes: Vec<Change>,
    digits: Option<u32>,
) -> Result<Vec<Change>, A::Error> {
    load_components(aggregates, changes.iter().filter_map(Change::added))?;
    let mut completed = Vec::with_capacity(changes.len());
    for (index, change) in changes.into_iter().enumerate() {
        match change {
            Change::Add(line) => {
                let pointer = format!("/changes/{index}");
                complete(aggregates, line, digits, &pointer, |line| completed.push(Change::Add(line)))?;
            }
            Change::SetQuantity(_) | Change::Remove(_) => completed.push(change),
        }
        if completed.len() > MAX_LINES {
            return Err(OrderRefusal::TooMany { most: MAX_LINES, pointer: "/changes" }.into());
        }
    }
    Ok(completed)
}

/// Loads the components of all bundles together.
fn load_components<'a, A: Aggregates>(
    aggregates: &mut A,
    lines: impl Iterator<Item = &'a NewLine>,
) -> Result<(), A::Error> {
    let mut components = Vec::new();
    for line in lines {
        let item = aggregates.stock(&line.sku)?;
        components.extend(item.components.iter().map(|component| StreamId::Stock(component.sku.clone())));
    }
    if components.is_empty() { Ok(()) } else { aggregates.require(components) }
}

/// Completes the line at a pointer, or the components of its bundle.
fn complete<A: Aggregates>(
    aggregates: &mut A,
    line: NewLine,
    digits: Option<u32>,
    pointer: &str,
    mut add: impl FnMut(NewLine),
) -> Result<(), A::Error> {
    let item = aggregates.stock(&line.sku)?;
    if !item.is_bundle() {
        let requires_stock = Some(line.requires_stock.unwrap_or(!item.requires_no_stock));
        add(NewLine { requires_stock, ..line });
        return Ok(());
    }
    for component in component_lines(&line, &item.components, digits, pointer)? {
        let item = aggregates.stock(&component.sku)?;
        if item.is_bundle() {
            let (bundle, component) = (line.sku.clone(), component.sku.clone());
            return Err(OrderRefusal::NestedBundle { bundle, component }.into());
        }
        add(NewLine { requires_stock: Some(requires_stock(&line, &item)), ..component });
    }
    Ok(())
}

/// Whether a component requires stock, as its own policy says. A line of a bundle can only say that none of them does: senders
/// say of every set that it is shipped.
fn requires_stock(bundle: &NewLine, component: &StockItem) -> bool {
    bundle.requires_stock != Some(false) && !component.requires_no_stock
}

/// The lines of a bundle's components. Each has its share of the amounts; the shares add up to the whole.
fn component_lines(
    line: &NewLine,
    components: &[BundleComponent],
    digits: Option<u32>,
    pointer: &str,
) -> Result<Vec<NewLine>, OrderRefusal> {
    if digits.is_none() && line.has_amounts() {
        return Err(OrderRefusal::CurrencyMissing);
    }
    let digits = digits.unwrap_or(0);
    let price = line.price(digits);
    if price.is_none() && line.unit.or(line.total).is_some() {
        return Err(OrderRefusal::PriceOutOfRange { pointer: pointer.to_owned() });
    }
    let all: u64 = components.iter().map(BundleComponent::share).sum();
    let mut before = 0;
    let mut lines = Vec::with_capacity(components.len());
    for (number, component) in (1..).zip(components) {
        let share = component.share();
        let prorate = |amount: Option<Amount>| amount?.share(before, share, all, digits);
        lines.push(NewLine {
            quantity: units_of(component, line, pointer)?,
            total: prorate(price),
            tax: prorate(line.tax),
            discount: prorate(line.discount),
            // They stand once, so that an order does not grow by its bundles.
            attributes: line.attributes.clone().filter(|_| number == 1),
            bundle: Some(BundleLine {
                sku: line.sku.clone(),
                quantity: line.quantity,
                line_ref: line.line_ref.clone(),
                component: number,
            }),
            ..NewLine::new(component.sku.clone(), component.quantity)
        });
        before += share;
    }
    Ok(lines)
}

/// Units of a component in all bundles of a line.
fn units_of(component: &BundleComponent, line: &NewLine, pointer: &str) -> Result<Quantity, OrderRefusal> {
    let units = component.quantity.units().number().checked_mul(line.quantity.units().number());
    let quantity = units.and_then(|units| Quantity::new(i64::try_from(units).ok()?).ok());
    quantity.ok_or_else(|| OrderRefusal::BundleTooLarge {
        bundle: line.sku.clone(),
        bundles: line.quantity.units(),
        component: component.sku.clone(),
        pointer: format!("{pointer}/quantity"),
    })
}
