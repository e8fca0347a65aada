//! A TCP proxy between the program and the database that injects network faults into appends.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A fault of the next append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The append arrives; the connection is cut before the response.
    AnswerLost,
    /// The connection is cut before the append arrives.
    RequestLost,
    /// The connection is cut, and the append arrives after this delay.
    ArrivesLate(Duration),
}

#[derive(Debug)]
struct Controls {
    upstream: Mutex<SocketAddr>,
    next: Mutex<Option<Fault>>,
    /// The number of injected faults.
    done: watch::Sender<usize>,
    /// While true, nothing is forwarded in either direction.
    stalled: watch::Sender<bool>,
    /// Incremented to cut every connection.
    cuts: watch::Sender<usize>,
    /// Whether the condition is removed from appends.
    without_condition: AtomicBool,
}

/// A TCP proxy on a free port.
pub struct Proxy {
    address: SocketAddr,
    controls: Arc<Controls>,
    accepting: JoinHandle<()>,
}

/// The start of the append statement: a connection that prepares it is the one that appends.
const APPEND: &[u8] = b"WITH expected AS MATERIALIZED";
/// The condition of an append.
const CONDITION: &[u8] = b" AND h.position = b.expected_position AND h.hash = b.expected_hash
        AND h.epoch = b.epoch";
/// A message is complete when nothing more arrives for this long.
const END_OF_MESSAGE: Duration = Duration::from_millis(20);

/// The host and port of a database URL.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("//").expect("a URL").1;
    let authority = rest.split(['/', '?']).next().expect("a host");
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

impl Proxy {
    /// Starts a proxy to the server of a URL.
    pub async fn start(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let controls = Arc::new(Controls {
            upstream: Mutex::new(host_of(url).parse().expect("an address")),
            next: Mutex::new(None),
            done: watch::Sender::new(0),
            stalled: watch::Sender::new(false),
            cuts: watch::Sender::new(0),
            without_condition: AtomicBool::new(false),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&controls)));
        Self { address, controls, accepting }
    }

    /// A server's URL with the proxy's host and port.
    pub fn url(&self, url: &str) -> String {
        url.replacen(host_of(url), &self.address.to_string(), 1)
    }

    /// Directs new connections to another server, and cuts the existing ones.
    pub fn redirect(&self, url: &str) {
        *self.controls.upstream.lock().expect("the lock is not poisoned") =
            host_of(url).parse().expect("an address");
        self.cut();
    }

    /// Cuts every connection.
    pub fn cut(&self) {
        self.controls.cuts.send_modify(|count| *count += 1);
    }

    /// Stops or resumes forwarding.
    pub fn stall(&self, stalled: bool) {
        self.controls.stalled.send_replace(stalled);
    }

    /// Removes the condition from the statement of every append that is prepared from now on. The program itself has no
    /// option for that.
    pub fn remove_condition(&self) {
        self.controls.without_condition.store(true, Ordering::SeqCst);
        self.cut();
    }

    /// Injects a fault into the next append, and waits until it has occurred.
    pub async fn inject(&self, fault: Fault) {
        let mut done = self.controls.done.subscribe();
        *self.controls.next.lock().expect("the lock is not poisoned") = Some(fault);
        done.changed().await.expect("the proxy is running");
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, controls: Arc<Controls>) {
    while let Ok((client, _)) = listener.accept().await {
        let controls = Arc::clone(&controls);
        tokio::spawn(async move {
            let mut cuts = controls.cuts.subscribe();
            let upstream = *controls.upstream.lock().expect("the lock is not poisoned");
            let carried = async {
                // An unreachable server looks to the client like a cut connection.
                let Ok(server) = TcpStream::connect(upstream).await else { return };
                let (server_reads, server_writes) = server.into_split();
                let (client_reads, client_writes) = client.into_split();
                let (gone, client_gone) = watch::channel(false);
                let responses = tokio::spawn(forward_responses(
                    server_reads,
                    client_writes,
                    controls.stalled.subscribe(),
                    client_gone,
                ));
                let stop_responses = responses.abort_handle();
                forward_requests(client_reads, server_writes, &controls, (&gone, responses)).await;
                stop_responses.abort();
            };
            tokio::select! {
                () = carried => {}
                _ = cuts.changed() => {}
            }
        });
    }
}

async fn until_flowing(stalled: &mut watch::Receiver<bool>) {
    // An error means that the proxy has ended.
    let _ = stalled.wait_for(|stalled| !stalled).await;
}

/// Forwards responses to the client until a fault. Later responses are not read.
async fn forward_responses(
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

/// Forwards requests to the server until a fault.
async fn forward_requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    controls: &Controls,
    (gone, responses): (&watch::Sender<bool>, JoinHandle<Option<OwnedReadHalf>>),
) {
    let mut stalled = controls.stalled.subscribe();
    let mut bytes = vec![0; 64 << 10];
    let mut appends = false;
    loop {
        let count = from.read(&mut bytes).await.unwrap_or(0);
        if count == 0 {
            return;
        }
        until_flowing(&mut stalled).await;
        let mut message = bytes[..count].to_vec();
        if find(&message, APPEND).is_some() {
            appends = true;
            if controls.without_condition.load(Ordering::SeqCst) {
                message = rest_of(&mut from, message).await;
                let start = find(&message, CONDITION).expect("an append has its condition");
                message[start..start + CONDITION.len()].fill(b' ');
            }
        }
        let fault =
            if appends { controls.next.lock().expect("the lock is not poisoned").take() } else { None };
        let Some(fault) = fault else {
            if to.write_all(&message).await.is_err() {
                return;
            }
            continue;
        };
        let whole = rest_of(&mut from, message).await;
        // From here on, the client gets no response.
        gone.send_replace(true);
        drop(from);
        controls.done.send_modify(|count| *count += 1);
        match fault {
            Fault::RequestLost => {}
            Fault::AnswerLost => deliver(&mut to, &whole, responses).await,
            Fault::ArrivesLate(late) => {
                // The delay is the fault itself.
                tokio::time::sleep(late).await;
                deliver(&mut to, &whole, responses).await;
            }
        }
        return;
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|part| part == wanted)
}

/// Reads the rest of a message whose start has arrived.
async fn rest_of(from: &mut OwnedReadHalf, mut message: Vec<u8>) -> Vec<u8> {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(Ok(count)) = tokio::time::timeout(END_OF_MESSAGE, from.read(&mut bytes)).await {
        if count == 0 {
            break;
        }
        message.extend_from_slice(&bytes[..count]);
    }
    message
}

/// Sends a message to the server and waits for its response: a server whose connection is closed may ignore what it has
/// received.
async fn deliver(to: &mut OwnedWriteHalf, message: &[u8], responses: JoinHandle<Option<OwnedReadHalf>>) {
    if to.write_all(message).await.is_ok()
        && let Ok(Some(mut from)) = responses.await
    {
        // The response is not forwarded.
        let _ = from.read(&mut [0; 1]).await;
    }
}
