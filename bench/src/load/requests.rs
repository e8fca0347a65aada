//! What is asked: the bytes of each request, put together without allocating anew.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use holdfast_load_model::random::{Random, Zipf};

/// How many SKUs there are to order.
pub const SKUS: u32 = 10_000;

/// How many orders a bulk request carries.
pub const ORDERS_A_REQUEST: u64 = 100;

/// One request in so many is a read, where some are.
const READ_EVERY: u64 = 10;

/// Which SKU an order is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Always the same.
    Hot,
    /// Each as often as every other.
    Spread,
    /// The second half as often as the first, and so on.
    Zipf,
}

impl Demand {
    /// How many SKUs are ordered.
    pub fn skus(self) -> u32 {
        match self {
            Self::Hot => 1,
            Self::Spread | Self::Zipf => SKUS,
        }
    }
}

/// In what requests orders are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One order a request.
    Single,
    /// A hundred orders a request, a line each.
    Bulk,
    /// One order a request, and one request in ten a read: of an order and of what is available in turn.
    Mixed,
}

/// What a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// So many orders.
    Orders(u64),
    /// Nothing that changes anything.
    Read,
}

/// A SKU by its rank, counted from 0.
pub fn sku(rank: usize) -> String {
    format!("SKU-{:05}", rank + 1)
}

/// Chooses SKUs.
pub struct Choice {
    demand: Demand,
    random: Random,
    zipf: Option<Arc<Zipf>>,
}

impl Choice {
    /// A sequence of its own for each number.
    pub fn new(demand: Demand, number: u64) -> Self {
        let zipf = (demand == Demand::Zipf).then(|| Arc::new(Zipf::new(SKUS)));
        Self { demand, random: Random::new(1, number), zipf }
    }

    /// The same demand, and another sequence.
    pub fn another(&self, number: u64) -> Self {
        Self { demand: self.demand, random: Random::new(1, number), zipf: self.zipf.clone() }
    }

    /// The next rank, counted from 0.
    pub fn rank(&mut self) -> usize {
        match (self.demand, &self.zipf) {
            (Demand::Hot, _) => 0,
            (Demand::Zipf, Some(zipf)) => zipf.draw(&mut self.random),
            (Demand::Spread | Demand::Zipf, _) => self.random.below(SKUS as usize),
        }
    }
}

/// Writes the requests of one connection.
pub struct Requests {
    host: SocketAddr,
    form: Form,
    choice: Choice,
    /// What the keys of this connection begin with.
    key: String,
    made: u64,
    orders: u64,
    /// The id of the order that was taken last.
    last_order: Option<[u8; 36]>,
    body: Vec<u8>,
    text: Vec<u8>,
}

impl Requests {
    /// Of a connection by its number. Keys are its own and count upwards, as order numbers of a channel do.
    pub fn new(host: SocketAddr, form: Form, choice: Choice, number: u64) -> Self {
        Self {
            host,
            form,
            choice,
            key: format!("bench-{number}-"),
            made: number % READ_EVERY,
            orders: 0,
            last_order: None,
            body: Vec::with_capacity(16 << 10),
            text: Vec::with_capacity(16 << 10),
        }
    }

    /// The bytes of the request that was made last.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Puts the next request together.
    pub fn next(&mut self) -> Asked {
        self.made += 1;
        match self.form {
            Form::Bulk => self.bulk(),
            Form::Mixed if self.made.is_multiple_of(READ_EVERY) => self.read(),
            Form::Single | Form::Mixed => self.order(""),
        }
    }

    /// Puts an order together that can be found by its customer, whose name it gives.
    pub fn order_of_a_customer(&mut self) -> String {
        let customer = format!("{}{}", self.key, self.orders);
        self.order(&format!("\"customerRef\":\"{customer}\","));
        customer
    }

    /// Puts together the question for a customer's orders, to be answered once they are known up to a position.
    pub fn orders_of(&mut self, customer: &str, position: u64) {
        self.get(&format!("/v1/orders?customerRef={customer}&minPosition={position}&limit=1"));
    }

    /// Remembers an order that was taken, to read it later.
    pub fn taken(&mut self, answer: &[u8]) {
        if self.form == Form::Mixed {
            self.last_order = order_id(answer).or(self.last_order);
        }
    }

    fn order(&mut self, more: &str) -> Asked {
        let sku = self.choice.rank() + 1;
        self.body.clear();
        // Nothing that is written into memory fails.
        let _ = write!(
            self.body,
            "{{\"channel\":\"web\",{more}\"payment\":\"not_required\",\
             \"lines\":[{{\"sku\":\"SKU-{sku:05}\",\"quantity\":1}}]}}"
        );
        self.text.clear();
        let _ = write!(
            self.text,
            "POST /v1/orders HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             idempotency-key: {}{}\r\ncontent-length: {}\r\n\r\n",
            self.host,
            self.key,
            self.orders,
            self.body.len(),
        );
        self.text.extend_from_slice(&self.body);
        self.orders += 1;
        Asked::Orders(1)
    }

