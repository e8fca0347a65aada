//! Several nodes with links to each other: one writes, the others forward commands.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use async_trait::async_trait;
use holdfast_journal::{LeaseStore as _, Node};
use tokio::sync::mpsc;

use super::faulty_journal::{Fault, FaultyJournal};
use super::*;
use crate::{LINK_QUEUE, Link, Membership, PeerGone, Peers};

/// The network between the nodes of a test.
#[derive(Default)]
pub(super) struct Network {
    nodes: Mutex<HashMap<String, Commands>>,
    opened: AtomicUsize,
    /// Whether new links fail.
    cut: AtomicBool,
    links: Mutex<Vec<tokio::task::AbortHandle>>,
}

impl Network {
    /// Breaks every link. While `cut` is set, new links fail.
    pub(super) fn break_links(&self, cut: bool) {
        self.cut.store(cut, Ordering::SeqCst);
        self.links.lock().unwrap().drain(..).for_each(|link| link.abort());
    }

    pub(super) fn node(
        network: &Arc<Self>,
        name: &str,
        journal: Arc<dyn Journal>,
        settings: Settings,
    ) -> Fixture {
        let clock = Arc::new(TestClock::default());
        clock.set(1_000_000);
        let peers: Arc<dyn Peers> = Arc::new(NetworkPeers(Arc::clone(network)));
        let node = Node { id: name.into(), address: name.into() };
        let membership = Membership { node, peers };
        let commands =
            Commands::start_node(Arc::clone(&journal), vault(), clock.clone(), settings, membership);
        network.nodes.lock().unwrap().insert(name.to_owned(), commands.clone());
        Fixture { journal, commands, clock }
    }
}

struct NetworkPeers(Arc<Network>);

/// Carries messages in one direction until the link breaks.
async fn carry(mut from: mpsc::Receiver<Vec<u8>>, to: mpsc::Sender<Vec<u8>>) {
    while let Some(message) = from.recv().await {
        if to.send(message).await.is_err() {
            return;
        }
    }
}

#[async_trait]
impl Peers for NetworkPeers {
    async fn open(&self, address: &str) -> Result<Link, PeerGone> {
        let gone = || PeerGone { address: address.to_owned(), reason: "scripted".to_owned() };
        let network = &self.0;
        if network.cut.load(Ordering::SeqCst) {
            return Err(gone());
        }
        let node = network.nodes.lock().unwrap().get(address).cloned().ok_or_else(gone)?;
        network.opened.fetch_add(1, Ordering::SeqCst);
        let (request_in, request_out) = mpsc::channel(LINK_QUEUE);
        let (served_in, served_out) = mpsc::channel(LINK_QUEUE);
        let (reply_in, reply_out) = mpsc::channel(LINK_QUEUE);
        let (received_in, received_out) = mpsc::channel(LINK_QUEUE);
        let mut links = network.links.lock().unwrap();
        links.push(tokio::spawn(carry(request_out, served_in)).abort_handle());
        links.push(tokio::spawn(carry(reply_out, received_in)).abort_handle());
        tokio::spawn(async move { node.serve_peer(Link { outgoing: reply_in, incoming: served_out }).await });
        Ok(Link { outgoing: request_in, incoming: received_out })
    }
}

async fn two_nodes(journal: Arc<dyn Journal>) -> (Arc<Network>, Fixture, Fixture) {
    let network = Arc::new(Network::default());
    let first = Network::node(&network, "first", Arc::clone(&journal), Settings::default());
    let second = Network::node(&network, "second", journal, Settings::default());
    first.stock_up().await;
    (network, first, second)
}

#[tokio::test(start_paused = true)]
async fn a_node_without_the_lease_forwards_commands_and_returns_the_answer() {
    let (network, first, second) = two_nodes(Arc::new(MemoryJournal::new())).await;
    let reply = second.send("CreateOrder", "k", order("A", 2)).await;
    let created = accepted(&reply);
    assert_eq!(network.opened.load(Ordering::SeqCst), 1, "the command was forwarded");
    assert_eq!(created["lines"][0]["reserved"], 2);
    assert!(!is_replay(&reply));

    let again = first.send("CreateOrder", "k", order("A", 2)).await;
    assert!(is_replay(&again));
    assert_eq!(body(&again), body(&reply), "both nodes give the same answer");
    let other = second.send("CreateOrder", "k", order("A", 3)).await;
    assert_eq!(other, Reply::KeyReused);
    assert_eq!(refused(&second.send("CreateOrder", "k2", order("A", 99)).await), "insufficient_stock");
    let batches = first.journal.batches("default", 0, 1_000).await.unwrap();
    assert!(batches.iter().all(|batch| batch.epoch == batches[0].epoch), "one node wrote all batches");
    second.verify().await;
}

