//! The walk of one merchant: generates, sends and checks requests, until all are sent and no work is due.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::actions;
use super::answers;
use super::checks::{self, liveness};
use super::client::{Answer, Client, Request};
use super::feed::{Decision, Feed};
use super::json::list;
use super::log::Log;
use super::openapi::{BULK, Operations};
use super::random::Random;
use super::steps::{self, Draft, LOCATIONS, Merchant, SKUS, Step};
use super::violations::Violations;

/// The number of commands of the first merchant between two operations on read models.
const OPERATION_EVERY: usize = 25;
/// The number of commands between two reads of the feed.
const READ_FEED_EVERY: usize = 5;
/// The path of promises.
const PROMISES: &str = "/v1/promises";
/// Percentages of commands that get an additional check.
const DRY_RUNS: usize = 12;
const READS: usize = 12;
const REPLAYS: usize = 6;
const ACTIONS: usize = 2;
/// The number of answers that are remembered for replays.
const KEPT_ANSWERS: usize = 200;
/// How long the process manager may take for due work when no commands are sent.
const QUIESCENCE_TIMEOUT: Duration = Duration::from_secs(15);
/// Deadlines within this many microseconds are awaited.
const DUE_SOON: i64 = 10_000_000;

/// The state that the walks of all merchants share.
#[derive(Debug)]
pub struct Shared {
    pub address: String,
    pub seed: u64,
    pub operations: Operations,
}

pub struct Walker {
    shared: Arc<Shared>,
    number: usize,
    client: Client,
    feed: Feed,
    merchant: Merchant,
    pub violations: Violations,
    log: Log,
    answers: VecDeque<(String, (Request, Answer))>,
    /// Answers about orders whose events have not been read yet.
    unread: Vec<Value>,
    /// Sent and accepted commands, by operation.
    pub sent: BTreeMap<String, (usize, usize)>,
}

impl Walker {
    pub fn new(shared: &Arc<Shared>, number: usize) -> Self {
        let name = format!("walk-{number}");
        Self {
            shared: Arc::clone(shared),
            number,
            client: Client::new(&shared.address, &name),
            feed: Feed::default(),
            merchant: Merchant { name, ..Merchant::default() },
            violations: Violations::default(),
            log: Log::default(),
            answers: VecDeque::new(),
            unread: Vec::new(),
            sent: BTreeMap::new(),
        }
    }

    pub fn name(&self) -> &str {
        &self.merchant.name
    }

    /// The number of events by type.
    pub fn happened(&self) -> impl Iterator<Item = (&String, &usize)> {
        self.merchant.model.happened.iter()
    }

    /// The events of an order, a line each. Empty if the id names none.
    pub async fn history(&self, order: &str) -> String {
        let history = self.client.get(&format!("/v1/orders/{order}/history")).await;
        list(&history.body, "items").iter().map(|item| format!("    {item}\n")).collect()
    }

    /// Sends a number of commands and waits until no work is due.
    pub async fn walk(&mut self, commands: usize) {
        self.open_shop().await;
        let steps = steps::steps();
        for index in 0..commands {
            let mut random = Random::of_request(self.shared.seed, self.number, index);
            let key = format!("k{index}");
            if self.number == 0 && index % OPERATION_EVERY == 0 {
                let step = *steps::choose(&mut random, steps::operations());
                let draft = (step.draft)(&mut random, &self.merchant).expect("operations need nothing");
                self.command(&mut random, &key, step.operation, draft).await;
            } else if random.chance(2) {
                self.bulk(&mut random, &key, &steps).await;
            } else {
                let (operation, draft) = self.choose(&mut random, &steps);
                self.command(&mut random, &key, operation, draft).await;
            }
            if index % READ_FEED_EVERY == 0 {
                self.read_feed().await;
            }
        }
        self.settle().await;
        self.check_availability().await;
    }

    /// Registers three locations, receives units of six SKUs, and sets policies.
    async fn open_shop(&mut self) {
        let mut random = Random::of_request(self.shared.seed, self.number, usize::MAX);
        let merchant = Draft::with_id("merchant", &self.merchant.name, json!({}));
        let mut drafts = vec![("RegisterMerchant", merchant)];
        drafts.extend(LOCATIONS.map(|location| ("RegisterLocation", steps::location(&mut random, location))));
        for sku in SKUS {
            for location in LOCATIONS {
                let quantity = random.between(1, 15);
                let receipt = json!({ "sku": sku, "location": location, "quantity": quantity });
                drafts.push(("ReceiveStock", Draft::new(receipt)));
            }
        }
        drafts.push(("SetStockPolicy", steps::bundle(&mut random)));
        drafts.push(("SetMerchantPolicy", Draft::new(steps::policy(&mut random))));
        for (index, (operation, draft)) in drafts.into_iter().enumerate() {
            let request = self.shared.operations.request(operation, draft);
            let answer = self.send(&format!("open-{index}"), &request).await;
            assert!(answer.is_accepted(), "{request:?}: {answer:?}");
        }
        self.read_feed().await;
    }

