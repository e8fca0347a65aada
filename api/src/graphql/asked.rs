//! What every resolver of one request shares: the house, whose goods it is about, and orders loaded in batches.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Result};
use holdfast_domain::values::{MerchantId, OrderId};
use holdfast_projections::OrderRow;

use super::error::Problem;
use crate::app::App;
use crate::reading::Reading;

/// One request.
pub(super) struct Asked {
    app: Arc<App>,
    whose: Result<Whose, Problem>,
}

/// A merchant and its orders.
struct Whose {
    merchant: MerchantId,
    orders: DataLoader<OrderLoader>,
}

impl Asked {
    /// A request, with the `Merchant` header where there was one. A request whose merchant is not clear can still
    /// ask which there are.
    pub(super) async fn new(app: Arc<App>, header: Option<&str>) -> Self {
        let whose = merchant(&app.reading, header).await.map(|merchant| {
            let loader = OrderLoader { app: Arc::clone(&app), merchant: merchant.clone() };
            Whose { merchant, orders: DataLoader::new(loader, tokio::spawn) }
        });
        Self { app, whose }
    }

    /// The request that is being answered.
    pub(super) fn of<'a>(context: &Context<'a>) -> Result<&'a Self> {
        context.data::<Self>()
    }

    /// The way to ask.
    pub(super) fn reading(&self) -> &Reading {
        &self.app.reading
    }

    /// Whose goods and orders it is about.
    pub(super) fn merchant(&self) -> Result<&str, Problem> {
        self.whose.as_ref().map(|whose| whose.merchant.as_str()).map_err(Clone::clone)
    }

    /// An order of the read model. Many at once are loaded together.
    pub(super) async fn order(&self, id: OrderId) -> Result<Option<Arc<OrderRow>>, Problem> {
        match &self.whose {
            Ok(whose) => whose.orders.load_one(id).await,
            Err(problem) => Err(problem.clone()),
        }
    }
}

/// The merchant of the header; where there is none, the only one there is.
async fn merchant(reading: &Reading, header: Option<&str>) -> Result<MerchantId, Problem> {
    let Some(name) = header else {
        let only = reading.only_merchant().await?.and_then(|only| MerchantId::new(&only).ok());
        return only.ok_or_else(|| {
            Problem::new("merchant_required", "there are several merchants: name one in the header Merchant")
        });
    };
    let unknown = || Problem::new("unknown_merchant", format!("there is no merchant {name}"));
    let merchant = MerchantId::new(name).map_err(|_| unknown())?;
    if reading.knows_merchant(name).await? { Ok(merchant) } else { Err(unknown()) }
}

struct OrderLoader {
    app: Arc<App>,
    merchant: MerchantId,
}

impl Loader<OrderId> for OrderLoader {
    type Value = Arc<OrderRow>;
    type Error = Problem;

    async fn load(&self, ids: &[OrderId]) -> Result<HashMap<OrderId, Arc<OrderRow>>, Problem> {
        let rows = self.app.reading.orders_by_id(self.merchant.as_str(), ids).await?;
        Ok(rows.into_iter().map(|(id, row)| (id, Arc::new(row))).collect())
    }
}
