//! The router on one page: every endpoint is a row, and the description of the interface is made of the same rows.

use std::sync::Arc;

use axum::Router;
use holdfast_commands::{
    CountAnswer, LocationView, PolicyView, ReturnAnswer, ShipmentAnswer, SupplyAnswer, TransferAnswer,
};
use holdfast_domain::network::{PauseLocation, RegisterLocation, ResumeLocation};
use holdfast_domain::order::{
    AcceptAmendment, AcceptCancellation, AcceptFulfillmentOrder, AmendOrder, AuthorizePayment, CancelOrder,
    ConfirmDelivery, ConfirmPayment, CreateOrder, ErasePersonalData, FailPayment, HoldOrder,
    MarkReadyForPickup, MoveFulfillmentOrder, OrderView, PackItems, PickItems, ReceiveReturn,
    RejectAmendment, RejectCancellation, RejectFulfillmentOrder, ReleaseHold, RequestReturn, ShipItems,
    ShortPick, TrackParcel, TrackShipment, VoidPayment,
};
use holdfast_domain::policy::{RegisterMerchant, SetMerchantPolicy};
use holdfast_domain::stock::{
    AdjustStock, AvailabilityView, CancelSupply, ChangeStockCondition, CountStock, ExpectSupply,
    ReceiveStock, ReceiveTransfer, SetStockPolicy, ShipTransfer,
};
use serde_json::{Map, Value};

use super::command_state::StateOfCommand;
use super::endpoint::Endpoint;
use super::events::CloudEvent;
use super::fulfillment_board::{BoardItem, BoardSummaryItem};
use super::fulfillment_orders::Work;
use super::health::Health;
use super::listing::Items;
use super::parameters;
use super::projections::{BuildAsked, ParkedView, ProjectionView, RetriedView};
use super::{
    availability, bulk, command_state, consequences, documentation, events, figures, fulfillment_board,
    fulfillment_orders, health, locations, merchants, metrics, openapi, orders, policy, projections, returns,
    shipments, stock, stock_history,
};
use crate::app::App;
use crate::history::command::CommandItem;
use crate::history::order::OrderHistoryItem;
use crate::history::stock::StockMovement;

const ORDER: &str = "/v1/orders/{orderId}";
const HISTORY: &str = "/v1/orders/{orderId}/history";

