//! Descriptions of objects, filters and fields, from the JSON Schemas of the views and filters that REST uses too.

use async_graphql::registry::{MetaType, Registry};
use holdfast_domain::order::ShipTo;
use holdfast_projections::OrderFilter;
use holdfast_views::{AvailabilityView, CartReservationView, LocationView, OrderView, PolicyView};
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::types::choice::description;
use crate::history::EventEnvelope;
use crate::history::stock::StockMovement;
use crate::order_metrics::{MetricsParams, OrderMetrics};

const GLOBAL_ID: &str = "Global id: opaque, unique over all types and merchants.";

/// The objects that are read from views, with the names of the views' JSON Schemas.
pub(super) const VIEWS: [(&str, &str); 37] = [
    ("Allocation", "Allocation"),
    ("Availability", "AvailabilityView"),
    ("BundleComponent", "BundleComponent"),
    ("BundleLine", "BundleLine"),
    ("CarrierReport", "CarrierReportView"),
    ("CartReservation", "CartReservationView"),
    ("CartReservationLine", "CartLineView"),
    ("ChannelPolicy", "ChannelRules"),
    ("Charge", "Charge"),
    ("Closure", "Closure"),
    ("CycleTime", "CycleTime"),
    ("DeliveryIntent", "DeliveryIntent"),
    ("Discrepancy", "DiscrepancyView"),
    ("Event", "EventEnvelope"),
    ("EventMetadata", "EventEnvelope"),
    ("FulfillmentOrder", "FulfillmentOrderView"),
    ("FulfillmentOrderLine", "FulfillmentLineView"),
    ("Hold", "HoldView"),
    ("LineUnits", "LineUnits"),
    ("Location", "LocationView"),
    ("LocationAvailability", "LocationAvailability"),
    ("Order", "OrderView"),
    ("OrderLine", "LineView"),
    ("OrderReturn", "ReturnView"),
    ("OrderReturnLine", "ReturnLineView"),
    ("Package", "PackageView"),
    ("PendingAmendment", "AmendmentView"),
    ("PeriodMetrics", "OrderMetrics"),
    ("Policy", "PolicyView"),
    ("PromisedDates", "PromisedDates"),
    ("ShipTo", "ShipTo"),
    ("Shipment", "ShipmentView"),
    ("StatusAxes", "StatusAxes"),
    ("StockMovement", "StockMovement"),
    ("StockMovementAt", "MovementAt"),
    ("Supply", "SupplyView"),
    ("TransitDays", "TransitRow"),
];

/// The filters, with the names of the JSON Schemas of the same filters in REST.
const FILTERS: [(&str, &str); 2] = [("MetricsFilter", "MetricsParams"), ("OrderFilter", "OrderFilter")];

/// Sets the descriptions that the types in Rust do not have.
pub(super) fn describe(registry: &mut Registry) {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    generator.subschema_for::<AvailabilityView>();
    generator.subschema_for::<CartReservationView>();
    generator.subschema_for::<EventEnvelope>();
    generator.subschema_for::<LocationView>();
    generator.subschema_for::<MetricsParams>();
    generator.subschema_for::<OrderFilter>();
    generator.subschema_for::<OrderMetrics>();
    generator.subschema_for::<OrderView>();
    generator.subschema_for::<PolicyView>();
    generator.subschema_for::<ShipTo>();
    generator.subschema_for::<StockMovement>();
    let schemas = generator.definitions();
    for (name, view) in VIEWS.into_iter().chain(FILTERS) {
        let Some(schema) = schemas.get(view) else { continue };
        let property = |name: &str| &schema["properties"][name];
        match registry.types.get_mut(name) {
            Some(MetaType::Object { fields, description, .. }) => {
                fill(description, schema);
                fields.values_mut().for_each(|field| fill(&mut field.description, property(&field.name)));
            }
            Some(MetaType::InputObject { input_fields, description, .. }) => {
                fill(description, schema);
                input_fields
                    .values_mut()
                    .for_each(|field| fill(&mut field.description, property(&field.name)));
            }
            _ => {}
        }
    }
    for kind in registry.types.values_mut() {
        let MetaType::Object { fields, .. } = kind else { continue };
        if let Some(id) = fields.get_mut("id") {
            id.description.get_or_insert_with(|| GLOBAL_ID.to_owned());
        }
    }
}

fn fill(text: &mut Option<String>, schema: &Value) {
    *text = text.take().or_else(|| description(schema));
}
