//! Generates the bytes of each request, without JSON encoding while the load runs.

use std::fmt::Display;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use holdfast_commands::AnyCommand;
use holdfast_domain::order::CreateOrder;
use holdfast_domain::values::Reference;
use holdfast_load_model::random::{Random, Zipf, random};
use holdfast_load_model::{ModelError, OrderLife, SkuName, bulk_lines, simple, sku};
use rand::RngExt as _;

use crate::error::BenchError;

/// Number of SKUs of the wide demands.
pub const SKUS: u32 = 10_000;
/// Orders per bulk request.
const ORDERS_PER_REQUEST: u64 = 100;
/// In a mixed load, one request in this many is a read.
const READ_EVERY: u64 = 10;
/// The customer's reference in a template.
const CUSTOMER: &str = "CUSTOMER";

/// The distribution of orders over SKUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// One SKU.
    Hot,
    /// 10,000 SKUs, all equally often.
    Spread,
    /// 10,000 SKUs by Zipf's law.
    Zipf,
}

impl Demand {
    /// Number of SKUs.
    pub fn skus(self) -> u32 {
        if self == Self::Hot { 1 } else { SKUS }
    }
}

impl Display for Demand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Hot => "one hot SKU",
            Self::Spread => "10,000 SKUs evenly",
            Self::Zipf => "10,000 SKUs by Zipf's law",
        })
    }
}

/// The kinds of requests in a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One order per request.
    Single,
    /// 100 orders per request, one per line.
    Bulk,
    /// One order per request; one request in ten reads an order or an availability, in turn.
    Mixed,
}

impl Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Single => "one order per request",
            Self::Bulk => "100 orders per request",
            Self::Mixed => "one order per request, one request in ten a read",
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// The number of orders.
    Orders(u64),
    Read,
}

/// Chooses SKUs.
pub struct Choice {
    demand: Demand,
    random: Random,
    zipf: Option<Arc<Zipf>>,
}

impl Choice {
    pub fn new(demand: Demand) -> Result<Self, ModelError> {
        let zipf = if demand == Demand::Zipf { Some(Arc::new(Zipf::new(SKUS)?)) } else { None };
        Ok(Self { demand, random: random(1, 0), zipf })
    }

    /// The same demand with the pseudo-random sequence of a number.
    pub fn sequence(&self, number: u64) -> Self {
        Self { demand: self.demand, random: random(1, number), zipf: self.zipf.clone() }
    }

    /// The rank of the next SKU, counted from 0.
    pub fn rank(&mut self) -> usize {
        match &self.zipf {
            Some(zipf) => zipf.draw(&mut self.random),
            None => self.random.random_range(0..self.demand.skus() as usize),
        }
    }
}

/// An encoded command with placeholders.
struct Template(Vec<String>);

impl Template {
    fn new(text: &str, placeholders: &[&str]) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        for placeholder in placeholders {
            let (before, after) = rest.split_once(placeholder).unwrap_or((rest, ""));
            parts.push(before.to_owned());
            rest = after;
        }
        parts.push(rest.to_owned());
        Self(parts)
    }

    fn write(&self, values: &[&dyn Display], into: &mut Vec<u8>) {
        let mut values = values.iter();
        for part in &self.0 {
            into.extend_from_slice(part.as_bytes());
            if let Some(value) = values.next() {
                // Writing to memory cannot fail.
                let _ = write!(into, "{value}");
            }
        }
    }
}

/// Generates the requests of one connection.
pub struct Requests {
    host: SocketAddr,
    form: Form,
    choice: Choice,
    /// The prefix of the idempotency keys.
    key: String,
    requests: u64,
    orders: u64,
    /// The id of the last accepted order.
    last_order: Option<[u8; 36]>,
    order: Template,
    customer_order: Template,
    bulk_line: Template,
    body: Vec<u8>,
    bytes: Vec<u8>,
}

