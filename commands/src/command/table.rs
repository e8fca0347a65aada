//! The table of all commands: the only place to list a command on the write side.

/// Passes one row per command to a macro: the command's type, its urgency, the order that it changes (if its fields identify
/// one), and its execution.
///
/// - `report` is an occurrence that has already happened; `request` is a wish that may be refused. See `CommandPolicy`.
/// - `decide` is a decision of the order with everything that follows from it; `decide_at` also passes the time of the decision.
///   `report_stock_at`, `change_location` and `change_policy` are decisions of a stock item, of the network and of the policy.
///   Any other execution is a function in `execution/`.
/// - `background` commands are issued by the process manager only.
macro_rules! command_table {
    ($macro:ident) => {
        $macro! {
            api {
                order::CreateOrder: request() => create_order::create;
                cart_reservation::ReserveCart: request() => cart_reservations::reserve;
                cart_reservation::ExtendCartReservation: request() => cart_reservations::extend;
                cart_reservation::CancelCartReservation: request() => cart_reservations::cancel;
                order::ConfirmPayment: report(order_id) => decide;
                order::AuthorizePayment: report(order_id) => decide;
                order::FailPayment: report(order_id) => decide;
                order::VoidPayment: report(order_id) => decide_at;
                order::RefundPayment: report(order_id) => decide;
                order::FulfillLines: report(order_id) => decide_at;
                order::UnfulfillLines: report(order_id) => decide;
                order::HoldOrder: request(order_id) => decide_at;
                order::ReleaseHold: request(order_id) => decide;
                order::CancelOrder: request(order_id) => decide;
                order::ReopenOrder: request(order_id) => decide_at;
                order::AmendOrder: request(order_id) => amend_order::amend;
                order::AcceptFulfillmentOrder: report(fulfillment_order_id.order()) => decide;
                order::RejectFulfillmentOrder: report(fulfillment_order_id.order()) => decide;
                order::MoveFulfillmentOrder: request(fulfillment_order_id.order()) => orders::move_fulfillment_order;
                order::AcceptCancellation: report(fulfillment_order_id.order()) => orders::accept_cancellation;
                order::RejectCancellation: report(fulfillment_order_id.order()) => decide;
                order::AcceptAmendment: report(fulfillment_order_id.order()) => decide;
                order::RejectAmendment: report(fulfillment_order_id.order()) => decide;
                order::ShortPick: report(fulfillment_order_id.order()) => decide_at;
                order::UnpickItems: report(fulfillment_order_id.order()) => decide;
                order::UnpackItems: report(fulfillment_order_id.order()) => decide;
                order::UndoRejection: report(fulfillment_order_id.order()) => decide;
                order::PickItems: report(fulfillment_order_id.order()) => decide;
                order::PackItems: report(fulfillment_order_id.order()) => decide;
                order::MarkReadyForPickup: report(fulfillment_order_id.order()) => decide_at;
                order::ShipItems: report(fulfillment_order_id.order()) => orders::ship;
                order::CancelShipment: report(shipment_id.order()) => decide_at;
                order::RelabelPackage: report(shipment_id.order()) => orders::relabel;
                order::ResendPackage: request(shipment_id.order()) => decide;
                order::TrackShipment: report(shipment_id.order()) => decide_at;
                order::TrackParcel: report() => orders::track_parcel;
                order::ConfirmDelivery: report(shipment_id.order()) => decide_at;
                order::RequestReturn: request(order_id) => orders::request_return;
                order::ReceiveReturn: report(return_id.order()) => orders::receive_return;
                order::CloseReturn: request(return_id.order()) => decide;
                order::ErasePersonalData: request(order_id) => orders::erase_personal_data;
                stock::ReceiveStock: report() => stock::receive;
                stock::CountStock: report() => report_stock_at;
                stock::AdjustStock: report() => report_stock_at;
                stock::ChangeStockCondition: report() => report_stock_at;
                stock::ShipTransfer: report() => stock::ship_transfer;
                stock::ReceiveTransfer: report() => stock::receive_transfer;
                stock::ExpectSupply: request() => stock::expect_supply;
                stock::CancelSupply: request() => stock::cancel_supply;
                network::RegisterLocation: request() => change_location;
                network::PauseLocation: request() => change_location;
                network::ResumeLocation: request() => change_location;
                merchant::SetMerchantPolicy: request() => change_policy;
                stock::SetStockPolicy: request() => stock::set_policy;
                merchant::RegisterMerchant: request() => change_policy;
            }
            background {
                stock::FillBackorders: request() => stock::fill_backorders;
                order::AttendOrder: request(order_id) => orders::attend;
                cart_reservation::ExpireCartReservation: request() => cart_reservations::expire;
            }
        }
    };
}

pub(crate) use command_table;
