//! Promises before an order exists: when, and from where, goods could be delivered.
//!
//! Each option is the answer to an order that is decided and not written. A promise therefore follows every rule of an order:
//! sourcing, channel limits, capacity, working days, expected supplies. Nothing is reserved.

use holdfast_commands::{Answer, Metadata, Refused};
use holdfast_domain::Class;
use holdfast_domain::order::{
    CreateOrder, DeliveryIntent, DeliveryMethod, NewLine, PaymentTerms, ShipTo, sent_indexes,
};
use holdfast_domain::policy::OnShortage;
use holdfast_domain::sourcing::Shortage;
use holdfast_domain::values::{
    ChannelName, LineNumber, LocationId, MerchantId, Quantity, Sku, Text, Timestamp, Units,
};
use holdfast_journal::OutcomeKind;
use holdfast_views::{FulfillmentOrderView, LineView, OrderView};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::ApiError;
use crate::submit;

/// The most services that one request compares.
const MAX_SERVICE_LEVELS: usize = 10;

/// Goods, and where they should go.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PromiseRequest {
    /// The channel, whose rules and limits apply.
    pub(crate) channel: ChannelName,
    /// The goods: as many lines as an order may have.
    pub(crate) lines: Vec<PromiseLine>,
    /// Default: unknown, so that distances and transit times that depend on it do not count.
    pub(crate) destination: Option<PromiseDestination>,
    /// Default: method `ship`, as soon as possible.
    pub(crate) delivery: Option<DeliveryIntent>,
    /// The services to compare, such as `express`: at most 10. Default: the one of `delivery`.
    pub(crate) service_levels: Option<Vec<Text<64>>>,
    /// Whether several locations may fill the order. Default: the channel's policy.
    pub(crate) allow_split: Option<bool>,
}

/// Units of a SKU.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PromiseLine {
    pub(crate) sku: Sku,
    /// The number of units.
    pub(crate) quantity: Quantity,
    /// False: the line needs no stock, such as a gift card. Default: the SKU's policy, otherwise true.
    pub(crate) requires_stock: Option<bool>,
}

/// The part of an address that decides about distances and transit times.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PromiseDestination {
    /// State or province.
    pub(crate) region: Option<Text<100>>,
    pub(crate) postal_code: Option<Text<20>>,
    /// Country by ISO 3166 alpha-2.
    pub(crate) country: Option<Text<2>>,
    /// Degrees north, -90 to 90.
    pub(crate) latitude: Option<f64>,
    /// Degrees east, -180 to 180.
    pub(crate) longitude: Option<f64>,
}

/// Whether goods can be promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PromiseStatus {
    /// All units are on the shelves.
    InStock,
    /// All units are on the shelves, or are expected before `delivery.shipNotBefore`.
    Expected,
    /// Some units would have to be backordered.
    Backordered,
    /// The order would be refused, held or shortened: not all units can be promised.
    Unavailable,
}

/// When the goods of an order could be delivered by one service.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PromiseOption {
    /// The service. Absent: the request names none.
    service_level: Option<Text<64>>,
    status: PromiseStatus,
    /// When the last units could leave. Absent: unknown, or they are unavailable. Of units that are not in stock, cut-offs and
    /// capacity are not known yet.
    ship_at: Option<Timestamp>,
    /// When the last units could arrive. Absent: the policy has no transit time, or not all units are in stock.
    deliver_at: Option<Timestamp>,
    /// The units that are in stock, by location.
    shipments: Vec<PromisedShipment>,
    /// The units that would be backordered.
    backorders: Vec<PromisedBackorder>,
    /// The units that require no stock: they are neither in stock nor missing, and limit neither status nor dates.
    without_stock: Vec<PromisedLine>,
    /// The SKUs of which too few units are available, if the status is `unavailable`.
    shortages: Vec<Shortage>,
    /// Why a complete order would be refused, if the status is `unavailable`.
    refusal: Option<PromiseRefusal>,
}

/// Units that one location could send.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PromisedShipment {
    location: LocationId,
    /// When they could leave. Absent: unknown.
    ship_at: Option<Timestamp>,
    /// When they could arrive. Absent: the policy has no transit time for the route.
    deliver_at: Option<Timestamp>,
    lines: Vec<PromisedLine>,
}

/// Units of a line.
#[derive(Debug, Serialize, JsonSchema)]
struct PromisedLine {
    /// The line's number in the request, from 1. Components of a bundle have the number of its line.
    line: LineNumber,
    sku: Sku,
    quantity: Units,
}

/// Units of a line that are not in stock.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PromisedBackorder {
    #[serde(flatten)]
    line: PromisedLine,
    /// When the last of them is expected. Absent: no supply is expected.
    promised_at: Option<Timestamp>,
}

