//! The execution of commands on the aggregates of one merchant, in memory.
//!
//! A command reads and changes aggregates through its [`UnitOfWork`]. If required state is not in memory, the execution stops
//! with [`Stop::NotLoaded`]; the writer loads the state and executes the command again. Only the last execution has an effect.
//! The [order process](holdfast_domain::fulfillment) decides what follows from a change of an order.

mod amend_order;
pub(crate) mod cached_stream;
mod cart_reservations;
pub(crate) mod change_set;
mod create_order;
mod group;
mod merchant;
mod orders;
mod stock;
mod unit_of_work;

use holdfast_domain::Class;
use holdfast_domain::network::NetworkCommand;
use holdfast_domain::order::OrderCommand;
use holdfast_domain::policy::PolicyCommand;
use holdfast_domain::stock::StockCommand;
use holdfast_domain::values::Timestamp;

use self::orders::change;
use crate::answer::Refused;
use crate::command::{AnyCommand, command_table};

pub use group::GroupAnswer;
pub use orders::{ReturnAnswer, ShipmentAnswer};
pub use stock::{StockAnswer, StockReportAnswer, SupplyAnswer, TransferAnswer};

pub(crate) use unit_of_work::{Accepted, Needs, Stop, UnitOfWork};

macro_rules! define_execute {
    (
        api { $($rows:tt)* }
        background { $($own_rows:tt)* }
    ) => {
        define_execute! { @all $($rows)* $($own_rows)* }
    };
    (@all $($domain:ident::$name:ident: $policy:ident($($order:tt)*) => $($run:ident)::+;)*) => {
        /// Executes a command.
        pub(crate) fn execute(command: &AnyCommand, unit: &mut UnitOfWork<'_>) -> Result<Accepted, Stop> {
            check_not_after(command, unit.at)?;
            match command {
                $( AnyCommand::$name(command) => {
                    define_execute!(@run unit command $name ($($order)*) $($run)::+)
                } )*
                AnyCommand::Group(group) => group::execute_all(unit, group),
            }
        }
    };
    (@run $unit:ident $command:ident $name:ident ($($order:tt)*) decide) => {
        change($unit, $command.$($order)*, &OrderCommand::$name((**$command).clone()))
    };
    (@run $unit:ident $command:ident $name:ident ($($order:tt)*) decide_at) => {
        change($unit, $command.$($order)*, &OrderCommand::$name((**$command).clone(), $unit.at))
    };
    (@run $unit:ident $command:ident $name:ident () report_stock_at) => {{
        let report = StockCommand::$name((**$command).clone(), $unit.at);
        stock::report_at($unit, &$command.sku, &$command.location, &report)
    }};
    (@run $unit:ident $command:ident $name:ident () change_location) => {
        merchant::change_location($unit, &$command.location, &NetworkCommand::$name((**$command).clone()))
    };
    (@run $unit:ident $command:ident $name:ident () change_policy) => {
        merchant::change_policy($unit, &PolicyCommand::$name((**$command).clone()))
    };
    (@run $unit:ident $command:ident $name:ident ($($order:tt)*) $($function:ident)::+) => {
        $($function)::+($unit, $command)
    };
}

command_table!(define_execute);

/// Refuses a command whose `notAfter` has passed.
fn check_not_after(command: &AnyCommand, at: Timestamp) -> Result<(), Stop> {
    match command.not_after().filter(|last| at > *last) {
        Some(last) => {
            let message = format!("the command must be executed by {last}; the time is {at}");
            Err(Stop::Refused(Refused::new("command_expired", Class::Conflict, message).at("/notAfter")))
        }
        None => Ok(()),
    }
}
