//! Several nodes that know of each other: one writes, the others hand their commands on.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use async_trait::async_trait;
use holdfast_journal::{LeaseStore as _, Node};
use tokio::sync::mpsc;

use super::faulty::{Fault, FaultyJournal};
use super::*;
use crate::{LINK_QUEUE, Link, Membership, PeerGone, Peers};

/// The way between the nodes of a test.
#[derive(Default)]
pub(super) struct Network {
    nodes: Mutex<HashMap<String, Commands>>,
    opened: AtomicUsize,
    /// Whether links can be opened.
    cut: AtomicBool,
    links: Mutex<Vec<tokio::task::AbortHandle>>,
}

impl Network {
    /// Breaks every link; new ones cannot be opened while `cut`.
    pub(super) fn break_links(&self, cut: bool) {
        self.cut.store(cut, Ordering::SeqCst);
        self.links.lock().unwrap().drain(..).for_each(|link| link.abort());
    }

    pub(super) fn node(
        network: &Arc<Self>,
        name: &str,
        journal: Arc<dyn Journal>,
        settings: Settings,
    ) -> House {
        let clock = Arc::new(TestClock::default());
        clock.set(1_000_000);
        let peers: Arc<dyn Peers> = Arc::new(Door(Arc::clone(network)));
        let node = Node { id: name.into(), address: name.into() };
        let membership = Membership { node, peers };
        let commands =
            Commands::start_node(Arc::clone(&journal), vault(), clock.clone(), settings, membership);
        network.nodes.lock().unwrap().insert(name.to_owned(), commands.clone());
        House { journal, commands, clock }
    }
}

struct Door(Arc<Network>);

/// Carries messages one way until the link is broken.
async fn carry(mut from: mpsc::Receiver<Vec<u8>>, to: mpsc::Sender<Vec<u8>>) {
    while let Some(message) = from.recv().await {
        if to.send(message).await.is_err() {
            return;
        }
    }
}

#[async_trait]
impl Peers for Door {
    async fn open(&self, address: &str) -> Result<Link, PeerGone> {
        let gone = || PeerGone { address: address.to_owned(), reason: "scripted".to_owned() };
        let network = &self.0;
        if network.cut.load(Ordering::SeqCst) {
            return Err(gone());
        }
        let node = network.nodes.lock().unwrap().get(address).cloned().ok_or_else(gone)?;
        network.opened.fetch_add(1, Ordering::SeqCst);
        let (asking, asked) = mpsc::channel(LINK_QUEUE);
        let (carried, taken) = mpsc::channel(LINK_QUEUE);
        let (telling, told) = mpsc::channel(LINK_QUEUE);
        let (brought, heard) = mpsc::channel(LINK_QUEUE);
        let mut links = network.links.lock().unwrap();
        links.push(tokio::spawn(carry(asked, carried)).abort_handle());
        links.push(tokio::spawn(carry(told, brought)).abort_handle());
        tokio::spawn(async move { node.serve_peer(Link { outgoing: telling, incoming: taken }).await });
        Ok(Link { outgoing: asking, incoming: heard })
    }
}

async fn two_nodes(journal: Arc<dyn Journal>) -> (Arc<Network>, House, House) {
    let network = Arc::new(Network::default());
    let first = Network::node(&network, "first", Arc::clone(&journal), Settings::default());
    let second = Network::node(&network, "second", journal, Settings::default());
    first.stock_up().await;
    (network, first, second)
}

#[tokio::test(start_paused = true)]
async fn the_node_without_the_lease_hands_on_and_gives_the_answer() {
    let (network, first, second) = two_nodes(Arc::new(MemoryJournal::new())).await;
    let reply = second.send("CreateOrder", "k", order("A", 2)).await;
    let created = granted(&reply);
    assert_eq!(network.opened.load(Ordering::SeqCst), 1, "it was handed on");
    assert_eq!(created["lines"][0]["reserved"], 2);
    assert!(!is_replay(&reply));

    let again = first.send("CreateOrder", "k", order("A", 2)).await;
    assert!(is_replay(&again));
    assert_eq!(body(&again), body(&reply), "the same answer on either node");
    let other = second.send("CreateOrder", "k", order("A", 3)).await;
    assert_eq!(other, Reply::KeyReused);
    assert_eq!(refused(&second.send("CreateOrder", "k2", order("A", 99)).await), "insufficient_stock");
    let batches = first.journal.batches("default", 0, 1_000).await.unwrap();
    assert!(batches.iter().all(|batch| batch.epoch == batches[0].epoch), "one node wrote all of it");
    second.verify().await;
}

