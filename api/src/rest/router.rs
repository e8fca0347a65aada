//! The route table: one row for each endpoint. The OpenAPI document is built from the same rows.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::middleware::from_fn;
use holdfast_commands::{
    ReturnAnswer, ShipmentAnswer, StockAnswer, StockReportAnswer, SupplyAnswer, TransferAnswer,
};
use holdfast_domain::cart_reservation::{CancelCartReservation, ExtendCartReservation, ReserveCart};
use holdfast_domain::network::{PauseLocation, RegisterLocation, ResumeLocation};
use holdfast_domain::order::{
    AcceptAmendment, AcceptCancellation, AcceptFulfillmentOrder, AmendOrder, AuthorizePayment, CancelOrder,
    CancelShipment, CloseReturn, ConfirmDelivery, ConfirmPayment, CreateOrder, ErasePersonalData,
    FailPayment, FulfillLines, HoldOrder, MarkReadyForPickup, MoveFulfillmentOrder, PackItems, PickItems,
    ReceiveReturn, RefundPayment, RejectAmendment, RejectCancellation, RejectFulfillmentOrder,
    RelabelPackage, ReleaseHold, ReopenOrder, RequestReturn, ResendPackage, ShipItems, ShortPick,
    TrackParcel, TrackShipment, UndoRejection, UnfulfillLines, UnpackItems, UnpickItems, VoidPayment,
};
use holdfast_domain::policy::{RegisterMerchant, SetMerchantPolicy};
use holdfast_domain::stock::{
    AdjustStock, CancelSupply, ChangeStockCondition, CountStock, ExpectSupply, ReceiveStock, ReceiveTransfer,
    SetStockPolicy, ShipTransfer,
};
use holdfast_projections::{AvailabilityFilter, FulfillmentOrderFilter, OrderFilter};
use holdfast_views::{AvailabilityView, CartReservationView, LocationView, OrderView, PolicyView};
use serde_json::{Map, Value};

use super::causation::CommandParams;
use super::cloud_event::{CloudEvent, EventParams};
use super::commands::StateOfCommand;
use super::endpoint::Endpoint;
use super::entity_tag::add_entity_tag;
use super::events::EventPageParams;
use super::fulfillment_board::{BoardItem, BoardParams, BoardSummaryItem, SummaryParams};
use super::fulfillment_orders::LocationWork;
use super::health::Health;
use super::order_metrics::MetricsList;
use super::orders::{CreatedParams, HistoryParams};
use super::page::Items;
use super::projections::{BuildAccepted, BuildParams, ParkedView, ProjectionView, RebuildParams, RetryView};
use super::promises::{PromiseParams, Promises};
use super::query::{AsOfParam, MinPosition, PageParams};
use super::stock_history::StockHistoryParams;
use super::{
    availability, bulk, cart_reservations, causation, commands, documentation, events, fulfillment_board,
    fulfillment_orders, health, merchant, openapi, order_metrics, orders, problem_pages, projections,
    prometheus, promises, stock_history,
};
use crate::app::App;
use crate::history::command::CommandItem;
use crate::history::order::OrderHistoryItem;
use crate::history::stock::StockMovement;
use crate::order_metrics::MetricsParams;
use crate::promises::PromiseRequest;

/// The routes of all endpoints.
pub fn routes() -> Router<Arc<App>> {
    endpoints()
        .into_iter()
        .fold(Router::new(), |router, endpoint| router.route(endpoint.path, endpoint.into_route()))
        .layer(from_fn(add_entity_tag))
}

/// Every endpoint, in the order of the documentation.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let tables = [
        orders(),
        cart_reservations(),
        fulfillment(),
        board(),
        stock(),
        settings(),
        audit(),
        operation(),
        service(),
    ];
    tables.into_iter().flatten().collect()
}

