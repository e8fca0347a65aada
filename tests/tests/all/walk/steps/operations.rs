//! Operations on read models while commands are sent.

use serde_json::json;

use super::{Draft, Merchant, Step};
use crate::walk::random::Random;

pub const STEPS: &[Step] = &[
    Step { operation: "RebuildProjection", weight: 4, draft: about_projection },
    Step { operation: "VerifyProjection", weight: 4, draft: about_projection },
    Step { operation: "RollBackProjection", weight: 1, draft: about_build },
    Step { operation: "DropProjectionBuild", weight: 1, draft: about_build },
    Step { operation: "RetryParkedStreams", weight: 1, draft: about_projection },
];

fn about_projection(random: &mut Random, _: &Merchant) -> Option<Draft> {
    let name = random.pick(&["order_status", "availability", "cart_reservations", "metrics", "causation"]);
    Some(Draft::with_id("projection", name, json!({})))
}

fn about_build(random: &mut Random, merchant: &Merchant) -> Option<Draft> {
    let mut draft = about_projection(random, merchant)?;
    draft.query = format!("?generation={}", random.between(1, 4));
    Some(draft)
}