/// Every endpoint, in the order in which they are described.
pub(super) fn endpoints() -> Vec<Endpoint> {
    [
        taking_orders(),
        floor(),
        filling_orders(),
        answering_requests(),
        following_parcels(),
        keeping_stock(),
        auditing(),
        many_and_all(),
        read_models(),
        the_service(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn taking_orders() -> Vec<Endpoint> {
    vec![
        Endpoint::post::<CreateOrder, _>("/v1/orders", orders::create).creates::<OrderView>(&[201, 200]),
        Endpoint::get("/v1/orders", "ListOrders", "Orders that match, the newest first.", orders::list)
            .takes(orders::LIST)
            .answers::<Items<OrderView>>(),
        Endpoint::get(ORDER, "GetOrder", "An order: as it is, or as it was.", orders::get)
            .takes(orders::ONE)
            .answers::<OrderView>(),
        Endpoint::get(
            HISTORY,
            "GetOrderHistory",
            "Every event of an order, in order, and where it stood after each.",
            orders::history,
        )
        .takes(orders::HISTORY)
        .answers::<Items<OrderHistoryItem>>(),
        Endpoint::post::<ConfirmPayment, _>("/v1/orders/{orderId}/confirm-payment", orders::confirm_payment)
            .answers::<OrderView>(),
        Endpoint::post::<AuthorizePayment, _>(
            "/v1/orders/{orderId}/authorize-payment",
            orders::authorize_payment,
        )
        .answers::<OrderView>(),
        Endpoint::post::<FailPayment, _>("/v1/orders/{orderId}/fail-payment", orders::fail_payment)
            .answers::<OrderView>(),
        Endpoint::post::<VoidPayment, _>("/v1/orders/{orderId}/void-payment", orders::void_payment)
            .answers::<OrderView>(),
        Endpoint::post::<HoldOrder, _>("/v1/orders/{orderId}/hold", orders::hold).answers::<OrderView>(),
        Endpoint::post::<ReleaseHold, _>("/v1/orders/{orderId}/release-hold", orders::release_hold)
            .answers::<OrderView>(),
        Endpoint::post::<AmendOrder, _>("/v1/orders/{orderId}/amend", orders::amend).answers::<OrderView>(),
        Endpoint::post::<CancelOrder, _>("/v1/orders/{orderId}/cancel", orders::cancel)
            .answers::<OrderView>(),
        Endpoint::post::<ErasePersonalData, _>(
            "/v1/orders/{orderId}/erase-personal-data",
            orders::erase_personal_data,
        )
        .answers::<OrderView>(),
    ]
}

/// What is next, and how it goes.
fn floor() -> Vec<Endpoint> {
    vec![
        Endpoint::get(
            "/v1/fulfillment-board",
            "GetFulfillmentBoard",
            "What a location has to do next in a stage, the most urgent first, and for how long it has been waiting.",
            fulfillment_board::list,
        )
        .takes(fulfillment_board::LIST)
        .answers::<Items<BoardItem>>(),
        Endpoint::get(
            "/v1/fulfillment-board/summary",
            "SummarizeFulfillmentBoard",
            "How much there is to do, by location and stage.",
            fulfillment_board::summary,
        )
        .takes(fulfillment_board::SUMMARY)
        .answers::<Items<BoardSummaryItem>>(),
        Endpoint::get(
            "/v1/metrics",
            "GetOrderMetrics",
            "Orders, units, rates and cycle times of orders on their way, by minute or hour.",
            figures::get,
        )
        .takes(figures::PARAMETERS)
        .answers::<figures::FiguresList>(),
    ]
}

fn filling_orders() -> Vec<Endpoint> {
    vec![
        Endpoint::get(
            "/v1/fulfillment-orders",
            "ListFulfillmentOrders",
            "What locations have to do, the oldest order first.",
            fulfillment_orders::list,
        )
        .takes(fulfillment_orders::LIST)
        .answers::<Items<Work>>(),
        Endpoint::post::<AcceptFulfillmentOrder, _>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/accept",
            fulfillment_orders::accept,
        )
        .answers::<OrderView>(),
        Endpoint::post::<RejectFulfillmentOrder, _>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/reject",
            fulfillment_orders::reject,
        )
        .answers::<OrderView>(),
        Endpoint::post::<MoveFulfillmentOrder, _>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/move",
            fulfillment_orders::relocate,
        )
        .answers::<OrderView>(),
        Endpoint::post::<PickItems, _>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/pick",
            fulfillment_orders::pick,
        )
        .answers::<OrderView>(),
        Endpoint::post::<PackItems, _>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/pack",
            fulfillment_orders::pack,
        )
        .answers::<OrderView>(),
        Endpoint::post::<MarkReadyForPickup, _>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/ready-for-pickup",
            fulfillment_orders::ready_for_pickup,
        )
        .answers::<OrderView>(),
        Endpoint::post::<ShipItems, _>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/ship",
            fulfillment_orders::ship,
        )
        .creates::<ShipmentAnswer>(&[201]),
        Endpoint::post::<ShortPick, _>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/short",
            fulfillment_orders::short,
        )
        .answers::<OrderView>(),
    ]
}

/// What locations say that were asked.
fn answering_requests() -> Vec<Endpoint> {
    vec![
        Endpoint::post::<AcceptCancellation, _>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/accept-cancellation",
            fulfillment_orders::accept_cancellation,
        )
        .answers::<OrderView>(),
        Endpoint::post::<RejectCancellation, _>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/reject-cancellation",
            fulfillment_orders::reject_cancellation,
        )
        .answers::<OrderView>(),
        Endpoint::post::<AcceptAmendment, _>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/accept-amendment",
            fulfillment_orders::accept_amendment,
        )
        .answers::<OrderView>(),
        Endpoint::post::<RejectAmendment, _>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/reject-amendment",
            fulfillment_orders::reject_amendment,
        )
        .answers::<OrderView>(),
    ]
}