fn orders() -> Vec<Endpoint> {
    vec![
        Endpoint::post::<CreateOrder, OrderView>("/v1/orders").with_status(&[201, 200]),
        Endpoint::get("/v1/orders", "ListOrders", "Orders that match a filter, newest first.", orders::list)
            .takes::<OrderFilter>()
            .takes::<CreatedParams>()
            .takes::<MinPosition>()
            .takes::<PageParams>()
            .answers::<Items<OrderView>>(),
        Endpoint::get("/v1/orders/{orderId}", "GetOrder", "An order, now or at a past time.", orders::get)
            .takes::<MinPosition>()
            .takes::<AsOfParam>()
            .answers::<OrderView>(),
        Endpoint::get(
            "/v1/orders/{orderId}/history",
            "GetOrderHistory",
            "Every event of an order, with the order's status after each.",
            orders::history,
        )
        .takes::<MinPosition>()
        .takes::<AsOfParam>()
        .takes::<HistoryParams>()
        .answers::<Items<OrderHistoryItem>>(),
        Endpoint::post::<ConfirmPayment, OrderView>("/v1/orders/{orderId}/confirm-payment"),
        Endpoint::post::<AuthorizePayment, OrderView>("/v1/orders/{orderId}/authorize-payment"),
        Endpoint::post::<FailPayment, OrderView>("/v1/orders/{orderId}/fail-payment"),
        Endpoint::post::<VoidPayment, OrderView>("/v1/orders/{orderId}/void-payment"),
        Endpoint::post::<RefundPayment, OrderView>("/v1/orders/{orderId}/refund-payment"),
        Endpoint::post::<FulfillLines, OrderView>("/v1/orders/{orderId}/fulfill-lines"),
        Endpoint::post::<UnfulfillLines, OrderView>("/v1/orders/{orderId}/unfulfill-lines"),
        Endpoint::post::<HoldOrder, OrderView>("/v1/orders/{orderId}/hold"),
        Endpoint::post::<ReleaseHold, OrderView>("/v1/orders/{orderId}/release-hold"),
        Endpoint::post::<AmendOrder, OrderView>("/v1/orders/{orderId}/amend"),
        Endpoint::post::<CancelOrder, OrderView>("/v1/orders/{orderId}/cancel"),
        Endpoint::post::<ReopenOrder, OrderView>("/v1/orders/{orderId}/reopen"),
        Endpoint::post::<ErasePersonalData, OrderView>("/v1/orders/{orderId}/erase-personal-data"),
        Endpoint::post::<RequestReturn, ReturnAnswer>("/v1/orders/{orderId}/returns").with_status(&[201]),
        Endpoint::post::<ReceiveReturn, OrderView>("/v1/returns/{returnId}/receive"),
        Endpoint::post::<CloseReturn, OrderView>("/v1/returns/{returnId}/close"),
    ]
}

fn cart_reservations() -> Vec<Endpoint> {
    vec![
        Endpoint::post::<ReserveCart, CartReservationView>("/v1/reservations").with_status(&[201, 200]),
        Endpoint::get(
            "/v1/reservations/{reservationId}",
            "GetCartReservation",
            "A cart reservation, with its status now.",
            cart_reservations::get,
        )
        .takes::<MinPosition>()
        .answers::<CartReservationView>(),
        Endpoint::post::<ExtendCartReservation, CartReservationView>(
            "/v1/reservations/{reservationId}/extend",
        ),
        Endpoint::post::<CancelCartReservation, CartReservationView>(
            "/v1/reservations/{reservationId}/cancel",
        ),
    ]
}

fn fulfillment() -> Vec<Endpoint> {
    vec![
        Endpoint::get(
            "/v1/fulfillment-orders",
            "ListFulfillmentOrders",
            "The fulfillment orders of locations, oldest order first.",
            fulfillment_orders::list,
        )
        .takes::<FulfillmentOrderFilter>()
        .takes::<MinPosition>()
        .takes::<PageParams>()
        .answers::<Items<LocationWork>>(),
        Endpoint::post::<AcceptFulfillmentOrder, OrderView>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/accept",
        ),
        Endpoint::post::<RejectFulfillmentOrder, OrderView>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/reject",
        ),
        Endpoint::post::<MoveFulfillmentOrder, OrderView>("/v1/fulfillment-orders/{fulfillmentOrderId}/move"),
        Endpoint::post::<PickItems, OrderView>("/v1/fulfillment-orders/{fulfillmentOrderId}/pick"),
        Endpoint::post::<PackItems, OrderView>("/v1/fulfillment-orders/{fulfillmentOrderId}/pack"),
        Endpoint::post::<MarkReadyForPickup, OrderView>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/ready-for-pickup",
        ),
        Endpoint::post::<ShipItems, ShipmentAnswer>("/v1/fulfillment-orders/{fulfillmentOrderId}/ship")
            .with_status(&[201]),
        Endpoint::post::<ShortPick, OrderView>("/v1/fulfillment-orders/{fulfillmentOrderId}/short"),
        Endpoint::post::<UnpickItems, OrderView>("/v1/fulfillment-orders/{fulfillmentOrderId}/unpick"),
        Endpoint::post::<UnpackItems, OrderView>("/v1/fulfillment-orders/{fulfillmentOrderId}/unpack"),
        Endpoint::post::<UndoRejection, OrderView>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/undo-rejection",
        ),
        Endpoint::post::<AcceptCancellation, OrderView>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/accept-cancellation",
        ),
        Endpoint::post::<RejectCancellation, OrderView>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/reject-cancellation",
        ),
        Endpoint::post::<AcceptAmendment, OrderView>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/accept-amendment",
        ),
        Endpoint::post::<RejectAmendment, OrderView>(
            "/v1/fulfillment-orders/{fulfillmentOrderId}/reject-amendment",
        ),
        Endpoint::post::<CancelShipment, OrderView>("/v1/shipments/{shipmentId}/cancel"),
        Endpoint::post::<RelabelPackage, OrderView>("/v1/shipments/{shipmentId}/relabel"),
        Endpoint::post::<ResendPackage, OrderView>("/v1/shipments/{shipmentId}/resend"),
        Endpoint::post::<TrackShipment, OrderView>("/v1/shipments/{shipmentId}/track"),
        Endpoint::post::<ConfirmDelivery, OrderView>("/v1/shipments/{shipmentId}/confirm-delivery"),
        Endpoint::post::<TrackParcel, OrderView>("/v1/tracking"),
    ]
}

