//! The packages of a shipment: their contents, ids and labels.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::order::choices::DeliveryMethod;
use crate::order::contents::{Dimensions, LineUnits, Package, total};
use crate::order::decision::{MAX_ENTRIES, check_serials};
use crate::order::fulfillment_order::{FulfillmentLine, FulfillmentOrder};
use crate::order::lines::{LineQuantity, resolve_lines};
use crate::order::refusals::OrderRefusal;
use crate::order::state::Order;
use crate::values::{Quantity, Reference, ShipmentId, Text};

/// A package that leaves.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShipPackage {
    /// Unique within the shipment. Default: `p1`, `p2` and so on.
    pub package_id: Option<Reference>,
    /// Required for the delivery methods `ship` and `dropship`.
    pub carrier: Option<Reference>,
    /// Required for the delivery methods `ship` and `dropship`.
    pub tracking_number: Option<Reference>,
    /// The carrier's service.
    pub service: Option<Text<64>>,
    /// The contents. One package may leave them out: it has all units that the other packages do not.
    pub lines: Option<Vec<LineQuantity>>,
    /// In grams.
    pub weight: Option<Quantity>,
    /// In millimetres.
    pub dimensions: Option<Dimensions>,
}

impl Package {
    /// Whether a report has values that this package does not have. Values that are not given do not differ.
    pub(super) fn differs_from(&self, given: &ShipPackage) -> bool {
        fn differs<T: PartialEq>(known: Option<&T>, given: Option<&T>) -> bool {
            given.is_some() && given != known
        }
        let given_lines = || given.lines.iter().flatten();
        let all = |list: fn(&LineUnits) -> &Option<Vec<Reference>>| -> BTreeSet<&Reference> {
            self.lines.iter().flat_map(list).flatten().collect()
        };
        let (lots, serials) = (all(|units| &units.lots), all(|units| &units.serials));
        differs(self.service.as_ref(), given.service.as_ref())
            || differs(self.weight.as_ref(), given.weight.as_ref())
            || differs(self.dimensions.as_ref(), given.dimensions.as_ref())
            || given_lines().flat_map(|line| &line.lots).flatten().any(|lot| !lots.contains(lot))
            || given_lines().flat_map(|line| &line.serials).flatten().any(|serial| !serials.contains(serial))
    }
}

/// The packages with their labels and contents.
pub(super) fn packages(
    order: &Order,
    shipment_id: ShipmentId,
    given: &[ShipPackage],
    ids: Vec<Reference>,
    contents: Vec<Vec<LineUnits>>,
) -> Result<Vec<Package>, OrderRefusal> {
    let mut packages = Vec::with_capacity(given.len());
    for ((index, given), (package_id, lines)) in given.iter().enumerate().zip(ids.into_iter().zip(contents)) {
        let (carrier, tracking_number) = label(order, shipment_id, index, given, &package_id)?;
        packages.push(Package {
            package_id,
            carrier,
            tracking_number,
            service: given.service.clone(),
            lines,
            weight: given.weight,
            dimensions: given.dimensions.clone(),
        });
    }
    Ok(packages)
}

/// The carrier and the tracking number of a package. Packages without a carrier are named after the delivery method.
fn label(
    order: &Order,
    shipment_id: ShipmentId,
    index: usize,
    given: &ShipPackage,
    package_id: &Reference,
) -> Result<(Reference, Reference), OrderRefusal> {
    if let (Some(carrier), Some(number)) = (&given.carrier, &given.tracking_number) {
        return Ok((carrier.clone(), number.clone()));
    }
    let method = match order.delivery_method() {
        DeliveryMethod::Ship | DeliveryMethod::Dropship => return Err(OrderRefusal::CarrierMissing(index)),
        DeliveryMethod::Pickup => "pickup",
        DeliveryMethod::Local => "local",
        DeliveryMethod::None => "none",
    };
    let missing = |_| OrderRefusal::CarrierMissing(index);
    let carrier = given.carrier.clone().map_or_else(|| Reference::new(method), Ok).map_err(missing)?;
    let own = || Reference::new(&format!("{shipment_id}.{package_id}"));
    let number = given.tracking_number.clone().map_or_else(own, Ok).map_err(missing)?;
    Ok((carrier, number))
}

/// The units in each package. A package without lines has all units that the other packages do not.
pub(super) fn contents(
    order: &Order,
    fulfillment: &FulfillmentOrder,
    packages: &[ShipPackage],
) -> Result<Vec<Vec<LineUnits>>, OrderRefusal> {
    let entries = packages.iter().flat_map(|package| &package.lines).map(Vec::len).sum::<usize>();
    if entries > MAX_ENTRIES {
        return Err(OrderRefusal::TooMany { most: MAX_ENTRIES, pointer: "/packages" });
    }
    if packages.iter().filter(|package| package.lines.is_none()).count() > 1 {
        return Err(OrderRefusal::PackageLinesMissing);
    }
    let lines = packages.iter().flat_map(|package| package.lines.iter().flatten());
    check_serials(lines.map(|given| (given.quantity, &given.serials)))?;
    let content = |(index, package): (usize, &ShipPackage)| match package.lines.as_deref() {
        None => Ok(None),
        Some([]) => Err(OrderRefusal::PackageEmpty(index)),
        Some(lines) => {
            resolve_lines(order, fulfillment, lines, &format!("/packages/{index}/lines")).map(Some)
        }
    };
    let mut contents: Vec<Option<Vec<LineUnits>>> =
        packages.iter().enumerate().map(content).collect::<Result<_, _>>()?;
    let stated: Vec<LineUnits> = contents.iter().flatten().flatten().cloned().collect();
    for content in &mut contents {
        if content.is_none() {
            let rest = |line: &FulfillmentLine| line.outstanding().saturating_sub(total(&stated, line.line));
            *content = Some(fulfillment.all_units(rest));
        }
    }
    let contents: Vec<Vec<LineUnits>> = contents.into_iter().flatten().collect();
    if contents.iter().any(Vec::is_empty) { Err(OrderRefusal::NothingLeft) } else { Ok(contents) }
}

/// The ids of the packages. Packages without an id get `p1`, `p2` and so on.
pub(super) fn package_ids(packages: &[ShipPackage]) -> Result<Vec<Reference>, OrderRefusal> {
    let mut used = BTreeSet::new();
    for id in packages.iter().filter_map(|package| package.package_id.as_ref()) {
        if !used.insert(id.clone()) {
            return Err(OrderRefusal::PackageTwice(id.to_string()));
        }
    }
    let mut ids = Vec::with_capacity(packages.len());
    for (index, package) in packages.iter().enumerate() {
        let mut numbered = (index as u64 + 1..).map(Reference::numbered::<'p'>);
        let id = match &package.package_id {
            Some(given) => Some(given.clone()),
            None => numbered.find(|id| used.insert(id.clone())),
        };
        ids.extend(id);
    }
    Ok(ids)
}