fn following_parcels() -> Vec<Endpoint> {
    vec![
        Endpoint::post::<TrackShipment, _>("/v1/shipments/{shipmentId}/track", shipments::track)
            .answers::<OrderView>(),
        Endpoint::post::<ConfirmDelivery, _>(
            "/v1/shipments/{shipmentId}/confirm-delivery",
            shipments::confirm_delivery,
        )
        .answers::<OrderView>(),
        Endpoint::post::<TrackParcel, _>("/v1/tracking", shipments::track_parcel).answers::<OrderView>(),
        Endpoint::post::<RequestReturn, _>("/v1/orders/{orderId}/returns", returns::request)
            .creates::<ReturnAnswer>(&[201]),
        Endpoint::post::<ReceiveReturn, _>("/v1/returns/{returnId}/receive", returns::receive)
            .answers::<OrderView>(),
    ]
}

fn keeping_stock() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/v1/locations", "ListLocations", "All locations, by id.", locations::list)
            .takes(&[parameters::MIN_POSITION])
            .answers::<Items<LocationView>>(),
        Endpoint::put::<RegisterLocation, _>("/v1/locations/{location}", locations::register)
            .answers::<LocationView>(),
        Endpoint::post::<PauseLocation, _>("/v1/locations/{location}/pause", locations::pause)
            .answers::<LocationView>(),
        Endpoint::post::<ResumeLocation, _>("/v1/locations/{location}/resume", locations::resume)
            .answers::<LocationView>(),
        Endpoint::post::<ReceiveStock, _>("/v1/stock/receive", stock::receive).answers::<AvailabilityView>(),
        Endpoint::post::<CountStock, _>("/v1/stock/count", stock::count).answers::<CountAnswer>(),
        Endpoint::post::<AdjustStock, _>("/v1/stock/adjust", stock::adjust).answers::<AvailabilityView>(),
        Endpoint::post::<ChangeStockCondition, _>("/v1/stock/condition", stock::change_condition)
            .answers::<AvailabilityView>(),
        Endpoint::post::<ShipTransfer, _>("/v1/transfers", stock::ship_transfer)
            .creates::<TransferAnswer>(&[201]),
        Endpoint::post::<ReceiveTransfer, _>("/v1/transfers/{transferId}/receive", stock::receive_transfer)
            .answers::<AvailabilityView>(),
        Endpoint::post::<ExpectSupply, _>("/v1/supplies", stock::expect_supply)
            .creates::<SupplyAnswer>(&[201, 200]),
        Endpoint::post::<CancelSupply, _>("/v1/supplies/{supplyId}/cancel", stock::cancel_supply)
            .answers::<AvailabilityView>(),
        Endpoint::put::<SetStockPolicy, _>("/v1/stock-policies", stock::set_policy)
            .answers::<AvailabilityView>(),
        Endpoint::get(
            "/v1/availability",
            "GetAvailability",
            "What can still be promised of SKUs, or could be at a moment; those never seen are left out.",
            availability::get,
        )
        .takes(availability::PARAMETERS)
        .answers::<Items<AvailabilityView>>(),
        Endpoint::get("/v1/policy", "GetMerchantPolicy", "The merchant's rules.", policy::get)
            .takes(&[parameters::MIN_POSITION])
            .answers::<PolicyView>(),
        Endpoint::put::<SetMerchantPolicy, _>("/v1/policy", policy::set).answers::<PolicyView>(),
        Endpoint::put::<RegisterMerchant, _>("/v1/merchants/{merchant}", merchants::register)
            .answers::<PolicyView>(),
    ]
}