    fn bulk(&mut self) -> Asked {
        self.body.clear();
        for _ in 0..ORDERS_A_REQUEST {
            let sku = self.choice.rank() + 1;
            let _ = writeln!(
                self.body,
                "{{\"key\":\"{}{}\",\"command\":\"CreateOrder\",\"channel\":\"web\",\
                 \"payment\":\"not_required\",\"lines\":[{{\"sku\":\"SKU-{sku:05}\",\"quantity\":1}}]}}",
                self.key, self.orders,
            );
            self.orders += 1;
        }
        self.text.clear();
        let _ = write!(
            self.text,
            "POST /v1/commands HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-ndjson\r\n\
             content-length: {}\r\n\r\n",
            self.host,
            self.body.len(),
        );
        self.text.extend_from_slice(&self.body);
        Asked::Orders(ORDERS_A_REQUEST)
    }

    fn read(&mut self) -> Asked {
        let order = (self.made / READ_EVERY).is_multiple_of(2).then_some(self.last_order).flatten();
        match order {
            Some(id) => self.get(&format!("/v1/orders/{}", String::from_utf8_lossy(&id))),
            None => {
                let sku = sku(self.choice.rank());
                self.get(&format!("/v1/availability?sku={sku}"));
            }
        }
        Asked::Read
    }

    fn get(&mut self, path: &str) {
        self.text.clear();
        let _ = write!(self.text, "GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.host);
    }
}

/// The id that an order's answer begins with.
pub fn order_id(answer: &[u8]) -> Option<[u8; 36]> {
    const NAME: &[u8] = b"\"orderId\":\"";
    let begins = memchr::memmem::find(answer, NAME)? + NAME.len();
    answer.get(begins..begins + 36)?.try_into().ok()
}

/// How many commands of a bulk request were granted as something new.
pub fn created(answer: &[u8]) -> u64 {
    memchr::memmem::find_iter(answer, b",\"status\":201,\"body\":").count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(form: Form, demand: Demand) -> Requests {
        Requests::new("127.0.0.1:80".parse().unwrap(), form, Choice::new(demand, 7), 7)
    }

    /// What a server would read: the headers that matter, and the body.
    fn body(requests: &Requests) -> (String, String) {
        let text = String::from_utf8(requests.text().to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        if let Some((_, rest)) = head.split_once("content-length: ") {
            let length = rest.split("\r\n").next().unwrap();
            assert_eq!(length.parse::<usize>().unwrap(), body.len());
        }
        (head.to_owned(), body.to_owned())
    }

    #[test]
    fn each_order_has_a_key_of_its_own_and_a_body_that_is_read() {
        let mut requests = requests(Form::Single, Demand::Hot);
        for number in 0..3 {
            assert_eq!(requests.next(), Asked::Orders(1));
            let (head, body) = body(&requests);
            assert!(head.contains(&format!("idempotency-key: bench-7-{number}\r\n")), "{head}");
            let body: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert_eq!(body["lines"][0]["sku"], "SKU-00001");
        }
    }

    #[test]
    fn a_bulk_request_has_a_hundred_lines_with_keys_of_their_own() {
        let mut requests = requests(Form::Bulk, Demand::Spread);
        let mut keys = std::collections::BTreeSet::new();
        for _ in 0..2 {
            assert_eq!(requests.next(), Asked::Orders(100));
            for line in body(&requests).1.lines() {
                let line: serde_json::Value = serde_json::from_str(line).unwrap();
                keys.insert(line["key"].as_str().unwrap().to_owned());
            }
        }
        assert_eq!(keys.len(), 200);
    }

    #[test]
    fn one_request_in_ten_is_a_read_and_asks_for_what_was_taken() {
        let mut requests = requests(Form::Mixed, Demand::Hot);
        let id = "01a1fee9-1bbb-79d2-9662-ecc0db51d811";
        let answer = format!("{{\"orderId\":\"{id}\",\"status\":\"reserved\"}}");
        let mut reads = Vec::new();
        for _ in 0..40 {
            if requests.next() == Asked::Read {
                reads.push(body(&requests).0.lines().next().unwrap().to_owned());
            } else {
                requests.taken(answer.as_bytes());
            }
        }
        let (order, stock) = (format!("GET /v1/orders/{id} "), "GET /v1/availability?sku=SKU-00001 ");
        assert_eq!(reads.len(), 4);
        assert!(reads.iter().step_by(2).all(|read| read.starts_with(stock)), "{reads:?}");
        assert!(reads.iter().skip(1).step_by(2).all(|read| read.starts_with(&order)), "{reads:?}");
    }

    #[test]
    fn demand_over_all_skus_stays_within_them() {
        for demand in [Demand::Spread, Demand::Zipf] {
            let mut choice = Choice::new(demand, 3).another(4);
            let mut counts = vec![0_u32; SKUS as usize];
            for _ in 0..100_000 {
                counts[choice.rank()] += 1;
            }
            // By Zipf's law the first of ten thousand is one in 9.8.
            let first = if demand == Demand::Zipf { 9_000..11_000 } else { 0..60 };
            assert!(first.contains(&counts[0]), "{demand:?}: {}", counts[0]);
        }
    }

    #[test]
    fn only_what_was_granted_as_new_counts() {
        let answer = b"{\"key\":\"a\",\"status\":201,\"body\":{\"status\":\"reserved\"}}\n\
                       {\"key\":\"b\",\"status\":409,\"body\":{\"status\":409}}\n";
        assert_eq!(created(answer), 1);
        assert_eq!(order_id(b"{}"), None);
        assert_eq!(order_id(b"{\"orderId\":\"short\"}"), None);
    }
}