fn board() -> Vec<Endpoint> {
    vec![
        Endpoint::get(
            "/v1/fulfillment-board",
            "GetFulfillmentBoard",
            "The fulfillment orders of a location in a stage, most urgent first.",
            fulfillment_board::list,
        )
        .takes::<BoardParams>()
        .takes::<MinPosition>()
        .takes::<PageParams>()
        .answers::<Items<BoardItem>>(),
        Endpoint::get(
            "/v1/fulfillment-board/summary",
            "SummarizeFulfillmentBoard",
            "The number of fulfillment orders by location and stage.",
            fulfillment_board::summary,
        )
        .takes::<SummaryParams>()
        .takes::<MinPosition>()
        .answers::<Items<BoardSummaryItem>>(),
        Endpoint::get(
            "/v1/metrics",
            "GetOrderMetrics",
            "Orders, units, rates and cycle times, by minute or hour.",
            order_metrics::get,
        )
        .takes::<MetricsParams>()
        .takes::<MinPosition>()
        .answers::<MetricsList>(),
    ]
}

fn stock() -> Vec<Endpoint> {
    vec![
        Endpoint::post::<ReceiveStock, StockAnswer>("/v1/stock/receive"),
        Endpoint::post::<CountStock, StockReportAnswer>("/v1/stock/count"),
        Endpoint::post::<AdjustStock, StockReportAnswer>("/v1/stock/adjust"),
        Endpoint::post::<ChangeStockCondition, StockReportAnswer>("/v1/stock/condition"),
        Endpoint::get(
            "/v1/stock/history",
            "GetStockHistory",
            "Every movement of a SKU with its cause and the stock after it, oldest first.",
            stock_history::get,
        )
        .takes::<StockHistoryParams>()
        .takes::<AsOfParam>()
        .takes::<MinPosition>()
        .takes::<PageParams>()
        .answers::<Items<StockMovement>>(),
        Endpoint::put::<SetStockPolicy, AvailabilityView>("/v1/stock-policies"),
        Endpoint::post::<ShipTransfer, TransferAnswer>("/v1/transfers").with_status(&[201]),
        Endpoint::post::<ReceiveTransfer, StockAnswer>("/v1/transfers/{transferId}/receive"),
        Endpoint::post::<ExpectSupply, SupplyAnswer>("/v1/supplies").with_status(&[201, 200]),
        Endpoint::post::<CancelSupply, AvailabilityView>("/v1/supplies/{supplyId}/cancel"),
        Endpoint::get(
            "/v1/availability",
            "GetAvailability",
            "The units of SKUs that can be promised, now, by a future time, or at a past time.",
            availability::get,
        )
        .takes::<availability::SkuParams>()
        .takes::<AvailabilityFilter>()
        .takes::<AsOfParam>()
        .takes::<MinPosition>()
        .answers::<Items<AvailabilityView>>(),
        Endpoint::get(
            "/v1/promises",
            "GetPromise",
            "When, and from where, units of a SKU could be delivered. Nothing is reserved.",
            promises::get,
        )
        .takes::<PromiseParams>()
        .answers::<Promises>(),
        Endpoint::query::<PromiseRequest, _>(
            "/v1/promises",
            "ComparePromises",
            "When, and from where, the goods of an order could be delivered, by service. Nothing is reserved.",
            promises::post,
        )
        .answers::<Promises>(),
    ]
}

fn settings() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/v1/locations", "ListLocations", "All locations, by id.", merchant::locations)
            .takes::<MinPosition>()
            .answers::<Items<LocationView>>(),
        Endpoint::put::<RegisterLocation, LocationView>("/v1/locations/{location}"),
        Endpoint::post::<PauseLocation, LocationView>("/v1/locations/{location}/pause"),
        Endpoint::post::<ResumeLocation, LocationView>("/v1/locations/{location}/resume"),
        Endpoint::get("/v1/policy", "GetMerchantPolicy", "The merchant's policy.", merchant::policy)
            .takes::<MinPosition>()
            .answers::<PolicyView>(),
        Endpoint::put::<SetMerchantPolicy, PolicyView>("/v1/policy"),
        Endpoint::put::<RegisterMerchant, PolicyView>("/v1/merchants/{merchant}"),
    ]
}

