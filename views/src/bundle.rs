//! The availability of bundles.

use std::collections::{BTreeSet, HashMap};

use holdfast_domain::stock::{AvailabilityLevel, BundleComponent};
use holdfast_domain::values::{LocationId, Sku, Units};

use super::stock::{AvailabilityView, LocationAvailability};

/// A component that limits how many bundles there are, with its availability.
type Part<'a> = (&'a BundleComponent, Option<&'a AvailabilityView>);

impl AvailabilityView {
    /// The views of `skus`, in their order, where bundles have the quantities that their components make up. Views that are
    /// missing are left out.
    pub fn with_bundles(skus: &[Sku], views: &HashMap<Sku, Self>) -> Vec<Self> {
        let view = |sku| Some(views.get(sku)?.clone().made_of(|component| views.get(component)));
        skus.iter().filter_map(view).collect()
    }

    /// The same with the whole bundles that the components make up, if the SKU is a bundle. A component that is not found has no
    /// units, and one that needs no stock does not limit the bundles.
    #[must_use]
    pub fn made_of<'a>(mut self, find: impl Fn(&Sku) -> Option<&'a Self>) -> Self {
        if self.components.is_empty() {
            return self;
        }
        let components = std::mem::take(&mut self.components);
        let found = components.iter().map(|component| (component, find(&component.sku)));
        let parts: Vec<Part<'_>> =
            found.filter(|(_, view)| view.is_none_or(|view| view.requires_stock)).collect();
        self.available = least(&parts, |view| view.available);
        let anywhere =
            least(&parts, |view| view.locations.iter().map(|location| location.available).sum::<Units>());
        self.level = if anywhere.is_zero() { AvailabilityLevel::Out } else { AvailabilityLevel::InStock };
        self.requires_stock = !parts.is_empty();
        self.stale |= parts.iter().any(|(_, view)| view.is_some_and(|view| view.stale));
        self.locations = places(&parts).into_iter().map(|place| at(&parts, place)).collect();
        self.components = components;
        self
    }
}

/// How many bundles a quantity of each component suffices for.
fn least(parts: &[Part<'_>], quantity: impl Fn(&AvailabilityView) -> Units) -> Units {
    let bundles = |(component, view): &Part<'_>| {
        let units = view.map_or(0, |view| quantity(view).number());
        Units::new(units / component.quantity.units().number().max(1))
    };
    parts.iter().map(bundles).min().unwrap_or_default()
}

/// The locations that have or had every component.
fn places(parts: &[Part<'_>]) -> BTreeSet<LocationId> {
    let of = |view: &AvailabilityView| -> BTreeSet<LocationId> {
        view.locations.iter().map(|there| there.location.clone()).collect()
    };
    let each = parts.iter().map(|(_, view)| view.map(of).unwrap_or_default());
    each.reduce(|all, more| all.intersection(&more).cloned().collect()).unwrap_or_default()
}

/// The whole bundles at a location. Bundles are neither reserved, earmarked nor inspected themselves.
fn at(parts: &[Part<'_>], location: LocationId) -> LocationAvailability {
    let there = |view: &AvailabilityView| view.locations.iter().find(|there| there.location == location);
    let bundles = |quantity: fn(&LocationAvailability) -> Units| {
        least(parts, |view| {
            view.locations.iter().find(|there| there.location == location).map_or(Units::ZERO, quantity)
        })
    };
    LocationAvailability {
        paused: parts.iter().filter_map(|(_, view)| *view).filter_map(there).any(|there| there.paused),
        on_hand: bundles(|there| there.on_hand),
        reserved: Units::ZERO,
        earmarked: Units::ZERO,
        safety_stock: Units::ZERO,
        available: bundles(|there| there.available),
        incoming: bundles(|there| there.incoming),
        quarantine: Units::ZERO,
        damaged: Units::ZERO,
        location,
    }
}
