//! Commands on the stock of a SKU.

use std::collections::HashMap;

use holdfast_domain::Class;
use holdfast_domain::fulfillment::{self, Aggregates};
use holdfast_domain::order::OrderRefusal;
use holdfast_domain::stock::{
    BundleComponent, CancelSupply, ExpectSupply, FillBackorders, ReceiveStock, ReceiveTransfer,
    SetStockPolicy, ShipTransfer, StockCommand, StockItem, StockRefusal,
};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{LocationId, OrderId, Reference, Sku, Timestamp};
use holdfast_journal::{ClaimKey, OutcomeKind};
use holdfast_views::AvailabilityView;
use schemars::JsonSchema;
use serde::Serialize;

use super::create_order::check_sku;
use super::unit_of_work::{Accepted, Stop, UnitOfWork, accepted};
use crate::answer::Refused;
use crate::claims::{receipt, supply, transfer};

/// The answer to a report about stock: the stock.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockAnswer {
    /// The reported time, if it was more than 5 minutes in the future: the report counts as of the time of the command.
    reported_ahead_of_time: Option<Timestamp>,
    /// The stock after the report.
    #[serde(flatten)]
    stock: AvailabilityView,
}

impl StockAnswer {
    /// The answer to a report that has been decided.
    fn of(unit: &mut UnitOfWork<'_>, sku: &Sku, command: &StockCommand) -> Result<Self, Stop> {
        let (reported_ahead_of_time, stock) = (command.ahead_of_time(), view(unit, sku)?);
        Ok(Self { reported_ahead_of_time, stock })
    }
}

/// Decides a command on the stock of a SKU and answers with the stock.
fn change(unit: &mut UnitOfWork<'_>, sku: &Sku, command: &StockCommand) -> Result<Accepted, Stop> {
    fulfillment::change_stock(unit, sku, command)?;
    accepted(OutcomeKind::Done, &StockAnswer::of(unit, sku, command)?)
}

/// The answer to a report after which fewer units may be on hand: the orders that lost units, and the stock.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockReportAnswer {
    /// Orders that had reserved units which are no longer on hand. These units were reserved at another location, or are
    /// backordered.
    affected_orders: Vec<OrderId>,
    #[serde(flatten)]
    stock: StockAnswer,
}

/// Decides a report on the stock of a SKU and answers with the orders that lost units, and the stock.
fn report(unit: &mut UnitOfWork<'_>, sku: &Sku, command: &StockCommand) -> Result<StockReportAnswer, Stop> {
    let affected_orders = fulfillment::change_stock(unit, sku, command)?;
    Ok(StockReportAnswer { affected_orders, stock: StockAnswer::of(unit, sku, command)? })
}

/// Decides a report on the stock of a SKU at a location, which must be registered.
pub(super) fn report_at(
    unit: &mut UnitOfWork<'_>,
    sku: &Sku,
    location: &LocationId,
    command: &StockCommand,
) -> Result<Accepted, Stop> {
    unit.require([StreamId::Network, StreamId::Stock(sku.clone())])?;
    unit.network()?.location(location, "/location")?;
    accepted(OutcomeKind::Done, &report(unit, sku, command)?)
}

fn view(unit: &mut UnitOfWork<'_>, sku: &Sku) -> Result<AvailabilityView, Stop> {
    let (item, network) = (unit.stock(sku)?, unit.network()?);
    let own = |item: &StockItem| AvailabilityView::of(item, |location| network.is_paused(location));
    unit.require(item.components.iter().map(|component| StreamId::Stock(component.sku.clone())))?;
    let mut components = HashMap::new();
    for BundleComponent { sku, .. } in &item.components {
        components.extend(own(&*unit.stock(sku)?).map(|view| (sku, view)));
    }
    own(&item)
        .map(|view| view.with_component_quantities(|sku| components.get(sku)))
        .ok_or_else(|| Stop::Failed(format!("stock of {sku} has no events after a change")))
}

/// The id that the sender states, or one derived from the command.
fn stated_or_derived(stated: Option<&Reference>, unit: &UnitOfWork<'_>) -> Result<Reference, Stop> {
    let derived = || Reference::new(&unit.context().order_id.to_string());
    stated.cloned().map_or_else(derived, Ok).map_err(|error| Stop::Failed(error.to_string()))
}

pub(super) fn receive(unit: &mut UnitOfWork<'_>, command: &ReceiveStock) -> Result<Accepted, Stop> {
    let stream = StreamId::Stock(command.sku.clone());
    let receipt = receipt(&command.received(unit.at));
    let claims = receipt.iter().flatten().cloned().chain(command.supply_id.as_ref().map(supply));
    unit.require_with_claims([StreamId::Network, stream.clone()], claims)?;
    unit.network()?.location(&command.location, "/location")?;
    if let Some([name, content]) = &receipt
        && unit.claim(name)?.is_some()
    {
        return answer_repeated(unit, command, content);
    }
    if let Some(id) = &command.supply_id
        && unit.claim(&supply(id))?.as_ref() != Some(&stream)
    {
        return Err(StockRefusal::UnknownSupply(id.clone()).into());
    }
    change(unit, &command.sku, &StockCommand::ReceiveStock(command.clone(), unit.at))
}

/// Goods that are reported again under a reference are answered as the first ones. Other goods are refused.
fn answer_repeated(
    unit: &mut UnitOfWork<'_>,
    command: &ReceiveStock,
    content: &ClaimKey,
) -> Result<Accepted, Stop> {
    let known = unit.claim(content)?;
    match command.reference.clone().filter(|_| known.is_none()) {
        Some(reference) => {
            let location = command.location.clone();
            Err(StockRefusal::ReceiptExists { reference, location }.into())
        }
        None => accepted(OutcomeKind::Done, &view(unit, &command.sku)?),
    }
}