#[tokio::test(start_paused = true)]
async fn lookups_of_keys_are_forwarded_to_the_writing_node() {
    let (_network, first, second) = two_nodes(Arc::new(MemoryJournal::new())).await;
    let reply = first.send("CreateOrder", "k", order("A", 1)).await;
    let key = |name: &str| OutcomeKey { sender: "tester".into(), key: name.into() };
    let found = second.commands.state_of(&merchant(), key("k")).await.unwrap();
    let crate::CommandState::Answered(answer) = found else { panic!("{found:?}") };
    assert_eq!(answer.body, body(&reply));
    let unknown = second.commands.state_of(&merchant(), key("other")).await.unwrap();
    assert_eq!(unknown, crate::CommandState::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_cannot_reach_the_lease_holder_writes_without_the_lease() {
    let (network, first, second) = two_nodes(Arc::new(MemoryJournal::new())).await;
    network.break_links(true);
    for number in 0..3 {
        for (fixture, name) in [(&first, "first"), (&second, "second")] {
            accepted(&fixture.send("CreateOrder", &format!("{name}-{number}"), order("A", 1)).await);
        }
    }
    let last = second.send("CreateOrder", "last", order("A", 5)).await;
    assert_eq!(refused(&last), "insufficient_stock", "both nodes see all 6 reserved units");
    first.verify().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_between_nodes_is_found_by_its_key() {
    let (network, first, second) = two_nodes(Arc::new(MemoryJournal::new())).await;
    let request = second.request("CreateOrder", Some("k"), order("A", 4));
    let mut replies = second.commands.submit(&merchant(), vec![request]).unwrap();
    // Wait until the command is sent.
    while network.opened.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    network.break_links(false);
    let reply = replies.remove(0).await.unwrap();
    accepted(&reply);
    let again = first.send("CreateOrder", "k", order("A", 4)).await;
    assert_eq!(body(&again), body(&reply));
    let rest = second.send("CreateOrder", "rest", order("A", 6)).await;
    accepted(&rest);
    assert_eq!(refused(&first.send("CreateOrder", "more", order("A", 1)).await), "insufficient_stock");
    first.verify().await;
}

#[tokio::test(start_paused = true)]
async fn a_released_lease_is_claimed_by_the_next_node() {
    let (network, first, second) = two_nodes(Arc::new(MemoryJournal::new())).await;
    let epoch = first.journal.head("default").await.unwrap().epoch;
    assert!(first.commands.shutdown(Duration::from_secs(5)).await);
    network.nodes.lock().unwrap().remove("first");
    accepted(&second.send("CreateOrder", "k", order("A", 1)).await);
    assert_eq!(network.opened.load(Ordering::SeqCst), 0, "no command was forwarded");
    second.verify().await;
    assert_eq!(second.journal.head("default").await.unwrap().epoch, epoch, "the lease was released");
}

#[tokio::test(start_paused = true)]
async fn a_silent_node_is_bypassed_after_the_timeout() {
    let (network, first, second) = two_nodes(Arc::new(MemoryJournal::new())).await;
    accepted(&second.send("CreateOrder", "k1", order("A", 1)).await);
    // The lease holder is suspended: its links stay open, and no reply arrives.
    let silent = Arc::new(Silent);
    let third = Network::node(&network, "third", Arc::clone(&first.journal), Settings::default());
    let membership =
        Membership { node: Node { id: "fourth".into(), address: "fourth".into() }, peers: silent };
    let fourth = Commands::start_node(
        Arc::clone(&first.journal),
        vault(),
        first.clock.clone(),
        Settings::default(),
        membership,
    );
    let fourth =
        Fixture { journal: Arc::clone(&first.journal), commands: fourth, clock: first.clock.clone() };
    accepted(&fourth.send("CreateOrder", "k2", order("A", 1)).await);
    accepted(&third.send("CreateOrder", "k3", order("A", 8)).await);
    assert_eq!(refused(&fourth.send("CreateOrder", "k4", order("A", 1)).await), "insufficient_stock");
    first.verify().await;
}

/// Accepts all messages and never replies.
struct Silent;

#[async_trait]
impl Peers for Silent {
    async fn open(&self, _: &str) -> Result<Link, PeerGone> {
        let (outgoing, mut requests) = mpsc::channel(LINK_QUEUE);
        let (replies, incoming) = mpsc::channel(LINK_QUEUE);
        replies.send(vec![7; 16]).await.unwrap();
        tokio::spawn(async move {
            while requests.recv().await.is_some() {}
            drop(replies);
        });
        Ok(Link { outgoing, incoming })
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_loses_its_lease_forwards_commands() {
    let journal = Arc::new(MemoryJournal::new());
    let (network, first, second) = two_nodes(journal.clone()).await;
    // The second node claims the lease, as after a lease term without renewal.
    let node = Node { id: "first".into(), address: "first".into() };
    journal.release_leases(&node, &["default".to_owned()]).await.unwrap();
    let other = Node { id: "second".into(), address: "second".into() };
    journal.claim_leases(&other, &["default".to_owned()], Duration::from_secs(600)).await.unwrap();
    // The first node's renewal fails in this time.
    advance(Duration::from_secs(3)).await;
    accepted(&first.send("CreateOrder", "k", order("A", 1)).await);
    accepted(&second.send("CreateOrder", "k2", order("A", 1)).await);
    assert_eq!(network.opened.load(Ordering::SeqCst), 1, "the first node forwarded to the second");
    first.verify().await;
}

#[tokio::test(start_paused = true)]
async fn a_command_that_always_conflicts_is_answered_contended() {
    // Another node writes before every append.
    let journal = Arc::new(FaultyJournal::new(|batch| {
        if batch.expected().position < 3 { Fault::None } else { Fault::Overtaken }
    }));
    let fixture = Fixture::over(journal.clone(), Settings::default());
    fixture.stock_up().await;
    let reply = fixture.send("CreateOrder", "k", order("A", 1)).await;
    assert_eq!(reply, Reply::NotExecuted(crate::NotExecuted::Contended));
    fixture.verify().await;
}