#[tokio::test(start_paused = true)]
async fn what_became_of_a_key_is_asked_of_the_node_that_writes() {
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
async fn a_node_that_cannot_reach_the_writer_writes_beside_it() {
    let (network, first, second) = two_nodes(Arc::new(MemoryJournal::new())).await;
    network.break_links(true);
    for number in 0..3 {
        for (house, name) in [(&first, "first"), (&second, "second")] {
            granted(&house.send("CreateOrder", &format!("{name}-{number}"), order("A", 1)).await);
        }
    }
    let last = second.send("CreateOrder", "last", order("A", 5)).await;
    assert_eq!(refused(&last), "insufficient_stock", "4 are left: both know of all 6");
    first.verify().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_lost_between_nodes_is_found_by_its_key() {
    let (network, first, second) = two_nodes(Arc::new(MemoryJournal::new())).await;
    let request = second.request("CreateOrder", Some("k"), order("A", 4));
    let mut replies = second.commands.submit(&merchant(), vec![request]).unwrap();
    // Until it is on its way.
    while network.opened.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    network.break_links(false);
    let reply = replies.remove(0).await.unwrap();
    granted(&reply);
    let again = first.send("CreateOrder", "k", order("A", 4)).await;
    assert_eq!(body(&again), body(&reply));
    let left = second.send("CreateOrder", "rest", order("A", 6)).await;
    granted(&left);
    assert_eq!(refused(&first.send("CreateOrder", "more", order("A", 1)).await), "insufficient_stock");
    first.verify().await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_given_up_goes_to_the_next_node() {
    let (network, first, second) = two_nodes(Arc::new(MemoryJournal::new())).await;
    let epoch = first.journal.head("default").await.unwrap().epoch;
    assert!(first.commands.shutdown(Duration::from_secs(5)).await);
    network.nodes.lock().unwrap().remove("first");
    granted(&second.send("CreateOrder", "k", order("A", 1)).await);
    assert_eq!(network.opened.load(Ordering::SeqCst), 0, "nobody was asked");
    second.verify().await;
    assert_eq!(second.journal.head("default").await.unwrap().epoch, epoch, "it was given back");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_says_nothing_is_not_waited_for() {
    let (network, first, second) = two_nodes(Arc::new(MemoryJournal::new())).await;
    granted(&second.send("CreateOrder", "k1", order("A", 1)).await);
    // As if the other node had been stopped: its links stay open and nothing comes.
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
    let fourth = House { journal: Arc::clone(&first.journal), commands: fourth, clock: first.clock.clone() };
    granted(&fourth.send("CreateOrder", "k2", order("A", 1)).await);
    granted(&third.send("CreateOrder", "k3", order("A", 8)).await);
    assert_eq!(refused(&fourth.send("CreateOrder", "k4", order("A", 1)).await), "insufficient_stock");
    first.verify().await;
}

/// Takes everything and answers nothing.
struct Silent;

#[async_trait]
impl Peers for Silent {
    async fn open(&self, _: &str) -> Result<Link, PeerGone> {
        let (outgoing, mut taken) = mpsc::channel(LINK_QUEUE);
        let (telling, incoming) = mpsc::channel(LINK_QUEUE);
        telling.send(vec![7; 16]).await.unwrap();
        tokio::spawn(async move {
            while taken.recv().await.is_some() {}
            drop(telling);
        });
        Ok(Link { outgoing, incoming })
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_has_lost_its_lease_finishes_and_hands_on() {
    let journal = Arc::new(MemoryJournal::new());
    let (network, first, second) = two_nodes(journal.clone()).await;
    // The second node takes the lease as it would after a term without renewal.
    let node = Node { id: "first".into(), address: "first".into() };
    journal.release_leases(&node, &["default".to_owned()]).await.unwrap();
    let other = Node { id: "second".into(), address: "second".into() };
    journal.claim_leases(&other, &["default".to_owned()], Duration::from_secs(600)).await.unwrap();
    // Long enough for the first to renew, which fails.
    let_pass(Duration::from_secs(3)).await;
    granted(&first.send("CreateOrder", "k", order("A", 1)).await);
    granted(&second.send("CreateOrder", "k2", order("A", 1)).await);
    assert_eq!(network.opened.load(Ordering::SeqCst), 1, "the first handed on to the second");
    first.verify().await;
}

#[tokio::test(start_paused = true)]
async fn who_loses_against_others_again_and_again_is_told_so() {
    // Somebody else writes before every append.
    let journal = Arc::new(FaultyJournal::new(|batch| {
        if batch.expected().position < 3 { Fault::None } else { Fault::Overtaken }
    }));
    let house = House::over(journal.clone(), Settings::default());
    house.stock_up().await;
    let reply = house.send("CreateOrder", "k", order("A", 1)).await;
    assert_eq!(reply, Reply::NotExecuted(crate::NotExecuted::Contended));
    house.verify().await;
}