    /// A random step that has an object to act on.
    fn choose(&self, random: &mut Random, steps: &[Step]) -> (&'static str, Draft) {
        loop {
            let step = steps::choose(random, steps);
            if let Some(draft) = (step.draft)(random, &self.merchant) {
                return (step.operation, draft);
            }
        }
    }

    /// Sends one command, and checks its answer in randomly chosen ways.
    async fn command(&mut self, random: &mut Random, key: &str, operation: &str, draft: Draft) {
        let request = self.shared.operations.request(operation, draft);
        if request.body["force"] == true {
            self.merchant.model.forced.insert(key.to_owned());
        }
        let is_promise = request.path == PROMISES;
        // Operations on read models, and promises, have no dry run and no keys.
        let is_command = !is_promise && !request.path.starts_with("/v1/projections");
        let mut dry = None;
        if is_promise {
            self.read_feed().await;
            let order = self.shared.operations.request("CreateOrder", answers::promised_order(&request));
            let sent_at = jiff::Timestamp::now().as_microsecond();
            dry = Some((sent_at, self.client.send(&order, key, true).await));
        }
        if is_command && random.chance(DRY_RUNS) {
            self.read_feed().await;
            let sent_at = jiff::Timestamp::now().as_microsecond();
            dry = Some((sent_at, self.client.send(&request, key, true).await));
        }
        let real = self.send(key, &request).await;
        if let Some((sent_at, dry)) = dry {
            let now = jiff::Timestamp::now().as_microsecond();
            let is_due = liveness::is_something_due(&self.merchant.model, sent_at, now);
            let decisions = self.read_feed().await;
            if !is_due && !answers::has_interfered(&decisions) {
                let check = if is_promise { answers::check_promise } else { answers::check_dry_run };
                check(&request, &dry, &real, &mut self.violations);
            }
        }
        // Later than the comparison, which needs every decision since the dry run.
        if real.code() == "insufficient_stock" {
            self.read_feed().await;
            answers::check_shortage(&self.merchant.model, &request, &real, &mut self.violations);
        }
        if real.code() == "stock_changed" {
            self.read_feed().await;
            answers::check_expected(&self.merchant.model, &request, &real, &mut self.violations);
        }
        if real.body["orderId"].is_string() && random.chance(READS) {
            self.check_order(&real.body).await;
        }
        if is_command {
            self.keep(key, request, real);
            self.check_kept(random).await;
        }
        if random.chance(ACTIONS)
            && let Some(id) =
                random.any(&self.merchant.orders[self.merchant.orders.len().saturating_sub(25)..])
        {
            actions::check(&self.client, id, &mut self.violations).await;
        }
        self.explain();
    }

    async fn send(&mut self, key: &str, request: &Request) -> Answer {
        let answer = self.client.send(request, key, false).await;
        self.learn(key, request, &answer);
        answer
    }

    /// Remembers an answer.
    fn learn(&mut self, key: &str, request: &Request, answer: &Answer) {
        self.log.add(key, request, answer);
        let count = self.sent.entry(request.operation.clone()).or_default();
        count.0 += 1;
        count.1 += usize::from(answer.is_accepted());
        self.violations
            .check("the server does not fail", answer.status < 500, || format!("{request:?}: {answer:?}"));
        if answer.is_accepted() {
            self.merchant.learn(&answer.body);
            if answer.body["fulfillmentOrders"].is_array() {
                self.unread.push(answer.body.clone());
            }
        }
    }

