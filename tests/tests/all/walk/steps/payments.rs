//! Steps on payments: authorize, confirm, fail, void, refund.

use serde_json::{Value, json};

use super::{Draft, Merchant, Step, id, supports};
use crate::walk::json::from_now;
use crate::walk::random::Random;

pub const STEPS: &[Step] = &[
    Step { operation: "ConfirmPayment", weight: 55, draft: confirm },
    Step { operation: "AuthorizePayment", weight: 10, draft: authorize },
    Step { operation: "FailPayment", weight: 6, draft: fail },
    Step { operation: "VoidPayment", weight: 5, draft: void },
    Step { operation: "RefundPayment", weight: 5, draft: refund },
];

fn unpaid<'a>(random: &mut Random, merchant: &'a Merchant) -> Option<&'a Value> {
    merchant.order(random, |order| {
        order["payment"] == "required" && order["statusAxes"]["payment"] != "confirmed"
    })
}

fn payment(random: &mut Random) -> Value {
    format!("payment-{}", random.below(2)).into()
}

fn confirm(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let order = unpaid(random, merchant)?;
    Some(Draft::with_id("orderId", id(order), json!({ "paymentRef": payment(random) })))
}

fn authorize(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let order = unpaid(random, merchant)?;
    let until = from_now(random.between(0, 3) * 1_000_000);
    Some(Draft::with_id(
        "orderId",
        id(order),
        json!({ "paymentRef": payment(random), "authorizedUntil": until }),
    ))
}

fn fail(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let order = unpaid(random, merchant)?;
    Some(Draft::with_id("orderId", id(order), json!({ "reason": "declined" })))
}

fn void(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let order = merchant.order(random, |order| supports(order, "void-payment"))?;
    Some(Draft::with_id("orderId", id(order), json!({ "reason": "refunded" })))
}

fn refund(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let order = merchant.order(random, |order| supports(order, "refund-payment"))?;
    let refund = format!("refund-{}", random.below(3));
    Some(Draft::with_id("orderId", id(order), json!({ "refundRef": refund, "amount": "1.00" })))
}