/// The refusal of the order.
#[derive(Debug, Serialize, JsonSchema)]
struct PromiseRefusal {
    /// The stable code, for programs.
    code: String,
    /// The cause, for people.
    detail: String,
}

/// The options of a request, in the order of its services, and the journal position that they reflect.
pub(crate) async fn options(
    app: &App,
    merchant: &MerchantId,
    wanted: &PromiseRequest,
) -> Result<(Vec<PromiseOption>, u64), ApiError> {
    let services = wanted.services()?;
    let orders: Vec<CreateOrder> = services.iter().map(|service| wanted.order(service.clone())).collect();
    let (mut options, mut position, mut unclear) = (Vec::with_capacity(services.len()), 0, Vec::new());
    for (index, answer) in decide(app, merchant, orders).await?.into_iter().enumerate() {
        position = position.max(answer.position);
        let option = PromiseOption::of(services[index].clone(), &answer)?;
        if option.status == PromiseStatus::Unavailable && option.refusal.is_none() {
            unclear.push(index);
        }
        options.push(option);
    }
    // Orders that would be held or shortened: if they had to be complete, their refusal would say what is missing.
    let complete = |index: &usize| {
        let order = wanted.order(services[*index].clone());
        CreateOrder { on_shortage: Some(OnShortage::Reject), ..order }
    };
    let orders: Vec<CreateOrder> = unclear.iter().map(complete).collect();
    for (index, answer) in unclear.into_iter().zip(decide(app, merchant, orders).await?) {
        options[index] = PromiseOption::of(services[index].clone(), &answer)?;
    }
    Ok((options, position))
}

/// The answers to orders that are decided and not written.
async fn decide(app: &App, merchant: &MerchantId, orders: Vec<CreateOrder>) -> Result<Vec<Answer>, ApiError> {
    let request = |order: CreateOrder| {
        let request = submit::request(app, merchant, None, order.into(), Metadata::default())?;
        Ok(request.dry_run(true))
    };
    let requests = orders.into_iter().map(request).collect::<Result<Vec<_>, ApiError>>()?;
    let replies = submit::submit(app, merchant, requests).await;
    replies.into_iter().map(|reply| submit::decided(reply).map(|(answer, _)| answer)).collect()
}

impl PromiseRequest {
    /// The service of each option.
    fn services(&self) -> Result<Vec<Option<Text<64>>>, ApiError> {
        match self.service_levels.as_deref() {
            None | Some([]) => {
                Ok(vec![self.delivery.as_ref().and_then(|delivery| delivery.service_level.clone())])
            }
            Some(levels) if levels.len() > MAX_SERVICE_LEVELS => {
                let sent = levels.len();
                let reason = format!(
                    "must have at most {MAX_SERVICE_LEVELS} services, not {sent}; send the others in another request"
                );
                Err(ApiError::InvalidValue(reason).at("/serviceLevels"))
            }
            Some(levels) => Ok(levels.iter().cloned().map(Some).collect()),
        }
    }

    /// The order whose decision is the promise. It needs no payment, so that its units would be reserved at once.
    fn order(&self, service_level: Option<Text<64>>) -> CreateOrder {
        let line = |line: &PromiseLine| NewLine {
            requires_stock: line.requires_stock,
            ..NewLine::new(line.sku.clone(), line.quantity)
        };
        let delivery = self.delivery.clone().unwrap_or(DeliveryIntent::new(DeliveryMethod::Ship));
        CreateOrder {
            ship_to: self.destination.as_ref().map(PromiseDestination::address),
            delivery: Some(DeliveryIntent { service_level, ..delivery }),
            allow_split: self.allow_split,
            payment: Some(PaymentTerms::NotRequired),
            ..CreateOrder::new(self.channel.clone(), self.lines.iter().map(line).collect())
        }
    }
}

impl PromiseDestination {
    fn address(&self) -> ShipTo {
        ShipTo {
            region: self.region.clone(),
            postal_code: self.postal_code.clone(),
            country: self.country.clone(),
            latitude: self.latitude,
            longitude: self.longitude,
            ..ShipTo::default()
        }
    }
}

impl PromiseOption {
    fn of(service_level: Option<Text<64>>, answer: &Answer) -> Result<Self, ApiError> {
        let internal = |error: serde_json::Error| ApiError::internal(&error);
        if answer.kind == OutcomeKind::Refused {
            return Self::refused(service_level, serde_json::from_slice(&answer.body).map_err(internal)?);
        }
        let mut order: OrderView = serde_json::from_slice(&answer.body).map_err(internal)?;
        number_as_sent(&mut order);
        Ok(Self::of_order(service_level, &order))
    }

