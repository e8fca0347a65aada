//! Bundles: SKUs that are sold as one and consist of units of other SKUs. A bundle has no stock of its own.

use std::collections::BTreeSet;

use super::StockItem;
use super::refusals::StockRefusal;
use crate::event::payloads;
use crate::values::{Quantity, Sku, Units};

/// The most components of a bundle.
pub(super) const MAX_COMPONENTS: usize = 50;

payloads! {
    /// Units of one SKU that belong to a bundle.
    #[derive(Eq)]
    #[serde(deny_unknown_fields)]
    BundleComponent {
        /// The SKU of the component.
        sku: Sku,
        /// Units of it in one bundle.
        quantity: Quantity,
        /// The part of the bundle's price that these units have, relative to the shares of the other components; 0 to
        /// 1,000,000,000. Default: `quantity`, so that every unit has the same part.
        price_share: Option<Units>,
    }
}

impl BundleComponent {
    /// The part of the price that the units have.
    pub fn share(&self) -> u64 {
        self.price_share.unwrap_or(self.quantity.units()).number()
    }
}

impl StockItem {
    /// Whether the SKU is a bundle.
    pub fn is_bundle(&self) -> bool {
        !self.components.is_empty()
    }

    /// Refuses reports about the stock of a bundle.
    pub(super) fn require_own_stock(&self) -> Result<(), StockRefusal> {
        match &self.sku {
            Some(sku) if self.is_bundle() => Err(StockRefusal::BundleWithoutStock(sku.clone())),
            _ => Ok(()),
        }
    }
}

/// Refuses components that cannot make up a bundle.
pub(super) fn check(item: &StockItem, sku: &Sku, components: &[BundleComponent]) -> Result<(), StockRefusal> {
    if components.is_empty() || components.len() > MAX_COMPONENTS {
        return Err(StockRefusal::ComponentCount(components.len()));
    }
    let mut seen = BTreeSet::new();
    for component in components {
        if component.sku == *sku {
            return Err(StockRefusal::ComponentOfItself(sku.clone()));
        }
        if !seen.insert(&component.sku) {
            return Err(StockRefusal::ComponentTwice(component.sku.clone()));
        }
        if component.share() > Quantity::MAX.units().number() {
            return Err(StockRefusal::PriceShareOutOfRange);
        }
    }
    if components.iter().all(|component| component.share() == 0) {
        return Err(StockRefusal::PriceSharesZero);
    }
    if item.has_stock_records { Err(StockRefusal::BundleHasStock(sku.clone())) } else { Ok(()) }
}
