//! What every resolver of one request shares: the house, whose goods it is about, and orders loaded in batches.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Result};
use holdfast_commands::Metadata;
use holdfast_domain::values::{MerchantId, OrderId};
use holdfast_projections::OrderRow;

use super::error::Problem;
use crate::app::App;
use crate::reading::Reading;
use crate::rest::problem::Problem as RestProblem;

/// What came by header.
pub(super) struct Headers {
    /// For which merchant.
    pub(super) merchant: Option<String>,
    /// Who gives commands and why; what is wrong with it matters to commands only.
    pub(super) metadata: Result<Metadata, RestProblem>,
}

/// One request.
pub(super) struct Asked {
    app: Arc<App>,
    headers: Headers,
    merchant: Result<MerchantId, Problem>,
    orders: DataLoader<OrderLoader>,
}

impl Asked {
    /// A request. One whose merchant is not clear can still ask which there are.
    pub(super) async fn new(app: Arc<App>, headers: Headers) -> Self {
        let merchant = merchant(&app.reading, headers.merchant.as_deref()).await;
        let orders = DataLoader::new(OrderLoader { app: Arc::clone(&app) }, tokio::spawn);
        Self { app, headers, merchant, orders }
    }

    /// The request that is being answered.
    pub(super) fn of<'a>(context: &Context<'a>) -> Result<&'a Self> {
        context.data::<Self>()
    }

    /// The way to ask.
    pub(super) fn reading(&self) -> &Reading {
        &self.app.reading
    }

    /// The house.
    pub(super) fn app(&self) -> &App {
        &self.app
    }

    /// What came by header.
    pub(super) fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Whose goods and orders it is about.
    pub(super) fn merchant(&self) -> Result<&str, Problem> {
        self.merchant_of(None).map(MerchantId::as_str)
    }

    /// Whose something is: the request's merchant where nothing else is known.
    pub(super) fn merchant_of<'a>(
        &'a self,
        known: Option<&'a MerchantId>,
    ) -> Result<&'a MerchantId, Problem> {
        match known {
            Some(merchant) => Ok(merchant),
            None => self.merchant.as_ref().map_err(Clone::clone),
        }
    }

    /// An order of the read model. Many at once are loaded together.
    pub(super) async fn order(
        &self,
        merchant: &MerchantId,
        id: OrderId,
    ) -> Result<Option<Arc<OrderRow>>, Problem> {
        self.orders.load_one((merchant.clone(), id)).await
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
}

/// An order, and whose it is.
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
            let rows = self.app.reading.orders_by_id(merchant.as_str(), &ids).await?;
            found.extend(rows.into_iter().map(|(id, row)| ((merchant.clone(), id), Arc::new(row))));
        }
        Ok(found)
    }
}
