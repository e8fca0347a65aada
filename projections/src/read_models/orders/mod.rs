//! `order_status`: the state of every order, the work of every location, and lists of both.

mod board;
mod columns;
mod filter;
mod page;
mod projection;
mod query;
mod row;
mod rows;
mod stage;

pub use board::{BoardEntry, BoardSummary};
pub use filter::{OrderFilter, OrderSort};
pub use page::Page;
pub use projection::OrderStatusProjection;
pub(crate) use query::sorted_after;
pub use query::{FulfillmentOrderFilter, FulfillmentOrderRow, Orders};
pub use row::OrderRow;
pub use stage::Stage;

/// The statements of the queries, whose plans a test checks.
#[cfg(test)]
pub(crate) mod statements {
    pub(crate) use super::board::page_of_board as board;
    pub(crate) use super::filter::statement as orders;
    pub(crate) use super::query::page_of_fulfillment_orders as fulfillment_orders;
}