/// The answer to `ShipTransfer`: the id of the transfer, the orders that lost units, and the stock.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferAnswer {
    /// The new transfer's id.
    transfer_id: Reference,
    #[serde(flatten)]
    report: StockReportAnswer,
}

pub(super) fn ship_transfer(unit: &mut UnitOfWork<'_>, command: &ShipTransfer) -> Result<Accepted, Stop> {
    let transfer_id = stated_or_derived(command.transfer_id.as_ref(), unit)?;
    let stream = StreamId::Stock(command.sku.clone());
    unit.require_with_claims([StreamId::Network, stream], [transfer(&transfer_id)])?;
    let network = unit.network()?;
    network.location(&command.from, "/from")?;
    network.location(&command.to, "/to")?;
    if unit.claim(&transfer(&transfer_id))?.is_some() {
        return Err(StockRefusal::TransferExists(transfer_id).into());
    }
    let ship = StockCommand::ShipTransfer(command.clone(), transfer_id.clone(), unit.at);
    let report = report(unit, &command.sku, &ship)?;
    accepted(OutcomeKind::Created, &TransferAnswer { transfer_id, report })
}

pub(super) fn receive_transfer(
    unit: &mut UnitOfWork<'_>,
    command: &ReceiveTransfer,
) -> Result<Accepted, Stop> {
    let Some(StreamId::Stock(sku)) = unit.claim(&transfer(&command.transfer_id))? else {
        return Err(StockRefusal::UnknownTransfer(command.transfer_id.clone()).into());
    };
    unit.require([StreamId::Network, StreamId::Stock(sku.clone())])?;
    change(unit, &sku, &StockCommand::ReceiveTransfer(command.clone(), unit.at))
}

/// The answer to `ExpectSupply`: the id of the supply, and the stock.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SupplyAnswer {
    /// The supply's id.
    supply_id: Reference,
    /// The stock after the command.
    #[serde(flatten)]
    stock: AvailabilityView,
}

pub(super) fn expect_supply(unit: &mut UnitOfWork<'_>, command: &ExpectSupply) -> Result<Accepted, Stop> {
    let supply_id = stated_or_derived(command.supply_id.as_ref(), unit)?;
    let stream = StreamId::Stock(command.sku.clone());
    unit.require_with_claims([StreamId::Network, stream.clone()], [supply(&supply_id)])?;
    unit.network()?.location(&command.location, "/location")?;
    let known = unit.claim(&supply(&supply_id))?;
    if known.as_ref().is_some_and(|known| *known != stream) {
        return Err(StockRefusal::UnknownSupply(supply_id).into());
    }
    let expect = StockCommand::ExpectSupply(command.clone(), supply_id.clone());
    fulfillment::change_stock(unit, &command.sku, &expect)?;
    let kind = if known.is_some() { OutcomeKind::Done } else { OutcomeKind::Created };
    let stock = view(unit, &command.sku)?;
    accepted(kind, &SupplyAnswer { supply_id, stock })
}

pub(super) fn cancel_supply(unit: &mut UnitOfWork<'_>, command: &CancelSupply) -> Result<Accepted, Stop> {
    let Some(StreamId::Stock(sku)) = unit.claim(&supply(&command.supply_id))? else {
        let message = format!("unknown supply {}", command.supply_id);
        return Err(Stop::Refused(Refused::new("unknown_supply", Class::NotFound, message).at("/supplyId")));
    };
    unit.require([StreamId::Network, StreamId::Stock(sku.clone())])?;
    change(unit, &sku, &StockCommand::CancelSupply(command.clone()))
}

pub(super) fn set_policy(unit: &mut UnitOfWork<'_>, command: &SetStockPolicy) -> Result<Accepted, Stop> {
    unit.require([StreamId::Network, StreamId::Stock(command.sku.clone())])?;
    let network = unit.network()?;
    for location in command.safety_stock.new_value().into_iter().flatten().map(|(location, _)| location) {
        network.location(location, "/safetyStock")?;
    }
    let set = StockCommand::SetStockPolicy(command.clone(), unit.at);
    fulfillment::change_stock(unit, &command.sku, &set)?;
    check_components(unit, command)?;
    accepted(OutcomeKind::Done, &view(unit, &command.sku)?)
}

/// The components of a bundle are known SKUs, and no bundles themselves.
fn check_components(unit: &mut UnitOfWork<'_>, command: &SetStockPolicy) -> Result<(), Stop> {
    let Some(components) = command.components.new_value() else { return Ok(()) };
    unit.require(components.iter().map(|component| StreamId::Stock(component.sku.clone())))?;
    for (index, BundleComponent { sku, .. }) in components.iter().enumerate() {
        let pointer = format!("/components/{index}/sku");
        let item = unit.stock(sku)?;
        if item.is_bundle() {
            let (bundle, component) = (command.sku.clone(), sku.clone());
            let refusal = OrderRefusal::NestedBundle { bundle, component };
            return Err(Stop::from(refusal).about("nested_bundle", &pointer));
        }
        if !item.requires_no_stock {
            check_sku(unit, sku, pointer)?;
        }
    }
    Ok(())
}

pub(super) fn fill_backorders(unit: &mut UnitOfWork<'_>, command: &FillBackorders) -> Result<Accepted, Stop> {
    fulfillment::fill_backorders(unit, &command.sku)?;
    accepted(OutcomeKind::Done, &serde_json::json!({}))
}
