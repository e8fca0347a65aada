//! Returns: announced, and received.

use holdfast_domain::order::{ReceiveReturn, RequestReturn};
use holdfast_domain::values::ReturnId;

use super::caller::{Answered, Call, InPath};
use super::orders;
use super::problem::Problem;

/// Announces that goods of an order come back.
pub(super) async fn request(InPath(id): InPath, call: Call) -> Answered {
    call.about("orderId", orders::known(id)?).send::<RequestReturn>().await
}

/// Records goods that came back.
pub(super) async fn receive(InPath(id): InPath, call: Call) -> Answered {
    call.about("returnId", known(id)?).send::<ReceiveReturn>().await
}

fn known(id: String) -> Result<String, Problem> {
    if id.parse::<ReturnId>().is_ok() {
        return Ok(id);
    }
    Err(Problem::unknown("unknown_return", format!("there is no return {id}")))
}