impl Requests {
    /// The number of the connection distinguishes its keys, which count upwards like the order numbers of a channel.
    pub fn new(host: SocketAddr, form: Form, choice: Choice, number: u64) -> Result<Self, BenchError> {
        let sku = sku(0)?;
        let order = simple::order(sku.clone())?;
        let customer_ref = Some(Reference::new(CUSTOMER)?);
        let customer_order = CreateOrder { customer_ref, ..order.clone() };
        let step = OrderLife::new(number).create(order.clone());
        let encode = |order: CreateOrder| -> Result<String, BenchError> {
            Ok(String::from_utf8_lossy(&AnyCommand::from(order).canonical()?).into_owned())
        };
        Ok(Self {
            host,
            form,
            choice,
            key: format!("bench-{number}-"),
            requests: number % READ_EVERY,
            orders: 0,
            last_order: None,
            order: Template::new(&encode(order)?, &[sku.as_str()]),
            customer_order: Template::new(&encode(customer_order)?, &[CUSTOMER, sku.as_str()]),
            bulk_line: Template::new(&bulk_lines([&step])?, &[&step.key, sku.as_str()]),
            body: Vec::with_capacity(16 << 10),
            bytes: Vec::with_capacity(16 << 10),
        })
    }

    /// The bytes of the prepared request.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Prepares the next request.
    pub fn prepare(&mut self) -> RequestKind {
        self.requests += 1;
        match self.form {
            Form::Bulk => self.prepare_bulk(),
            Form::Mixed if self.requests.is_multiple_of(READ_EVERY) => self.prepare_read(),
            Form::Single | Form::Mixed => {
                self.body.clear();
                self.order.write(&[&SkuName(self.choice.rank())], &mut self.body);
                self.prepare_order()
            }
        }
    }

    /// Prepares the only order of a customer, and returns the customer's reference.
    pub fn prepare_customer_order(&mut self) -> String {
        let customer = format!("{}{}", self.key, self.orders);
        self.body.clear();
        self.customer_order.write(&[&customer, &SkuName(self.choice.rank())], &mut self.body);
        self.prepare_order();
        customer
    }

