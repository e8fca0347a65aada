//! The availability of bundles.

use std::collections::{BTreeSet, HashMap};

use holdfast_domain::stock::{AvailabilityLevel, BundleComponent};
use holdfast_domain::values::{LocationId, Sku, Units};

use super::stock::{AvailabilityView, LocationAvailability};

/// A component that limits how many bundles there are, with its availability.
type LimitingComponent<'a> = (&'a BundleComponent, Option<&'a AvailabilityView>);

impl AvailabilityView {
    /// The views of `skus`, in their order, where bundles have the quantities that their components make up. Views that are
    /// missing are left out.
    pub fn with_bundles(skus: &[Sku], views: &HashMap<Sku, Self>) -> Vec<Self> {
        let view = |sku| {
            let view = views.get(sku)?.clone();
            Some(view.with_component_quantities(|component| views.get(component)))
        };
        skus.iter().filter_map(view).collect()
    }

    /// The same with the whole bundles that the components make up, if the SKU is a bundle. A component that is not found, or
    /// is a bundle itself, has no units. One that needs no stock does not limit the bundles.
    #[must_use]
    pub fn with_component_quantities<'a>(mut self, find: impl Fn(&Sku) -> Option<&'a Self>) -> Self {
        if self.components.is_empty() {
            return self;
        }
        let components = std::mem::take(&mut self.components);
        let found = components.iter().map(|component| (component, find(&component.sku)));
        let limiting: Vec<LimitingComponent<'_>> =
            found.filter(|(_, view)| view.is_none_or(|view| view.requires_stock)).collect();
        self.available = bundles_from(&limiting, |view| view.available);
        let anywhere =
            bundles_from(&limiting, |view| view.locations.iter().map(|there| there.available).sum());
        self.level = if anywhere.is_zero() { AvailabilityLevel::Out } else { AvailabilityLevel::InStock };
        self.requires_stock = !limiting.is_empty();
        self.stale |= limiting.iter().any(|(_, view)| view.is_some_and(|view| view.stale));
        let locations = common_locations(&limiting);
        self.locations = locations.into_iter().map(|location| bundles_at(&limiting, location)).collect();
        self.components = components;
        self
    }
}

/// How many bundles a quantity of each component suffices for.
fn bundles_from(limiting: &[LimitingComponent<'_>], quantity: impl Fn(&AvailabilityView) -> Units) -> Units {
    let bundles = |(component, view): &LimitingComponent<'_>| {
        let units = view.map_or(0, |view| quantity(view).number());
        Units::new(units / component.quantity.units().number().max(1))
    };
    limiting.iter().map(bundles).min().unwrap_or_default()
}

/// The locations that have or had every component.
fn common_locations(limiting: &[LimitingComponent<'_>]) -> BTreeSet<LocationId> {
    let locations = |view: &AvailabilityView| -> BTreeSet<LocationId> {
        view.locations.iter().map(|there| there.location.clone()).collect()
    };
    let each = limiting.iter().map(|(_, view)| view.map(locations).unwrap_or_default());
    each.reduce(|all, more| all.intersection(&more).cloned().collect()).unwrap_or_default()
}

/// The whole bundles at a location. Those that are on hand and not available count as reserved.
fn bundles_at(limiting: &[LimitingComponent<'_>], location: LocationId) -> LocationAvailability {
    let there =
        |view: &AvailabilityView| view.locations.iter().find(|there| there.location == location).cloned();
    let bundles = |quantity: fn(&LocationAvailability) -> Units| {
        bundles_from(limiting, |view| there(view).as_ref().map(quantity).unwrap_or_default())
    };
    let (on_hand, available) = (bundles(|there| there.on_hand), bundles(|there| there.available));
    let expected = bundles(|there| there.on_hand + there.incoming);
    let is_paused = limiting.iter().filter_map(|(_, view)| there((*view)?)).any(|there| there.paused);
    LocationAvailability {
        location,
        paused: is_paused,
        on_hand,
        reserved: on_hand.saturating_sub(available),
        earmarked: Units::ZERO,
        safety_stock: Units::ZERO,
        available,
        incoming: expected.saturating_sub(on_hand),
        quarantine: Units::ZERO,
        damaged: Units::ZERO,
    }
}