    /// An order that would be refused: an option if only stock or time is missing, an error if the request is wrong.
    fn refused(service_level: Option<Text<64>>, mut refused: Refused) -> Result<Self, ApiError> {
        if refused.class != Class::Conflict {
            refused.pointer = refused.pointer.map(|pointer| pointer.replacen("/shipTo/", "/destination/", 1));
            return Err(ApiError::Refused(refused));
        }
        let shortages = refused.details.remove("shortages").map(serde_json::from_value).transpose();
        Ok(Self {
            service_level,
            status: PromiseStatus::Unavailable,
            ship_at: None,
            deliver_at: None,
            shipments: Vec::new(),
            backorders: Vec::new(),
            without_stock: Vec::new(),
            shortages: shortages.map_err(|error| ApiError::internal(&error))?.unwrap_or_default(),
            refusal: Some(PromiseRefusal { code: refused.code, detail: refused.message }),
        })
    }

    fn of_order(service_level: Option<Text<64>>, order: &OrderView) -> Self {
        let shipments: Vec<_> = order.fulfillment_orders.iter().map(PromisedShipment::of).collect();
        let backordered = order.lines.iter().filter(|line| !line.backordered.is_zero());
        let backorders: Vec<_> = backordered.map(PromisedBackorder::of).collect();
        let without_stock = order.lines.iter().filter(|line| !line.ordered.requires_stock);
        let not_before = order.delivery.as_ref().and_then(|delivery| delivery.ship_not_before);
        let is_expected = |backorder: &PromisedBackorder| {
            backorder.promised_at.zip(not_before).is_some_and(|(due, not_before)| due <= not_before)
        };
        let status = match order.lines.iter().all(is_promised) {
            false => PromiseStatus::Unavailable,
            true if backorders.is_empty() => PromiseStatus::InStock,
            true if backorders.iter().all(is_expected) => PromiseStatus::Expected,
            true => PromiseStatus::Backordered,
        };
        let departures = shipments.iter().map(|shipment| shipment.ship_at);
        let supplies = backorders.iter().map(|backorder| backorder.promised_at);
        // A supply may come before the order may leave.
        let supplies = supplies.map(|supply| supply.map(|due| not_before.map_or(due, |time| due.max(time))));
        let last_departure = last(departures.chain(supplies));
        let last_arrival = last(shipments.iter().map(|shipment| shipment.deliver_at));
        Self {
            service_level,
            status,
            ship_at: last_departure.filter(|_| status != PromiseStatus::Unavailable),
            deliver_at: last_arrival.filter(|_| status == PromiseStatus::InStock),
            shipments,
            backorders,
            without_stock: without_stock
                .map(|line| PromisedLine::of(line, line.ordered.quantity.units()))
                .collect(),
            shortages: Vec::new(),
            refusal: None,
        }
    }
}

/// Gives the lines of an order the numbers of the request's lines: components of a bundle were sent as one line.
fn number_as_sent(order: &mut OrderView) {
    let bundles = order.lines.iter().map(|line| line.ordered.bundle.as_ref());
    let numbers: Vec<LineNumber> = sent_indexes(bundles).map(LineNumber::at).collect();
    let parts =
        order.fulfillment_orders.iter_mut().flat_map(|part| &mut part.lines).map(|line| &mut line.line);
    for line in parts.chain(order.lines.iter_mut().map(|line| &mut line.ordered.line)) {
        *line = numbers.get(line.index()).copied().unwrap_or(*line);
    }
}

/// Whether all units of a line would be reserved or backordered, or require no stock.
fn is_promised(line: &LineView) -> bool {
    !line.ordered.requires_stock || line.reserved + line.backordered >= line.ordered.quantity.units()
}

/// The last of the times; none if one is unknown.
fn last(mut times: impl Iterator<Item = Option<Timestamp>>) -> Option<Timestamp> {
    times.try_fold(None, |last, time| Some(last.max(Some(time?)))).flatten()
}

impl PromisedShipment {
    fn of(part: &FulfillmentOrderView) -> Self {
        let line = |line: &holdfast_views::FulfillmentLineView| PromisedLine {
            line: line.line,
            sku: line.sku.clone(),
            quantity: line.quantity,
        };
        Self {
            location: part.location.clone(),
            ship_at: part.promise.as_ref().map(|promise| promise.ship_at),
            deliver_at: part.promise.as_ref().and_then(|promise| promise.deliver_at),
            lines: part.lines.iter().map(line).collect(),
        }
    }
}

impl PromisedBackorder {
    fn of(line: &LineView) -> Self {
        Self { line: PromisedLine::of(line, line.backordered), promised_at: line.promised_at }
    }
}

impl PromisedLine {
    /// Units of a line of the order.
    fn of(line: &LineView, quantity: Units) -> Self {
        Self { line: line.ordered.line, sku: line.ordered.sku.clone(), quantity }
    }
}