    /// Prepares a GET request.
    pub fn prepare_get(&mut self, path: &str) {
        self.bytes.clear();
        let _ = write!(self.bytes, "GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.host);
    }

    /// Remembers the id of an accepted order for a later read.
    pub fn remember_order(&mut self, answer: &[u8]) {
        if self.form == Form::Mixed {
            self.last_order = order_id(answer).or(self.last_order);
        }
    }

    fn prepare_order(&mut self) -> RequestKind {
        let key = format!("idempotency-key: {}{}\r\n", self.key, self.orders);
        self.prepare_post("/v1/orders", "json", &key);
        self.orders += 1;
        RequestKind::Orders(1)
    }

    fn prepare_bulk(&mut self) -> RequestKind {
        self.body.clear();
        for _ in 0..ORDERS_PER_REQUEST {
            let key = format!("{}{}", self.key, self.orders);
            self.bulk_line.write(&[&key, &SkuName(self.choice.rank())], &mut self.body);
            self.orders += 1;
        }
        self.prepare_post("/v1/commands", "x-ndjson", "");
        RequestKind::Orders(ORDERS_PER_REQUEST)
    }

    fn prepare_read(&mut self) -> RequestKind {
        let is_order = (self.requests / READ_EVERY).is_multiple_of(2);
        match self.last_order.filter(|_| is_order) {
            Some(id) => self.prepare_get(&format!("/v1/orders/{}", String::from_utf8_lossy(&id))),
            None => {
                let sku = SkuName(self.choice.rank());
                self.prepare_get(&format!("/v1/availability?sku={sku}"));
            }
        }
        RequestKind::Read
    }

    /// Prepares a POST request with the body.
    fn prepare_post(&mut self, path: &str, subtype: &str, headers: &str) {
        self.bytes.clear();
        let _ = write!(
            self.bytes,
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/{subtype}\r\n{headers}\
             content-length: {}\r\n\r\n",
            self.host,
            self.body.len(),
        );
        self.bytes.extend_from_slice(&self.body);
    }
}

/// The first order id in an answer.
pub fn order_id(answer: &[u8]) -> Option<[u8; 36]> {
    const NAME: &[u8] = b"\"orderId\":\"";
    let start = memchr::memmem::find(answer, NAME)? + NAME.len();
    answer.get(start..start + 36)?.try_into().ok()
}

/// The number of orders that a bulk request created.
pub fn count_created(answer: &[u8]) -> u64 {
    memchr::memmem::find_iter(answer, b",\"status\":201,\"body\":").count() as u64
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn requests(form: Form, demand: Demand) -> Requests {
        let choice = Choice::new(demand).unwrap().sequence(7);
        Requests::new("127.0.0.1:80".parse().unwrap(), form, choice, 7).unwrap()
    }

    /// The head and the body of the prepared request, after a check of its length.
    fn head_and_body(requests: &Requests) -> (String, String) {
        let text = String::from_utf8(requests.bytes().to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        if let Some((_, rest)) = head.split_once("content-length: ") {
            let length = rest.split("\r\n").next().unwrap();
            assert_eq!(length.parse::<usize>().unwrap(), body.len());
        }
        (head.to_owned(), body.to_owned())
    }

    #[test]
    fn each_order_has_its_own_key_and_a_valid_body() {
        let mut requests = requests(Form::Single, Demand::Hot);
        for number in 0..3 {
            assert_eq!(requests.prepare(), RequestKind::Orders(1));
            let (head, body) = head_and_body(&requests);
            assert!(head.contains(&format!("idempotency-key: bench-7-{number}\r\n")), "{head}");
            let order: CreateOrder = serde_json::from_str(&body).unwrap();
            assert_eq!(order.lines[0].sku.as_str(), "SKU-00001");
        }
    }

    #[test]
    fn a_customer_order_names_the_customer() {
        let mut requests = requests(Form::Single, Demand::Hot);
        let customer = requests.prepare_customer_order();
        let order: CreateOrder = serde_json::from_str(&head_and_body(&requests).1).unwrap();
        assert_eq!(order.customer_ref.unwrap().as_str(), customer);
        assert_eq!(order.lines[0].sku.as_str(), "SKU-00001");
    }

    #[test]
    fn a_bulk_request_has_a_hundred_lines_with_their_own_keys() {
        let mut requests = requests(Form::Bulk, Demand::Spread);
        let mut keys = std::collections::BTreeSet::new();
        for _ in 0..2 {
            assert_eq!(requests.prepare(), RequestKind::Orders(100));
            for line in head_and_body(&requests).1.lines() {
                let line: Value = serde_json::from_str(line).unwrap();
                assert!(line["lines"][0]["sku"].as_str().unwrap().starts_with("SKU-"), "{line}");
                keys.insert(line["key"].as_str().unwrap().to_owned());
            }
        }
        assert_eq!(keys.len(), 200);
    }

    #[test]
    fn one_request_in_ten_reads_the_last_order_or_an_availability() {
        let mut requests = requests(Form::Mixed, Demand::Hot);
        let id = "01a1fee9-1bbb-79d2-9662-ecc0db51d811";
        let answer = format!("{{\"orderId\":\"{id}\",\"status\":\"reserved\"}}");
        let mut reads = Vec::new();
        for _ in 0..40 {
            if requests.prepare() == RequestKind::Read {
                reads.push(head_and_body(&requests).0.lines().next().unwrap().to_owned());
            } else {
                requests.remember_order(answer.as_bytes());
            }
        }
        let (order, stock) = (format!("GET /v1/orders/{id} "), "GET /v1/availability?sku=SKU-00001 ");
        assert_eq!(reads.len(), 4);
        assert!(reads.iter().step_by(2).all(|read| read.starts_with(stock)), "{reads:?}");
        assert!(reads.iter().skip(1).step_by(2).all(|read| read.starts_with(&order)), "{reads:?}");
    }

    #[test]
    fn wide_demands_use_all_skus_and_zipf_prefers_the_first() {
        for demand in [Demand::Spread, Demand::Zipf] {
            let mut choice = Choice::new(demand).unwrap().sequence(4);
            let mut counts = vec![0_u32; SKUS as usize];
            for _ in 0..100_000 {
                counts[choice.rank()] += 1;
            }
            // By Zipf's law, the first of 10,000 SKUs is one in 9.8.
            let first = if demand == Demand::Zipf { 9_000..11_000 } else { 0..60 };
            assert!(first.contains(&counts[0]), "{demand:?}: {}", counts[0]);
        }
    }

    #[test]
    fn only_created_orders_of_a_bulk_request_are_counted() {
        let answer = b"{\"key\":\"a\",\"status\":201,\"body\":{\"status\":\"reserved\"}}\n\
                       {\"key\":\"b\",\"status\":409,\"body\":{\"status\":409}}\n";
        assert_eq!(count_created(answer), 1);
        assert_eq!(order_id(b"{}"), None);
        assert_eq!(order_id(b"{\"orderId\":\"short\"}"), None);
    }
}