/// What happened, and what was so because of it.
fn auditing() -> Vec<Endpoint> {
    vec![
        Endpoint::get(
            "/v1/stock/history",
            "GetStockHistory",
            "Every movement of a SKU with its cause and what was there after it, the oldest first.",
            stock_history::get,
        )
        .takes(stock_history::PARAMETERS)
        .answers::<Items<StockMovement>>(),
        Endpoint::get(
            "/v1/consequences",
            "ListConsequences",
            "A command and everything that followed from it, in order.",
            consequences::get,
        )
        .takes(consequences::PARAMETERS)
        .answers::<Items<CommandItem>>(),
    ]
}

fn many_and_all() -> Vec<Endpoint> {
    vec![
        Endpoint::bulk(
            "/v1/commands",
            "SubmitCommands",
            "Many commands, decided in the order given; each succeeds or fails alone.",
            bulk::submit,
        )
        .answers::<Vec<bulk::AnswerView>>(),
        Endpoint::get(
            "/v1/commands/{key}",
            "GetCommandState",
            "What became of a command, by its idempotency key.",
            command_state::get,
        )
        .answers::<StateOfCommand>(),
        Endpoint::get("/v1/events", "ListEvents", "Everything that happened, in order.", events::list)
            .takes(events::PARAMETERS)
            .answers::<Items<CloudEvent>>(),
        Endpoint::get(
            "/v1/projections",
            "ListProjections",
            "How far the read models of all merchants are.",
            projections::list,
        )
        .answers::<Items<ProjectionView>>(),
    ]
}

/// What an operator does about read models.
fn read_models() -> Vec<Endpoint> {
    vec![
        Endpoint::operation(
            "/v1/projections/{projection}/rebuild",
            "RebuildProjection",
            "Builds a read model anew beside the one that serves, and puts it in its place.",
            projections::rebuild,
        )
        .takes(projections::REBUILD)
        .creates::<BuildAsked>(&[202]),
        Endpoint::operation(
            "/v1/projections/{projection}/verify",
            "VerifyProjection",
            "Builds a read model anew, compares it row by row with the one that serves, and throws it away.",
            projections::verify,
        )
        .creates::<BuildAsked>(&[202]),
        Endpoint::operation(
            "/v1/projections/{projection}/rollback",
            "RollBackProjection",
            "Puts the build back that served before the one that is named.",
            projections::roll_back,
        )
        .takes(projections::OF_BUILD)
        .creates::<BuildAsked>(&[202]),
        Endpoint::operation(
            "/v1/projections/{projection}/drop",
            "DropProjectionBuild",
            "Takes away a build that nothing is answered from.",
            projections::remove,
        )
        .takes(projections::OF_BUILD)
        .creates::<BuildAsked>(&[202]),
        Endpoint::operation(
            "/v1/projections/{projection}/retry",
            "RetryParkedStreams",
            "Tries to fold what could not be folded before.",
            projections::retry,
        )
        .answers::<RetriedView>(),
        Endpoint::get(
            "/v1/projections/{projection}/parked",
            "ListParkedStreams",
            "Streams of which an event could not be folded: answers about them are stale.",
            projections::parked,
        )
        .answers::<Items<ParkedView>>(),
    ]
}

fn the_service() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/livez", "IsLive", "The program runs and answers.", health::live).answers::<Health>(),
        Endpoint::get("/readyz", "IsReady", "The service should be given work.", health::ready)
            .answers::<Health>(),
        Endpoint::get("/metrics", "GetMetrics", "What is measured, for Prometheus.", metrics::get)
            .in_media_type(metrics::MEDIA_TYPE),
        Endpoint::get("/openapi.json", "GetOpenApi", "This description, for programs.", openapi::get)
            .answers::<Map<String, Value>>(),
        Endpoint::get("/docs", "GetDocs", "This description, for people.", documentation::get)
            .in_media_type("text/html"),
    ]
}

/// The routes of all endpoints.
pub fn routes() -> Router<Arc<App>> {
    endpoints()
        .into_iter()
        .fold(Router::new(), |router, endpoint| router.route(endpoint.path, endpoint.into_route()))
}