fn audit() -> Vec<Endpoint> {
    vec![
        Endpoint::get(
            "/v1/consequences",
            "ListConsequences",
            "A command and every command that it caused, in order.",
            causation::get,
        )
        .takes::<CommandParams>()
        .takes::<MinPosition>()
        .answers::<Items<CommandItem>>(),
        Endpoint::bulk(
            "/v1/commands",
            "SubmitCommands",
            "Several commands, decided in the order of the request. Each succeeds or fails independently.",
            bulk::submit,
        )
        .answers::<Vec<bulk::AnswerView>>(),
        Endpoint::get(
            "/v1/commands/{key}",
            "GetCommandState",
            "The state and answer of a command, by its idempotency key.",
            commands::get,
        )
        .answers::<StateOfCommand>(),
        Endpoint::get("/v1/events", "ListEvents", "All events of the merchant, in order.", events::list)
            .takes::<MinPosition>()
            .takes::<EventPageParams>()
            .takes::<EventParams>()
            .answers::<Items<CloudEvent>>(),
    ]
}

fn operation() -> Vec<Endpoint> {
    vec![
        Endpoint::get(
            "/v1/projections",
            "ListProjections",
            "The progress of the read models of all merchants.",
            projections::list,
        )
        .answers::<Items<ProjectionView>>(),
        Endpoint::operation(
            "/v1/projections/{projection}/rebuild",
            "RebuildProjection",
            "Builds a read model again while the active build answers queries, and then activates the new build.",
            projections::rebuild,
        )
        .takes::<RebuildParams>()
        .answers::<BuildAccepted>()
        .with_status(&[202]),
        Endpoint::operation(
            "/v1/projections/{projection}/verify",
            "VerifyProjection",
            "Builds a read model again, compares every row with the active build, and deletes the new build.",
            projections::verify,
        )
        .answers::<BuildAccepted>()
        .with_status(&[202]),
        Endpoint::operation(
            "/v1/projections/{projection}/rollback",
            "RollBackProjection",
            "Activates the build that was active before the given one.",
            projections::roll_back,
        )
        .takes::<BuildParams>()
        .answers::<BuildAccepted>()
        .with_status(&[202]),
        Endpoint::operation(
            "/v1/projections/{projection}/drop",
            "DropProjectionBuild",
            "Deletes an inactive build.",
            projections::remove,
        )
        .takes::<BuildParams>()
        .answers::<BuildAccepted>()
        .with_status(&[202]),
        Endpoint::operation(
            "/v1/projections/{projection}/retry",
            "RetryParkedStreams",
            "Tries to apply the parked streams again.",
            projections::retry,
        )
        .answers::<RetryView>(),
        Endpoint::get(
            "/v1/projections/{projection}/parked",
            "ListParkedStreams",
            "Streams with an event that could not be applied. Answers about them are stale.",
            projections::parked,
        )
        .answers::<Items<ParkedView>>(),
    ]
}

fn service() -> Vec<Endpoint> {
    static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| openapi::document(&endpoints()).to_string().into());
    static PAGE: LazyLock<String> = LazyLock::new(|| documentation::page(&endpoints()));
    let document = async || ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.clone());
    let page = async || documentation::html(PAGE.as_str());
    vec![
        Endpoint::get("/livez", "IsLive", "Whether the process runs and answers.", health::live)
            .answers::<Health>(),
        Endpoint::get("/readyz", "IsReady", "Whether the service can take requests.", health::ready)
            .answers::<Health>(),
        Endpoint::get("/metrics", "GetMetrics", "Metrics for Prometheus.", prometheus::get)
            .in_media_type(prometheus::MEDIA_TYPE),
        Endpoint::get("/openapi.json", "GetOpenApi", "The OpenAPI 3.1 document of this interface.", document)
            .answers::<Map<String, Value>>(),
        Endpoint::get("/docs", "GetDocs", "The documentation of this interface as a web page.", page)
            .in_media_type("text/html"),
        Endpoint::get("/problems", "ListProblems", "Every error code as a web page.", problem_pages::list)
            .in_media_type("text/html"),
        Endpoint::get(
            "/problems/{code}",
            "GetProblem",
            "An error code as a web page: the address is the `type` of its problems.",
            problem_pages::get,
        )
        .in_media_type("text/html"),
    ]
}
