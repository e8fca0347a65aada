//! A network between the program and the database that can be cut at the worst moment.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What happens to the next append on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It arrives, and the connection is cut before its answer does.
    AnswerLost,
    /// It does not arrive: the connection is cut.
    RequestLost,
    /// The connection is cut, and it arrives all the same, after this time.
    ArrivesLate(Duration),
}

#[derive(Debug)]
struct Wires {
    upstream: Mutex<SocketAddr>,
    next: Mutex<Option<Fault>>,
    /// How many faults have happened.
    done: watch::Sender<usize>,
    /// While true, nothing passes in either direction.
    stalled: watch::Sender<bool>,
    /// Counted up to cut every connection.
    cuts: watch::Sender<usize>,
    /// Whether appends lose their condition on the way.
    unfenced: AtomicBool,
}

/// A TCP proxy on a free port.
pub struct Proxy {
    address: SocketAddr,
    wires: Arc<Wires>,
    accepting: JoinHandle<()>,
}

/// What the statement of an append begins with: the connection that prepares it is one that appends.
const APPEND: &[u8] = b"WITH expected AS MATERIALIZED";
/// The condition of an append.
const FENCE: &[u8] = b" AND h.position = b.expected_position AND h.hash = b.expected_hash
        AND h.epoch = b.epoch";
/// When nothing more of a message comes for this long it is whole.
const WHOLE: Duration = Duration::from_millis(20);

/// Where a database URL leads to, and the URL with another place in it.
fn place_of(url: &str) -> &str {
    let rest = url.split_once("//").expect("a URL").1;
    let authority = rest.split(['/', '?']).next().expect("a host");
    authority.rsplit_once('@').map_or(authority, |(_, place)| place)
}

impl Proxy {
    /// Starts a proxy to the server of a URL.
    pub async fn start(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let wires = Arc::new(Wires {
            upstream: Mutex::new(place_of(url).parse().expect("an address")),
            next: Mutex::new(None),
            done: watch::Sender::new(0),
            stalled: watch::Sender::new(false),
            cuts: watch::Sender::new(0),
            unfenced: AtomicBool::new(false),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&wires)));
        Self { address, wires, accepting }
    }

    /// A server's URL, through the proxy.
    pub fn url(&self, url: &str) -> String {
        url.replacen(place_of(url), &self.address.to_string(), 1)
    }

    /// Leads new connections to another server, and cuts all others.
    pub fn lead_to(&self, url: &str) {
        *self.wires.upstream.lock().expect("no panic") = place_of(url).parse().expect("an address");
        self.cut();
    }

    /// Cuts every connection.
    pub fn cut(&self) {
        self.wires.cuts.send_modify(|count| *count += 1);
    }

    /// Lets nothing pass, or everything again.
    pub fn stall(&self, stalled: bool) {
        self.wires.stalled.send_replace(stalled);
    }

    /// Takes the condition out of every append that is prepared from now on: what stands in a statement as the database
    /// gets it, for no program has a switch for this.
    pub fn unfence(&self) {
        self.wires.unfenced.store(true, Ordering::SeqCst);
        self.cut();
    }

    /// Makes something happen to the next append, and waits until it has.
    pub async fn strike(&self, fault: Fault) {
        let mut done = self.wires.done.subscribe();
        *self.wires.next.lock().expect("no panic") = Some(fault);
        done.changed().await.expect("the proxy is there");
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, wires: Arc<Wires>) {
    while let Ok((client, _)) = listener.accept().await {
        let wires = Arc::clone(&wires);
        tokio::spawn(async move {
            let mut cuts = wires.cuts.subscribe();
            let upstream = *wires.upstream.lock().expect("no panic");
            let carried = async {
                // A server that is not there is as good as a connection that is cut.
                let Ok(server) = TcpStream::connect(upstream).await else { return };
                let (server_reads, server_writes) = server.into_split();
                let (client_reads, client_writes) = client.into_split();
                let (gone, client_gone) = watch::channel(false);
                let telling =
                    tokio::spawn(tell(server_reads, client_writes, wires.stalled.subscribe(), client_gone));
                let stop_telling = telling.abort_handle();
                ask(client_reads, server_writes, &wires, (&gone, telling)).await;
                stop_telling.abort();
            };
            tokio::select! {
                () = carried => {}
                _ = cuts.changed() => {}
            }
        });
    }
}

async fn until_flowing(stalled: &mut watch::Receiver<bool>) {
    // The sender lives as long as the proxy.
    let _ = stalled.wait_for(|stalled| !stalled).await;
}

/// Carries what the server says, until the client is to hear no more. What the server says after that is left unread.
async fn tell(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut stalled: watch::Receiver<bool>,
    mut gone: watch::Receiver<bool>,
) -> Option<OwnedReadHalf> {
    let mut bytes = vec![0; 64 << 10];
    loop {
        let count = tokio::select! {
            read = from.read(&mut bytes) => read.unwrap_or(0),
            _ = gone.changed() => return Some(from),
        };
        if count == 0 || *gone.borrow() {
            return None;
        }
        until_flowing(&mut stalled).await;
        if to.write_all(&bytes[..count]).await.is_err() {
            return None;
        }
    }
}

/// Carries what the client says, up to a fault.
async fn ask(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    wires: &Wires,
    (gone, telling): (&watch::Sender<bool>, JoinHandle<Option<OwnedReadHalf>>),
) {
    let mut stalled = wires.stalled.subscribe();
    let mut bytes = vec![0; 64 << 10];
    let mut appends = false;
    loop {
        let count = from.read(&mut bytes).await.unwrap_or(0);
        if count == 0 {
            return;
        }
        until_flowing(&mut stalled).await;
        let mut message = bytes[..count].to_vec();
        if place_in(&message, APPEND).is_some() {
            appends = true;
            if wires.unfenced.load(Ordering::SeqCst) {
                message = rest_of(&mut from, message).await;
                let place = place_in(&message, FENCE).expect("an append has its condition");
                message[place..place + FENCE.len()].fill(b' ');
            }
        }
        let fault = if appends { wires.next.lock().expect("no panic").take() } else { None };
        let Some(fault) = fault else {
            if to.write_all(&message).await.is_err() {
                return;
            }
            continue;
        };
        let whole = rest_of(&mut from, message).await;
        // From here the client hears nothing any more.
        gone.send_replace(true);
        drop(from);
        wires.done.send_modify(|count| *count += 1);
        match fault {
            Fault::RequestLost => {}
            Fault::AnswerLost => deliver(&mut to, &whole, telling).await,
            Fault::ArrivesLate(late) => {
                // The fault itself: how late it is.
                tokio::time::sleep(late).await;
                deliver(&mut to, &whole, telling).await;
            }
        }
        return;
    }
}

fn place_in(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|part| part == wanted)
}

/// What belongs to a message whose beginning has come.
async fn rest_of(from: &mut OwnedReadHalf, mut message: Vec<u8>) -> Vec<u8> {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(Ok(count)) = tokio::time::timeout(WHOLE, from.read(&mut bytes)).await {
        if count == 0 {
            break;
        }
        message.extend_from_slice(&bytes[..count]);
    }
    message
}

/// Brings a message to the server, and waits until it has answered: a server that finds the connection closed may not act
/// on what came before.
async fn deliver(to: &mut OwnedWriteHalf, message: &[u8], telling: JoinHandle<Option<OwnedReadHalf>>) {
    if to.write_all(message).await.is_ok()
        && let Ok(Some(mut from)) = telling.await
    {
        // Nobody hears what it says.
        let _ = from.read(&mut [0; 1]).await;
    }
}
