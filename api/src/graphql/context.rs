//! The context that all resolvers of one request share: the application, the merchant, and a loader that batches orders.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use holdfast_commands::Metadata;
use holdfast_domain::values::{MerchantId, OrderId};
use holdfast_projections::OrderRow;

use super::error::Problem;
use super::limits::ItemBudget;
use crate::app::App;
use crate::error::ApiError;
use crate::headers;
use crate::queries::Queries;

/// The values of the request's headers.
pub(super) struct Headers {
    /// The header `Merchant`.
    pub(super) merchant: Option<String>,
    /// Actor, correlation, causation and trace. Only a command fails if one of these headers is invalid.
    pub(super) metadata: Result<Metadata, ApiError>,
}

/// The context of one GraphQL request.
pub(super) struct RequestContext {
    app: Arc<App>,
    headers: Headers,
    merchant: Result<MerchantId, ApiError>,
    orders: DataLoader<OrderLoader>,
    items: ItemBudget,
}

impl RequestContext {
    /// Finds the merchant. A request without a valid merchant can still query `merchants`, `node` and `nodes`.
    pub(super) async fn new(app: Arc<App>, headers: Headers) -> Self {
        let merchant = headers::merchant(&app, headers.merchant.as_deref()).await;
        let orders = DataLoader::new(OrderLoader { app: Arc::clone(&app) }, tokio::spawn);
        Self { app, headers, merchant, orders, items: ItemBudget::default() }
    }

    /// The context of the request that a resolver belongs to.
    pub(super) fn of<'a>(context: &Context<'a>) -> Result<&'a Self, Problem> {
        context.data::<Self>().map_err(|error| Problem::internal(&error.message))
    }

    /// The application.
    pub(super) fn app(&self) -> &App {
        &self.app
    }

    /// The items that the lists within the objects of the answer may have.
    pub(super) fn items(&self) -> &ItemBudget {
        &self.items
    }

    /// The queries of journal and read models.
    pub(super) fn queries(&self) -> &Queries {
        &self.app.queries
    }

    /// The values of the request's headers.
    pub(super) fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The merchant of the header `Merchant`. Default: the only merchant of the store.
    pub(super) fn merchant(&self) -> Result<&MerchantId, Problem> {
        self.merchant.as_ref().map_err(|error| Problem(error.clone()))
    }

    /// Loads an order from the read model, without personal data. Orders that are requested together are loaded in one query.
    pub(super) async fn order(
        &self,
        merchant: &MerchantId,
        id: OrderId,
    ) -> Result<Option<Arc<OrderRow>>, Problem> {
        self.orders.load_one((merchant.clone(), id)).await
    }
}

struct OrderLoader {
    app: Arc<App>,
}

type OrderKey = (MerchantId, OrderId);

impl Loader<OrderKey> for OrderLoader {
    type Value = Arc<OrderRow>;
    type Error = Problem;

    async fn load(&self, keys: &[OrderKey]) -> Result<HashMap<OrderKey, Arc<OrderRow>>, Problem> {
        let mut by_merchant: BTreeMap<&MerchantId, Vec<OrderId>> = BTreeMap::new();
        for (merchant, id) in keys {
            by_merchant.entry(merchant).or_default().push(*id);
        }
        let mut found = HashMap::new();
        for (merchant, ids) in by_merchant {
            let rows = self.app.queries.orders_by_id(merchant.as_str(), &ids).await?;
            found.extend(rows.into_iter().map(|(id, row)| ((merchant.clone(), id), Arc::new(row))));
        }
        Ok(found)
    }
}