    /// Sends several commands as one bulk request: each must be answered as if it were alone.
    async fn bulk(&mut self, random: &mut Random, key: &str, steps: &[Step]) {
        let mut requests = Vec::new();
        for index in 0..random.between(2, 8) {
            let (operation, draft) = self.choose(random, steps);
            let request = self.shared.operations.request(operation, draft);
            if request.path == PROMISES {
                continue;
            }
            let key = format!("{key}-{index}");
            if request.body["force"] == true {
                self.merchant.model.forced.insert(key.clone());
            }
            // The version is a header, which single commands of a bulk request do not have.
            requests.push((key, Request { if_match: None, ..request }));
        }
        let body: Vec<Value> = requests.iter().map(|(key, request)| in_bulk(key, request)).collect();
        let draft = Draft::new(body.into());
        let bulk = self.shared.operations.request(BULK, draft);
        let answer = self.client.send(&bulk, key, false).await;
        self.log.add(key, &bulk, &answer);
        let answers = answer.body.as_array().cloned().unwrap_or_default();
        self.violations.check(
            "every command of a bulk request is answered",
            answers.len() == requests.len(),
            || format!("{bulk:?}: {answer:?}"),
        );
        let count = self.sent.entry(BULK.to_owned()).or_default();
        *count = (count.0 + 1, count.1 + usize::from(answer.is_accepted()));
        for ((key, request), one) in requests.iter().zip(answers) {
            let status = one["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(0);
            let one =
                Answer { status, body: one["body"].clone(), replayed: false, position: answer.position };
            self.learn(key, request, &one);
            self.keep(key, request.clone(), one);
        }
        self.explain();
    }

    /// Remembers an answer that the server has stored. Malformed requests are not decided, so not stored.
    fn keep(&mut self, key: &str, request: Request, answer: Answer) {
        if answer.status == 400 {
            return;
        }
        if self.answers.len() == KEPT_ANSWERS {
            self.answers.pop_front();
        }
        self.answers.push_back((key.to_owned(), (request, answer)));
    }

    /// Repeats an earlier request. A request without a key would be a new one, so only POST is repeated.
    async fn check_kept(&mut self, random: &mut Random) {
        if !random.chance(REPLAYS) || self.answers.is_empty() {
            return;
        }
        let (key, sent) = &self.answers[random.below(self.answers.len())];
        answers::check_replay(&self.client, key, sent, &mut self.violations).await;
    }

    async fn check_order(&mut self, answered: &Value) {
        if !answered["fulfillmentOrders"].is_array() {
            return;
        }
        let read = answers::check_read(&self.client, answered, &mut self.violations).await;
        self.read_feed().await;
        if let Some(order) = read["orderId"].as_str().and_then(|id| self.merchant.model.orders.get(id)) {
            answers::check_quantities(order, &read, &mut self.violations);
        }
        self.merchant.learn(&read);
    }

    /// Folds and checks all new events.
    async fn read_feed(&mut self) -> Vec<Decision> {
        let decisions = self.feed.read(&self.client).await;
        for decision in &decisions {
            checks::follow(&mut self.merchant.model, decision, &mut self.violations);
            let is_named =
                decision.events.iter().any(|event| event.data.to_string().contains(steps::CUSTOMER));
            self.violations
                .check("no event contains the name of the customer", !is_named, || format!("{decision:?}"));
        }
        for answered in std::mem::take(&mut self.unread) {
            let order = answered["orderId"].as_str().and_then(|id| self.merchant.model.orders.get(id));
            if let Some(order) = order {
                answers::check_position(order, &answered, &mut self.violations);
            }
        }
        self.explain();
        decisions
    }

    /// Adds the last commands to new violations.
    fn explain(&mut self) {
        if self.violations.take_unexplained() {
            self.violations.explain(&self.log.tell());
        }
    }

    /// Waits until no work is due. Work that stays due while no events arrive is a violation.
    async fn settle(&mut self) {
        let mut quiet_since = Instant::now();
        loop {
            if !self.read_feed().await.is_empty() {
                quiet_since = Instant::now();
            }
            let now = jiff::Timestamp::now().as_microsecond();
            let since = now - liveness::DUE_TOLERANCE;
            let is_due = liveness::is_something_due(&self.merchant.model, since, now + DUE_SOON);
            let unfinished = liveness::unfinished(&self.merchant.model, now);
            if unfinished.is_empty() && !is_due {
                return;
            }
            if quiet_since.elapsed() > QUIESCENCE_TIMEOUT {
                self.violations.merge(unfinished);
                self.violations
                    .check("time brings what is due", !is_due, || "nothing happened at all".to_owned());
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Checks that availability equals the fold of the feed.
    async fn check_availability(&mut self) {
        let skus: Vec<String> = SKUS.iter().map(|sku| format!("sku={sku}")).collect();
        let read = loop {
            let position = self.merchant.model.position;
            let path = format!("/v1/availability?{}&minPosition={position}", skus.join("&"));
            let read = self.client.get(&path).await;
            // The answer may include a decision that the process manager has caused since the feed was read.
            if self.read_feed().await.is_empty() {
                break read;
            }
        };
        for item in list(&read.body, "items") {
            let sku = item["sku"].as_str().expect("a SKU");
            let level = self.merchant.model.items.get(sku).map_or("out", |item| item.availability_level());
            self.violations.check("read stock has the level of its events", item["level"] == level, || {
                format!("{sku} is {level} by the events, read {}", item["level"])
            });
            for there in list(item, "locations") {
                let location = there["location"].as_str().expect("a location");
                let level = self.merchant.model.items[sku].level(location);
                let expected = json!([
                    level.on_hand,
                    level.reserved,
                    level.earmarked,
                    level.safety_stock,
                    level.quarantine,
                    level.damaged,
                    level.available()
                ]);
                let names =
                    ["onHand", "reserved", "earmarked", "safetyStock", "quarantine", "damaged", "available"];
                let read: Value = names.iter().map(|name| there[*name].clone()).collect();
                self.violations.check(
                    "read stock has the quantities of its events",
                    read == expected,
                    || format!("{sku} at {location}: {names:?} are {expected} by the events, read {read}"),
                );
            }
        }
    }
}

/// A request as one command of a bulk request.
fn in_bulk(key: &str, request: &Request) -> Value {
    let mut body = request.body.clone();
    let fields = body.as_object_mut().expect("a body is an object");
    fields.insert("key".to_owned(), key.into());
    fields.insert("command".to_owned(), request.operation.clone().into());
    for (name, id) in request.ids.iter().filter(|(name, _)| *name != "merchant") {
        fields.insert((*name).to_owned(), id.clone().into());
    }
    body
}
