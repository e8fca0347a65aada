//! Returns.

use async_graphql::{ComplexObject, ID, SimpleObject};
use holdfast_domain::order as domain;

use super::scalars::{Long, id};
use crate::graphql::connection::{Connection, Window, slice};
use crate::graphql::error::Problem;
use crate::graphql::node::{GlobalId, Kind};

/// Goods of an order that the customer sends back together.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct OrderReturn {
    /// The order's global id.
    #[graphql(skip)]
    root: GlobalId,
    #[graphql(skip)]
    view: domain::ReturnView,
    /// Global id: opaque, unique over all types and merchants.
    pub(in crate::graphql) id: ID,
    /// The return's id, as in REST.
    return_id: ID,
    /// The customer's reason, at most 500 characters.
    reason: String,
}

#[ComplexObject]
impl OrderReturn {
    /// The units per order line, by number; 200 per page unless `first` or `last` says less.
    async fn lines(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<OrderReturnLine>, Problem> {
        let window = Window { first, after, last, before };
        slice(&self.view.lines, window, |line| OrderReturnLine::new(&self.root, &self.view, line))
    }
}

impl OrderReturn {
    /// A return of the order with a global id.
    pub(super) fn new(root: &GlobalId, view: &domain::ReturnView) -> Self {
        Self {
            id: root.part(Kind::OrderReturn, view.return_id.number()),
            return_id: id(&view.return_id),
            reason: view.reason.to_string(),
            root: root.clone(),
            view: view.clone(),
        }
    }

    /// Every line.
    pub(in crate::graphql) fn all_lines(&self) -> impl Iterator<Item = OrderReturnLine> {
        self.view.lines.iter().map(|line| OrderReturnLine::new(&self.root, &self.view, line))
    }
}

/// A return's share of an order line. All counts are in the SKU's smallest unit.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct OrderReturnLine {
    /// Global id: opaque, unique over all types and merchants.
    pub(in crate::graphql) id: ID,
    /// The number of the order line.
    line: u32,
    /// Units announced.
    requested: Long,
    /// Units received.
    received: Long,
    /// Received units that were scrapped.
    scrapped: Long,
}

impl OrderReturnLine {
    fn new(root: &GlobalId, back: &domain::ReturnView, line: &domain::ReturnLineView) -> Self {
        let key = format!("{}.{}", back.return_id.number(), line.line);
        Self {
            id: root.part(Kind::OrderReturnLine, key),
            line: line.line.number(),
            requested: line.requested.into(),
            received: line.received.into(),
            scrapped: line.scrapped.into(),
        }
    }
}
