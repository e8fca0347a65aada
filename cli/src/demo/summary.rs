//! The summary of a run, from the read models, the journal and the measured latencies.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use holdfast_api::app::App;
use holdfast_domain::values::{MerchantId, OrderId, Sku};
use holdfast_projections::{OrderFilter, OrderRow};
use holdfast_terminal::output::{self, Printer, decimal, number, per_second};
use holdfast_views::OrderView;
use serde::Serialize;

use super::driver::Statistics;
use super::error::DemoError;
use super::ledger::Ledger;
use crate::error::CliError;

/// Orders read per page.
const PAGE_SIZE: usize = 1_000;

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    pub seed: u64,
    orders_by_status: BTreeMap<&'static str, u64>,
    units_ordered: u64,
    units_shipped: u64,
    units_delivered: u64,
    units_cancelled: u64,
    units_left: i64,
    units_reserved: i64,
    refused_for_shortage: u64,
    cancelled_by_customer: u64,
    oversold: u64,
    commands: u64,
    seconds: f64,
    orders_per_second: f64,
    commands_per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    events: u64,
    verified: bool,
    example_order: Option<OrderId>,
    #[serde(skip)]
    pub most_popular: Option<Sku>,
}

impl Summary {
    pub async fn collect(
        app: &App,
        merchant: &MerchantId,
        statistics: &Statistics,
    ) -> Result<Self, CliError> {
        let ledger = Ledger::read(&*app.journal, merchant).await?;
        let (units_left, units_reserved) = ledger.totals();
        let milliseconds = |quantile: f64| {
            let microseconds = statistics.latencies.value_at_quantile(quantile);
            f64::from(u32::try_from(microseconds).unwrap_or(u32::MAX)) / 1_000.0
        };
        let mut summary = Self {
            units_left,
            units_reserved,
            refused_for_shortage: statistics.rejected,
            cancelled_by_customer: statistics.cancelled,
            oversold: ledger.oversold(),
            commands: statistics.latencies.len(),
            seconds: (statistics.elapsed.as_secs_f64() * 1_000.0).round() / 1_000.0,
            p50_ms: milliseconds(0.50),
            p99_ms: milliseconds(0.99),
            example_order: statistics.example,
            ..Self::default()
        };
        summary.events = app.wait_for_projections(merchant).await?;
        summary.count_orders(app, merchant).await?;
        let orders = summary.orders_by_status.values().sum::<u64>() + summary.refused_for_shortage;
        summary.orders_per_second = per_second(orders, statistics.elapsed);
        summary.commands_per_second = per_second(summary.commands, statistics.elapsed);
        Ok(summary)
    }

    async fn count_orders(&mut self, app: &App, merchant: &MerchantId) -> Result<(), CliError> {
        let all = OrderFilter::default();
        let mut after = None;
        loop {
            let page = app.queries.orders(merchant.as_str(), &all, after.as_deref(), PAGE_SIZE).await?;
            for order in page.items.iter().filter_map(OrderRow::view) {
                self.count(&order);
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    fn count(&mut self, order: &OrderView) {
        *self.orders_by_status.entry(order.status.name()).or_default() += 1;
        for line in &order.lines {
            self.units_ordered += line.ordered.quantity.units().number();
            self.units_shipped += line.shipped.number();
            self.units_delivered += line.delivered.number();
            self.units_cancelled += line.cancelled.number();
        }
    }

    /// Records the result of the journal's verification: the number of verified events, if there was no finding.
    pub fn set_verified(&mut self, events: Option<u64>) {
        self.verified = events == Some(self.events);
    }

    /// Fails if stock was oversold or the journal could not be verified.
    pub fn check(&self) -> Result<(), DemoError> {
        if self.oversold > 0 {
            return Err(DemoError::Oversold(self.oversold));
        }
        if self.verified { Ok(()) } else { Err(DemoError::NotVerified) }
    }

    pub fn show(&self, printer: &mut Printer) {
        let mut table = output::plain_table();
        for (status, count) in &self.orders_by_status {
            table.add_row(["orders", status, &number(*count)]);
        }
        let units = |units: i64| number(units.unsigned_abs());
        for (group, label, value) in [
            ("orders", "rejected for shortage", number(self.refused_for_shortage)),
            ("units", "ordered and accepted", number(self.units_ordered)),
            ("units", "shipped", number(self.units_shipped)),
            ("units", "delivered", number(self.units_delivered)),
            ("units", "cancelled", number(self.units_cancelled)),
            ("units", "left on hand", units(self.units_left)),
            ("promises", "oversold", number(self.oversold)),
            ("speed", "orders per second", decimal(self.orders_per_second)),
            ("speed", "commands per second", decimal(self.commands_per_second)),
            ("speed", "p50 of commands, ms", decimal(self.p50_ms)),
            ("speed", "p99 of commands, ms", decimal(self.p99_ms)),
            (
                "journal",
                if self.verified { "events, verified" } else { "events, NOT VERIFIED" },
                number(self.events),
            ),
        ] {
            table.add_row([group, label, &value]);
        }
        output::align_right(&mut table, &[2]);
        printer.line("");
        printer.table(&table);
        printer.line(format!("oversold {}", number(self.oversold)));
        if self.verified {
            printer.line(format!("journal verified: {} events", number(self.events)));
        }
    }

    /// Suggests next commands: for the store, if it is kept, and for its server, if there is one.
    pub fn show_next(&self, store: Option<&Path>, address: Option<SocketAddr>, printer: &mut Printer) {
        printer.line("\nNext:");
        let Some(store) = store else {
            printer.line("  holdfast demo --keep      run it again and explore the store afterwards");
            printer.line("  holdfast serve --help     create a store of your own");
            printer.line("  holdfast import --help    import your own orders");
            return;
        };
        let database = format!("--database sqlite:{}", store.display());
        if let Some(order) = self.example_order {
            printer.line(format!("  holdfast audit order {order} {database}"));
        }
        printer.line(format!("  holdfast verify {database}"));
        let Some(address) = address else {
            printer.line(format!("  holdfast serve {database}"));
            return;
        };
        if let Some(order) = self.example_order {
            printer.line(format!("  curl http://{address}/v1/orders/{order}"));
            printer.line(format!("  curl http://{address}/v1/orders/{order}/history"));
        }
        if let Some(sku) = &self.most_popular {
            printer.line(format!("  curl 'http://{address}/v1/availability?sku={sku}'"));
        }
    }
}
